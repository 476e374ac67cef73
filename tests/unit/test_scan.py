"""The vector files always answer as the library itself would: behind it, beside a writer, cut, or spoilt."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import scan
from ingest.build import rebuild
from ingest.changes import State
from ingest.library import Library, open_reader, open_writer
from ingest.lookup import Scope, fetch, vector_keys
from ingest.scan import Segment, VectorFiles, View, files_folder, open_files, sync_files
from ingest.vectors import ScanIndex
from tests.support import HashEmbedder, bring

DAY = date(2026, 6, 1)
FILES = {f"{n}.md": f"# File {n}\n\nRule {n} on w{n} alpha.\n\n## More\n\nOther rule of w{n} beta.\n" for n in range(6)}


def words_found(library: Library, words: str, limit: int = 50, scope: Scope | None = None) -> list[str]:
    rows = ScanIndex(library).search(HashEmbedder().encode([words])[0], scope or Scope(DAY), limit)
    passages = fetch(library, rows)
    return [passages[row][0].text for row in rows]


def sync(folder: Path) -> dict[str, object]:
    """Sync the files and give their head."""
    with open_writer(folder) as library:
        sync_files(library)
    head: dict[str, object] = json.loads((folder / "vectors" / "head.json").read_text())
    return head


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bring(tmp_path, FILES)
    sync(tmp_path)
    return tmp_path


@pytest.fixture
def library(folder: Path) -> Iterator[Library]:
    with open_reader(folder) as found:
        yield found


def agree(folder: Path) -> None:
    """The files, where they can be used, and the library give the same rows."""
    asked = HashEmbedder().encode(["other rule w3"])[0]
    with open_reader(folder) as library:
        found = ScanIndex(library).search(asked, Scope(DAY), 100)
        assert found.keys() == {row for row, _ in vector_keys(library)}
        mapped = open_files(library)
        assert mapped is not None
        assert mapped.state.revision == library.revision()
        allowed = np.array([False, *[True] * 20])
        assert mapped.nearest(asked, allowed, 100) == found


def test_files_hold_the_library(folder: Path) -> None:
    agree(folder)


def test_what_was_committed_after_the_last_sync_is_found_and_what_was_removed_is_not(folder: Path, library: Library) -> None:
    assert words_found(library, "Rule 2 on w2 alpha.", 1) == ["Rule 2 on w2 alpha."]
    bring(folder, {"late.md": "# Late\n\nzeta eta theta.\n", "3.md": "# File 3\n\nChanged rule on w3.\n"})
    with open_writer(folder) as writer:
        writer.remove(next(d.id for d, _, _ in writer.documents() if d.title == "File 2"))
        writer.purge(next(d.id for d, _, _ in writer.documents() if d.title == "File 1"))
    texts = words_found(library, "zeta eta")
    assert texts[0] == "zeta eta theta."
    assert "Changed rule on w3." in texts
    assert not [text for text in texts if "w1" in text or "w2" in text or text == "Rule 3 on w3 alpha."]
    with open_reader(folder) as anew:
        assert words_found(anew, "zeta eta") == texts
    sync(folder)
    agree(folder)
    assert words_found(library, "zeta eta") == texts


def test_restoring_replacing_and_purging_are_followed(folder: Path, library: Library) -> None:
    with open_writer(folder) as writer:
        identity = next(d.id for d, _, _ in writer.documents() if d.title == "File 2")
        for change, there in (
            (writer.remove, False),
            (writer.restore, True),
            (writer.replace, False),
            (writer.restore, True),
            (writer.purge, False),
        ):
            change(identity)
            for _ in range(2):
                assert ("Rule 2 on w2 alpha." in words_found(library, "w2 alpha")) is there
                sync_files(writer)
    agree(folder)


def test_a_sync_appends_what_is_new_and_writes_nothing_anew(folder: Path) -> None:
    before = sync(folder)
    rows = next((folder / "vectors").glob("*-rows")).read_bytes()
    bring(folder, {"late.md": "# Late\n\nzeta eta theta.\n"})
    after = sync(folder)
    assert after["files"] == before["files"]
    assert next((folder / "vectors").glob("*-rows")).read_bytes()[: len(rows)] == rows
    agree(folder)


def test_files_of_which_most_is_erased_are_made_anew(folder: Path) -> None:
    before = sync(folder)
    with open_writer(folder) as writer:
        for document, _, _ in writer.documents()[:5]:
            writer.purge(document.id)
    after = sync(folder)
    assert after["files"] != before["files"]
    assert after["count"] == 2
    agree(folder)


def test_an_interrupted_sync_is_not_seen_and_is_finished_by_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(folder, {"late.md": "# Late\n\nzeta eta theta.\n"})

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(scan, "replace_file", stop)
    with pytest.raises(KeyboardInterrupt):
        sync(folder)
    monkeypatch.undo()
    with open_reader(folder) as library:
        assert words_found(library, "zeta eta", 1) == ["zeta eta theta."]
        assert len(words_found(library, "rule")) == 13
    sync(folder)
    agree(folder)
    assert len(list((folder / "vectors").iterdir())) == 4, "what the interrupted one left is gone"


def _tell(head: Path, **told: object) -> None:
    head.write_text(json.dumps(json.loads(head.read_text()) | told))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "head gone": lambda files: (files / "head.json").unlink(),
    "head cut": lambda files: (files / "head.json").write_text('{"format": 1'),
    "head of another form": lambda files: (files / "head.json").write_text("[]"),
    "head of impossible numbers": lambda files: _tell(files / "head.json", count=-5),
    "head of no numbers": lambda files: _tell(files / "head.json", count="many"),
    "rows cut": lambda files: next(files.glob("*-rows")).write_bytes(b"1234"),
    "vectors cut": lambda files: next(files.glob("*-vectors")).write_bytes(b"1234" * 64),
    "vectors gone": lambda files: next(files.glob("*-vectors")).unlink(),
    "scopes gone": lambda files: next(files.glob("*-scopes-*")).unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_cut_files_are_not_used_and_are_made_anew(folder: Path, damage: str) -> None:
    with open_reader(folder) as library:
        wanted = words_found(library, "other w4")
    DAMAGE[damage](folder / "vectors")
    with open_reader(folder) as library:
        assert open_files(library) is None
        assert words_found(library, "other w4") == wanted
    sync(folder)
    agree(folder)


def test_spoilt_vectors_are_made_anew_by_the_next_sync(folder: Path) -> None:
    before = sync(folder)
    file = next((folder / "vectors").glob("*-vectors"))
    file.write_bytes(b"\xa5" * file.stat().st_size)
    assert sync(folder)["files"] != before["files"]
    agree(folder)


def test_vectors_that_nobody_wrote_to_are_not_read_again_to_add_one_document(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync(folder)
    read = list[str]()
    whole = scan.crc_of
    monkeypatch.setattr(scan, "crc_of", lambda file, size=None: read.append(file.name) or whole(file, size))
    bring(folder, {"new.md": "# New\n\nkappa lambda mu.\n"})
    sync(folder)
    assert read
    assert not [name for name in read if name.endswith("-vectors")]


def test_files_of_another_library_are_not_used(folder: Path, tmp_path: Path) -> None:
    bring(tmp_path / "other", {"a.md": "# A\n\nzeta eta theta.\n"})
    (tmp_path / "other" / "vectors").mkdir()
    for file in (folder / "vectors").iterdir():
        (tmp_path / "other" / "vectors" / file.name).write_bytes(file.read_bytes())
    with open_reader(tmp_path / "other") as library:
        assert open_files(library) is None
        assert words_found(library, "rule w1") == ["zeta eta theta."]
    sync(tmp_path / "other")
    agree(tmp_path / "other")


class _Turned(HashEmbedder):
    """Another model with vectors of another length."""

    identity = "turned@1"
    dimension = 32


def test_vectors_of_another_model_take_the_place_of_the_former(folder: Path, library: Library) -> None:
    words_found(library, "w1")
    with open_writer(folder) as writer:
        rebuild(writer, _Turned())
        sync_files(writer)
    rows = ScanIndex(library).search(_Turned().encode(["other rule w3"])[0], Scope(DAY), 100)
    assert rows.keys() == {row for row, _ in vector_keys(library)}


def test_a_reader_beside_a_writer_finds_one_version_of_a_document_never_both_or_none(folder: Path) -> None:
    versions = ["# V\n\nOdd rule of vvv.\n", "# V\n\nEven rule of vvv.\n"]
    bring(folder, {"v.md": versions[0]})
    stopped = threading.Event()

    def write() -> None:
        for number in range(12):
            bring(folder, {"v.md": versions[(number + 1) % 2]})
            sync(folder)
        stopped.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen: set[str] = set()
    with open_reader(folder) as library:
        while not stopped.is_set():
            view = library.derived(VectorFiles).look()
            found = view.nearest(HashEmbedder().encode(["rule of vvv."])[0], np.array([False, *[True] * 20]), 1)
            seen.update(passage.text for passage, _ in fetch(library, found).values())
            assert len(view.nearest(HashEmbedder().encode(["rule of vvv."])[0], np.array([False, *[True] * 20]), 100)) == 13
    writer.join()
    assert seen == {"Odd rule of vvv.", "Even rule of vvv."}


def test_codes_are_kept_up_as_the_files_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("_CODED_FROM", 6),
        ("_EXACT_MOST", 4),
        ("_BLOCK", 4),
        ("_DRAW_LEAST", 6),
        ("_RESCORED", 2),
        ("_RESCORED_PER_ROW", 2),
    ):
        monkeypatch.setattr(scan, name, value)
    bring(tmp_path, {"0.md": FILES["0.md"]})
    sync(tmp_path)
    for name, content in FILES.items():
        bring(tmp_path, {name: content})
        sync(tmp_path)
        with open_reader(tmp_path) as library:
            assert words_found(library, f"rule {name[0]} on w{name[0]} alpha.", 1) == [f"Rule {name[0]} on w{name[0]} alpha."]
    with open_reader(tmp_path) as library:
        mapped = open_files(library)
        assert mapped is not None
        assert mapped.segments[0].codes is not None
        kept = mapped.segments[0].codes.transpose(0, 2, 1).reshape(-1, 1)[:12]
        assert np.array_equal(kept, scan._codes(mapped.segments[0].vectors, mapped.mean))


def test_the_folder_of_the_files_is_in_the_data_directory(folder: Path, library: Library) -> None:
    assert files_folder(library).parent == folder


@given(st.integers(0, 60), st.integers(0, 20), st.integers(1, 12), st.integers(0, 2**32 - 1), st.booleans())
def test_a_filter_gives_the_true_nearest_of_what_it_leaves(many: int, extra: int, limit: int, seed: int, coded: bool) -> None:
    """Against a search that looks at every vector; rows have up to three."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.integers(1, 40, size=many + extra))
    vectors = rng.standard_normal((many + extra, 70)).astype(np.float32)
    scopes = rng.integers(0, 5, size=many + extra).astype(np.int32)
    mean = np.zeros(70, np.float32)
    codes = None
    if coded and many:
        codes = np.zeros((-(-many // scan._BLOCK), 2, scan._BLOCK), np.uint64)
        codes[0, :, :many] = scan._codes(vectors[:many], mean).T
    view = View(
        State("", 1, ""),
        mean,
        (Segment(rows[:many], scopes[:many], vectors[:many], codes), Segment(rows[many:], scopes[many:], vectors[many:])),
    )
    allowed = rng.random(4) < 0.5
    allowed[0] = False
    asked = rng.standard_normal(70).astype(np.float32)
    wanted: dict[int, float] = {}
    for row, scope, cosine in sorted(zip(rows, scopes, vectors @ asked, strict=True), key=lambda held: -held[2]):
        if scope < 4 and allowed[scope]:
            wanted.setdefault(int(row), float(cosine))
    found = view.nearest(asked, allowed, limit)
    assert list(found) == list(wanted)[:limit]
    assert list(found.values()) == pytest.approx(list(wanted.values())[:limit], abs=1e-4)
    if codes is not None:
        monkey = scan._EXACT_MOST
        scan._EXACT_MOST = 0
        try:
            assert list(view.nearest(asked, allowed, limit)) == list(found)
        finally:
            scan._EXACT_MOST = monkey
