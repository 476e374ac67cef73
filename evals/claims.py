"""Read what words claim: the codes and numbers in them, the words that carry meaning, whether they negate."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from math import log

from assistant.terms import content_terms, stem
from ingest.codes import expand_range, find_codes, find_ranges, index_key

Weigh = Callable[[str], float]
"""How much a concept counts: rare ones more."""

_NUMBER = re.compile(r"(?<![\w.])\$?(\d+(?:,\d{3})*(?:\.\d+)?)(?!\w)")
_DAY_OF_MONTH = re.compile(r"\b((?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?) \d{1,2}\b")
_NEGATION = re.compile(r"\b(?:not(?! only)|never|no(?! (?:more|later) than)|none|nothing|cannot|neither|nor)\b|n['’]t\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[;:]|(?<=\w)[.](?=\s)|,?\s\b(?:but|yet|however|although|though|whereas|while|if|when|until|without|unless|except)\b", re.IGNORECASE
)
_ALIKE = (
    "day daily date",
    "include bundle package part inside built integral contain",
    "check review verify verification",
    "order request",
    "update revise change",
)


@lru_cache(maxsize=50_000)
def concepts(text: str) -> frozenset[str]:
    """Give the stems of the words that carry meaning, synonyms made one."""
    words = (stem(word) for word in content_terms(text) if not (word[0].isdigit() or word[-1].isdigit()))
    return frozenset(_canonical().get(word, word) for word in words)


@lru_cache(maxsize=50_000)
def tokens(text: str) -> frozenset[str]:
    """Give the codes, numbers and years of a text, which stand or fall; days of the month and 0, 1 and 2 are left out."""
    numbers = {number.replace(",", "") for number in _NUMBER.findall(_DAY_OF_MONTH.sub(r"\1", text))}
    return (codes(text) | numbers) - frozenset("012")


@lru_cache(maxsize=50_000)
def codes(text: str) -> frozenset[str]:
    """Give the codes that a text writes out."""
    return frozenset(index_key(mention.code) for mention in find_codes(text))


@lru_cache(maxsize=50_000)
def codes_meant(text: str) -> frozenset[str]:
    """Give the codes that a text writes out, and those inside the ranges that it writes."""
    return codes(text).union(*(expand_range(index_key(a), index_key(b)) for a, b in find_ranges(text)))


def clauses(text: str, *, least: int = 2) -> tuple[str, ...]:
    """Give the clauses of a text that hold `least` concepts, cut at stops, semicolons, and words that turn or set a condition."""
    return tuple(part for part in _CLAUSE.split(text) if len(concepts(part)) >= least)


def phrases(text: str) -> tuple[str, ...]:
    """Give the clauses of a text, cut at commas too."""
    return tuple(phrase for clause in clauses(text) for phrase in clause.split(", "))


def alike(one: str, other: str, weigh: Weigh) -> float:
    """Give how alike two texts are in [0, 1]: the share of the first in the second, times that of the second in the first."""
    ours, theirs = concepts(one) | tokens(one), concepts(other) | tokens(other)
    return share(ours, theirs, weigh) * share(theirs, ours, weigh) if ours and theirs else 0.0


def negates(text: str) -> bool:
    """Tell whether a text negates outright."""
    return bool(_NEGATION.search(text))


def share(wanted: frozenset[str], held: frozenset[str], weigh: Weigh, half: frozenset[str] = frozenset()) -> float:
    """Give the share in [0, 1] of the weight of `wanted` that is `held`; what is only in `half` counts half. Nothing wanted is 1."""
    total = sum(map(weigh, wanted))
    return sum(weigh(w) * (1.0 if w in held else 0.5 if w in half else 0.0) for w in wanted) / total if total else 1.0


def rarity(texts: Iterable[str]) -> Weigh:
    """Give the inverse document frequency over `texts`: log(1 + N / (1 + n)), after Robertson and Spärck Jones (1976), smoothed."""
    held = [concepts(text) for text in texts]
    counts = Counter(concept for each in held for concept in each)
    return lambda concept: log(1 + len(held) / (1 + counts[concept]))


@lru_cache(maxsize=1)
def _canonical() -> dict[str, str]:
    groups = ([stem(word) for word in group.split()] for group in _ALIKE)
    return {each: group[0] for group in groups for each in group}
