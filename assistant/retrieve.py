"""Find the passages that may answer a question: exact codes first, then meaning and words, fused."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Hit, Question
from assistant.registered import called_for, ended
from assistant.terms import content_terms, expand
from corpus.digests import AUTHORITIES
from corpus.registry import CodeEntry
from ingest.codes import codes_written, find_codes, index_key
from ingest.documents import Document, Passage
from ingest.embed import ONE, Embedder, Encoded, TokenVectors, Vectors
from ingest.library import Library
from ingest.lookup import Scope, cosines_of, fetch, lexical_rows, look_up_codes, names_payer, rows_by_anchor, rows_with_codes, token_blobs
from ingest.vectors import VectorIndex

Passages = dict[int, tuple[Passage, Document]]
"""Passages by their rows, each with its document."""

REGISTERED = "registry"
"""The way of finding by which a fact that the code registry rests on is found."""

SUCCEEDED = "successor"
"""That by which a fact is found that stands in for rules on a code that has ended."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How ways of finding are weighed; scores are comparable within one question only.

    Chosen by `benchmarks/policy.py` on the dev split; `docs/retrieval.md` shows what each part adds.
    """

    candidates: int = 30
    lexical_scored: int = 200
    coded: int = 60
    reranked: int = 30
    hits: int = 16
    companions: int = 6
    dense_weight: float = 0.65
    lexical_weight: float = 0.30
    late_weight: float = 0.75
    known: int = 12
    known_weight: float = 0.4
    every_code_bonus: float = 0.10
    held_bonus: float = 0.08
    headed_bonus: float = 0.06
    asked_payer_bonus: float = 0.08
    other_payer_penalty: float = 0.10
    authority_step: float = 0.006
    registered_bonus: float = 0.30
    ended: int = 3
    succeeded_penalty: float = 0.03


@dataclass(frozen=True, slots=True)
class KnownQuestions:
    """The token vectors of questions, without the marks of start and end, one after another, and where each begins."""

    tokens: TokenVectors
    starts: NDArray[np.int64]


class Retriever:
    """Finds passages in one library."""

    def __init__(
        self,
        library: Library,
        index: VectorIndex,
        embedder: Embedder,
        glossary: Mapping[str, tuple[str, ...]],
        policy: Policy | None = None,
        *,
        registry: Mapping[str, CodeEntry] | None = None,
        known: Callable[[str], KnownQuestions | None] = lambda _: None,
    ) -> None:
        """Take `registry`, whose facts on the codes asked about are found by what the question calls for.

        `known` gives the questions that are known to be asked on a fact, by its id.
        """
        self._library = library
        self._index = index
        self._embedder = embedder
        self._glossary = glossary
        self._policy = policy or Policy()
        self._registry = registry or {}
        self._known = known
        self._beside = ThreadPoolExecutor(thread_name_prefix="encode")

    def under(self, policy: Policy) -> "Retriever":
        """Give what finds the same passages by another policy."""
        return Retriever(
            self._library,
            self._index,
            self._embedder,
            self._glossary,
            policy,
            registry=self._registry,
            known=self._known,
        )

    def find(self, question: Question, timings_ms: dict[str, float] | None = None) -> tuple[Hit, ...]:
        """Give the hits in force on the date of service, best first.

        With codes in the question, passages that name or imply one of them come first; passages that speak
        of other codes only are left out. `timings_ms` is told how long each way of finding took.
        """
        policy, timed = self._policy, Timer({} if timings_ms is None else timings_ms)
        scope = scope_of(question, question.as_of if question.codes else None, question.payer)
        encoding = self._beside.submit(self._encoded, question, timed)
        lexical, registered, known = self._looked_up(question, scope, timed)  # words, codes and their passages need no vector
        encoded = encoding.result()
        vector = encoded.vectors[0]
        with timed("vectors"):
            dense = self._index.search(vector, scope, policy.candidates)
        with timed("codes"):
            coded = rows_with_codes(self._library, question.codes, scope, near=vector, limit=policy.coded) if question.codes else {}
        with timed("fuse"):
            wanted = {*dense, *list(lexical)[: policy.candidates], *coded, *registered}
            found = known | fetch(self._library, wanted - known.keys())
            ranked = self._fused(question, vector, {row: found[row] for row in wanted & found.keys()}, dense, lexical, coded, registered)
        with timed("rerank"):
            ranked = self._reranked(question, ranked, encoded.tokens[0])
        hits = [hit for _, hit in ranked] if question.codes else self._on_the_day(question, ranked)
        return tuple(dict.fromkeys((*hits[: policy.hits], *self._crowded_out(question, hits), *self._companions(question, hits))))

    def _encoded(self, question: Question, timed: "Timer") -> Encoded:
        with timed("encode"):
            return self._embedder.encode_with_tokens([question.text])

    def _looked_up(self, question: Question, scope: Scope, timed: "Timer") -> tuple[dict[int, float], frozenset[int], Passages]:
        """Give what the words of the question find, the registry's facts on it, and the passages of both and of its codes, if few hold them."""
        policy = self._policy
        with timed("lexical"):
            lexical = lexical_rows(self._library, self._words(question), scope, policy.lexical_scored)
        with timed("codes"):
            holding = look_up_codes(self._library, question.codes, scope)
            registered = self._registered(question, scope)
        with timed("fuse"):
            coded = np.concatenate([*holding.values(), np.zeros(0, np.int64)])
            few = coded.tolist() if len(coded) <= policy.coded else []
            return lexical, registered, fetch(self._library, {*list(lexical)[: policy.candidates], *few, *registered})

    def _fused(
        self,
        question: Question,
        vector: Vectors,
        found: Passages,
        dense: dict[int, float],
        lexical: dict[int, float],
        coded: Mapping[int, frozenset[str]],
        registered: frozenset[int],
    ) -> list[tuple[int, Hit]]:
        """Give the hits with their rows, best first, by the sum of what each way of finding says."""
        dense = dense | cosines_of(self._library, found.keys() - dense.keys(), vector)
        top = max(lexical.values(), default=1.0)
        hits = [
            (row, self._hit(question, *found[row], dense.get(row, 0.0), lexical.get(row, 0.0) / top, coded.get(row, frozenset())))
            for row in found
        ]
        hits = [(row, self._as_registered(hit) if row in registered else hit) for row, hit in hits]
        return _in_order(question, ((row, hit) for row, hit in hits if REGISTERED in hit.via or _may_answer(question, hit)))

    def _registered(self, question: Question, scope: Scope) -> frozenset[int]:
        facts = called_for(question, self._registry)
        return frozenset(rows_by_anchor(self._library, facts, scope).tolist()) if facts else frozenset()

    def _on_the_day(self, question: Question, ranked: Sequence[tuple[int, Hit]]) -> list[Hit]:
        """Give the hits in force on the date of service; the registry's facts on what replaced a code stand in for rules on it.

        A question that describes a service without its code may be nearest to rules on a code that has ended since.
        """
        found: dict[str, Hit] = {}
        for place, (_, hit) in enumerate(ranked):
            if hit.passage.in_force(question.as_of):
                found.setdefault(hit.passage.id, hit)
            elif place < self._policy.ended:
                for successor in self._successors(question, hit):
                    found.setdefault(successor.passage.id, successor)
        return sorted(found.values(), key=lambda hit: _order(question, hit))

    def _successors(self, question: Question, past: Hit) -> list[Hit]:
        codes = [code for code in past.passage.named_codes if code in self._registry and ended(self._registry[code], question.as_of)]
        rows = self._registered(replace(question, codes=tuple(codes)), scope_of(question, question.as_of, question.payer)) if codes else ()
        return [
            replace(past, passage=p, document=d, score=past.score - self._policy.succeeded_penalty, via=(SUCCEEDED, *past.via))
            for p, d in fetch(self._library, rows).values()
        ]

    def _as_registered(self, hit: Hit) -> Hit:
        return replace(_scored(hit, hit.score + self._policy.registered_bonus), via=(REGISTERED, *hit.via))

    def _reranked(self, question: Question, ranked: list[tuple[int, Hit]], asked: TokenVectors) -> list[tuple[int, Hit]]:
        """Give the hits in the order that late interaction over the vectors of tokens leaves; what it does not reach counts by its cosine."""
        foremost = [row for row, _ in ranked[: self._policy.reranked]]
        late = late_interaction(asked, token_blobs(self._library, foremost) if len(asked) and foremost else {})
        weight = self._policy.late_weight
        scored = [(row, _scored(hit, hit.score + weight * late.get(row, max(hit.cosine, 0.0)))) for row, hit in ranked]
        return _in_order(question, self._by_known_questions(_in_order(question, scored), asked))

    def _by_known_questions(self, ranked: list[tuple[int, Hit]], asked: TokenVectors) -> list[tuple[int, Hit]]:
        """Give the hits, those of the foremost that a known question is like with more; the mean of these likenesses counts for nothing."""
        policy = self._policy
        known = {row: self._known(hit.passage.anchor) for row, hit in ranked[: policy.known]}
        like = {row: nearest_question(asked, questions) for row, questions in known.items() if questions}
        usual = sum(like.values()) / max(1, len(like))
        more = {row: policy.known_weight * (likeness - usual) for row, likeness in like.items()}
        return [(row, _scored(hit, hit.score + more.get(row, 0.0))) for row, hit in ranked]

    def _crowded_out(self, question: Question, ranked: list[Hit]) -> list[Hit]:
        """Give the best hit of each code asked about that passages on the other codes keep from the first places."""
        first, rest = ranked[: self._policy.hits], ranked[self._policy.hits :]
        missing = [code for code in question.codes if not any(code in h.passage.codes for h in first)]
        return [hit for code in missing for hit in [h for h in rest if code in h.passage.codes][:1]]

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
        score -= policy.authority_step * _authority_rank(document)
        score += self._payer_weight(question, passage) + (self._code_weight(question, passage, document, coded) if coded else 0.0)
        via = [name for name, held in (("code", bool(coded)), ("vector", cosine > 0), ("lexical", lexical > 0)) if held]
        return Hit(passage, document, round(score, 6), round(cosine, 4), round(lexical, 4), tuple(via))

    def _code_weight(self, question: Question, passage: Passage, document: Document, coded: frozenset[str]) -> float:
        """Give more to a passage the more of the codes asked about it holds, and to one that is headed by them."""
        policy, asked = self._policy, len(question.codes)
        share = (policy.held_bonus * len(coded) + policy.headed_bonus * len(coded & _subject(passage, document))) / asked
        return share + (policy.every_code_bonus if len(coded) == asked else 0.0)

    def _payer_weight(self, question: Question, passage: Passage) -> float:
        """Give more to a rule of the payer asked about, less to one payer's rule when none was named."""
        if passage.payer in {"all", ""}:
            return 0.0
        if question.payer is not None:
            return self._policy.asked_payer_bonus if names_payer(question.payer, passage.payer) else 0.0
        return 0.0 if passage.payer.startswith("Medicare") else -self._policy.other_payer_penalty


def late_interaction(asked: TokenVectors, passages: Mapping[int, bytes]) -> dict[int, float]:
    """Give for each passage the mean over the question's tokens of the best cosine with one of the passage's (Khattab and Zaharia 2020).

    `asked` has shape (tokens, token dimension), its first and last are the marks of start and end; `passages` holds the same, as bytes.
    """
    words = asked[1:-1].astype(np.float32)
    if not len(words) or not passages:
        return {}
    best = np.empty((len(words), len(passages)), dtype=np.float32)
    for place, blob in enumerate(passages.values()):  # one at a time: BLAS hands a product of all to several threads and waits for them
        tokens = np.frombuffer(blob, dtype=np.int8).reshape(-1, asked.shape[1]).astype(np.float32)
        (words @ tokens.T).max(axis=1, out=best[:, place])
    return dict(zip(passages, (best.mean(axis=0) / ONE**2).tolist(), strict=True))


def known_questions(found: Sequence[TokenVectors]) -> KnownQuestions | None:
    """Give the questions with these token vectors, shape (tokens, token dimension) each; None where none has a word."""
    words = [tokens[1:-1] for tokens in found if len(tokens) > 2]
    if not words:
        return None
    return KnownQuestions(np.concatenate(words), np.cumsum([0, *(len(tokens) for tokens in words[:-1])], dtype=np.int64))


def nearest_question(asked: TokenVectors, known: KnownQuestions) -> float:
    """Give the late interaction of a question with the known one that it is most like; 0 of a question without words."""
    words = asked[1:-1].astype(np.float32)
    if not len(words):
        return 0.0
    best = np.maximum.reduceat(words @ known.tokens.astype(np.float32).T, known.starts, axis=1)
    return float(best.mean(axis=0).max()) / ONE**2


class Timer:
    """Adds up how long the parts of some work take, in milliseconds."""

    def __init__(self, timings_ms: dict[str, float]) -> None:
        self._timings_ms = timings_ms

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        """Time what is done inside as `part`."""
        started = time.perf_counter()
        yield
        took = (time.perf_counter() - started) * 1000
        self._timings_ms[part] = round(self._timings_ms.get(part, 0.0) + took, 2)


def scope_of(question: Question, as_of: date | None, payer: str | None = None) -> Scope:
    """Give the scope of the part of the library that a question is put to, for a day and a payer."""
    within = question.within
    return Scope(as_of, payer, within.document_id, within.publisher) if within else Scope(as_of, payer)


def _scored(hit: Hit, score: float) -> Hit:
    """Give a hit with another score; `replace` takes ten times as long, for every hit of every question."""
    return Hit(hit.passage, hit.document, round(score, 6), hit.cosine, hit.lexical, hit.via)


def _in_order(question: Question, found: Iterable[tuple[int, Hit]]) -> list[tuple[int, Hit]]:
    return sorted(found, key=lambda each: _order(question, each[1]))


def _order(question: Question, hit: Hit) -> tuple[bool, float, str]:
    """Give the key by which hits are sorted: those that hold a code asked about first, then by score."""
    apart = not question.codes or hit.passage.codes.isdisjoint(question.codes)
    return apart and REGISTERED not in hit.via, -hit.score, hit.passage.id


def _may_answer(question: Question, hit: Hit) -> bool:
    """Tell whether a passage is silent on codes or itself speaks of one that was asked about; its heading is not enough."""
    if not question.codes or not hit.passage.named_codes or set(question.codes) & set(hit.passage.named_codes):
        return True
    return not hit.passage.codes.isdisjoint(question.codes) and not codes_written(hit.passage.text).isdisjoint(question.codes)


def _subject(passage: Passage, document: Document) -> frozenset[str]:
    """Give the codes that the heading of a passage or the title of its document names."""
    words = (passage.section[-1] if passage.section else "", document.title)
    return _codes_in(words[0]) | _codes_in(words[1])


@lru_cache(maxsize=4_096)  # passages share their heading and their document
def _codes_in(text: str) -> frozenset[str]:
    return frozenset(index_key(mention.code) for mention in find_codes(text))


def _authority_rank(document: Document) -> int:
    return AUTHORITIES.index(document.authority) if document.authority in AUTHORITIES else len(AUTHORITIES) - 2
