"""The default answerer: picks the sentences that answer a question and what they rule. No model writes anything."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.answer import Draft, DraftSentence, Hit, Intent, Question, Quote, Reason, Role, Verdict
from assistant.bounds import is_beyond, is_within
from assistant.polarity import (
    Ruling,
    affirms_need,
    asks_for_records,
    excludes,
    is_negated,
    leaves_out_code,
    leaves_out_person,
    makes_exception,
    outnumbers,
    refuses,
    refuses_another,
    refuses_in_part,
    ruling_of,
    sets_condition,
    speaks_of_both,
    tells_end,
)
from assistant.precedents import Precedents
from assistant.retrieve import REGISTERED
from assistant.terms import Counts, Terms, alike, content_terms, share_held, stems, weigh
from ingest.codes import codes_written, index_key
from ingest.documents import Passage
from ingest.embed import Embedder
from ingest.lookup import speaks_for_all
from ingest.sentences import sentence_spans

_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.;]{0,40}\b(?:rules?|instructions?|prompts?|guidelines|above|previous|sources?)\b",
    re.IGNORECASE,
)
"""Orders to whoever reads the source are no rule on billing."""
_ANSWER_LABEL = re.compile(r"(?:^|\n)(?:[A-Z][a-z]+ )?(?:Answer|A)\s?\d{0,3}\s?[:.)]\s+")
_MONEY = re.compile(
    r"\$\s?\d|\b\d[\d.,]*\s*(?:dollars|RVUs?|work RVU|percent|%)|\bRVUs?\b.{0,20}\d|conversion factor.{0,40}\d|\b(?:half|a third|a quarter) of\b",
    re.IGNORECASE,
)
_PRICED = re.compile(
    r"\b(?:(?:carrier|contractor)s?[ -]price[ds]?|price[ds]?|no (?:national )?(?:rate|price|value|payment)|packaged|composite|not pa(?:id|yable))\b",
    re.IGNORECASE,
)
_AMOUNT_ASKED = re.compile(r"\bhow much\b|\bamounts?\b|\bdollars?\b|\$", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b(?!\.\d)")
_MIN_WORDS = 3
_ENCODED_HITS = 8
_FOREMOST = 3
_FLAT = frozenset({Verdict.YES, Verdict.NO})
_ORDINARY = slice(8, 24)
"""The ranks of sentences that were found and as a rule do not answer."""
_MOST_MISSING = 3
_TELLING = 0.6
_LEAD_CHARS = 300
_NUMBER = re.compile(
    r"\b(?:\d+|one|two|three|four|five|once|twice|each|every|per|single|weekly|daily|multiple|more than|only)\b", re.IGNORECASE
)
_DEFINES = re.compile(
    r"^(?:\w+[:,]? ){0,2}[A-V]?\d{4}[\dA-Z]?\b[^.;]{0,60}?\b(?:is|are|covers?|describes?|means?|reports?|applies|stands? for)\b",
    re.IGNORECASE,
)
_REPLACES = re.compile(
    r"\breplac\w+|\binstead\b|\bnow (?:reported|billed|coded)\b|\b(?:moved|folded|merged|consolidated|mapped) (?:in)?to\b|\bsucce\w+|\b(?:took|takes) (?:the|its) place\b"
    r"|\bin (?:the|its) place\b|\bcrosswalk\w*",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"\bmodifiers?\b|\bTC\b|\b26\b|component", re.IGNORECASE)


class Answerer(Protocol):
    """What proposes an answer from passages."""

    @property
    def name(self) -> str:
        """Name for provenance."""

    def draft(self, question: Question, hits: Sequence[Hit]) -> Draft:
        """Give an unverified draft that quotes from `hits` only."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How sentences are weighed and when evidence is too weak; chosen on the dev questions."""

    meaning: float = 0.45
    words: float = 0.25
    passage: float = 0.50
    cue: float = 0.12
    off_code: float = 0.10
    decide_within: float = 0.93
    keep_within: float = 0.75
    keep_above: float = 0.55
    keep_exclusions_within: float = 0.34
    most_exclusions: int = 3
    lead_share: float = 0.6
    decide_bearing: float = 0.70
    restates: float = 0.80
    strength_coverage: float = 0.55
    strength_code: float = 4.0
    min_strength: float = 0.67
    min_related: float = 0.45
    most_alike: float = 0.65


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that could be quoted."""

    text: str
    hit: Hit
    score: float
    cosine: float
    shared: float


class ExtractiveAnswerer:
    """Quotes the best sentences, verdict first."""

    name = "extractive"

    def __init__(
        self,
        embedder: Embedder,
        glossary: Mapping[str, tuple[str, ...]],
        counts: Counts,
        max_sentences: int,
        weights: Weights | None = None,
        precedents: Precedents | None = None,
    ) -> None:
        """Take `counts`, which gives how many passages hold each word, and how many passages there are."""
        self._precedents = precedents
        self._embedder = embedder
        self._glossary = glossary
        self._counts = counts
        self._max_sentences = max_sentences
        self._weights = weights or Weights()

    def draft(self, question: Question, hits: Sequence[Hit]) -> Draft:
        """Give the sentences that answer, or the reason why none does."""
        idf = self._idf(question)
        ranked = self._rank(question, idf, hits)
        if not ranked:
            return Draft(Verdict.NONE, (), Reason.NO_EVIDENCE)
        if reason := self._weakness(question, idf, ranked):
            return Draft(Verdict.NONE, (), reason, missing=_missing(question, idf, ranked))
        verdict, deciding = self._ruled(question, idf, ranked)
        verdict = _held_back(question, verdict, deciding, ranked)
        chosen = self._choose(question, ranked, deciding if verdict is not Verdict.NONE else [])
        if all(_off_code(question, c.hit) for c in chosen):
            return Draft(Verdict.NONE, (), Reason.WEAK_EVIDENCE, missing=_missing(question, idf, ranked))
        return Draft(verdict, tuple(_sentence(c, question, deciding, verdict) for c in chosen))

    # -- ranking -------------------------------------------------------------------------------------------

    def _rank(self, question: Question, idf: Terms, hits: Sequence[Hit]) -> list[_Candidate]:
        found = [
            (hit, lead, text)
            for hit in hits
            for lead, text in quotable(hit.passage)
            if REGISTERED in hit.via or not _speaks_of_others(question, text)
        ]
        if not found:
            return []
        cosines = self._cosines(question, found)
        best_hit = max(hit.score for hit in hits) or 1.0
        ranked = [
            self._weigh(question, idf, hit, lead, text, float(c), best_hit) for (hit, lead, text), c in zip(found, cosines, strict=True)
        ]
        return sorted(ranked, key=lambda c: (-c.score, c.hit.passage.id, c.text))

    def _cosines(self, question: Question, found: Sequence[tuple[Hit, str, str]]) -> list[float]:
        """Give the likeness of each sentence, with what leads to it, to the question.

        Only parts of the best passages are encoded: a sentence that is its whole passage was embedded when it was
        ingested, and one of a lesser passage counts as its passage does.
        """
        best = {hit.passage.id for hit in list(dict.fromkeys(hit for hit, _, _ in found))[:_ENCODED_HITS]}
        parts = {
            (h.passage.id, text): f"{lead}\n{text}".strip() for h, lead, text in found if h.passage.id in best and text != h.passage.text
        }
        vectors = self._embedder.encode([question.text, *parts.values()])
        encoded = dict(zip(parts, (vectors[1:] @ vectors[0]).tolist(), strict=True))
        return [encoded.get((hit.passage.id, text), hit.cosine) for hit, _, text in found]

    def _weigh(self, question: Question, idf: Terms, hit: Hit, lead: str, text: str, cosine: float, best_hit: float) -> _Candidate:
        w = self._weights
        shared = max(share_held(idf, text), w.lead_share * share_held(idf, f"{lead}\n{text}"))
        score = w.meaning * cosine + w.words * shared + w.passage * hit.score / best_hit + w.cue * _cue(question, text)
        score -= w.off_code * _off_code(question, hit)
        return _Candidate(text, hit, score, cosine, shared)

    def _idf(self, question: Question) -> Terms:
        """Give the words of the question with their weights."""
        return weigh(_words(question), question.text, self._glossary, self._counts)

    def _weakness(self, question: Question, idf: Terms, ranked: list[_Candidate]) -> Reason | None:
        """Give why the evidence is too weak to answer from, or None when it is not."""
        w = self._weights
        top = ranked[:_FOREMOST]
        floor = self._floor(ranked)
        if question.intent is Intent.RATE and not any(_tells_amount(question, c) for c in top if c.score >= floor):
            return Reason.NO_EVIDENCE
        strength = self._strength(question, idf, top)
        if strength >= w.min_strength:
            return None
        if strength >= w.min_related:
            return Reason.WEAK_EVIDENCE
        return Reason.NO_EVIDENCE if question.codes else Reason.OUT_OF_SCOPE

    def _strength(self, question: Question, idf: Terms, top: Sequence[_Candidate]) -> float:
        """Give how well the best sentences bear on the question: likeness, words covered, code held."""
        w = self._weights
        cosine = max(max(c.cosine, c.hit.cosine) for c in top)
        asked = sum(weight for _, weight in idf)
        held = asked * share_held(idf, _told(top))
        if question.codes:
            asked += w.strength_code
            held += w.strength_code * sum(any(code in c.hit.passage.codes for c in top) for code in question.codes) / len(question.codes)
        return cosine + w.strength_coverage * (held / asked if asked else 0.0)

    # -- choosing ------------------------------------------------------------------------------------------

    def _ruled(self, question: Question, idf: Terms, ranked: list[_Candidate]) -> tuple[Verdict, list[_Candidate]]:
        """Give the verdict and the sentences that decide it: by precedent where the best passage has any, else by what it says."""
        if not question.asks_ruling:
            return Verdict.NONE, []
        if beyond := self._beyond(question, ranked):
            return Verdict.NO, [beyond]
        if self._precedents and self._precedents.covers(ranked[0].hit):
            return self._by_precedent(self._precedents, question, idf, ranked)
        deciding = self._deciding(question, ranked)
        return _verdict(question, deciding), deciding

    def _beyond(self, question: Question, ranked: list[_Candidate]) -> _Candidate | None:
        """Give the first of the best sentences by whose bound an amount told is too large or too small for the only code asked about."""
        if len(question.codes) != 1:
            return None
        near = [c for c in ranked[:_FOREMOST] if c.score >= self._weights.decide_within * ranked[0].score]
        return next((c for c in near if is_beyond(question.text, question.codes[0], c.text)), None)

    def _by_precedent(
        self, precedents: Precedents, question: Question, idf: Terms, ranked: list[_Candidate]
    ) -> tuple[Verdict, list[_Candidate]]:
        """Give what precedents rule and the best sentence of the passage that they rest on."""
        told = _rules(question, ranked[0])
        ruling = precedents.rule(question, _as_ranked(ranked), told)
        if ruling is None:
            return (told, [ranked[0]]) if self._settles(told, idf, ranked[0]) else (Verdict.NONE, [])
        held = [c for c in ranked if c.hit.passage.id == ruling.hit.passage.id]
        near = [c for c in ranked if c.score >= self._weights.decide_within * ranked[0].score]
        deciding = next((c for c in (held[0], *near) if _rules(question, c) is ruling.verdict), held[0])
        negated = is_negated(question.text)
        if ruling.verdict is Verdict.NO and not negated and affirms_need(deciding.text, question.text):
            return Verdict.NONE, []
        if negated and {_rules(question, deciding), ruling.verdict} == _FLAT:
            return Verdict.NONE, []
        forbids = ruling.verdict is Verdict.YES and not negated and outnumbers(question.text, deciding.text)
        return Verdict.NO if forbids else ruling.verdict, [deciding]

    def _settles(self, told: Verdict, idf: Terms, candidate: _Candidate) -> bool:
        """Tell whether a sentence, which rules as `told`, says nearly all that is asked and allows or refuses it without a condition."""
        plain = told in _FLAT and not candidate.hit.passage.conflicts
        return plain and share_held(idf, candidate.text) >= self._weights.restates

    def _deciding(self, question: Question, ranked: list[_Candidate]) -> list[_Candidate]:
        """Give the sentences that rule on the question: those of the best passage that bear on it about as well as its best one."""
        best = ranked[0]
        near = [c for c in ranked[:6] if c.score >= self._weights.decide_within * best.score and c.hit.passage.id == best.hit.passage.id]
        ruling = [c for c in near if self._may_decide(question, c) and ruling_of(c.text, question.text) is not Ruling.SILENT]
        return ruling[:2]

    def _may_decide(self, question: Question, candidate: _Candidate) -> bool:
        """Tell whether a sentence bears on what is asked, not just on the code; for a pair of codes, on both."""
        return candidate.shared + candidate.cosine >= self._weights.decide_bearing and (
            len(question.codes) < 2 or speaks_of_both(candidate.text)
        )

    def _choose(self, question: Question, ranked: list[_Candidate], deciding: list[_Candidate]) -> list[_Candidate]:
        """Give the deciding sentences, what is about as relevant as the best, and the limits that must be known."""
        floor = self._floor(ranked)
        relevant = [*deciding, *(c for c in ranked if c.score >= floor)]
        exclusions = self._exclusions(question, ranked, (deciding or ranked)[0])
        room = self._max_sentences - len(exclusions)
        return self._distinct([*self._distinct(relevant)[:room], *exclusions])

    def _floor(self, ranked: list[_Candidate]) -> float:
        """Give the score from which a sentence is shown: it stands out from the ordinary ones nearly as the best does."""
        best, ordinary = ranked[0].score, [c.score for c in ranked[_ORDINARY]]
        usual = sum(ordinary) / len(ordinary) if ordinary else 0.0
        return max(self._weights.keep_within * best, usual + self._weights.keep_above * (best - usual))

    def _exclusions(self, question: Question, ranked: list[_Candidate], lead: _Candidate) -> list[_Candidate]:
        """Give what the leading source says on when the codes that a ruling is asked on are not to be reported."""
        if not question.asks_ruling:
            return []
        floor = self._weights.keep_exclusions_within * ranked[0].score
        return [
            c
            for c in ranked
            if c.score >= floor
            and c.hit.document.id == lead.hit.document.id
            and c.hit.passage.codes & set(question.codes)
            and excludes(c.text)
            and not asks_for_records(c.text)
        ][: self._weights.most_exclusions]

    def _distinct(self, candidates: list[_Candidate]) -> list[_Candidate]:
        kept: list[_Candidate] = []
        for candidate in candidates:
            if all(alike(candidate.text, other.text) <= self._weights.most_alike for other in kept):
                kept.append(candidate)
        return kept


def _held_back(question: Question, verdict: Verdict, deciding: Sequence[_Candidate], ranked: Sequence[_Candidate]) -> Verdict:
    """Give what is left of a verdict: none where a deciding sentence leaves open what is asked, no flat one for all by one payer's rule."""
    if any(_misses(question, c, verdict) for c in deciding) or (verdict is Verdict.NO and _fits(question, ranked)):
        return Verdict.NONE
    theirs = not question.payer and not all(speaks_for_all(c.hit.passage.payer) for c in deciding)
    return Verdict.CONDITIONAL if verdict in _FLAT and theirs else verdict


def _misses(question: Question, candidate: _Candidate, verdict: Verdict) -> bool:
    """Tell whether a sentence leaves what is asked open: who may do it, what holds of a thing by itself, of another code, or of all of it."""
    text, asked = candidate.text, question.text
    if leaves_out_person(candidate.hit.passage.text, asked) or (verdict in _FLAT and leaves_out_code(text, question.codes)):
        return True
    if verdict is Verdict.NO:
        return refuses_another(text, asked) or (not is_negated(asked) and refuses_in_part(text, asked, question.codes))
    return verdict is Verdict.YES and not is_negated(asked) and tells_end(text)


def _fits(question: Question, ranked: Sequence[_Candidate]) -> bool:
    """Tell whether an amount told lies within the bound that one of the best sentences sets on the only code asked about."""
    return len(question.codes) == 1 and any(is_within(question.text, question.codes[0], c.text) for c in ranked[:_FOREMOST])


def _words(question: Question) -> list[str]:
    """Give the words of a question that carry meaning, codes left out."""
    return [word for word in content_terms(question.text) if index_key(word) not in question.codes]


def _told(candidates: Sequence[_Candidate]) -> str:
    """Give all that the passages of these sentences hold, their titles, headings and questions too."""
    hits = [c.hit for c in candidates]
    return " ".join(" ".join((h.document.title, *h.passage.section, h.passage.text, *h.passage.questions)) for h in hits)


def _missing(question: Question, idf: Terms, ranked: Sequence[_Candidate]) -> tuple[str, ...]:
    """Give the weightiest words of the question, in its order, that the passages of the best sentences do not hold."""
    held = stems(_told(ranked[:_FOREMOST]))
    lacking = {word: weight for word, (accepted, weight) in zip(_words(question), idf, strict=True) if accepted.isdisjoint(held)}
    floor = _TELLING * max(lacking.values(), default=0.0)
    weightiest = sorted((word for word in lacking if lacking[word] >= floor), key=lambda word: -lacking[word])[:_MOST_MISSING]
    return tuple(word for word in lacking if word in weightiest)


def _as_ranked(ranked: Sequence[_Candidate]) -> list[Hit]:
    """Give the hits in the order of their best sentences, scored by them."""
    best: dict[str, _Candidate] = {}
    for candidate in ranked:
        best.setdefault(candidate.hit.passage.id, candidate)
    return [replace(c.hit, score=c.score) for c in best.values()]


def _off_code(question: Question, hit: Hit) -> bool:
    """Tell whether a passage says nothing of the codes asked about; what the registry knows of them does."""
    return bool(question.codes) and REGISTERED not in hit.via and hit.passage.codes.isdisjoint(question.codes)


def _speaks_of_others(question: Question, text: str) -> bool:
    """Tell whether a sentence names codes, but none of those asked about."""
    written = codes_written(text) if question.codes else frozenset()
    return bool(written) and written.isdisjoint(question.codes)


def quotable(passage: Passage) -> tuple[tuple[str, str], ...]:
    """Give the sentences of a passage that may be evidence, each with the words that lead to it.

    Of a question and its answer only the answer may be quoted, and the question leads; of a table the rows,
    led by its header; else sentences, led by their heading.
    """
    heading = passage.section[-1] if passage.section else ""
    if label := _ANSWER_LABEL.search(passage.text):
        return tuple((passage.text[: label.start()][-_LEAD_CHARS:], text) for text in _sentences(passage.text[label.end() :]))
    if " | " in passage.text:
        header, *rows = (passage.header, *passage.text.split("\n")) if passage.header else passage.text.split("\n")
        return tuple((f"{heading}\n{header}".strip(), row) for row in rows)
    return tuple((heading, text) for text in _sentences(passage.text))


def _sentences(body: str) -> tuple[str, ...]:
    found = (body[start:end] for start, end in sentence_spans(body))
    return tuple(text for text in found if not text.endswith("?") and len(text.split()) >= _MIN_WORDS and not _ORDERS.search(text))


def _verdict(question: Question, deciding: list[_Candidate]) -> Verdict:
    rulings = {_rules(question, c) for c in deciding}
    return rulings.pop() if len(rulings) == 1 else Verdict.CONDITIONAL if rulings else Verdict.NONE


def _rules(question: Question, candidate: _Candidate) -> Verdict:
    """Give what the words of a sentence rule on a question."""
    match ruling_of(candidate.text, question.text):
        case Ruling.SILENT:
            return Verdict.NONE
        case Ruling.CONDITIONAL:
            return Verdict.CONDITIONAL
        case ruling:
            return Verdict.YES if (ruling is Ruling.REFUSED) == is_negated(question.text) else Verdict.NO


def _sentence(candidate: _Candidate, question: Question, deciding: list[_Candidate], verdict: Verdict) -> DraftSentence:
    quote = Quote(candidate.hit.passage.id, candidate.text)
    role = Role.VERDICT if candidate in deciding and verdict is not Verdict.NONE else _role(candidate.text, question)
    return DraftSentence(candidate.text, role, (quote,))


def _role(text: str, question: Question) -> Role:
    """Give what a sentence does beside the one that decides; where no ruling is asked for it only sets cases apart or asks for records."""
    if makes_exception(text):
        return Role.EXCEPTION
    if asks_for_records(text) and (question.intent is Intent.DOCUMENTATION or sets_condition(text)):
        return Role.DOCUMENTATION
    if not question.asks_ruling:
        return Role.BACKGROUND
    if excludes(text):
        return Role.EXCEPTION
    return Role.CONDITION if sets_condition(text) else Role.BACKGROUND


def _cue(question: Question, text: str) -> float:
    """Give 1 when a sentence holds the kind of word that the question's intent calls for."""
    match question.intent:
        case Intent.RATE:
            return float(bool(_MONEY.search(text)))
        case Intent.FREQUENCY:
            return float(bool(_NUMBER.search(text)))
        case Intent.MODIFIER:
            return float(bool(_MODIFIER.search(text)))
        case Intent.DOCUMENTATION:
            return float(asks_for_records(text))
        case Intent.DEFINITION:
            return float(bool(_DEFINES.search(text)))
        case Intent.REPLACEMENT:
            return float(bool(_REPLACES.search(text)))
        case Intent.RULING | Intent.TOGETHER:
            return float(sets_condition(text) or refuses(text))
        case _:
            return 0.0


def _tells_amount(question: Question, candidate: _Candidate) -> bool:
    """Tell whether a sentence names an amount or how it is priced, on a code asked about, and not only of years after the one asked about."""
    years = [int(year) for year in _YEAR.findall(candidate.text)]
    on_code = not question.codes or not candidate.hit.passage.codes.isdisjoint(question.codes)
    priced = question.codes and not _AMOUNT_ASKED.search(question.text) and _PRICED.search(candidate.text)
    told = bool(_MONEY.search(candidate.text) or priced)
    return on_code and told and (not years or min(years) <= question.as_of.year)
