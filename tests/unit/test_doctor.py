"""`doctor` tells each part that is not sound by its name, and goes on to the next."""

import os
import shutil
from pathlib import Path

import pytest

from assistant.settings import Settings
from corpus.errors import CorpusError
from ingest.build import ingest, user_sources
from ingest.embed import PACKAGED, model_folder
from ingest.library import open_writer
from tests import support
from ui import doctor
from ui.cli import main

PARTS = ["package names", "starter corpus", "weights", "library", "question encoder"]


@pytest.fixture(scope="module")
def sound(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return support.build_library(tmp_path_factory.mktemp("sound") / "codecite", runtime, {"payer.md": support.PAYER})


@pytest.fixture
def copied(sound: Path, tmp_path: Path) -> Path:
    """A library that may be harmed; the encoder is linked for its 90 MB, so its files are replaced, never written to."""
    copy = Path(shutil.copytree(sound, tmp_path / "codecite", ignore=shutil.ignore_patterns("runtime")))
    shutil.copytree(sound / "runtime", copy / "runtime", copy_function=os.link)
    return copy


def bad(data_dir: Path, **settings: str) -> dict[str, str]:
    """Give the parts that are not sound, with what was found; every part is always told."""
    told = list(doctor.check(Settings(data_dir=data_dir, **settings)))  # type: ignore[arg-type]  # settings are names and texts
    assert [name for name, _, _ in told] == PARTS
    return {name: finding for name, finding, is_sound in told if not is_sound}


def test_a_sound_installation_has_nothing_bad(sound: Path) -> None:
    assert bad(sound) == {}


def test_another_package_of_our_names_is_told(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {"corpus": ["codecite", "python-corpus"], "ui": ["ui-kit"], "other": ["else"]}
    monkeypatch.setattr(doctor, "packages_distributions", lambda: owners)
    assert bad(sound) == {"package names": "also owned by python-corpus, ui-kit; install Codecite alone"}


def test_a_corpus_that_is_incomplete_is_told(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "check_corpus", lambda: ["77370: field has no source", "x", "y"])
    assert bad(sound) == {"starter corpus": "77370: field has no source (and 2 more); reinstall codecite"}


def test_a_corpus_that_cannot_be_read_does_not_end_the_check(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable() -> list[str]:
        raise CorpusError("codes.yaml is not YAML")

    monkeypatch.setattr(doctor, "check_corpus", unreadable)
    assert bad(sound) == {"starter corpus": "codes.yaml is not YAML"}


def test_a_model_that_is_not_there_is_told_wherever_it_is_needed(sound: Path, tmp_path: Path) -> None:
    found = bad(sound, embedding_model=str(tmp_path / "none"))
    assert list(found) == ["weights", "library", "question encoder"]
    assert all("no sentence-transformers model" in finding for finding in found.values())


def test_weights_that_are_not_the_published_ones_are_told(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(model_folder(PACKAGED), tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    (tmp_path / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(doctor, "model_folder", lambda _: tmp_path / "model")
    assert "is not the published all-MiniLM-L6-v2" in bad(sound)["weights"]


def test_a_library_built_with_another_model_is_told(sound: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(sound / "runtime", tmp_path / "codecite" / "runtime")).parent
    (tmp_path / "payer.md").write_text(support.PAYER)
    with open_writer(data_dir) as library:
        ingest(library, support.HashEmbedder(), user_sources([tmp_path / "payer.md"]), by_hand={}, added_at="2026-01-01")
    found = bad(data_dir)
    assert list(found) == ["library"]
    assert "hash@1" in found["library"]
    assert "codecite ingest --rebuild" in found["library"]


@pytest.mark.parametrize("name", ["runtime.json", "model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("content", [None, b"[]", b"{}"])
def test_a_damaged_question_encoder_is_told_with_the_next_step(copied: Path, name: str, content: bytes | None) -> None:
    (copied / "runtime" / name).unlink()
    if content is not None:
        (copied / "runtime" / name).write_bytes(content)
    found = bad(copied)
    assert list(found) == ["question encoder"]
    assert "run: codecite ingest" in found["question encoder"]


def test_an_encoder_of_other_weights_is_told(copied: Path) -> None:
    weights = copied / "runtime" / "weights.bin"
    content = bytearray(weights.read_bytes())
    content[: len(content) // 2] = b"\xa5" * (len(content) // 2)
    weights.unlink()
    weights.write_bytes(content)
    assert "damaged" in bad(copied)["question encoder"] or "strays" in bad(copied)["question encoder"]


def test_a_damaged_library_is_told_with_the_next_step(copied: Path) -> None:
    for file in copied.glob("library.sqlite3*"):
        file.unlink()
    (copied / "library.sqlite3").write_bytes(b"no database" * 500)
    found = bad(copied)
    assert list(found) == ["library"]
    assert "move the folder away" in found["library"]


def test_before_the_first_ingest_the_next_step_is_told(tmp_path: Path) -> None:
    found = bad(tmp_path / "none")
    assert list(found) == ["library", "question encoder"]
    assert all("codecite ingest" in finding for finding in found.values())
    assert not (tmp_path / "none").exists()


def test_the_command_says_what_the_check_covers() -> None:
    told = main.commands["doctor"].help or ""
    assert [part for part in ("weights", "library", "question encoder", "packages", "corpus") if part not in told] == []
