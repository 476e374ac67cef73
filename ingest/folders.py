"""Find the files below folders that Codecite reads, and tell which it leaves alone and why."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import IngestError, Refusal
from ingest.extract.sniff import SUFFIXES
from ingest.library import FILE

_LOCK_PREFIX = "~$"
"""Begins the name of the file that an office program keeps beside one that is open."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file, link or folder that is not read, and why."""

    path: Path
    refusal: Refusal
    reason: str


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found: files by their real path, what is left out, how many of each other ending, folders with nothing to read."""

    files: tuple[tuple[str, Path], ...]
    left_out: tuple[LeftOut, ...]
    other_endings: Mapping[str, int]
    empty: tuple[Path, ...]

    def require_some(self) -> None:
        """Check that every folder holds something to read.

        Raises:
            IngestError: one does not.
        """
        if self.empty:
            raise IngestError(f"{self.empty[0]}: nothing to read here; Codecite reads {', '.join(SUFFIXES)}")


def walk(paths: Iterable[Path], *, missing_ok: bool = False) -> Walk:
    """Find the files that `paths` name and, below folders, those of a known ending; each once, in order.

    Below a folder, what is hidden, a file that an office program keeps beside an open one, and a library of Codecite are
    passed over. A link is followed to a file that lies in one of `paths`, else left out. Nothing is opened.

    Raises:
        IngestError: a path is neither file nor folder, or does not exist (`missing_ok`: for a file that is no error).
    """
    given = [(path, _is_folder(path, missing_ok)) for path in paths]
    inside = tuple(os.path.realpath(path) for path, _ in given)
    files: dict[str, Path] = {}
    left_out: list[LeftOut] = []
    endings: Counter[str] = Counter()
    empty = []
    for (path, is_folder), real in zip(given, inside, strict=True):
        found = list(_below(path, real, inside)) if is_folder else [(real, path)]
        for key, file in sorted((f for f in found if isinstance(f, tuple)), key=lambda f: f[1]):
            if is_folder or os.path.lexists(file):
                files.setdefault(key, file)
        left_out += sorted((f for f in found if isinstance(f, LeftOut)), key=lambda f: f.path)
        endings.update(f for f in found if isinstance(f, str))
        if all(isinstance(f, str) for f in found):
            empty.append(path)
    return Walk(tuple(files.items()), tuple(left_out), endings, tuple(empty))


def is_below(file: str | Path, roots: Iterable[str]) -> bool:
    """Tell whether a real path is one of the real paths `roots` or lies below one."""
    return any(Path(file).is_relative_to(root) for root in roots)


def is_gone(file: str) -> bool:
    """Tell whether there is surely no such file: one that cannot be looked at is not gone."""
    try:
        Path(file).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def is_hidden(name: str) -> bool:
    """Tell whether files and folders of this name are passed over."""
    return name.startswith((".", _LOCK_PREFIX))


def _is_folder(path: Path, missing_ok: bool) -> bool:
    try:
        if path.is_dir():
            return True
        present = path.exists()
    except OSError as error:
        raise IngestError(f"{path}: cannot be read ({error.strerror})") from error
    if not present and not missing_ok:
        raise IngestError(f"{path}: no such file or folder")
    if present and not path.is_file():
        raise IngestError(f"{path}: neither a file nor a folder")
    return False


def _below(root: Path, real: str, inside: tuple[str, ...]) -> Iterator[tuple[str, Path] | LeftOut | str]:
    """Give each file below a folder with its real path, what is left out, and the ending of any other file."""
    waiting = [(root, Path(real))]
    while waiting:
        folder, place = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                entries = [entry for entry in listed if not is_hidden(entry.name)]
        except OSError as error:
            yield LeftOut(folder, Refusal.UNREADABLE, f"the folder cannot be read ({error.strerror})")
            continue
        if folder != root and any(entry.name == FILE for entry in entries):
            continue
        for entry in entries:
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append((path, place / entry.name))
            elif entry.is_symlink():
                yield _linked(path, inside)
            elif entry.is_file(follow_symlinks=False):
                yield (str(place / entry.name), path) if path.suffix.lower() in SUFFIXES else path.suffix.lower()
            else:
                yield LeftOut(path, Refusal.NOT_A_FILE, "a pipe, socket or device; only files are read")


def _linked(path: Path, inside: tuple[str, ...]) -> tuple[str, Path] | LeftOut | str:
    target = Path(os.path.realpath(path))
    if not target.is_dir() and path.suffix.lower() not in SUFFIXES:
        return path.suffix.lower()
    if not is_below(target, inside):
        return LeftOut(path, Refusal.LINK_OUTSIDE, f"a link to {target}, outside the folder; name that path itself to have it read")
    if target.is_file():
        return str(target), path
    told = "a link to a folder; only links to files are followed" if target.is_dir() else "a link to nothing that can be read"
    return LeftOut(path, Refusal.NOT_A_FILE, told)
