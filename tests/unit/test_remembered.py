"""Vectors of precedents are looked up where they were remembered, and made where they were not."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant import remembered
from assistant.remembered import AskedOn, Remembering, are_outdated, remember_precedents
from corpus.precedents import Precedent
from ingest.embed import Encoded, OnnxEmbedder
from tests.support import HashEmbedder

KNOWN = ("May 77370 be billed twice?", "Is a report needed for 77370?", "Who signs the weekly chart check?")
NEW = "Is the plan signed before treatment?"


class Counting(OnnxEmbedder):
    """An embedder that notes what it was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.made: list[str] = []

    def encode_with_tokens(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Encoded:
        self.made += texts
        return super().encode_with_tokens(texts, advance)


@pytest.fixture
def folder(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the question encoder in which three precedents are remembered."""
    copy = Path(shutil.copytree(runtime, tmp_path / "runtime"))
    held = {"f-1": tuple(Precedent(question, "yes") for question in KNOWN)}
    monkeypatch.setattr(remembered, "precedent_facts", lambda: tuple(held))
    monkeypatch.setattr(remembered, "load_precedents", lambda _: held)
    remember_precedents(copy, OnnxEmbedder(copy))
    return copy


def test_what_is_remembered_is_what_the_encoder_gives_and_only_the_rest_is_encoded(folder: Path) -> None:
    encoder = Counting(folder)
    asked = (KNOWN[1], NEW, KNOWN[0], KNOWN[2])
    found, wanted = Remembering(encoder, folder).encode_with_tokens(asked), OnnxEmbedder(folder).encode_with_tokens(asked)
    assert encoder.made == [NEW]
    assert np.allclose(found.vectors, wanted.vectors, atol=1e-5)
    assert [tokens.shape for tokens in found.tokens] == [tokens.shape for tokens in wanted.tokens]
    assert all(np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(found.tokens, wanted.tokens, strict=True))


@pytest.mark.parametrize("name", ["hashes.u64", "ends.i64", "vectors.f32", "tokens.i8"])
@pytest.mark.parametrize("cut", [True, False])
def test_files_that_are_cut_or_gone_are_not_used(folder: Path, name: str, cut: bool) -> None:
    file = folder / "precedents" / name
    file.write_bytes(file.read_bytes()[:-20]) if cut else file.unlink()
    encoder = Counting(folder)
    Remembering(encoder, folder).encode(KNOWN)
    assert encoder.made == list(KNOWN)


def test_what_is_remembered_of_other_precedents_is_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not are_outdated(folder)
    monkeypatch.setattr(remembered, "precedents_digest", lambda: "another")
    assert are_outdated(folder)
    old = Remembering(OnnxEmbedder(folder), folder)
    before = old.encode(KNOWN)
    held = {"f-1": (Precedent(NEW, "yes"),)}
    monkeypatch.setattr(remembered, "load_precedents", lambda _: held)
    remember_precedents(folder, OnnxEmbedder(folder))
    assert not are_outdated(folder)
    assert np.array_equal(old.encode(KNOWN), before), "one that is open goes on with the files that it opened"
    encoder = Counting(folder)
    Remembering(encoder, folder).encode((NEW, KNOWN[0]))
    assert encoder.made == [KNOWN[0]]
    (folder / "precedents" / "of").unlink()
    assert are_outdated(folder)
    shutil.rmtree(folder / "precedents")
    assert not are_outdated(folder), "where none could be kept the next ingest does not try again"


def test_nothing_is_remembered_of_an_encoder_without_token_vectors_or_on_a_full_disk(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    remember_precedents(bare, HashEmbedder())
    assert list(bare.iterdir()) == []

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    remember_precedents(bare, OnnxEmbedder(folder))
    assert list(bare.iterdir()) == []


def test_of_a_fact_the_token_vectors_of_what_it_rules_on_are_known_and_nothing_is_encoded(folder: Path) -> None:
    encoder = Counting(folder)
    held = {"f-1": (*(Precedent(question, "yes") for question in KNOWN[:2]), Precedent(KNOWN[2], "unsaid"), Precedent(NEW, "no"))}
    known = AskedOn(Remembering(encoder, folder), lambda facts: {fact: held[fact] for fact in facts if fact in held})
    wanted = OnnxEmbedder(folder).encode_with_tokens(KNOWN[:2]).tokens
    found = known("f-1")
    assert found
    assert len(found.tokens) == sum(len(tokens) - 2 for tokens in wanted)
    assert found.starts.tolist() == [0, len(wanted[0]) - 2]
    assert known("f-2") is None
    assert encoder.made == []


def test_without_remembered_vectors_no_question_is_known(runtime: Path) -> None:
    known = AskedOn(Remembering(OnnxEmbedder(runtime), runtime), lambda _: {"f-1": (Precedent(KNOWN[0], "yes"),)})
    assert known("f-1") is None
