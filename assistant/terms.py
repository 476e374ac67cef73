"""The words of a question or sentence that carry meaning, stemmed as the lexical index stems them."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import log
from typing import Any

_WORD = re.compile(r"[^\W_]*\d(?:\.\d+)?[^\W_]*|[^\W_]+(?:['’][a-z]+)?")
_STOP = frozenset(
    """
    a about above after again all also am an and any are aren't as at be because been before being below between both but by can
    can't cannot could did do does doing don't done for from further get gets give given go got had has have having he her here hers
    him his how i if in into is it its itself just know let like made make makes many may me might more most much must my need needs
    no nor not now of off ok okay on once one only or other our ours out over own per please q question same shall she should so
    some such tell than that the their them then there these they this those through to too under until up us use used using very
    was we were what when where which while who whom whose why will with within without would yes yet you your yours code codes cpt
    true right correct fine good bad big isn't wasn't won't didn't doesn't wouldn't couldn't shouldn't haven't hasn't weren't i'm i've we're we've we'd they're
    it's that's there's ever really actually anyway though else anything something nothing someone somebody nobody everyone thing things
    lot saw see seen came come comes goes going gone went hear heard told thinks think thought wants want wanted wrote sent send sends
    ago back away along well still already pick picked chose skip slap hit hits keeps put puts kicked bounced forgot idea job matter anybody everybody
    ok'd way ways billable billings bills reportable reports chargeable
    hcpcs mean means meaning define defined definition describe bill billed billing report reported
    """.split()
)


Terms = Sequence[tuple[frozenset[str], float]]
"""For each word asked about the stems that count as it, and its weight (rarer is heavier)."""
Counts = Callable[[Sequence[str]], tuple[dict[str, int], int]]
"""Gives how many passages hold each word, and how many passages there are."""


def content_terms(text: str) -> tuple[str, ...]:
    """Give the words that carry meaning, lower case, each once, in order."""
    words = (word.lower().removesuffix("'s").removesuffix("’s") for word in _WORD.findall(text))
    return tuple(dict.fromkeys(word for word in words if word not in _STOP and (len(word) > 1 or word.isdigit())))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Give the Porter stem of a lower-case word."""
    return str(_stemmer().stemWord(word))


def stems(text: str) -> frozenset[str]:
    """Give the stems of the words that carry meaning."""
    return frozenset(stem(word) for word in content_terms(text))


def alike(one: str, other: str) -> float:
    """Give the share of the stems of two texts that both hold, in [0, 1]."""
    a, b = stems(one), stems(other)
    return len(a & b) / len(a | b) if a | b else 0.0


def expand(text: str, glossary: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Give for each glossary term in `text` the words that its expansions add."""
    lowered = f" {re.sub(r'[^a-z0-9/&+-]+', ' ', text.lower())} "
    return {term: content_terms(" ".join(words)) for term, words in glossary.items() if f" {term} " in lowered}


def weigh(words: Sequence[str], text: str, glossary: Mapping[str, tuple[str, ...]], counts: Counts) -> Terms:
    """Give the words of `text` with what the glossary has count as each and their weights."""
    added = expand(text, glossary)
    found, total = counts([*words, *(other for word in words for other in added.get(word, ()))])
    commonest = {word: max(found[other] for other in (word, *added.get(word, ()))) for word in words}
    return [(frozenset({stem(w), *map(stem, added.get(w, ()))}), log(1 + total / (1 + commonest[w]))) for w in words]


def share_held(terms: Terms, text: str) -> float:
    """Give the share of the weight of `terms` whose words occur in `text`, in [0, 1]."""
    held = stems(text)
    total = sum(weight for _, weight in terms)
    return sum(weight for accepted, weight in terms if accepted & held) / total if total else 0.0


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    from Stemmer import Stemmer

    return Stemmer("porter")
