"""Spoil a data directory's indexes in many ways, each to be read by a process of its own."""

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.kills import read, run_writer
from tests.support import state

_Damage = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Damaged:
    """What a reader did with a damaged folder (its exit status), whether it gave what a scan gives, and whether an ingest mends it."""

    name: str
    status: int
    sound: bool
    mended: bool
    mirrored: bool
    """Whether Chroma was taken for whole in spite of it."""


def _bins(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*.bin")) if file.stat().st_size)


def _overwrite(file: Path, content: bytes, start: int = 0) -> None:
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(content)


def _each_bin(change: _Damage) -> _Damage:
    def apply(folder: Path) -> None:
        for file in _bins(folder):
            change(file)

    return apply


def _sqlite(change: _Damage) -> _Damage:
    return lambda folder: change(folder / "chroma.sqlite3")


def _scatter(file: Path, count: int) -> None:
    chance, content = random.Random(1), bytearray(file.read_bytes())
    for _ in range(count):
        content[chance.randrange(len(content))] = chance.randrange(256)
    file.write_bytes(content)


def _noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


CHROMA: dict[str, _Damage] = {
    "index files cut to half": _each_bin(lambda f: _overwrite_size(f, f.stat().st_size // 2)),
    "index files empty": _each_bin(lambda f: f.write_bytes(b"") and None),
    "index files zeroed": _each_bin(lambda f: f.write_bytes(bytes(f.stat().st_size)) and None),
    "index files noise at full size": _each_bin(lambda f: f.write_bytes(_noise(f.stat().st_size)) and None),
    "index headers set to ones": _each_bin(lambda f: _overwrite(f, b"\xff" * min(96, f.stat().st_size))),
    "index files with bytes changed here and there": _each_bin(lambda f: _scatter(f, 200 if f.stat().st_size > 1_000 else 3)),
    "database with bytes changed here and there": _sqlite(lambda f: _scatter(f, 400)),
    "one byte of each index file": _each_bin(lambda f: _overwrite(f, bytes([f.read_bytes()[-1] ^ 255]), f.stat().st_size - 1)),
    "index files bloated": _each_bin(lambda f: _overwrite(f, _noise(5_000_000), f.stat().st_size)),
    "index files missing": _each_bin(lambda f: f.unlink()),
    "database zeroed": _sqlite(lambda f: f.write_bytes(bytes(f.stat().st_size)) and None),
    "database cut to half": _sqlite(lambda f: _overwrite_size(f, f.stat().st_size // 2)),
    "database of noise after its header": _sqlite(lambda f: _overwrite(f, _noise(f.stat().st_size - 100), 100)),
    "database missing": _sqlite(lambda f: f.unlink()),
    "folder missing": lambda folder: shutil.rmtree(folder),
    "folder is a file": lambda folder: shutil.rmtree(folder) or (folder.write_text("x") and None),
}
VECTORS: dict[str, _Damage] = {
    "vectors cut to half": lambda folder: _overwrite_size(*_half(folder)),
    "vectors missing": lambda folder: shutil.rmtree(folder),
    "head is noise": lambda folder: (folder / "head.json").write_bytes(_noise(300)) and None,
}


def _overwrite_size(file: Path, size: int) -> None:
    with file.open("r+b") as opened:
        opened.truncate(size)


def _half(folder: Path) -> tuple[Path, int]:
    file = next(folder.glob("*-vectors"))
    return file, file.stat().st_size // 2


def try_damage(whole: Path, files: Path, data: Path, part: str, name: str) -> Damaged:
    """Copy a whole data directory, spoil one part of it, read it, ingest into it and read it again."""
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(whole, data)
    {"chroma": CHROMA, "vectors": VECTORS}[part][name](data / part)
    status, reply = read(data)
    sound = status == 0 and reply["asked"] == reply["scanned"] and len(reply["asked"]) == 5  # type: ignore[arg-type]
    mirrored = reply.get("mirrored") is True
    try:
        run_writer(data, files)
    except RuntimeError:
        return Damaged(name, status, sound, False, mirrored)
    after, mended = read(data)
    return Damaged(name, status, sound, after == 0 and mended["mirrored"] is True and state(data)[0] == state(whole)[0], mirrored)


def figures(folder: Path, whole: Path, files: Path) -> list[str]:
    """Try every kind of damage; give lines of a table."""
    lines = []
    for part, kinds in (("chroma", CHROMA), ("vectors", VECTORS)):
        found = [try_damage(whole, files, folder / "damaged", part, name) for name in kinds]
        bad = [f"{each.name} (exit {each.status})" for each in found if not (each.status == 0 and each.sound and each.mended)]
        lines.append(f"damage to {part}: read, answered and mended | {len(found) - len(bad)} of {len(found)} | {', '.join(bad)}")
    return lines
