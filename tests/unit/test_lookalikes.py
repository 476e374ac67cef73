"""What was meant as a code is told from amounts, places, dates and other numbers, and what it may stand for comes nearest first."""

import pytest

from assistant.lookalikes import find_doubtful, find_miswritten, near_codes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Can I bill G6O15?", ("G6O15",)),
        ("Is 7737O or 77l70 billable?", ("7737O", "77L70")),
        ("O394T and g6o15", ("O394T", "G6O15")),
        ("What does CPT code 7737 need?", ("7737",)),
        ("CPT 773700", ("773700",)),
        ("CPT® 7737, CPT-7736", ("7737", "7736")),
        ("codes 77370, 7737 and 77336", ("7737",)),
        ("HCPCS code G60150 or HCPCS G601", ("G60150", "G601")),
        ("is code 7737-26 right", ("7737",)),
        ("Can I bill code 7737?", ("7737",)),
        ("CPT 394T", ("394T",)),
    ],
)
def test_what_has_nearly_a_codes_shape_is_found(text: str, found: tuple[str, ...]) -> None:
    assert find_miswritten(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Can I bill 7737 after treatment?", ("7737",)),
        ("Can 7737 be billed?", ("7737",)),
        ("is 7737 billable", ("7737",)),
        ("bill 773700?", ("773700",)),
        ("report 7737 and 77370 together", ("7737",)),
    ],
)
def test_a_number_billed_as_a_code_would_be_is_doubtful(text: str, found: tuple[str, ...]) -> None:
    assert find_doubtful(text) == found
    assert find_miswritten(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Can 77370, G6015 and 0394T be billed with C79.51 or Z5111?",
        "revenue code 0333 with 77370",
        "ZIP code 94110, postal code 1234",
        "CPT 2026 changes, HCPCS 2025 and 2026 codes, what to bill in 2026",
        "bill 1500 form",
        "bill 2000 units",
        "bill 4500 cGy",
        "bill 3200 for a plan",
        "we paid 1250 for it, $7737 or 7,737 dollars",
        "denial code 1234 and type of bill code 0131",
        "ICD-10 code C795, diagnosis code 1850",
        "call 617-555-1234 on 12/31/2025, 20261124 or 112426",
        "CPT 77385-6 and 77385/77386",
        "code 7737.5 and codes 1,234",
        "4DCT, TG-100, 10MV, 1800 cGy in 10 fractions",
        "ages 18 to 1234",
    ],
)
def test_other_numbers_are_no_codes(text: str) -> None:
    assert find_miswritten(text) == ()
    assert find_doubtful(text) == ()


KNOWN = ("77300", "77307", "77336", "77370", "77371", "77470", "77713", "G6005", "G6015", "G6016", "0394T", "26")


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("77730", ("77370",)),
        ("G6O15", ("G6015", "G6005", "G6016")),
        ("66015", ("G6015",)),
        ("7737", ("77370", "77371")),
        ("773700", ("77370", "77300")),
        ("7737O", ("77370", "77307")),
        ("77731", ("77713", "77371")),
        ("O394T", ("0394T",)),
    ],
)
def test_the_nearest_code_comes_first(code: str, first: tuple[str, ...]) -> None:
    assert near_codes(code, KNOWN)[: len(first)] == first


def test_a_code_is_not_near_itself_nor_to_codes_two_steps_away() -> None:
    assert near_codes("77370", ("77370", "77336", "73707", "26")) == ()
