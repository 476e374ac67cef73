"""Where what precedents rule and what the best sentence says meet, the answer never says the opposite of its quote."""

from collections.abc import Sequence
from dataclasses import replace
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


@pytest.mark.parametrize(
    ("question", "sentence", "ruled"),
    [
        ("Can 77370 be billed for 5 fractions?", "77370 applies only when the course is five fractions or fewer.", Verdict.NO),
        (
            "Can 77370 be billed for IMRT?",
            "The cost of guidance is built into payment for 77370 and is not charged separately.",
            Verdict.NO,
        ),
        ("Does Medicare pay for 77370?", "The technical side of 77370 is bundled by Medicare.", Verdict.NO),
        ("Can 77370 be billed in December?", "77370 was not for megavoltage beams.", Verdict.NO),
        ("Can 77370 be billed with 77338?", "Dosimetry is built into 77306 and 77307, so 77370 is not reported with them.", Verdict.NO),
        ("Can 77370 be billed for one channel?", "77370 took over from codes that are deleted.", Verdict.YES),
        ("Is it wrong to bill 77370 alone?", "77370 may not be billed alone.", Verdict.NO),
    ],
)
def test_a_sentence_on_something_else_or_that_says_the_opposite_decides_nothing(
    runtime: Path, question: str, sentence: str, ruled: Verdict
) -> None:
    assert verdict(runtime, question, hit(sentence), ruled) is Verdict.NONE


@pytest.mark.parametrize(
    ("question", "sentence", "ruled"),
    [
        ("Can 77370 be billed for 6 fractions?", "77370 applies only when the course is five fractions or fewer.", None),
        ("Can 77370 be billed separately?", "The cost of 77370 is built into payment for 77402 and is not charged separately.", Verdict.NO),
        ("Does the technical side of 77370 get paid?", "The technical side of 77370 is bundled by Medicare.", Verdict.NO),
        ("Can 77370 be billed for megavoltage beams?", "77370 was not for megavoltage beams.", Verdict.NO),
        ("Can 77370 be billed with 77307?", "Dosimetry is built into 77306 and 77307, so 77370 is not reported with them.", Verdict.NO),
    ],
)
def test_a_sentence_on_what_is_asked_decides(runtime: Path, question: str, sentence: str, ruled: Verdict | None) -> None:
    assert verdict(runtime, question, hit(sentence), ruled) is Verdict.NO


def test_one_payers_rule_makes_no_flat_verdict_for_those_who_name_none(runtime: Path) -> None:
    found = hit("77370 is denied on the day of the plan.")
    theirs = replace(found, passage=replace(found.passage, payer="Aetna"))
    asked = "Can 77370 be billed on the day of the plan?"
    assert verdict(runtime, asked, found, Verdict.NO) is Verdict.NO
    assert verdict(runtime, asked, theirs, Verdict.NO) is Verdict.CONDITIONAL
    medicare = replace(found, passage=replace(found.passage, payer="Medicare"))
    assert verdict(runtime, asked, medicare, Verdict.NO) is Verdict.NO
