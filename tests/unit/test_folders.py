"""Which files below a folder are read, which are left out and told, and which are passed over."""

import os
import socket
from pathlib import Path

import pytest

from corpus.errors import IngestError, Refusal
from ingest.folders import is_below, is_gone, walk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "given").mkdir()
    (tmp_path / "outside").mkdir()
    for name in ("given/a.md", "given/deep/er/b.TXT", "outside/c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("Rule.")
    return tmp_path / "given"


def left_out(folder: Path) -> dict[str, Refusal]:
    return {item.path.name: item.refusal for item in walk([folder]).left_out}


def test_a_link_that_leaves_the_folder_is_not_followed_and_told(folder: Path) -> None:
    (folder / "file.md").symlink_to("../outside/c.md")
    (folder / "all").symlink_to("../outside")
    (folder / "up").symlink_to("..")
    found = walk([folder])
    assert [Path(key).name for key, _ in found.files] == ["a.md", "b.TXT"]
    assert left_out(folder) == dict.fromkeys(("file.md", "all", "up"), Refusal.LINK_OUTSIDE)
    assert str((folder.parent / "outside" / "c.md").resolve()) in next(i.reason for i in found.left_out if i.path.name == "file.md")


def test_a_link_within_what_was_named_is_its_file_once(folder: Path) -> None:
    (folder / "z.md").symlink_to("a.md")
    (folder / "c.md").symlink_to("../outside/c.md")
    found = walk([folder, folder.parent / "outside"])
    assert [Path(key).name for key, _ in found.files] == ["a.md", "c.md", "b.TXT"]
    assert not found.left_out


def test_links_in_a_circle_to_nothing_and_to_folders_end_and_are_told(folder: Path) -> None:
    (folder / "one.md").symlink_to("two.md")
    (folder / "two.md").symlink_to("one.md")
    (folder / "lost.md").symlink_to("nowhere.md")
    (folder / "deep" / "again").symlink_to("..")
    assert left_out(folder) == dict.fromkeys(("one.md", "two.md", "lost.md", "again"), Refusal.NOT_A_FILE)


def test_pipes_and_sockets_are_told_and_never_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "pipe.txt")
    monkeypatch.chdir(folder)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("talk.md")
        assert left_out(folder) == {"pipe.txt": Refusal.NOT_A_FILE, "talk.md": Refusal.NOT_A_FILE}


def test_a_folder_that_cannot_be_read_is_told_and_the_rest_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = folder
    monkeypatch.chdir(folder)
    while len(str(inner)) < 4_200:  # longer than any path may be
        inner /= "x" * 200
        Path("x" * 200).mkdir()
        os.chdir("x" * 200)
    found = walk([folder])
    assert [Path(key).name for key, _ in found.files] == ["a.md", "b.TXT"]
    assert [item.refusal for item in found.left_out] == [Refusal.UNREADABLE]


def test_hidden_files_locks_of_office_programs_and_libraries_are_passed_over(folder: Path) -> None:
    for name in (".e.md", "~$policy.docx", "library/tokenizer.json", "library/library.sqlite3"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    found = walk([folder])
    assert ([Path(key).name for key, _ in found.files], found.left_out, dict(found.other_endings)) == (["a.md", "b.TXT"], (), {})


def test_files_of_other_endings_are_counted_and_a_folder_with_nothing_to_read_is_named(folder: Path) -> None:
    (folder.parent / "pictures").mkdir()
    for name in ("a.png", "b.PNG", "README"):
        (folder.parent / "pictures" / name).write_text("x")
    found = walk([folder, folder.parent / "pictures"])
    assert dict(found.other_endings) == {".png": 2, "": 1}
    assert found.empty == (folder.parent / "pictures",)
    with pytest.raises(IngestError, match="nothing to read"):
        found.require_some()


def test_a_folder_named_by_a_link_is_searched_under_its_real_path(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    assert walk([folder.parent / "link"]).files[0][0] == str(folder.resolve() / "a.md")


def test_only_a_file_that_is_surely_gone_is_gone(folder: Path) -> None:
    assert [is_gone(str(folder / name)) for name in ("a.md", "b.md", "a.md/b.md", "x" * 300)] == [False, True, True, False]
    assert is_below("/files/sub/a.md", ["/files"])
    assert is_below("/files/a.md", ["/"])
    assert not is_below("/files-2/a.md", ["/files"])
