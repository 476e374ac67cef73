"""Code look-up: 400 codes in five ways of writing, their near-twins present; Codecite against dense search of the same passages.

    python -m benchmarks.code_lookup [--codes 400] [--json FILE]

The library is the starter corpus and synthetic facts for codes that have no passage in force on the day: numeric
neighbours and transpositions of every code asked about, in the same few sentences, so that only the number tells them apart.
"""

import argparse
import json
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from assistant.question import read_question
from assistant.settings import Settings
from assistant.wiring import open_assistant, runtime_folder
from benchmarks.passages import exported
from benchmarks.timing import machine
from corpus.digests import digest_paths
from ingest.build import ingest, shipped_sources, user_sources
from ingest.codes import codes_written
from ingest.documents import Passage
from ingest.embed import OnnxEmbedder
from ingest.library import open_reader, open_writer

WORK = Path("build/bench")
SEED = 77370
DAY = date(2026, 5, 1)
FACTS_A_FILE = 40
SHOWN = 10
FACTS = (
    "{code} may be billed once for a course of treatment when a physician has ordered it in writing.",
    "A signed report must be in the record of the patient before {code} is billed.",
    "{code} is reported once a week during treatment, whatever the number of fractions.",
    "{code} has a technical and a professional component and takes modifier 26 or TC.",
)
SENTENCES = (
    "Can I bill {code} twice in one week?",
    "What must be documented for {code}?",
    "Does {code} need modifier 26 or TC?",
    "is {code} ok after treatment ends",
)
_CODE = re.compile(r"\d{5}|\d{4}[FTUM]|[A-V]\d{4}")


@dataclass(frozen=True, slots=True)
class LookUp:
    """A way of writing, what is asked, and the codes that it is about."""

    way: str
    question: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the first passage speaks of a code asked about and each of them is found, and how many passages speak of others only."""

    right: bool
    wrong: int


def main() -> None:
    """Build the library, look every code up in every way on both sides, and print the table."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "library"
        codes = _build(folder, given.codes)
        asked = look_ups(codes, random.Random(SEED))
        ours, theirs, count = _measure(folder, asked)
    print(f"{machine()}; {len(codes)} codes, {len(asked)} look-ups, {count:,} passages\n")
    print(table(asked, {"dense, same weights": theirs, "Codecite": ours}))
    if given.json:
        rows = [{"way": a.way, "question": a.question, "right": o.right, "wrong": o.wrong, "dense_right": d.right, "dense_wrong": d.wrong}
                for a, o, d in zip(asked, ours, theirs, strict=True)]  # fmt: skip
        given.json.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=2))


def near_twins(code: str) -> tuple[str, ...]:
    """Give the numeric neighbours of a code and its transpositions, those that have a code's shape."""
    digits = re.search(r"\d+", code)
    assert digits is not None
    number, width = int(digits[0]), len(digits[0])
    stepped = [f"{number + step:0{width}d}" for step in (-1, 1) if 0 <= number + step < 10**width]
    swapped = [digits[0][:i] + digits[0][i + 1] + digits[0][i] + digits[0][i + 2 :] for i in range(width - 1)]
    found = (code[: digits.start()] + other + code[digits.end() :] for other in (*stepped, *swapped))
    return tuple(dict.fromkeys(twin for twin in found if twin != code))


def look_ups(codes: Sequence[str], draw: random.Random) -> list[LookUp]:
    """Give five look-ups for each code: in a sentence, bare, in another notation, with a modifier, in a range or a list."""
    made: list[LookUp] = []
    for n, code in enumerate(codes):
        others = draw.sample([c for c in codes if c != code], 2)
        listed, members = _listed(n, code, others)
        made += [
            LookUp("in a sentence", SENTENCES[n % len(SENTENCES)].format(code=code), (code,)),
            LookUp("bare", code, (code,)),
            LookUp("other notation", _notation(n, code), (code,)),
            LookUp("with modifier", (f"{code}-26", f"can I bill {code}-TC here?", f"{code}-59 on the same day")[n % 3], (code,)),
            LookUp("range or list", listed, members),
        ]
    return made


def table(asked: Sequence[LookUp], found: dict[str, Sequence[Outcome]]) -> str:
    """Give for each way of writing and side the share of right look-ups, and of passages that speak of other codes only."""
    lines = ["| way of writing | " + " | ".join(f"{name}: right code first | speaks of others only" for name in found) + " |"]
    lines += ["|---|" + "---|" * 2 * len(found)]
    for way in (*dict.fromkeys(a.way for a in asked), "all"):
        chosen = [i for i, a in enumerate(asked) if way in (a.way, "all")]
        cells = []
        for outcomes in found.values():
            right = sum(outcomes[i].right for i in chosen)
            wrong = sum(outcomes[i].wrong > 0 for i in chosen)
            cells += [f"{right}/{len(chosen)} ({100 * right / len(chosen):.1f} %)", f"{wrong} look-ups"]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return "\n".join(lines)


def judge(codes: Sequence[str], passages: Sequence[Passage]) -> Outcome:
    """Judge the passages found, best first, by the codes asked about."""
    wanted = frozenset(codes)
    held = frozenset().union(*(p.codes for p in passages)) if passages else frozenset()
    first = bool(passages) and bool(passages[0].codes & wanted)
    wrong = sum(bool(p.named_codes) and codes_written(p.text).isdisjoint(wanted) for p in passages)
    return Outcome(first and wanted <= held, wrong)


def _notation(n: int, code: str) -> str:
    ways = [f"CPT® {code}" if code[0].isdigit() else f"HCPCS {code}", f"CPT-{code}", code.lower(), f"code #{code}"]
    ways += [" ".join(code)] if code.isdigit() or code[0] in "CGJQ" else []
    return ways[n % len(ways)]


def _listed(n: int, code: str, others: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    following = [twin for twin in near_twins(code) if _number(twin) == _number(code) + 1]
    if n % 3 == 0 and following:
        return f"Can {code}-{following[0]} be billed?", (code, following[0])
    if n % 3 == 1:
        return f"Can {code} and {others[0]} be billed together?", (code, others[0])
    return f"{code}, {others[0]} or {others[1]}", (code, *others)


def _number(code: str) -> int:
    return int(re.sub(r"\D", "", code))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--codes", type=int, default=400, help="how many codes to look up (default 400)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every look-up to FILE")
    return parser.parse_args()


def _build(folder: Path, count: int) -> list[str]:
    """Bring in the starter corpus, then facts for what it lacks; give the codes to look up."""
    shutil.copytree(exported(), folder / "runtime")
    _bring_in(folder, digest_paths(), shipped=True)
    held = _in_force(folder)
    codes = _draw(held, count)
    missing = sorted({twin for code in codes for twin in (code, *near_twins(code))} - held)
    _bring_in(folder, _write_facts(folder.parent / "facts", missing), shipped=False)
    return codes


def _bring_in(folder: Path, paths: Iterable[Path], *, shipped: bool) -> None:
    print("Bringing in", "the starter corpus …" if shipped else "the synthetic facts …", file=sys.stderr)
    sources = shipped_sources() if shipped else user_sources(list(paths))
    with open_writer(folder) as library:
        ingest(library, OnnxEmbedder(folder / "runtime"), sources, by_hand={}, added_at="2026-01-01")


def _in_force(folder: Path) -> frozenset[str]:
    """Give the CPT and HCPCS codes that a passage in force on the day names."""
    named = {code for p in _passages(folder) if p.in_force(DAY) for code in p.named_codes}
    return frozenset(code for code in named if _CODE.fullmatch(code))


def _passages(folder: Path) -> list[Passage]:
    with open_reader(folder) as library:
        return [p for document, _, _ in library.documents() for p in library.passages(document.id)]


def _draw(held: frozenset[str], count: int) -> list[str]:
    """Give the corpus's own codes, filled up with near-twins of them, in an order drawn by the seed."""
    draw = random.Random(SEED)
    twins = sorted({twin for code in held for twin in near_twins(code)} - held)
    own = draw.sample(sorted(held), min(count, len(held)))
    return [*own, *draw.sample(twins, count - len(own))]


def _write_facts(folder: Path, codes: Sequence[str]) -> list[Path]:
    draw, paths = random.Random(SEED), []
    folder.mkdir()
    for start in range(0, len(codes), FACTS_A_FILE):
        facts = [f"{draw.choice(FACTS).format(code=code)}\n{{: #f-{code.lower()} }}\n" for code in codes[start : start + FACTS_A_FILE]]
        path = folder / f"facts-{start:05d}.md"
        path.write_text("# Billing notes\n\n" + "\n".join(facts), encoding="utf-8")
        paths.append(path)
    return paths


def _measure(folder: Path, asked: Sequence[LookUp]) -> tuple[list[Outcome], list[Outcome], int]:
    passages = [p for p in _passages(folder) if p.in_force(DAY)]
    settings = Settings(data_dir=folder)
    encoder = OnnxEmbedder(runtime_folder(settings))
    print("Encoding for the dense side …", file=sys.stderr)
    vectors, questions = encoder.encode([p.text for p in passages]), encoder.encode([a.question for a in asked])
    nearest = [np.argsort(-(vectors @ question), kind="stable")[:SHOWN] for question in questions]
    theirs = [judge(a.codes, [passages[i] for i in rows]) for a, rows in zip(asked, nearest, strict=True)]
    print("Looking up …", file=sys.stderr)
    with open_assistant(settings) as assistant:
        found = [assistant.retriever.find(read_question(a.question, DAY)) for a in asked]
    ours = [judge(a.codes, [hit.passage for hit in hits]) for a, hits in zip(asked, found, strict=True)]
    return ours, theirs, len(passages)


if __name__ == "__main__":
    main()
