"""Look codes up in the exact tables of the library: no similarity, only what a row says of a code."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, func, select, text

from ingest import tables
from ingest.code_files.row import Audience, Kind
from ingest.code_store import text_of_rows
from ingest.documents import Document, covers
from ingest.library import ACTIVE, Library, document_columns, to_document

_ROW = ("number", "code", "second", "value", "valid_from", "valid_to", "start", "end")


@dataclass(frozen=True, slots=True)
class Table:
    """A code file in use: its document, which table it is, for whose claims, and how many rows it has."""

    document: Document
    kind: Kind
    audience: Audience
    rows: int

    @property
    def name(self) -> str:
        """Name the table with its edition."""
        return ", ".join(filter(None, (self.kind, self.audience, self.document.edition)))

    def speaks_for(self, day: date) -> bool:
        """Tell whether its edition covers a day."""
        return covers(self.document.valid_from, self.document.valid_to, day)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row found: `text` is `[start, end)` of the canonical text of its document, `number` its line in the file."""

    table: Table
    number: int
    code: str
    second: str
    value: str
    valid_from: date | None
    valid_to: date | None
    start: int
    end: int
    text: str

    def in_force(self, day: date) -> bool:
        """Tell whether the row itself holds on a day; its edition may not."""
        return covers(self.valid_from, self.valid_to, day)


def code_tables(library: Library) -> tuple[Table, ...]:
    """Give the code files in use, by kind, whose claims they are for, and edition."""
    held = tables.code_files
    joined = held.join(tables.documents, tables.documents.c.id == held.c.document_id)
    query = select(held.c.kind, held.c.audience, held.c.rows, *document_columns()).select_from(joined)
    with library.engine.connect() as connection:
        found = connection.execute(query.where(tables.documents.c.status == ACTIVE)).mappings().all()
    listed = (Table(to_document(row), Kind(row["kind"]), Audience(row["audience"]), row["rows"]) for row in found)
    return tuple(
        sorted(listed, key=lambda table: (table.kind, list(Audience).index(table.audience), table.document.edition, table.document.id))
    )


def rows_of(library: Library, wanted: Iterable[Table], code: str, second: str | None = None) -> tuple[TableRow, ...]:
    """Give the rows of `wanted` tables on a code (and on a second, where one is given), in the order of tables and lines."""
    held, by_id = tables.code_rows.c, {table.document.id: table for table in wanted}
    query = select(tables.code_files.c.document_id, *(held[name] for name in _ROW)).join(
        tables.code_files, tables.code_files.c.number == held.file
    )
    query = query.where(held.code == code, tables.code_files.c.document_id.in_(list(by_id)))
    if second is not None:
        query = query.where(held.second == second)
    with library.engine.connect() as connection:
        found = connection.execute(query.order_by(held.row)).all() if by_id else []
        rows = [
            TableRow(
                by_id[key], number, code, other, value, _day(since), _day(until), start, end, text_of_rows(connection, key, start, end)
            )
            for key, number, code, other, value, since, until, start, end in found
        ]
    order = list(by_id)
    return tuple(sorted(rows, key=lambda row: order.index(row.table.document.id)))


def count_rows(library: Library, table: Table, code: str) -> int:
    """Give how many rows of a table open with a code."""
    held, files = tables.code_rows.c, tables.code_files
    query = select(func.count()).select_from(tables.code_rows.join(files, files.c.number == held.file))
    with library.engine.connect() as connection:
        return int(connection.execute(query.where(held.code == code, files.c.document_id == table.document.id)).scalar() or 0)


def codes_tabled(library: Library, codes: Iterable[str]) -> frozenset[str]:
    """Give those of `codes` on which some table in use has a row, as its code or as the second of an edit."""
    held = tables.code_rows.c
    joined = tables.code_rows.join(tables.code_files, tables.code_files.c.number == held.file)
    joined = joined.join(tables.documents, tables.documents.c.id == tables.code_files.c.document_id)
    known = select(held.row).select_from(joined).where(tables.documents.c.status == ACTIVE).limit(1)
    second = (held.second == bindparam("code")) & (held.second != text("''"))
    with library.engine.connect() as connection:
        return frozenset(
            code
            for code in codes
            if any(connection.execute(known.where(which), {"code": code}).scalar() for which in (held.code == bindparam("code"), second))
        )


def _day(number: int | None) -> date | None:
    return date(number // 10_000, number // 100 % 100, number % 100) if number else None


@dataclass(frozen=True, slots=True)
class LibraryTables:
    """The code files of one library, for whoever looks codes up without knowing of SQL; None means of any document or publisher."""

    library: Library
    document_id: str | None = None
    publisher: str | None = None

    def tables(self) -> tuple[Table, ...]:
        """Give the code files in use."""
        return tuple(
            table
            for table in code_tables(self.library)
            if self.document_id in (None, table.document.id) and self.publisher in (None, table.document.publisher)
        )

    def rows(self, wanted: Iterable[Table], code: str, second: str | None = None) -> tuple[TableRow, ...]:
        """Give the rows of some of them on a code; see `rows_of`."""
        return rows_of(self.library, wanted, code, second)
