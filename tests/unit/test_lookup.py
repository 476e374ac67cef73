"""What the library is asked by SQL: scope, codes, words, anchors; what was removed or is not in force is never given."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ingest.library import Library, open_reader, open_writer
from ingest.lookup import (
    Scope,
    all_codes,
    allowed_scopes,
    codes_held,
    cosines_of,
    fetch,
    is_own_rule,
    lexical_rows,
    payer_applies,
    payers,
    publishers,
    rows_by_anchor,
    rows_of_document,
    rows_with_codes,
    token_blobs,
    vector_keys,
    vectors_of,
)
from ingest.scan import VectorFiles
from tests.support import HashEmbedder, bring

DAY = date(2026, 6, 1)
FILES = {
    "general.md": "# General\n\nRule on 77370 and its report.\n{: #f-1}\n\nCodes 77316-77318 are for plans.\n{: #f-2}\n",
    "past.md": '# Past\n\nRule on 77370 until last year.\n{: #f-3 valid_to="2025-12-31"}\n',
    "plan.md": "---\npayer: Example Plan\npublisher: Society\n---\n# Plan\n\nRule on 77336 of one plan.\n{: #f-4}\n",
    "gone.md": '# Gone\n\nRule on 77399 and 77370 that was taken out.\n{: #f-5 payer="Gone Plan"}\n',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lookup")
    bring(folder, FILES)
    with open_writer(folder) as library:
        library.remove(next(d.id for d, _, _ in library.documents() if d.title == "Gone"))
    return folder


@pytest.fixture
def library(folder: Path) -> Iterator[Library]:
    with open_reader(folder) as found:
        yield found


def anchors(library: Library, rows: object) -> set[str]:
    return {passage.anchor for passage, _ in fetch(library, list(rows)).values()}  # type: ignore[call-overload]  # any rows


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        (Scope(DAY), {"f-1", "f-2", "f-4"}),
        (Scope(date(2025, 12, 31)), {"f-1", "f-2", "f-3", "f-4"}),
        (Scope(DAY, "Example Plan"), {"f-1", "f-2", "f-4"}),
        (Scope(DAY, "Other Plan"), {"f-1", "f-2"}),
        (Scope(DAY, publisher="Society"), {"f-4"}),
        (Scope(DAY, "Other Plan", publisher="Society"), set()),
        (Scope(DAY, publisher="Nobody"), set()),
    ],
)
def test_a_scope_holds_what_is_active_in_force_and_of_the_payer(library: Library, scope: Scope, wanted: set[str]) -> None:
    view = library.derived(VectorFiles).look()
    everything = np.unique(np.concatenate([segment.rows for segment in view.segments]))
    in_scope = everything[allowed_scopes(library, scope)[view.scopes_of(everything)]]
    assert anchors(library, in_scope) == wanted
    assert anchors(library, lexical_rows(library, ["rule", "codes"], scope, 10)) == wanted
    assert anchors(library, rows_with_codes(library, ["77370", "77316", "77336", "77399"], scope)) == wanted
    assert anchors(library, rows_by_anchor(library, ["f-1", "f-2", "f-3", "f-4", "f-5"], scope)) == wanted


def test_a_scope_of_one_document_holds_its_passages(library: Library) -> None:
    identity = next(d.id for d, _, _ in library.documents() if d.title == "General")
    scope = Scope(DAY, document_id=identity)
    assert anchors(library, rows_of_document(library, scope)) == {"f-1", "f-2"}
    assert anchors(library, rows_with_codes(library, ["77316", "77336"], scope)) == {"f-2"}
    assert anchors(library, lexical_rows(library, ["rule"], scope, 10)) == {"f-1"}
    assert rows_of_document(library, Scope(DAY, document_id="d-none")).tolist() == []


def test_codes_are_found_where_they_are_named_or_implied(library: Library) -> None:
    assert anchors(library, rows_with_codes(library, ["77370"], Scope(DAY))) == {"f-1"}
    assert anchors(library, rows_with_codes(library, ["77317"], Scope(DAY))) == {"f-2"}
    held = rows_with_codes(library, ["77316", "77318", "77399"], Scope(DAY))
    assert list(held.values()) == [frozenset({"77316", "77318"})]


def test_the_codes_of_a_removed_document_are_not_known(library: Library) -> None:
    assert all_codes(library) == {"77370", "77316", "77318", "77336"}
    assert codes_held(library, ["77370", "77317", "77399"]) == {"77370"}


def test_words_are_found_by_their_stem_and_the_best_come_first(library: Library) -> None:
    rows = lexical_rows(library, ["rules", "reported"], Scope(DAY), 10)
    assert anchors(library, rows) == {"f-1", "f-4"}
    assert anchors(library, list(rows)[:1]) == {"f-1"}
    assert list(rows.values()) == sorted(rows.values(), reverse=True)
    assert len(lexical_rows(library, ["rule"], Scope(DAY), 1)) == 1
    assert lexical_rows(library, [], Scope(DAY), 5) == {}


@pytest.mark.parametrize("word", ['"', "AND", "rule OR", "NEAR(", "*", "77370-26", "a:b", "^x", ""])
def test_words_of_the_query_language_are_words(library: Library, word: str) -> None:
    lexical_rows(library, [word, "plans"], Scope(DAY), 5)


def test_paragraphs_are_found_by_their_anchor_in_scope(library: Library) -> None:
    assert anchors(library, rows_by_anchor(library, ["f-1", "f-3", "f-5", "f-9"], Scope(DAY))) == {"f-1"}


def test_payers_are_those_of_active_documents(library: Library) -> None:
    assert payers(library) == ("Example Plan",)
    assert publishers(library) == ("Society",)


@pytest.mark.parametrize(
    ("asked", "stored", "applies"),
    [
        ("Aetna", "all", True),
        ("Aetna", "", True),
        ("Aetna", "Medicare", True),
        ("Aetna", "Medicare Advantage plans of Humana", False),
        ("aetna", "Aetna Better Health", True),
        ("Aetna Better Health of Ohio", "Aetna", True),
        ("Humana", "Aetna", False),
        ("Net", "Aetna", False),
    ],
)
def test_a_rule_speaks_for_its_payer_and_general_rules_for_all(asked: str, stored: str, applies: bool) -> None:
    assert payer_applies(asked, stored) is applies


def test_a_rule_is_a_payers_own_where_it_names_it_and_does_not_speak_for_all() -> None:
    assert is_own_rule("Aetna", "Aetna Medicare Advantage")
    assert not is_own_rule("Aetna", "all")
    assert not is_own_rule("Aetna", "Cigna")
    assert not is_own_rule("Medicare", "Medicare (Noridian)")
    assert not is_own_rule(None, "Aetna")


def test_of_many_rows_with_codes_those_are_given_that_hold_the_most_and_are_the_nearest(library: Library) -> None:
    asked = HashEmbedder().encode(["General\nRule on 77370 and its report."])[0]
    scope = Scope(date(2025, 12, 31))
    assert anchors(library, rows_with_codes(library, ["77370", "77316", "77318"], scope, near=asked, limit=1)) == {"f-2"}
    assert anchors(library, rows_with_codes(library, ["77370", "77316", "77318"], scope, near=asked, limit=2)) == {"f-1", "f-2"}
    assert anchors(library, rows_with_codes(library, ["77370"], scope, near=asked, limit=1)) == {"f-1"}


def test_vectors_are_those_that_were_stored(library: Library) -> None:
    keys = sorted(vector_keys(library))
    rows = [row for row, _ in keys]
    assert len(keys) == 4
    asked = HashEmbedder().encode(["Plan\nRule on 77336 of one plan."])[0]
    best = cosines_of(library, rows, asked)
    assert anchors(library, [max(best, key=best.__getitem__)]) == {"f-4"}
    assert max(best.values()) == pytest.approx(1.0, abs=1e-5)
    stored = vectors_of(library, keys) @ asked
    assert [best[row] for row in rows] == pytest.approx(stored.tolist(), abs=1e-6)
    assert cosines_of(library, [10_000], asked) == {}


def test_token_vectors_are_kept_and_erased_with_their_passage(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nRule on 77370.\n", "b.md": "# B\n\nRule on 77336.\n"})
    with open_writer(tmp_path) as library:
        for document, _, _ in library.documents():
            passages = library.passages(document.id)
            vectors = [np.ones((1, HashEmbedder.dimension), dtype=np.float32)] * len(passages)
            tokens = [document.title.encode()] * len(passages)
            library.put(library.document_text(document.id), passages, vectors, built_with=("hash@1", "p"), by_hand={}, tokens=tokens)
        kept = token_blobs(library, range(10))
        assert set(kept.values()) == {b"A", b"B"}
        library.purge(library.documents()[0][0].id)
        assert list(token_blobs(library, range(10)).values()) == [b"B"]
