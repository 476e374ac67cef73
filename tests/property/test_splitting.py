"""Whatever a document says, its passages are exact slices that cover it and never cut a code."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.canonical import canonical
from ingest.codes import find_codes
from ingest.documents import BlockKind, Document, DocumentText
from ingest.extract.blocks import RawBlock, assemble
from ingest.split import split

WORDS = st.sampled_from(
    ["77370", "77306-77307", "may", "not", "be", "billed.", "The", "physicist", "signs;", "e.g.", "report.", "once", "weekly", "C79.51"]
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=60).map(" ".join)
KINDS = st.sampled_from([kind for kind in BlockKind if kind not in {BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW}])
BLOCKS = st.lists(st.builds(RawBlock, KINDS, SENTENCES, st.integers(1, 3)), min_size=1, max_size=12)
ROWS = st.lists(
    st.lists(st.sampled_from(["77370", "10", "per course", "Technical"]), min_size=2, max_size=3).map(" | ".join), min_size=2, max_size=60
)
STEADY = settings(derandomize=True, deadline=None, max_examples=60)
DOCUMENT = Document("d-1", "", "Notes", "", "", "", "", None, None, "all", "", "", "stated", "text/plain", "notes.txt", "")


def build(blocks: list[RawBlock]) -> DocumentText:
    text, spans, pages = assemble(tuple(blocks))
    return DocumentText(DOCUMENT, text, spans, pages)


@STEADY
@given(st.text(max_size=200))
def test_fixing_characters_twice_changes_nothing(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@STEADY
@given(BLOCKS)
def test_passages_are_exact_ordered_and_cover_all_content(blocks: list[RawBlock]) -> None:
    source = build(blocks)
    cut = split(source)
    assert all(source.text[p.start : p.end] == p.text for p in cut)
    assert all(a.end <= b.start for a, b in pairwise(cut))
    covered = {offset for p in cut for offset in range(p.start, p.end)}
    for block in source.blocks:
        if block.kind not in {BlockKind.HEADING, BlockKind.BOILERPLATE}:
            lost = [source.text[i] for i in range(block.start, block.end) if i not in covered and source.text[i].isalnum()]
            assert not lost


@STEADY
@given(BLOCKS)
def test_no_passage_cuts_a_code(blocks: list[RawBlock]) -> None:
    source = build(blocks)
    edges = {edge for p in split(source) for edge in (p.start, p.end)}
    assert not [m for m in find_codes(source.text) for edge in edges if m.start < edge < m.end]


@STEADY
@given(ROWS)
def test_every_table_row_is_whole_and_carries_its_header(rows: list[str]) -> None:
    raw = [RawBlock(BlockKind.TABLE_HEADER, "Code | Limit"), *(RawBlock(BlockKind.TABLE_ROW, row) for row in rows)]
    cut = split(build(raw))
    assert [line for p in cut for line in p.text.split("\n")] == ["Code | Limit", *rows]
    assert all("Code | Limit" in (p.header or p.text) for p in cut)


@STEADY
@given(SENTENCES, SENTENCES)
def test_a_question_and_its_answer_are_one_passage(question: str, answer: str) -> None:
    raw = [RawBlock(BlockKind.QUESTION, f"Question: {question}"), RawBlock(BlockKind.ANSWER, f"Answer: {answer}")]
    (passage,) = split(build(raw))
    assert "Question:" in passage.text
    assert "Answer:" in passage.text


@STEADY
@given(BLOCKS)
def test_ids_come_from_content(blocks: list[RawBlock]) -> None:
    source = build(blocks)
    assert [p.id for p in split(source)] == [p.id for p in split(source)]
    other = replace(source, document=replace(source.document, id="d-2", valid_from=date(2026, 1, 1)))
    assert not {p.id for p in split(source)} & {p.id for p in split(other)}
