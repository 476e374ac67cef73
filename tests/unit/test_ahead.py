"""Encoding ahead gives every item its own vectors, in order, and holds back only what it may."""

import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from ingest import ahead
from ingest.ahead import encode_ahead
from ingest.embed import Vectors
from tests.support import HashEmbedder

SHORT, LONG = ("77370",), tuple(f"rule {n}" for n in range(5))


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_WINDOW", 4)


def given(items: Sequence[tuple[str, ...] | None]) -> list[tuple[tuple[str, ...], Vectors]]:
    return list(encode_ahead(HashEmbedder(), items, lambda item: item))


def test_each_item_gets_the_vectors_of_its_texts_in_order() -> None:
    items = [SHORT, LONG, (), ("a", "b"), (), SHORT, LONG, LONG]
    found = given(items)
    assert [item for item, _ in found] == items
    for item, encoded in found:
        assert np.array_equal(encoded.vectors, HashEmbedder().encode(item))


def test_what_follows_is_taken_while_a_window_is_encoded() -> None:
    taken, go = threading.Event(), threading.Event()

    class Waiting(HashEmbedder):
        def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
            assert go.wait(10)
            return super().encode(texts, advance)

    def items() -> Iterator[tuple[str, ...]]:
        yield LONG
        taken.set()
        go.set()
        yield SHORT

    assert len(list(encode_ahead(Waiting(), items(), lambda item: item))) == 2
    assert taken.is_set()


def test_nothing_before_a_break_is_held_back() -> None:
    out: list[tuple[str, ...]] = []
    seen: list[int] = []

    def items() -> Iterator[tuple[str, ...] | None]:
        yield from (SHORT, LONG, SHORT)
        yield None
        seen.append(len(out))
        yield SHORT

    for item, _ in encode_ahead(HashEmbedder(), items(), lambda item: item):
        out.append(item)
    assert seen == [3]


def test_few_are_held_at_once() -> None:
    taken = 0

    def items() -> Iterator[tuple[str, ...]]:
        nonlocal taken
        for _ in range(50):
            taken += 1
            yield LONG

    ahead_of = [taken - given for given, _ in enumerate(encode_ahead(HashEmbedder(), items(), lambda item: item), start=1)]
    assert max(ahead_of) <= 3


def test_a_window_that_cannot_be_encoded_stops_after_those_before_it() -> None:
    class Broken(HashEmbedder):
        def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
            if "bad" in texts:
                raise RuntimeError("out of memory")
            return super().encode(texts, advance)

    found = encode_ahead(Broken(), [LONG, ("bad",), LONG], lambda item: item)
    assert next(found)[0] == LONG
    with pytest.raises(RuntimeError, match="memory"):
        next(found)


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()
    found = encode_ahead(HashEmbedder(), [LONG] * 9, lambda item: item)
    next(found)
    found.close()
    assert threading.active_count() == before
