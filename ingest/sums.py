"""Checksums of files that are made from the library: what was written is told from what a disk or a program has changed since."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from zlib import crc32

_PIECE = 1 << 20


def crc_of(file: Path, size: int | None = None) -> int:
    """Give the CRC-32 of a file, or of its first `size` bytes.

    Raises:
        OSError: it cannot be read.
    """
    total, left = 0, file.stat().st_size if size is None else size
    with file.open("rb") as content:
        while piece := content.read(min(left, _PIECE)):
            total, left = crc32(piece, total), left - len(piece)
    return total


def sums_of(files: Iterable[Path], folder: Path) -> dict[str, list[int]]:
    """Give size and CRC-32 of each file, by its path below `folder`."""
    return {str(file.relative_to(folder)): [file.stat().st_size, crc_of(file)] for file in files}


def sums_since(files: Iterable[Path], folder: Path, known: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Give size, time of change in nanoseconds and CRC-32 of each file, by its path below `folder`.

    Of a file whose size and time are those `known`, the sum is taken over: reading all of a large library at each change would
    make a change as slow as the library is large. What changes bytes and leaves the time is not seen by this.
    """
    found = {}
    for file in files:
        name, looks = str(file.relative_to(folder)), [(told := file.stat()).st_size, told.st_mtime_ns]
        found[name] = [*looks, known[name][-1] if name in known and list(known[name][:2]) == looks else crc_of(file)]
    return found
