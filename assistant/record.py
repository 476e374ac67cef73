"""The JSON form of an answer, versioned; `docs/answer.md` documents it field by field."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from assistant.answer import Abstention, Answer, Citation, Conflict, Hit, Sentence
from ingest.documents import Document, Passage

SCHEMA = "codecite.answer/2"
MESSAGE_SCHEMA = "codecite.answers/1"


def answer_record(answer: Answer) -> dict[str, Any]:
    """Give the JSON object of an answer: plain values only, dates as YYYY-MM-DD."""
    numbers = number_citations(answer)
    sources = {h.passage.id: h for h in answer.evidence}
    question = answer.question
    return {
        "schema": SCHEMA,
        "question": question.text,
        "as_of": question.as_of.isoformat(),
        "payer": question.payer,
        "codes": list(question.codes),
        "modifiers": list(question.modifiers),
        "carried": [{"kind": part.kind.value, "value": part.value} for part in question.carried],
        "language": answer.language.value,
        "status": answer.status.value,
        "verdict": answer.verdict.value,
        "text": " ".join(f"{s.text} {_markers(s, numbers)}" for s in answer.sentences),
        "sentences": [_sentence(s, numbers) for s in answer.sentences],
        "citations": [citation_record(c, n, sources[c.passage_id]) for c, n in numbers.items()],
        "conflicts": [_conflict(c, numbers) for c in answer.conflicts],
        "abstention": abstention_record(answer.abstention),
        "retrieved": [hit_record(h) for h in answer.evidence],
        "notices": list(answer.notices),
        "follow_ups": list(answer.follow_ups),
        "provenance": {
            "answerer": answer.provenance.answerer,
            "embedder": answer.provenance.embedder,
            "library_revision": answer.provenance.library_revision,
            "settings_digest": answer.provenance.settings_digest,
            "timings_ms": answer.provenance.timings_ms,
        },
    }


def message_record(answers: Sequence[Answer]) -> dict[str, Any]:
    """Give the JSON object of the answers to one message: of one question its answer, of several one that holds them in order."""
    records = [answer_record(answer) for answer in answers]
    return records[0] if len(records) == 1 else {"schema": MESSAGE_SCHEMA, "answers": records}


def number_citations(answer: Answer) -> dict[Citation, int]:
    """Give every citation of the answer and its conflicts with its number, from 1 in order of appearance."""
    sentences = [*answer.sentences, *(side for conflict in answer.conflicts for side in conflict.sides)]
    unique = dict.fromkeys(citation for sentence in sentences for citation in sentence.citations)
    return {citation: n for n, citation in enumerate(unique, start=1)}


def _markers(sentence: Sentence, numbers: Mapping[Citation, int]) -> str:
    return "".join(f"[{numbers[c]}]" for c in sentence.citations)


def _sentence(sentence: Sentence, numbers: Mapping[Citation, int]) -> dict[str, Any]:
    cited = [numbers[c] for c in sentence.citations]
    return {"text": sentence.text, "translation": sentence.translation or None, "role": sentence.role.value, "citations": cited}


def _conflict(conflict: Conflict, numbers: Mapping[Citation, int]) -> dict[str, Any]:
    return {"sides": [_sentence(side, numbers) for side in conflict.sides]}


def citation_record(citation: Citation, number: int, hit: Hit) -> dict[str, Any]:
    """Give the JSON object of one citation into the passage that was found."""
    document, passage = hit.document, hit.passage
    return {
        "n": number,
        "passage_id": citation.passage_id,
        "document_id": citation.document_id,
        "title": document.title,
        "publisher": document.publisher,
        "authority": document.authority,
        "edition": document.edition,
        "published": document.published,
        "valid_from": _day(passage.valid_from),
        "valid_to": _day(passage.valid_to),
        "payer": passage.payer,
        "basis": passage.basis,
        "url": document.url,
        "section": list(passage.section),
        "page": citation.page,
        "place": citation.place,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def abstention_record(abstention: Abstention | None) -> dict[str, str] | None:
    """Give the JSON object that says why there is nothing to show, or None."""
    return {"reason": abstention.reason.value, "detail": abstention.detail, "needed": abstention.needed} if abstention else None


def hit_record(hit: Hit) -> dict[str, Any]:
    """Give the JSON object of a passage that was found."""
    return {
        "passage_id": hit.passage.id,
        "document_id": hit.document.id,
        "score": hit.score,
        "cosine": hit.cosine,
        "via": list(hit.via),
        "title": hit.document.title,
        "publisher": hit.document.publisher,
        "section": list(hit.passage.section),
        "anchor": hit.passage.anchor,
        "text": hit.passage.text,
    }


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def citing(evidence: Sequence[Hit], citation: Citation) -> tuple[Passage, Document]:
    """Give the passage and document that a citation points into, of those found."""
    return next((h.passage, h.document) for h in evidence if h.passage.id == citation.passage_id)


def near_misses(answer: Answer, count: int = 3) -> Sequence[Hit]:
    """Give the nearest passages of an abstention."""
    return answer.evidence[:count]
