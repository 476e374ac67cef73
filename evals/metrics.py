"""Means with their standard errors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from evals.scorers import Score


@dataclass(frozen=True, slots=True)
class Metric:
    """The mean of a score over the cases to which it applies, its standard error (sample s / sqrt n), and their number."""

    mean: float
    error: float
    count: int


def metric(values: Iterable[float | None]) -> Metric | None:
    """Give mean, standard error and count of the values that apply; None when none does."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    mean = sum(found) / len(found)
    variance = sum((value - mean) ** 2 for value in found) / max(1, len(found) - 1)
    return Metric(mean, sqrt(variance / len(found)), len(found))


def by_scorer(scores: Sequence[Score]) -> dict[str, Metric]:
    """Give the metric of each scorer that applies anywhere, in the order of the scores."""
    names = dict.fromkeys(score.scorer for score in scores)
    found = {name: metric(s.value for s in scores if s.scorer == name) for name in names}
    return {name: value for name, value in found.items() if value is not None}
