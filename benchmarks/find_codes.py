"""How often the right code is among the first that fit a described service.

    python -m benchmarks.find_codes [--split dev]

It asks the library that `CODECITE_DATA_DIR` names (the starter corpus); docs/find.md says how the cases were made.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assistant.find import MAX_FITS, Finder
from assistant.settings import read_settings
from assistant.wiring import open_assistant, open_finder

CASES = Path(__file__).parents[1] / "tests" / "data" / "find_cases.jsonl"
DAY = date(2026, 5, 1)
_DEPTHS = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class Case:
    """A described service with the codes that are right for it; none where nothing in the corpus fits."""

    id: str
    split: str
    description: str
    expected: tuple[str, ...]
    as_of: date


def main() -> None:
    """Ask every case of one split and print a line for each and a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--split", choices=("dev", "test"), default="dev", help="which cases (default dev)")
    split = parser.parse_args().split
    cases = [case for case in load_cases() if case.split == split]
    with open_assistant(read_settings()) as assistant:
        finder = open_finder(assistant)
        found = [_codes(finder, case) for case in cases]
    for case, codes in zip(cases, found, strict=True):
        print(f"{case.id}  expected {', '.join(case.expected) or 'none'}  found {', '.join(codes[:5]) or 'none'}")
    print(f"\n{table(cases, found)}")


def load_cases() -> list[Case]:
    """Give every case of both splits."""
    rows = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    return [
        Case(r["id"], r["split"], r["description"], tuple(r["expected"]), date.fromisoformat(r["as_of"]) if "as_of" in r else DAY)
        for r in rows
    ]


def table(cases: Sequence[Case], found: Sequence[Sequence[str]]) -> str:
    """Give how many cases have a right code within each depth, and how many without one are abstained on."""
    pairs = list(zip(cases, found, strict=True))
    fitting = [(case, codes) for case, codes in pairs if case.expected]
    lines = ["| | cases |", "|---|---|"]
    for depth in _DEPTHS:
        right = sum(not set(case.expected).isdisjoint(codes[:depth]) for case, codes in fitting)
        lines.append(f"| right code in the first {depth} | {right} of {len(fitting)} |")
    empty = [codes for case, codes in pairs if not case.expected]
    lines.append(f"| nothing fits, nothing shown | {sum(not codes for codes in empty)} of {len(empty)} |")
    return "\n".join(lines)


def _codes(finder: Finder, case: Case) -> tuple[str, ...]:
    return tuple(fit.code for fit in finder.find(case.description, as_of=case.as_of, limit=MAX_FITS).fits)


if __name__ == "__main__":
    main()
