from datetime import date

import pytest

from assistant.question import read_question
from assistant.registered import called_for, ended
from corpus.registry import CodeEntry

OLD = CodeEntry(
    "G6015",
    "HCPCS",
    "delivery",
    component="technical",
    deleted=date(2025, 12, 31),
    sources=(("deleted", "f-end"), ("replaced_by", "f-new"), ("component", "f-part"), ("unit_rule", "f-unit"), ("label", "f-label")),
)


@pytest.mark.parametrize(
    ("text", "day", "facts"),
    [
        ("Can we bill G6015?", date(2026, 1, 1), ("f-end", "f-new")),
        ("Can we bill G6015?", date(2025, 12, 31), ()),
        ("What replaces G6015?", date(2025, 6, 1), ("f-end", "f-new")),
        ("How many units of G6015 per day?", date(2025, 6, 1), ("f-unit",)),
        ("Does G6015 take modifier 26?", date(2025, 6, 1), ("f-part",)),
        ("What is G6015?", date(2025, 6, 1), ("f-label",)),
        ("Can we bill 77336?", date(2026, 1, 1), ()),
    ],
)
def test_a_question_calls_for_the_facts_of_the_registry_that_it_is_about(text: str, day: date, facts: tuple[str, ...]) -> None:
    assert called_for(read_question(text, day), {"G6015": OLD}) == facts


def test_a_code_has_ended_on_the_day_after_its_last() -> None:
    assert not ended(OLD, date(2025, 12, 31))
    assert ended(OLD, date(2026, 1, 1))
