"""Answer a file of questions, one JSON object a line, for evaluation suites and for work lists."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.answer import Answer
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


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for every line of a batch: date of service and payer where a line has none of its own, and the part of the library."""

    as_of: date | None = None
    payer: str | None = None
    within: str = ""
    publisher: str = ""


@dataclass(frozen=True, slots=True)
class Replied:
    """What became of a line: its `id` and question with identifiers of patients masked, and the answer or why there is none."""

    id: str | int
    question: str
    answer: Answer | None
    error: str = ""


def read_lines(lines: Iterable[str]) -> Iterator[BatchLine]:
    """Give the questions of a batch in order; blank lines are passed over.

    Raises:
        AnswerError: a line is not a JSON object with `id` and `question`.
    """
    return (_read(line, number) for number, line in enumerate(lines, start=1) if line.strip())


def answer_batch(assistant: Assistant, asked: Iterable[BatchLine], given: Circumstances) -> Iterator[Replied]:
    """Give what became of each question, in order; lines of one `conversation` follow each other.

    A question that cannot be read has an `error` and the batch goes on.
    """
    held: dict[str | int, Conversation] = {}
    for line in asked:
        identity = mask(line.id).text if isinstance(line.id, str) else line.id
        follows = assistant if line.conversation is None else held.setdefault(line.conversation, Conversation(assistant))
        as_of, payer = line.as_of or given.as_of, line.payer or given.payer
        try:
            answer = follows.ask(line.question, as_of=as_of, payer=payer, within=given.within, publisher=given.publisher)
        except AnswerError as error:
            yield Replied(identity, mask(line.question).text, None, str(error))
            continue
        yield Replied(identity, answer.question.text, answer)


def batch_record(replied: Replied) -> dict[str, Any]:
    """Give the JSON object of a line: the answer's record with the `id` of its line, or `id` and `error`."""
    return {"id": replied.id, **(answer_record(replied.answer) if replied.answer else {"error": replied.error})}


def _read(line: str, number: int) -> BatchLine:
    try:
        return BatchLine.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        wrong = "not JSON" if first["type"] == "json_invalid" else first["msg"]
        raise AnswerError(f"line {number} of the batch: {field + ': ' if field else ''}{wrong}; expected id and question") from None
