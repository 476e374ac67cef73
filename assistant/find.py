"""From a described service to the codes that fit it, each with the quotes that say why and those that would rule it out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.answer import Abstention, Citation, Hit, Question, Reason, Role, Sentence
from assistant.extractive import quotable
from assistant.ground import quote_whole
from assistant.polarity import excludes, refuses
from assistant.question import read_question
from assistant.service import Assistant, with_placeholders
from assistant.terms import Counts, Terms, content_terms, share_held, weigh
from corpus.errors import AnswerError
from corpus.registry import CodeEntry
from ingest.codes import find_codes, index_key

MAX_FITS = 20
_MAX_ELEMENTS = 12
_BREAK = re.compile(r"[,;:\n]|(?<=[.!?])\s|\b(?:and|then|plus)\b", re.IGNORECASE)
_PROCEDURE = re.compile(r"\d{4}[\dFTUM]|[A-V]\d{4}")
_LIMITS_OF = "When is {code} not reported, not billed separately, bundled, included, excluded, denied?"


@dataclass(frozen=True, slots=True)
class Weights:
    """How the bearing of a sentence on the description is weighed; chosen on the dev cases."""

    meaning: float = 0.6
    words: float = 0.4
    later_code: float = 0.6
    many_codes: float = 0.35
    excluding: float = 0.5
    damping: float = 0.5
    min_whole: float = 0.28
    min_element: float = 0.40
    min_covered: float = 0.30
    cover_within: float = 0.8
    fit_within: float = 0.35
    reasons: int = 3
    limits: int = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """A code that fits: the elements of the description that its sources speak to, why, and what would rule it out.

    `score` compares codes within one description only.
    """

    code: str
    score: float
    covers: tuple[str, ...]
    reasons: tuple[Sentence, ...]
    limits: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """The codes that fit, best first; none exactly when there is an abstention.

    `evidence` holds every passage that a sentence cites, or the nearest passages of an abstention.
    """

    question: Question
    elements: tuple[str, ...]
    fits: tuple[Fit, ...]
    evidence: tuple[Hit, ...]
    abstention: Abstention | None
    library_revision: int


@dataclass(frozen=True, slots=True)
class _Support:
    """A sentence that names a code, and how well it bears on one part of the description."""

    text: str
    hit: Hit
    score: float


_Supports = dict[str, dict[int, _Support]]


class Finder:
    """Finds the codes of one library that fit a description."""

    def __init__(
        self,
        assistant: Assistant,
        glossary: Mapping[str, tuple[str, ...]],
        counts: Counts,
        registry: Mapping[str, CodeEntry],
        weights: Weights | None = None,
    ) -> None:
        """Take `counts`, which gives how many passages hold each word, and how many there are; `registry` dates the codes."""
        self._assistant = assistant
        self._glossary = glossary
        self._counts = counts
        self._registry = registry
        self._weights = weights or Weights()

    def find(self, text: str, *, as_of: date, payer: str | None = None, limit: int = 5) -> Findings:
        """Give up to `limit` codes that fit the description and were valid on the date of service, best first.

        Raises:
            AnswerError: the description is empty or too long.
        """
        if not text.strip():
            raise AnswerError(
                "the description is empty; describe the service, for example: three fields, custom blocks, weekly physics check"
            )
        findings = self._find(self._assistant.read(text, as_of, payer), limit)
        return replace(findings, question=with_placeholders(findings.question, text))

    def _find(self, question: Question, limit: int) -> Findings:
        if refused := self._assistant.refuse_codes(question):
            return self._none(question, (), refused, ())
        found = elements(question.text)
        parts = (question.text, *found)
        supports, nearest = self._supports(question, parts)
        best = self._rank(parts, supports)[:limit] if self._bears(parts, supports) else []
        drawn = [self._fit(question, parts, supports, code, score, [c for c, _ in best]) for code, score in best]
        drawn = [(fit, hits) for fit, hits in drawn if fit.reasons]
        if not drawn:
            return self._none(question, found, _nothing_fits(question), nearest)
        evidence = {hit.passage.id: hit for _, hits in drawn for hit in hits}
        return Findings(question, found, tuple(fit for fit, _ in drawn), tuple(evidence.values()), None, self._assistant.library.revision())

    # -- finding -------------------------------------------------------------------------------------------

    def _supports(self, question: Question, parts: Sequence[str]) -> tuple[_Supports, tuple[Hit, ...]]:
        """Give for each code the sentence that bears best on each part, 0 being the whole; and the hits for the whole."""
        found: _Supports = {}
        nearest: tuple[Hit, ...] = ()
        for n, part in enumerate(parts):
            terms = weigh(content_terms(part), part, self._glossary, self._counts)
            hits = self._assistant.retriever.find(replace(read_question(part, question.as_of, question.payer), codes=()))
            nearest = nearest or hits
            for hit in hits:
                for _, text in quotable(hit.passage):
                    self._note(found, n, _Support(text, hit, self._bearing(terms, text, hit)), question.as_of)
        return found, nearest

    def _note(self, found: _Supports, part: int, support: _Support, as_of: date) -> None:
        codes = self._codes(support.text, as_of)
        for place, code in enumerate(codes):
            share = 1.0 if place == 0 else self._weights.later_code if len(codes) < 4 else self._weights.many_codes
            held = found.setdefault(code, {})
            if part not in held or held[part].score < support.score * share:
                held[part] = replace(support, score=support.score * share)

    def _bearing(self, terms: Terms, text: str, hit: Hit) -> float:
        w = self._weights
        score = w.meaning * hit.cosine + w.words * share_held(terms, text)
        return score * w.excluding if excludes(text) else score

    def _codes(self, text: str, as_of: date) -> tuple[str, ...]:
        """Give the procedure codes that a sentence names and that the registry does not know as invalid on the day."""
        named = dict.fromkeys(index_key(mention.code) for mention in find_codes(text))
        return tuple(code for code in named if _PROCEDURE.fullmatch(code) and _is_valid(self._registry.get(code), as_of))

    def _bears(self, parts: Sequence[str], supports: _Supports) -> bool:
        """Tell whether some sentence bears on the whole, or strongly on one element of three words or more."""
        best = {n: max((held[n].score for held in supports.values() if n in held), default=0.0) for n in range(len(parts))}
        told = [n for n in range(1, len(parts)) if len(content_terms(parts[n])) > 2]
        return best[0] >= self._weights.min_whole or any(best[n] >= self._weights.min_element for n in told)

    # -- ranking -------------------------------------------------------------------------------------------

    def _rank(self, parts: Sequence[str], supports: _Supports) -> list[tuple[str, float]]:
        """Give the codes, best first; after the best, those come early that speak to elements no earlier one speaks to."""
        totals = {code: self._total(held) for code, held in supports.items()}
        floor = self._weights.fit_within * max(totals.values())
        waiting = sorted((c for c, total in totals.items() if total >= floor), key=lambda c: (-totals[c], c))
        covered = dict.fromkeys(range(1, len(parts)), 0.0)
        ranked: list[tuple[str, float]] = []
        while waiting and len(ranked) < MAX_FITS:
            gains = {c: sum(max(0.0, s.score - covered[n]) for n, s in supports[c].items() if n) * bool(ranked) for c in waiting}
            chosen = max(waiting, key=lambda c: totals[c] + gains[c])
            waiting.remove(chosen)
            ranked.append((chosen, round(totals[chosen], 4)))
            covered |= {n: max(covered[n], s.score) for n, s in supports[chosen].items() if n}
        return ranked

    def _total(self, held: Mapping[int, _Support]) -> float:
        """Give the support of the whole and of the elements, each further element counting half of the one before."""
        of_elements = sorted((s.score for n, s in held.items() if n), reverse=True)
        whole = held[0].score if 0 in held else 0.0
        return whole + sum(score * self._weights.damping**i for i, score in enumerate(of_elements))

    # -- quoting -------------------------------------------------------------------------------------------

    def _fit(
        self, question: Question, parts: Sequence[str], supports: _Supports, code: str, score: float, others: Sequence[str]
    ) -> tuple[Fit, list[Hit]]:
        held = supports[code]
        best = sorted(held.values(), key=lambda s: -s.score)
        telling = [s for s in best if not self._rules_out(s.text, question.as_of)] or best[:1]
        reasons = self._proved((s.text, s.hit) for s in telling)[: self._weights.reasons]
        said = {sentence.text for sentence, _ in reasons}
        limits = self._proved(item for item in self._limits(question, code, others) if item[0] not in said)[: self._weights.limits]
        fit = Fit(code, score, self._covers(parts, supports, code), tuple(s for s, _ in reasons), tuple(s for s, _ in limits))
        return fit, [hit for _, hit in (*reasons, *limits)]

    def _covers(self, parts: Sequence[str], supports: _Supports, code: str) -> tuple[str, ...]:
        """Give the elements on which this code's sentences bear about as well as any code's."""
        w = self._weights
        best = {n: max(held[n].score for held in supports.values() if n in held) for n in supports[code] if n}
        return tuple(parts[n] for n in sorted(best) if supports[code][n].score >= max(w.min_covered, w.cover_within * best[n]))

    def _limits(self, question: Question, code: str, others: Sequence[str]) -> list[tuple[str, Hit]]:
        """Give the sentences on a code that forbid or bundle it, those first that name another of the codes that fit."""
        asked = read_question(_LIMITS_OF.format(code=code), question.as_of, question.payer)
        rivals = frozenset(others) - {code}
        found: list[tuple[str, Hit, bool]] = []
        for hit in self._assistant.retriever.find(asked):
            for _, text in quotable(hit.passage):
                codes = self._codes(text, question.as_of)
                if code in codes and self._rules_out(text, question.as_of):
                    found.append((text, hit, rivals.isdisjoint(codes)))
        return [(text, hit) for text, hit, _ in sorted(found, key=lambda item: item[2])]

    def _rules_out(self, text: str, as_of: date) -> bool:
        """Tell whether a sentence says when a code is not reported, or refuses one code beside another."""
        return excludes(text) or (refuses(text) and len(self._codes(text, as_of)) > 1)

    def _proved(self, items: Iterable[tuple[str, Hit]]) -> list[tuple[Sentence, Hit]]:
        """Give the sentences that pass the quote gate, each text once, with their passages."""
        first: dict[str, Hit] = {}
        for text, hit in items:
            first.setdefault(text, hit)
        return [
            (sentence, hit)
            for text, hit in first.items()
            for sentence in quote_whole(text, hit, Role.BACKGROUND, self._assistant.pages((hit,)))
        ]

    def _none(self, question: Question, found: tuple[str, ...], why: Abstention, nearest: tuple[Hit, ...]) -> Findings:
        return Findings(question, found, (), nearest, why, self._assistant.library.revision())


def elements(text: str) -> tuple[str, ...]:
    """Give the elements of a description: what commas, sentences, "and", "then" and "plus" part; none where there is one only."""
    found = tuple(part.strip(" .") for part in _BREAK.split(text) if content_terms(part))
    return found[:_MAX_ELEMENTS] if len(found) > 1 else ()


def number_citations(findings: Findings) -> dict[Citation, int]:
    """Give every citation with its number, from 1 in order of appearance."""
    sentences = [sentence for fit in findings.fits for sentence in (*fit.reasons, *fit.limits)]
    unique = dict.fromkeys(citation for sentence in sentences for citation in sentence.citations)
    return {citation: n for n, citation in enumerate(unique, start=1)}


def _is_valid(entry: CodeEntry | None, as_of: date) -> bool:
    return entry is None or (entry.introduced or as_of) <= as_of <= (entry.deleted or as_of)


def _nothing_fits(question: Question) -> Abstention:
    payer = f" for {question.payer}" if question.payer else ""
    return Abstention(
        Reason.NO_EVIDENCE,
        f"No code in the library fits this description on {question.as_of.isoformat()}{payer}.",
        "A source that says which code reports this service, or other words for it.",
    )
