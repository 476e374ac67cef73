"""A source that was quoted is told to have changed or gone, and its old quote stays readable until it is erased."""

from pathlib import Path

from assistant.languages import Language
from assistant.standing import Standing, State, standing
from ingest import tables
from ingest.library import Library, open_reader, open_writer
from tests.support import bring
from ui.words import standing_words

QUOTE = "Rule on 77370."
NOTES = {"a.md": f"# Notes\n\n{QUOTE}\n"}


def only_id(library: Library) -> str:
    (entry,) = library.entries()
    return entry.document.id


def test_a_source_is_in_use_until_it_is_removed_and_withdrawn_from_that_day(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    with open_writer(tmp_path) as library:
        document_id = only_id(library)
        assert standing(library, document_id, QUOTE).state is State.IN_USE
        library.remove(document_id)
        found = standing(library, document_id, QUOTE)
        entry = library.entry(document_id)
        assert entry is not None
        assert (found.state, found.on) == (State.WITHDRAWN, entry.changed_at[:10])
        assert standing_words(found) == f"Source withdrawn on {found.on}."
        assert QUOTE in library.text(document_id)
        library.purge(document_id)
        assert standing(library, document_id, QUOTE).state is State.ERASED


def test_a_changed_source_says_whether_the_quote_still_stands(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    with open_reader(tmp_path) as library:
        document_id = only_id(library)
    bring(tmp_path, {"a.md": f"# Notes\n\nA new rule.\n\n{QUOTE}\n"})
    with open_reader(tmp_path) as library:
        kept = standing(library, document_id, QUOTE)
        assert (kept.state, kept.holds) == (State.CHANGED, True)
        assert "still stands" in standing_words(kept)
    bring(tmp_path, {"a.md": "# Notes\n\nAnother rule on 77370.\n"})
    with open_reader(tmp_path) as library:
        gone = standing(library, document_id, QUOTE)
        assert (gone.state, gone.holds) == (State.CHANGED, False)
        assert "no longer stands" in standing_words(gone)


def test_a_changed_source_whose_new_version_was_removed_is_withdrawn(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    with open_reader(tmp_path) as library:
        document_id = only_id(library)
    bring(tmp_path, {"a.md": "# Notes\n\nAnother rule.\n"})
    with open_writer(tmp_path) as library:
        library.remove(only_id(library))
        assert standing(library, document_id, QUOTE).state is State.WITHDRAWN


def dated(library: Library, document_id: str, changed_at: str) -> None:
    held = tables.documents
    with library.engine.begin() as connection:
        connection.execute(held.update().where(held.c.id == document_id).values(changed_at=changed_at))


def test_a_source_replaced_and_then_removed_is_withdrawn_from_the_day_of_the_removal(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    with open_reader(tmp_path) as library:
        document_id = only_id(library)
    bring(tmp_path, {"a.md": "# Notes\n\nAnother rule.\n"})
    with open_writer(tmp_path) as library:
        newer = only_id(library)
        library.remove(newer)
        dated(library, document_id, "2026-01-05T10:00:00+00:00")
        dated(library, newer, "2026-03-09T10:00:00+00:00")
        assert standing(library, document_id, QUOTE) == Standing(State.WITHDRAWN, "2026-03-09")
        library.purge(newer)
        assert standing(library, document_id, QUOTE) == Standing(State.WITHDRAWN, "2026-01-05")


def test_a_quote_is_looked_for_in_the_newer_version_character_for_character(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    with open_reader(tmp_path) as library:
        document_id = only_id(library)
    bring(tmp_path, {"a.md": "# Notes\n\nrule on 77370. It is 100% or 1_000 of it.\n"})
    with open_reader(tmp_path) as library:
        told = {quote: standing(library, document_id, quote).holds for quote in (QUOTE, "ule on 77370.", "100%", "1_0", "1%0", "7737_")}
    assert told == {QUOTE: False, "ule on 77370.": True, "100%": True, "1_0": True, "1%0": False, "7737_": False}


def test_a_row_of_a_changed_code_file_is_looked_for_in_its_rows(tmp_path: Path) -> None:
    edits = (Path(__file__).parents[1] / "data" / "code_files" / "ptp_practitioner.txt").read_text()
    row = "Column 1: 77336 | Column 2: 77370 | Effective: 2020-01-01 | Deleted: none | Modifier indicator: 1"
    bring(tmp_path, {"edits.txt": edits})
    with open_reader(tmp_path) as library:
        document_id = only_id(library)
    bring(tmp_path, {"edits.txt": edits.replace("rationale one", "rationale new")})
    with open_reader(tmp_path) as library:
        assert standing(library, document_id, row).holds
        assert not standing(
            library, document_id, f"{row} (a modifier may allow both where the services are distinct) | Rationale: Made-up rationale one"
        ).holds


def test_every_language_tells_every_standing(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    with open_writer(tmp_path) as library:
        document_id = only_id(library)
        library.remove(document_id)
        found = standing(library, document_id, QUOTE)
    told = [standing_words(found, language) for language in Language]
    assert all(found.on in words for words in told)
    assert len(set(told)) == len(told)
