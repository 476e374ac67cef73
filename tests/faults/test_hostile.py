"""Mutated files and bombs end as stored or refused with a reason, and harm nobody else."""

from pathlib import Path

import pytest

from corpus.errors import Refusal
from tests.faults import hostile
from tests.faults.bombs import BOMBS

QUICK = (
    "archive in an archive",
    "3,000 parts",
    "sheet larger than its directory says",
    "million laughs in Word",
    "million laughs in a sheet",
    "outside entity in Word",
    "false dimension",
    "rows repeated a million times",
    "page tree that holds itself",
    "two billion pages told",
    "100,000 pages",
    "field of 10 MB",
    "100,000 columns",
    "mail in mail, 500 deep",
    "JSON 200,000 deep",
    "UTF-16 garbage",
    "tables in tables, 300 deep",
    "front matter of laughs",
)


@pytest.mark.parametrize("what", ["20-mutations-of-each-of-8-formats", "18-quick-bombs-of-41"])
def test_every_hostile_file_is_stored_or_refused_and_none_half(tmp_path: Path, what: str) -> None:
    files = hostile.write_bombs(tmp_path / "files", QUICK) if "bombs" in what else hostile.write_mutations(tmp_path / "files", 20)
    found = hostile.run(tmp_path / "data", files)
    assert set(found["files"]) == {file.name for file in files.iterdir()}
    internal = [name for name, (_, refusal, _) in found["files"].items() if refusal == Refusal.INTERNAL]
    assert internal == []
    assert all(outcome != "refused" or refusal in set(Refusal) for outcome, refusal, _ in found["files"].values())
    assert len(set(found["counts"])) == 1, found["counts"]
    assert found["bad"] == 0
    assert max(found["kept_mb"], 0) <= 50
    assert "etc/passwd" not in str(found["files"])
    assert set(QUICK) <= set(BOMBS)
