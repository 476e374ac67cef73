"""A source that was quoted is told to have changed or gone, and its old quote stays readable until it is erased."""

from pathlib import Path

from assistant.languages import Language
from assistant.standing import State, standing
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


def test_every_language_tells_every_standing(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    with open_writer(tmp_path) as library:
        document_id = only_id(library)
        library.remove(document_id)
        found = standing(library, document_id, QUOTE)
    told = [standing_words(found, language) for language in Language]
    assert all(found.on in words for words in told)
    assert len(set(told)) == len(told)
