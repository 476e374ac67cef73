"""Every embedder gives unit vectors that depend on the text alone; the exported one gives the reference's."""

from pathlib import Path

import numpy as np
import pytest

from corpus.errors import EmbedderUnavailable
from ingest.embed import Embedder, OnnxEmbedder, model_folder, runtime_identity
from tests.support import HashEmbedder

TEXTS = ["77370", "May 77336 be billed weekly?", "A written report is signed by the physicist. " * 30, ""]


@pytest.fixture(params=["hash", "onnx"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return HashEmbedder() if request.param == "hash" else OnnxEmbedder(request.getfixturevalue("runtime"))


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


def test_the_exported_encoder_is_named_after_the_weights(runtime: Path) -> None:
    assert OnnxEmbedder(runtime).identity == runtime_identity(runtime)
    assert runtime_identity(runtime).startswith("all-MiniLM-L6-v2@")


def test_like_meanings_are_nearer(runtime: Path) -> None:
    a, b, c = OnnxEmbedder(runtime).encode(["weekly physics check", "the physicist checks charts each week", "payment for seeds"])
    assert a @ b > a @ c


def test_a_missing_or_damaged_encoder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="codecite ingest"):
        OnnxEmbedder(tmp_path)
    assert runtime_identity(tmp_path) == ""


def test_nothing_is_downloaded_for_an_unknown_model() -> None:
    with pytest.raises(EmbedderUnavailable, match=r"modules\.json"):
        model_folder("some-org/some-model")
