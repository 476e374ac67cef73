"""Ask while the document asked about is replaced, edited, removed, erased or brought back; every answer must be of one state.

What an answer must be is asked before, of each state at rest. A change is made by another thread or process while two threads ask
on, or in the midst of a question before one of its SQL statements, so that none of its places is left to chance.
"""

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import event

from assistant.answer import Answer
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant
from ingest import build
from ingest.edit import edit
from ingest.extract import extract
from ingest.library import REMOVED, open_reader, open_writer
from tests import support
from tests.faults.started import finish

KINDS = ("replace", "edit", "remove", "erase")
QUESTION = "How often may 77336 be billed and what must be documented?"
_DAY = date(2026, 5, 1)
_RULES = "rules.md"
_KEY = "Rules of Example Physics"
_CHANGES = 2
"""Of one race, there and back."""


def _rules(version: str, often: str) -> str:
    paragraphs = (
        f"77336 may be billed once for every {often} treatments, say the {version} rules.",
        f"77336 must be documented in a weekly report of the physicist, say the {version} rules.",
        f"A second 77336 may be billed only after {often} more treatments, say the {version} rules.",
    )
    filler = "\n\n".join(f"Paragraph {n} of the {version} rules tells nothing of codes." for n in range(len(version)))
    heading = f'---\ntitle: "{_KEY}"\npublisher: "Example Physics"\nauthority: specialty society\npayer: "all"\nbasis: stated\n---\n'
    parts = "\n\n".join(f"## 77336 part {number}\n\n{text}" for number, text in enumerate(paragraphs))
    return f"{heading}\n# {_KEY}\n\n{filler}\n\n{parts}\n"


OLD, NEW = _rules("former", "five"), _rules("amended and much longer", "six")


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer rests on: its status and verdict, and of each sentence the text and where each quote stands."""

    status: str
    verdict: str
    sentences: tuple[tuple[str, tuple[tuple[str, str, int, int, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, and how many changes had ended when the question was asked and had begun when it was answered."""

    said: Said
    ended_before: int
    begun_before: int


def said(answer: Answer) -> Said:
    """Give what an answer rests on; its documents are told by their ids, of which each version has its own."""
    every = (*answer.sentences, *itertools.chain.from_iterable(conflict.sides for conflict in answer.conflicts))
    cited = ((s.text, tuple((c.document_id, c.passage_id, c.start, c.end, c.quote) for c in s.citations)) for s in every)
    return Said(answer.status, answer.verdict, tuple(cited))


def make_library(data: Path) -> Path:
    """Make a library that holds the former rules and a document that stays."""
    with _without_children():
        support.bring(data, {"society.md": support.SOCIETY, _RULES: OLD})
    return data


def change(data: Path, kind: str, forth: bool) -> None:
    """Change the rules in `data`, or, unless `forth`, bring them back to what they were."""
    file = data / "files" / _RULES
    if kind == "replace" or (kind == "erase" and not forth):
        with _without_children():
            support.bring(data, {_RULES: NEW if forth else OLD})
        return
    with open_writer(data) as library:
        key = library.id_at(str(file)) or next(document.id for document, _, _ in library.documents(REMOVED))
        if kind == "edit":
            edit(library, support.HashEmbedder(), key, {"edition": "second" if forth else ""})
        elif kind == "erase":
            library.purge(key)
        elif forth:
            library.remove(key)
        else:
            library.restore(key)


def change_and_tell(tell: Callable[[str], None], data: Path, kind: str, forth: bool) -> None:
    """Change the rules in a process of its own."""
    change(data, kind, forth)
    tell("done")


@contextmanager
def _without_children() -> Iterator[None]:
    """Have files read in this process, for the time that a child takes to start."""
    kept = build.Sandbox
    vars(build)["Sandbox"] = lambda **_: nullcontext(extract)
    try:
        yield
    finally:
        vars(build)["Sandbox"] = kept


def at_rest(data: Path, kind: str) -> tuple[tuple[Said, Said], dict[str, tuple[str, frozenset[str]]]]:
    """Give what is answered before and after a change, and text and passages of every document by id."""
    change(data, kind, True)
    change(data, kind, False)  # a state that an edit was taken back from has a document of its own
    answers, texts = list[Said](), dict[str, tuple[str, frozenset[str]]]()
    for forth in (True, False):
        with _open(data) as assistant:
            answers.append(said(_ask(assistant)))
        with open_reader(data) as library:
            for document, _, _ in library.documents(None):
                texts[document.id] = library.text(document.id), frozenset(p.id for p in library.passages(document.id))
        change(data, kind, forth)
    return (answers[0], answers[1]), texts


def _open(data: Path) -> Assistant:
    return open_assistant(Settings(data_dir=data), embedder=support.HashEmbedder())


def _ask(assistant: Assistant) -> Answer:
    return assistant.ask(QUESTION, as_of=_DAY)


def race(data: Path, kind: str, *, in_process: bool) -> list[Heard]:
    """Have two threads ask on while another thread or a process makes the changes; give every answer.

    Raises:
        Exception: what asking raised.
    """
    heard: list[Heard] = []
    failed: list[BaseException] = []
    counts = {"begun": 0, "ended": 0}
    done = threading.Event()

    def ask_on() -> None:
        try:
            while not done.is_set():
                ended = counts["ended"]
                answer = said(_ask(assistant))
                heard.append(Heard(answer, ended, counts["begun"]))
        except BaseException as error:  # it is told by the thread that waits
            failed.append(error)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        with _open(data) as assistant:
            _ask(assistant)
            askers = [threading.Thread(target=ask_on) for _ in range(2)]
            for asker in askers:
                asker.start()
            try:
                for number in range(_CHANGES):
                    time.sleep(0.01)
                    counts["begun"] += 1
                    if in_process:
                        finish(change_and_tell, data, kind, number % 2 == 0)
                    else:
                        change(data, kind, number % 2 == 0)
                    counts["ended"] += 1
                time.sleep(0.02)
            finally:
                done.set()
                for asker in askers:
                    asker.join()
    finally:
        sys.setswitchinterval(usual)
    if failed:
        raise failed[0]
    return heard


def placed(data: Path, kind: str, before_statement: int) -> Heard | None:
    """Make a change in the midst of a question, before so many of its SQL statements; None where it has not as many."""
    with _open(data) as assistant:
        _ask(assistant)
        seen = itertools.count(1)

        def strike(*_: Any) -> None:
            if next(seen) == before_statement:
                changing = threading.Thread(target=change, args=(data, kind, True))
                changing.start()
                changing.join()

        event.listen(assistant.library.engine, "before_cursor_execute", strike)
        answer = said(_ask(assistant))
        struck = next(seen) > before_statement
    if not struck:
        return None
    change(data, kind, False)
    return Heard(answer, 0, 1)


def faults_of(heard: list[Heard], states: tuple[Said, Said], texts: dict[str, tuple[str, frozenset[str]]]) -> list[str]:
    """Give what is wrong with answers: of no one state, of a state that was over or to come, misquoted, of a missing passage."""
    wrong = []
    for each in heard:
        allowed = {states[number % 2] for number in range(each.ended_before, each.begun_before + 1)}
        if each.said not in states:
            wrong.append(f"half: {each.said}")
        elif each.said not in allowed:
            wrong.append(f"of another time: {each.said}")
        for _, citations in each.said.sentences:
            for document, passage, start, end, quote in citations:
                text, passages = texts.get(document, ("", frozenset[str]()))
                if text[start:end] != quote:
                    wrong.append(f"misquoted: {quote}")
                if passage not in passages:
                    wrong.append(f"missing passage: {passage}")
    return wrong


def run(folder: Path, races: int, every: int = 1) -> tuple[int, int, list[str]]:
    """Race so many times, kind by kind, and place a change before one in `every` statements; give answers, places and faults."""
    answers, places, wrong = 0, 0, list[str]()
    for kind_number, kind in enumerate(KINDS):
        data = make_library(folder / kind)
        states, texts = at_rest(data, kind)
        assert states[0] != states[1], (kind, states)
        for number in range(kind_number, races, len(KINDS)):
            heard = race(data, kind, in_process=number // len(KINDS) % 2 == 1)
            answers += len(heard)
            wrong += [f"{kind}: {each}" for each in faults_of(heard, states, texts)]
        for statement in itertools.count(1 + kind_number % every, every):
            one = placed(data, kind, statement)
            if one is None:
                break
            places += 1
            wrong += [f"{kind} before statement {statement}: {each}" for each in faults_of([one], states, texts)]
    return answers, places, wrong


def figures(folder: Path, races: int = 100) -> list[str]:
    """Race in full; give lines of a table."""
    answers, places, wrong = run(folder, races)
    kinds = {kind: sum(kind in fault.split(":")[0] for fault in wrong) for kind in KINDS}
    return [
        f"asking while the document is replaced, edited, removed or erased | {races} races of {_CHANGES} changes, {answers} answers | wrong {kinds}",
        f"… the change before each SQL statement of a question | {places} places | {len(wrong)} faults in all",
    ]
