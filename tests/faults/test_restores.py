"""A restore that is killed anywhere leaves the old library or the new one, and is done again."""

from pathlib import Path

from tests.faults import restores


def test_5_restores_killed_of_50_leave_one_whole_library_and_are_done_again(tmp_path: Path) -> None:
    found = restores.kill_many(5, tmp_path)
    assert [each for each in found if not (each.reader_answered and each.whole and each.done_again)] == []
    assert any(each.phase != "too late" for each in found)
