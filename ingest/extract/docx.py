"""Read DOCX: headings, paragraphs, lists and tables in their order, without what no reader of the document sees."""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.errors import Refusal, UnreadableDocument
from ingest.canonical import canonical
from ingest.codes import find_codes
from ingest.documents import BlockKind, Reading
from ingest.extract.blocks import Extracted, RawBlock
from ingest.extract.colours import WHITE, alike
from ingest.extract.plain import plain_blocks

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_TITLES = {"title": 1, "subtitle": 2}
_LIST = re.compile(r"list|bullet|number", re.IGNORECASE)
_GENERIC = re.compile(r"^\W*(?:untitled|document\d*|microsoft word.*|word document)\W*$|\.docx?\W*$", re.IGNORECASE)
_CONTENTS = re.compile(r"toc (?:\d|heading)", re.IGNORECASE)
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_WHITE_THEMES = {"background1", "light1"}
_NARROWEST_PERCENT = 10.0
_OFF_PAGE_TWIPS = -10_000
_AWAY = re.compile(r"visibility\s*:\s*hidden|(?:left|top|margin-left|margin-top)\s*:\s*-\d{4,}", re.IGNORECASE)
_NOT_SHOWN = {f"{_W}moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_LEAST_HALF_POINTS = 4
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_LONGEST = len(b"<!DOCTYPE")
_PIECE_BYTES = 1 << 20
_NOTES = ("footnotes", "endnotes")


def read_docx(content: bytes, path: Path) -> Extracted:
    """Give the blocks of a Word document; headings are told by their styles.

    Hidden, white and tiny runs are left out and counted, deleted text and comments are left out and told of; running heads and
    feet become boilerplate; footnotes follow at the end.

    Raises:
        UnreadableDocument: it is damaged, or declares entities.
    """
    import docx

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if any(_declares(archive, name) for name in names if name.endswith((".xml", ".rels"))):
                raise UnreadableDocument(f"{path}: declares XML entities; save it again from Word and retry", Refusal.BOMB_LIMIT)
            notes = {name: archive.read(part) for name in _NOTES if (part := f"word/{name}.xml") in names}
        reader = _Reader(docx.Document(io.BytesIO(content)))
        blocks = (*reader.running(), *reader.body(), *reader.notes(notes))
    except UnreadableDocument:
        raise
    except Exception as error:  # the parsers below raise errors of many kinds on damaged files
        raise UnreadableDocument(f"{path}: damaged Word document; open it in Word, save it and retry", Refusal.DAMAGED) from error
    reading = Reading(hidden_chars=reader.left["hidden"], notes=tuple(reader.told(has_comments="word/comments.xml" in names)))
    return Extracted(MEDIA_TYPE, blocks, reader.title(), reading=reading, structured=True)


class _Reader:
    """Reads one document and counts what it leaves out."""

    def __init__(self, document: "Document") -> None:
        self._document = document
        self._styles = {style.get(f"{_W}styleId"): style for style in document.styles.element.iter(f"{_W}style")}
        self._names = {key: _name_of(style) for key, style in self._styles.items() if style.get(f"{_W}type", "paragraph") == "paragraph"}
        self._default = next((self._names[key] for key in self._names if self._styles[key].get(f"{_W}default") in {"1", "true", "on"}), "")
        self.left: Counter[str] = Counter()

    def title(self) -> str:
        told = (self._document.core_properties.title or "").strip()
        return "" if _GENERIC.search(told) else told

    def body(self) -> Iterator[RawBlock]:
        yield from self._blocks(self._document._body)

    def running(self) -> Iterator[RawBlock]:
        """Give heads and feet, each once; a section without one of its own has that of the section before."""
        own = [part for section in self._document.sections for part in (section.header, section.footer) if not part.is_linked_to_previous]
        parts = {part.part.partname: part for part in own}
        told = dict.fromkeys(self._words(paragraph) for part in parts.values() for paragraph in part.paragraphs)
        yield from (RawBlock(BlockKind.BOILERPLATE, words) for words in told if words)

    def notes(self, parts: dict[str, bytes]) -> Iterator[RawBlock]:
        """Give footnotes and endnotes under a heading of their own."""
        from docx.oxml import parse_xml

        for name, part in parts.items():
            texts = [self._run_words(note) for note in parse_xml(part) if note.get(f"{_W}type") is None]
            if any(texts):
                yield RawBlock(BlockKind.HEADING, name.capitalize(), 1)
                yield from (RawBlock(BlockKind.PARAGRAPH, words) for words in texts if words)

    def told(self, *, has_comments: bool) -> Iterator[str]:
        """Give what was left out beside hidden text, in plain sentences."""
        if self.left["deleted"]:
            yield f"{self.left['deleted']} characters of tracked deletions left out"
        if has_comments:
            yield "comments left out"

    def _blocks(self, parent: Any) -> Iterator[RawBlock]:
        from docx.table import Table
        from docx.text.paragraph import Paragraph

        for part in _parts(parent._element):
            if part.tag == f"{_W}p":
                yield from self._paragraph(Paragraph(part, parent))
            else:
                yield from self._table(Table(part, parent))

    def _paragraph(self, paragraph: "Paragraph") -> Iterator[RawBlock]:
        words = self._words(paragraph)
        if not words:
            return
        style = self._style(paragraph)
        level = self._level(paragraph, style)
        if _CONTENTS.match(style):
            yield RawBlock(BlockKind.BOILERPLATE, words)
        elif level:
            yield RawBlock(BlockKind.HEADING, " ".join(words.split()), level)
        elif _LIST.search(style) or paragraph._p.find(f"{_W}pPr/{_W}numPr") is not None:
            yield RawBlock(BlockKind.ITEM, " ".join(words.split()))
        else:
            for block in plain_blocks(words):
                yield block if block.kind is not BlockKind.HEADING else RawBlock(BlockKind.PARAGRAPH, block.text)

    def _style(self, paragraph: "Paragraph") -> str:
        """Give the name of a paragraph's style; asked of the document, it looks through all styles each time."""
        told = paragraph._p.find(f"{_W}pPr/{_W}pStyle")
        return self._names.get(told.get(f"{_W}val"), self._default) if told is not None else self._default

    def _level(self, paragraph: "Paragraph", style: str) -> int:
        outline = paragraph._p.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None and (value := int(outline.get(f"{_W}val", "9"))) < 6:
            return value + 1
        found = _HEADING.match(style)
        return min(6, int(found[1])) if found else _TITLES.get(style.lower(), 0)

    def _table(self, table: "Table") -> Iterator[RawBlock]:
        rows = [self._cells(row) for row in table.rows]
        rows = [row for row in rows if any(row)]
        if all(len(row) == 1 for row in rows):
            yield from (RawBlock(BlockKind.PARAGRAPH, row[0]) for row in rows)
            return
        for index, row in enumerate(rows):
            header = index == 0 and len(rows) > 1 and not find_codes(canonical(row[0]))
            yield RawBlock(BlockKind.TABLE_HEADER if header else BlockKind.TABLE_ROW, " | ".join(row))

    def _cells(self, row: Any) -> list[str]:
        """Give the words of each cell of a row; a merged cell counts once."""
        cells: dict[int, _Cell] = {id(cell._tc): cell for cell in row.cells}
        return [" ".join(" ".join(block.text for block in self._blocks(cell)).split()) for cell in cells.values()]

    def _words(self, paragraph: "Paragraph") -> str:
        return self._run_words(paragraph._p)

    def _run_words(self, node: Any) -> str:
        """Give the words of the runs below a node that a reader sees, links, insertions and text boxes included."""
        words: list[str] = []
        last = None
        for run in node.iter(f"{_W}r"):
            text = "".join(self._piece(child) for child in run)
            self.left["deleted"] += sum(len(child.text or "") for child in run if child.tag == f"{_W}delText")
            if not text or any(above.tag in _NOT_SHOWN for above in run.iterancestors()):
                continue
            if self._is_hidden(run):
                self.left["hidden"] += len(text.strip())
                continue
            within = next(run.iterancestors(f"{_W}p"), None)
            words.append(text if last in (None, within) else f"\n{text}")
            last = within
        return "".join(words).strip()

    def _is_hidden(self, run: Any) -> bool:
        """Tell a run that is hidden, of the colour of its ground or of none, tiny or off the page, by itself, its styles or its place."""
        looks = list(self._looks(run))
        if _first(looks, "vanish", "false") not in {"0", "false", "off"} or any(map(_is_away, run.iterancestors())):
            return True
        if float(_first(looks, "sz", "24")) < _LEAST_HALF_POINTS or float(_first(looks, "w", "100").rstrip("%")) <= _NARROWEST_PERCENT:
            return True
        if any(look.find(f"{_W14}textFill/{_W14}noFill") is not None for look in looks[:1]):
            return True
        return alike(_colour(looks), _ground(run, looks))

    def _looks(self, run: Any) -> Iterator[Any]:
        """Give what sets the look of a run, the nearest first: itself, its style, the style of its paragraph, and their bases."""
        within = next(run.iterancestors(f"{_W}p"), None)
        own = run.find(f"{_W}rPr")
        if own is not None:
            yield own
        for told in (run.find(f"{_W}rPr/{_W}rStyle"), within.find(f"{_W}pPr/{_W}pStyle") if within is not None else None):
            seen: set[str] = set()
            while told is not None and (name := told.get(f"{_W}val")) in self._styles and name not in seen:
                seen.add(name)
                yield from self._styles[name].findall(f"{_W}rPr")
                told = self._styles[name].find(f"{_W}basedOn")

    @staticmethod
    def _piece(child: Any) -> str:
        if child.tag == f"{_W}t":
            return child.text or ""
        return {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}.get(child.tag, "")


def _name_of(style: Any) -> str:
    name = style.find(f"{_W}name")
    return str(name.get(f"{_W}val", "")) if name is not None else ""


def _declares(archive: zipfile.ZipFile, name: str) -> bool:
    """Tell whether a part declares a document type or an entity; it is looked through piece by piece, and none is kept."""
    before = b""
    with archive.open(name) as stream:
        while piece := stream.read(_PIECE_BYTES):
            if _DOCTYPE.search(before + piece):
                return True
            before = piece[-_LONGEST:]
    return False


def _parts(parent: Any) -> Iterator[Any]:
    """Give the paragraphs and tables below a node in their order, those in content controls included."""
    for child in parent:
        if child.tag in {f"{_W}p", f"{_W}tbl"}:
            yield child
        elif child.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml"}:
            yield from _parts(child)


def _first(looks: list[Any], name: str, default: str) -> str:
    """Give the nearest value of a property of runs; one that is named without a value is on."""
    found = next((node for look in looks if (node := look.find(f"{_W}{name}")) is not None), None)
    return default if found is None else str(found.get(f"{_W}val", "true"))


def _colour(looks: list[Any]) -> str:
    """Give the colour of a run as six hexadecimal digits, "" where it is that of other text or not known."""
    found = next((node for look in looks if (node := look.find(f"{_W}color")) is not None), None)
    if found is None:
        return ""
    if theme := found.get(f"{_W}themeColor"):
        plain = not (found.get(f"{_W}themeShade") or found.get(f"{_W}themeTint"))
        return WHITE if theme in _WHITE_THEMES and plain else ""
    return str(found.get(f"{_W}val", "")).upper()


def _ground(run: Any, looks: list[Any]) -> str:
    """Give the colour behind a run: its own shade, that of its paragraph or of a cell around it, else white; "" where not known."""
    if any(look.find(f"{_W}highlight") is not None for look in looks):
        return ""
    nodes = [node for look in looks for node in look.findall(f"{_W}shd")]
    for above in run.iterancestors(f"{_W}p", f"{_W}tc"):  # in others, which may hold thousands of paragraphs, none is looked for
        nodes += above.findall(f"{_W}pPr/{_W}shd") + above.findall(f"{_W}tcPr/{_W}shd")
    fills = [(node.get(f"{_W}fill") or "").upper() for node in nodes]
    return next((fill for fill in fills if fill not in {"", "AUTO"}), WHITE)


def _is_away(node: Any) -> bool:
    """Tell what holds words that are not on the page: a hidden row, a frame or a shape off the page."""
    if node.tag == f"{_W}tr":
        hidden = node.find(f"{_W}trPr/{_W}hidden")
        return hidden is not None and hidden.get(f"{_W}val", "true") not in {"0", "false", "off"}
    if node.tag == f"{_W}p":
        frame = node.find(f"{_W}pPr/{_W}framePr")
        return frame is not None and any(_twips(frame.get(f"{_W}{side}")) < _OFF_PAGE_TWIPS for side in ("x", "y"))
    return bool(_AWAY.search(node.get("style", "")))


def _twips(told: str | None) -> int:
    return int(told) if told and re.fullmatch(r"-?\d+", told) else 0
