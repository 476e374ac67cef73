"""A library in a folder that cannot be written is read; what could be read wrongly there is refused."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ingest.library import FILE, open_reader, open_writer
from ingest.words import sync_words
from tests.support import bring

ROOT = Path(__file__).parents[2]
READ = """
import sys
from pathlib import Path
from corpus.errors import CodeciteError
from ingest.library import open_reader, open_writer
folder = Path(sys.argv[1])
try:
    with open_reader(folder) as library:
        print(library.digest(), flush=True)
        sys.stdin.readline()
        print(library.digest(), flush=True)
    with open_writer(folder):
        print("written")
except CodeciteError as error:
    print(type(error).__name__, error)
"""
GAPS = """
import sys
from datetime import date
from pathlib import Path
from assistant.gaps import clear_gaps, read_gaps
from corpus.errors import LibraryUnusable
for since in (None, date(2999, 1, 1)):
    print([(group.codes, group.count) for group in read_gaps(Path(sys.argv[1]), since)])
try:
    clear_gaps(Path(sys.argv[1]))
except LibraryUnusable as error:
    print(error)
"""
WORDS = """
import sys
from pathlib import Path
from ingest.library import open_reader
from ingest.words import WordIndex
with open_reader(Path(sys.argv[1])) as library:
    index = WordIndex(library)
    print(index.holds(library.revision()))
    print(index.counts(["rule"]))
"""
_RIGHTS = "-dac_override,-dac_read_search"  # with which root writes wherever it likes

pytestmark = pytest.mark.skipif(os.name != "posix" or (os.geteuid() == 0 and not shutil.which("setpriv")), reason="no user without rights")


@contextmanager
def reading(folder: Path, code: str = READ) -> Iterator["subprocess.Popen[str]"]:
    """Give a process that may not write `folder`; by `READ` it reads the library, waits for a line, and reads it again."""
    plain = ["setpriv", f"--bounding-set={_RIGHTS}", f"--inh-caps={_RIGHTS}"] if os.geteuid() == 0 else []
    folder.chmod(0o555)
    try:
        with subprocess.Popen(
            [*plain, sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as child:
            yield child
    finally:
        folder.chmod(0o755)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "a ?#%é data"  # characters that mean something in an address
    bring(made, {"a.md": "# Notes\n\nRule on 77370.\n"})
    shutil.rmtree(made / "files", ignore_errors=True)
    return made


def digest(folder: Path) -> str:
    with open_reader(folder) as library:
        return library.digest()


def test_it_is_read_without_leaving_anything_and_writing_it_is_refused(folder: Path) -> None:
    held, before = digest(folder), sorted(folder.iterdir())
    with reading(folder) as child:
        told, _ = child.communicate("\n")
    first, second, refused = told.splitlines()
    assert (first, second) == (held, held)
    assert refused.startswith("LibraryUnusable the data directory")
    assert sorted(folder.iterdir()) == before


def test_a_change_meanwhile_is_told_and_not_read(folder: Path) -> None:
    with reading(folder) as child:
        assert child.stdout
        child.stdout.readline()
        with (folder / FILE).open("r+b") as file:
            file.truncate(4096)
        told, _ = child.communicate("\n")
    assert told.startswith("LibraryUnusable")
    assert "has changed" in told


def test_what_a_writer_left_in_its_log_is_not_passed_over(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("UPDATE library SET value = '7' WHERE key = 'revision'")
        writer.commit()
        copy = tmp_path / "copy"
        copy.mkdir()
        for name in (FILE, f"{FILE}-wal"):
            shutil.copy2(folder / name, copy / name)
    with reading(copy) as child:
        told, _ = child.communicate("\n")
    assert told.startswith("LibraryUnusable")


def test_the_unanswered_questions_are_reported_and_not_forgotten(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "gaps.sqlite3")) as file:
        file.execute("PRAGMA journal_mode = WAL")
        columns = "asked_at, reason, codes, modifiers, as_of, topic, needed"
        file.execute(f"CREATE TABLE gaps (row INTEGER PRIMARY KEY, {columns}, payer, question)")
        file.execute(
            f"INSERT INTO gaps ({columns}) VALUES ('2026-05-01T00:00:00Z', 'unknown_code', '[\"77999\"]', '[]', '2026-05-01', '', '')"
        )
        file.commit()
    before = sorted(folder.iterdir())
    with reading(folder, GAPS) as child:
        told, _ = child.communicate()
    found, none, refused = told.splitlines()
    assert (found, none) == ("[(('77999',), 1)]", "[]")
    assert "cannot be used" in refused
    assert sorted(folder.iterdir()) == before


def test_the_lexical_index_of_a_large_library_is_asked_there_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.words.SQLITE_MOST", 0)
    with open_writer(folder) as library:
        sync_words(library)
    words = folder / "words"
    words.chmod(0o555)
    before = sorted(words.iterdir())
    with reading(folder, WORDS) as child:
        told, _ = child.communicate()
    assert told.splitlines() == ["True", "({'rule': 1}, 1)"]
    assert sorted(words.iterdir()) == before
    words.chmod(0o755)
