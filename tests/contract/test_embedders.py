"""Every embedder gives unit vectors that depend on the text alone; the exported one gives the reference's."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import EmbedderUnavailable
from ingest import embed, runtimes
from ingest.adapter import SHIPPED
from ingest.embed import ONE, PACKAGED, Embedder, OnnxEmbedder, ReferenceEmbedder, Vectors, identity_of, model_folder, runtime_identity
from ingest.runtimes import DocumentEmbedder, fastest_run, onnx_run, openvino_run
from tests.support import HashEmbedder

TEXTS = ["77370", "May 77336 be billed weekly?", "A written report is signed by the physicist. " * 30, ""]


@pytest.fixture(params=["hash", "onnx", "documents", "few documents", "reference"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "hash":
        return HashEmbedder()
    if request.param == "few documents":
        return DocumentEmbedder(request.getfixturevalue("runtime"))
    found: Embedder = request.getfixturevalue({"onnx": "encoder", "documents": "documents"}.get(request.param, "reference"))
    return found


@pytest.fixture(scope="module")
def documents(runtime: Path) -> DocumentEmbedder:
    """Past the number of texts for which the fastest runtime is opened."""
    found = DocumentEmbedder(runtime)
    found.encode(["word " * 100] * (runtimes._FEW // 500))
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


@pytest.mark.parametrize("name", ["encoder", "documents"])
def test_two_of_one_identity_give_the_same_vectors(name: str, reference: ReferenceEmbedder, request: pytest.FixtureRequest) -> None:
    encoder: Embedder = request.getfixturevalue(name)
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

    monkeypatch.setattr(embed, "_write_onnx", lambda _, __, target: target.write_bytes(b"model"))
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


def test_batches_hold_texts_of_like_length_and_no_more_tokens_than_allowed() -> None:
    lengths = [3, 250, 7, 250, 250, 100] + [8] * 500
    batches = list(embed._batches(lengths))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert max(len(batch) * max(lengths[row] for row in batch) for batch in batches) <= embed._BATCH_TOKENS
    assert len(batches) <= 1 + sum(lengths) // embed._BATCH_TOKENS + 2
    assert list(embed._batches([9_000])) == [[0]], "a text longer than a batch goes alone"


def test_no_runtime_is_opened_before_a_text_comes_and_the_fastest_only_for_many(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(runtimes, "OnnxEmbedder", lambda folder: opened.append("few") or OnnxEmbedder(folder))
    monkeypatch.setattr(runtimes, "fastest_run", lambda folder: opened.append("many") or onnx_run(folder))
    embedder = DocumentEmbedder(runtime)
    assert opened == []
    embedder.encode(["77370"])
    embedder.encode(["77336"])
    assert opened == ["few"]
    embedder.encode(["word " * 100] * (runtimes._FEW // 500))
    assert opened == ["few", "many"]


def with_flags(monkeypatch: pytest.MonkeyPatch, *flags: str) -> None:
    monkeypatch.setattr(runtimes, "cpu_flags", lambda: frozenset(flags))


def test_a_runtime_that_strays_from_the_reference_is_never_used(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sound = onnx_run(runtime)
    with_flags(monkeypatch, "avx512_bf16")
    monkeypatch.setattr(runtimes.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(runtimes, "openvino_run", lambda _: lambda ids, mask: [np.roll(found, 1, axis=-1) for found in sound(ids, mask)])
    monkeypatch.setattr(runtimes, "onnx_run", lambda _: sound)
    assert fastest_run(runtime) is sound
    assert "strays" in caplog.text


def test_a_runtime_that_cannot_be_opened_is_passed_over(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Path) -> None:
        raise RuntimeError("no such instruction")

    with_flags(monkeypatch, "amx_bf16")
    monkeypatch.setattr(runtimes.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(runtimes, "openvino_run", fail)
    ids = np.array([[101, 102]], dtype=np.int64)
    assert fastest_run(runtime)(ids, np.ones_like(ids))[0].shape == (1, 384)
    assert "no such instruction" in caplog.text


@pytest.mark.parametrize(("flags", "installed"), [((), True), (("avx512_bf16",), False)])
def test_openvino_is_asked_only_where_it_is_installed_and_the_processor_has_bf16(
    flags: tuple[str, ...], installed: bool, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_flags(monkeypatch, *flags)
    monkeypatch.setattr(runtimes.importlib.util, "find_spec", lambda _: object() if installed else None)
    monkeypatch.setattr(runtimes, "openvino_run", lambda _: pytest.fail("not to be opened"))
    fastest_run(runtime)


def test_openvino_gives_the_vectors_of_the_reference(runtime: Path) -> None:
    """In bf16 where the processor has it; the calls are the same elsewhere."""
    pytest.importorskip("openvino")
    embed.check_against_reference(
        lambda texts: embed.encode_batches(texts, embed.read_export(runtime)[2], openvino_run(runtime), 384).vectors, runtime
    )


def test_the_adapter_changes_vectors_and_name_and_is_small(reference: ReferenceEmbedder) -> None:
    plain = ReferenceEmbedder(adapter=None)
    assert plain.identity != reference.identity
    texts = ("Can 77370 be billed after treatment ends?", "77370 normally belongs to a course of treatment.")
    assert (plain.encode(texts) * reference.encode(texts)).sum(axis=1).max() < 0.999
    assert SHIPPED.stat().st_size < 1_000_000


def test_tokens_are_encoded_beside_their_text(encoder: OnnxEmbedder) -> None:
    short, long = encoder.encode_with_tokens(("77370", "The physician's request must be in writing.")).tokens
    assert 2 < len(short) < len(long)
    norms = np.linalg.norm(long.astype(np.float32) / ONE, axis=1)
    assert norms.min() > 0.97
    assert norms.max() < 1.03


def test_another_model_has_neither_adapter_nor_token_vectors(tmp_path: Path) -> None:
    other = tmp_path / "other-model"
    shutil.copytree(model_folder(PACKAGED), other)
    reference = ReferenceEmbedder(str(other))
    reference.export(tmp_path / "runtime")
    assert reference.identity == ReferenceEmbedder(adapter=None).identity.replace(PACKAGED, "other-model")
    assert [len(found) for found in OnnxEmbedder(tmp_path / "runtime").encode_with_tokens(("77370",)).tokens] == [0]


@pytest.mark.parametrize("name", ["model.onnx", "weights.bin", "tokenizer.json"])
def test_a_cut_export_is_none_so_that_the_next_ingest_makes_it_anew(runtime: Path, tmp_path: Path, name: str) -> None:
    copy = Path(shutil.copytree(runtime, tmp_path / "runtime", copy_function=os.link))
    (copy / name).unlink()
    (copy / name).write_bytes((runtime / name).read_bytes()[:-100])
    assert runtime_identity(runtime) != ""
    assert runtime_identity(copy) == ""


def test_vectors_that_are_no_numbers_are_refused(runtime: Path) -> None:
    _, dimension, tokenizer = embed.read_export(runtime)
    with pytest.raises(EmbedderUnavailable, match="damaged"):
        embed.encode_batches(["77370"], tokenizer, lambda ids, _: [np.full((len(ids), dimension), np.nan, np.float32)], dimension)
