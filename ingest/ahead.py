"""Encode on one thread while what follows is read and cut on another: neither waits for the other."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from ingest.embed import Embedder, Encoded

Item = TypeVar("Item")
_WINDOW = 256  # texts encoded in one call: enough to sort by length, few enough to wait for and to hold in memory
_IN_FLIGHT = 2


def encode_ahead(
    embedder: Embedder, items: Iterable[Item | None], texts_of: Callable[[Item], Sequence[str]]
) -> Generator[tuple[Item, Encoded], None, None]:
    """Give each item with its texts encoded, in order, while others are taken from `items` and encoded.

    A `None` among the items asks that all before it be given out first. What encoding one window raises comes after the
    windows before it were given out. Close the iterator when leaving it early: nothing is encoded after that.
    """
    encoder = ThreadPoolExecutor(1)
    encoding: deque[Iterator[tuple[Item, Encoded]]] = deque()
    try:
        for window in _windows(items, texts_of):
            if window:
                encoding.append(_start(encoder, embedder, window))
            while len(encoding) > (_IN_FLIGHT if window else 0):
                yield from encoding.popleft()
        while encoding:
            yield from encoding.popleft()
    finally:
        encoder.shutdown(cancel_futures=True)


def _windows(items: Iterable[Item | None], texts_of: Callable[[Item], Sequence[str]]) -> Iterator[list[tuple[Item, Sequence[str]]]]:
    """Group items with their texts; an empty window stands for a `None`, before which none is held back."""
    window: list[tuple[Item, Sequence[str]]] = []
    size = 0
    for item in items:
        if item is not None:
            window.append((item, texts_of(item)))
            size += len(window[-1][1]) or 1
        if item is None or size >= _WINDOW:
            yield window
            window, size = [], 0
        if item is None:
            yield []
    yield window


def _start(encoder: ThreadPoolExecutor, embedder: Embedder, window: list[tuple[Item, Sequence[str]]]) -> Iterator[tuple[Item, Encoded]]:
    """Have the texts of a window encoded; the iterator that is given waits for them."""
    texts = [text for _, found in window for text in found]
    encoded = encoder.submit(embedder.encode_with_tokens, texts) if texts else None

    def finish() -> Iterator[tuple[Item, Encoded]]:
        whole = encoded.result() if encoded else Encoded(np.zeros((0, embedder.dimension), dtype=np.float32), ())
        first = 0
        for item, found in window:
            yield item, whole.part(first, first + len(found))
            first += len(found)

    return finish()
