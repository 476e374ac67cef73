"""The words that carry meaning, and what the glossary adds to them."""

import sqlite3
from contextlib import closing

import pytest

from assistant.terms import content_terms, expand, stem, stems
from ingest.tables import LEXICAL_DDL


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What does the physicist sign?", ("physicist", "sign")),
        ("the physicist's report and the physicist’s note", ("physicist", "note")),
        ("77336 with a 3D plan", ("77336", "3d", "plan")),
        ("5 fractions, 5 FRACTIONS", ("5", "fractions")),
        ("G6015 or g6016 for C79.51, 0394T and 77370-26", ("g6015", "g6016", "c79.51", "0394t", "77370", "26")),
        ("4DCT at 6MV, 2.5 mm", ("4dct", "6mv", "2.5", "mm")),
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


LEXICAL_TEXTS = (
    "G6015 g6016 J1234 0394T 77370-26 77306/77307 4010F",
    "C79.51 and Z51.0 at 2.5 mm",
    "the physicist's 4DCT planning, naïve Ångström, 6MV photons",
)


@pytest.mark.parametrize("text", LEXICAL_TEXTS)
def test_words_are_those_of_the_lexical_index(text: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(LEXICAL_DDL)
        connection.execute("CREATE VIRTUAL TABLE held USING fts5vocab(lexical, 'row')")
        connection.execute("INSERT INTO lexical (body) VALUES (?)", (text,))
        held = {term for (term,) in connection.execute("SELECT term FROM held")}
        for word in content_terms(text):
            assert connection.execute("SELECT count(*) FROM lexical WHERE lexical MATCH ?", (f'"{word}"',)).fetchone() == (1,), word
            assert not word.isascii() or "." in word or stem(word) in held, word


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
