"""Put questions with identifiers of made-up patients to every way in, also while it fails, and look for them in all that is left."""

import json
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests import model_server, planted, support
from tests.faults.command import codecite
from tests.faults.started import finish
from tests.faults.surroundings import new_data_dir

_STATES = ("sound", "library damaged", "search damaged", "model late", "exception")
CASES = (
    *((way, state) for way in ("ask", "batch", "page", "find") for state in _STATES if (way, state) != ("find", "model late")),
    ("ask", "words not in quotes"),
)
_WHOLE_WORD_BELOW = 6
_SEED = 53  # of 30 questions, some then get to a chat model by each way
RULES = """---
title: "Notes on treatment codes"
publisher: "Example Association"
authority: coding association
payer: "all"
basis: stated
---

# Notes on treatment codes

77427 may be billed once for every five treatments. 77338 and 77300 may be billed with 77301.

77263 is paid once for a course. 77412 is billed once for each treatment, with revenue code 0333.

77435 is signed by the radiation oncologist. G6015 was billed in the place of 77385 before 2026.

77014 does not need modifier TC. 77371 does not need modifier 26. 77370 with modifier 26 may be denied.
"""


@dataclass(frozen=True, slots=True)
class Typed:
    """How many questions were asked, what each case put out, and where something of their identifiers was found."""

    asked: int
    told: dict[tuple[str, str], str]
    shown_to_model: int
    files: int
    leaks: list[str]


def ask_all(folder: Path, runtime: Path, count: int) -> Typed:
    """Ask that many questions, in turn by each of `CASES`, each with folders of its own for data, home and temporary files."""
    whole = new_data_dir(folder / "whole", runtime)
    support.add_documents(whole, {"society.md": support.SOCIETY, "payer.md": support.PAYER, "notes.md": RULES})
    each = zip(*(planted.questions(kind, half) for half in planted.HALVES for kind in planted.KINDS), strict=True)
    asked = list(islice((question for turn in each for question in turn), count))
    random.Random(_SEED).shuffle(asked)
    cases = {case: asked[n :: len(CASES)] for n, case in enumerate(CASES)}
    places = {case: _place(folder / " ".join(case), whole, case[1]) for case in CASES}
    with model_server.serving() as model:
        model.play(model_server.hangs)
        given = {case: (places[case], case[1], _environment(places[case], case[1], model.url), cases[case]) for case in CASES}
        with ThreadPoolExecutor(2) as pool:
            page = pool.submit(finish, _pages, folder / "page", [given[case] for case in CASES if case[0] == "page"])
            for done in [page, *(pool.submit(_command, way, *given[way, state]) for way, state in CASES if way != "page")]:
                done.result()
        shown = [exchange.shown for exchange in model.seen]
    (folder / "model").mkdir()
    (folder / "model" / "shown").write_text("\n".join(shown))
    held = {file.read_bytes() for file in files_below(whole)}
    left = {str(file.relative_to(folder)): file.read_bytes() for file in files_below(folder)}
    new = {name: content for name, content in left.items() if content not in held}
    told = {
        case: "\n".join(file.read_text() for file in sorted([*places[case].glob("out*"), *places[case].glob("told*")])) for case in CASES
    }
    return Typed(len(asked), told, len(shown), len(new), list(leaks(new, asked)))


def _place(place: Path, whole: Path, state: str) -> Path:
    for name in ("home", "tmp"):
        (place / name).mkdir(parents=True)
    shutil.copytree(whole, place / "data", symlinks=True)
    library = place / "data" / "library.sqlite3"
    if state == "library damaged":
        size = library.stat().st_size
        with library.open("r+b") as opened:
            opened.seek(size // 4)
            opened.write(random.Random(size).randbytes(size // 2))
    elif state == "search damaged":
        with closing(sqlite3.connect(library)) as connection:
            connection.execute("DROP TABLE lexical_data")
    return place


def _environment(place: Path, state: str, model: str) -> dict[str, str]:
    chat = (
        {"LLM": "openai:local", "LLM_BASE_URL": model, "LLM_API_KEY": "sk-canary", "LLM_TIMEOUT_S": "0.2"} if state == "model late" else {}
    )
    settings = {"DATA_DIR": str(place / "data"), "KEEP_QUESTIONS": "1", **chat}
    return {"HOME": str(place / "home"), "TMPDIR": str(place / "tmp"), **{f"CODECITE_{name}": value for name, value in settings.items()}}


def break_answers() -> None:
    """Let every answer and finding end in an exception that tells the question, as those of libraries do."""
    from assistant.find import Finder
    from assistant.service import Assistant

    def fail(_: object, text: str, **rest: object) -> None:
        raise ValueError(f"cannot answer {text!r} {rest}")

    setattr(Assistant, "ask", fail)  # noqa: B010
    setattr(Finder, "find", fail)  # noqa: B010


def _command(way: str, place: Path, state: str, environment: dict[str, str], questions: Sequence[planted.Planted]) -> None:
    first = break_answers if state == "exception" else None
    for n, (arguments, typed) in enumerate(_typed(way, state, questions)):
        ran = codecite(*arguments, typed=typed, first=first, **environment)
        (place / f"out{n}").write_text(ran.out)
        (place / f"told{n}").write_text(f"{ran.status}\n{ran.told}\n")


def _typed(way: str, state: str, questions: Sequence[planted.Planted]) -> Iterator[tuple[list[str], str]]:
    """Give arguments and standard input of each command; a batch that breaks off at its first question has no second one."""
    if way in ("ask", "find"):
        yield from (([way, *(q.text.split() if state == "words not in quotes" else [q.text])], "") for q in questions)
        return
    lines = [json.dumps({"id": n, "question": q.text}) + "\n" for n, q in enumerate(questions)]
    yield from ((["ask", "--batch", "-"], typed) for typed in (["".join(lines)] if state in ("sound", "model late") else lines))


def _pages(_: Callable[[str], None], folder: Path, pages: list[tuple[Path, str, dict[str, str], list[planted.Planted]]]) -> None:
    """Ask on the page, of which all that it shows is written down, with one process's output for all."""
    folder.mkdir()
    for stream in (1, 2):
        os.dup2(os.open(folder / f"stream{stream}", os.O_CREAT | os.O_WRONLY), stream)
    sys.stdout, sys.stderr = open(1, "w"), open(2, "w")  # noqa: SIM115  # they live as long as the process
    for place, state, environment, questions in pages:
        for name in [name for name in os.environ if name.startswith("CODECITE_")]:
            del os.environ[name]
        os.environ.update(environment)
        tempfile.tempdir = None
        if state == "exception":
            break_answers()
        (place / "told").write_text(_ask_page([question.text for question in questions]))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def _ask_page(questions: Sequence[str]) -> str:
    from streamlit.testing.v1 import AppTest

    from tests import chat_page

    page: Any = AppTest.from_file(chat_page.PAGE, default_timeout=60).run()
    shown = []
    for question in questions:
        if page.chat_input:
            page.chat_input[0].set_value(question)
        page.run()
        errors = [f"{error.message}\n{error.stack_trace}" for error in page.exception]
        shown += [chat_page.html_of(page), json.dumps(chat_page.answers(page), ensure_ascii=False), *chat_page.chips(page), *errors]
        shown.append(str(page.query_params))
    return "\n".join(shown)


def files_below(folder: Path) -> Iterator[Path]:
    """Give the files below a folder, not those of the encoder behind its link."""
    for path, _, names in os.walk(folder):
        yield from (Path(path, name) for name in sorted(names) if Path(path, name).is_file())


def leaks(files: dict[str, bytes], asked: Sequence[planted.Planted]) -> Iterator[str]:
    texts = {name: content.decode(errors="replace").casefold() for name, content in files.items()}
    for question in asked:
        found = re.compile("|".join(form for value in question.values for form in _forms(value.casefold())))
        yield from (f"{name}: {hit[0]!r} of {question.text!r}" for name, text in texts.items() if (hit := found.search(text)))


def _forms(value: str) -> Iterator[str]:
    """Give patterns of a value as it is, in JSON and in an address; a short one or a number only where it stands alone."""
    alone = len(value) < _WHOLE_WORD_BELOW or value.isdigit()
    for form in dict.fromkeys((value, json.dumps(value)[1:-1], quote(value).casefold())):
        yield rf"(?<!\w){re.escape(form)}(?!\w)" if alone else re.escape(form)


def figures(folder: Path, runtime: Path) -> list[str]:
    """Ask 300 questions; give a line of a table."""
    found = ask_all(folder, runtime, 300)
    return [
        f"questions with planted identifiers, {len(CASES)} ways and states | {found.asked} | "
        f"{len(found.leaks)} found in {found.files} streams and files, {found.shown_to_model} shown to a model; {found.leaks[:5]}"
    ]
