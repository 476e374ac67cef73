"""Check the citations of saved answers against the library as it is now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.record import MESSAGE_SCHEMA, SCHEMA
from assistant.standing import Standing, State, standing
from corpus.errors import AnswerError
from ingest.library import Library

_Offset = Annotated[int, Field(ge=0)]


class CitationRecord(BaseModel):
    """What is read of a citation of `docs/answer.md`."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    n: int
    document_id: str
    title: str
    start: _Offset
    end: _Offset
    quote: Annotated[str, Field(min_length=1)]


class _AnswerRecord(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    citations: tuple[CitationRecord, ...] = Field(strict=False)


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A citation as it stands now: `exact` tells whether the stored text has the quote at its place, character for character."""

    number: int
    title: str
    quote: str
    standing: Standing
    exact: bool

    @property
    def stands(self) -> bool:
        """Tell whether the quote can still be relied on: its source is in use, or its new version has the quote word for word."""
        return self.exact and (self.standing.state is State.IN_USE or (self.standing.state is State.CHANGED and self.standing.holds))


def read_answers(content: bytes) -> tuple[tuple[CitationRecord, ...], ...]:
    """Give the citations of each answer in what `codecite ask --json` or `--batch` printed: one record, or one a line.

    Lines of a batch that tell an error hold none.

    Raises:
        AnswerError: it holds something else.
    """
    found = [answer for number, record in enumerate(_records(content), start=1) for answer in _answers(record, number)]
    if not found:
        raise AnswerError("there is no answer in it; give what codecite ask --json printed")
    return tuple(found)


def check_citations(library: Library, answers: Sequence[Sequence[CitationRecord]]) -> tuple[Rechecked, ...]:
    """Give every citation as it stands in the library, in order."""
    return tuple(_rechecked(library, citation) for answer in answers for citation in answer)


def _rechecked(library: Library, cited: CitationRecord) -> Rechecked:
    exact = library.slice(cited.document_id, cited.start, cited.end) == cited.quote
    return Rechecked(cited.n, cited.title, cited.quote, standing(library, cited.document_id, cited.quote), exact)


def _records(content: bytes) -> list[Any]:
    try:
        words = content.decode("utf-8-sig")
        try:
            return [json.loads(words)]
        except ValueError:
            return [json.loads(line) for line in words.split("\n") if line.strip()]
    except (ValueError, RecursionError) as error:
        raise AnswerError("it is not JSON; give what codecite ask --json printed") from error


def _answers(record: Any, number: int) -> list[tuple[CitationRecord, ...]]:
    if isinstance(record, dict) and record.get("schema") == MESSAGE_SCHEMA and isinstance(record.get("answers"), list):
        return [answer for part in record["answers"] for answer in _answers(part, number)]
    if isinstance(record, dict) and record.keys() == {"id", "error"}:
        return []
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise AnswerError(f"record {number} is no {SCHEMA} (docs/answer.md)")
    try:
        return [_AnswerRecord.model_validate(record).citations]
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise AnswerError(f"record {number}: {place} is not as docs/answer.md says") from None
