"""The lexical index of large libraries finds what SQLite's finds, in the same order of worth, and follows every change."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from corpus.digests import digest_paths
from ingest import words as words_module
from ingest.library import Library, open_reader, open_writer
from ingest.lookup import Scope, document_counts, fetch, lexical_rows
from ingest.words import WordIndex, sync_words, tokens, words_folder
from tests.support import bring

DAY = date(2026, 6, 1)
FILES = {
    "general.md": "# General\n\nRule on 77370 and its report.\n\n## Plans\n\nCodes 77316-77318 are for plans of treatment.\n",
    "past.md": "---\nvalid_to: 2025-12-31\n---\n# Past\n\nRule on 77370 until last year.\n",
    "plan.md": "---\npayer: Example Plan\npublisher: Society\n---\n# Plan\n\nRule on 77336 of one plan. One rule, of this plan.\n",
    "other.md": "# Other\n\nRadiological reports of oncologists are signed.\n",
}


@pytest.fixture(autouse=True)
def _every_library_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words_module, "SQLITE_MOST", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bring(tmp_path, FILES)
    return tmp_path


@pytest.fixture
def library(folder: Path) -> Iterator[Library]:
    with open_reader(folder) as found:
        yield found


def sync(folder: Path) -> None:
    with open_writer(folder) as library:
        sync_words(library)


def texts(library: Library, words: list[str], scope: Scope, limit: int = 10) -> list[str]:
    rows = lexical_rows(library, words, scope, limit)
    assert list(rows.values()) == sorted(rows.values(), reverse=True)
    passages = fetch(library, rows)
    return [passages[row][0].text for row in rows]


@pytest.mark.parametrize(
    "scope",
    [Scope(DAY), Scope(date(2025, 6, 1)), Scope(DAY, "Example Plan"), Scope(DAY, "Other Plan"), Scope(DAY, publisher="Society")],
)
@pytest.mark.parametrize(
    "words", [["rules", "reported"], ["plan"], ["77316", "treatment"], ["oncologist", "radiology"], ["nothing"], [], ['"']]
)
def test_it_finds_what_sqlite_finds(folder: Path, library: Library, scope: Scope, words: list[str]) -> None:
    of_sqlite = texts(library, words, scope)
    assert not library.derived(WordIndex).holds(library.revision())
    sync(folder)
    assert library.derived(WordIndex).holds(library.revision())
    found = texts(library, words, scope)
    assert set(found) == set(of_sqlite)
    if "rules" not in words:  # a word that more than half of the passages hold weighs nothing with SQLite, a little with tantivy
        assert found[:1] == of_sqlite[:1]


def test_a_filter_costs_nothing_of_what_it_leaves(folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    sync(folder)
    narrow = Scope(DAY, publisher="Society")
    for share, spare in ((0.0, 0.0), (2.0, 1.0), (0.25, 1.2)):  # drawn first and too few, filtered at once, and the default
        monkeypatch.setattr(words_module, "_LEAST_SHARE", share)
        monkeypatch.setattr(words_module, "_SPARE", spare)
        assert texts(library, ["rule", "77370", "report"], narrow, 1) == ["Rule on 77336 of one plan. One rule, of this plan."]


def test_one_document_can_be_asked(folder: Path, library: Library) -> None:
    sync(folder)
    identity = next(d.id for d, _, _ in library.documents() if d.title == "General")
    assert texts(library, ["plan", "radiology", "year"], Scope(DAY, document_id=identity)) == [
        "Codes 77316-77318 are for plans of treatment."
    ]
    assert texts(library, ["rule"], Scope(DAY, document_id="d-none")) == []


def test_every_change_is_followed_before_and_after_the_sync(folder: Path, library: Library) -> None:
    sync(folder)
    bring(folder, {"late.md": "# Late\n\nRule on zetas.\n", "general.md": "# General\n\nChanged words.\n"})
    with open_writer(folder) as writer:
        other = next(d.id for d, _, _ in writer.documents() if d.title == "Other")
        for change, there in ((writer.remove, False), (writer.restore, True), (writer.purge, False)):
            change(other)
            for _ in range(2):
                assert bool(texts(library, ["oncologist"], Scope(DAY))) is there
                assert texts(library, ["zeta"], Scope(DAY)) == ["Rule on zetas."]
                assert texts(library, ["changed"], Scope(DAY)) == ["Changed words."]
                assert document_counts(library, ["zeta"])[0] == {"zeta": 1}
                sync_words(writer)
                assert document_counts(library, [])[1] == sum(count for _, _, count in library.documents())
    assert library.derived(WordIndex).holds(library.revision())


def test_words_are_counted_as_sqlite_counts_them(folder: Path, library: Library) -> None:
    counted = document_counts(library, ["rules", "77370", "plan", "oncologist", "nothing", '"'])
    sync(folder)
    assert document_counts(library, ["rules", "77370", "plan", "oncologist", "nothing", '"']) == counted


def test_a_library_that_became_small_has_no_index(folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    sync(folder)
    assert words_folder(library).exists()
    monkeypatch.setattr(words_module, "SQLITE_MOST", 5)
    sync(folder)
    assert not words_folder(library).exists()
    bring(folder, {"late.md": "# Late\n\nRule on zetas.\n"})
    sync(folder)
    assert words_folder(library).exists()


@pytest.mark.parametrize("damage", ["revision", "meta", "segments", "bytes"])
def test_a_damaged_index_is_not_used_and_made_anew(folder: Path, library: Library, damage: str) -> None:
    sync(folder)
    wanted = texts(library, ["rule"], Scope(DAY))
    if damage == "revision":
        (words_folder(library) / "revision.json").write_text("{")
    elif damage == "meta":
        (words_folder(library) / "meta.json").write_text("{")
    elif damage == "bytes":  # tantivy panics here
        file = next(words_folder(library).glob("*.term"))
        file.write_bytes(b"\xa5" * file.stat().st_size)
    else:
        for file in words_folder(library).glob("*.*"):
            if file.name not in {"meta.json", "revision.json"}:
                file.unlink()
    with open_reader(folder) as anew:
        assert texts(anew, ["rule"], Scope(DAY)) == wanted
    bring(folder, {"late.md": "# Late\n\nMore of zetas.\n"})
    sync(folder)
    with open_reader(folder) as anew:
        assert anew.derived(WordIndex).holds(anew.revision())
        assert texts(anew, ["rule"], Scope(DAY)) == wanted


def test_an_index_that_breaks_while_it_is_asked_gives_way_to_sqlite(
    folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, counts = texts(library, ["rule"], Scope(DAY)), document_counts(library, ["rule"])
    sync(folder)

    class PanicException(BaseException):
        """As tantivy raises it."""

    def panic(*_: object) -> None:
        raise PanicException("range end index 7 out of range")

    with open_reader(folder) as anew:
        assert anew.derived(WordIndex).holds(anew.revision())
        monkeypatch.setattr(WordIndex, "_search", panic)
        assert texts(anew, ["rule"], Scope(DAY)) == wanted
        assert not anew.derived(WordIndex).holds(anew.revision())
        assert document_counts(anew, ["rule"]) == counts


def test_words_are_cut_and_stemmed_as_sqlite_does() -> None:
    sample = [path.read_text() for path in digest_paths()[::8]]
    sample.append("Café naïve ½ x² 'tis don’t co-pay_item G6015 C77.0 77370-26 été Ünder 日本 oncology biology as is us hopping flies")
    with sqlite3.connect(":memory:") as raw:
        raw.execute("CREATE VIRTUAL TABLE held USING fts5(body, tokenize = 'porter unicode61 remove_diacritics 2')")
        raw.execute("CREATE VIRTUAL TABLE words USING fts5vocab(held, 'row')")
        raw.executemany("INSERT INTO held VALUES (?)", [(text,) for text in sample])
        of_sqlite = {term: count for term, _, count in raw.execute("SELECT * FROM words")}
    raw.close()
    assert Counter(token for text in sample for token in tokens(text)) == of_sqlite
