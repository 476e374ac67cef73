"""The library's vectors in files that are mapped, never loaded: searched exactly, or by one-bit codes and then exactly.

The files are made from the library and can be made again. They follow it by its revision: a sync appends what is
new, and what a reader does not find in them yet it takes from the library itself, so that every answer is of the
library's present state. A file is never changed where a reader may look: vectors are only appended, the scopes
(which say what is in use) are written anew, and the head, replaced in one step, says how much of each is valid.
"""

import json
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ingest.changes import Batch, Changes, Rows, Scopes, State, changes, state_of, stored_vectors
from ingest.embed import Vectors
from ingest.library import Library
from ingest.sums import crc_of
from ingest.tables import OUT_OF_USE

_log = logging.getLogger(__name__)
Allowed = NDArray[np.bool_]
"""For each scope id whether its passages may be given."""
Blocks = NDArray[np.uint64]
"""One-bit codes, shape (blocks, words of 64 bits, _BLOCK): one word of many vectors lies together, as a scan reads it."""
_FORMAT = 1
_HEAD = "head.json"
_WORD = 64
_BLOCK = 16_384
_FAR = 1 << 15
_CODED_FROM = 20_000
_EXACT_MOST = 16_384
_DRAW_LEAST, _DRAW_SHARE = 8_192, 32
_RESCORED, _RESCORED_PER_ROW = 4_096, 16
_SAMPLE = 50_000
_PROBES = 8
_KEPT_MASKS = 8
_GATHERED = 256


@dataclass(frozen=True, slots=True)
class Segment:
    """Vectors in ascending order of their rows; `codes` is None where there are too few to need them."""

    rows: Rows
    scopes: Scopes
    vectors: Vectors
    codes: Blocks | None = None

    def positions(self, rows: Rows) -> Rows:
        """Give where the vectors of `rows` are, those of one row together; rows that are not here are left out."""
        first, last = np.searchsorted(self.rows, rows, "left"), np.searchsorted(self.rows, rows, "right")
        counts = last - first
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        found: Rows = np.repeat(first, counts) + within
        return found

    def between(self, first: int, last: int) -> slice:
        """Give where the vectors of the rows from `first` to `last` are."""
        return slice(int(np.searchsorted(self.rows, first, "left")), int(np.searchsorted(self.rows, last, "right")))

    def with_scopes(self, found: Changes) -> "Segment":
        """Give the same vectors under their present scopes."""
        scopes = np.array(self.scopes)
        positions = self.positions(found.rows)
        if len(positions):
            scopes[positions] = found.scopes[np.searchsorted(found.rows, self.rows[positions])]
        for first, last in found.erased:
            scopes[self.between(first, last)] = OUT_OF_USE
        return replace(self, scopes=scopes)


@dataclass(frozen=True, slots=True)
class View:
    """All vectors of the library at one moment: those in the files, and those that the files do not hold yet."""

    state: State
    mean: Vectors
    segments: tuple[Segment, Segment]
    _masks: dict[tuple[int, bytes], Allowed] = field(default_factory=dict)

    @property
    def dimension(self) -> int:
        """Length of a vector, 0 in an empty library."""
        return max(int(segment.vectors.shape[1]) for segment in self.segments)

    @property
    def last_row(self) -> int:
        """The highest row that has a vector here."""
        return max((int(segment.rows[-1]) for segment in self.segments if len(segment.rows)), default=0)

    def count(self, allowed: Allowed) -> int:
        """Give how many vectors are allowed."""
        return sum(int(np.count_nonzero(self._mask(number, allowed))) for number in range(len(self.segments)))

    def scopes_of(self, rows: Rows) -> Scopes:
        """Give the scope of each row, `OUT_OF_USE` where it is not known."""
        scopes = np.zeros(len(rows), dtype=np.int32)
        for segment in self.segments:
            places = np.searchsorted(segment.rows, rows)
            known = places < len(segment.rows)
            known[known] = segment.rows[places[known]] == rows[known]
            scopes[known] = segment.scopes[places[known]]
        return scopes

    def nearest(self, vector: Vectors, allowed: Allowed, limit: int) -> dict[int, float]:
        """Give the `limit` allowed rows with the highest cosine: exactly where few are allowed, else those that the codes draw."""
        masks = [self._mask(number, allowed) for number in range(len(self.segments))]
        parts = [(segment, self._promising(segment, mask, vector, limit)) for segment, mask in zip(self.segments, masks, strict=True)]
        return _best(parts, vector, limit)

    def _promising(self, segment: Segment, mask: Allowed, vector: Vectors, limit: int) -> Rows:
        """Give where the vectors are that are worth an exact look: all that are allowed where they are few."""
        many, drawn = int(np.count_nonzero(mask)), max(_DRAW_LEAST, len(mask) // _DRAW_SHARE)
        if segment.codes is None or many <= _EXACT_MOST:
            return np.flatnonzero(mask)
        if many > drawn:
            distances = _distances(segment.codes, len(mask), self._code(vector))
            distances[~mask] = _FAR
        positions = _least(distances, drawn) if many > drawn else np.flatnonzero(mask)
        return _foremost(segment.codes, positions, vector, max(_RESCORED, _RESCORED_PER_ROW * limit))

    def nearest_of(self, rows: Rows, vector: Vectors, limit: int) -> dict[int, float]:
        """Give the `limit` rows among `rows` with the highest cosine, by the codes first where there are many."""
        parts = []
        for segment in self.segments:
            positions = segment.positions(rows)
            if segment.codes is not None and len(positions) > _EXACT_MOST:
                positions = _foremost(segment.codes, positions, vector, max(_RESCORED, _RESCORED_PER_ROW * limit))
            parts.append((segment, positions))
        return _best(parts, vector, limit)

    def cosines(self, rows: Iterable[int], vector: Vectors) -> dict[int, float]:
        """Give for each row that has a vector its best cosine with `vector`."""
        wanted = np.unique(np.fromiter(rows, dtype=np.int64))
        return _best([(segment, segment.positions(wanted)) for segment in self.segments], vector, len(wanted))

    def with_changes(self, found: Changes) -> "View":
        """Give the view of a later moment, what is new held in memory."""
        base, extra = (segment.with_scopes(found) for segment in self.segments)
        extra = _joined([extra, *(Segment(b.rows, b.scopes, b.vectors) for b in found.batches)])
        return View(found.state, self.mean, (base, extra))

    def _mask(self, number: int, allowed: Allowed) -> Allowed:
        key = (number, allowed.tobytes())
        mask = self._masks.get(key)
        if mask is None:
            mask = np.append(allowed, False).take(self.segments[number].scopes, mode="clip")
            if len(self._masks) >= _KEPT_MASKS:
                self._masks.clear()
            self._masks[key] = mask
        return mask

    def _code(self, vector: Vectors) -> NDArray[np.uint64]:
        code: NDArray[np.uint64] = _codes(vector[None], self.mean)[0]
        return code


@dataclass(frozen=True, slots=True)
class _Head:
    """What the files hold: `count` vectors of the library's `revision`, `erased` of which belong to no passage any more."""

    format: int
    identity: str
    revision: int
    embedder: str
    dimension: int
    count: int
    erased: int
    files: str
    mean: list[float]
    """Subtracted before the sign is taken; empty where there are no codes."""
    sums: dict[str, int] = field(default_factory=dict)
    """CRC-32 of rows, vectors and scopes, as far as they are valid; empty where they were begun before it was noted."""
    times: dict[str, int] = field(default_factory=dict)
    """When vectors and codes were written last, in nanoseconds."""

    def sizes(self) -> dict[str, int]:
        """Give the least size of each file in bytes."""
        sizes = {"rows": 8 * self.count, "vectors": 4 * self.dimension * self.count, f"scopes-{self.revision}": 4 * self.count}
        if self.mean:
            sizes["codes"] = -(-self.count // _BLOCK) * _BLOCK * 8 * _words(self.dimension)
        return {f"{self.files}-{name}": size for name, size in sizes.items()}


class VectorFiles:
    """The vectors of one open library, at its present revision whatever the files' own."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._view: View | None = None
        self._looking = Lock()

    def look(self) -> View:
        """Give the library's vectors as they are at this moment."""
        with self._looking:
            revision = self._library.revision()
            if self._view is None or self._view.state.revision != revision:
                self._view = self._follow(self._view)
            return self._view

    def _follow(self, view: View | None) -> View:
        mapped = open_files(self._library)
        if view is None or (mapped is not None and mapped.state.revision > view.state.revision):
            view = mapped or _empty()
        with changes(self._library, since=view.state.revision, after_row=view.last_row, dimension=view.dimension) as found:
            if view.state.identity in ("", found.state.identity):
                return view if found.state == view.state else view.with_changes(found)
        return self._follow(None)  # another library was put in its place


def files_folder(library: Library) -> Path:
    """Give the folder of a library's vector files."""
    return library.folder / "vectors"


def open_files(library: Library) -> View | None:
    """Map the vector files; None where there are none, they are another library's, or they are cut."""
    folder = files_folder(library)
    for _ in range(3):  # a writer may take away what the head named a moment ago
        head = _read_head(folder)
        if head is None or head.identity != library.identity():
            return None
        try:
            return _mapped(folder, head)
        except (OSError, ValueError) as error:
            _log.debug("vector files of revision %s: %s", head.revision, error)
    _log.warning("the vector files in %s are damaged; the library itself answers until the next ingest", folder)
    return None


def sync_files(library: Library) -> None:
    """Bring the vector files to the library's revision, by what has changed where that can be. Needs the writer's lock."""
    folder = files_folder(library)
    folder.mkdir(parents=True, exist_ok=True)
    head, held = _read_head(folder), open_files(library)
    state = state_of(library)
    if head is None or held is None or head.embedder != state.embedder or not (_is_whole(folder, head) and _is_sound(library, held)):
        _build(library, folder)
    elif head.revision != state.revision:
        _append(library, folder, head, held)
    _sweep(folder)


def _build(library: Library, folder: Path) -> None:
    with changes(library) as found:
        head = _Head(_FORMAT, found.state.identity, found.state.revision, found.state.embedder, 0, 0, 0, secrets.token_hex(4), [])
        _write(folder, head, np.zeros(0, dtype=np.int32), found.batches)


def _append(library: Library, folder: Path, head: _Head, held: View) -> None:
    with changes(library, since=head.revision, after_row=held.last_row, dimension=head.dimension) as found:
        base = held.segments[0].with_scopes(found)
        gone = sum(base.between(first, last).stop - base.between(first, last).start for first, last in found.erased)
        if 2 * (head.erased + gone) <= len(base.rows):
            moved = replace(head, revision=found.state.revision, erased=head.erased + gone)
            _write(folder, moved, base.scopes, found.batches)
            return
    _build(library, folder)


def _write(folder: Path, head: _Head, scopes: Scopes, batches: Iterator[Batch]) -> None:
    """Append batches behind the first `head.count` vectors, whose scopes are `scopes`; then let the head name them."""
    notes_sums = not head.count or bool(head.sums)
    all_scopes, count, dimension, sums = [scopes], head.count, head.dimension, dict(head.sums)
    with (
        _appending(folder / f"{head.files}-rows", 8 * count) as rows,
        _appending(folder / f"{head.files}-vectors", 4 * dimension * count) as vectors,
    ):
        for batch in batches:
            for name, file, values in (("rows", rows, batch.rows), ("vectors", vectors, batch.vectors)):
                content = values.tobytes()
                file.write(content)
                sums[name] = crc32(content, sums.get(name, 0))
            all_scopes.append(batch.scopes)
            count, dimension = count + len(batch.rows), int(batch.vectors.shape[1])
        for file in (rows, vectors):
            file.flush()
            os.fsync(file.fileno())
    content = np.concatenate(all_scopes).tobytes()
    (folder / f"{head.files}-scopes-{head.revision}").write_bytes(content)
    sums["scopes"] = crc32(content)
    coded = head.count if head.mean else 0
    head = replace(head, count=count, dimension=dimension)
    if count >= _CODED_FROM:
        matrix = _map(folder / f"{head.files}-vectors", np.float32, (count, dimension))
        if not head.mean:
            head = replace(head, mean=matrix[:: -(-count // _SAMPLE)].mean(axis=0).tolist())
        _write_codes(folder / f"{head.files}-codes", matrix, np.array(head.mean, dtype=np.float32), coded)
    kinds = [kind for kind in ("vectors", "codes") if (folder / f"{head.files}-{kind}").exists()]
    times = {kind: _written_at(folder, head, kind) for kind in kinds}
    head = replace(head, sums=sums if notes_sums else {}, times=times)
    replace_file(folder / _HEAD, json.dumps(asdict(head)))


def _write_codes(file: Path, matrix: Vectors, mean: Vectors, first: int) -> None:
    """Write the codes of the vectors from `first` on; the file grows by whole blocks.

    Written, not mapped: on a full disk a mapped file ends the process by a signal.
    """
    count, words = len(matrix), _words(matrix.shape[1])
    size = _BLOCK * 8 * words
    with file.open("r+b" if first else "wb") as opened:
        for block in range(first // _BLOCK, -(-count // _BLOCK)):
            start, end = max(first, block * _BLOCK), min(count, (block + 1) * _BLOCK)
            opened.seek(block * size)
            held = opened.read(size) if start > block * _BLOCK else bytes(size)
            codes = np.frombuffer(bytearray(held), dtype=np.uint64).reshape(words, _BLOCK)
            codes[:, start - block * _BLOCK : end - block * _BLOCK] = _codes(matrix[start:end], mean).T
            opened.seek(block * size)
            opened.write(codes.tobytes())


@contextmanager
def _appending(file: Path, size: int) -> Iterator[BinaryIO]:
    """Open a file to write behind its first `size` bytes; what an interrupted sync left there goes."""
    with file.open("r+b" if size else "wb") as opened:
        opened.truncate(size)
        opened.seek(size)
        yield opened


def replace_file(file: Path, content: str) -> None:
    """Write a file whole or not at all."""
    fresh = file.with_suffix(".new")
    with fresh.open("w") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    fresh.replace(file)


def _sweep(folder: Path) -> None:
    """Take away what the head does not name; a reader that has it mapped keeps it."""
    head = _read_head(folder)
    named = {_HEAD, *(head.sizes() if head else ())}
    for file in folder.iterdir():
        if file.name not in named:
            file.unlink(missing_ok=True)


def _read_head(folder: Path) -> _Head | None:
    try:
        head = _Head(**json.loads((folder / _HEAD).read_text()))
        possible = min(head.sizes().values()) >= 0
    except (OSError, ValueError, TypeError):
        return None
    return head if head.format == _FORMAT and possible else None


def _mapped(folder: Path, head: _Head) -> View:
    for name, size in head.sizes().items():
        if (folder / name).stat().st_size < size:
            raise ValueError(f"{name} is cut")
        if not name.endswith(("-vectors", "-codes")) and not _is_as_written(folder, head, name):
            raise ValueError(f"{name} is not as it was written")
    place = folder / head.files
    codes = (-(-head.count // _BLOCK), _words(head.dimension), _BLOCK)
    base = Segment(
        _map(place.with_name(f"{head.files}-rows"), np.int64, (head.count,)),
        np.fromfile(place.with_name(f"{head.files}-scopes-{head.revision}"), dtype=np.int32, count=head.count),
        _map(place.with_name(f"{head.files}-vectors"), np.float32, (head.count, head.dimension)),
        _map(place.with_name(f"{head.files}-codes"), np.uint64, codes) if head.mean else None,
    )
    state = State(head.identity, head.revision, head.embedder)
    return View(state, np.array(head.mean or [0.0] * head.dimension, dtype=np.float32), (base, _nothing(head.dimension)))


def _is_whole(folder: Path, head: _Head) -> bool:
    """Tell whether the vectors and their codes are as they were written; rows and scopes every reader looks at.

    Files that nobody has written to since are taken for whole: to read all at each change would make a change as slow as the
    library is large. Codes that were touched are made anew, for that is as fast as to read them.
    """
    if not head.sums:
        return True
    touched = [
        kind
        for kind in ("vectors", "codes")
        if f"{head.files}-{kind}" in head.sizes() and _written_at(folder, head, kind) != head.times.get(kind)
    ]
    return "codes" not in touched and ("vectors" not in touched or _is_as_written(folder, head, f"{head.files}-vectors"))


def _written_at(folder: Path, head: _Head, kind: str) -> int:
    return (folder / f"{head.files}-{kind}").stat().st_mtime_ns


def _is_as_written(folder: Path, head: _Head, name: str) -> bool:
    noted = head.sums.get(name.split("-")[1])
    return noted is None or crc_of(folder / name, head.sizes()[name]) == noted


def _map(file: Path, kind: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    if not shape[0]:
        return np.zeros(shape, dtype=kind)
    return np.asarray(np.memmap(file, kind, "r", shape=shape))


def _nothing(dimension: int = 0) -> Segment:
    return Segment(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros((0, dimension), np.float32))


def _empty() -> View:
    return View(State("", -1, ""), np.zeros(0, np.float32), (_nothing(), _nothing()))


def _joined(segments: list[Segment]) -> Segment:
    held = [segment for segment in segments if len(segment.rows)]
    if len(held) < 2:
        return held[0] if held else segments[0]
    return Segment(*(np.concatenate([getattr(segment, name) for segment in held]) for name in ("rows", "scopes", "vectors")))


def _is_sound(library: Library, held: View) -> bool:
    """Tell whether some of the vectors are those of the library."""
    base = held.segments[0]
    probes = np.unique(base.rows[np.linspace(0, len(base.rows) - 1, _PROBES).astype(int)]) if len(base.rows) else base.rows
    stored = stored_vectors(library, probes)
    return all(np.array_equal(base.vectors[base.positions(np.array([row]))], stored[row]) for row in probes.tolist() if row in stored)


def _words(dimension: int) -> int:
    return -(-dimension // _WORD)


def _codes(vectors: Vectors, mean: Vectors) -> NDArray[np.uint64]:
    """Give for each vector the signs of its components, 64 to a word."""
    signs = np.packbits(vectors > mean, axis=1, bitorder="little")
    padded = np.zeros((len(vectors), _words(vectors.shape[1]) * 8), dtype=np.uint8)
    padded[:, : signs.shape[1]] = signs
    return padded.view(np.uint64)


def _distances(codes: Blocks, count: int, code: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Give in how many bits the code of each vector differs from `code`."""
    distances = np.zeros(len(codes) * _BLOCK, dtype=np.uint16)
    differing, bits = np.empty(_BLOCK, dtype=np.uint64), np.empty(_BLOCK, dtype=np.uint8)
    for block, words in enumerate(codes):
        sums = distances[block * _BLOCK : (block + 1) * _BLOCK]
        for word, held in enumerate(words):
            np.bitwise_xor(held, code[word], out=differing)
            np.bitwise_count(differing, out=bits)
            sums += bits
    return distances[:count]


def _least(distances: NDArray[np.uint16], count: int) -> Rows:
    """Give where the `count` least distances are, and those that equal the last of them."""
    if len(distances) <= count:
        return np.flatnonzero(distances < _FAR)
    last = int(np.searchsorted(np.cumsum(np.bincount(distances)), count))
    return np.flatnonzero(distances <= min(last, _FAR - 1))


def _foremost(codes: Blocks, positions: Rows, vector: Vectors, count: int) -> Rows:
    """Give the `count` of `positions` whose codes promise the highest product with `vector`, which is not rounded to a code here."""
    if len(positions) <= count:
        return positions
    words = codes.shape[1]
    padded = np.zeros(words * _WORD, dtype=np.float32)
    padded[: len(vector)] = vector
    of_byte = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little") * 2.0 - 1.0
    products = np.ascontiguousarray((of_byte.astype(np.float32) @ padded.reshape(-1, 8).T).T)
    starts = positions // _BLOCK * (words * _BLOCK) + positions % _BLOCK
    promised, part = np.zeros(len(positions), dtype=np.float32), np.empty(len(positions), dtype=np.float32)
    for word in range(words):
        held = codes.reshape(-1).take(starts + word * _BLOCK).view(np.int64)
        for byte in range(8):
            products[8 * word + byte].take(held >> 8 * byte & 255, out=part, mode="clip")
            promised += part
    return positions[np.argpartition(-promised, count)[:count]]


def _best(parts: list[tuple[Segment, Rows]], vector: Vectors, limit: int) -> dict[int, float]:
    """Give the `limit` rows of the highest cosine; a row with several vectors counts by its best."""
    rows = np.concatenate([segment.rows[positions] for segment, positions in parts])
    cosines = np.concatenate([_products(segment.vectors, positions, vector) for segment, positions in parts])
    drawn = 2 * limit
    while True:
        order = np.argpartition(-cosines, drawn)[:drawn] if drawn < len(cosines) else np.arange(len(cosines))
        order = order[np.argsort(-cosines[order], kind="stable")]
        found: dict[int, float] = {}
        for row, cosine in zip(rows[order].tolist(), cosines[order].tolist(), strict=True):
            found.setdefault(row, cosine)
        if len(found) >= limit or drawn >= len(cosines):
            return dict(list(found.items())[:limit])
        drawn *= 4


def _products(vectors: Vectors, positions: Rows, vector: Vectors) -> Vectors:
    if not len(positions):
        return np.zeros(0, dtype=np.float32)
    everything = 2 * len(positions) > len(vectors)  # reading all in order costs less than gathering most
    if everything:
        products: Vectors = np.vecdot(vectors, vector)  # by one thread: handing a scan this short to several costs more
        return products[positions]
    products = np.empty(len(positions), dtype=np.float32)
    gathered = np.empty((_GATHERED, vectors.shape[1]), dtype=np.float32)  # few at a time: they stay in the processor's cache
    for first in range(0, len(positions), _GATHERED):
        part = positions[first : first + _GATHERED]
        held = vectors.take(part, axis=0, out=gathered[: len(part)], mode="clip")
        np.vecdot(held, vector, out=products[first : first + len(part)])
    return products
