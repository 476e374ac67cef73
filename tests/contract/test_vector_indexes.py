"""Both vector indexes find the nearest passages in scope, and nothing that the library does not hold."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from ingest.build import ingest, user_sources
from ingest.library import Library, open_reader, open_writer
from ingest.lookup import Scope, fetch
from ingest.vectors import ChromaIndex, ExactIndex, VectorIndex, sync_chroma
from tests.support import HashEmbedder

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


@pytest.fixture(params=["exact", "chroma"])
def open_index(request: pytest.FixtureRequest, folder: Path) -> Opener:
    return ExactIndex if request.param == "exact" else lambda library: ChromaIndex(library, folder / "chroma")


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


@pytest.mark.parametrize("damage", ["truncate", "garbage", "remove"])
def test_a_damaged_chroma_is_answered_for_and_rebuilt(folder: Path, library: Library, damage: str) -> None:
    database = folder / "chroma" / "chroma.sqlite3"
    before = found(library, ExactIndex(library), "alpha rule", Scope(DAY))
    if damage == "remove":
        database.unlink()
    else:
        database.write_bytes(b"" if damage == "truncate" else b"not a database" * 100)
    assert found(library, ChromaIndex(library, folder / "chroma"), "alpha rule", Scope(DAY)) == before
    with open_writer(folder) as writer:
        sync_chroma(writer, folder / "chroma")
    index = ChromaIndex(library, folder / "chroma")
    assert found(library, index, "alpha rule", Scope(DAY)) == before
    assert index.mirrors(library.revision())
