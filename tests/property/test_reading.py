"""Whatever bytes a file holds, it is read into sound blocks or refused with an error of ours; nothing else comes out."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import CodeciteError
from ingest.build import Source, read_source
from ingest.documents import DocumentText
from ingest.split import split
from tests.support import make_pdf

STEADY = settings(derandomize=True, deadline=None, max_examples=80)
PIECES = st.sampled_from(
    [
        "77370 may be billed.", "Question: May it?", "Answer: No.", "| a | b |", "|---|---|", "a | b", "--- | ---", "# Heading", "- item", "1. one",
        "{: #f-1 payer=\"X\"}", "{: #f-1 valid_to=\"2026-01-01\"}", "---", "title: T", "<p>", "</p>", "<table><tr><td>", "</table>", "<nav>", "<!-- ",
        "-->", "<div hidden>", "</div>", "<h2>Head", "<script>", "&nbsp;&#0;&bogus;", "Log in", "Register", "© 2026 Who", "```", "> quote", "**bold**",
        "\u200b", "\uff17\uff17", "\x0c", "[a](javascript:b)", "![i](x)", "Page 1 of 9", "Includes:", "<form>", "<main>", "<ul><li>", "$5",
    ]
)  # fmt: skip
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\n\n", " ", "\r\n", ""])), max_size=25).map(
    lambda made: "".join(a + b for a, b in made)
)
NAMES = st.sampled_from(["a.txt", "a.md", "a.html", "a.pdf", "a"])


def read(content: bytes, name: str) -> DocumentText | None:
    try:
        return read_source(Source(name, Path(name), content), {}, "2026-01-01")
    except CodeciteError:
        return None


def check(found: DocumentText | None) -> None:
    if found is None:
        return
    cut = split(found)
    assert cut
    assert all(found.text[p.start : p.end] == p.text and p.text.strip() for p in cut)
    assert found.document.title


@STEADY
@given(TEXTS, NAMES)
def test_any_mixture_of_marks_is_read_or_refused(text: str, name: str) -> None:
    check(read(text.encode(), name))


@STEADY
@given(TEXTS)
def test_any_page_is_read_or_refused(text: str) -> None:
    check(read(f"<html><body><p>77370 may be billed.</p>{text}</body></html>".encode(), "a.html"))


@STEADY
@given(st.binary(max_size=300), NAMES)
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    check(read(content, name))


@STEADY
@given(st.integers(0, 1500), st.binary(min_size=1, max_size=40))
def test_a_pdf_that_was_spoiled_is_read_or_refused(place: int, spoil: bytes) -> None:
    content = make_pdf(["77370 may be billed on page one.", "77336 may be billed on page two."])
    check(read(content[:place] + spoil + content[place + len(spoil) :], "a.pdf"))


@STEADY
@given(TEXTS, NAMES)
def test_reading_twice_gives_the_same(text: str, name: str) -> None:
    first, second = read(text.encode(), name), read(text.encode(), name)
    assert first == second
    assert first is None or split(first) == split(first)
