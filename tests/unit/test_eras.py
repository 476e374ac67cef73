from datetime import date

import pytest

from assistant.eras import last_years, same_era
from ingest.documents import Passage


def passage(text: str, valid_from: date | None = None, valid_to: date | None = None) -> Passage:
    return Passage("p", "d", 0, len(text), text, (), "", None, None, (), (), (), "all", valid_from, valid_to, "stated", "p", ())


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("From 2026 77387 is professional only.", {2025}),
        ("Since January 1, 2016, modifier PO is reported.", {2015}),
        ("Through 2025 77014 served as the guidance code.", {2025}),
        ("Before 2026, 77412 meant complex delivery.", {2025}),
        ("In 2015-2025 the technical part was not reportable.", {2014, 2025}),
        ("The policy (2019) allows it.", set()),
        ("77370 is once per course.", set()),
    ],
)
def test_the_years_at_which_a_passage_changes(text: str, changes: set[int]) -> None:
    assert last_years(passage(text)) == changes


def test_when_a_passage_is_valid_tells_its_changes_too() -> None:
    assert last_years(passage("It is so.", date(2015, 1, 1), date(2025, 12, 31))) == {2014, 2025}


def test_questions_of_the_same_time_are_told_from_others() -> None:
    changes = {2025}
    assert same_era(2025, "Was 77014 used in 2023?", changes)
    assert not same_era(2025, "Is 77014 still alive in March 2026?", changes)
    assert not same_era(2026, "Was it so before 2026?", changes)
    assert same_era(2026, "Is it so after 2025?", changes)
    assert not same_era(2026, "Was it so in 2015-2025?", changes)
    assert not same_era(2026, "Is 77014 still alive?", changes)
    assert not same_era(2026, "Was it so in 2015?", ())
