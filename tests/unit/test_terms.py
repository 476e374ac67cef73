"""The words that carry meaning, and what the glossary adds to them."""

import pytest

from assistant.terms import content_terms, expand, stem, stems


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What does the physicist sign?", ("physicist", "sign")),
        ("the physicist's report and the physicist’s note", ("physicist", "note")),
        ("77336 with a 3D plan", ("77336", "3d", "plan")),
        ("5 fractions, 5 FRACTIONS", ("5", "fractions")),
        ("Can I bill it with this code?", ()),
        ("", ()),
    ],
)
def test_words_that_carry_meaning(text: str, words: tuple[str, ...]) -> None:
    assert content_terms(text) == words


@pytest.mark.parametrize(
    ("one", "other"), [("signed", "signing"), ("requests", "requested"), ("planning", "plans"), ("treatments", "treatment")]
)
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert stem(one) == stem(other)
    assert stems(one) == stems(other.upper())


def test_different_words_and_codes_stay_apart() -> None:
    assert stem("simulation") != stem("stimulation")
    assert not stems("77336") & stems("77337")


GLOSSARY = {"sbrt": ("stereotactic body radiation therapy",), "r/b": ("risks and benefits",), "pt": ("patient",)}


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("Is SBRT billable?", {"sbrt": ("stereotactic", "body", "radiation", "therapy")}),
        ("pt: r/b signed", {"pt": ("patient",), "r/b": ("risks", "benefits")}),
        ("an option", {}),
        ("", {}),
    ],
)
def test_the_glossary_adds_words_for_whole_terms_only(text: str, added: dict[str, tuple[str, ...]]) -> None:
    assert expand(text, GLOSSARY) == added
