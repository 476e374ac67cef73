"""Spoilt indexes are told, do not stop an answer and are mended by the next ingest."""

from pathlib import Path

import pytest

from tests.faults import damage, kills, large


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


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return large.make(tmp_path_factory.mktemp("large"), 4)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("words", "bytes of the postings changed"),
        ("words", "folder is a file"),
        ("vectors", "bytes changed"),
        ("vectors", "bytes of the rows changed"),
    ],
)
def test_indexes_spoilt_at_full_size_cost_no_quote_and_are_whole_after_the_next_ingest_400_passages_of_5200(
    indexed: tuple[Path, Path], tmp_path: Path, part: str, name: str
) -> None:
    found = large.try_kind(*indexed, tmp_path / "data", (part, name))
    assert (found.status, found.misquoted, found.mended) == (0, 0, True)
