"""Where a command may write a file: names and places that would harm are refused, and a file that is there is asked about."""

import os
import secrets
import shutil
import stat
from pathlib import Path

import click

from corpus.errors import CodeciteError
from ui.safe_text import one_line, printable

_BREAKS = frozenset("\t\n")


def check_target(file: Path, folder: Path, *, yes: bool, asks: bool = True) -> None:
    """Check, before any work, that a file can be written and may be; `folder` is the data directory, whose files are never written over.

    A file that is there is asked about on the terminal unless `yes`; where `asks` is false it is refused.

    Raises:
        CodeciteError: its name holds characters that are not shown, its place is a folder, device, pipe or broken link, or cannot
            be written, or it is a file of the library, or is there and was not to be asked about.
        click.Abort: the reader says no.
    """
    shown = str(file)
    if printable(shown) != shown or not _BREAKS.isdisjoint(shown):
        raise CodeciteError(f"the name {one_line(shown)!r} holds characters that are not shown; give another name")
    try:
        there = _is_there(file)
        if there and file.resolve().is_relative_to(folder.resolve()):
            raise CodeciteError(f"{shown} is a file of the library; give another name")
        if not os.access(file.resolve().parent, os.W_OK | os.X_OK):
            raise CodeciteError(f"{shown} cannot be written (its folder is missing or may not be written); give another place")
    except OSError as error:
        raise unwritable(file, error) from error
    if there and not yes:
        if not asks:
            raise CodeciteError(f"{shown} is there already; give another name, or --yes to write over it")
        click.confirm(f"Write over {shown}?", abort=True, err=True)


def write_target(file: Path, content: bytes) -> None:
    """Write a file whole or leave what was there.

    Raises:
        CodeciteError: it cannot be written.
    """
    place = Path(os.path.realpath(file))
    part = place.with_name(f".codecite.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        if place.exists():
            shutil.copymode(place, part)
        part.replace(place)
    except OSError as error:
        raise unwritable(file, error) from error
    finally:
        part.unlink(missing_ok=True)


def unwritable(file: Path, error: OSError) -> CodeciteError:
    """Give the error that says in one line why a file cannot be written."""
    return CodeciteError(f"{one_line(str(file))[:200]} cannot be written ({error.strerror or error}); give another place")


def _is_there(file: Path) -> bool:
    """Say whether there is a plain file, also behind a link."""
    try:
        kind = file.lstat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(kind) and file.is_file():
        return True
    if not stat.S_ISREG(kind):
        raise CodeciteError(f"{one_line(str(file))} is no plain file; give the name of a file")
    return True
