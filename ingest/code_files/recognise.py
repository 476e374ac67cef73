"""Recognise a code file by its content, plain, alone in a zip, or a workbook, and stream its rows within limits."""

import codecs
import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from corpus.errors import Refusal, UnreadableDocument, UnsupportedFormat
from ingest.code_files.editions import find_edition
from ingest.code_files.edits import find_audience
from ingest.code_files.layouts import find_layout
from ingest.code_files.row import About, Audience, Kind, Layout, Row
from ingest.code_files.sheets import lines_of
from ingest.extract.archive_limits import MAX_MEMBERS
from ingest.extract.workbook import OLE

MAX_BYTES = 300_000_000
MAX_ROWS = 5_000_000
_HEAD_BYTES = 65_536
_CHUNK_BYTES = 1_048_576
_ZIP = b"PK\x03\x04"
_TEXTS = (".txt", ".csv")
_TITLE_LINES = 12
_AUTHORITIES = {Kind.HCPCS: "code set", Kind.ICD: "code set"}
_SPLIT_BY_AUDIENCE = {Kind.PTP, Kind.MUE}


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A code file that was recognised: where its bytes are, in which layout, and what its first lines say.

    `content` is what is read instead of the file at `path`: an upload, or the lines of a workbook, whose media type is `sheet`.
    `member` is what is read of a zip, "" where it is none.
    """

    path: Path
    member: str
    layout: Layout
    titles: tuple[str, ...]
    content: bytes | None = None
    sheet: str = ""

    @property
    def media_type(self) -> str:
        """The type of the file as it was given."""
        return self.sheet or ("application/zip" if self.member else "text/plain")

    def about(self, by_hand: Mapping[str, str]) -> About:
        """Give what the file is: told by hand first (edition, title), then by its first lines, then by its name."""
        named = (self.path.stem, Path(self.member).stem)
        kind = self.layout.kind
        edition, since, until = find_edition(kind, (by_hand.get("edition", ""), *self.titles, *reversed(named)))
        audience = find_audience((by_hand.get("title", ""),))
        if audience is Audience.ANY:
            audience = self.layout.audience or find_audience(reversed(named))
        if kind not in _SPLIT_BY_AUDIENCE:
            audience = Audience.ANY
        return About(kind, audience, edition, since, until, _AUTHORITIES.get(kind, "Medicare manual"))

    def encoding(self) -> str:
        """Give the encoding, UTF-8 where every byte of the file is, else Windows-1252; reads the file once.

        Raises:
            UnreadableDocument: it is larger than 300 MB, or damaged.
        """
        decoder, size, utf8 = codecs.getincrementaldecoder("utf-8")(), 0, True
        with _told(self.path), self._opened() as content:
            while piece := content.read(_CHUNK_BYTES):
                size += len(piece)
                if size > MAX_BYTES:
                    raise UnreadableDocument(f"{self.path}: larger than {MAX_BYTES // 1_000_000} MB; split it", Refusal.TOO_LARGE)
                try:
                    decoder.decode(piece) if utf8 else None
                except UnicodeDecodeError:
                    utf8 = False
        return "utf-8-sig" if utf8 else "cp1252"

    def rows(self, encoding: str) -> Iterator[Row | None]:
        """Give the rows one by one as the file is read, `None` for one that cannot be read.

        Raises:
            UnreadableDocument: it is damaged, or has more than 5,000,000 rows.
        """
        with _told(self.path), self._opened() as content:
            lines = io.TextIOWrapper(content, encoding=encoding, errors="replace", newline="")
            for count, row in enumerate(self.layout.rows(lines), 1):
                if count > MAX_ROWS:
                    raise UnreadableDocument(f"{self.path}: more than {MAX_ROWS:,} rows; split it", Refusal.TOO_MANY_ROWS)
                yield row

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        with _file(self.path, self.content) as file:
            if not self.member:
                yield file
                return
            with zipfile.ZipFile(file) as archive, archive.open(self.member) as inflated:
                yield inflated


def sha256_of(path: Path, content: bytes | None = None) -> str:
    """Give the SHA-256 of `content`, or of the file at `path`, read piece by piece.

    Raises:
        UnreadableDocument: it cannot be read.
    """
    try:
        with _file(path, content) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableDocument(f"{path}: cannot be read ({error.strerror})", Refusal.UNREADABLE) from error


def recognise(path: Path, content: bytes | None = None) -> CodeFile | None:
    """Give the code file at `path`, or that is `content`, None where it is none; the name is not looked at.

    Raises:
        UnsupportedFormat: a zip or a workbook holds several of them.
        UnreadableDocument: a workbook that may be one is too large.
    """
    try:
        with _file(path, content) as file:
            head = file.read(_HEAD_BYTES)
            if head.startswith(_ZIP):
                return _in_zip(path, content, file)
            return _of_sheet(path, *lines_of(file, path)) if head.startswith(OLE) else _of_head(path, "", head, content)
    except OSError:
        return None  # who reads it next says why


def _in_zip(path: Path, content: bytes | None, file: IO[bytes]) -> CodeFile | None:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if table := _of_sheet(path, *lines_of(file, path, archive)):
                return table
            if len(members) > MAX_MEMBERS:
                return None
            found = [
                code_file
                for member in members
                if member.filename.lower().endswith(_TEXTS) and member.file_size <= MAX_BYTES and not member.flag_bits & 1
                if (code_file := _of_member(path, content, archive, member))
            ]
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, ValueError):  # damaged: who reads it next says so
        return None
    if len(found) > 1:
        names = ", ".join(sorted(Path(code_file.member).name for code_file in found)[:4])
        raise UnsupportedFormat(f"{path}: holds {len(found)} code files ({names}); unpack it and ingest each", Refusal.UNKNOWN_TYPE)
    return found[0] if found else None


def _of_sheet(path: Path, media_type: str, lines: bytes) -> CodeFile | None:
    table = _of_head(path, "", lines[:_HEAD_BYTES], lines) if lines else None
    return replace(table, sheet=media_type) if table else None


def _of_member(path: Path, content: bytes | None, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> CodeFile | None:
    with archive.open(member) as inflated:
        return _of_head(path, member.filename, inflated.read(_HEAD_BYTES), content)


def _of_head(path: Path, member: str, head: bytes, content: bytes | None) -> CodeFile | None:
    if b"\0" in head:
        return None
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < _HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        text = head.decode("cp1252", errors="replace")
    lines = text.splitlines()
    lines = lines if len(head) < _HEAD_BYTES else lines[:-1]
    layout = find_layout(lines)
    if layout is None:
        return None
    titles = tuple(line.strip() for line in lines[:_TITLE_LINES] if layout.has_titles and _is_title(line))
    return CodeFile(path, member, layout, titles, content)


def _is_title(line: str) -> bool:
    """Tell a line of words above a table from its header and its rows."""
    return (
        "copyright" not in line.lower()
        and sum(bool(cell.strip(' "')) for cell in line.replace("\t", ",").split(",")) <= 3
        and len(line) < 250
    )


def _file(path: Path, content: bytes | None) -> io.BufferedReader | io.BytesIO:
    return path.open("rb") if content is None else io.BytesIO(content)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, csv.Error, OSError) as error:
        raise UnreadableDocument(f"{path}: damaged ({error})", Refusal.DAMAGED) from error
