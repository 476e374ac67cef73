"""Keep the rows and the canonical text of code files in the library's tables; the connection is that of the library's change."""

import itertools
from collections.abc import Iterable, Iterator
from datetime import date

from sqlalchemy import Connection, delete, func, select, text

from corpus.errors import Refusal, UnreadableDocument
from ingest import tables
from ingest.code_files.row import About, Row
from ingest.documents import Reading

_BATCH = 2_000
_PIECES_AT_ONCE = 20
_INSERT_ROWS = (
    'INSERT INTO code_rows (file, code, second, value, valid_from, valid_to, number, start, "end") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'
)
_INSERT_TEXT = "INSERT INTO code_texts (file, start, text) VALUES (?, ?, ?)"
_PIECES = "SELECT start, text FROM code_texts WHERE file = :file AND start < :end AND start >= (SELECT max(start) FROM code_texts WHERE file = :file AND start <= :start) ORDER BY start"


def store_rows(connection: Connection, document_id: str, about: About, rows: Iterable[Row | None]) -> Reading:
    """Store the rows of a document that was just inserted, as they come; give how many were read and skipped.

    Raises:
        UnreadableDocument: no row can be read.
    """
    held = tables.code_files
    number = int(connection.execute(select(func.coalesce(func.max(held.c.number), 0))).scalar_one()) + 1
    first = int(connection.execute(select(func.coalesce(func.max(held.c.last_row), 0))).scalar_one()) + 1
    values = {"number": number, "document_id": document_id, "kind": about.kind, "audience": about.audience}
    connection.execute(held.insert().values(**values, rows=0, first_row=first, last_row=first))
    read = skipped = offset = 0
    for batch in _batches(rows):
        good = [row for row in batch if row is not None]
        skipped += len(batch) - len(good)
        if good:
            start, ends = offset, list(itertools.accumulate((len(row.line) + 1 for row in good), initial=offset))
            offset, read = ends[-1], read + len(good)
            connection.exec_driver_sql(_INSERT_ROWS, [_values(number, row, at) for row, at in zip(good, ends, strict=False)])
            connection.exec_driver_sql(_INSERT_TEXT, (number, start, "".join(row.line + "\n" for row in good)))
    if not read:
        raise UnreadableDocument(f"{about.title}: none of its {skipped:,} rows can be read", Refusal.DAMAGED)
    last = int(connection.execute(select(func.max(tables.code_rows.c.row))).scalar_one())
    connection.execute(held.update().where(held.c.number == number).values(rows=read, first_row=last - read + 1, last_row=last))
    return Reading(rows=read, rows_skipped=skipped)


def forget_rows(connection: Connection, document_id: str) -> None:
    """Erase the rows and the text of a code file; of any other document there are none."""
    held = tables.code_files.c
    found = connection.execute(select(held.number, held.first_row, held.last_row).where(held.document_id == document_id)).one_or_none()
    if found:
        number, first, last = found
        connection.execute(delete(tables.code_rows).where(tables.code_rows.c.row.between(first, last)))
        connection.execute(delete(tables.code_texts).where(tables.code_texts.c.file == number))
        connection.execute(delete(tables.code_files).where(held.number == number))


def text_of_rows(connection: Connection, document_id: str, start: int = 0, end: int | None = None) -> str:
    """Give characters `[start, end)` of the canonical text of a code file (to its end for None), "" for any other document."""
    number = connection.execute(select(tables.code_files.c.number).where(tables.code_files.c.document_id == document_id)).scalar()
    if number is None:
        return ""
    last = 1 << 62 if end is None else end
    pieces = connection.execute(text(_PIECES), {"file": number, "start": start, "end": last}).all()
    if not pieces:
        return ""
    return "".join(words for _, words in pieces)[start - pieces[0].start : last - pieces[0].start]


def rows_hold(connection: Connection, document_id: str, words: str) -> bool:
    """Tell whether a row of a code file has some words; of any other document none has."""
    joined = tables.code_texts.join(tables.code_files, tables.code_files.c.number == tables.code_texts.c.file)
    query = select(tables.code_texts.c.start).select_from(joined).where(tables.code_files.c.document_id == document_id)
    return connection.execute(query.where(func.instr(tables.code_texts.c.text, words) > 0).limit(1)).first() is not None


def active_texts(connection: Connection) -> Iterator[tuple[str, str]]:
    """Give the texts of the code files in use, piece by piece, each with the id of its document."""
    joined = tables.code_texts.join(tables.code_files, tables.code_files.c.number == tables.code_texts.c.file)
    joined = joined.join(tables.documents, tables.documents.c.id == tables.code_files.c.document_id)
    query = select(tables.documents.c.id, tables.code_texts.c.text).select_from(joined).where(tables.documents.c.status == tables.ACTIVE)
    found = connection.execution_options(yield_per=_PIECES_AT_ONCE).execute(
        query.order_by(tables.documents.c.id, tables.code_texts.c.start)
    )
    yield from ((identity, words) for identity, words in found)


def day_number(value: date) -> int:
    """Give a day as the tables keep it, yyyymmdd."""
    return value.year * 10_000 + value.month * 100 + value.day


def _batches(rows: Iterable[Row | None]) -> Iterator[list[Row | None]]:
    waiting = iter(rows)
    while batch := list(itertools.islice(waiting, _BATCH)):
        yield batch


def _values(number: int, row: Row, start: int) -> tuple[object, ...]:
    since, until = row.valid_from and day_number(row.valid_from), row.valid_to and day_number(row.valid_to)
    return number, row.code.replace(".", ""), row.second, row.value, since, until, row.number, start, start + len(row.line)
