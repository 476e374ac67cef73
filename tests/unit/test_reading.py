"""What a question says about date, payer and diagnosis decides the answer, unless the asker gave something else."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Reason
from assistant.record import message_record
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant
from corpus.errors import AnswerError
from tests import support
from ui.terminal import render_each

DAY = date(2026, 5, 1)
OFTEN = "How often may 77336 be billed"
DATED = """---
title: "Delivery codes"
publisher: "Example Manual"
authority: Medicare manual
---

# Delivery codes

## 77407: electrons

77407 is not reported for electrons from 2026 on, when it means photons with one isocenter.
{: #f-d-02 valid_from="2026-01-01"}

77407 may be reported for electrons before 2026 when two areas are treated.
{: #f-d-03 valid_to="2025-12-31"}
"""


@pytest.fixture(scope="module")
def assistant(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    documents = {"society.md": support.SOCIETY, "payer.md": support.PAYER, "dated.md": DATED, "later.md": support.LATER}
    folder = support.build_library(tmp_path_factory.mktemp("reading") / "data", runtime, documents)
    with open_assistant(Settings(data_dir=folder)) as found:
        yield found


def test_the_year_in_the_question_gives_the_rule_of_that_year_and_is_told(assistant: Assistant) -> None:
    answer = assistant.ask("May 77407 be reported for electrons in 2024?")
    assert answer.question.as_of == date(2024, 6, 30)
    assert answer.notices[0] == "Read from the question: date of service 2024-06-30 (“in 2024”)."
    assert [s.text for s in answer.sentences] == ["77407 may be reported for electrons before 2026 when two areas are treated."]
    assert "not reported for electrons" in assistant.ask("May 77407 be reported for electrons?", as_of=DAY).sentences[0].text


def test_a_date_that_is_given_holds_against_the_question_which_is_told(assistant: Assistant) -> None:
    answer = assistant.ask("May 77407 be reported for electrons in 2024?", as_of=DAY)
    assert answer.question.as_of == DAY
    assert answer.notices[0] == "The question says “in 2024”; this answer is for the date of service given, 2026-05-01."
    assert not assistant.ask("May 77407 be reported for electrons in 2026?", as_of=DAY).notices


def test_without_any_date_today_is_meant(assistant: Assistant) -> None:
    assert assistant.read("May 77407 be reported?", None, None).as_of == date.today()


def test_the_payer_in_the_question_is_the_one_billed_and_is_told(assistant: Assistant) -> None:
    answer = assistant.ask(f"{OFTEN} for an Example Health Plan patient?", as_of=DAY)
    assert answer.question.payer == "Example Health Plan"
    assert answer.notices == ("Read from the question: payer Example Health Plan.",)
    assert "Example Health Plan" in {h.passage.payer for h in answer.evidence}
    other = assistant.ask(f"{OFTEN}, UHC?", as_of=DAY)
    assert other.notices == ("Read from the question: payer UnitedHealthcare (“UHC”).",)
    assert "Example Health Plan" not in {h.passage.payer for h in other.evidence}


def test_a_payer_that_is_given_holds_against_the_question_which_is_told(assistant: Assistant) -> None:
    answer = assistant.ask(f"{OFTEN} for UHC?", as_of=DAY, payer="Aetna")
    assert (answer.question.payer, answer.notices) == ("Aetna", ("The question says “UHC”; this answer is for the payer given, Aetna.",))
    assert not assistant.ask(f"{OFTEN} for UHC?", as_of=DAY, payer="UnitedHealthcare").notices


@pytest.mark.parametrize("written", ["C50.911", "ICD-10 C50.911", "dx C50911"])
def test_an_unknown_diagnosis_beside_a_known_procedure_does_not_stop_the_answer(assistant: Assistant, written: str) -> None:
    answer = assistant.ask(f"May 77370 be billed after treatment ends with {written}?", as_of=DAY)
    assert answer.sentences
    assert answer.question.codes == ("77370",)
    assert written in answer.question.text
    assert answer.notices == (f"{written.split()[-1]} is not in the library; this answer does not speak of it.",)


@pytest.mark.parametrize("question", ["Is C50.911 covered?", "May 77370 and 77999 be billed with C50.911?"])
def test_an_unknown_code_that_is_asked_about_still_stops_it(assistant: Assistant, question: str) -> None:
    abstention = assistant.ask(question, as_of=DAY).abstention
    assert abstention
    assert abstention.reason is Reason.UNKNOWN_CODE


def test_the_questions_of_a_message_are_answered_one_by_one_for_the_date_that_one_names(assistant: Assistant) -> None:
    first, second = assistant.ask_each("In 2024, may 77407 be reported for electrons? And does 77371 need modifier 26 or TC?")
    assert (first.question.codes, second.question.codes) == (("77407",), ("77371",))
    assert first.question.as_of == second.question.as_of == date(2024, 6, 30)
    assert "electrons before 2026" in first.sentences[0].text
    assert "technical service only" in second.sentences[0].text


def test_one_question_gives_one_record_and_several_give_a_list(assistant: Assistant) -> None:
    one = assistant.ask_each("May 77370 be billed after treatment ends?", as_of=DAY)
    both = assistant.ask_each("May 77370 be billed after treatment ends? Does 77371 need modifier 26 or TC?", as_of=DAY)
    assert message_record(one)["schema"] == "codecite.answer/2"
    record = message_record(both)
    assert record["schema"] == "codecite.answers/1"
    assert [answer["question"] for answer in record["answers"]] == [answer.question.text for answer in both]
    shown = render_each(both)
    assert shown.index("1. May 77370") < shown.index("Example Society") < shown.index("2. Does 77371") < shown.index("Example Association")
    assert "1. May" not in render_each(one)


def test_too_many_questions_are_refused(assistant: Assistant) -> None:
    with pytest.raises(AnswerError, match="at most 6"):
        assistant.ask_each("Does 77371 need modifier 26 or TC? " * 7)
