"""Read the precedents: questions that coders ask on a fact, each with what the fact rules on it."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from corpus.errors import CorpusError

Ruled = Literal["yes", "no", "conditional", "unsaid"]
RULED: tuple[Ruled, ...] = get_args(Ruled)
_LINE = TypeAdapter(dict[str, str | list[str]])


@dataclass(frozen=True, slots=True)
class Precedent:
    """A closed question and what its fact rules on it; "unsaid" where the fact is about the same and does not settle it."""

    question: str
    ruled: Ruled
    of_set: str = ""
    """The set in which it was written; the questions of two sets are independent of each other."""


def load_precedents(facts: Collection[str]) -> dict[str, tuple[Precedent, ...]]:
    """Give the precedents of these facts, by fact id; a fact without any is left out.

    Raises:
        CorpusError: The line of a fact is not in the form that it should have.
    """
    lines = _lines()
    return {fact: tuple(p for line in lines[fact] for p in _read(fact, line)) for fact in facts if fact in lines}


def precedent_facts() -> tuple[str, ...]:
    """Give the id of every fact that has precedents, in order."""
    return tuple(_lines())


def precedents_digest() -> str:
    """Give what changes when any precedent does: the SHA-256 of the files that hold them."""
    digest = hashlib.sha256()
    for file in _files():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _files() -> list[Traversable]:
    return sorted(files("corpus").joinpath("shipped_precedents").iterdir(), key=lambda file: file.name)


@lru_cache(maxsize=1)
def _lines() -> Mapping[str, list[str]]:
    """Give the lines by the fact that they start with; only lines that are asked for are parsed."""
    by_fact: dict[str, list[str]] = {}
    for file in _files():
        for line in file.read_text(encoding="utf-8").splitlines():
            by_fact.setdefault(line.split('"', 4)[3], []).append(line)
    return by_fact


def _read(fact: str, line: str) -> tuple[Precedent, ...]:
    try:
        held = _LINE.validate_python(json.loads(line))
    except (ValueError, ValidationError) as error:
        raise CorpusError(f"The precedents of {fact} cannot be read: {error}") from error
    return tuple(Precedent(question, ruled, str(held.get("set", ""))) for ruled in RULED for question in held.get(ruled, ()))
