"""Read from the parts of an XLSX file what its values do not tell: number formats, hidden rows and columns, errors, formulas."""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree import ElementTree
from xml.parsers import expat

from ingest.extract.colours import WHITE, alike
from ingest.extract.grid import Row
from ingest.extract.number_format import GENERAL, UNSEEN

_MIN_POINTS = 2.0
_SMALL = "small"
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE]-\d+)?")
_THINNEST = {"ht": 2.0, "width": 0.3}
"""Height of a row in points and width of a column in characters below which nothing in it can be read."""
_CHUNK = 1 << 20


@dataclass(slots=True)
class LeftOut:
    """What is left out of one sheet: rows and columns by number (from 0), cells nobody sees, formulas without value, characters."""

    rows: list[int] = field(default_factory=list)
    columns: set[int] = field(default_factory=set)
    unseen: int = 0
    unstored: int = 0
    chars: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as its reader sees it."""

    name: str
    is_visible: bool
    rows: list[Row]
    left: LeftOut


@dataclass(slots=True)
class Layout:
    """What the XML of one sheet says beside the values; rows and columns count from 0.

    `shapes` gives, for rows that need it, a triple per cell: column, index of its style, whether it is a formula without
    stored text. Equal shapes are one object, for most rows of a sheet are alike. `rows` counts those that hold a value,
    `bottom` and `right` are the last row and column that do.
    """

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    shapes: dict[int, tuple[tuple[int, int, bool], ...]] = field(default_factory=dict)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    rows: int = 0
    bottom: int = -1
    right: int = -1


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Give the part of the archive that holds each sheet, by the name of the sheet."""
    book = _first(archive, "xl/workbook.xml")
    links = _first(archive, "xl/_rels/workbook.xml.rels")
    if book is None or links is None:
        return {}
    targets = {link.get("Id", ""): link.get("Target", "") for link in links}
    parts: dict[str, str] = {}
    for sheet in _named(book, "sheet"):
        target = targets.get(next((value for key, value in sheet.items() if key.endswith("}id")), ""), "")
        parts[sheet.get("name", "")] = posixpath.normpath(posixpath.join("xl", target)).lstrip("/") if target else ""
    return {name: part for name, part in parts.items() if part in archive.namelist()}


def read_title(archive: zipfile.ZipFile) -> str:
    """Give the title among the properties of an office file, "" where it has none."""
    core = _first(archive, "docProps/core.xml")
    return next(((node.text or "").strip() for node in _named(core, "title")), "") if core is not None else ""


def read_formats(archive: zipfile.ZipFile) -> tuple[str, ...]:
    """Give the number format of each style; one whose text nobody sees (white on white, under two points) shows nothing."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    styles = _first(archive, "xl/styles.xml")
    if styles is None:
        return ()
    custom = {node.get("numFmtId", ""): node.get("formatCode", "") for node in _named(styles, "numFmt")}
    looks = [_look(font) for fonts in _named(styles, "fonts") for font in fonts]
    grounds = [_ground(fill) for fills in _named(styles, "fills") for fill in fills]
    found: list[str] = []
    for style in (style for styles_of_cells in _named(styles, "cellXfs") for style in styles_of_cells):
        number = style.get("numFmtId", "0")
        pattern = custom.get(number) or BUILTIN_FORMATS.get(int(number) if number.isdecimal() else 0, GENERAL)
        look, ground = _at(looks, style.get("fontId", "")), _at(grounds, style.get("fillId", ""))
        found.append(UNSEEN if _is_unseen(look, ground or WHITE) else pattern)
    return tuple(found)


def _first(archive: zipfile.ZipFile, name: str) -> ElementTree.Element | None:
    return ElementTree.fromstring(archive.read(name)) if name in archive.namelist() else None


def _named(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (node for node in root.iter() if node.tag.rpartition("}")[2] == name)


def _at(values: list[str], index: str) -> str:
    return values[int(index)] if index.isdecimal() and int(index) < len(values) else ""


def _colour(node: ElementTree.Element | None) -> str:
    """Give a colour as six hexadecimal digits, or as the theme names it; "" where it is not told."""
    if node is None:
        return ""
    if node.get("theme"):
        return WHITE if node.get("theme") == "0" and not node.get("tint") else f"theme {node.get('theme')} {node.get('tint', '')}"
    return node.get("rgb", "")[-6:].upper()


def _is_unseen(look: str, ground: str) -> bool:
    return look == _SMALL or (bool(look) and (look == ground or alike(look, ground)))


def _look(font: ElementTree.Element) -> str:
    """Give `small` for a font that cannot be read, else its colour."""
    size = next((node.get("val", "") for node in _named(font, "sz")), "")
    if _NUMBER.fullmatch(size) and float(size) < _MIN_POINTS:
        return _SMALL
    return _colour(next(_named(font, "color"), None))


def _ground(fill: ElementTree.Element) -> str:
    """Give the colour of a fill, `mixed` for a pattern of several, "" for none."""
    pattern = next(_named(fill, "patternFill"), None)
    if pattern is None or pattern.get("patternType", "none") == "none":
        return "mixed" if any(_named(fill, "gradientFill")) else ""
    return (_colour(next(_named(pattern, "fgColor"), None)) or "mixed") if pattern.get("patternType") == "solid" else "mixed"


def read_layout(archive: zipfile.ZipFile, part: str, formats: tuple[str, ...]) -> Layout:
    """Read one sheet as a stream; nothing that it declares of its own size is believed.

    Raises:
        expat.ExpatError: the XML is damaged or declares a document type.
    """
    reader = _Reader(frozenset(n for n, pattern in enumerate(formats) if pattern != GENERAL))
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            reader.feed(chunk)
        reader.feed(b"", final=True)
    reader.close_row()
    return reader.layout


class _Reader:
    """Collects a `Layout` from the start tags of a sheet."""

    def __init__(self, styled: frozenset[int]) -> None:
        self.layout = Layout()
        self._styled = styled
        self._known: dict[tuple[tuple[int, int, bool], ...], tuple[tuple[int, int, bool], ...]] = {}
        self._row = self._column = -1
        self._cells: list[tuple[int, int, bool]] = []
        self._kind = ""
        self._valued = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = refuse_doctype

    def feed(self, chunk: bytes, *, final: bool = False) -> None:
        self._parser.Parse(chunk, final)

    def _start(self, tag: str, given: dict[str, str]) -> None:
        name = tag.rpartition(":")[2] if ":" in tag else tag
        if name == "c":
            self._open_cell(given)
        elif name in {"v", "is"}:
            self._open_value()
        elif name == "row":
            self.close_row()
            self._open_row(given)
        elif name == "f" and self._kind != "str" and self._cells:
            column, style, _ = self._cells[-1]
            self._cells[-1] = (column, style, True)
        elif name == "col" and _is_hidden(given, "width"):
            self.layout.hidden_columns |= set(range(int(given["min"]) - 1, min(int(given["max"]), 1 << 14)))

    def _open_row(self, given: dict[str, str]) -> None:
        self._row = int(given["r"]) - 1 if "r" in given else self._row + 1
        self._column = -1
        self._cells = []
        self._valued = False
        if _is_hidden(given, "ht"):
            self.layout.hidden_rows.add(self._row)

    def _open_cell(self, given: dict[str, str]) -> None:
        letters = given.get("r", "").rstrip("0123456789")
        self._column = column_index(letters) if letters else self._column + 1
        self._kind = given.get("t", "")
        self._cells.append((self._column, int(given.get("s", "0")), False))

    def _open_value(self) -> None:
        layout = self.layout
        if self._column > layout.right:
            layout.right = self._column
        self._valued = True
        if self._kind == "e":
            self._parser.CharacterDataHandler, self._parser.EndElementHandler = self._add_words, self._close_value

    def _close_value(self, _: str) -> None:
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None

    def _add_words(self, words: str) -> None:
        row = self.layout.errors.setdefault(self._row, {})
        row[self._column] = row.get(self._column, "") + words

    def close_row(self) -> None:
        """Keep what the row that ends here tells, if anything."""
        layout, shape = self.layout, tuple(cell for cell in self._cells if cell[2] or cell[1] in self._styled)
        if self._valued:
            layout.rows += 1
            layout.bottom = max(layout.bottom, self._row)
        if shape:
            layout.shapes[self._row] = self._known.setdefault(shape, shape)


def refuse_doctype(*_: object) -> None:
    """Refuse XML that declares a document type: no spreadsheet program writes one, and entities can grow without end."""
    raise expat.ExpatError("a document type is declared")


def _is_hidden(given: dict[str, str], size: str) -> bool:
    told = given.get(size, "")
    flat = bool(_NUMBER.fullmatch(told)) and float(told) < _THINNEST[size]
    return flat or given.get("hidden", "") in {"1", "true"}


@lru_cache(maxsize=1 << 14)
def column_index(letters: str) -> int:
    """Give the number of a column, from 0 for A."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(index: int) -> str:
    """Give the letters of a column, A for 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
