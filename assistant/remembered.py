"""Vectors of the precedents, made once: to encode forty of them with each question took half of its time."""

import hashlib
import logging
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.precedents import Held
from assistant.retrieve import KnownQuestions, known_questions
from corpus.precedents import load_precedents, precedent_facts, precedents_digest
from ingest.embed import Embedder, Encoded, TokenVectors, Vectors

_log = logging.getLogger(__name__)
_FOLDER = "precedents"
_HASHES, _ENDS, _VECTORS, _TOKENS = "hashes.u64", "ends.i64", "vectors.f32", "tokens.i8"
_OF = "of"
_FLOAT = np.dtype(np.float32)
_FACTS_KEPT = 2_048


def are_outdated(runtime: Path) -> bool:
    """Tell whether the folder of the question encoder holds vectors of other precedents than those that are shipped."""
    folder = runtime / _FOLDER
    try:
        return folder.is_dir() and (folder / _OF).read_text(encoding="ascii") != precedents_digest()
    except (OSError, ValueError):
        return True


def remember_precedents(runtime: Path, embedder: Embedder) -> None:
    """Write the vectors of every shipped precedent to the folder of the question encoder, which `embedder` runs.

    Of an encoder that gives no vectors of tokens nothing is remembered, nor where it cannot be written: they are encoded as they
    are asked for, more slowly.
    """
    texts = sorted({p.question for asked in load_precedents(precedent_facts()).values() for p in asked}, key=_hash)
    if not embedder.encode_with_tokens(texts[:1]).tokens[0].size:
        return
    try:
        _write(runtime, texts, embedder)
    except OSError as error:
        _log.warning("the vectors of precedents are not kept in %s (%s)", runtime, error)


def _write(runtime: Path, texts: Sequence[str], embedder: Embedder) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="precedents-", dir=runtime))
    try:
        encoded = embedder.encode_with_tokens(texts)
        written: dict[str, NDArray[Any]] = {
            _HASHES: np.array([_hash(text) for text in texts], dtype=np.uint64),
            _ENDS: np.cumsum([len(tokens) for tokens in encoded.tokens], dtype=np.int64),
            _VECTORS: encoded.vectors.astype(_FLOAT),
            _TOKENS: np.concatenate(encoded.tokens),
        }
        for name, values in written.items():
            (scratch / name).write_bytes(values.tobytes())
        (scratch / _OF).write_text(precedents_digest(), encoding="ascii")
        shutil.rmtree(runtime / _FOLDER, ignore_errors=True)
        scratch.rename(runtime / _FOLDER)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class Remembering:
    """An embedder that looks up the texts that were remembered and encodes the others."""

    def __init__(self, embedder: Embedder, runtime: Path) -> None:
        """Take the folder of the question encoder, which `embedder` runs; where nothing is remembered, all is encoded."""
        self._embedder = embedder
        self.identity, self.dimension = embedder.identity, embedder.dimension
        self._held = _open(runtime / _FOLDER)

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        """Give one unit vector per text."""
        return self.encode_with_tokens(texts, advance).vectors

    def encode_with_tokens(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Encoded:
        """Give what `encode` gives, and the vectors of the tokens."""
        if self._held is None:
            return self._embedder.encode_with_tokens(texts, advance)
        found = [self._held.look_up(text) for text in texts]
        new = [n for n, held in enumerate(found) if held is None]
        encoded = self._embedder.encode_with_tokens([texts[n] for n in new], advance)
        made = iter(zip(encoded.vectors, encoded.tokens, strict=True))
        whole = [held or next(made) for held in found]
        return Encoded(np.array([vector for vector, _ in whole], dtype=np.float32), tuple(tokens for _, tokens in whole))

    def look_up(self, text: str) -> tuple[Vectors, TokenVectors] | None:
        """Give the vector and the token vectors of a text that was remembered, None of any other."""
        return self._held.look_up(text) if self._held else None


class AskedOn:
    """Gives the precedents of a fact as known questions, as far as they are remembered; none is encoded."""

    def __init__(self, remembering: Remembering, held: Held) -> None:
        """Take `held`, which gives the precedents of facts by their ids."""
        self._remembering = remembering
        self._held = held
        self._kept = lru_cache(maxsize=_FACTS_KEPT)(self._looked_up)

    def __call__(self, fact: str) -> KnownQuestions | None:
        """Give those that the fact does not leave unsaid, None where there are none."""
        return self._kept(fact)

    def _looked_up(self, fact: str) -> KnownQuestions | None:
        asked = [p.question for p in self._held([fact]).get(fact, ()) if p.ruled != "unsaid"]
        return known_questions([found[1] for text in asked if (found := self._remembering.look_up(text))])


class _Held:
    """The remembered vectors, read where they are asked for: mapped, a few dozen would bring in most of the file."""

    def __init__(self, folder: Path) -> None:
        self._hashes, self._ends = np.fromfile(folder / _HASHES, np.uint64), np.fromfile(folder / _ENDS, np.int64)
        self._vectors, self._tokens = (self._opened(folder / name) for name in (_VECTORS, _TOKENS))
        self._lock = Lock()
        self._dimension, over = divmod(os.fstat(self._vectors).st_size, _FLOAT.itemsize * len(self._hashes))
        self._width, odd = divmod(os.fstat(self._tokens).st_size, int(self._ends[-1]))
        if over or odd or len(self._hashes) != len(self._ends):
            raise ValueError("the files are not of one making")

    def _opened(self, file: Path) -> int:
        """Open a file, so that it stays the same one when another takes its place."""
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, descriptor)
        return descriptor

    def _read(self, descriptor: int, first: int, count: int) -> bytes:
        with self._lock:
            os.lseek(descriptor, first, os.SEEK_SET)
            return os.read(descriptor, count)

    def look_up(self, text: str) -> tuple[Vectors, TokenVectors] | None:
        """Give the vector and the token vectors of a text; None of one that was not remembered."""
        sought = _hash(text)
        row = int(np.searchsorted(self._hashes, np.uint64(sought)))
        if row == len(self._hashes) or int(self._hashes[row]) != sought:
            return None
        first, end = int(self._ends[row - 1]) if row else 0, int(self._ends[row])
        size = self._dimension * _FLOAT.itemsize
        vector = np.frombuffer(self._read(self._vectors, row * size, size), _FLOAT)
        tokens = np.frombuffer(self._read(self._tokens, first * self._width, (end - first) * self._width), np.int8)
        return vector, tokens.reshape(end - first, self._width)


def _open(folder: Path) -> _Held | None:
    try:
        return _Held(folder)
    except (OSError, ValueError, IndexError, ZeroDivisionError):  # missing or cut: the texts are encoded
        return None


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
