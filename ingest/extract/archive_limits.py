"""What a zipped document may be made of, checked before any of it is parsed."""

import io
import zipfile
import zlib
from pathlib import Path

from corpus.errors import Refusal, UnreadableDocument

MAX_MEMBERS = 2_000
MAX_INFLATED = 200_000_000
MAX_RATIO = 200
_SMALL = 1_000_000
_CHUNK = 1 << 20
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, UnicodeDecodeError)
"""What reading a damaged zip raises: of an encrypted member `RuntimeError`, of a method that is not known `NotImplementedError`."""
_NOT_READ = (*DAMAGED, OSError, ValueError)


def member_names(content: bytes, path: Path) -> frozenset[str]:
    """Give the names of the members of a zipped document that keeps within the limits.

    The inflated sizes are counted, not taken from the directory. No member is written anywhere.

    Raises:
        UnreadableDocument: there are too many members, two have one name, they inflate too far, one is an archive itself, or it is
            damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise _bomb(path, f"{len(members):,} parts")
            if len({member.filename for member in members}) < len(members):  # readers differ on which one they take
                raise UnreadableDocument(f"{path}: two of its parts have one name; save it again from its program", Refusal.DAMAGED)
            total = 0
            for member in members:
                total += _inflated(archive, member, MAX_INFLATED - total, path)
    except _NOT_READ as error:
        encrypted = isinstance(error, RuntimeError) and "encrypted" in str(error)
        told = "encrypted; remove the password" if encrypted else "damaged; save it again from its source"
        raise UnreadableDocument(f"{path}: {told} and retry", Refusal.ENCRYPTED if encrypted else Refusal.DAMAGED) from error
    return frozenset(member.filename for member in members)


def _inflated(archive: zipfile.ZipFile, member: zipfile.ZipInfo, room: int, path: Path) -> int:
    size = 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            if not size and chunk.startswith(b"PK\x03\x04"):
                raise _bomb(path, "an archive inside")
            size += len(chunk)
            if size > room or (size > _SMALL and size > MAX_RATIO * max(1, member.compress_size)):
                raise _bomb(path, "parts that unpack to far more than they take")
    return size


def _bomb(path: Path, what: str) -> UnreadableDocument:
    return UnreadableDocument(f"{path}: {what}; such a file is not read: save its content anew and retry", Refusal.BOMB_LIMIT)
