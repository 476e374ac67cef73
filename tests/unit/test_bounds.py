"""An amount told in a question against the bound that a sentence sets on the code."""

import pytest

from assistant.bounds import bare_amount, exchange_amount, is_beyond, is_within

TIME = "By total time, an established patient's level 4 (99214) starts at 30 minutes and level 5 (99215) takes 40 minutes or more."
SOURCES = "77318 is the top-level plan: more than ten sources or more than twelve channels."
COURSE = "77373 applies only when the whole course is five fractions or fewer."
ENERGY = "G6012 was the code for complex delivery at 6-10 MeV."


@pytest.mark.parametrize(
    ("question", "code", "sentence"),
    [
        ("Total time 27 min, 99214 ok?", "99214", TIME),
        ("35 minutes in all. Can we bill 99215?", "99215", TIME),
        ("Eight-fraction course, is 77373 right?", "77373", COURSE),
        ("15 MV, G6012?", "G6012", ENERGY),
        ("Four-port box, 77306?", "77306", "77306 is for one area treated through no more than two plain ports."),
    ],
)
def test_what_a_bound_leaves_out_is_beyond_it(question: str, code: str, sentence: str) -> None:
    assert is_beyond(question, code, sentence)


@pytest.mark.parametrize(
    ("question", "code", "sentence"),
    [
        ("Total time 30 min, 99214 ok?", "99214", TIME),
        ("Five fractions, 77373?", "77373", COURSE),
        ("10 MeV, G6012?", "G6012", ENERGY),
        ("77373 at 8 weeks?", "77373", COURSE),  # another unit
        ("35 minutes. 99213?", "99213", TIME),  # a bound on another code
        ("8 sources, 77318?", "77318", SOURCES),  # channels would do as well
        ("Eight fractions, is 77373 wrong?", "77373", COURSE),  # "yes" would be right
        ("Does 77373 need 8 fractions?", "77373", COURSE),
        ("Three fields and 27 minutes, 99214?", "99214", TIME),  # which amount is meant is not known
        ("Two 77300 for one course?", "77300", "77300 is one calculation for each field."),  # a number that is no bound
    ],
)
def test_nothing_else_is(question: str, code: str, sentence: str) -> None:
    assert not is_beyond(question, code, sentence)


@pytest.mark.parametrize(
    ("question", "code", "sentence"),
    [
        ("Total time 30 min, 99214 ok?", "99214", TIME),
        ("Can 77373 be billed for 5 fractions?", "77373", COURSE),
        ("11 sources, 77318?", "77318", SOURCES),
        ("Can 77438 be billed for 200 kV?", "77438", "77438 is for x-rays above 150 and up to 500 kV."),
    ],
)
def test_what_a_bound_holds_is_within_it(question: str, code: str, sentence: str) -> None:
    assert is_within(question, code, sentence)


def test_what_lies_beyond_or_is_told_of_the_bound_itself_is_not_within_it() -> None:
    assert not is_within("Total time 27 min, 99214 ok?", "99214", TIME)
    assert not is_within("Does 99214 need 30 minutes?", "99214", TIME)
    assert not is_within("Can 77438 be billed for 100 kV?", "77438", "77438 is for x-rays above 150 and up to 500 kV.")


@pytest.mark.parametrize(
    ("text", "amount"), [("31 minutes?", "31 minutes"), ("sorry, 37 minutes", "37 minutes"), ("31 minutes of it?", "")]
)
def test_a_fragment_may_tell_an_amount_alone(text: str, amount: str) -> None:
    assert bare_amount(text) == amount


def test_an_amount_takes_the_place_of_the_only_one_in_its_unit() -> None:
    assert exchange_amount("27 minutes, 99214?", "31 minutes") == "31 minutes, 99214?"
    assert exchange_amount("2 fields on 3 days?", "4 ports") == "4 ports on 3 days?"
    assert exchange_amount("2 fields and 3 ports?", "4 ports") == "2 fields and 3 ports?"
