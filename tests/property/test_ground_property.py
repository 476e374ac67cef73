"""Whatever an answerer drafts, what passes the gate is an exact slice of the source."""

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answer import Draft, DraftSentence, Hit, Quote, Role, Verdict
from assistant.ground import ground, locate
from assistant.proof import supports
from ingest.documents import Document, Passage

SENTENCES = (
    "77370 may be billed when a physician asks “in writing” for an analysis.",
    "Do not report 77370 with 77336 – they are one service.",
    "The rate is 1.5 units, or $1,234.50, for C79.51 on March 1, 2026.",
    "77336 is billed once for every five treatments;\nit isn't billed twice.",
    "Modifier TC goes on 77371, modifier 26 does not.",
)
TEXT = "Heading\n\n" + " ".join(SENTENCES[:3]) + "\n\n" + " ".join(SENTENCES[3:])
CUT = TEXT.index("\n\n77336") + 2
DOCUMENT = Document("d-1", "", "T", "", "", "", "", None, None, "all", "", "", "stated", "", "", "")
EXACT = settings(derandomize=True, deadline=None, max_examples=60)


def passage(identity: str, start: int, end: int) -> Passage:
    return Passage(
        identity, "d-1", start, end, TEXT[start:end], (), "", None, None, (), (), (), "all", None, None, "stated", "", ()
    )  # fmt: skip


PASSAGES = (passage("p-1", 9, CUT), passage("p-2", CUT, len(TEXT)))
HITS = tuple(Hit(p, DOCUMENT, 1.0, 1.0, 1.0, ()) for p in PASSAGES)
DIGITS = st.sampled_from("0123456789")


@st.composite
def slices(draw: st.DrawFn) -> tuple[str, str]:
    """Give a passage's id and some words of it, at most with other spaces, dashes and quotation marks."""
    chosen = draw(st.sampled_from(PASSAGES))
    start = draw(st.integers(0, len(chosen.text) - 1))
    words = chosen.text[start : draw(st.integers(start, min(len(chosen.text), start + 90)))]
    for mark, others in ((" ", ("  ", "\n", "\u00a0")), ("–", ("-", "—")), ("“", ('"', "'")), ("'", ("’", "`"))):
        words = words.replace(mark, draw(st.sampled_from((mark, *others))))
    return chosen.id, words


proposals = st.builds(
    lambda text, role, quotes: DraftSentence(text, role, tuple(Quote(*q) for q in quotes)),
    st.sampled_from(SENTENCES) | st.text(max_size=60),
    st.sampled_from(list(Role)),
    st.lists(
        slices() | st.tuples(st.sampled_from(["p-1", "p-2", "p-9", ""]), st.sampled_from(SENTENCES) | st.text(max_size=40)), max_size=3
    ),
)


@EXACT
@given(st.lists(proposals, max_size=4))
def test_whatever_is_drafted_every_citation_is_an_exact_slice_inside_its_passage(proposed: list[DraftSentence]) -> None:
    kept = ground(Draft(Verdict.YES, tuple(proposed)), HITS, {})
    assert len(kept) <= len(proposed)
    for sentence in kept:
        assert sentence.text.strip()
        assert sentence.citations
        assert supports(sentence.text, [c.quote for c in sentence.citations])
        for citation in sentence.citations:
            home = next(p for p in PASSAGES if p.id == citation.passage_id)
            assert TEXT[citation.start : citation.end] == citation.quote
            assert home.start <= citation.start < citation.end <= home.end


@EXACT
@given(slices())
def test_a_quote_that_is_found_differs_by_spaces_dashes_and_quotation_marks_only(found: tuple[str, str]) -> None:
    home = next(p for p in PASSAGES if p.id == found[0])
    citation = locate(home, found[1])
    if citation:
        kept = "".join(c for c in citation.quote if c.isalnum())
        assert kept == "".join(c for c in found[1] if c.isalnum())


@EXACT
@given(st.sampled_from(SENTENCES), st.data())
def test_one_changed_digit_is_always_refused(sentence: str, data: st.DataObject) -> None:
    places = [i for i, c in enumerate(sentence) if c.isdigit()]
    if places:
        place = data.draw(st.sampled_from(places))
        digit = data.draw(DIGITS.filter(lambda d: d != sentence[place]))
        changed = sentence[:place] + digit + sentence[place + 1 :]
        assert all(locate(p, changed) is None for p in PASSAGES)
        assert not supports(changed, [sentence])
