"""Score ranked passages against spans of the documents, so that systems that cut differently compare.

A passage is right for a question when it holds at least half of one of its targets. Places are counted in letters
and digits only: peers squeeze white space, and reading repairs hyphens and odd characters.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log2

import numpy as np
from numpy.typing import NDArray

DEPTH = 10
"""Ranks that nDCG looks at."""
RECALL_DEPTH = 5
CONTEXT_CHARS = 4_000
_EDGE = 30
_LEFT_OUT = 200
_DRAWS = 2_000
_SEED = 2026

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Target:
    """What a question looks for: the half-open span `[start, end)` of a document, in its letters and digits."""

    doc: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands, in letters and digits of its document."""

    doc: str
    start: int
    end: int

    def holds(self, target: Target) -> bool:
        """Tell whether at least half of the target lies in here."""
        shared = min(self.end, target.end) - max(self.start, target.start)
        return self.doc == target.doc and 2 * shared >= target.end - target.start


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """The scores of one question, each from 0 to 1; `reachable` is 0 where no passage of the system is right."""

    ndcg: float
    recall: float
    in_context: float
    reachable: float


def letters(text: str) -> str:
    """Give the letters and digits of `text`, decomposed and in lower case."""
    return "".join(_folded(character) for character in text)


def target_at(doc: str, text: str, start: int, end: int) -> Target:
    """Give the target for the characters `[start, end)` of a document's text."""
    before = len(letters(text[:start]))
    return Target(doc, before, before + len(letters(text[start:end])))


def places_of(pieces: Iterable[tuple[str, str]], texts: Mapping[str, str]) -> list[Place | None]:
    """Give the place of each piece `(document, text)`; those of one document must come in their order.

    `texts` maps documents to their `letters`. Where a reader left something out (the number of a list item, say), a
    piece stands from where its beginning is found to where its end is. One that does not occur has no place.
    """
    cursor: dict[str, int] = {}
    places: list[Place | None] = []
    for doc, text in pieces:
        span = _span(letters(text), texts[doc], cursor.get(doc, 0))
        places.append(Place(doc, *span) if span else None)
        cursor[doc] = max(span[0] if span else 0, cursor.get(doc, 0))
    return places


def _span(words: str, text: str, after: int) -> tuple[int, int] | None:
    """Give where `words` stand in `text`, rather behind `after` than before it."""
    if not words:
        return None
    start = next((found for low in (after, 0) if (found := text.find(words, low)) >= 0), -1)
    if start >= 0:
        return start, start + len(words)
    head, tail = words[:_EDGE], words[-_EDGE:]
    start = next((found for low in (after, 0) if (found := text.find(head, low)) >= 0), -1)
    last = text.find(tail, start + len(words) - _EDGE, start + len(words) + _LEFT_OUT) if start >= 0 else -1
    return (start, last + len(tail)) if last >= 0 else None


@dataclass(frozen=True, slots=True)
class Cuts:
    """All passages of a system: their texts, and where each stands in its document (None = nowhere)."""

    texts: tuple[str, ...]
    places: tuple[Place | None, ...]
    of_document: Mapping[str, Sequence[int]]

    def right_for(self, target: Target) -> set[int]:
        """Give the numbers of the passages that hold a target."""
        return {n for n in self.of_document.get(target.doc, ()) if (place := self.places[n]) and place.holds(target)}


def cuts_of(pieces: Sequence[tuple[str, str]], documents: Mapping[str, str]) -> Cuts:
    """Give the passages of a system, `(document, text)` each, those of one document in their order, in the texts of `documents`."""
    places = places_of(pieces, {doc: letters(text) for doc, text in documents.items()})
    numbers: dict[str, list[int]] = {}
    for number, place in enumerate(places):
        if place:
            numbers.setdefault(place.doc, []).append(number)
    return Cuts(tuple(text for _, text in pieces), tuple(places), numbers)


def score(ranked: Sequence[int], targets: Sequence[Target], cuts: Cuts) -> QuestionScore:
    """Score the passages found for one question, best first.

    nDCG is binary, its ideal drawn from every right passage of this system's own cut. Recall is the share of the
    targets that the first five passages hold (of five at most), `in_context` the share that stands in the first
    4,000 characters.
    """
    right = [cuts.right_for(target) for target in targets]
    relevant = set().union(*right)
    held = sum(not found.isdisjoint(ranked[:RECALL_DEPTH]) for found in right)
    shown = _shown(ranked, cuts)
    inside = sum(any(place.holds(target) for place in shown) for target in targets)
    return QuestionScore(
        ndcg=ndcg([number in relevant for number in ranked], len(relevant)),
        recall=min(1.0, held / min(len(targets), RECALL_DEPTH)),
        in_context=inside / len(targets),
        reachable=float(bool(relevant)),
    )


def ndcg(gains: Sequence[bool], relevant: int) -> float:
    """Give the normalised discounted gain of the first ten of `gains`, with `relevant` right passages in all; 0 when none."""
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(relevant, DEPTH) + 1))
    gained = sum(1 / log2(rank + 1) for rank, gain in enumerate(gains[:DEPTH], start=1) if gain)
    return gained / ideal if ideal else 0.0


def interval(values: Scores) -> tuple[float, float]:
    """Give the 95 % bootstrap interval of the mean of `values`, one per question; for differences give the paired ones."""
    draws = np.random.default_rng(_SEED).integers(0, len(values), size=(_DRAWS, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def _shown(ranked: Sequence[int], cuts: Cuts) -> list[Place]:
    """Give the places of what stands in the first 4,000 characters, the last passage cut short."""
    shown: list[Place] = []
    left = CONTEXT_CHARS
    for number in ranked:
        if left <= 0:
            break
        if place := cuts.places[number]:
            shown.append(Place(place.doc, place.start, place.start + len(letters(cuts.texts[number][:left]))))
        left -= len(cuts.texts[number])
    return shown


@cache
def _folded(character: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", character).casefold() if c.isalnum())
