"""Rule on a closed question by the precedents of the facts found: questions on a fact whose ruling is known.

Every precedent of the best passages is compared with the question; those that ask the same in other words carry most
weight (attention over labelled neighbours; Vinyals et al. 2016, matching networks). The weights were learned by
`benchmarks/fit_precedents.py` from precedents alone: one writer's questions ruled on by another writer's. What they say, whether
sources disagree, and whether the best sentence sets a condition make up the ruling together (see `Policy`).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Hit, Question, Verdict
from assistant.eras import last_years, same_era
from assistant.terms import stems
from corpus.precedents import RULED, Precedent
from ingest.codes import find_codes, find_modifiers, index_key
from ingest.embed import ONE, Embedder, Encoded, TokenVectors
from ingest.lookup import is_own_rule

Held = Callable[[Collection[str]], Mapping[str, tuple[Precedent, ...]]]
Weights = NDArray[np.float32]

_NEGATES = re.compile(r"\b(?:not|never|none|cannot|without|nor|neither|skip|drop|omit|leave (?:out|off))\b|n['’]t\b", re.IGNORECASE)
_NARROWS = re.compile(r"\b(?:only|just|alone|always|every|all|any|both|must|have to|needs?|required?|enough)\b", re.IGNORECASE)
_EXTREME = re.compile(r"\b(?:never|always|no matter|automatic\w*|under no)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_KINDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:needs?|needed|must|ha(?:s|ve) to|required?|requires|mandatory|necessary|should)\b",
        r"\b(?:can|may|could|allowed|ok(?:ay)?|fine|possible|permitted|acceptable|able)\b",
        r"\b(?:enough|suffic\w+|alone)\b",
        r"\b(?:bundl\w+|includ\w+|part of|packag\w+|inside|edit)\b",
        r"\b(?:separate\w*|extra|on top|apart|own|addition)\b",
        r"\b(?:den\w+|reject\w*|exclud\w+|barred|prohibit\w*|forbid\w*)\b",
        r"\b(?:wrong|mistake|problem|incorrect|improper|unbundling)\b",
        r"\b(?:professional|26)\b",
        r"\b(?:technical|tc)\b",
        r"\bhospital\b",
        r"\b(?:freestanding|office)\b",
        r"\bbefore\b",
        r"\bafter\b",
        r"\bwithout\b",
    )
)
"""Kinds of words of which two questions that ask the same hold both or neither."""


LEARNED: Weights = np.array([0.76, 3.3, 2.95, 0.81, 2.02, 0.25, 0.32, -0.05, -0.41, -0.24, -0.29], dtype=np.float32)
"""Weight of each feature, in the order of `_features`."""
LEARNED_BY_RULING: Weights = np.array([-0.36, -0.29, -0.54, 0.38], dtype=np.float32)
"""What is added by the ruling of a precedent, in the order of `RULED`."""


_OTHERWISE = 1e-3
_SCARCE = 0.02


@dataclass(frozen=True, slots=True)
class Policy:
    """What is compared and when it rules; those from `share_power` on were chosen on the dev questions.

    The chance of a ruling grows with its share among the precedents, raised to `share_power`. Those that the fact leaves unsaid
    count `unsaid` times as much, and those that are extreme ("never", "always") where the question is not, or the other way
    round, `extreme` times; those that name a year on the same side of their fact's changes as the date of service `same_era`
    times. For "no" the chance is `e**refusals` times as great, for "conditional" `e**disputed` times where another source
    disagrees with the best passage, as much again where one does with any of the first `disputed_within`, and
    `e**conditioned` times where the best sentence sets a condition. It rules where it is at least `least_sure`, or
    `least_agreed` where the best sentence allows or refuses the same by its words.
    """

    passages: int = 5
    nearest: int = 8
    relevance: float = 6.0
    share_power: float = 0.8
    unsaid: float = 0.15
    extreme: float = 0.4
    same_era: float = 2.7
    refusals: float = 0.4
    disputed: float = 1.2
    disputed_within: int = 3
    conditioned: float = 0.8
    least_sure: float = 0.52
    least_agreed: float = 0.45


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the precedents rule: a verdict, how sure in (0, 1], and the passage that they rest on."""

    verdict: Verdict
    sure: float
    hit: Hit


class Precedents:
    """Rules by precedents."""

    def __init__(self, embedder: Embedder, held: Held, policy: Policy | None = None) -> None:
        """Take `held`, which gives the precedents of facts by their ids."""
        self._embedder = embedder
        self._held = held
        self._policy = policy or Policy()

    def rule(self, question: Question, hits: Sequence[Hit], told: Verdict) -> Ruling | None:
        """Give the ruling on a closed question by the best of `hits` (best first), None where none is near or sure enough.

        `told` is what the best sentence rules by its words.
        """
        compared = self._compared(question, hits[: self._policy.passages])
        if not compared:
            return None
        weights = self._weights(question, hits, compared)
        chances = self._chances(question, compared, weights, hits, told)
        ruled = int(chances[:-1].argmax())
        agreed = told in {Verdict.YES, Verdict.NO} and told.value == RULED[ruled]
        if chances[ruled] < (self._policy.least_agreed if agreed else self._policy.least_sure):
            return None
        return Ruling(Verdict(RULED[ruled]), float(chances[ruled]), _deciding(compared, weights, RULED[ruled]))

    def _chances(
        self, question: Question, compared: Sequence[tuple[Hit, Precedent]], weights: Weights, hits: Sequence[Hit], told: Verdict
    ) -> Weights:
        """Give the chance of each ruling, in the order of `RULED`."""
        policy = self._policy
        shares = [sum(float(w) for (_, p), w in zip(compared, weights, strict=True) if p.ruled == ruled) for ruled in RULED]
        shares[RULED.index("unsaid")] *= policy.unsaid
        scores = policy.share_power * np.log(np.array(shares) + _SCARCE)
        scores[RULED.index("no")] += policy.refusals
        open_on = [_is_disputed(question.payer, hit, hits) for hit in hits[: policy.disputed_within]]
        disputed = open_on[0] + any(open_on)
        scores[RULED.index("conditional")] += policy.disputed * disputed + policy.conditioned * (told is Verdict.CONDITIONAL)
        raised = np.exp(scores - scores.max())
        return np.asarray(raised / raised.sum(), dtype=np.float32)

    def covers(self, hit: Hit) -> bool:
        """Tell whether a passage has precedents."""
        return bool(self._held([hit.passage.anchor]))

    def _compared(self, question: Question, hits: Sequence[Hit]) -> list[tuple[Hit, Precedent]]:
        """Give the precedents of each hit that share most words with the question."""
        held = self._held([h.passage.anchor for h in hits if h.passage.anchor])
        asked = stems(question.text)
        return [(hit, p) for hit in hits for p in _nearest(asked, held.get(hit.passage.anchor, ()), self._policy.nearest)]

    def _weights(self, question: Question, hits: Sequence[Hit], compared: Sequence[tuple[Hit, Precedent]]) -> Weights:
        texts = [question.text, *(p.question for _, p in compared)]
        features = compare(texts[0], texts[1:], self._embedder.encode_with_tokens(texts))
        kinds = np.array([RULED.index(p.ruled) for _, p in compared])
        relevance = np.array([self._policy.relevance * (hit.score / (hits[0].score or 1.0) - 1.0) for hit, _ in compared])
        unlike = np.array([bool(_EXTREME.search(p.question)) != bool(_EXTREME.search(question.text)) for _, p in compared])
        scores = features @ LEARNED + LEARNED_BY_RULING[kinds] + relevance + np.log(self._policy.extreme) * unlike
        scores += self._by_era(question, compared)
        raised = np.exp(scores - scores.max())
        return np.asarray(raised / raised.sum(), dtype=np.float32)

    def _by_era(self, question: Question, compared: Sequence[tuple[Hit, Precedent]]) -> Weights:
        """Give what is added to the score of each precedent for the years that it names."""
        changes = {hit.passage.id: last_years(hit.passage) for hit, _ in compared}
        of_the_day = [same_era(question.as_of.year, p.question, changes[hit.passage.id]) for hit, p in compared]
        return np.array(of_the_day, dtype=np.float32) * np.float32(np.log(self._policy.same_era))


def compare(asked: str, others: Sequence[str], encoded: Encoded) -> Weights:
    """Give the features of each other question beside the one asked, shape (others, `len(LEARNED)`); `encoded` holds it first."""
    mine = _Told(asked)
    cosines = encoded.vectors[1:] @ encoded.vectors[0]
    found = zip(others, cosines.tolist(), encoded.tokens[1:], strict=True)
    return np.array([_features(mine, _Told(text), cosine, (encoded.tokens[0], tokens)) for text, cosine, tokens in found])


def _is_disputed(payer: str | None, hit: Hit, hits: Sequence[Hit]) -> bool:
    """Tell whether a source disagrees with a passage; with an own rule of the payer asked about, whether another one of its own does."""
    if not is_own_rule(payer, hit.passage.payer):
        return bool(hit.passage.conflicts)
    return any(other.passage.anchor in hit.passage.conflicts and is_own_rule(payer, other.passage.payer) for other in hits)


class _Told:
    """What a question holds besides its meaning."""

    def __init__(self, text: str) -> None:
        self.stems = stems(text)
        self.codes = {index_key(mention.code) for mention in find_codes(text)}
        self.modifiers = set(find_modifiers(text))
        self.numbers = set(_NUMBER.findall(text))
        self.negations = len(_NEGATES.findall(text))
        self.narrows = {word.lower() for word in _NARROWS.findall(text)}
        self.kinds = [bool(kind.search(text)) for kind in _KINDS]


def _features(asked: _Told, other: _Told, cosine: float, tokens: tuple[TokenVectors, TokenVectors]) -> Weights:
    """Give what two questions share and where they part, shape (features,); `tokens` are their token vectors."""
    forth, back, worst = _matched(*tokens) if min(map(len, tokens)) > 2 else (cosine, cosine, cosine)
    return np.array(
        [
            cosine,
            forth,
            back,
            worst,
            len(asked.stems & other.stems) / max(1, len(asked.stems)),
            float(bool(asked.codes - other.codes)),
            float(asked.modifiers != other.modifiers),
            float(bool(asked.numbers - other.numbers)),
            float(asked.negations % 2 != other.negations % 2),
            float(len(asked.narrows ^ other.narrows)),
            float(sum(one != two for one, two in zip(asked.kinds, other.kinds, strict=True))),
        ],
        dtype=np.float32,
    )


def _matched(asked: TokenVectors, other: TokenVectors) -> tuple[float, float, float]:
    """Give the mean of the best cosine of each token with one of the other question, both ways, and that of the three worst of the first."""
    cosines = (asked[1:-1].astype(np.float32) @ other[1:-1].astype(np.float32).T) / ONE**2
    forth = cosines.max(axis=1)
    return float(forth.mean()), float(cosines.max(axis=0).mean()), float(np.sort(forth)[:3].mean())


def _nearest(asked: frozenset[str], precedents: Sequence[Precedent], count: int) -> list[Precedent]:
    """Give those that share the largest part of their words with what is asked."""

    def share(precedent: Precedent) -> float:
        held = stems(precedent.question)
        return len(asked & held) / len(asked | held) if held else 0.0

    return sorted(precedents, key=share, reverse=True)[:count]


def _deciding(compared: Sequence[tuple[Hit, Precedent]], weights: Weights, ruled: str) -> Hit:
    """Give the hit whose precedents weigh most in the ruling; where none rules so, as sources that disagree may, most at all."""
    by_hit: dict[str, float] = defaultdict(float)
    for (hit, precedent), weight in zip(compared, weights, strict=True):
        by_hit[hit.passage.id] += float(weight) * (1.0 if precedent.ruled == ruled else _OTHERWISE)
    best = max(by_hit, key=lambda identity: by_hit[identity])
    return next(hit for hit, _ in compared if hit.passage.id == best)
