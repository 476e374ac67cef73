"""What was made fast gives what the plain formula gives."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from assistant.retrieve import known_questions, late_interaction, nearest_question
from corpus.errors import LibraryUnusable
from ingest import scan
from ingest.embed import ONE, TokenVectors
from ingest.library import FILE, open_reader
from tests.support import bring


def test_late_interaction_is_the_mean_over_tokens_of_the_best_cosine() -> None:
    rng = np.random.default_rng(1)
    asked = rng.integers(-127, 128, (9, 64), dtype=np.int8)
    told = {row: rng.integers(-127, 128, (count, 64), dtype=np.int8) for row, count in ((7, 1), (3, 40), (5, 200))}
    found = late_interaction(asked, {row: tokens.tobytes() for row, tokens in told.items()})
    words = asked[1:-1].astype(np.float64)
    expected = {row: float((words @ tokens.T).max(axis=1).mean() / 127**2) for row, tokens in told.items()}
    assert list(found) == [7, 3, 5]
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_question_of_no_words_or_no_passages_has_no_interaction() -> None:
    tokens = np.ones((3, 64), dtype=np.int8)
    assert late_interaction(tokens[:2], {1: tokens.tobytes()}) == {}
    assert late_interaction(tokens, {}) == {}


def test_products_gathered_in_parts_are_those_of_all_at_once() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((4_000, 24)).astype(np.float32)
    for count in (0, 1, scan._GATHERED, scan._GATHERED + 1, 1_000, 3_000):
        positions = rng.permutation(len(vectors))[:count]
        assert np.array_equal(scan._products(vectors, positions, vectors[0]), np.vecdot(vectors[positions], vectors[0]))


def test_codes_promise_the_product_of_their_signs_with_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_BLOCK", 64)
    rng = np.random.default_rng(3)
    vectors, asked = rng.standard_normal((300, 100)).astype(np.float32), rng.standard_normal(100).astype(np.float32)
    codes = np.zeros((5, 2, 64), dtype=np.uint64)
    for number, code in enumerate(scan._codes(vectors, np.zeros(100, np.float32))):
        codes[number // 64, :, number % 64] = code
    positions = np.flatnonzero(rng.random(300) < 0.5)
    promised = np.where(vectors[positions] > 0, 1.0, -1.0) @ asked.astype(np.float64)
    wanted = positions[np.argsort(-promised)[:20]]
    assert set(scan._foremost(codes, positions, asked, 20).tolist()) == set(wanted.tolist())


def test_a_library_whose_facts_are_gone_says_so_when_asked_for_its_revision(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": "# A\n\nReport 77370 once.\n"})
    with open_reader(tmp_path) as library:
        assert library.revision() > 0
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("DROP TABLE library")
        with pytest.raises(LibraryUnusable):
            library.revision()


def test_the_nearest_question_is_the_one_whose_tokens_match_best_on_the_mean() -> None:
    def tokens(*rows: tuple[int, int]) -> TokenVectors:
        return np.array([(0, 0), *rows, (0, 0)], dtype=np.int8) * ONE

    asked = tokens((1, 0), (0, 1))

    def nearest(*known: TokenVectors) -> float:
        held = known_questions(known)
        assert held
        return nearest_question(asked, held)

    assert nearest(tokens((1, 0)), tokens((0, 1), (1, 0)), tokens((-1, 0))) == pytest.approx(1.0)
    assert nearest(tokens((1, 0))) == pytest.approx(0.5)
    assert known_questions([tokens()]) is None
    asked = tokens()
    assert nearest(tokens((1, 0))) == 0.0
