"""Turn an answer into the rows that a reader sees. Pure: no Streamlit, no disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Answer, Citation, Conflict, Hit, Sentence
from assistant.code_rows import ROW
from assistant.languages import Language
from assistant.record import citing, near_misses, number_citations
from assistant.standing import Standing
from ingest.build import SHIPPED
from ingest.documents import Document, Passage
from ui.words import (
    asked_words,
    authority_words,
    label_words,
    maker_words,
    notice_words,
    payer_words,
    phrases,
    reword,
    standing_words,
    validity_words,
    verdict_words,
)

CONTEXT_CHARS = 600
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class SourceView:
    """A passage that can be opened: what it says, where it stands, and how far it binds.

    `before` and `after` are the canonical text around `quote`; `key` names the row within its answer. `place` names sheet and
    row where the source has such; `standing` tells of a source that was withdrawn or changed since.
    """

    key: str
    number: int
    title: str
    publisher: str
    authority: str
    edition: str
    validity: str
    payer: str
    section: str
    page: str
    url: str
    remark: str
    document_id: str
    before: str
    quote: str
    after: str
    language: Language = Language.EN
    place: str = ""
    standing: str = ""


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence with its role in words and the numbers of its sources; `language` is that of `text`."""

    label: str
    text: str
    numbers: tuple[int, ...]
    language: Language = Language.EN


@dataclass(frozen=True, slots=True)
class SideView:
    """One side of a disagreement: what it says and who says it."""

    sentence: SentenceView
    source: SourceView


@dataclass(frozen=True, slots=True)
class AbstentionView:
    """Why there is no answer, what would help, and what came nearest."""

    detail: str
    needed: str
    nearest: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """Everything that a page shows of one answer. `tone` is yes, no, conditional, none or abstained.

    `language` is that of all phrases; quotes stand as they are.
    """

    question: str
    asked: str
    tone: str
    verdict: str
    line: str
    sentences: tuple[SentenceView, ...]
    conflicts: tuple[tuple[SideView, ...], ...]
    sources: tuple[SourceView, ...]
    abstention: AbstentionView | None
    notices: tuple[str, ...]
    follow_ups: tuple[str, ...]
    footnote: str
    language: Language = Language.EN

    @property
    def openable(self) -> dict[str, SourceView]:
        """Every passage that the reader can open, by its key."""
        nearest = self.abstention.nearest if self.abstention else ()
        return {source.key: source for source in (*self.sources, *nearest)}


def present(answer: Answer, text_of: Callable[[str], str]) -> AnswerView:
    """Give the rows of an answer; `text_of` gives the canonical text of a document by its id."""
    numbers = number_citations(answer)
    texts = {h.document.id: text_of(h.document.id) for h in _shown(answer, numbers) if ROW not in h.via}
    language = answer.language
    sources = {c: cited_source(answer.evidence, c, n, texts, language) for c, n in numbers.items()}
    verdict, line = verdict_words(answer)
    return AnswerView(
        question=answer.question.text,
        asked=asked_words(answer.question.as_of, answer.question.payer, language),
        tone="abstained" if answer.abstention else answer.verdict.value,
        verdict=verdict,
        line=line,
        sentences=tuple(_sentence(s, numbers, language, asks_ruling=answer.question.asks_ruling) for s in answer.sentences),
        conflicts=tuple(_sides(c, numbers, sources, language) for c in answer.conflicts),
        sources=tuple(sources.values()),
        abstention=_abstention(answer, texts),
        notices=notice_words(answer),
        follow_ups=tuple(reword(follow_up, language) for follow_up in answer.follow_ups),
        footnote=maker_words(answer),
        language=language,
    )


def announcement(view: AnswerView) -> str:
    """Say once, for a screen reader, that the answer is there."""
    if view.abstention:
        return f"{view.verdict}. {view.line}"
    count, words = len(view.sources), phrases(view.language)["answer"]
    return words["ready_one" if count == 1 else "ready"].format(count=count, verdict=view.verdict)


def with_standing(view: AnswerView, standing_of: Callable[[SourceView], Standing]) -> AnswerView:
    """Give an answer shown earlier, with a word on each source that was withdrawn or changed since."""

    def marked(source: SourceView) -> SourceView:
        return replace(source, standing=standing_words(standing_of(source), source.language))

    conflicts = tuple(tuple(replace(side, source=marked(side.source)) for side in sides) for sides in view.conflicts)
    near = view.abstention and replace(view.abstention, nearest=tuple(map(marked, view.abstention.nearest)))
    return replace(view, sources=tuple(map(marked, view.sources)), conflicts=conflicts, abstention=near)


def _shown(answer: Answer, numbers: Mapping[Citation, int]) -> list[Hit]:
    cited = {c.passage_id for c in numbers}
    return [h for h in answer.evidence if h.passage.id in cited] or list(near_misses(answer))


def _sentence(sentence: Sentence, numbers: Mapping[Citation, int], language: Language, *, asks_ruling: bool = True) -> SentenceView:
    shown = language if sentence.translation else Language.EN
    text = sentence.translation or sentence.text
    return SentenceView(
        label_words(sentence.role, language, asks_ruling=asks_ruling), text, tuple(numbers[c] for c in sentence.citations), shown
    )


def _sides(
    conflict: Conflict, numbers: Mapping[Citation, int], sources: Mapping[Citation, SourceView], language: Language
) -> tuple[SideView, ...]:
    return tuple(SideView(_sentence(side, numbers, language), sources[side.citations[0]]) for side in conflict.sides)


def _abstention(answer: Answer, texts: Mapping[str, str]) -> AbstentionView | None:
    if answer.abstention is None:
        return None
    language = answer.language
    nearest = tuple(near_source(hit, n, texts, language) for n, hit in enumerate(near_misses(answer), start=1))
    return AbstentionView(reword(answer.abstention.detail, language), reword(answer.abstention.needed, language), nearest)


def cited_source(
    evidence: Sequence[Hit], citation: Citation, number: int, texts: Mapping[str, str], language: Language = Language.EN
) -> SourceView:
    """Give the row of a citation; `texts` holds the canonical text of its document, but of a code file, whose rows stand alone."""
    passage, document = citing(evidence, citation)
    around = _around(texts[document.id], citation.start, citation.end) if document.id in texts else ("", "")
    view = _source(
        f"source-{number}", number, (passage, document), page=citation.page, around=around, quote=citation.quote, language=language
    )
    return replace(view, place=citation.place)


def near_source(hit: Hit, number: int, texts: Mapping[str, str], language: Language = Language.EN) -> SourceView:
    """Give the row of a passage that came near; `texts` holds the canonical text of its document."""
    around = _around(texts[hit.document.id], hit.passage.start, hit.passage.end)
    place = (hit.passage, hit.document)
    page, quote = hit.passage.first_page, hit.passage.text
    view = _source(f"near-{number}", number, place, page=page, around=around, quote=quote, language=language)
    return replace(view, place=hit.passage.place_at(hit.passage.start))


def _source(
    key: str, number: int, place: tuple[Passage, Document], *, page: int | None, around: tuple[str, str], quote: str, language: Language
) -> SourceView:
    passage, document = place
    return SourceView(
        key=key,
        number=number,
        title=document.title,
        publisher=document.publisher,
        authority=authority_words(document.authority, language),
        edition=document.edition or document.published,
        validity=validity_words(passage.valid_from, passage.valid_to, language),
        payer=payer_words(passage.payer, language),
        section=" › ".join(name for name in passage.section if name != document.title),
        page=phrases(language)["answer"]["page"].format(page=page) if page else "",
        url=document.url,
        remark=_remark(passage, document, language),
        document_id=document.id,
        before=around[0],
        quote=quote,
        after=around[1],
        language=language,
    )


def _remark(passage: Passage, document: Document, language: Language) -> str:
    words = phrases(language)["answer"]
    parts = (words["summary"] if document.path.startswith(SHIPPED) else "", words["inferred"] if passage.basis == "inferred" else "")
    return " ".join(filter(None, parts))


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """Give about `CONTEXT_CHARS` of text on either side, cut between words and marked where cut."""
    first, last = max(0, start - CONTEXT_CHARS), min(len(text), end + CONTEXT_CHARS)
    before, after = text[first:start], text[end:last]
    if first > 0:
        before = _ELLIPSIS + before.partition(" ")[2]
    if last < len(text):
        after = after.rpartition(" ")[0] + _ELLIPSIS
    return before, after
