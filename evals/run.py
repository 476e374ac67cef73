"""Ask every question of a suite and score every answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

from assistant.answer import Answer
from evals.cases import Case
from evals.claims import rarity
from evals.metrics import by_scorer
from evals.scorers import Marked, Score, score
from ingest.library import Library

_TOLERANCE = 0.01
_PROMISES = frozenset({"quote exactness", "citation recall", "in force"})
"""Scored over what is shown only, so they may not fall at all: held at 1, none of them can be raised by abstaining."""


class Asks(Protocol):
    """What is scored: the assistant, or anything that answers like it."""

    library: Library

    def ask(self, text: str, *, as_of: date, payer: str | None = None) -> Answer:
        """Answer one question."""


@dataclass(frozen=True, slots=True)
class Result:
    """One case with its answer and scores."""

    marked: Marked
    scores: tuple[Score, ...]


def run_suite(assistant: Asks, cases: Sequence[Case], advance: Callable[[], object] = lambda: None) -> tuple[Result, ...]:
    """Give the result of every case, in order; `advance` is called after each."""
    library = assistant.library
    text_of = lru_cache(maxsize=None)(library.text)
    weigh = rarity(p.text for document, _, _ in library.documents() for p in library.passages(document.id))
    results: list[Result] = []
    for case in cases:
        marked = Marked(case, assistant.ask(case.question, as_of=case.as_of, payer=case.payer), text_of, weigh)
        results.append(Result(marked, score(marked)))
        advance()
    return tuple(results)


def means(results: Sequence[Result]) -> dict[str, float]:
    """Give the mean of each metric, to four decimals."""
    return {name: round(found.mean, 4) for name, found in by_scorer([s for r in results for s in r.scores]).items()}


def below_baseline(results: Sequence[Result], baseline: Mapping[str, float]) -> tuple[str, ...]:
    """Give each metric that fell below its baseline, in words: by more than 0.01, or at all where it is a promise."""
    now = means(results)
    fallen = ((name, was, now.get(name, 0.0), 0.0 if name in _PROMISES else _TOLERANCE) for name, was in baseline.items())
    return tuple(f"{name} {value:.3f} (baseline {was:.3f})" for name, was, value, allowed in fallen if value < was - allowed)
