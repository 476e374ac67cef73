"""An ingest that is killed anywhere comes to the same library when it is run again."""

from pathlib import Path

from tests.faults import kills
from tests.support import state


def test_an_ingest_killed_three_times_comes_to_the_same_library(tmp_path: Path) -> None:
    files = kills.write_files(tmp_path / "files")
    kills.run_writer(tmp_path / "whole", files)
    wanted = state(tmp_path / "whole")[0]
    found = [kills.kill_one(tmp_path / "data", files, in_flush=number % 3 != 0, seed=number) for number in range(3)]
    assert [kill.digest for kill in found] == [wanted] * 3
    assert all(kill.half_documents == 0 and kill.reader_answered for kill in found)
    assert "flush" in {kill.phase for kill in found}, found
