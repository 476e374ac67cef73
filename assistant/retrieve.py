"""Find the passages that may answer a question: exact codes first, then meaning and words, fused."""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.answer import Hit, Question
from assistant.terms import content_terms, expand
from corpus.digests import AUTHORITIES
from ingest.codes import codes_written, find_codes, index_key
from ingest.documents import Document, Passage
from ingest.embed import Embedder
from ingest.library import Library
from ingest.lookup import Scope, cosines_of, fetch, lexical_rows, names_payer, rows_with_codes
from ingest.vectors import VectorIndex


@dataclass(frozen=True, slots=True)
class Policy:
    """How ways of finding are weighed; scores are comparable within one question only."""

    candidates: int = 60
    hits: int = 16
    companions: int = 6
    dense_weight: float = 0.65
    lexical_weight: float = 0.35
    held_bonus: float = 0.08
    headed_bonus: float = 0.06
    asked_payer_bonus: float = 0.08
    other_payer_penalty: float = 0.10
    authority_step: float = 0.006


class Retriever:
    """Finds passages in one library."""

    def __init__(
        self,
        library: Library,
        index: VectorIndex,
        embedder: Embedder,
        glossary: Mapping[str, tuple[str, ...]],
        policy: Policy | None = None,
    ) -> None:
        self._library = library
        self._index = index
        self._embedder = embedder
        self._glossary = glossary
        self._policy = policy or Policy()

    def find(self, question: Question) -> tuple[Hit, ...]:
        """Give the hits in force on the date of service, best first.

        With codes in the question, passages that name or imply one of them come first; passages that speak
        of other codes only are left out.
        """
        scope = Scope(question.as_of, question.payer)
        vector = self._embedder.encode([question.text])[0]
        dense = self._index.search(vector, scope, self._policy.candidates)
        lexical = lexical_rows(self._library, self._words(question), scope, self._policy.candidates)
        coded = rows_with_codes(self._library, question.codes, scope) if question.codes else {}
        found = fetch(self._library, {*dense, *lexical, *coded})
        dense |= cosines_of(self._library, found.keys() - dense.keys(), vector)
        top_lexical = max(lexical.values(), default=1.0)
        hits = [
            self._hit(question, *found[row], dense.get(row, 0.0), lexical.get(row, 0.0) / top_lexical, coded.get(row, frozenset()))
            for row in found
        ]
        ranked = sorted((h for h in hits if _may_answer(question, h)), key=lambda h: (-_tier(question, h), -h.score, h.passage.id))
        return (*ranked[: self._policy.hits], *self._companions(question, ranked))

    def _companions(self, question: Question, ranked: list[Hit]) -> list[Hit]:
        """Give what else the best hit's document says of the codes asked about: its limits may stand under another heading."""
        if not question.codes or not ranked:
            return []
        source = ranked[0].document.id
        rest = ranked[self._policy.hits :]
        return [h for h in rest if h.document.id == source and h.passage.codes & set(question.codes)][: self._policy.companions]

    def _words(self, question: Question) -> list[str]:
        added = expand(question.text, self._glossary)
        return list(dict.fromkeys([*content_terms(question.text), *(word for words in added.values() for word in words)]))

    def _hit(self, question: Question, passage: Passage, document: Document, cosine: float, lexical: float, coded: frozenset[str]) -> Hit:
        policy = self._policy
        score = policy.dense_weight * max(cosine, 0.0) + policy.lexical_weight * lexical
        score += (policy.held_bonus * len(coded) + policy.headed_bonus * len(coded & _subject(passage, document))) / max(
            1, len(question.codes)
        )
        score -= policy.authority_step * _authority_rank(document)
        score += self._payer_weight(question, passage)
        via = [name for name, held in (("code", bool(coded)), ("vector", cosine > 0), ("lexical", lexical > 0)) if held]
        return Hit(passage, document, round(score, 6), round(cosine, 4), round(lexical, 4), tuple(via))

    def _payer_weight(self, question: Question, passage: Passage) -> float:
        """Give more to a rule of the payer asked about, less to one payer's rule when none was named."""
        if passage.payer in {"all", ""}:
            return 0.0
        if question.payer is not None:
            return self._policy.asked_payer_bonus if names_payer(question.payer, passage.payer) else 0.0
        return 0.0 if passage.payer.startswith("Medicare") else -self._policy.other_payer_penalty


def _tier(question: Question, hit: Hit) -> int:
    """Give 2 to passages that hold every code asked about, 1 to those that hold one, 0 to others."""
    held = hit.passage.codes & set(question.codes)
    return 0 if not held else 2 if len(held) == len(question.codes) else 1


def _may_answer(question: Question, hit: Hit) -> bool:
    """Tell whether a passage is silent on codes or itself speaks of one that was asked about; its heading is not enough."""
    if not question.codes or not hit.passage.named_codes:
        return True
    return not codes_written(hit.passage.text).isdisjoint(question.codes)


def _subject(passage: Passage, document: Document) -> frozenset[str]:
    """Give the codes that the heading of a passage or the title of its document names."""
    words = (passage.section[-1] if passage.section else "", document.title)
    return frozenset(index_key(mention.code) for text in words for mention in find_codes(text))


def _authority_rank(document: Document) -> int:
    return AUTHORITIES.index(document.authority) if document.authority in AUTHORITIES else len(AUTHORITIES) - 2
