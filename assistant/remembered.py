"""Vectors of the precedents, made once: to encode forty of them with each question took half of its time."""

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from corpus.precedents import load_precedents, precedent_facts
from ingest.embed import Embedder, Encoded, Vectors

_log = logging.getLogger(__name__)
_FOLDER = "precedents"
_HASHES, _ENDS, _VECTORS, _TOKENS = "hashes.npy", "ends.npy", "vectors.npy", "tokens.npy"


def remember_precedents(runtime: Path, embedder: Embedder) -> None:
    """Write the vectors of every shipped precedent to the folder of the question encoder, which `embedder` runs.

    Of an encoder that gives no vectors of tokens nothing is remembered, nor where it cannot be written: they are encoded as they
    are asked for, more slowly.
    """
    texts = sorted({p.question for asked in load_precedents(precedent_facts()).values() for p in asked}, key=_hash)
    if not embedder.encode_with_tokens(texts[:1]).tokens[0].size:
        return
    try:
        _write(runtime, texts, embedder.encode_with_tokens(texts))
    except OSError as error:
        _log.warning("the vectors of precedents are not kept in %s (%s)", runtime, error)


def _write(runtime: Path, texts: Sequence[str], encoded: Encoded) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="precedents-", dir=runtime))
    try:
        np.save(scratch / _HASHES, np.array([_hash(text) for text in texts], dtype=np.uint64))
        np.save(scratch / _ENDS, np.cumsum([len(tokens) for tokens in encoded.tokens]))
        np.save(scratch / _VECTORS, encoded.vectors)
        np.save(scratch / _TOKENS, np.concatenate(encoded.tokens))
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


class _Held:
    """The remembered vectors, mapped."""

    def __init__(self, folder: Path) -> None:
        self._hashes, self._ends, self._vectors, self._tokens = (
            open_memmap(folder / name, mode="r") for name in (_HASHES, _ENDS, _VECTORS, _TOKENS)
        )
        if not len(self._hashes) == len(self._ends) == len(self._vectors) or (len(self._ends) and self._ends[-1] != len(self._tokens)):
            raise ValueError("the files are not of one making")

    def look_up(self, text: str) -> tuple[Vectors, np.ndarray[tuple[int, ...], np.dtype[np.int8]]] | None:
        sought = _hash(text)
        row = int(np.searchsorted(self._hashes, np.uint64(sought)))
        if row == len(self._hashes) or int(self._hashes[row]) != sought:
            return None
        first = int(self._ends[row - 1]) if row else 0
        return np.asarray(self._vectors[row]), np.asarray(self._tokens[first : int(self._ends[row])])


def _open(folder: Path) -> _Held | None:
    try:
        return _Held(folder)
    except (OSError, ValueError, IndexError, EOFError):  # missing or cut: the texts are encoded
        return None


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
