"""Golden conversations: what each turn means after the turns before it, and what a right answer to it is."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.answer import Answer, Question, Status, Verdict
from corpus.errors import EvalError
from evals.cases import SPLITS, Case, first_fault, make_case
from evals.run import Result, Shelf
from evals.scorers import Score, score

SUITE = "conversations"
SPOKEN_ON = date(2026, 3, 2)
"""The day on which every conversation takes place; a turn that names no date of service means this day."""
_MIDDLE = {4: "-06-30", 7: "-15", 10: ""}
RESOLVED = "follow-ups resolved"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a turn means: `as_of` is a day, or a month or year (2024-05, 2024) of which any day is right."""

    codes: frozenset[str]
    payer: str | None
    as_of: str
    starts_clean: bool

    @property
    def day(self) -> date:
        """A day that is right."""
        return date.fromisoformat(self.as_of + _MIDDLE[len(self.as_of)])


@dataclass(frozen=True, slots=True)
class Turn:
    """What a coder types. `meaning` is None for what asks nothing, such as a thank-you; `case` where the answer is labelled."""

    id: str
    text: str
    meaning: Meaning | None
    case: Case | None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The turns of one conversation, two to five."""

    id: str
    turns: tuple[Turn, ...]
    tags: tuple[str, ...]


class Converses(Protocol):
    """One conversation, such as `assistant.conversation.Conversation`."""

    def ask(self, text: str) -> Answer:
        """Answer the next turn; the answer's question says how it was understood and what was carried over."""


class _TurnLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)
    codes: list[str] | None = None
    payer: str | None = None
    as_of: str = Field(default=SPOKEN_ON.isoformat(), pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")
    starts_clean: bool = False
    answer: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _means_what_it_answers(self) -> "_TurnLine":
        if self.answer is not None and self.codes is None:
            raise ValueError("a turn whose answer is labelled says which codes it means")
        return self


class _DialogueLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1)
    turns: list[_TurnLine] = Field(min_length=2, max_length=5)
    tags: list[str] = []


def load_dialogues(split: str | None = None) -> tuple[Dialogue, ...]:
    """Give the shipped conversations of a split, of both without one.

    Raises:
        EvalError: a line is not a conversation; the message names file and line.
    """
    folder = files("evals").joinpath("suites", SUITE)
    parts = (split,) if split else SPLITS
    return tuple(d for part in parts for d in read_dialogues(folder.joinpath(f"{part}.jsonl").read_text("utf-8").splitlines(), part))


def read_dialogues(lines: Sequence[str], split: str = "") -> Iterator[Dialogue]:
    """Give the conversation on each line.

    Raises:
        EvalError: a line is not a conversation.
    """
    for number, line in enumerate(lines, start=1):
        try:
            yield _dialogue(_DialogueLine.model_validate(json.loads(line)), split)
        except (ValueError, RecursionError) as error:
            raise EvalError(f"{split}.jsonl, line {number}: {first_fault(error)}") from None


def run_dialogues(
    begin: Callable[[], Converses], shelf: Shelf, dialogues: Sequence[Dialogue], advance: Callable[[], object] = lambda: None
) -> tuple[Result, ...]:
    """Give a result for every turn that means something, in order; `begin` opens a conversation, `advance` is called after each.

    Every answer of a turn after the first is scored for how the turn was understood, and every labelled one as any answer.
    """
    results: list[Result] = []
    for dialogue in dialogues:
        conversation = begin()
        for number, turn in enumerate(dialogue.turns):
            answer = conversation.ask(turn.text)
            if turn.meaning:
                results += _result(turn, turn.meaning, dialogue.tags, answer, shelf, is_first=number == 0)
        advance()
    return tuple(results)


def understood(meaning: Meaning, question: Question) -> Mapping[str, bool]:
    """Tell for each part of a turn's meaning whether it was understood."""
    return {
        "codes understood": frozenset(question.codes) == meaning.codes,
        "payer understood": question.payer == meaning.payer,
        "date understood": question.as_of.isoformat().startswith(meaning.as_of),
        "starts clean when due": (not question.carried) == meaning.starts_clean,
    }


def _result(turn: Turn, meaning: Meaning, tags: tuple[str, ...], answer: Answer, shelf: Shelf, *, is_first: bool) -> list[Result]:
    parts = {} if is_first else understood(meaning, answer.question)
    if not turn.case and not parts:
        return []
    marked = shelf.mark(_on_its_day(turn, meaning, tags, answer), answer)
    scores = [] if is_first else [Score(turn.id, RESOLVED, float(all(parts.values())), _misread(parts, answer.question))]
    scores += [Score(turn.id, name, float(right)) for name, right in parts.items()]
    return [Result(marked, (*scores, *(score(marked) if turn.case else ())))]


def _on_its_day(turn: Turn, meaning: Meaning, tags: tuple[str, ...], answer: Answer) -> Case:
    """Give the case of a turn, on the day that was understood where that is a right one."""
    day = answer.question.as_of if understood(meaning, answer.question)["date understood"] else meaning.day
    return replace(turn.case or _unlabelled(turn, meaning), as_of=day, tags=tags)


def _unlabelled(turn: Turn, meaning: Meaning) -> Case:
    return Case(turn.id, turn.text, meaning.day, meaning.payer, Status.ANSWERED, Verdict.NONE, (), (), (), (), (), None, ())


def _misread(parts: Mapping[str, bool], question: Question) -> str:
    if all(parts.values()):
        return ""
    wrong = ", ".join(name for name, right in parts.items() if not right)
    read = (
        " ".join(question.codes) or "no code",
        question.payer or "any payer",
        str(question.as_of),
        "carried" if question.carried else "clean",
    )
    return f"not {wrong}: read as “{question.text}” ({', '.join(read)})"


def _dialogue(line: _DialogueLine, split: str) -> Dialogue:
    turns = tuple(_turn(turn, f"{line.id}.{number}", split) for number, turn in enumerate(line.turns, start=1))
    if not any(turn.case for turn in turns):
        raise ValueError("no answer is labelled")
    if turns[0].meaning is None or not turns[0].meaning.starts_clean:
        raise ValueError("the first turn starts clean")
    return Dialogue(line.id, turns, tuple(line.tags))


def _turn(line: _TurnLine, identity: str, split: str) -> Turn:
    if line.codes is None:
        return Turn(identity, line.text, None, None)
    meaning = Meaning(frozenset(line.codes), line.payer, line.as_of, line.starts_clean)
    if line.answer is None:
        return Turn(identity, line.text, meaning, None)
    fields = {"id": identity, "question": line.text, "as_of": meaning.day, "payer": line.payer, **line.answer}
    return Turn(identity, line.text, meaning, make_case(fields, split))
