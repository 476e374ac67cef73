"""Codes, ranges and modifiers are recognised in every way coders write them, and nothing else is."""

import pytest

from ingest.canonical import canonical
from ingest.codes import expand_range, find_codes, find_modifiers, find_ranges, index_key


def codes(text: str) -> list[str]:
    return [mention.code for mention in find_codes(canonical(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Can 77370 be billed?", ["77370"]),
        ("77336, 77370 and 77295-TC", ["77336", "77370", "77295"]),
        ("g6003 or G6015", ["G6003", "G6015"]),
        ("0394T and 4010F", ["0394T", "4010F"]),
        ("C79.51 with Z51.0", ["C79.51", "Z51.0"]),
        ("dx C61 today", ["C61"]),
        ("7 7 3 7 0 please", ["77370"]),
        ("７７３７０", ["77370"]),
        ("77\u200b370", ["77370"]),
        ("G 6 0 1 5 and g 6 0 1 6, 0 3 9 4 T", ["G6015", "G6016", "0394T"]),
        ("CPT #77370, code #77336", ["77370", "77336"]),
        ("see the chart, or 77370", ["77370"]),
        ("(77301).", ["77301"]),
        ("77336,77370,77295", ["77336", "77370", "77295"]),
        ("77385, 77386, and 77387", ["77385", "77386", "77387"]),
        ("0042U and 0001M", ["0042U", "0001M"]),
        ("U07.1, F32.A and Z51.A1", ["U07.1", "F32.A", "Z51.A1"]),
        ("ICD-10 codes C61, C50 and C34 are covered", ["C61", "C50", "C34"]),
        ("CPT®77370", ["77370"]),
        ("77370-26-59", ["77370"]),
        ("77306/77307", ["77306", "77307"]),
        ("CPT77370 and cpt77336", ["77370", "77336"]),
        ("HCPCSG6003", ["G6003"]),
        ("77370¹, 77336² and G6003¹⁰", ["77370", "77336", "G6003"]),
        ("77370’s rule", ["77370"]),
        ("77316 through 77318", ["77316", "77318"]),
        ("0394Ｔ and ４０１０Ｆ", ["0394T", "4010F"]),
        ("7​7﻿3­70", ["77370"]),
        ("７ ７ ３ ７ ０", ["77370"]),
        ("V15.3 as a diagnosis", ["V15.3"]),
    ],
)
def test_codes_are_found_as_written(text: str, found: list[str]) -> None:
    assert codes(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "$77370",
        "$ 77370",
        "€77370",
        "12345 dollars",
        "20037 USD",
        "77,336",
        "77,336 dollars",
        "12345,678",
        "1.77336",
        "77336.50",
        "in 2026",
        "123456",
        "7 7 3 7 0 0",
        "ZIP 20001-1234",
        "zip code 94110",
        "Philadelphia, PA 19104",
        "it costs 15000 a year",
        "a town of 12345 people",
        "account 12345, MRN 54321",
        "Suite 5, Springfield 62704-0042.",
        "call 617-555-1234",
        "call 1-800-555-12345",
        "NPI 1234567890",
        "T12 vertebra",
        "fracture at T12.See the chart",
        "B15 and room C61",
        "#77370",
        "x77370",
        "77370x",
        "NDC 12345-6789-01",
        "NDC 12345-678-90",
        "PO Box 12345",
        "P.O. box 12345",
        "planned in Eclipse v15.6",
        "12/31/2025",
        "EIN 12-3456777",
        "US$77370",
        "$1,077,336.00",
        "7.7370 Gy",
        "0.77336",
        "between 2025 and 2026",
        "(617) 555-12345",
        "617.555.1234",
        "+1 617 555 1234",
    ],
)
def test_money_years_and_other_numbers_are_not_codes(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("77261-77263", [("77261", "77263")]),
        ("77316 through 77318", [("77316", "77318")]),
        ("G6003 to G6016", [("G6003", "G6016")]),
        ("77261 – 77263", [("77261", "77263")]),
        ("77261\u201177263", [("77261", "77263")]),
        ("0394T-0398T", [("0394T", "0398T")]),
        ("77306 thru 77307 and 77316-77318", [("77306", "77307"), ("77316", "77318")]),
        ("C79.51-C79.52", []),
        ("77370, 77336", []),
        ("77370-77336", []),
        ("77307-G6003", []),
    ],
)
def test_ranges_run_upwards_within_one_code_set(text: str, found: list[tuple[str, str]]) -> None:
    assert list(find_ranges(canonical(text))) == found


def test_a_range_holds_every_number_between() -> None:
    assert expand_range("77316", "77318") == ("77316", "77317", "77318")
    assert expand_range("G6015", "G6017") == ("G6015", "G6016", "G6017")
    assert expand_range("0394T", "0395T") == ("0394T", "0395T")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("modifiers 26 and TC", ("26", "TC")),
        ("77295-TC", ("TC",)),
        ("77427-26", ("26",)),
        ("mod 59 or XU", ("59", "XU")),
        ("the 26 modifier", ("26",)),
        ("77370-26-59", ("26", "59")),
        ("77295-26/TC or 77300-26,59", ("26", "TC", "59")),
        ("77295–26", ("26",)),
        ("Modifiers: 26, TC, or 59.", ("26", "59", "TC")),
        ("77295-26, 10 units", ("26",)),
        ("77261-77263", ()),
        ("77370-2600", ()),
        ("page 26 of the manual", ()),
        ("TC only", ("TC",)),
        ("Cobalt-60 based", ()),
        ("ICD-10 codes", ()),
        ("26 fractions", ()),
    ],
)
def test_modifiers_are_told_from_other_numbers(text: str, found: tuple[str, ...]) -> None:
    assert find_modifiers(text) == found


def test_the_first_cell_of_a_modifier_table_is_a_modifier() -> None:
    assert find_modifiers("Modifier | Meaning\n26 | Professional part\nTC | Technical part") == ("26", "TC")


def test_a_mention_tells_where_it_stands() -> None:
    text = "Report 7 7 3 7 0, or g6003."
    assert [text[m.start : m.end] for m in find_codes(text)] == ["7 7 3 7 0", "g6003"]


def test_an_endless_range_is_cut_short() -> None:
    assert len(expand_range("10004", "99999")) < 200


def test_codes_are_indexed_without_their_dot() -> None:
    assert index_key("c79.51") == "C7951"
