"""Both vector indexes find the nearest passages in scope, and nothing that the library does not hold."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ingest import vectors
from ingest.build import ingest, rebuild, user_sources
from ingest.embed import Vectors
from ingest.library import Library, open_reader, open_writer
from ingest.lookup import Scope, fetch
from ingest.scan import open_files, sync_files
from ingest.vectors import ChromaIndex, ScanIndex, VectorIndex, _client, sync_chroma, sync_indexes
from tests.support import HashEmbedder

ROOT = Path(__file__).parents[2]
DAY = date(2026, 6, 1)
RULES = {
    "old.md": "---\nvalid_to: 2025\n---\n# Old\n\nalpha rule of the past.\n",
    "new.md": "---\nvalid_from: 2026\n---\n# New\n\nalpha rule of today.\n",
    "aetna.md": "---\npayer: Aetna\n---\n# Plan\n\nalpha rule of one plan.\n",
    "other.md": "# Other\n\nbeta gamma delta epsilon.\n",
}
Opener = Callable[[Library], VectorIndex]


def write(folder: Path, files: dict[str, str]) -> None:
    (folder / "files").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / "files" / name).write_text(content)
    with open_writer(folder) as library:
        ingest(library, HashEmbedder(), user_sources([folder / "files"]), by_hand={}, added_at="")
        sync_chroma(library, folder / "chroma")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, RULES)
    return tmp_path


@pytest.fixture
def library(folder: Path) -> Iterator[Library]:
    with open_reader(folder) as found:
        yield found


@pytest.fixture(params=["scan", "scan of files", "chroma"])
def open_index(request: pytest.FixtureRequest, folder: Path) -> Opener:
    if request.param == "scan of files":
        with open_writer(folder) as writer:
            sync_files(writer)
    return ScanIndex if request.param != "chroma" else lambda library: ChromaIndex(library, folder / "chroma")


def found(library: Library, index: VectorIndex, words: str, scope: Scope, limit: int = 10) -> list[str]:
    rows = index.search(HashEmbedder().encode([words])[0], scope, limit)
    assert list(rows.values()) == sorted(rows.values(), reverse=True)
    passages = fetch(library, rows)
    return [passages[row][0].text for row in rows]


def test_the_nearest_come_first(library: Library, open_index: Opener) -> None:
    assert found(library, open_index(library), "beta gamma", Scope(DAY), 1) == ["beta gamma delta epsilon."]


def test_only_what_is_in_force_is_found(library: Library, open_index: Opener) -> None:
    index = open_index(library)
    assert "alpha rule of the past." not in found(library, index, "alpha rule", Scope(DAY))
    assert "alpha rule of the past." in found(library, index, "alpha rule", Scope(date(2025, 6, 1)))
    assert "alpha rule of today." not in found(library, index, "alpha rule", Scope(date(2025, 12, 31)))


def test_a_payer_sees_general_rules_and_its_own(library: Library, open_index: Opener) -> None:
    index = open_index(library)
    assert "alpha rule of one plan." in found(library, index, "alpha rule", Scope(DAY, "aetna"))
    assert "alpha rule of one plan." not in found(library, index, "alpha rule", Scope(DAY, "Humana"))


def test_one_publisher_can_be_asked(library: Library, open_index: Opener, folder: Path) -> None:
    write(folder, {"theirs.md": "---\npublisher: Society\n---\n# Theirs\n\nalpha rule of the society.\n"})
    assert found(library, open_index(library), "alpha", Scope(DAY, publisher="Society")) == ["alpha rule of the society."]


def test_one_document_can_be_asked(library: Library, open_index: Opener) -> None:
    (wanted,) = [d.id for d, _, _ in library.documents() if d.title == "Other"]
    assert found(library, open_index(library), "alpha", Scope(DAY, document_id=wanted)) == ["beta gamma delta epsilon."]


def test_a_removed_document_is_never_found(folder: Path, library: Library, open_index: Opener) -> None:
    index = open_index(library)
    assert found(library, index, "beta", Scope(DAY), 1)
    with open_writer(folder) as writer:
        writer.remove(next(d.id for d, _, _ in writer.documents() if d.title == "Other"))
    assert "beta gamma delta epsilon." not in found(library, index, "beta gamma", Scope(DAY))


def test_what_another_process_adds_is_found_at_the_next_search(folder: Path, library: Library, open_index: Opener) -> None:
    index = open_index(library)
    assert "zeta eta theta." not in found(library, index, "zeta eta", Scope(DAY))
    write(folder, {"late.md": "# Late\n\nzeta eta theta.\n"})
    assert found(library, index, "zeta eta", Scope(DAY), 1) == ["zeta eta theta."]


def test_an_empty_scope_finds_nothing(library: Library, open_index: Opener) -> None:
    assert found(library, open_index(library), "alpha", Scope(date(1980, 1, 1), "Humana", "d-none")) == []


def test_a_replaced_version_is_never_found(folder: Path, library: Library, open_index: Opener) -> None:
    index = open_index(library)
    assert found(library, index, "beta", Scope(DAY), 1)
    write(folder, {"other.md": "# Other\n\nzeta eta theta.\n"})
    assert "beta gamma delta epsilon." not in found(library, index, "beta gamma", Scope(DAY))
    assert found(library, index, "zeta eta", Scope(DAY), 1) == ["zeta eta theta."]


def test_a_restored_document_is_found_again(folder: Path, library: Library, open_index: Opener, caplog: pytest.LogCaptureFixture) -> None:
    index = open_index(library)
    with open_writer(folder) as writer:
        other = next(d.id for d, _, _ in writer.documents() if d.title == "Other")
        writer.remove(other)
        sync_chroma(writer, folder / "chroma")
    assert "beta gamma delta epsilon." not in found(library, index, "beta gamma", Scope(DAY))
    with open_writer(folder) as writer:
        writer.restore(other)
        sync_chroma(writer, folder / "chroma")
    assert found(library, index, "beta gamma", Scope(DAY), 1) == ["beta gamma delta epsilon."]
    assert not caplog.records, "Chroma is brought up to date, not rebuilt"


def test_no_more_than_the_limit_is_given(library: Library, open_index: Opener) -> None:
    assert len(found(library, open_index(library), "alpha rule", Scope(DAY), 2)) == 2


@pytest.mark.parametrize("kind", ["exact", "chroma"])
def test_an_empty_library_finds_nothing(tmp_path: Path, kind: str) -> None:
    with open_writer(tmp_path) as writer:
        sync_chroma(writer, tmp_path / "chroma")
    with open_reader(tmp_path) as library:
        index = ScanIndex(library) if kind == "exact" else ChromaIndex(library, tmp_path / "chroma")
        assert found(library, index, "alpha", Scope(DAY)) == []


def test_without_a_chroma_the_library_answers(folder: Path, library: Library) -> None:
    index = ChromaIndex(library, folder / "nowhere")
    assert not index.mirrors(library.revision())
    assert found(library, index, "beta gamma", Scope(DAY), 1) == ["beta gamma delta epsilon."]
    assert not (folder / "nowhere").exists(), "a reader makes no Chroma"


def test_beyond_its_size_chroma_is_not_kept_unless_it_is_asked_for(folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "CHROMA_MOST", 3)
    with open_writer(folder) as writer:
        sync_indexes(writer, folder / "chroma", always_chroma=True)
        assert mirrored(folder) == 4
        sync_indexes(writer, folder / "chroma")
    assert not (folder / "chroma").exists()
    index = ChromaIndex(library, folder / "chroma")
    assert found(library, index, "beta gamma", Scope(DAY), 1) == ["beta gamma delta epsilon."]
    view = open_files(library)
    assert view is not None
    assert view.state.revision == library.revision()


def test_rows_of_another_library_are_not_taken_for_ours(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "other", {"a.md": "# A\n\nzeta eta theta.\n"})
    shutil.rmtree(tmp_path / "other" / "chroma")
    shutil.copytree(folder / "chroma", tmp_path / "other" / "chroma")
    with open_reader(tmp_path / "other") as library:
        index = ChromaIndex(library, tmp_path / "other" / "chroma")
        assert not index.mirrors(library.revision())
        assert found(library, index, "beta gamma", Scope(DAY)) == ["zeta eta theta."]


def test_syncing_twice_changes_nothing(folder: Path, library: Library) -> None:
    with open_writer(folder) as writer:
        sync_chroma(writer, folder / "chroma")
    assert ChromaIndex(library, folder / "chroma").mirrors(library.revision())
    assert mirrored(folder) == 4


def mirrored(folder: Path) -> int:
    with _client(folder / "chroma") as client:
        return int(client.get_collection("passages", embedding_function=None).count())


class _Turned(HashEmbedder):
    """Another model of the same dimension: the ids of the passages stay, the vectors do not."""

    identity = "turned@1"

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        return np.roll(super().encode(texts, advance), 1, axis=1)


@pytest.mark.parametrize("interrupted", [False, True])
def test_vectors_of_another_model_take_the_place_of_the_former(folder: Path, library: Library, interrupted: bool) -> None:
    with open_writer(folder) as writer:
        rebuild(writer, _Turned())
        if interrupted:
            with _client(folder / "chroma") as client:
                client.get_collection("passages", embedding_function=None).modify(metadata={"embedder": "hash@1"})
        sync_chroma(writer, folder / "chroma")
    index, exact = ChromaIndex(library, folder / "chroma"), ScanIndex(library)
    vector = _Turned().encode(["beta gamma"])[0]
    assert index.mirrors(library.revision())
    assert index.search(vector, Scope(DAY), 1) == pytest.approx(exact.search(vector, Scope(DAY), 1), abs=1e-4)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "database cut": lambda chroma: truncate(chroma / "chroma.sqlite3", 40_960),
    "database empty": lambda chroma: truncate(chroma / "chroma.sqlite3", 0),
    "database garbage": lambda chroma: (chroma / "chroma.sqlite3").write_bytes(b"not a database" * 4_000),
    "database gone": lambda chroma: (chroma / "chroma.sqlite3").unlink(),
    "vectors cut": lambda chroma: [truncate(file, 10) for file in chroma.rglob("*.bin")],
    "vectors garbage": lambda chroma: [file.write_bytes(b"\xa5" * file.stat().st_size) for file in chroma.rglob("*.bin")],
    "vectors gone": lambda chroma: [file.unlink() for file in chroma.rglob("*.bin")],
}
MEND = """
import sys
from datetime import date
from pathlib import Path
from ingest.library import open_reader, open_writer
from ingest.lookup import Scope
from ingest.vectors import ChromaIndex, ScanIndex, sync_chroma
from tests.support import HashEmbedder

scope, vector = Scope(date(2026, 6, 1)), HashEmbedder().encode(["rule w7 of file"])[0]
for folder in map(Path, sys.argv[1:]):
    print(folder.name, flush=True)
    with open_reader(folder) as library:
        wanted = ScanIndex(library).search(vector, scope, 5)
        index = ChromaIndex(library, folder / "chroma")
        assert list(index.search(vector, scope, 5).values()) == list(wanted.values()), "a reader answers from the library"
        with open_writer(folder) as writer:
            sync_chroma(writer, folder / "chroma")
        index = ChromaIndex(library, folder / "chroma")
        near = index.search(vector, scope, 5).values()
        assert all(abs(a - b) < 1e-4 for a, b in zip(near, wanted.values(), strict=True)), "the next sync mends it"
        assert index.mirrors(library.revision())
"""


def mend(*folders: Path) -> None:
    """Ask and sync each in a process of its own, for Chroma may end the process that opens what is damaged."""
    command = [sys.executable, "-c", MEND, *map(str, folders)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"at {done.stdout.split()[-1:]}: {done.stderr[-2_000:]}"


def truncate(file: Path, size: int) -> None:
    os.truncate(file, size)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library large enough for Chroma to write its index files, which it does from 1,000 vectors on."""
    folder = tmp_path_factory.mktemp("large")
    rules = {f"{n}.md": "".join(f"## {n} {m}\n\nRule w{m} of file {n} is here.\n\n" for m in range(520)) for n in range(2)}
    write(folder, rules)
    assert list((folder / "chroma").rglob("*.bin"))
    return folder


def test_a_damaged_chroma_is_answered_for_and_rebuilt(large: Path, tmp_path: Path) -> None:
    for name, damage in DAMAGE.items():
        shutil.copytree(large, tmp_path / name)
        damage(tmp_path / name / "chroma")
    mend(*(tmp_path / name for name in DAMAGE))


def test_a_writer_alone_mends_a_chroma_that_does_not_start(large: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(large, folder)
    DAMAGE["database garbage"](folder / "chroma")
    with open_writer(folder) as writer:
        sync_chroma(writer, folder / "chroma")
        assert ChromaIndex(writer, folder / "chroma").mirrors(writer.revision())


def test_a_reader_takes_to_a_chroma_that_was_mended_at_its_next_question(large: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(large, folder)
    DAMAGE["database garbage"](folder / "chroma")
    with open_reader(folder) as library:
        index = ChromaIndex(library, folder / "chroma")
        assert not index.mirrors(library.revision())
        shutil.rmtree(folder / "chroma")
        shutil.copytree(large / "chroma", folder / "chroma")
        assert index.mirrors(library.revision())


def test_a_writer_mends_under_a_reader_that_holds_chroma_open(large: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(large, folder)
    with open_reader(folder) as library:
        index = ChromaIndex(library, folder / "chroma")
        before = found(library, index, "rule w7 of file", Scope(DAY), 3)
        assert index.mirrors(library.revision())
        DAMAGE["vectors gone"](folder / "chroma")
        with open_writer(folder) as writer:
            sync_chroma(writer, folder / "chroma")
        assert found(library, index, "rule w7 of file", Scope(DAY), 3) == before


SYNC = """
import sys
from pathlib import Path
from ingest.library import open_writer
from ingest.vectors import sync_chroma
import chromadb
with open_writer(Path(sys.argv[1])) as library:
    print("go", flush=True)
    sync_chroma(library, Path(sys.argv[1]) / "chroma")
"""


def test_a_sync_that_was_killed_is_finished_by_the_next(large: Path, tmp_path: Path) -> None:
    folders = {delay: tmp_path / f"killed after {delay} s" for delay in (0.02, 0.15, 0.3)}
    for delay, folder in folders.items():
        shutil.copytree(large, folder, ignore=shutil.ignore_patterns("chroma"))
        with subprocess.Popen([sys.executable, "-c", SYNC, str(folder)], cwd=ROOT, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(delay)
            writer.kill()
    mend(*folders.values())
