"""A whole library as one file: a zip of every SQL table as JSON Lines, with a manifest of what it must hold.

What follows from the tables (lexical index, vector files, Chroma) is not part of it. `docs/library.md` describes the form.
"""

import base64
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Column, Connection, Date, Integer, LargeBinary, Table, func, select

from corpus.errors import ArchiveRefused, LibraryUnusable
from ingest import tables
from ingest.extract.archive_limits import DAMAGED
from ingest.library import ACTIVE, Library, digest_of, fact, now

FORMAT = "codecite.library/1"
MAX_RATIO = 200
"""The most that a member may inflate by; the vectors of a real library keep it below 10."""
_SMALL = 10_000_000
_MANIFEST = "manifest.json"
_MANIFEST_BYTES = 100_000
_LINE_BYTES = 128_000_000
_STREAMED = 500
_INT = 1 << 63


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says of itself: whose library at which revision, its digest, and the number of rows of each table.

    `documents` counts those in use; `exported_at` is an ISO 8601 instant.
    """

    format: str
    schema: int
    identity: str
    revision: int
    exported_at: str
    documents: int
    digest: str
    rows: dict[str, int]


def export_library(library: Library, file: Path) -> Manifest:
    """Write a library, as it is at one moment, to `file`, which is replaced in one step.

    Raises:
        LibraryUnusable: the file cannot be written.
    """
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        with library.engine.connect() as connection, zipfile.ZipFile(part, "x", zipfile.ZIP_DEFLATED) as archive:
            rows = {table.name: _write(connection, table, archive) for table in tables.metadata.sorted_tables}
            manifest = _manifest(connection, rows)
            archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
        part.replace(file)
    except OSError as error:
        raise LibraryUnusable(f"{file} cannot be written ({error.strerror or error}); give another place or free some space") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


class Archive:
    """An archive that is open for reading and has the members, sizes and manifest of one."""

    def __init__(self, file: Path, content: zipfile.ZipFile) -> None:
        """Check it.

        Raises:
            ArchiveRefused: it is no archive of a library of this version, or would unpack to far more than it takes.
        """
        self._name = file.name
        self._content = content
        self.inflated = self._check_members()
        self.manifest = self._read_manifest()

    def rows(self, table: Table) -> Iterator[dict[str, Any]]:
        """Give the rows of a table, each value of its column's type.

        Raises:
            ArchiveRefused: a row is not of this table, or there are more or fewer than the manifest says.
        """
        count, read = 0, _reader(table)
        with self._content.open(_member(table)) as lines:
            while line := lines.readline(_LINE_BYTES):
                count += 1
                try:
                    yield read(line)
                except (ValueError, TypeError, AttributeError, RecursionError) as error:
                    raise self.refused(f"line {count:,} of {_member(table)} is no row of that table") from error
        if count != self.manifest.rows[table.name]:
            raise self.refused(f"{_member(table)} has {count:,} rows, its manifest says {self.manifest.rows[table.name]:,}")

    def refused(self, why: str) -> ArchiveRefused:
        """Give the error that says why it is not restored."""
        return ArchiveRefused(f"{self._name}: {why}; nothing was changed")

    def _check_members(self) -> int:
        members = self._content.infolist()
        wanted = sorted([_MANIFEST, *(_member(table) for table in tables.metadata.sorted_tables)])
        names = sorted(member.filename for member in members)
        if names != wanted:
            odd = next(iter([n for n in names if n not in wanted] or [n for n in wanted if n not in names] or names))
            raise self.refused(f"not an archive of a library of this version (its parts are not the expected ones: {odd[:80]!r})")
        for member in members:
            if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self.refused("it is encrypted or packed in a way that is not read")
            if member.file_size > max(_SMALL, MAX_RATIO * member.compress_size):
                raise self.refused("it would unpack to far more than it takes")
        return sum(member.file_size for member in members)

    def _read_manifest(self) -> Manifest:
        with self._content.open(_MANIFEST) as stream:
            content = stream.read(_MANIFEST_BYTES + 1)
        if len(content) > _MANIFEST_BYTES:
            raise self.refused("its manifest cannot be read")
        try:
            found = TypeAdapter(Manifest).validate_json(content, strict=True)
        except ValidationError as error:
            raise self.refused("its manifest cannot be read") from error
        if found.format != FORMAT or found.schema != tables.SCHEMA_VERSION:
            told = f"{found.format}, schema {found.schema}; this version reads {FORMAT}, schema {tables.SCHEMA_VERSION}"
            raise self.refused(f"written by another version of Codecite ({told})")
        if found.rows.keys() != {table.name for table in tables.metadata.sorted_tables}:
            raise self.refused("its manifest does not count every table")
        return found


@contextmanager
def open_archive(file: Path) -> Iterator[Archive]:
    """Open an archive and check its members, sizes and manifest; its rows are checked as they are read.

    Raises:
        ArchiveRefused: it is none, is not of this version, or is damaged, also where that shows while it is read.
    """
    try:
        with zipfile.ZipFile(file) as content:
            yield Archive(file, content)
    except DAMAGED as error:
        raise ArchiveRefused(f"{file.name}: not an archive of a library, or damaged; nothing was changed") from error
    except FileNotFoundError as error:
        raise ArchiveRefused(f"{file}: there is no such file") from error


def _manifest(connection: Connection, rows: dict[str, int]) -> Manifest:
    in_use = connection.execute(select(func.count()).where(tables.documents.c.status == ACTIVE)).scalar_one()
    identity, revision = fact(connection, "identity") or "", int(fact(connection, "revision") or 0)
    return Manifest(FORMAT, tables.SCHEMA_VERSION, identity, revision, now(), int(in_use), digest_of(connection), rows)


def _member(table: Table) -> str:
    return f"{table.name}.jsonl"


def _write(connection: Connection, table: Table, archive: zipfile.ZipFile) -> int:
    count, names = 0, [column.name for column in table.columns]
    found = connection.execution_options(yield_per=_STREAMED).execute(select(table))
    with archive.open(_member(table), "w", force_zip64=True) as member:
        for row in found:
            values = dict(zip(names, map(_plain, row), strict=True))
            member.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            count += 1
    return count


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value


def _reader(table: Table) -> Callable[[bytes], dict[str, Any]]:
    """Give what reads a line as a row of a table, each value of its column's type; raises `ValueError` or `TypeError` where it is none."""
    kinds = {column.name: (column.nullable, _kind(column)) for column in table.columns}

    def read(line: bytes) -> dict[str, Any]:
        if not line.endswith(b"\n"):
            raise ValueError("cut, or longer than any row")
        values = json.loads(line)
        if values.keys() != kinds.keys():
            raise ValueError("other columns")
        return {name: None if optional and values[name] is None else kind(values[name]) for name, (optional, kind) in kinds.items()}

    return read


def _kind(column: Column[Any]) -> Callable[[Any], object]:
    if isinstance(column.type, Integer):
        return _number
    if isinstance(column.type, LargeBinary):
        return lambda value: base64.b64decode(_text(value), validate=True)
    return (lambda value: date.fromisoformat(_text(value))) if isinstance(column.type, Date) else _text


def _number(value: Any) -> int:
    if type(value) is not int or not -_INT <= value < _INT:
        raise ValueError("not a number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode()  # half of a surrogate pair is no text
    return value
