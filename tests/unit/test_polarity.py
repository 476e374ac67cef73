"""What one sentence rules on a question."""

import pytest

from assistant.polarity import (
    Ruling,
    affirms_need,
    asks_for_records,
    excludes,
    is_negated,
    leaves_out_person,
    makes_exception,
    meets_condition,
    outnumbers,
    refuses,
    refuses_another,
    ruling_of,
    sets_condition,
    speaks_of_both,
)


@pytest.mark.parametrize(
    ("sentence", "question", "ruling"),
    [
        ("Chart checks may be done remotely.", "May checks be done remotely?", Ruling.ALLOWED),
        ("77300 is not reported with 77307.", "Can I bill 77300 with 77307?", Ruling.REFUSED),
        ("77370 may be billed when a report is written.", "Can I bill 77370?", Ruling.CONDITIONAL),
        ("77370 may be billed when a report is written.", "Can I bill 77370 with a written report?", Ruling.ALLOWED),
        ("It belongs to a course, yet it may be billed later when a report is needed.", "Can it be billed later?", Ruling.CONDITIONAL),
        ("Modifiers are often used but are not required with 77371.", "Does 77371 need a modifier?", Ruling.REFUSED),
        ("A check box is not sufficient.", "Is a check box enough?", Ruling.REFUSED),
        ("A request is signed by the physician.", "Is a check box enough?", Ruling.SILENT),
        ("The physicist works in the department.", "Can I bill 77370?", Ruling.SILENT),
    ],
)
def test_rulings(sentence: str, question: str, ruling: Ruling) -> None:
    assert ruling_of(sentence, question) is ruling


def test_exclusions_are_found() -> None:
    assert excludes("Do not report 77370 when the work guides future planning.")
    assert excludes("Work for quality improvement is not 77370.")
    assert not excludes("77370 may be billed.")


def test_a_question_that_asks_for_more_than_a_sentence_allows_is_told() -> None:
    assert outnumbers("Can I bill 77338 twice for one plan?", "Report 77338 once per IMRT plan.")
    assert outnumbers("Are 3 units of 77263 payable?", "77263 is limited to one per course.")
    assert not outnumbers("Can I bill 77338 once for one plan?", "Report 77338 once per IMRT plan.")
    assert not outnumbers("Can I bill a second 77295?", "77295 is billed once per course; a second one needs a new scan.")


@pytest.mark.parametrize(
    "sentence",
    [
        "NCCI briefly bundled 77300 into 77301.",
        "CMS proposed that 77370 may be billed.",
        "The edit denied 77300 and was deleted retroactively.",
    ],
)
def test_what_was_so_for_a_time_or_was_only_proposed_rules_on_nothing(sentence: str) -> None:
    assert ruling_of(sentence, "Can 77300 be billed?") is Ruling.SILENT


def test_a_need_is_affirmed_where_one_is_asked_for_and_said_without_a_condition() -> None:
    assert affirms_need("The report must be signed by the physicist.", "Is a signature required on the report?")
    assert not affirms_need("The report must be signed by the physicist.", "May the report be filed late?")
    assert not affirms_need("A signature is not required.", "Is a signature required on the report?")
    assert not affirms_need("The report must be signed if the payer asks.", "Is a signature required on the report?")


def test_what_is_refused_beside_another_decides_nothing_on_a_thing_by_itself() -> None:
    refused = "77387 is not reported with SRS delivery codes."
    assert refuses_another(refused, "Does 77387 have a technical component?")
    assert not refuses_another(refused, "Can 77387 be reported together with 77373?")
    assert not refuses_another("77387 is not reported in 2014.", "Does 77387 exist?")


def test_what_is_refused_of_some_cases_only_is_no_flat_refusal() -> None:
    told = "A repeat simulation caused by a poor first simulation should not be billed."
    assert ruling_of(told, "Can we bill 77290 twice?") is Ruling.CONDITIONAL
    assert ruling_of(told, "Can we bill a repeat caused by a poor first simulation?") is Ruling.REFUSED


def test_not_only_widens_what_it_says() -> None:
    widened = "ICD-10 is required of all covered parties, not only Medicare billers."
    assert ruling_of(widened, "Is ICD-10 required on commercial claims?") is Ruling.ALLOWED
    assert ruling_of(widened, "So ICD-10 is only mandatory for Medicare, right?") is Ruling.REFUSED
    assert ruling_of("ICD-10 is required of Medicare billers only when asked.", "Is ICD-10 required?") is Ruling.CONDITIONAL


def test_who_else_may_do_it_is_not_decided_by_a_sentence_on_nobody_in_particular() -> None:
    asked = "Can a nurse practitioner sign the 77263 plan?"
    assert leaves_out_person("A prescription alone does not support 77263.", asked)
    assert leaves_out_person("77427 contains at least one physician visit.", "May our NP see the patient for 77427?")
    assert not leaves_out_person("Only the radiation oncologist signs the plan.", asked)
    assert not leaves_out_person("Dosimetrists may do the checks under supervision.", "Can our dosimetrist do the checks?")
    assert not leaves_out_person("A prescription alone does not support 77263.", "Can we bill 77263 for the physicist's work?")


def test_a_question_can_ask_for_a_refusal() -> None:
    assert is_negated("Is 77300 bundled into 77307?")
    assert not is_negated("Can I bill 77300?")
    assert is_negated("Has 77385 been deleted?")
    assert is_negated("Will Medicare deny 99417?")
    assert not is_negated("Medicare denied 77290 with 77295. Is there an edit on that pair?")
    assert not is_negated("Does the line need modifier 26 or not?")


def test_sentences_on_codes_beside_each_other() -> None:
    assert speaks_of_both("77300 is included in 77307.")
    assert not speaks_of_both("77336 and 77370 are technical.")


def test_exceptions_conditions_and_records_are_told_apart() -> None:
    assert makes_exception("77336 is billed weekly, except in the last week.")
    assert not makes_exception("77336 is billed weekly.")
    assert sets_condition("A physician must sign the request.")
    assert not sets_condition("77336 is billed weekly.")
    assert asks_for_records("A physician signs the request.")
    assert not asks_for_records("77336 is billed weekly.")


@pytest.mark.parametrize(
    "sentence", ["77336 is not billed.", "It isn't paid.", "77336 is bundled.", "77385 was deleted.", "Claims are denied."]
)
def test_refusals(sentence: str) -> None:
    assert refuses(sentence)
    assert not refuses("77336 may be billed weekly.")


def test_a_condition_is_met_when_the_question_states_it() -> None:
    rule = "77370 may be billed when a physician signs the request."
    assert meets_condition(rule, "May I bill 77370 if the physician signed a request?")
    assert not meets_condition(rule, "May I bill 77370?")
    assert not meets_condition("77370 may be billed.", "May I bill 77370?"), "where there is no condition, none is met"
