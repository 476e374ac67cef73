"""Give a code table that is kept as a workbook (XLSX, XLSB, XLS, ODS) the lines of its text form, row for row.

Whether it may be one is told from the names of its columns, or from its codes, without a parser. The workbook itself is read in a child.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import IO

from corpus.errors import Refusal, UnreadableDocument, UnsupportedFormat
from ingest.code_files.layouts import find_layout
from ingest.extract.archive_limits import MAX_MEMBERS
from ingest.extract.number_format import Value, shown
from ingest.extract.ocr import Recognise
from ingest.extract.workbook import BINARY, OFFICE, OLD, OPEN, find_kind
from ingest.sandbox import Sandbox

MAX_INFLATED = 600_000_000
MAX_OLD_BYTES = 100_000_000
_LOOKED_AT = 60
_CHUNK_BYTES = 1 << 20
_ALL = MAX_INFLATED // _CHUNK_BYTES
_PARTS = {
    OFFICE: ("xl/sharedStrings.xml", "xl/worksheets/"),
    BINARY: ("xl/sharedStrings.bin", "xl/worksheets/"),
    OPEN: ("", "content.xml"),
}
"""Where a kind of workbook keeps its words, and its sheets, of which the first megabyte tells enough."""
_WORDS = (
    (b"column", b"deletion", b"modifier"),
    (b"mue", b"adjudication"),
    (b"hcpcs", b"glob", b"rvu"),
    (b"hcpc", b"long desc", b"short desc"),
)
_CODE_OF_DIAGNOSIS = rb"(?![a-v]\d{4}(?![0-9a-z]))[a-z]\d[0-9a-z](?:\.?[0-9a-z]{1,4})?"
_IN_XML = re.compile(rb">(?:\d{5} )?" + _CODE_OF_DIAGNOSIS + rb"(?= +[01] |<)")
_IN_BINARY = re.compile(rb"(?<![0-9a-z.])" + _CODE_OF_DIAGNOSIS + rb"(?![0-9a-z.])")
_FEWEST_DIAGNOSES = 3
_CPU_SECONDS, _WALL_SECONDS, _MEMORY_BYTES = 120, 180, 2_000_000_000


def lines_of(content: IO[bytes], path: Path, archive: zipfile.ZipFile | None = None) -> tuple[str, bytes]:
    """Give the type of a workbook and the lines, with commas, as UTF-8, of the code table that it holds, none where it holds none.

    `archive` is the workbook as a zip, where it is one.

    Raises:
        UnreadableDocument: it unpacks to over 600 MB, or is too large to be read in time.
        UnsupportedFormat: several of its sheets are such tables.
    """
    media_type = _kind(archive) if archive else OLD
    pieces = _pieces_of(archive, media_type) if archive else _old_pieces(content)
    if not _may_hold_table(pieces, _IN_XML if media_type in (OFFICE, OPEN) else _IN_BINARY):
        return media_type, b""
    if archive and sum(member.file_size for member in archive.infolist()) > MAX_INFLATED:
        raise UnreadableDocument(f"{path}: unpacks to more than {MAX_INFLATED // 1_000_000} MB; split it", Refusal.TOO_LARGE)
    content.seek(0)
    with Sandbox(f"{__name__}:read_lines", cpu_s=_CPU_SECONDS, wall_s=_WALL_SECONDS, memory=_MEMORY_BYTES) as child:
        return media_type, child.reply(content.read(), path)


def _kind(archive: zipfile.ZipFile) -> str:
    return find_kind(archive) if len(archive.namelist()) <= MAX_MEMBERS else ""


def _pieces_of(archive: zipfile.ZipFile, media_type: str) -> Iterator[bytes]:
    names = archive.namelist()
    strings, sheets = _PARTS.get(media_type, ("", "-"))
    held = _pieces(archive, strings, _ALL) if strings in names else iter(())
    return chain(held, *(_pieces(archive, name, 1) for name in names if name.startswith(sheets)))


def _pieces(archive: zipfile.ZipFile, name: str, count: int) -> Iterator[bytes]:
    with archive.open(name) as stream:
        yield from islice(iter(lambda: stream.read(_CHUNK_BYTES), b""), count)


def _old_pieces(content: IO[bytes]) -> Iterator[bytes]:
    content.seek(0, io.SEEK_END)
    if content.tell() <= MAX_OLD_BYTES:
        content.seek(0)
        yield from iter(lambda: content.read(_CHUNK_BYTES), b"")


def _may_hold_table(pieces: Iterable[bytes], diagnosis: re.Pattern[bytes]) -> bool:
    """Tell whether all words of one header are found, or codes of diagnoses, which have none; letters may take two bytes each."""
    missing, codes = [set(words) for words in _WORDS], set[bytes]()
    for piece in pieces:
        told = piece.lower().replace(b"\0", b"")
        for words in missing:
            words -= {word for word in words if word in told}
        codes |= set(islice((found[0] for found in diagnosis.finditer(told)), _FEWEST_DIAGNOSES))
        if not all(missing) or len(codes) >= _FEWEST_DIAGNOSES:
            return True
    return False


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
    """Give the lines of a sheet, one for each of its rows, b"" where it has no layout that is known.

    They are those of its cells, parted by commas, or of its first column alone, where the lines of a text file stand whole.
    """
    waiting = iter(rows)
    first = list(islice(waiting, _LOOKED_AT))
    for write in (_write_cells, _write_lines):
        top = io.StringIO()
        write(top, first)
        if find_layout(top.getvalue().splitlines()):
            write(top, waiting)
            return top.getvalue().encode()
    return b""


def _write_cells(out: IO[str], rows: Iterable[Sequence[Value]]) -> None:
    csv.writer(out, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)


def _write_lines(out: IO[str], rows: Iterable[Sequence[Value]]) -> None:
    firsts = (str(row[0]) if row else "" for row in rows)
    out.writelines(" ".join(line.splitlines()) + "\n" for line in firsts)


def _cell(value: Value) -> str:
    return " ".join((value if isinstance(value, str) else shown(value)).split())
