"""Checksums of files tell what was written from what was changed since, without reading all of it each time."""

import os
from pathlib import Path

import pytest

from ingest import sums
from ingest.sums import sums_since


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a").write_bytes(b"what was written")
    return tmp_path / "a"


def test_a_file_that_nobody_wrote_to_is_not_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sums_since([file], file.parent, {})
    monkeypatch.setattr(sums, "crc_of", lambda _: pytest.fail("the file was read again"))
    assert sums_since([file], file.parent, first) == first


@pytest.mark.parametrize("content", [b"what was changed", b"what was written and more"])
def test_a_file_that_was_written_to_is_read_again(file: Path, content: bytes) -> None:
    first = sums_since([file], file.parent, {})
    file.write_bytes(content)
    os.utime(file, ns=(0, first["a"][1] + 1))
    assert sums_since([file], file.parent, first)["a"][-1] != first["a"][-1]
