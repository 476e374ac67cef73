"""The index always equals the library: whole documents, one writer, nothing lost to a crash."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus.errors import IngestError, LibraryDamaged, LibraryLocked, LibraryMissing, LibraryStale, LibraryUnusable
from ingest.build import FileReport, Source, ingest, rebuild, shipped_sources, user_sources
from ingest.library import Library, open_reader, open_writer
from tests.support import HashEmbedder

ROOT = Path(__file__).parents[2]


def bring(folder: Path, files: dict[str, str], **by_hand: str) -> tuple[FileReport, ...]:
    place = folder / "files"
    place.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (place / name).write_text(content)
    with open_writer(folder) as library:
        return ingest(library, HashEmbedder(), user_sources([place]), by_hand=by_hand, added_at="2026-01-01")


def outcomes(reports: tuple[FileReport, ...]) -> list[str]:
    return [report.outcome.value for report in reports]


def texts(folder: Path) -> list[str]:
    with open_reader(folder) as library:
        return [p.text for document, _, _ in library.documents() for p in library.passages(document.id)]


def state(folder: Path) -> tuple[str, int]:
    with open_reader(folder) as library:
        return library.digest(), library.revision()


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
        digest = state(folder)[0]
        assert len(texts(folder)) == len(texts(tmp_path / "calm"))
        assert digest == state(folder)[0]
        assert _ids(folder) == _ids(tmp_path / "calm")
    assert landed, "no kill landed in the middle of an ingest"
    assert calm == state(tmp_path / "calm")[0]


def _ids(folder: Path) -> list[str]:
    with open_reader(folder) as library:
        return [p.id for document, _, _ in library.documents() for p in library.passages(document.id)]


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


def test_sources_are_named_by_their_full_path(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nRule.\n")
    assert user_sources([tmp_path / "a.md"]) == (Source(str((tmp_path / "a.md").resolve()), tmp_path / "a.md"),)
