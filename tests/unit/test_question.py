"""A question is read for its codes, modifiers and what it asks."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Intent
from assistant.question import MAX_CHARS, asks_for_advice, asks_ruling, read_intent, read_question
from assistant.terms import content_terms, expand, stems
from corpus.errors import AnswerError

DAY = date(2026, 3, 1)
LABELLED = Path(__file__).parents[1] / "data" / "intents.jsonl"


def test_codes_and_ranges_are_read_in_their_normal_spelling() -> None:
    question = read_question("  Are g6015,\n77316-77318 and ７７３７０ w/ modifier 26 ok? ", DAY, " Aetna ")
    assert question.codes == ("G6015", "77316", "77318", "77370", "77317")
    assert (question.modifiers, question.payer, question.as_of) == (("26",), "Aetna", DAY)


@pytest.mark.parametrize("text", ["", " \n ", "\u200b"])
def test_an_empty_question_is_refused(text: str) -> None:
    with pytest.raises(AnswerError, match="empty"):
        read_question(text, DAY)


def test_a_question_too_long_is_refused_with_the_limit() -> None:
    with pytest.raises(AnswerError, match="4,000"):
        read_question("x" * (MAX_CHARS + 1), DAY)


@pytest.mark.parametrize(
    "text",
    [
        "Can 77370 be billed after treatment ends?",
        "Does 77371 need modifier 26 or TC?",
        "77336 for prostate seed implant, one time?",
        "Finished IMRT, pt back for follow up 99213. billable or still inside the 90 days?",
        "We own the linac. Is 77014 still reported?",
        "Which code is the planning CT, and does its professional part go on top of 77295?",
        "Physician reads the shifts. Is 77387 a code for that?",
    ],
)
def test_a_ruling_is_asked_for(text: str) -> None:
    assert asks_ruling(text)


@pytest.mark.parametrize(
    "text",
    [
        "Is it modifier 76 or 77?",
        "77789 or 77767?",
        "What replaced 77385?",
        "How often may 77336 be billed?",
        "which modifiers apply to 77295",
        "Who signs, and when?",
        "prostate IMRT, one isocenter, delivery cpt??",
        "UHC denied our repeat lab. whats the right modifier there?",
        "claim for pro fee on 77290 needs what modifier?",
    ],
)
def test_no_ruling_is_asked_for(text: str) -> None:
    assert not asks_ruling(text)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("What is the 2026 Medicare rate for 77371?", Intent.RATE),
        ("How often may 77336 be billed?", Intent.FREQUENCY),
        ("What replaced 77385?", Intent.REPLACEMENT),
        ("Which modifier goes on 77295?", Intent.MODIFIER),
        ("claim for pro fee on 77290 needs what modifier?", Intent.MODIFIER),
        ("Who may bill the visit at the office rate?", Intent.WHO),
        ("Who must be present during SBRT?", Intent.WHO),
        ("What must be documented for 77331?", Intent.DOCUMENTATION),
        ("What does 77331 mean?", Intent.DEFINITION),
    ],
)
def test_intents_are_told_apart(text: str, intent: Intent) -> None:
    assert read_question(text, DAY).intent is intent


@pytest.mark.parametrize(("half", "least"), [("dev", 50), ("held out", 44)])
def test_intents_of_labelled_questions_are_read_as_often_as_measured(half: str, least: int) -> None:
    cases = [case for case in labelled() if case["half"] == half]
    assert len(cases) == 50
    assert sum(read_intent(case["text"]).value == case["intent"] for case in cases) >= least


def labelled() -> Iterator[dict[str, str]]:
    yield from map(json.loads, LABELLED.read_text(encoding="utf-8").splitlines())


def test_advice_is_told_from_billing() -> None:
    assert asks_for_advice("What is the best dose for prostate SBRT?")
    assert asks_for_advice("Can I sue my employer over this audit?")
    assert not asks_for_advice("Is a second dose calculation billable?")


def test_words_that_carry_meaning_are_stemmed_alike() -> None:
    assert stems("signed requests") == stems("The request is signing")
    assert content_terms("Can I bill the code for checks?") == ("checks",)


def test_the_glossary_adds_words_on_the_question_side() -> None:
    assert expand("weekly physics for the pt", {"pt": ("patient",), "tx": ("treatment",)}) == {"pt": ("patient",)}
