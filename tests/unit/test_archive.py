"""A whole library in one file, and back: all of it or nothing, and undone in one step."""

import json
import shutil
import signal
import subprocess
import sys
import zipfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import ArchiveRefused, LibraryUnusable
from ingest import restore
from ingest.archive import export_library
from ingest.library import Library, open_reader, open_writer
from ingest.lookup import Scope, lexical_rows
from ingest.restore import can_undo, erase, restore_archive, undo_restore
from ingest.scan import VectorFiles
from ingest.split import POLICY
from ingest.vectors import sync_indexes
from tests.support import PAYER, SOCIETY, HashEmbedder, bring, texts

MADE = ("hash@1", POLICY)
ROOT = Path(__file__).parents[2]
EDITS = Path(__file__).parents[1] / "data" / "code_files" / "ptp_hospital.csv"
OTHER = {"other.md": "# Other\n\n77401 is superficial treatment, says the other library.\n"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with what a library can hold: documents in use, changed and removed, a code file, questions, and its archive."""
    folder = tmp_path_factory.mktemp("archive") / "data"
    (folder / "files").mkdir(parents=True)
    shutil.copy(EDITS, folder / "files")
    bring(
        folder, {"society.md": SOCIETY, "payer.md": PAYER, "old.md": "# Old\n\nOld rule on 77371.\n", "memo.md": "# Memo\n\nFirst 77470.\n"}
    )
    bring(folder, {"memo.md": "# Memo\n\nSecond rule on 77470.\n"})
    with open_writer(folder) as library:
        library.remove(next(e.document.id for e in library.entries() if e.document.title == "Old"))
        library.keep_questions("file", {"digest": ["May it be billed?"]})
        library.purge(next(e.document.id for e in library.entries() if e.document.title.startswith("Physics")))
        export_library(library, folder / "library.zip")
    bring(folder, {"society.md": SOCIETY})
    with open_writer(folder) as library:
        library.remove(next(e.document.id for e in library.entries() if e.document.title == "Old"))
        export_library(library, folder / "library.zip")
    return folder


@pytest.fixture(scope="module")
def other_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other") / "data"
    bring(folder, OTHER)
    return folder


@pytest.fixture
def other(other_made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(other_made, tmp_path / "other"))


def restored(folder: Path, file: Path) -> None:
    with open_writer(folder) as library:
        restore_archive(library, file, MADE)


def holds(folder: Path) -> tuple[str, list[tuple[str, str, int, str]]]:
    with open_reader(folder) as library:
        entries = [(e.document.path, e.status, e.passages, library.text(e.document.id)) for e in library.entries(None)]
        return library.digest(), sorted(entries)


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if not file.name.endswith(("-wal", "-shm")))


def test_what_is_restored_is_what_was_exported(made: Path, tmp_path: Path) -> None:
    restored(tmp_path / "new", made / "library.zip")
    assert holds(tmp_path / "new") == holds(made)
    with open_reader(tmp_path / "new") as library:
        assert library.written_questions("file") == {"digest": ("May it be billed?",)}
        assert lexical_rows(library, ["second"], Scope(None), 5)
        assert not lexical_rows(library, ["old"], Scope(None), 5)
        again = export_library(library, tmp_path / "again.zip")
    with zipfile.ZipFile(made / "library.zip") as one, zipfile.ZipFile(tmp_path / "again.zip") as two:
        assert json.loads(one.read("manifest.json"))["digest"] == again.digest
        for name in ("documents", "code_rows", "code_texts", "written_questions"):
            assert sorted(one.read(f"{name}.jsonl").split(b"\n")) == sorted(two.read(f"{name}.jsonl").split(b"\n"))


def test_a_reader_that_is_open_goes_from_one_library_to_the_other(made: Path, other: Path) -> None:
    with open_reader(other) as reader:
        before = reader.derived(VectorFiles).look()
        restored(other, made / "library.zip")
        view = reader.derived(VectorFiles).look()
        with open_reader(made) as source:
            assert reader.digest() == source.digest()
        assert set(before.segments[0].rows.tolist() + before.segments[1].rows.tolist()).isdisjoint(view.segments[1].rows.tolist())
        assert "says the other library" not in " ".join(texts(other))
        assert view.state.identity == reader.identity()


def test_the_indexes_follow_the_restored_library(made: Path, other: Path) -> None:
    def sync(library: Library) -> None:
        sync_indexes(library, other / "chroma")

    with open_writer(other) as library:
        sync(library)
        restore_archive(library, made / "library.zip", MADE)
        sync(library)
        rows = lexical_rows(library, ["treatment"], Scope(None), 5)
        assert rows
        assert not lexical_rows(library, ["superficial"], Scope(None), 5)
        view = library.derived(VectorFiles).look()
        vector = HashEmbedder().encode(["77336 may be billed once for every five treatments"])[0]
        assert view.cosines(rows, vector)


def test_a_restore_is_undone_and_done_again(made: Path, other: Path) -> None:
    former, wanted = holds(other), holds(made)
    assert not can_undo(other)
    restored(other, made / "library.zip")
    with open_writer(other) as library:
        seen = [(library.revision(), library.identity())]
        for expected in (former, wanted, former):
            undo_restore(library)
            assert holds(other) == expected
            seen.append((library.revision(), library.identity()))
    assert [revision for revision, _ in seen] == sorted({revision for revision, _ in seen})
    assert len({identity for _, identity in seen}) == len(seen)
    bring(other, {"more.md": "# More\n\n77373 is stereotactic body treatment.\n"})
    assert len(texts(other)) == 2


def test_without_a_restore_there_is_nothing_to_undo(other: Path) -> None:
    with open_writer(other) as library, pytest.raises(LibraryUnusable, match="no restore to undo"):
        undo_restore(library)


def test_what_is_erased_does_not_come_back_with_the_former_library(made: Path, other: Path) -> None:
    restored(other, made / "library.zip")
    with open_writer(other) as library:
        undo_restore(library)
        erase(library, library.entries()[0].document.id)
        undo_restore(library)
        undo_restore(library)
    assert texts(other) == []


def test_an_undo_that_was_cut_short_goes_on(made: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    former = holds(other)
    restored(other, made / "library.zip")
    copy = restore._copy

    def fail(source: Path, target: Path) -> None:
        if target.name == "library.sqlite3":
            raise LibraryUnusable("no space left")
        copy(source, target)

    monkeypatch.setattr(restore, "_copy", fail)
    with open_writer(other) as library, pytest.raises(LibraryUnusable):
        undo_restore(library)
    monkeypatch.undo()
    assert holds(other) == holds(made)
    with open_writer(other) as library:
        undo_restore(library)
    assert holds(other) == former


def edited(member: str, change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], None]:
    def edit(parts: dict[str, bytes]) -> None:
        assert change(parts[member]) != parts[member]
        parts[member] = change(parts[member])

    return edit


def rows_of(member: str, change: Callable[[list[dict[str, Any]]], object]) -> Callable[[dict[str, bytes]], None]:
    """Change the rows of a member, and the manifest's count with them."""

    def edit(parts: dict[str, bytes]) -> None:
        rows = [json.loads(line) for line in parts[member].splitlines()]
        change(rows)
        parts[member] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        manifest = json.loads(parts["manifest.json"])
        manifest["rows"][member.removesuffix(".jsonl")] = len(rows)
        parts["manifest.json"] = json.dumps(manifest).encode()

    return edit


def manifest_with(**values: object) -> Callable[[dict[str, bytes]], None]:
    return edited("manifest.json", lambda held: json.dumps({**json.loads(held), **values}).encode())


def first_in_use(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if row["scope"])


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "a part is missing": (lambda parts: parts.pop("scopes.jsonl") and None, "not the expected ones: 'scopes.jsonl'"),
    "a part too many": (lambda parts: parts.update({"notes.txt": b"x"}), "notes.txt"),
    "a path": (lambda parts: parts.update({"../../etc/passwd": b"x"}), "etc/passwd"),
    "no manifest": (lambda parts: parts.pop("manifest.json") and None, "manifest.json"),
    "a manifest that is none": (edited("manifest.json", lambda _: b"[]"), "manifest cannot be read"),
    "a nested manifest": (edited("manifest.json", lambda _: b"[" * 90_000), "manifest cannot be read"),
    "a huge manifest": (edited("manifest.json", lambda held: held + b" " * 200_000), "manifest cannot be read"),
    "another form": (manifest_with(format="codecite.library/2"), "another version"),
    "another schema": (manifest_with(schema=2), "another version"),
    "another digest": (manifest_with(digest="0" * 64), "digest"),
    "another identity": (manifest_with(identity="x"), "not the library that its manifest names"),
    "a wrong count": (edited("passages.jsonl", lambda held: held + held.splitlines(keepends=True)[0]), "its manifest says"),
    "an inflated part": (edited("code_texts.jsonl", lambda held: held + b" " * 40_000_000), "unpack to far more"),
    "a line that is no JSON": (edited("documents.jsonl", lambda held: b"{" + held), "line 1 of documents.jsonl is no row"),
    "a deep line": (edited("documents.jsonl", lambda held: b"[" * 200_000 + b"\n" + held), "line 1 of documents.jsonl is no row"),
    "a cut line": (edited("documents.jsonl", lambda held: held[:-1]), "is no row"),
    "another column": (rows_of("scopes.jsonl", lambda rows: rows[0].update(more="x")), "line 1 of scopes.jsonl is no row"),
    "a number for a text": (rows_of("documents.jsonl", lambda rows: rows[0].update(title=5)), "is no row"),
    "a huge number": (rows_of("passages.jsonl", lambda rows: rows[0].update(start=1 << 80)), "is no row"),
    "half a surrogate": (rows_of("documents.jsonl", lambda rows: rows[0].update(title="\ud800")), "is no row"),
    "no base64": (rows_of("vectors.jsonl", lambda rows: rows[0].update(vector="***")), "is no row"),
    "no day": (rows_of("scopes.jsonl", lambda rows: rows[0].update(valid_from="soon")), "is no row"),
    "a row twice": (rows_of("passages.jsonl", lambda rows: rows.append(dict(rows[0]))), "contradict"),
    "a passage without document": (rows_of("passages.jsonl", lambda rows: rows[0].update(document_id="d-none")), "contradict"),
    "no JSON within": (rows_of("passages.jsonl", lambda rows: first_in_use(rows).update(named_codes="[")), "contradict"),
    "a quote that is not there": (
        rows_of("documents.jsonl", lambda rows: next(r for r in rows if "77336" in r["text"]).update(text="Other words " * 400)),
        "is not what the document says",
    ),
    "other words": (rows_of("passages.jsonl", lambda rows: first_in_use(rows).update(text="77336 is free.")), "digest"),
    "a removed passage in use": (
        rows_of("passages.jsonl", lambda rows: next(r for r in rows if not r["scope"]).update(scope=1)),
        "a passage is in use and its document is not",
    ),
    "a rule for all payers": (
        rows_of("scopes.jsonl", lambda rows: [row.update(payer="all") for row in rows if row["payer"] != "all"]),
        "another payer",
    ),
    "a status": (rows_of("documents.jsonl", lambda rows: rows[0].update(status="hidden")), "status"),
    "two of one path": (
        rows_of("documents.jsonl", lambda rows: [row.update(path="p") for row in rows]),
        "two documents in use have one path",
    ),
    "a vector of another length": (rows_of("vectors.jsonl", lambda rows: rows[-1].update(vector="AAAAAA==")), "length"),
    "a row outside": (rows_of("code_rows.jsonl", lambda rows: rows[0].update(end=10**9)), "outside its text"),
    "a code of another scope": (rows_of("passage_codes.jsonl", lambda rows: rows[0].update(scope=999)), "filed otherwise"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_an_archive_that_is_not_sound_changes_nothing(kind: str, made: Path, tmp_path: Path, other: Path) -> None:
    spoil, why = HOSTILE[kind]
    with zipfile.ZipFile(made / "library.zip") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    spoil(parts)
    with zipfile.ZipFile(tmp_path / "bad.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    refused_and_unchanged(other, tmp_path / "bad.zip", why)


def refused_and_unchanged(folder: Path, file: Path, why: str) -> None:
    before = holds(folder), files(folder)
    with pytest.raises(ArchiveRefused, match=why.replace("(", r"\(")):
        restored(folder, file)
    assert (holds(folder), files(folder)) == before


def test_a_file_that_is_cut_or_no_archive_is_refused(made: Path, other: Path, tmp_path: Path) -> None:
    content = (made / "library.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[: len(content) // 2])
    refused_and_unchanged(other, tmp_path / "cut.zip", "damaged")
    place = content.index(b"passages.jsonl") + 200
    (tmp_path / "spoilt.zip").write_bytes(content[:place] + b"\x00\xff\x00\xff" + content[place + 4 :])
    refused_and_unchanged(other, tmp_path / "spoilt.zip", "damaged|no row")
    refused_and_unchanged(other, tmp_path / "missing.zip", "no such file")


def test_a_library_of_another_model_is_refused(made: Path, other: Path) -> None:
    with open_writer(other) as library, pytest.raises(ArchiveRefused, match="was built with hash@1"):
        restore_archive(library, made / "library.zip", ("other@1", POLICY))
    assert not can_undo(other)


def test_a_restore_that_has_no_room_changes_nothing(made: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = holds(other), files(other)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 1000))
    with pytest.raises(LibraryUnusable, match="MB free"):
        restored(other, made / "library.zip")
    assert (holds(other), files(other)) == before


def test_an_export_that_cannot_be_written_leaves_nothing(made: Path, tmp_path: Path) -> None:
    with open_reader(made) as library, pytest.raises(LibraryUnusable, match="cannot be written"):
        export_library(library, tmp_path / "nowhere" / "library.zip")
    (tmp_path / "library.zip").mkdir()
    with open_reader(made) as library, pytest.raises(LibraryUnusable, match="cannot be written"):
        export_library(library, tmp_path / "library.zip")
    assert files(tmp_path) == ["library.zip"]


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from ingest import restore
from ingest.library import open_writer
from ingest.split import POLICY
folder, archive, at = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
def copy(source, target):
    def dies(status, remaining, total):
        if target.name == "library.sqlite3" and total - remaining > at:
            os.kill(os.getpid(), signal.SIGKILL)
    sqlite3.connect(source).backup(sqlite3.connect(target), pages=1, progress=dies)
restore._copy = copy
with open_writer(folder) as library:
    restore.restore_archive(library, archive, ("hash@1", POLICY))
"""


@pytest.mark.parametrize("at", [0, 20])
def test_a_restore_that_is_killed_half_way_leaves_the_old_library_and_is_done_again(made: Path, other: Path, at: int) -> None:
    before = holds(other)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(other), str(made / "library.zip"), str(at)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert holds(other) == before
    restored(other, made / "library.zip")
    assert holds(other) == holds(made)
    with open_writer(other) as library:
        undo_restore(library)
    assert holds(other) == before
    assert not [name for name in files(other) if "restoring" in name or "keeping" in name]
