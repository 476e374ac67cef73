"""Give a code table that is kept as a workbook (XLSX) the lines of its text form, row for row.

Whether it may be one is told from the names of its columns, without a parser. The workbook itself is read in a child.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO

from corpus.errors import Refusal, UnreadableDocument, UnsupportedFormat
from ingest.code_files.layouts import find_layout
from ingest.extract.archive_limits import MAX_MEMBERS
from ingest.extract.number_format import Value, shown
from ingest.extract.ocr import Recognise
from ingest.sandbox import Sandbox

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_INFLATED = 600_000_000
_LOOKED_AT = 60
_CHUNK_BYTES = 1 << 20
_STRINGS = "xl/sharedStrings.xml"
_SHEETS = "xl/worksheets/"
_WORDS = (
    (b"column", b"deletion", b"modifier"),
    (b"mue", b"adjudication"),
    (b"hcpcs", b"glob", b"rvu"),
    (b"hcpc", b"long desc", b"short desc"),
)
_CPU_SECONDS, _WALL_SECONDS, _MEMORY_BYTES = 120, 180, 2_000_000_000


def lines_of(archive: zipfile.ZipFile, content: IO[bytes], path: Path) -> bytes:
    """Give the lines of the code table that a workbook holds, with commas, as UTF-8; none where it holds none.

    Raises:
        UnreadableDocument: it unpacks to over 600 MB, or is too large to be read in time.
        UnsupportedFormat: several of its sheets are such tables.
    """
    if not _may_hold_table(archive):
        return b""
    if sum(member.file_size for member in archive.infolist()) > MAX_INFLATED:
        raise UnreadableDocument(f"{path}: unpacks to more than {MAX_INFLATED // 1_000_000} MB; split it", Refusal.TOO_LARGE)
    content.seek(0)
    with Sandbox(f"{__name__}:read_lines", cpu_s=_CPU_SECONDS, wall_s=_WALL_SECONDS, memory=_MEMORY_BYTES) as child:
        return child.reply(content.read(), path)


def _may_hold_table(archive: zipfile.ZipFile) -> bool:
    names = archive.namelist()
    if "xl/workbook.xml" not in names or len(names) > MAX_MEMBERS:
        return False
    strings = _pieces(archive, _STRINGS, MAX_INFLATED // _CHUNK_BYTES) if _STRINGS in names else iter(())
    missing = [set(words) for words in _WORDS]
    return any(_strike(missing, piece) for piece in chain(strings, *(_pieces(archive, name, 1) for name in names if _SHEETS in name)))


def _strike(missing: list[set[bytes]], piece: bytes) -> bool:
    """Take the words that a piece holds from those that are looked for; tell whether all of one table are found."""
    for words in missing:
        words -= {word for word in words if word in piece}
    return not all(missing)


def _pieces(archive: zipfile.ZipFile, name: str, count: int) -> Iterator[bytes]:
    with archive.open(name) as stream:
        yield from (piece.lower() for piece in islice(iter(lambda: stream.read(_CHUNK_BYTES), b""), count))


def read_lines(content: bytes, path: Path, _: Recognise | None = None) -> bytes:
    """Do what `lines_of` gives; it runs in the child. What cannot be read as a workbook gives no lines.

    Raises:
        UnsupportedFormat: several sheets are such tables.
    """
    from python_calamine import CalamineError, SheetTypeEnum, SheetVisibleEnum, load_workbook

    try:
        with load_workbook(io.BytesIO(content)) as book:
            seen = [
                about.name
                for about in book.sheets_metadata
                if about.typ == SheetTypeEnum.WorkSheet and about.visible == SheetVisibleEnum.Visible
            ]
            found = [lines for name in seen if (lines := _table(book.get_sheet_by_name(name).iter_rows()))]
    except (CalamineError, ValueError, LookupError, OSError):
        return b""
    if len(found) > 1:
        raise UnsupportedFormat(f"{path}: holds {len(found)} code tables; save each sheet as a file of its own", Refusal.UNKNOWN_TYPE)
    return found[0] if found else b""


def _table(rows: Iterable[list[Value]]) -> bytes:
    """Give the lines of a sheet, one for each of its rows, b"" where it has no layout that is known."""
    out = io.StringIO()
    writer, waiting = csv.writer(out, lineterminator="\n"), iter(rows)
    for row in islice(waiting, _LOOKED_AT):
        writer.writerow([_cell(value) for value in row])
    if not find_layout(out.getvalue().splitlines()):
        return b""
    for row in waiting:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue().encode()


def _cell(value: Value) -> str:
    return " ".join((value if isinstance(value, str) else shown(value)).split())
