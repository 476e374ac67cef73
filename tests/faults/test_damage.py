"""Spoilt indexes are told, do not stop an answer and are mended by the next ingest."""

from pathlib import Path

import pytest

from tests.faults import damage, kills


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("damage")
    files = kills.write_files(folder / "files")
    kills.run_writer(folder / "whole", files)
    return folder / "whole", files


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("chroma", "index files cut to half"),
        ("chroma", "index files with bytes changed here and there"),
        ("chroma", "folder is a file"),
        ("vectors", "vectors cut to half"),
    ],
)
def test_a_damaged_index_is_read_round_and_mended(whole: tuple[Path, Path], tmp_path: Path, part: str, name: str) -> None:
    found = damage.try_damage(*whole, tmp_path / "data", part, name)
    assert (found.status, found.sound, found.mended) == (0, True, True)
