"""Make workbooks in the binary forms that no package at hand writes: XLS (MS-XLS in MS-CFB) and XLSB (MS-XLSB), one sheet each."""

import io
import struct
import zipfile
from collections.abc import Iterable, Iterator, Sequence

Cell = str | int | float | None
Rows = Iterable[Sequence[Cell]]
_SECTOR, _LAST, _FREE, _TABLE = 512, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
)
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="bin" '
    'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
)


def old_workbook(rows: Rows, title: str = "Edits") -> bytes:
    """Give an XLS file (BIFF8) whose one sheet holds `rows`; an empty cell is not written."""
    return _compound("Workbook", _biff(rows, title))


def binary_workbook(rows: Rows, title: str = "Edits") -> bytes:
    """Give an XLSB file whose one sheet holds `rows`; an empty cell is not written."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS.format(kind="officeDocument", target="xl/workbook.bin"))
        archive.writestr("xl/_rels/workbook.bin.rels", _RELATIONS.format(kind="worksheet", target="worksheets/sheet1.bin"))
        sheet = _part(0x9C, struct.pack("<II", 0, 1) + _wide("rId1") + _wide(title))
        archive.writestr("xl/workbook.bin", b"".join([_part(0x83), _part(0x8F), sheet, _part(0x90), _part(0x9D), _part(0x84)]))
        archive.writestr("xl/worksheets/sheet1.bin", _binary_sheet(rows))
    return held.getvalue()


# -- XLSB: records of type and length in seven bits a byte -----------------------------------------------------


def _binary_sheet(rows: Rows) -> bytes:
    held = [list(row) for row in rows]
    size = struct.pack("<IIII", 0, len(held) - 1, 0, max(map(len, held)) - 1)
    parts = [_part(0x81), _part(0x94, size), _part(0x91)]
    for number, row in enumerate(held):
        parts.append(_part(0x00, struct.pack("<IIHBBBI", number, 0, 0, 0, 0, 0, 0)))
        for column, value in enumerate(row):
            at = struct.pack("<II", column, 0)
            if isinstance(value, str):
                parts.append(_part(0x06, at + _wide(value)))
            elif value is not None:
                parts.append(_part(0x05, at + struct.pack("<d", value)))
    return b"".join([*parts, _part(0x92), _part(0x82)])


def _part(kind: int, content: bytes = b"") -> bytes:
    return _sevens(kind) + _sevens(len(content)) + content


def _sevens(number: int) -> bytes:
    """Write a number seven bits a byte; of the type of a record the first byte keeps its high bit as it is written."""
    out = bytearray()
    while True:
        out.append(number & 0x7F | (0x80 if number >= 0x80 else 0))
        number >>= 7
        if not number:
            return bytes(out)


def _wide(words: str) -> bytes:
    return struct.pack("<I", len(words)) + words.encode("utf-16-le")


# -- XLS: records of two bytes for type and length, in a file system of its own --------------------------------


def _biff(rows: Rows, title: str) -> bytes:
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    name = struct.pack("<BB", len(title), 1) + title.encode("utf-16-le")
    length = len(start) + 4 + 6 + len(name) + 4
    sheet = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)), *_old_cells(rows), _record(0x0A)]
    return b"".join([start, _record(0x85, struct.pack("<IBB", length, 0, 0) + name), _record(0x0A), *sheet])


def _old_cells(rows: Rows) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            at = struct.pack("<HHH", number, column, 0)
            if isinstance(value, str):
                yield _record(0x0204, at + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
            elif value is not None:
                yield _record(0x0203, at + struct.pack("<d", value))


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound(name: str, content: bytes) -> bytes:
    """Give a compound file with one stream: header, table of sectors, directory, content."""
    content = content.ljust(4096, b"\0")  # what is shorter would belong into a stream of its own
    count = -(-len(content) // _SECTOR)
    tables = -(-(count + 2) // 128)
    tables = -(-(count + 1 + tables) // 128)
    chain = [_TABLE] * tables + [_LAST] + [tables + 2 + n for n in range(count - 1)] + [_LAST]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, tables, 0, 4096, _LAST, 0, _LAST, 0, 0)
    header = header[:-4] + struct.pack(f"<{tables}I", *range(tables))
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(tables * _SECTOR, b"\xff")
    entries = _entry("Root Entry", 5, _LAST, 0, child=1) + _entry(name, 2, tables + 1, len(content)) + 2 * _entry("", 0, 0, 0)
    return header.ljust(_SECTOR, b"\xff") + fat + entries + content.ljust(count * _SECTOR, b"\0")


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    wide = (name + "\0" * bool(name)).encode("utf-16-le")
    return wide.ljust(64, b"\0") + struct.pack("<HBBIII36xIQ", len(wide), kind, 1, _FREE, _FREE, child, start, size)
