"""The quote gate: exact slices or nothing."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answer import Draft, DraftSentence, Hit, Quote, Role, Verdict
from assistant.extractive import quotable
from assistant.ground import ground, locate
from ingest.build import read_source, shipped_sources
from ingest.documents import Document, Page, Passage
from ingest.split import split

TEXT = "Before. A 77370 request must be “written”, signed\nand dated – not initialed – by the physician. After that, 77336 is not billed."
DOCUMENT = Document("d-1", "", "T", "", "", "", "", None, None, "all", "", "", "stated", "", "", "")
PASSAGE = Passage("p-1", "d-1", 8, len(TEXT), TEXT[8:], (), "", None, None, (), (), (), "all", None, None, "stated", "", ())
HIT = Hit(PASSAGE, DOCUMENT, 1.0, 1.0, 1.0, ())


@pytest.mark.parametrize(
    "quote",
    [
        "A 77370 request must be “written”, signed\nand dated",
        'A 77370 request must be "written", signed and dated',
        "signed   and\tdated - not initialed - by the physician.",
        "…signed and dated — not initialed…",
    ],
)
def test_spaces_dashes_and_quotation_marks_may_differ(quote: str) -> None:
    citation = locate(PASSAGE, quote)
    assert citation is not None
    assert TEXT[citation.start : citation.end] == citation.quote
    assert PASSAGE.start <= citation.start < citation.end <= PASSAGE.end


@pytest.mark.parametrize(
    "quote",
    [
        "A 77371 request must be “written”",
        "77336 is billed.",
        "request must be signed and dated",
        "Before. A 77370 request",
        "7370 request must be",
        "signed",
        "",
        "A 77370 REQUEST must be",
        "A 77370 request must not be “written”",
        "x" * 200_000,
        "--------",
        "\u200b" * 9,
        "by the physician. After this",
        "by the physician … 77336 is not billed",
        "dated by the physician. After that",
    ],
)
def test_a_quote_that_does_not_stand_there_is_refused(quote: str) -> None:
    assert locate(PASSAGE, quote) is None


def test_the_page_is_where_the_quote_starts() -> None:
    pages = (Page(1, 0, 60), Page(2, 60, len(TEXT)))
    late = locate(PASSAGE, "77336 is not billed.", pages)
    early = locate(PASSAGE, "A 77370 request must be", pages)
    assert late is not None
    assert early is not None
    assert (early.page, late.page) == (1, 2)


def draft(*sentences: tuple[str, str, str]) -> Draft:
    return Draft(Verdict.YES, tuple(DraftSentence(text, Role.BACKGROUND, (Quote(passage, quote),)) for text, passage, quote in sentences))


def test_only_proved_sentences_pass() -> None:
    kept = ground(
        draft(
            ("77336 is not billed.", "p-1", "77336 is not billed."),
            ("77336 is not billed.", "p-2", "77336 is not billed."),
            ("77336 is billed.", "p-1", "77336 is not billed."),
            ("77336 is not billed.", "p-1", "Words that are not there."),
        ),
        (HIT,),
        {},
    )
    assert [s.text for s in kept] == ["77336 is not billed."]


def test_a_sentence_without_a_quote_does_not_pass() -> None:
    assert ground(Draft(Verdict.YES, (DraftSentence("77336 is not billed.", Role.VERDICT, ()),)), (HIT,), {}) == ()


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(st.text(max_size=40), st.sampled_from(["p-1", "p-9"]), st.sampled_from(TEXT.split(". ")) | st.text(max_size=30)),
        max_size=5,
    )
)
def test_whatever_is_drafted_every_citation_is_an_exact_slice(proposed: list[tuple[str, str, str]]) -> None:
    for sentence in ground(draft(*proposed), (HIT,), {}):
        assert sentence.citations
        for citation in sentence.citations:
            assert TEXT[citation.start : citation.end] == citation.quote
            assert PASSAGE.start <= citation.start < citation.end <= PASSAGE.end


def test_a_passage_elsewhere_in_the_document_is_not_searched() -> None:
    narrow = replace(PASSAGE, end=PASSAGE.start + 20, text=PASSAGE.text[:20])
    assert locate(narrow, "77336 is not billed.") is None


CLAUSES = """Do not report 77370 with 77336. The rate is 1.5 units for C79.51.
Reporting 77307 with 77300 is never allowed; 77371 may be billed, but not with modifier 26. 77372 is paid unless it is repeated."""
TABLE = "Code | Rule\n77385 | deleted, not valid\n77386 | may be billed"


def passes(text: str, claim: str, quote: str) -> bool:
    home = replace(PASSAGE, start=0, end=len(text), text=text)
    return bool(ground(draft((claim, "p-1", quote)), (replace(HIT, passage=home),), {}))


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Report 77370 with 77336.", "report 77370 with 77336."),
        ("77307 is reported with 77300.", "Reporting 77307 with 77300"),
        ("77372 is paid.", "77372 is paid"),
    ],
)
def test_a_quote_cut_so_as_to_lose_the_negation_beside_it_proves_nothing(claim: str, quote: str) -> None:
    assert not passes(CLAUSES, claim, quote)


def test_a_negation_of_another_clause_sentence_or_row_does_not_count() -> None:
    assert passes(CLAUSES, "77371 may be billed.", "77371 may be billed")
    assert passes(CLAUSES, "The rate is 1.5 units.", "The rate is 1.5 units")
    assert passes(TABLE, "77386 may be billed.", "77386 | may be billed")
    assert not passes(TABLE, "77385 is valid.", "77385 | deleted")


@pytest.mark.parametrize("quote", ["The rate is 1", "5 units for C79.51", "1.5 units for C79"])
def test_a_number_or_code_is_never_cut(quote: str) -> None:
    assert not passes(CLAUSES, quote, quote)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_sentence_without_words_does_not_pass(text: str) -> None:
    assert not passes(CLAUSES, text, "The rate is 1.5 units")


def test_two_sentences_side_by_side_may_be_quoted_together() -> None:
    citation = locate(PASSAGE, "by the physician. After that, 77336 is not billed.")
    assert citation is not None
    assert TEXT[citation.start : citation.end] == "by the physician. After that, 77336 is not billed."


def test_one_bad_quote_among_good_ones_is_enough_to_drop_a_sentence() -> None:
    quotes = (Quote("p-1", "77336 is not billed."), Quote("p-1", "Words that are not there."))
    assert ground(Draft(Verdict.NO, (DraftSentence("77336 is not billed.", Role.VERDICT, quotes),)), (HIT,), {}) == ()


def test_every_sentence_that_may_be_quoted_from_the_starter_corpus_passes() -> None:
    tried = 0
    for source in shipped_sources()[::8]:
        document = read_source(source, {}, "2026-01-01")
        for home in split(document):
            for _, text in quotable(home):
                kept = ground(draft((text, home.id, text)), (replace(HIT, passage=home),), {})
                assert [c.quote for s in kept for c in s.citations] == [text]
                tried += 1
    assert tried > 100
