"""Ask every question of a suite and score every answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Protocol

from assistant.answer import Answer
from evals.cases import Case
from evals.claims import Weigh, rarity
from evals.marked import Marked
from evals.metrics import by_scorer
from evals.scorers import LOWER_IS_BETTER, Score, right_on_its_day, score
from ingest.library import Library

PAIRED = "year-dependent"
BOTH_SIDES = "year pairs right"
_TOLERANCE = 0.01
_PROMISES = frozenset({"quote exactness", "citation recall", "in force"})
"""Scored over what is shown only, so they may not fall at all: held at 1, none of them can be raised by abstaining."""


class Asks(Protocol):
    """What is scored: the assistant, or anything that answers like it."""

    library: Library

    def ask(self, text: str, *, as_of: date, payer: str | None = None) -> Answer:
        """Answer one question."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What scoring needs of a library: a document's text, how rare words are, and of paragraphs, by anchor, text and disagreements."""

    text_of: Callable[[str], str]
    weigh: Weigh
    disputes: frozenset[frozenset[str]]
    paragraphs: Mapping[str, str]

    def mark(self, case: Case, answer: Answer) -> Marked:
        """Put an answer beside its case."""
        return Marked(case, answer, self.text_of, self.weigh, self.disputes, self.paragraphs)


@dataclass(frozen=True, slots=True)
class Result:
    """One case with its answer and scores."""

    marked: Marked
    scores: tuple[Score, ...]


def run_suite(assistant: Asks, cases: Sequence[Case], advance: Callable[[], object] = lambda: None) -> tuple[Result, ...]:
    """Give the result of every case, in order; `advance` is called after each."""
    shelf = open_shelf(assistant.library)
    results: list[Result] = []
    for case in cases:
        answer = assistant.ask(case.question, as_of=case.as_of, payer=case.payer)
        marked = shelf.mark(case, answer)
        results.append(Result(marked, score(marked)))
        advance()
    return with_pairs(results)


def open_shelf(library: Library) -> Shelf:
    """Give what scoring needs of a library."""
    passages = [p for document, _, _ in library.documents() for p in library.passages(document.id)]
    disputes = frozenset(frozenset((p.anchor, other)) for p in passages for other in p.conflicts)
    paragraphs = {p.anchor: p.text for p in passages}
    return Shelf(lru_cache(maxsize=None)(library.text), rarity(p.text for p in passages), disputes, paragraphs)


def with_pairs(results: Sequence[Result]) -> tuple[Result, ...]:
    """Give the results with a score for each pair of cases that ask the same on two dates of service, at the later of both."""
    last: dict[tuple[str, str | None], Result] = {}
    paired: list[Result] = []
    for result in results:
        case = result.marked.case
        if PAIRED not in case.tags:
            paired.append(result)
            continue
        earlier = last.pop((case.question, case.payer), None)
        if earlier is None:
            last[case.question, case.payer] = result
        else:
            both = float(right_on_its_day(earlier.marked) and right_on_its_day(result.marked))
            result = replace(result, scores=(*result.scores, Score(case.id, BOTH_SIDES, both)))
        paired.append(result)
    return tuple(paired)


def means(results: Sequence[Result]) -> dict[str, float]:
    """Give the mean of each metric, to four decimals."""
    return {name: round(found.mean, 4) for name, found in by_scorer([s for r in results for s in r.scores]).items()}


def below_baseline(results: Sequence[Result], baseline: Mapping[str, float]) -> tuple[str, ...]:
    """Give each metric that got worse than its baseline, in words: by more than 0.01, or at all where it is a promise."""
    now = means(results)
    fallen = ((name, was, now.get(name, 0.0), 0.0 if name in _PROMISES else _TOLERANCE) for name, was in baseline.items())
    return tuple(f"{name} {value:.3f} (baseline {was:.3f})" for name, was, value, allowed in fallen if _loss(name, was, value) > allowed)


def _loss(name: str, was: float, value: float) -> float:
    return value - was if name in LOWER_IS_BETTER else was - value
