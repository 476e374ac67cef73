"""Spoil what a library of more than 5,000 passages keeps beside SQLite: its lexical index (tantivy) and its vector files, at full size."""

import json
import random
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assistant.settings import Settings
from assistant.wiring import open_assistant
from ingest import build, words
from ingest.extract import extract
from ingest.library import open_writer
from ingest.scan import sync_files
from ingest.words import sync_words
from tests.faults.started import finish, start
from tests.support import HashEmbedder, state

_FILES, _SECTIONS = 52, 100
_QUESTIONS = (
    "How often may 77336 be billed at clinic 1?",
    "May 77370 be billed at clinic 3 in week 41?",
    "Who signs the record of the physicist at clinic 2?",
)
_Damage = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Spoilt:
    """How the process that asked ended, whether its quotes stand in the library and its answers are as before, and whether an ingest mends all."""

    name: str
    status: int
    misquoted: int
    same: int
    """Of `_QUESTIONS`, those that were answered as before."""
    mended: bool


def write_files(folder: Path, count: int) -> Path:
    """Write documents of `_SECTIONS` passages each."""
    folder.mkdir(parents=True)
    for file in range(count):
        parts = [
            f"## Week {week} at clinic {file}\n\n{('77336', '77370')[week % 2]} may be billed once for every {week % 7 + 2} treatments at "
            f"clinic {file} in week {week}. The physicist of clinic {file} signs the record of week {week}."
            for week in range(_SECTIONS)
        ]
        (folder / f"c{file:02}.md").write_text(f"# Clinic {file}\n\n" + "\n\n".join(parts))
    return folder


def write(tell: Callable[[str], None], data: Path, files: Path) -> None:
    """Ingest and bring the vector files and, however small the library, the lexical index to its revision."""
    vars(words)["SQLITE_MOST"] = 0
    vars(build)["Sandbox"] = lambda **_: nullcontext(extract)
    with open_writer(data) as library:
        build.ingest(library, HashEmbedder(), build.user_sources([files]), by_hand={}, added_at="2026-01-01")
        sync_files(library)
        sync_words(library)
    tell("done")


def ask(tell: Callable[[str], None], data: Path) -> None:
    """Tell as one line of JSON what is answered, and how many quotes do not stand where they are said to stand."""
    with open_assistant(Settings(data_dir=data), embedder=HashEmbedder()) as assistant:
        answers = [assistant.ask(question, as_of=date(2026, 5, 1)) for question in _QUESTIONS]
        told = [[answer.status, *(sentence.text for sentence in answer.sentences)] for answer in answers]
        cited = [citation for answer in answers for sentence in answer.sentences for citation in sentence.citations]
        wrong = [c for c in cited if assistant.library.slice(c.document_id, c.start, c.end) != c.quote]
        tell(json.dumps({"answers": told, "misquoted": len(wrong)}))


def _all(change: Callable[[bytes], bytes], *endings: str) -> _Damage:
    def apply(folder: Path) -> None:
        for file in sorted(folder.iterdir()):
            if not endings or file.name.endswith(endings):
                file.write_bytes(change(file.read_bytes()))

    return apply


def _scattered(content: bytes) -> bytes:
    chance, held = random.Random(len(content)), bytearray(content)
    for _ in range(min(400, len(held))):
        held[chance.randrange(len(held))] = chance.randrange(256)
    return bytes(held)


def _noise(content: bytes) -> bytes:
    return random.Random(len(content)).randbytes(len(content))


_WORDS = (".idx", ".term", ".store", ".fast", ".pos", ".fieldnorm")
KINDS: dict[tuple[str, str], _Damage] = {
    ("words", "cut to half"): _all(lambda b: b[: len(b) // 2], *_WORDS),
    ("words", "empty"): _all(lambda b: b"", *_WORDS),
    ("words", "zeroed"): _all(lambda b: bytes(len(b)), *_WORDS),
    ("words", "noise"): _all(_noise, *_WORDS),
    ("words", "bytes of the terms changed"): _all(_scattered, ".term"),
    ("words", "bytes of the postings changed"): _all(_scattered, ".idx"),
    ("words", "bytes of the fast fields changed"): _all(_scattered, ".fast"),
    ("words", "last byte of each file"): _all(lambda b: b[:-1] + bytes([b[-1] ^ 255]) if b else b, *_WORDS),
    ("words", "bloated"): _all(lambda b: b + _noise(bytes(100_000)), *_WORDS),
    ("words", "files missing"): lambda folder: [f.unlink() for f in folder.iterdir() if f.name.endswith(_WORDS)],
    ("words", "table of contents is noise"): _all(_noise, "meta.json"),
    ("words", "folder missing"): lambda folder: shutil.rmtree(folder),
    ("words", "folder is a file"): lambda folder: (shutil.rmtree(folder), folder.write_text("x")),
    ("vectors", "noise"): _all(_noise, "-vectors"),
    ("vectors", "zeroed"): _all(lambda b: bytes(len(b)), "-vectors"),
    ("vectors", "not numbers"): _all(lambda b: b"\xff" * len(b), "-vectors"),
    ("vectors", "bytes changed"): _all(_scattered, "-vectors"),
    ("vectors", "rows are noise"): _all(_noise, "-rows"),
    ("vectors", "bytes of the rows changed"): _all(_scattered, "-rows"),
    ("vectors", "scopes are noise"): lambda folder: [f.write_bytes(_noise(f.read_bytes())) for f in folder.glob("*-scopes-*")],
    ("vectors", "scopes zeroed"): lambda folder: [f.write_bytes(bytes(f.stat().st_size)) for f in folder.glob("*-scopes-*")],
}
"""By folder and name; the vector files keep their sizes."""


def make(folder: Path, count: int = _FILES) -> tuple[Path, Path]:
    """Make a library of so many documents with its indexes; give its folder and that of its files."""
    files = write_files(folder / "files", count)
    finish(write, folder / "whole", files)
    assert (folder / "whole" / "words").is_dir()
    return folder / "whole", files


def try_kind(whole: Path, files: Path, data: Path, kind: tuple[str, str]) -> Spoilt:
    """Copy the library, spoil it, ask, ingest its files again and ask again."""
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(whole, data)
    before = _asked(whole)
    KINDS[kind](data / kind[0])
    status, found = _asked(data)
    answers = found.get("answers", [])
    same = sum(one == other for one, other in zip(answers, before[1]["answers"], strict=False))
    try:
        finish(write, data, files)
        mended = _asked(data) == before and state(data)[0] == state(whole)[0]
    except RuntimeError:
        mended = False
    return Spoilt(" ".join(kind), status, int(found.get("misquoted", 0)), same, mended)


def _asked(data: Path) -> tuple[int, dict[str, Any]]:
    status, lines = start(ask, data).end()
    return status, json.loads(lines[-1]) if status == 0 else {"error": "".join(lines)[-400:]}


def figures(folder: Path) -> list[str]:
    """Try every kind of damage; give lines of a table."""
    whole, files = make(folder)
    lines = []
    for part in ("words", "vectors"):
        found = [try_kind(whole, files, folder / "data", kind) for kind in KINDS if kind[0] == part]
        other = [
            f"{each.name} (exit {each.status}, {each.same} of {len(_QUESTIONS)}, mended {each.mended})"
            for each in found
            if not _is_as_before(each)
        ]
        lines += [
            f"damage to {part} of {_FILES * _SECTIONS:,} passages: answered | {sum(each.status == 0 for each in found)} of {len(found)} | "
            f"misquotes {sum(each.misquoted for each in found)}",
            f"… answered as before, and whole after the next ingest | {len(found) - len(other)} of {len(found)} | {'; '.join(other)}",
        ]
    return lines


def _is_as_before(spoilt: Spoilt) -> bool:
    return spoilt.status == 0 and spoilt.same == len(_QUESTIONS) and spoilt.mended
