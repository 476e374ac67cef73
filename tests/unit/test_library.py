"""The index always equals the library: whole documents, one writer, nothing lost to a crash."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from corpus.errors import IngestError, LibraryDamaged, LibraryLocked, LibraryMissing, LibraryStale, LibraryUnusable
from ingest.build import Source, ingest, read_source, rebuild, shipped_sources, user_sources
from ingest.embed import Vectors
from ingest.library import Library, open_reader, open_writer
from ingest.lookup import document_counts, vector_keys
from ingest.split import POLICY, split
from tests.support import HashEmbedder, bring, make_pdf, outcomes, state, texts

ROOT = Path(__file__).parents[2]


def test_a_second_ingest_changes_nothing(tmp_path: Path) -> None:
    files = {"a.md": "# A\n\nRule on 77370.\n", "b.txt": "Notes on the physics\n\nRule on 77336 for each week.\n"}
    assert outcomes(bring(tmp_path, files)) == ["added", "added"]
    before = state(tmp_path)
    assert outcomes(bring(tmp_path, files)) == ["unchanged", "unchanged"]
    assert state(tmp_path) == before


def test_a_changed_file_takes_the_place_of_its_former_version(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nOld rule on 77370.\n"})
    assert outcomes(bring(tmp_path, {"a.md": "# A\n\nNew rule on 77370.\n"})) == ["replaced"]
    assert texts(tmp_path) == ["New rule on 77370."]


def test_going_back_to_a_former_version_works(tmp_path: Path) -> None:
    first = {"a.md": "# A\n\nOld rule on 77370.\n"}
    bring(tmp_path, first)
    bring(tmp_path, {"a.md": "# A\n\nNew rule on 77370.\n"})
    assert outcomes(bring(tmp_path, first)) == ["replaced"]
    assert texts(tmp_path) == ["Old rule on 77370."]


def test_removing_can_be_undone_and_purging_cannot(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n"})
    with open_writer(tmp_path) as library:
        (identity,) = [d.id for d, _, _ in library.documents()]
        library.remove(identity)
        assert library.documents() == ()
        library.restore(identity)
        assert len(library.documents()) == 1
        library.purge(identity)
        assert library.documents(status=None) == ()
        assert library.text(identity) == ""


def test_purging_leaves_no_word_in_the_lexical_index(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule of the quagga.\n", "b.md": "# B\n\nRule of zebras.\n"})
    with open_writer(tmp_path) as library:
        library.purge(next(d.id for d, _, _ in library.documents() if d.title == "A"))
    content = (tmp_path / "library.sqlite3").read_bytes()
    assert b"quagga" not in content
    assert b"zebra" in content


def test_restoring_a_replaced_version_makes_the_present_one_give_way(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nOld rule on 77370.\n"})
    bring(tmp_path, {"a.md": "# A\n\nNew rule on 77370.\n"})
    with open_writer(tmp_path) as library:
        library.restore(next(d.id for d, status, _ in library.documents(None) if status == "replaced"))
    assert texts(tmp_path) == ["Old rule on 77370."]


def test_properties_set_by_hand_stay(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n"}, publisher="ASTRO", payer="Aetna")
    assert outcomes(bring(tmp_path, {})) == ["unchanged"]
    bring(tmp_path, {"a.md": "# A\n\nChanged rule on 77370.\n"})
    with open_reader(tmp_path) as library:
        (document, _, _) = library.documents()[0]
        assert (document.publisher, document.payer) == ("ASTRO", "Aetna")
        assert library.passages(document.id)[0].payer == "Aetna"


def test_equal_content_under_two_names_is_held_once(tmp_path: Path) -> None:
    reports = bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n", "b.md": "# A\n\nRule on 77370.\n"})
    assert outcomes(reports) == ["added", "unchanged"]
    assert "same content" in reports[1].reason


def test_a_bad_file_is_told_and_the_rest_goes_in(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "bad.txt").write_bytes(b"\x00\x01\x02")
    reports = bring(tmp_path, {"empty.md": "", "good.md": "# G\n\nRule on 77370.\n"})
    assert sorted(outcomes(reports)) == ["added", "refused", "refused"]
    assert all(r.reason for r in reports if r.outcome == "refused")
    assert texts(tmp_path) == ["Rule on 77370."]


def test_a_path_that_is_missing_or_holds_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no such file"):
        user_sources([tmp_path / "nowhere"])
    with pytest.raises(IngestError, match="nothing to read"):
        user_sources([tmp_path])


def test_starter_sources_that_no_longer_ship_are_removed(tmp_path: Path) -> None:
    shipped = shipped_sources()[:2]
    with open_writer(tmp_path) as library:
        ingest(library, HashEmbedder(), shipped, by_hand={}, added_at="")
        assert outcomes(ingest(library, HashEmbedder(), shipped[:1], by_hand={}, added_at="")) == ["unchanged", "removed"]
        assert len(library.documents()) == 1


class _Other(HashEmbedder):
    identity = "other@2"


def test_vectors_of_another_model_are_refused_until_rebuilt(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": '# A\n\nRule on 77370.\n{: #f-1 payer="Aetna" valid_to="2030-01-01"}\n'})
    with open_writer(tmp_path) as library:
        (source,) = user_sources([tmp_path / "files"])
        with pytest.raises(LibraryStale, match="--rebuild"):
            ingest(library, _Other(), [source], by_hand={}, added_at="")
        assert rebuild(library, _Other()) == 1
        library.require(_Other.identity, next(iter(library.built_with()))[1])
        passage = library.passages(library.documents()[0][0].id)[0]
        assert (passage.anchor, passage.payer, str(passage.valid_to)) == ("f-1", "Aetna", "2030-01-01")


def test_a_library_that_is_not_there_or_no_library_is_told(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing, match="codecite ingest"):
        open_reader(tmp_path / "none")
    (tmp_path / "library.sqlite3").write_bytes(b"no database at all" * 50)
    with pytest.raises(LibraryDamaged):
        open_reader(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryUnusable, match="CODECITE_DATA_DIR"), open_writer(tmp_path / "file" / "data"):
        pass


HOLD = "import sys, time; from pathlib import Path; from ingest.library import open_writer\nwith open_writer(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(30)\n"


def test_a_second_writer_is_refused_at_once_with_the_owners_pid(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline().strip() == b"held"
        started = time.monotonic()
        with pytest.raises(LibraryLocked, match=str(owner.pid)), open_writer(tmp_path):
            pass
        assert time.monotonic() - started < 2
        owner.kill()
    with open_writer(tmp_path):
        pass


def _ingest_forever(folder: str) -> None:
    place = Path(folder)
    with open_writer(place) as library:
        ingest(library, HashEmbedder(), user_sources([place / "files"]), by_hand={}, added_at="2026-01-01")


def _many(folder: Path) -> None:
    (folder / "files").mkdir(parents=True)
    for n in range(24):
        rules = "\n\n".join(f"Rule {m} of file {n} on 77{n:03d} and its report." for m in range(12))
        (folder / "files" / f"{n:02}.md").write_text(f"# File {n}\n\n## Rules\n\n{rules}\n")


def _whole(library: Library) -> bool:
    for document, _, count in library.documents():
        stored = library.passages(document.id)
        text = library.text(document.id)
        if not count or len(stored) != count or any(text[p.start : p.end] != p.text for p in stored):
            return False
    return True


def test_kills_in_the_middle_converge_to_the_undisturbed_library(tmp_path: Path) -> None:
    _many(tmp_path / "calm")
    _ingest_forever(str(tmp_path / "calm"))
    calm = state(tmp_path / "calm")[0]
    landed = 0
    for delay in (0.0, 0.02, 0.05, 0.1):
        folder = tmp_path / f"kill-{delay}"
        _many(folder)
        process = multiprocessing.get_context("fork").Process(target=_ingest_forever, args=(str(folder),))
        process.start()
        while not (folder / "library.sqlite3").exists():
            time.sleep(0.001)
        time.sleep(delay)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        with open_writer(folder) as library:
            assert _whole(library)
            landed += len(library.documents()) < 24
        _ingest_forever(str(folder))
        assert state(folder)[0] == calm
    assert landed, "no kill landed in the middle of an ingest"


def test_a_reader_sees_whole_documents_only_while_one_writes(tmp_path: Path) -> None:
    _many(tmp_path)
    with open_writer(tmp_path):
        pass
    process = multiprocessing.get_context("fork").Process(target=_ingest_forever, args=(str(tmp_path),))
    process.start()
    looks = 0
    with open_reader(tmp_path) as library:
        while process.is_alive():
            assert _whole(library)
            looks += 1
    process.join()
    assert looks > 3
    assert len(texts(tmp_path)) > 24


def test_a_reader_sees_the_old_version_or_the_new_one_never_both_or_none(tmp_path: Path) -> None:
    versions = ["\n\n".join(f"{word} rule {n} on 77370 and its report." for n in range(40)) for word in ("Odd", "Even")]
    bring(tmp_path, {"a.md": versions[0]})
    forked = multiprocessing.get_context("fork")
    enough = forked.Event()
    process = forked.Process(target=_replace_until, args=(enough, str(tmp_path), versions))
    process.start()
    seen: list[str] = []
    until = time.monotonic() + 20
    with open_reader(tmp_path) as library:
        while (len(seen) < 40 or len(set(seen)) < 2) and time.monotonic() < until:
            ((document, _, _),) = library.documents()
            words = {p.text.split()[0] for p in library.passages(document.id)}
            assert len(words) == 1
            assert library.text(document.id).startswith(*words)
            seen += words
    enough.set()
    process.join()
    assert process.exitcode == 0
    assert set(seen) == {"Odd", "Even"}


def _replace_until(enough: Event, folder: str, versions: list[str]) -> None:
    while not enough.is_set():
        for version in reversed(versions):
            bring(Path(folder), {"a.md": version})


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n"})
    with open_writer(tmp_path) as writer, open_reader(tmp_path) as reader, writer.engine.connect() as connection:
        connection.connection.driver_connection.execute("BEGIN EXCLUSIVE")  # type: ignore[union-attr]  # sqlite3's own
        started = time.monotonic()
        assert len(reader.documents()) == 1
        assert time.monotonic() - started < 2


def test_a_disk_that_is_full_leaves_the_library_as_it_was(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n"})
    before = state(tmp_path)
    (tmp_path / "files" / "b.md").write_text("\n\n".join(f"Rule {n} on 77336 and its report." for n in range(3000)))
    with open_writer(tmp_path) as library:

        @event.listens_for(library.engine, "begin")
        def _fill(connection: Connection) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 64")

        with pytest.raises(LibraryUnusable, match="full"):
            ingest(library, HashEmbedder(), user_sources([tmp_path / "files"]), by_hand={}, added_at="")
    assert state(tmp_path) == before
    assert outcomes(bring(tmp_path, {})) == ["unchanged", "added"]


def test_damage_in_the_middle_of_the_file_is_told_as_such(tmp_path: Path) -> None:
    _many(tmp_path)
    _ingest_forever(str(tmp_path))
    file = tmp_path / "library.sqlite3"
    content = bytearray(file.read_bytes())
    for page in range(len(content) // 8192, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xee" * 64
    file.write_bytes(content)
    with open_reader(tmp_path) as library, pytest.raises(LibraryDamaged, match="move the folder away"):
        library.digest()


def test_a_database_that_is_not_ours_is_told(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "library.sqlite3") as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    with pytest.raises(LibraryDamaged, match="move the folder away"):
        open_reader(tmp_path)


def test_a_library_of_another_version_is_told(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n"})
    with sqlite3.connect(tmp_path / "library.sqlite3") as raw:
        raw.execute("UPDATE library SET value = '99' WHERE key = 'schema'")
    raw.close()
    with pytest.raises(LibraryStale, match="schema 99"):
        open_reader(tmp_path)
    with pytest.raises(LibraryStale, match="schema 99"), open_writer(tmp_path):
        pass


@pytest.mark.parametrize("opened", ["open_reader", "open_writer"])
def test_a_folder_of_somebody_else_is_told_in_one_error(tmp_path: Path, opened: str) -> None:
    bring(tmp_path / "data", {"a.md": "# A\n\nRule on 77370.\n"})
    for folder in (tmp_path / "data", *(p for p in tmp_path.parents if p.name.startswith("pytest-")), tmp_path):
        folder.chmod(0o755)
    process = multiprocessing.get_context("fork").Process(target=_open_as_nobody, args=(str(tmp_path / "data"), opened))
    process.start()
    process.join()
    assert process.exitcode == 0, "neither read nor refused with an error of ours"


def _open_as_nobody(folder: str, opened: str) -> None:
    if os.getuid() == 0:
        os.setuid(65534)
    else:
        Path(folder).chmod(0o555)
    try:
        with open_reader(Path(folder)) if opened == "open_reader" else open_writer(Path(folder)) as library:
            library.documents()
            os._exit(0 if opened == "open_reader" else 3)
    except LibraryUnusable:
        os._exit(0)
    os._exit(4)


def test_a_reference_that_is_empty_names_nothing(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n"})
    with open_reader(tmp_path) as library:
        assert library.find("") == ()
        assert [d.title for d, _, _ in library.find("a.md")] == ["A"]
        assert [d.title for d, _, _ in library.find("A")] == ["A"]
        assert [d.title for d, _, _ in library.find("d-")] == ["A"]


def test_a_document_of_another_model_cannot_be_restored(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n", "b.md": "# B\n\nRule on 77336.\n"})
    with open_writer(tmp_path) as library:
        removed = next(d.id for d, _, _ in library.documents() if d.title == "A")
        library.remove(removed)
        rebuild(library, _Other())
        with pytest.raises(LibraryStale, match="ingest its file again"):
            library.restore(removed)
        assert [d.title for d, _, _ in library.documents()] == ["B"]
        library.require(_Other.identity, POLICY)


def test_what_is_stored_is_given_back_whole(tmp_path: Path) -> None:
    text = '# A\n\n| Code | Limit |\n|---|---|\n| 77300 | 10 |\n\nRule.\n{: #f-1 valid_from="2026-01-01" conflicts="f-2 f-3"}\n'
    bring(tmp_path, {"a.md": text})
    path = tmp_path / "files" / "a.md"
    read = read_source(Source(str(path), path), {}, "2026-01-01")
    with open_reader(tmp_path) as library:
        assert library.document_text(read.document.id) == read
        assert library.passages(read.document.id) == split(read)
        with pytest.raises(LibraryDamaged, match="sources list"):
            library.document_text("d-none")


def test_pages_are_given_back_whole(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.pdf").write_bytes(make_pdf(["Rule on 77370 on page one.", "Rule on 77336 on page two."]))
    bring(tmp_path, {})
    with open_reader(tmp_path) as library:
        ((document, _, _),) = library.documents()
        assert [page.number for page in library.document_text(document.id).pages] == [1, 2]


def test_a_dead_writer_holds_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        owner.kill()
    assert (tmp_path / "writer.pid").read_text() == str(owner.pid), "a kill leaves its mark, which must not count"
    assert outcomes(bring(tmp_path, {"a.md": "# A\n\nRule.\n"})) == ["added"]
    assert not (tmp_path / "writer.pid").exists()


def test_sources_are_named_by_their_full_path(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nRule.\n")
    assert user_sources([tmp_path / "a.md"]) == (Source(str((tmp_path / "a.md").resolve()), tmp_path / "a.md"),)


def test_words_of_documents_out_of_use_do_not_weigh_on_others(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nOld rule on 77370.\n", "b.md": "# B\n\nOther rule on 77336.\n"})
    bring(tmp_path, {"a.md": "# A\n\nNew rule on 77370.\n"})
    with open_writer(tmp_path) as library:
        assert document_counts(library, ["old", "new", "rule"]) == ({"old": 0, "new": 1, "rule": 2}, 2)
        old = next(d.id for d, status, _ in library.documents(None) if status == "replaced")
        library.restore(old)
        assert document_counts(library, ["old", "new", "rule"]) == ({"old": 1, "new": 0, "rule": 2}, 2)
        library.remove(old)
        assert document_counts(library, ["old", "rule"]) == ({"old": 0, "rule": 1}, 1)


def test_all_that_one_look_reads_is_of_one_moment(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n", "b.md": "# B\n\nRule on 77336.\n"})
    count = text("SELECT count(*) FROM passages")
    with open_reader(tmp_path) as reader, open_writer(tmp_path) as writer:
        with reader.engine.connect() as connection:
            assert connection.execute(count).scalar() == 2
            writer.purge(writer.documents()[0][0].id)
            assert connection.execute(count).scalar() == 2
        with reader.engine.connect() as connection:
            assert connection.execute(count).scalar() == 1


def test_a_change_that_fails_halfway_leaves_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, {"a.md": "# A\n\nOld rule on 77370.\n\n## B\n\nOld rule on 77336.\n"})
    before = state(tmp_path)

    def fail(*_: object) -> None:
        raise RuntimeError("stopped")

    monkeypatch.setattr("ingest.library.index_words", fail)
    with pytest.raises(RuntimeError, match="stopped"):
        bring(tmp_path, {"a.md": "# A\n\nNew rule on 77370.\n\n## B\n\nNew rule on 77336.\n"})
    monkeypatch.undo()
    assert state(tmp_path) == before
    assert texts(tmp_path) == ["Old rule on 77370.", "Old rule on 77336."]
    with open_reader(tmp_path) as library:
        assert document_counts(library, ["old", "new"]) == ({"old": 2, "new": 0}, 2)


class _Stopped(_Other):
    """Fails at its second document, as a process does that is stopped in the middle."""

    def __init__(self) -> None:
        self.left = 1

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        if not self.left:
            raise RuntimeError("stopped")
        self.left -= 1
        return super().encode(texts, advance)


def test_a_rebuild_that_was_stopped_is_told_and_the_next_goes_on_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.ahead._WINDOW", 1)
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n", "b.md": "# B\n\nRule on 77336.\n"})
    shutil.copytree(tmp_path, tmp_path / "at once")
    with open_writer(tmp_path / "at once") as library:
        assert rebuild(library, _Other()) == 2
        whole = library.digest()
    with open_writer(tmp_path) as library:
        with pytest.raises(RuntimeError, match="stopped"):
            rebuild(library, _Stopped())
        for identity in (HashEmbedder.identity, _Other.identity):
            with pytest.raises(LibraryStale, match="--rebuild"):
                library.require(identity, POLICY)
        assert rebuild(library, _Other()) == 1
        library.require(_Other.identity, POLICY)
        assert (library.digest(), _whole(library)) == (whole, True)
        assert rebuild(library, _Other()) == 2


def test_a_reader_of_the_output_that_goes_away_is_no_fault_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), open_writer(tmp_path):
        raise BrokenPipeError(32, "Broken pipe")
    assert not (tmp_path / "writer.pid").exists()
    with pytest.raises(LibraryUnusable, match="No space left"), open_writer(tmp_path):
        raise OSError(28, "No space left on device")


def test_what_names_no_document_changes_no_answer(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n"})
    before = state(tmp_path)[0]
    with open_writer(tmp_path) as library:
        for change in (library.remove, library.restore, library.purge, library.replace):
            change("d-none")
        (identity,) = [d.id for d, _, _ in library.documents()]
        library.restore(identity)
        library.restore(identity)
        assert document_counts(library, ["rule"]) == ({"rule": 1}, 1)
    assert state(tmp_path)[0] == before


def test_a_row_number_never_comes_to_name_another_passage(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n"})
    with open_writer(tmp_path) as library:
        ((former, _),) = vector_keys(library)
        library.purge(library.documents()[0][0].id)
    bring(tmp_path, {"a.md": "# A\n\nOther rule on 77336.\n"})
    with open_reader(tmp_path) as library:
        assert former not in {row for row, _ in vector_keys(library)}


def test_kills_while_documents_are_replaced_converge_too(tmp_path: Path) -> None:
    _many(tmp_path / "calm")
    _ingest_forever(str(tmp_path / "calm"))
    _change(tmp_path / "calm")
    _ingest_forever(str(tmp_path / "calm"))
    calm = state(tmp_path / "calm")[0]
    with open_reader(tmp_path / "calm") as library:
        counted = document_counts(library, ["zero", "rule"])
    for delay in (0.03, 0.08):
        folder = tmp_path / f"kill-{delay}"
        _many(folder)
        _ingest_forever(str(folder))
        _change(folder)
        process = multiprocessing.get_context("fork").Process(target=_ingest_forever, args=(str(folder),))
        process.start()
        time.sleep(delay)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        with open_writer(folder) as library:
            assert _whole(library)
            assert len(library.documents()) == 24, "each file is there once, in its former version or in its present one"
        _ingest_forever(str(folder))
        assert state(folder)[0] == calm
        with open_reader(folder) as library:
            assert document_counts(library, ["zero", "rule"]) == counted
            assert counted[0]["zero"] == 24


def _change(folder: Path) -> None:
    for file in (folder / "files").iterdir():
        file.write_text(file.read_text().replace("Rule 0 of", "Rule zero of"))
