"""A full disk, odd and long paths, a missing home and a clock that jumps lose nothing and are told."""

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from ingest import build, library
from ingest.extract import extract
from tests import support
from tests.faults import surroundings


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, runtime: Path) -> tuple[Path, Path]:
    return surroundings.begin(tmp_path_factory.mktemp("whole"), runtime, 3)


@pytest.mark.skipif(not surroundings.can_mount(), reason="mounting a small disk is not allowed here")
@pytest.mark.parametrize(
    ("room_kb", "indexes_only"), [(64, False), (320, True)], ids=["while-documents-are-stored", "while-chroma-is-made"]
)
def test_a_full_disk_is_told_in_one_line_and_loses_nothing(
    whole: tuple[Path, Path], tmp_path: Path, room_kb: int, indexes_only: bool
) -> None:
    full = surroundings.fill_disk(*whole, tmp_path / "disk", room_kb, indexes_only=indexes_only)
    assert full.is_sound(), full
    assert "space" in full.told


def test_a_data_folder_of_any_name_holds_all_that_is_written(tmp_path: Path, runtime: Path) -> None:
    assert surroundings.try_name(tmp_path, runtime, surroundings.NAMES[1])


def test_a_path_too_long_for_sqlite_is_told(tmp_path: Path) -> None:
    ingested, asked = surroundings.try_long_path(tmp_path, 600)
    assert "its path is too long" in ingested.told
    assert ingested.is_one_line()
    assert asked.is_one_line()


def test_an_impossible_home_is_told() -> None:
    assert surroundings.home_is_told("/proc/none")


def test_a_clock_that_jumps_between_ingests_changes_neither_what_is_held_nor_what_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "Sandbox", lambda **_: nullcontext(extract))
    found = []
    for folder, instants in (
        ("straight", ("2026-01-01", "2026-01-02", "2026-01-03")),
        ("jumps", ("2026-01-01", "1969-12-31", "2199-01-01")),
    ):
        data = tmp_path / folder
        for instant, text in zip(instants, (support.SOCIETY, support.SOCIETY.replace("five", "ten"), support.SOCIETY), strict=True):
            monkeypatch.setattr(library, "now", lambda told=instant: f"{told}T00:00:00+00:00")
            reports = support.bring(data, {"society.md": text, "payer.md": support.PAYER})
            for file in (data / "files").iterdir():
                os.utime(file, (0, 0))
            found.append((support.outcomes(reports), support.texts(data)))
    assert found[:3] == found[3:]
    assert support.state(tmp_path / "straight") == support.state(tmp_path / "jumps")


def test_a_data_folder_whose_name_is_no_text_is_told_in_one_line(tmp_path: Path) -> None:
    data = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")
    ran = surroundings.ask(Path(data))
    assert ran.is_one_line(), ran.told
    assert "is not UTF-8 text" in ran.told
