"""Where what precedents rule and what the best sentence says meet, the answer never says the opposite of its quote."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Hit, Question, Verdict
from assistant.extractive import ExtractiveAnswerer
from assistant.precedents import Precedents, Ruling
from assistant.question import read_question
from ingest.documents import Document, Passage
from ingest.embed import OnnxEmbedder

DAY = date(2026, 3, 1)
SIGNED = "The 77370 report must be signed by the physicist."


class Fixed(Precedents):
    """Precedents that rule one verdict, or nothing."""

    def __init__(self, verdict: Verdict | None) -> None:
        self._verdict = verdict

    def covers(self, hit: Hit) -> bool:
        return True

    def rule(self, question: Question, hits: Sequence[Hit], told: Verdict) -> Ruling | None:
        return Ruling(self._verdict, 0.9, hits[0]) if self._verdict else None


def hit(text: str, conflicts: tuple[str, ...] = ()) -> Hit:
    passage = Passage(
        "p-1", "d-1", 0, len(text), text, (), "", None, None, ("77370",), (), (), "all", None, None, "stated", "f-1", conflicts
    )
    document = Document("d-1", "0", "Rules", "Society", "society", "", "", None, None, "all", "", "", "stated", "", "", "")
    return Hit(passage, document, 1.0, 0.9, 0.9, ("code",))


def verdict(runtime: Path, question: str, found: Hit, ruled: Verdict | None) -> Verdict:
    answerer = ExtractiveAnswerer(OnnxEmbedder(runtime), {}, lambda words: (dict.fromkeys(words, 1), 10), 8, precedents=Fixed(ruled))
    return answerer.draft(read_question(question, DAY), [found]).verdict


def test_a_sentence_that_says_what_is_asked_rules_where_precedents_do_not(runtime: Path) -> None:
    asked = "Must the 77370 report be signed by the physicist?"
    assert verdict(runtime, asked, hit(SIGNED), None) is Verdict.YES
    assert verdict(runtime, asked, hit(SIGNED, conflicts=("f-2",)), None) is Verdict.NONE
    assert verdict(runtime, "Must the 77370 report be signed by the therapist on Monday?", hit(SIGNED), None) is Verdict.NONE
    assert verdict(runtime, asked, hit("The 77370 report must be signed by the physicist if the payer asks."), None) is Verdict.NONE


@pytest.mark.parametrize(
    ("ruled", "left"), [(Verdict.NO, Verdict.NONE), (Verdict.YES, Verdict.YES), (Verdict.CONDITIONAL, Verdict.CONDITIONAL)]
)
def test_what_is_said_to_be_needed_never_stands_under_a_no(runtime: Path, ruled: Verdict, left: Verdict) -> None:
    assert verdict(runtime, "Is a physicist's signature required on the 77370 report?", hit(SIGNED), ruled) is left
