"""Every embedder gives unit vectors that depend on the text alone; the exported one gives the reference's."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import EmbedderUnavailable
from ingest import embed
from ingest.embed import PACKAGED, Embedder, OnnxEmbedder, ReferenceEmbedder, Vectors, identity_of, model_folder, runtime_identity
from tests.support import HashEmbedder

TEXTS = ["77370", "May 77336 be billed weekly?", "A written report is signed by the physicist. " * 30, ""]


@pytest.fixture(params=["hash", "onnx", "reference"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "hash":
        return HashEmbedder()
    found: Embedder = request.getfixturevalue("encoder" if request.param == "onnx" else "reference")
    return found


@pytest.fixture(scope="module")
def encoder(runtime: Path) -> OnnxEmbedder:
    return OnnxEmbedder(runtime)


def test_vectors_have_unit_length_and_the_promised_shape(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS[:3])
    assert vectors.shape == (3, embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_a_vector_depends_on_its_text_alone(embedder: Embedder) -> None:
    alone = np.concatenate([embedder.encode([text]) for text in TEXTS[:3]])
    assert np.allclose(alone, embedder.encode(TEXTS[:3]), atol=1e-4)
    assert np.allclose(embedder.encode(TEXTS[2::-1]), embedder.encode(TEXTS[:3])[::-1], atol=1e-4)


def test_no_text_gives_no_vector(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimension)


def test_progress_is_told(embedder: Embedder) -> None:
    told: list[int] = []
    embedder.encode(TEXTS, told.append)
    assert sum(told) == len(TEXTS)


def test_two_of_one_identity_give_the_same_vectors(encoder: OnnxEmbedder, reference: ReferenceEmbedder) -> None:
    assert encoder.identity == reference.identity
    assert encoder.dimension == reference.dimension
    texts = [
        *TEXTS,
        "77 370 – ７７３７０ é 中文 العربية 🙂",
        "word " * 2_000,
        "\n\t ",
        "a",
        "C79.51, G6003 and 0394T-0398T; modifier 26/TC.",
    ]
    cosines = (encoder.encode(texts) * reference.encode(texts)).sum(axis=1)
    assert cosines.min() >= 0.999


def test_the_exported_encoder_is_named_after_the_weights(runtime: Path) -> None:
    assert OnnxEmbedder(runtime).identity == runtime_identity(runtime)
    assert runtime_identity(runtime).startswith("all-MiniLM-L6-v2@")


def test_an_export_that_strays_from_its_reference_is_not_kept(
    reference: ReferenceEmbedder, encoder: OnnxEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strayed:
        def __init__(self, _: Path) -> None: ...

        def encode(self, texts: Sequence[str]) -> Vectors:
            turned: Vectors = np.roll(encoder.encode(texts), 1, axis=1)
            return turned

    monkeypatch.setattr(embed, "_write_onnx", lambda _, target: target.write_bytes(b"model"))
    monkeypatch.setattr(embed, "OnnxEmbedder", Strayed)
    with pytest.raises(EmbedderUnavailable, match="strays"):
        reference.export(tmp_path / "runtime")
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(EmbedderUnavailable, match="not the published"):
        identity_of(PACKAGED, tmp_path)
    assert identity_of(str(tmp_path), tmp_path).startswith(f"{tmp_path.name}@")


def test_a_half_written_encoder_is_told(runtime: Path, tmp_path: Path) -> None:
    for file in sorted(runtime.iterdir()):
        folder = tmp_path / file.stem
        shutil.copytree(runtime, folder, copy_function=os.link)
        (folder / file.name).unlink()
        with pytest.raises(EmbedderUnavailable, match="codecite ingest"):
            OnnxEmbedder(folder)
        (folder / file.name).write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        with pytest.raises(EmbedderUnavailable, match="codecite ingest"):
            OnnxEmbedder(folder)


def test_like_meanings_are_nearer(encoder: OnnxEmbedder) -> None:
    a, b, c = encoder.encode(["weekly physics check", "the physicist checks charts each week", "payment for seeds"])
    assert a @ b > a @ c


def test_a_missing_or_damaged_encoder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="codecite ingest"):
        OnnxEmbedder(tmp_path)
    assert runtime_identity(tmp_path) == ""


def test_nothing_is_downloaded_for_an_unknown_model() -> None:
    with pytest.raises(EmbedderUnavailable, match=r"modules\.json"):
        model_folder("some-org/some-model")
