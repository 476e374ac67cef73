"""`Assistant.ask`: one question in, one answer out. It only joins parts."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from assistant import decide, reading
from assistant.answer import (
    Abstention,
    Answer,
    Conflict,
    Draft,
    DraftSentence,
    Hit,
    Provenance,
    Question,
    Reason,
    Role,
    Sentence,
    Status,
    Verdict,
    Within,
)
from assistant.code_rows import NO_EDITS, LookedUp, left_to_passages, look_up
from assistant.extractive import Answerer, quotable
from assistant.foreign import FEWEST_WORDS, PASSED_ON, Foreign, Translator, passages_asked, speaks_of_codes
from assistant.ground import ground, prove, quote_whole
from assistant.identifiers import mask, masked_notice, without_placeholders
from assistant.languages import Language, apart, english_words, find_language, legible
from assistant.lookalikes import find_doubtful, find_miswritten, near_codes
from assistant.messages import split_questions
from assistant.payers import NamedPayer, find_payer
from assistant.question import asks_for_advice, read_question, told_apart
from assistant.retrieve import REGISTERED, Retriever, Timer, scope_of
from assistant.written import find_diagnoses
from corpus.digests import AUTHORITIES
from corpus.errors import AnswerError, ModelReplyInvalid, ModelUnavailable
from corpus.registry import CodeEntry
from ingest.canonical import canonical
from ingest.code_lookup import LibraryTables, code_tables, codes_tabled
from ingest.codes import find_codes, index_key
from ingest.documents import Page
from ingest.library import ACTIVE, Library
from ingest.lookup import (
    Scope,
    all_codes,
    codes_held,
    document_counts,
    fetch,
    is_own_rule,
    payers,
    publishers,
    rows_by_anchor,
    rows_with_codes,
)

_MOST_DISPUTED = 3
_MOST_TRIES = 5
CHANGED = "The library was changed while this was answered; ask again to have it from the library as it is now."
STAGES = ("Reading the question", "Searching the library", "Choosing sentences", "Checking every quote")


@runtime_checkable
class Streaming(Protocol):
    """An answerer that proposes its sentences one by one."""

    def stream(self, question: Question, hits: Sequence[Hit], on_claim: Callable[[DraftSentence], object]) -> Draft:
        """Give an unverified draft, and each of its sentences to `on_claim` before."""


@dataclass(slots=True)
class _Clock:
    """Times the stages of one question and tells each to whoever watches."""

    watch: Callable[[str], object]
    timings_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, number: int, name: str) -> Iterator[None]:
        self.watch(STAGES[number])
        with Timer(self.timings_ms)(name):
            yield


class Assistant:
    """Answers from one library and from nothing else."""

    def __init__(
        self,
        library: Library,
        retriever: Retriever,
        answerer: Answerer,
        fallback: Answerer,
        *,
        registry: Mapping[str, CodeEntry],
        payer_names: Mapping[str, tuple[str, ...]],
        embedder: str,
        settings_digest: str,
        today: Callable[[], date] = date.today,
        find_topics: Callable[[], frozenset[str]] = frozenset,
        keep_gap: Callable[[Answer], object] = lambda _: None,
        translator: Translator | None = None,
    ) -> None:
        """Take `answerer`, and `fallback` for when its model fails; `registry` holds every code that is known to exist.

        `payer_names` gives the other names of payers, `find_topics` what `topics` is, once a question follows another.
        `keep_gap` hears of every abstention. Without `translator` a question in another language is answered with passages on its codes.
        """
        self.library = library
        self.today = today
        self._retriever = retriever
        self._answerer = answerer
        self._fallback = fallback
        self._registry = frozenset(registry)
        self._families = {code: entry.family for code, entry in registry.items()}
        self._payer_names = payer_names
        self._find_topics = find_topics
        self._keep_gap = keep_gap
        self._translator = translator
        self._embedder = embedder
        self._settings_digest = settings_digest

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.library.__exit__(kind, error, trace)

    def ask(
        self,
        text: str,
        *,
        as_of: date | None = None,
        payer: str | None = None,
        beside: str = "",
        within: str = "",
        publisher: str = "",
        watch: Callable[[str], object] = lambda _: None,
        on_sentence: Callable[[Sentence], object] = lambda _: None,
    ) -> Answer:
        """Answer one question for a date of service and a payer, from the whole library or a part of it.

        Where `as_of` is not given it is what the question says, else today; where `payer` is not given, the one that the
        question names, else any; `beside` is the message in which it stands, asked for what the question does not name. The
        notices tell what was read from the words. `within` is the id of the one document that may answer, `publisher` the name
        of the one whose documents may; what disagrees with them is quoted from other documents too, as a conflict.
        `watch` hears the name of each stage as it starts (see `STAGES`). `on_sentence` hears each sentence of a chat
        model as soon as it has passed the quote gate; the answer that is returned is the authority.

        Raises:
            AnswerError: the question is empty or too long, or no document in use is the one or of the publisher to ask.
        """
        language, part = find_language(text), self._part(within, publisher)

        def answered() -> Answer:
            clock = _Clock(watch)

            def read(words: str) -> Question:
                with clock.stage(0, "read"):
                    return _put_to(self.read(words, as_of, payer, beside), part)

            if language is not Language.EN:
                return self._ask_foreign(text, language, read, clock, on_sentence)
            found = self._ask(read(text), self._answerer, clock, on_sentence)
            return replace(found, question=with_placeholders(found.question, text))

        answer = self._of_one_library(answered)
        if part is None:  # what one document does not say is no gap of the library
            self._keep_gap(answer)
        return answer

    def _of_one_library(self, answered: Callable[[], Answer]) -> Answer:
        """Give an answer, found anew where the library was changed or another put in its place meanwhile.

        An answer could else rest on one half of the former state and one of the later. Where changes do not cease, or a chat
        model would be asked again, a notice says so instead; a library put in place of another is never told as one.
        """
        tries = itertools.count(1)
        while True:
            identity, revision = self.library.identity(), self.library.revision()
            answer = answered()
            if self.library.identity() != identity:
                continue
            if self.library.revision() == revision:
                return answer
            if next(tries) >= (_MOST_TRIES if self._answerer is self._fallback else 1):
                return replace(answer, notices=(*answer.notices, CHANGED))

    def _ask(self, question: Question, answerer: Answerer, clock: _Clock, on_sentence: Callable[[Sentence], object]) -> Answer:
        if refused := decide.advice() if asks_for_advice(question.text) else self.refuse_codes(question):
            return self._abstain(question, refused, (), clock)
        looked_up = self._look_up(question)
        for sentence in looked_up.sentences:
            on_sentence(sentence)
        left = left_to_passages(question, self._tabled_only(question))
        answer = self._ask_passages(left, answerer, clock, on_sentence)
        return looked_up.before(replace(answer, question=replace(left, text=question.text, codes=question.codes)))

    def _ask_passages(self, question: Question, answerer: Answerer, clock: _Clock, on_sentence: Callable[[Sentence], object]) -> Answer:
        with clock.stage(1, "retrieve"):
            hits = self._retriever.find(question, clock.timings_ms)
            apart = [(part, self._retriever.find(part)) for part in told_apart(question)]
            hits = tuple({h.passage.id: h for h in (*(h for _, found in apart for h in found), *hits)}.values())
        if abstention := self._nothing_on_the_day(question, hits):
            return self._abstain(question, abstention, hits, clock)
        with clock.stage(2, "draft"):
            pages = self.pages(hits)
            draft, answerer = self._draft(answerer, question, hits, lambda claim: [on_sentence(s) for s in prove(claim, hits, pages)])
            if answerer is self._fallback:
                draft = decide.tell_apart(question, draft, [answerer.draft(part, found) for part, found in apart])
        with clock.stage(3, "ground"):
            sentences = ground(draft, hits, pages)
            unproved = bool(draft.sentences) and not sentences
            if unproved and answerer is not self._fallback:
                why = "; ".join(filter(None, ("none of its sentences could be proved by a quote", draft.broken_off)))
                draft, answerer = self._fall_back(question, hits, why)
                sentences = ground(draft, hits, pages)
        if not sentences:
            reason = Reason.UNSUPPORTED_DRAFT if unproved else draft.reason or Reason.NO_EVIDENCE
            return self._abstain(
                question, decide.no_answer(question, reason, hits, draft.missing), hits, clock, answerer.name, draft.notice
            )
        if answerer is not self._fallback:
            draft = replace(draft, verdict=decide.proved_verdict(draft.verdict, question, sentences))
        return self._answer(question, draft, sentences, hits, clock, answerer.name)

    def _ask_foreign(
        self, text: str, language: Language, read: Callable[[str], Question], clock: _Clock, on_sentence: Callable[[Sentence], object]
    ) -> Answer:
        """Answer from the translation of a question where a chat model gives one, else show passages on what of it needs none."""
        masked = mask(apart(text))
        shown = " ".join(masked.text.split())
        foreign = Foreign(language, self._translator)
        with clock.stage(0, "translate"):
            english = foreign.into_english(without_placeholders(shown))
        if english:
            question = read(english)
            question = replace(question, notices=(*masked_notice(masked), *question.notices))
            answer = self._ask(question, foreign.within_time(self._answerer), clock, on_sentence)
            with clock.stage(3, "translate"):
                answer = foreign.out_of_english(answer)
        else:
            answer = self._pass_on(read(legible(text)), language, clock)
        return replace(
            answer,
            question=replace(answer.question, text=shown),
            language=language,
            notices=tuple(dict.fromkeys((*foreign.notices, *answer.notices))),
        )

    def _pass_on(self, question: Question, language: Language, clock: _Clock) -> Answer:
        """Show the passages on the codes and English words of a question that was not translated, without a ruling."""
        words = english_words(question.text, language)
        held = document_counts(self.library, words)[0] if words else {}
        words = tuple(word for word in words if held[word])
        if not question.codes and len(words) < FEWEST_WORDS:
            hits = self._retriever.find(passages_asked(question, words), clock.timings_ms)
            return self._abstain(question, decide.unread(bool(words)), hits if words else (), clock)
        for asked in dict.fromkeys((words, ())) if question.codes else (words,):
            answer = self._ask(passages_asked(question, asked), self._fallback, clock, lambda _: None)
            if speaks_of_codes(answer):
                return replace(answer, notices=(PASSED_ON, *answer.notices))
        told = answer.abstention or decide.no_answer(question, Reason.NO_EVIDENCE, answer.evidence)
        return self._abstain(answer.question, told, answer.evidence, clock)

    def ask_each(
        self,
        text: str,
        *,
        as_of: date | None = None,
        payer: str | None = None,
        within: str = "",
        publisher: str = "",
        watch: Callable[[str], object] = lambda _: None,
        on_sentence: Callable[[Sentence], object] = lambda _: None,
    ) -> tuple[Answer, ...]:
        """Answer the questions of a message one by one, as `ask` does; see `split_questions` for what is parted.

        A date of service or payer that only one of them names holds for all.

        Raises:
            AnswerError: the message is empty or too long, or asks more than six questions, or there is no such part to ask.
        """
        text = mask(text).text
        return tuple(
            self.ask(part, as_of=as_of, payer=payer, beside=text, within=within, publisher=publisher, watch=watch, on_sentence=on_sentence)
            for part in split_questions(text)
        )

    @cached_property
    def topics(self) -> frozenset[str]:
        """The stems of words by which a question has a subject of its own."""
        return self._find_topics()

    @property
    def retriever(self) -> Retriever:
        """What finds passages in the library."""
        return self._retriever

    def known_codes(self) -> frozenset[str]:
        """Give every code that the library names or the registry knows."""
        return self._registry | all_codes(self.library)

    def read(self, text: str, as_of: date | None, payer: str | None, beside: str = "") -> Question:
        """Give the question without identifiers of patients and without the numbers that are no codes.

        Such numbers lie in a range that it names, or look like amounts. For what to show see `with_placeholders`.
        Beside a procedure, a diagnosis that neither library nor registry knows is left out, too, and a notice says so.

        Raises:
            AnswerError: it is empty or too long.
        """
        masked = mask(text), mask(payer or "")
        question = read_question(without_placeholders(masked[0].text), as_of or self.today(), masked[1].text)
        question = replace(question, notices=(*masked_notice(*masked), *question.notices))
        question = reading.settle_circumstances(
            question, as_of, beside=mask(beside).text, names=self._payer_names, known=payers(self.library)
        )
        written = {index_key(mention.code) for mention in find_codes(question.text)} | set(find_miswritten(question.text))
        written |= set(find_diagnoses(question.text))
        doubtful = {c for c in find_doubtful(question.text) if near_codes(c, self.known_codes())}
        unknown = self._unknown(question.codes)
        question = replace(question, codes=tuple(c for c in question.codes if c in written | doubtful or c not in unknown))
        return reading.leave_out_diagnoses(question, unknown)

    def named_payer(self, text: str) -> NamedPayer | None:
        """Give the one payer that a text names, with the words that name it."""
        return find_payer(text, self._payer_names, payers(self.library))

    def is_known(self, code: str) -> bool:
        """Tell whether the library or the code registry knows a code."""
        return not self._unknown([code])

    def family(self, code: str) -> str:
        """Give the kind of service to which the registry counts a code, such as "treatment plans", empty where it does not know it."""
        return self._families.get(code, "")

    def refuse_codes(self, question: Question) -> Abstention | None:
        """Give the abstention where a question names codes that neither library nor registry knows."""
        unknown = self._unknown(question.codes)
        return decide.unknown_codes(unknown, self.known_codes()) if unknown else None

    def pages(self, hits: Sequence[Hit]) -> dict[str, tuple[Page, ...]]:
        """Give the pages of the documents of which a passage runs over a page's end."""
        spanning = {h.document.id for h in hits if h.passage.first_page != h.passage.last_page}
        return {identity: self.library.document_text(identity).pages for identity in spanning}

    # -- steps ---------------------------------------------------------------------------------------------

    def _part(self, document_id: str, publisher: str) -> Within | None:
        """Give the part of the library to ask, None for all of it."""
        if not document_id and not publisher:
            return None
        entry = self.library.entry(document_id) if document_id else None
        if document_id and (entry is None or entry.status != ACTIVE):
            raise AnswerError(f"the document to ask ({document_id}) is no longer in use; ask the whole library, or bring it back")
        held = {*publishers(self.library), *(table.document.publisher for table in code_tables(self.library))} if publisher else set()
        spelt = next((name for name in sorted(held) if name.casefold() == publisher.strip().casefold()), None)
        if publisher and spelt is None:
            raise AnswerError(f"no document in use is published by {publisher!r}; codecite sources list shows who published what")
        return Within(f"“{entry.document.title}”" if entry else f"the documents of {spelt}", document_id or None, spelt)

    def _look_up(self, question: Question) -> LookedUp:
        """Give what the exact tables say, of a part of the library only those in it."""
        if not question.within:
            return look_up(question, LibraryTables(self.library))
        looked_up = look_up(question, LibraryTables(self.library, question.within.document_id, question.within.publisher))
        return replace(looked_up, notices=tuple(notice for notice in looked_up.notices if notice != NO_EDITS))

    def _tabled_only(self, question: Question) -> frozenset[str]:
        """Give the codes of which exact tables have rows, and neither a passage nor the registry says anything."""
        others = [code for code in question.codes if code not in self._registry]
        return codes_tabled(self.library, others) - codes_held(self.library, others) if others else frozenset()

    def _unknown(self, codes: Sequence[str]) -> tuple[str, ...]:
        missing = [c for c in codes if c not in self._registry]
        held = codes_held(self.library, missing) | codes_tabled(self.library, missing) if missing else frozenset()
        return tuple(c for c in missing if c not in held)

    def _nothing_on_the_day(self, question: Question, hits: Sequence[Hit]) -> Abstention | None:
        """Give the abstention where codes asked about have rules, but none in force on the date of service or none for the payer."""
        if any(REGISTERED in h.via for h in hits):
            return None
        held = frozenset().union(*(h.passage.codes for h in hits)) if hits else frozenset()
        missing = [c for c in question.codes if c not in held]
        elsewhen = [c for c in missing if self._speaks_of(c, question)]
        if missing and elsewhen == list(question.codes) and not rows_with_codes(self.library, elsewhen, scope_of(question, question.as_of)):
            return decide.not_in_force(question, elsewhen)
        if question.codes and not held & set(question.codes):
            return decide.no_answer(question, Reason.NO_EVIDENCE, hits)
        return None

    def _speaks_of(self, code: str, question: Question) -> bool:
        """Tell whether what is asked, the library or a part of it, speaks of a code, on whatever date."""
        return bool(
            rows_with_codes(self.library, [code], scope_of(question, None)) if question.within else codes_held(self.library, [code])
        )

    def _draft(
        self, answerer: Answerer, question: Question, hits: Sequence[Hit], on_claim: Callable[[DraftSentence], object]
    ) -> tuple[Draft, Answerer]:
        try:
            if isinstance(answerer, Streaming):
                return answerer.stream(question, hits, on_claim), answerer
            return answerer.draft(question, hits), answerer
        except (ModelUnavailable, ModelReplyInvalid) as error:
            return self._fall_back(question, hits, str(error))

    def _fall_back(self, question: Question, hits: Sequence[Hit], why: str) -> tuple[Draft, Answerer]:
        notice = f"The model gave no usable answer ({why}); this one is put together without it."
        return replace(self._fallback.draft(question, hits), notice=notice), self._fallback

    def _conflicts(
        self, question: Question, sentences: Sequence[Sentence], hits: Sequence[Hit]
    ) -> tuple[tuple[Conflict, ...], tuple[Hit, ...]]:
        """Give the disagreements on what the sentences rest on, with the passages of the other sides."""
        by_id = {h.passage.id: h for h in hits}
        conflicts: list[Conflict] = []
        added: dict[str, Hit] = {}
        foremost = [s for n, s in enumerate(sentences[:_MOST_DISPUTED]) if n == 0 or decide.bears_on(question, s)]
        twins = [h for h in hits if h.passage.conflicts and any(decide.says_the_same(h.passage.text, s.text) for s in foremost)]
        for passage_id in dict.fromkeys((*decide.cited_passages(foremost), *(h.passage.id for h in twins))):
            mine = by_id[passage_id]
            others = self._sides(question, mine.passage.conflicts)
            if others:
                sides = sorted(
                    (mine, *others), key=lambda h: AUTHORITIES.index(h.document.authority) if h.document.authority in AUTHORITIES else 99
                )
                said = tuple(side for h in sides for side in _first_sentence(h))
                if len(said) > 1:
                    conflicts.append(Conflict(said))
                    added |= {h.passage.id: h for h in others if h.passage.id not in by_id}
        return tuple({frozenset(s.text for s in c.sides): c for c in conflicts}.values()), tuple(added.values())

    def _sides(self, question: Question, anchors: Sequence[str]) -> list[Hit]:
        if not anchors:
            return []
        rows = rows_by_anchor(self.library, anchors, Scope(question.as_of, question.payer))
        return [Hit(passage, document, 0.0, 0.0, 0.0, ("conflict",)) for passage, document in fetch(self.library, rows).values()]

    def _answer(
        self, question: Question, draft: Draft, sentences: tuple[Sentence, ...], hits: tuple[Hit, ...], clock: _Clock, answerer: str
    ) -> Answer:
        conflicts, added = self._conflicts(question, sentences, hits)
        own = {h.passage.id for h in (*hits, *added) if is_own_rule(question.payer, h.passage.payer)}
        status, verdict = decide.settle(draft, sentences, conflicts, own)
        sentences = decide.said_once(sentences, conflicts)
        lesser = decide.LESSER if verdict is not Verdict.NONE and decide.rests_on_lesser(sentences, hits) else ""
        return Answer(
            question,
            status,
            verdict,
            sentences,
            conflicts,
            None,
            (*hits, *added),
            (*question.notices, *filter(None, (draft.notice, lesser))),
            decide.follow_ups(question, sentences, hits),
            self._provenance(clock, answerer),
        )

    def _abstain(
        self, question: Question, abstention: Abstention, hits: Sequence[Hit], clock: _Clock, answerer: str = "none", notice: str = ""
    ) -> Answer:
        return Answer(
            question,
            Status.ABSTAINED,
            Verdict.NONE,
            (),
            (),
            abstention,
            tuple(hits),
            (*question.notices, *filter(None, (notice,))),
            (),
            self._provenance(clock, answerer),
        )

    def _provenance(self, clock: _Clock, answerer: str) -> Provenance:
        return Provenance(answerer, self._embedder, self.library.revision(), self._settings_digest, dict(clock.timings_ms))


def _put_to(question: Question, part: Within | None) -> Question:
    return replace(question, within=part, notices=(f"Asked within {part.name} only.", *question.notices)) if part else question


def with_placeholders(question: Question, text: str) -> Question:
    """Give a question that was read from `text` as it may be shown: a placeholder stands for each identifier of a patient."""
    masked = mask(text)
    return replace(question, text=" ".join(canonical(masked.text).split()))


def digest_of(values: dict[str, object]) -> str:
    """Give a short digest of settings, so that two answers can be told to come from the same ones."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _first_sentence(hit: Hit) -> tuple[Sentence, ...]:
    return tuple(sentence for _, text in quotable(hit.passage)[:1] for sentence in quote_whole(text, hit, Role.CONFLICT, {}))
