"""One process writes at a time, and a killed one leaves no lock."""

from pathlib import Path

import pytest

from tests.faults import kills, locks
from tests.support import state


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kills.write_files(tmp_path_factory.mktemp("files"))


def test_a_second_writer_is_refused_by_the_owner_s_number_and_takes_over_when_that_is_killed(tmp_path: Path, files: Path) -> None:
    _, named, _ = locks.refusal(tmp_path / "data", files)
    assert named
    kills.run_writer(tmp_path / "data", files)
    assert len(kills.read(tmp_path / "data")[1]["counts"]) == kills.DOCUMENTS  # type: ignore[arg-type]


def test_two_writers_at_once_do_no_damage(tmp_path: Path, files: Path) -> None:
    kills.run_writer(tmp_path / "whole", files)
    statuses, _ = locks.race(tmp_path / "data", files)
    assert 0 in statuses
    assert min(statuses) >= 0
    assert state(tmp_path / "data")[0] == state(tmp_path / "whole")[0]
