"""Generated libraries are sound libraries, the same for the same seed."""

from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.generate import ERAS, document, pieces
from benchmarks.scale import _exact, _overlap, recall
from ingest.codes import find_codes, index_key
from ingest.library import open_reader, open_writer
from ingest.lookup import Scope, allowed_scopes, rows_with_codes
from ingest.scan import VectorFiles, sync_files
from tests.support import HashEmbedder, bring

DIGEST = "# A\n\nReport 77370 once. Do not report 77336 with G6015 in 2024.\n\nThe physician must sign within 30 days.\n"


def test_a_generated_document_is_as_any_other(tmp_path: Path) -> None:
    bring(tmp_path / "starter", {"a.md": DIGEST})
    with open_reader(tmp_path / "starter") as starter:
        held = pieces(starter)
    assert {code for piece in held for code in piece.codes} == {"77370", "77336", "G6015"}
    with open_writer(tmp_path / "made") as library:
        for number in range(4):
            source, passages, vectors, tokens = document(number, held, np.random.default_rng([0, number]), count=5)
            again = document(number, held, np.random.default_rng([0, number]), count=5)
            assert (source, passages) == again[:2]
            assert all(source.text[p.start : p.end] == p.text for p in passages)
            assert all({index_key(m.code) for m in find_codes(p.text)} >= set(p.named_codes) for p in passages)
            assert np.allclose(np.linalg.norm(np.concatenate(vectors), axis=1), 1.0)
            library.put(source, passages, vectors, built_with=(HashEmbedder.identity, "p"), by_hand={}, tokens=tokens)
            assert set(tokens) <= {piece.tokens for piece in held}
        sync_files(library)
        days = [first for _, first, _ in ERAS]
        assert sum(len(rows_with_codes(library, ["77370"], Scope(day))) for day in days) > 0
        asked = HashEmbedder().encode(["Report 77370 once."])
        view = library.derived(VectorFiles).look()
        shares = []
        for day in (*days, date(1960, 1, 1)):
            found, share = recall(library, asked, day)
            assert found == 1.0 or share == 0.0
            shares.append(share)
            exact = _exact(view, allowed_scopes(library, Scope(day)), asked)[0]
            assert len(exact) == min(10, round(share * 20))
        assert shares[-1] == 0.0


def test_overlap_is_the_share_of_the_true_nearest_that_was_found() -> None:
    assert _overlap([[1, 2], [3, 4]], [[2, 1], [3, 5]]) == 0.75
