"""The questions of one message are parted where each stands on its own."""

import pytest

from assistant.messages import MOST_QUESTIONS, split_questions
from assistant.question import MAX_CHARS
from corpus.errors import AnswerError


def test_a_story_goes_with_each_question() -> None:
    text = "Pt had IMRT, hospital outpatient. Can 77370 be billed? And who signs the 77336 report? Medicare. Thanks!"
    assert split_questions(text) == (
        "Pt had IMRT, hospital outpatient. Can 77370 be billed? Medicare.",
        "Pt had IMRT, hospital outpatient. Who signs the 77336 report? Medicare.",
    )


def test_a_placeholder_ends_a_sentence_as_a_word_does() -> None:
    text = "Patient [name], MRN [MRN]. May 77370 be billed? Does 77371 need modifier 26?"
    assert [part.startswith("Patient [name], MRN [MRN]. ") for part in split_questions(text)] == [True, True]


def test_a_list_is_parted_with_what_leads_to_it() -> None:
    assert split_questions("Seeds, hospital.\n1. Can 77370 be billed twice?\n2) Who signs 77336 reports") == (
        "Seeds, hospital. Can 77370 be billed twice?",
        "Seeds, hospital. Who signs 77336 reports",
    )
    assert len(split_questions("- Can 77370 be billed twice\n- How often is 77336 billed")) == 2
    assert len(split_questions("Please: 1) can 77370 be billed twice 2) who signs 77336 reports")) == 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Can 77370 be billed twice? And who signs 77336 reports?", 2),
        ("Is 77295 billable with 77301? Does 77295 need modifier 26?", 2),
        ("Can 77300 and 77301 go same day? Can 77336 and 77427 be billed the same day?", 2),
        ("Is 77373 payable? Hospital. Is 77435 payable after 3 fractions?", 2),
        ("How many fractions make a week? Is there a limit on 77417 per week?", 2),
        ("Is IMRT covered for left breast? Do I need prior auth for proton therapy?", 2),
        ("How is 77295 reported vs. IMRT? What does e.g. 77301 cover?", 2),
    ],
)
def test_independent_questions_are_parted(text: str, count: int) -> None:
    assert len(split_questions(text)) == count


@pytest.mark.parametrize(
    "text",
    [
        "How often may 77336 be billed?",
        "Can 77370 be billed twice? And if so which modifier?",
        "Can 77370 be billed? What about with 26?",
        "Can 77370 be billed? Does it need a report?",
        "Can 77370 be billed? Who must sign the report?",
        "77370 or 77336? which one for a second plan check?",
        "77301? 77338? billable together?",
        "Can these be billed together?\n- 77301\n- 77338",
        "Bill 77014? Yes or no?",
        "prostate IMRT, one isocenter. delivery cpt??",
        "¿Se puede facturar 77370 dos veces? ¿Quién firma el informe 77336 del físico?",
        "",
    ],
)
def test_a_question_that_leans_on_another_stays_with_it(text: str) -> None:
    assert split_questions(text) == (text,)


def test_more_than_six_questions_are_refused_with_their_number() -> None:
    asked = [f"Can {code} be billed after treatment?" for code in range(77300, 77300 + MOST_QUESTIONS)]
    assert len(split_questions(" ".join(asked))) == MOST_QUESTIONS
    with pytest.raises(AnswerError, match="7 questions, at most 6"):
        split_questions(" ".join([*asked, "Can 77370 be billed after treatment?"]))


def test_a_message_too_long_is_left_to_be_refused() -> None:
    text = "Can 77370 be billed? " * MAX_CHARS
    assert split_questions(text) == (text,)
