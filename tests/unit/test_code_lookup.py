"""The benchmark of code look-up asks about every code in every way and notices a passage on another code."""

import random
from dataclasses import replace

import pytest

from assistant.question import read_question
from benchmarks.code_lookup import DAY, Outcome, judge, look_ups, near_twins, table
from benchmarks.find_codes import Case, load_cases
from benchmarks.find_codes import table as found_table
from ingest.documents import Passage

CODES = ["77370", "G6015", "0394T", "77306", "77336", "77427", "C9722", "G6003", "55874"]


def passage(text: str, *named: str) -> Passage:
    return Passage("p", "d", 0, len(text), text, (), "", None, None, named, (), (), "all", None, None, "stated", "", ())


@pytest.mark.parametrize(
    ("code", "twins"),
    [
        ("77306", ("77305", "77307", "73706", "77036", "77360")),
        ("G6015", ("G6014", "G6016", "G0615", "G6105", "G6051")),
        ("0394T", ("0393T", "0395T", "3094T", "0934T", "0349T")),
    ],
)
def test_near_twins_are_neighbours_and_transpositions(code: str, twins: tuple[str, ...]) -> None:
    assert near_twins(code) == twins


def test_every_way_of_writing_is_read_as_its_codes() -> None:
    asked = look_ups(CODES, random.Random(1))
    assert len(asked) == 5 * len(CODES)
    for look_up in asked:
        assert set(read_question(look_up.question, DAY).codes) == set(look_up.codes), look_up.question


def test_a_passage_on_another_code_is_noticed() -> None:
    right, other, silent = passage("77306 is one.", "77306"), passage("77307 is another.", "77307"), passage("A plan is signed.")
    assert judge(["77306"], [right, silent]) == Outcome(True, 0)
    assert judge(["77306"], [right, other]) == Outcome(True, 1)
    assert judge(["77306"], [other, right]) == Outcome(False, 1)
    assert judge(["77306", "77307"], [right]) == Outcome(False, 0)
    assert judge(["77306"], []) == Outcome(False, 0)


def test_the_table_counts_look_ups() -> None:
    asked = look_ups(CODES[:2] + CODES[3:4], random.Random(1))
    shown = table(asked, {"ours": [Outcome(n > 0, int(n < 2)) for n in range(len(asked))]})
    assert "| all | 14/15 (93.3 %) | 2 look-ups |" in shown


def test_the_cases_are_drawn_once_and_scored_by_depth() -> None:
    cases = load_cases()
    assert [sum(c.split == split and bool(c.expected) for c in cases) for split in ("dev", "test")] == [15, 10]
    assert len({c.description for c in cases}) == len(cases) == 29
    case = Case("c", "dev", "blocks", ("77334",), DAY)
    shown = found_table([case, case, replace(case, expected=())], [("77300", "77334"), (), ()])
    assert "| right code in the first 1 | 0 of 2 |" in shown
    assert "| right code in the first 3 | 1 of 2 |" in shown
    assert "| nothing fits, nothing shown | 1 of 1 |" in shown
