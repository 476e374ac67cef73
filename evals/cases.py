"""Suites of questions with what a right answer must be: read from JSON Lines, checked, and turned into frozen cases."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.answer import Reason, Status, Verdict
from corpus.errors import EvalError

SPLITS = ("dev", "test")


@dataclass(frozen=True, slots=True)
class Nugget:
    """One atomic fact; `fact` is the anchor of a passage that states it, "" where none is named."""

    text: str
    fact: str
    vital: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what a right answer to it is. `gold` are anchors of passages that state the vital nuggets."""

    id: str
    question: str
    as_of: date
    payer: str | None
    status: Status
    verdict: Verdict
    nuggets: tuple[Nugget, ...]
    gold: tuple[str, ...]
    must_not: tuple[str, ...]
    codes: tuple[str, ...]
    not_codes: tuple[str, ...]
    reason: Reason | None
    tags: tuple[str, ...]
    split: str = ""

    @property
    def answerable(self) -> bool:
        """True when the right thing to do is to answer."""
        return self.status is not Status.ABSTAINED


class _NuggetLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)
    fact: str = ""


class _Line(BaseModel):
    """One line of a suite as it comes in."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    as_of: date
    payer: str | None = None
    status: Status
    verdict: Verdict = Verdict.NONE
    vital: list[_NuggetLine] = []
    okay: list[_NuggetLine] = []
    gold: list[str] = []
    must_not: list[str] = []
    codes: list[str] = []
    not_codes: list[str] = []
    reason: Reason | None = None
    tags: list[str] = []

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "_Line":
        abstained = self.status is Status.ABSTAINED
        if abstained and (self.vital or self.okay or self.gold or self.codes or self.verdict is not Verdict.NONE):
            raise ValueError("a case to abstain from has no verdict, nuggets, gold passages or required codes")
        if not abstained and (not self.vital or not self.gold):
            raise ValueError("a case to answer has at least one vital nugget and one gold passage")
        if not abstained and self.reason is not None:
            raise ValueError("only a case to abstain from has a reason")
        return self


def load_suite(name: str, split: str | None = None) -> tuple[Case, ...]:
    """Give the cases of a shipped suite by its name, or of a JSON Lines file by its path.

    A shipped suite is one file, or one file per split; without `split`, all of them.

    Raises:
        EvalError: there is no such suite or split, or a line is not a case.
    """
    if split is not None and split not in SPLITS:
        raise EvalError(f"{split!r} is no split; use {' or '.join(SPLITS)}")
    cases = tuple(
        case
        for part, source in _sources(name, split)
        for case in read_cases(source.read_text(encoding="utf-8").splitlines(), source.name, part)
    )
    if not cases:
        raise EvalError(f"the suite {name!r} holds no case")
    if twice := _repeated(case.id for case in cases):
        raise EvalError(f"the suite {name!r} has two cases with the id {twice!r}")
    return cases


def read_cases(lines: Iterable[str], source: str, split: str = "") -> Iterator[Case]:
    """Give the case on each line that is not blank.

    Raises:
        EvalError: a line is not a case; the message names `source` and the line's number.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield make_case(json.loads(line), split)
            except (ValueError, RecursionError) as error:
                raise EvalError(f"{source}, line {number}: {first_fault(error)}") from None


def make_case(fields: Any, split: str = "") -> Case:
    """Give a case from the fields of a suite's line.

    Raises:
        ValueError: they make no case; `first_fault` puts it in words.
    """
    return _case(_Line.model_validate(fields), split)


def first_fault(error: Exception) -> str:
    """Say in one line what is wrong with a line of a suite, and where in it."""
    if not isinstance(error, ValidationError):
        return f"not a JSON object ({error})" if isinstance(error, (json.JSONDecodeError, RecursionError)) else str(error)
    fault: Any = error.errors()[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place + ': ' if place else ''}{fault['msg'].removeprefix('Value error, ')}"


def suite_names() -> tuple[str, ...]:
    """Give the names of the shipped suites."""
    return tuple(
        sorted(entry.name.removesuffix(".jsonl") for entry in _shipped().iterdir() if entry.is_dir() or entry.name.endswith(".jsonl"))
    )


def _shipped() -> Traversable:
    return files("evals").joinpath("suites")


def _sources(name: str, split: str | None) -> list[tuple[str, Traversable | Path]]:
    """Give each file of a suite with the split that it holds."""
    if Path(name).is_file():
        return [(split or "", Path(name))]
    if name not in suite_names():
        raise EvalError(f"there is no suite {name!r} and no such file; shipped are {', '.join(suite_names())}")
    folder = _shipped().joinpath(name)
    if not folder.is_dir():
        if split:
            raise EvalError(f"the suite {name!r} has no splits; leave --split out")
        return [("", _shipped().joinpath(f"{name}.jsonl"))]
    found = [(part, folder.joinpath(f"{part}.jsonl")) for part in ((split,) if split else SPLITS)]
    return [(part, source) for part, source in found if source.is_file()]


def _case(line: _Line, split: str) -> Case:
    nuggets = (*(Nugget(n.text, n.fact, True) for n in line.vital), *(Nugget(n.text, n.fact, False) for n in line.okay))
    return Case(
        id=line.id,
        question=line.question,
        as_of=line.as_of,
        payer=line.payer,
        status=line.status,
        verdict=line.verdict,
        nuggets=nuggets,
        gold=tuple(line.gold),
        must_not=tuple(line.must_not),
        codes=tuple(line.codes),
        not_codes=tuple(line.not_codes),
        reason=line.reason,
        tags=tuple(line.tags),
        split=split,
    )


def _repeated(ids: Iterable[str]) -> str:
    return next((each for each, count in Counter(ids).items() if count > 1), "")
