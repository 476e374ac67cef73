"""The types that ingest produces: documents, their canonical text, and passages cut from it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


def covers(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Tell whether what is in force from one day until another, both included (None: no such end), is so on `day`."""
    return (valid_from or day) <= day <= (valid_to or day)


class BlockKind(StrEnum):
    """What a stretch of canonical text is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    TABLE_HEADER = "table_header"
    TABLE_ROW = "table_row"
    QUESTION = "question"
    ANSWER = "answer"
    BOILERPLATE = "boilerplate"


@dataclass(frozen=True, slots=True)
class Note:
    """What a digest says about one paragraph beyond its words; it replaces what the document says."""

    anchor: str
    payer: str
    valid_from: date | None
    valid_to: date | None
    basis: str
    conflicts: tuple[str, ...]
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A run of canonical text `[start, end)` of one kind; `level` counts for headings only (1 to 6).

    `place` names where it stands in a source that has sheets, rows or parts, "" elsewhere.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    note: Note | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text from character `start` on stands in its source, as in `Edits!A12:F12` or `row 12`."""

    start: int
    label: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader met in a file: told in the report of an ingest and kept with the document.

    `pages` and `rows` count what was read; `scanned` are the pages that hold an image and no text; `rows_skipped` counts
    rows left out, `hidden_chars` the characters left out because no reader of the file would see them. `encoding` is ""
    where the format settles it. `notes` are further plain sentences for the owner.
    """

    pages: int = 0
    scanned: tuple[int, ...] = ()
    rows: int = 0
    rows_skipped: int = 0
    hidden_chars: int = 0
    encoding: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Characters `[start, end)` of the canonical text that stand on page `number` (from 1)."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One source as the library knows it. Ids come from content, so equal files have equal ids."""

    id: str
    sha256: str
    title: str
    publisher: str
    authority: str
    edition: str
    published: str
    valid_from: date | None
    valid_to: date | None
    payer: str
    url: str
    licence: str
    basis: str
    media_type: str
    path: str
    added_at: str


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document with its canonical text, its blocks in order, pages that tile the text, and what its reader met.

    `pages` is empty for formats that have none.
    """

    document: Document
    text: str
    blocks: tuple[Block, ...]
    pages: tuple[Page, ...]
    reading: Reading = Reading()


@dataclass(frozen=True, slots=True)
class Passage:
    """A citable run of canonical text: `text == document_text[start:end]`.

    `section` is the heading path, outermost first. `header` is the header row of the table that a row
    was cut from, "" elsewhere. `named_codes` occur literally; `implied_codes` lie inside a range that
    the passage writes, or are named by its heading or, where it names none, by the document's title. `anchor` is the fact id of a digest paragraph.
    `questions` are what the passage is known to answer: it is found by them, never quoted from them. `places` name, in
    order, where its text stands in a source that has sheets, rows or parts.
    """

    id: str
    document_id: str
    start: int
    end: int
    text: str
    section: tuple[str, ...]
    header: str
    first_page: int | None
    last_page: int | None
    named_codes: tuple[str, ...]
    implied_codes: tuple[str, ...]
    modifiers: tuple[str, ...]
    payer: str
    valid_from: date | None
    valid_to: date | None
    basis: str
    anchor: str
    conflicts: tuple[str, ...]
    questions: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    def in_force(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return covers(self.valid_from, self.valid_to, day)

    def place_at(self, offset: int) -> str:
        """Name where the character at `offset` of the canonical text stands, "" where the source has no such places."""
        return next((place.label for place in reversed(self.places) if place.start <= offset), "")

    @property
    def codes(self) -> frozenset[str]:
        """Every code that the passage names or implies."""
        return frozenset(self.named_codes) | frozenset(self.implied_codes)
