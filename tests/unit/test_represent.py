"""A passage is found by its words and by the questions that it answers."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from assistant.question import read_question
from assistant.retrieve import late_interaction
from assistant.settings import Settings
from assistant.wiring import open_assistant
from ingest.documents import Passage
from ingest.embed import ONE, Encoded
from ingest.represent import represent, represent_all, texts_of
from tests.support import SOCIETY, HashEmbedder, bring

PASSAGE = Passage("p", "d", 0, 4, "Rule", ("Head",), "", None, None, (), (), (), "all", None, None, "stated", "", ())


def unit(*rows: tuple[float, float]) -> np.ndarray:  # type: ignore[type-arg]
    found = np.array(rows, dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def tokens(*rows: tuple[float, float]) -> np.ndarray:  # type: ignore[type-arg]
    return np.rint(unit(*rows) * ONE).astype(np.int8)


def test_without_questions_a_passage_is_its_own_words() -> None:
    encoded = Encoded(unit((1, 0)), (tokens((1, 0), (0, 1)),))
    vectors, blob = represent(PASSAGE, encoded)
    assert np.array_equal(vectors, encoded.vectors)
    assert blob == encoded.tokens[0].tobytes()


def test_questions_draw_a_passage_towards_what_is_asked_and_leave_its_tokens_alone() -> None:
    asked = replace(PASSAGE, questions=("Which rule?", "What rule?"))
    assert texts_of(asked) == (*texts_of(PASSAGE), "Which rule?", "What rule?")
    nothing = np.zeros((1, 2), dtype=np.int8)
    (vector,), blob = represent(asked, Encoded(unit((1, 0), (0, 1), (0, 1)), (tokens((1, 0)), nothing, nothing)))
    assert vector @ (0, 1) > 0.4
    assert vector @ (1, 0) == pytest.approx(vector @ (0, 1)), "its own words weigh as much"
    assert np.linalg.norm(vector) == pytest.approx(1.0)
    assert blob == tokens((1, 0)).tobytes()


def test_each_passage_gets_its_own_part() -> None:
    asked = replace(PASSAGE, questions=("Which rule?",))
    encoded = Encoded(unit((1, 0), (1, 0), (0, 1)), (tokens((1, 0)), tokens((1, 0)), tokens((0, 1))))
    vectors, blobs = zip(*represent_all((asked, PASSAGE), (2, 1), encoded), strict=True)
    assert [v.tolist() for v in vectors] == [[[1.0, 0.0]], [[0.0, 1.0]]]
    assert list(blobs) == [tokens((1, 0)).tobytes(), tokens((0, 1)).tobytes()]


def test_late_interaction_takes_for_each_word_of_the_question_its_best_match() -> None:
    mark = (1.0, 1.0)
    asked = tokens(mark, (1, 0), (0, 1), mark)
    found = late_interaction(asked, {7: tokens((1, 0), (0, 1)).tobytes(), 3: tokens((1, 0)).tobytes(), 5: tokens((-1, 0)).tobytes()})
    assert found == pytest.approx({7: 1.0, 3: 0.5, 5: -0.5}, abs=0.02)


@pytest.mark.parametrize("asked", [tokens((1, 1), (1, 1)), np.zeros((0, 0), dtype=np.int8)])
def test_a_question_of_no_words_and_a_model_of_no_tokens_rank_nothing(asked: np.ndarray) -> None:  # type: ignore[type-arg]
    assert late_interaction(asked, {1: b"\x01\x01"} if asked.size else {}) == {}


def test_a_passage_is_found_by_a_question_that_it_answers_and_that_is_never_quoted(tmp_path: Path) -> None:
    told = SOCIETY.replace("basis: stated\n---", 'basis: stated\nquestions:\n  f-t-02:\n    - "Who scribbles on the parchment?"\n---')
    bring(tmp_path, {"a.md": told})
    with open_assistant(Settings(data_dir=tmp_path), embedder=HashEmbedder()) as assistant:
        hits = assistant.retriever.find(read_question("who scribbles on parchment", date(2026, 6, 1)))
        answer = assistant.ask("Who scribbles on the parchment?", as_of=date(2026, 6, 1))
    assert hits[0].passage.anchor == "f-t-02"
    assert "parchment" not in hits[0].passage.text
    assert answer.sentences
    assert not any("parchment" in c.quote for s in answer.sentences for c in s.citations)
