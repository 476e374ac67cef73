"""Tell whether quotes support a sentence that may be worded differently: the deterministic stand-in for an entailment model."""

import re
from collections import Counter

from evals.claims import Weigh, codes, concepts, share
from ingest.sentences import sentence_spans

_NOT = re.compile(r"\b(?:not|never|no|none|cannot|neither|nor)\b|n['’]t\b", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:if|unless|only|except|when(?:ever)?|provided|until|without)\b", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_MOST = 0.6


def backs(sentence: str, evidence: str, weigh: Weigh) -> bool:
    """Tell whether evidence supports a sentence.

    What is copied whole is supported. Else the evidence must hold every code and number, as often as the sentence says it,
    and most of its words; the evidence's nearest sentence must have as many negations, and no condition that is left out.
    """
    said, held = " ".join(sentence.split()), " ".join(evidence.split())
    parts = [held[start:end] for start, end in sentence_spans(held)]
    nearest = max(parts, key=lambda part: share(concepts(said), concepts(part), weigh), default="")
    return said == held or (
        not _strays(said, held)
        and share(concepts(said), concepts(held), weigh) >= _MOST
        and len(_NOT.findall(said)) == len(_NOT.findall(nearest))
        and len(_CONDITION.findall(said)) >= len(_CONDITION.findall(nearest))
    )


def _strays(said: str, held: str) -> bool:
    """Tell whether the sentence has a number or code that the evidence has less often, or not at all."""
    return bool(Counter(_DIGITS.findall(said)) - Counter(_DIGITS.findall(held)) or codes(said) - codes(held))
