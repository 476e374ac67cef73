"""Codes and modifiers are read in every form in which coders write them, and other numbers are left alone."""

from datetime import date

import pytest

from assistant.question import read_question
from corpus.registry import load_codes

DAY = date(2026, 3, 1)
KNOWN = load_codes().keys() | {"C50911", "C50", "C61", "Z510", "99213"}


def read(text: str) -> tuple[set[str], set[str]]:
    """Give the known codes and the modifiers of a question."""
    question = read_question(text, DAY)
    return {code for code in question.codes if code in KNOWN}, set(question.modifiers)


FORMS = [
    ("77261-77263 ok?", "77261 77262 77263", ""),
    ("77261 to 77263", "77261 77262 77263", ""),
    ("77261 through 77263", "77261 77262 77263", ""),
    ("77261 thru 77263", "77261 77262 77263", ""),
    ("77261–77263", "77261 77262 77263", ""),
    ("77261 — 77263", "77261 77262 77263", ""),
    ("77261-63", "77261 77262 77263", ""),
    ("77261-3", "77261 77262 77263", ""),
    ("77261 to 63", "77261 77262 77263", ""),
    ("77402-12", "77402 77407 77412", ""),
    ("77402 to 12", "77402 77407 77412", ""),
    ("77402 through 12, any", "77402 77407 77412", ""),
    ("77280/77285/77290", "77280 77285 77290", ""),
    ("77280/85/90", "77280 77285 77290", ""),
    ("77336/77370", "77336 77370", ""),
    ("77336&77370", "77336 77370", ""),
    ("77336+77370", "77336 77370", ""),
    ("77336,77370", "77336 77370", ""),
    ("77336;77370", "77336 77370", ""),
    ("77336 and/or 77370", "77336 77370", ""),
    ("77295-TC", "77295", "TC"),
    ("77295TC", "77295", "TC"),
    ("77295tc", "77295", "TC"),
    ("77295 TC", "77295", "TC"),
    ("TC 77295", "77295", "TC"),
    ("TC of 77295", "77295", "TC"),
    ("26 for 77295", "77295", "26"),
    ("77295 -26", "77295", "26"),
    ("77295-26", "77295", "26"),
    ("77321-26", "77321", "26"),
    ("77321/26", "77321", "26"),
    ("77295 26", "77295", "26"),
    ("77295/26", "77295", "26"),
    ("77295(26)", "77295", "26"),
    ("77295-26-59", "77295", "26 59"),
    ("77295-26,59", "77295", "26 59"),
    ("77295 26/TC?", "77295", "26 TC"),
    ("77295 w/ 26", "77295", "26"),
    ("77295 with a 26", "77295", "26"),
    ("77295 mod 26", "77295", "26"),
    ("77334 59", "77334", "59"),
    ("7 7 3 7 0", "77370", ""),
    ("77-370", "77370", ""),
    ("773-70", "77370", ""),
    ("77 370", "77370", ""),
    ("７７３７０", "77370", ""),
    ("CPT® 77336", "77336", ""),
    ("CPT77336", "77336", ""),
    ("CPT-77336", "77336", ""),
    ("CPT:77336", "77336", ""),
    ("CPT#77336", "77336", ""),
    ("cpt code 77336", "77336", ""),
    ("code77336", "77336", ""),
    ("77336.", "77336", ""),
    ("77336...", "77336", ""),
    ("77336?!", "77336", ""),
    ("(77336)", "77336", ""),
    ("“77336”", "77336", ""),
    ("77336's", "77336", ""),
    ("three 77336s", "77336", ""),
    ("77336x2", "77336", ""),
    ("77336 x 2", "77336", ""),
    ("g6015", "G6015", ""),
    ("g 6015", "G6015", ""),
    ("G-6015", "G6015", ""),
    ("G 6 0 1 5", "G6015", ""),
    ("HCPCS G6015", "G6015", ""),
    ("G6001-G6003", "G6001 G6002 G6003", ""),
    ("G6001-3", "G6001 G6002 G6003", ""),
    ("0394T", "0394T", ""),
    ("0394-t", "0394T", ""),
    ("C50.911", "C50911", ""),
    ("ICD-10 C50911", "C50911", ""),
    ("dx c50 911", "C50 C50911", ""),
    ("dx C61", "C61", ""),
    ("z51.0 w/ 77336", "Z510 77336", ""),
]


@pytest.mark.parametrize(("text", "codes", "modifiers"), FORMS)
def test_codes_and_modifiers_are_read_as_written(text: str, codes: str, modifiers: str) -> None:
    known = {code for code in codes.split() if code in KNOWN}
    assert known
    assert read(text) == (known, set(modifiers.split()))


@pytest.mark.parametrize(
    "text",
    [
        "$77,336",
        "$77336",
        "77336 dollars",
        "call 512-773-7000",
        "1-800-773-7000",
        "ZIP 77336",
        "Houston, TX 77030",
        "77336-1234",
        "PO box 77336",
        "acct 77336",
        "account number 77336",
        "invoice number 77336",
        "MRN 77336",
        "77 370 patients",
        "age 77 336 days of treatment",
        "77-336 days",
        "5 g 6015",
        "Group C 2024",
        "77 yo, 370 cGy",
        "in 2026",
        "the years 2024-26",
    ],
)
def test_amounts_years_telephone_numbers_and_places_are_no_codes(text: str) -> None:
    assert read(text) == (set(), set())


@pytest.mark.parametrize("text", ["77427 26 fractions", "77336 59 days", "77412 x 25 fractions", "77402-12 ok?", "77280/85"])
def test_counts_and_ends_of_ranges_are_no_modifiers(text: str) -> None:
    assert read(text)[1] == set()
