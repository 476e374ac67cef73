"""The characters of a text are fixed once, before any offset exists."""

import pytest

from ingest.canonical import canonical


@pytest.mark.parametrize(
    ("written", "fixed"),
    [
        ("７７３７０", "77370"),
        ("77\u200b370\u2060", "77370"),
        ("of\ufb01ce", "office"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\u00a0b\u2009c", "a b c"),
        ("\u202eevil\u202c", "evil"),
        ("77261\u201177263", "77261-77263"),
        ("minus \u22125", "minus -5"),
        ("1\u201326", "1\u201326"),
        ("\ufeff\x0077370\x7f", "77370"),
        ("e\u0301", "é"),
        ("\U000e0041tag", "tag"),
    ],
)
def test_one_spelling_per_character(written: str, fixed: str) -> None:
    assert canonical(written) == fixed


def test_tabs_and_line_ends_stay() -> None:
    assert canonical("a\tb\nc") == "a\tb\nc"
