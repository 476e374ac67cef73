"""Properties are changed by hand: the document is found by the new ones, and its former state can be restored."""

from datetime import date
from pathlib import Path

import pytest

from corpus.errors import CodeciteError
from ingest.edit import edit
from ingest.library import open_reader, open_writer
from ingest.lookup import Scope, rows_with_codes
from tests.support import HashEmbedder, bring, outcomes

NOTES = {"a.md": "# Notes\n\nRule on 77370.\n"}


class Refusing(HashEmbedder):
    """An embedder that must not be asked for anything."""

    def encode_with_tokens(self, *_: object) -> object:  # type: ignore[override]
        raise AssertionError("a passage was encoded again")


def only_id(data_dir: Path) -> str:
    with open_reader(data_dir) as library:
        (entry,) = library.entries()
    return entry.document.id


def test_a_document_is_in_force_as_edited_and_is_not_encoded_again(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    with open_writer(tmp_path) as library:
        edited = edit(library, Refusing(), only_id(tmp_path), {"valid_from": "2026-01-01", "publisher": "Our  practice"})
    assert (edited.valid_from, edited.publisher) == (date(2026, 1, 1), "Our practice")
    with open_reader(tmp_path) as library:
        assert not rows_with_codes(library, ["77370"], Scope(date(2025, 12, 31)))
        assert rows_with_codes(library, ["77370"], Scope(date(2026, 1, 1)))


def test_what_was_edited_stays_when_the_file_changes_and_a_day_can_be_taken_away(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    with open_writer(tmp_path) as library:
        edit(library, HashEmbedder(), only_id(tmp_path), {"valid_to": "2026-06-30", "title": "Our notes"})
    assert outcomes(bring(tmp_path, NOTES)) == ["unchanged"]
    assert outcomes(bring(tmp_path, {"a.md": "# Notes\n\nNew rule on 77370.\n"})) == ["replaced"]
    with open_writer(tmp_path) as library:
        (entry,) = library.entries()
        assert (entry.document.title, entry.document.valid_to) == ("Our notes", date(2026, 6, 30))
        assert edit(library, HashEmbedder(), entry.document.id, {"valid_to": ""}).valid_to is None


def test_the_state_before_an_edit_is_restored(tmp_path: Path) -> None:
    bring(tmp_path, NOTES)
    former = only_id(tmp_path)
    with open_writer(tmp_path) as library:
        edit(library, HashEmbedder(), former, {"title": "Wrong"})
        library.restore(former)
    assert only_id(tmp_path) == former


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"valid_from": "2026-02-30"}, "'2026-02-30' is no date"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "the first day is later"),
        ({"url": "javascript:alert(1)"}, "no web address"),
        ({"authority": "my aunt"}, "no authority class"),
        ({"title": " "}, "needs a title"),
        ({"sha256": "0"}, "cannot be set by hand"),
    ],
)
def test_what_a_property_cannot_be_is_refused_and_changes_nothing(tmp_path: Path, changes: dict[str, str], told: str) -> None:
    bring(tmp_path, NOTES)
    with open_writer(tmp_path) as library:
        before = library.revision()
        with pytest.raises(CodeciteError, match=told):
            edit(library, HashEmbedder(), only_id(tmp_path), changes)
        assert library.revision() == before
