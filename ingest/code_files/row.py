"""What the layouts have in common: kinds of tables, what a file says of itself, its rows, and the words of a row."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ingest.canonical import canonical

CODE = re.compile(r"[0-9A-V]\d{3}[0-9A-Z]")
"""A procedure code: CPT or HCPCS Level II."""
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class Kind(StrEnum):
    """The tables that are read."""

    PTP = "NCCI PTP edits"
    MUE = "MUE values"
    RVU = "PFS relative values"
    HCPCS = "HCPCS Level II"
    ICD = "ICD-10-CM order file"


class Audience(StrEnum):
    """Whose claims a table is for; `ANY` where it has one form only, or does not say."""

    PRACTITIONER = "practitioner"
    HOSPITAL = "outpatient hospital"
    DME = "DME supplier"
    ANY = ""


class Row(NamedTuple):
    """One row: `number` is its line in the file (from 1), `line` its canonical text.

    `second` is the column two code of an edit, or the modifier of a relative value; `value` is what decides: the modifier
    indicator, the MUE value, whether an ICD code is valid for submission ("1" or "0"). Both days are included.
    """

    number: int
    code: str
    second: str
    value: str
    valid_from: date | None
    valid_to: date | None
    line: str


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself; `valid_from` and `valid_to` are the days for which its edition speaks."""

    kind: Kind
    audience: Audience
    edition: str
    valid_from: date | None
    valid_to: date | None
    authority: str

    @property
    def title(self) -> str:
        """The name of the table, with whose claims it is for."""
        return f"{self.kind}, {self.audience}" if self.audience else str(self.kind)


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout that was recognised: `rows` turns the lines of the file into rows, `None` for one that cannot be read.

    `has_titles` tells whether lines of words may stand above the table.
    """

    kind: Kind
    rows: Callable[[Iterable[str]], Iterator[Row | None]]
    audience: Audience = Audience.ANY
    has_titles: bool = True


def told(*cells: tuple[str, str]) -> str:
    """Give the canonical line of a row from labels and values; a cell without a value is left out."""
    line = " | ".join(f"{label}: {value}" for label, value in cells if value)
    return line if line.isascii() and line.isprintable() else " ".join(canonical(line).split())


def words(cell: str) -> str:
    """Give the words of a free cell without what parts cells of a line."""
    return " ".join(cell.replace("|", "/").split())


def meaning(value: str, meanings: dict[str, str]) -> str:
    """Give a value with what it means in brackets, where that is known."""
    return f"{value} ({meanings[value]})" if value in meanings else value


def day(cell: str) -> date | None:
    """Give the day that a cell writes as yyyymmdd, yyyy-mm-dd or mm/dd/yyyy, None for a blank or an asterisk.

    Raises:
        ValueError: it holds something else.
    """
    text = cell.strip()
    if text in {"", "*", "00000000"}:
        return None
    if found := _DAY.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _US_DAY.fullmatch(text):
        return date(int(found[3]), int(found[1]), int(found[2]))
    raise ValueError(f"no day: {text!r}")
