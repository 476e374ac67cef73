"""Answer a file of questions, one JSON object a line, for evaluation suites."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.conversation import Conversation
from assistant.identifiers import mask
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
    conversation: str | int | None = None


def answer_lines(assistant: Assistant, lines: Iterable[str], *, as_of: date | None, payer: str | None) -> Iterator[dict[str, Any]]:
    """Give one answer record per line that is not blank, in order, each with the `id` of its line, identifiers of patients masked.

    Lines of one `conversation` follow each other. A question that cannot be read gives `{"id", "error"}` and the batch goes on.

    Raises:
        AnswerError: a line is not a JSON object with `id` and `question`.
    """
    held: dict[str | int, Conversation] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        asked = _read(line, number)
        identity = mask(asked.id).text if isinstance(asked.id, str) else asked.id
        try:
            follows = assistant if asked.conversation is None else held.setdefault(asked.conversation, Conversation(assistant))
            answer = follows.ask(asked.question, as_of=asked.as_of or as_of, payer=asked.payer or payer)
        except AnswerError as error:
            yield {"id": identity, "error": str(error)}
            continue
        yield {"id": identity, **answer_record(answer)}


def _read(line: str, number: int) -> BatchLine:
    try:
        return BatchLine.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        wrong = "not JSON" if first["type"] == "json_invalid" else first["msg"]
        raise AnswerError(f"line {number} of the batch: {field + ': ' if field else ''}{wrong}; expected id and question") from None
