"""Answer a file of questions, one JSON object a line, for evaluation suites."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.record import answer_record
from assistant.service import Assistant
from corpus.errors import AnswerError


class BatchLine(BaseModel):
    """One question of a batch; fields beyond these are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str | int
    question: str
    as_of: date | None = None
    payer: str | None = None


def answer_lines(assistant: Assistant, lines: Iterable[str], *, as_of: date | None, payer: str | None) -> Iterator[dict[str, Any]]:
    """Give one answer record per line that is not blank, in order, each with the `id` of its line.

    A question that cannot be read gives `{"id", "error"}` and the batch goes on.

    Raises:
        AnswerError: a line is not a JSON object with `id` and `question`.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        asked = _read(line, number)
        try:
            answer = assistant.ask(asked.question, as_of=asked.as_of or as_of, payer=asked.payer or payer)
        except AnswerError as error:
            yield {"id": asked.id, "error": str(error)}
            continue
        yield {"id": asked.id, **answer_record(answer)}


def _read(line: str, number: int) -> BatchLine:
    try:
        return BatchLine.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        wrong = "not JSON" if first["type"] == "json_invalid" else first["msg"]
        raise AnswerError(f"line {number} of the batch: {field + ': ' if field else ''}{wrong}; expected id and question") from None
