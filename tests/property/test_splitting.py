"""Whatever a document says, its passages are exact slices that cover it and never cut a code."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.build import Source, read_source
from ingest.canonical import canonical
from ingest.codes import find_codes
from ingest.documents import BlockKind, Document, DocumentText, Passage
from ingest.extract.blocks import RawBlock, assemble
from ingest.sentences import sentence_spans
from ingest.split import MAX_CHARS, embedding_texts, split

WORDS = st.sampled_from(
    ["77370", "77306-77307", "may", "not", "be", "billed.", "The", "physicist", "signs;", "e.g.", "report.", "once", "weekly", "C79.51"]
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=60).map(" ".join)
RUNS = st.lists(st.sampled_from(["77370", "7 7 3 3 6", "G6003", "F32.A", "x", "of the", "(", "…", "é"]), min_size=1, max_size=250)
DENSE = st.tuples(RUNS, st.sampled_from([" ", ",", ", ", "/", ";", "-"])).map(lambda made: made[1].join(made[0]))
ANY = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=80)
KINDS = st.sampled_from([kind for kind in BlockKind if kind not in {BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW}])
BLOCKS = st.lists(
    st.builds(RawBlock, KINDS, SENTENCES | DENSE | ANY, st.integers(1, 3), st.integers(1, 4) | st.none()), min_size=1, max_size=12
)
ROWS = st.lists(
    st.lists(st.sampled_from(["77370", "10", "per course", "Technical"]), min_size=2, max_size=3).map(" | ".join), min_size=2, max_size=60
)
STEADY = settings(derandomize=True, deadline=None, max_examples=60)
DOCUMENT = Document("d-1", "", "Notes", "", "", "", "", None, None, "all", "", "", "stated", "text/plain", "notes.txt", "")


def build(blocks: list[RawBlock]) -> DocumentText:
    text, spans, pages = assemble(tuple(blocks))
    return DocumentText(DOCUMENT, text, spans, pages)


@STEADY
@given(st.text(max_size=200) | st.text(alphabet="\r\n\t\u200b\ufb01\uff17\u2011\u0301e\u00a0\u202e", max_size=40))
def test_fixing_characters_twice_changes_nothing(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@STEADY
@given(BLOCKS)
def test_blocks_are_whole_ordered_and_apart_and_pages_tile_the_text(blocks: list[RawBlock]) -> None:
    numbers = sorted(b.page for b in blocks if b.page) if all(b.page for b in blocks) else [None] * len(blocks)
    source = build([replace(block, page=number) for block, number in zip(blocks, numbers, strict=True)])
    kept = [canonical(b.text).strip() for b in blocks if canonical(b.text).strip()]
    assert [source.text[b.start : b.end] for b in source.blocks] == kept
    assert all(a.end < b.start for a, b in pairwise(source.blocks))
    if source.pages:
        assert source.pages[0].start == 0
        assert source.pages[-1].end == len(source.text)
        assert all(a.end == b.start and a.number < b.number for a, b in pairwise(source.pages))


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
def test_headings_and_boilerplate_are_in_no_passage(blocks: list[RawBlock]) -> None:
    source = build(blocks)
    for block in source.blocks:
        if block.kind in {BlockKind.HEADING, BlockKind.BOILERPLATE}:
            assert not [p for p in split(source) if p.start < block.end and block.start < p.end]


@STEADY
@given(BLOCKS)
def test_no_passage_cuts_a_code(blocks: list[RawBlock]) -> None:
    source = build(blocks)
    edges = {edge for p in split(source) for edge in (p.start, p.end)}
    assert not [m for m in find_codes(source.text) for edge in edges if m.start < edge < m.end]


@STEADY
@given(SENTENCES | DENSE | ANY)
def test_a_code_is_found_where_it_stands(text: str) -> None:
    fixed = canonical(text)
    for mention in find_codes(fixed):
        assert fixed[mention.start : mention.end].replace(" ", "").upper() == mention.code
    assert all(a.start <= b.start for a, b in pairwise(find_codes(fixed)))


@STEADY
@given(ROWS)
def test_every_table_row_is_whole_and_carries_its_header(rows: list[str]) -> None:
    raw = [RawBlock(BlockKind.TABLE_HEADER, "Code | Limit"), *(RawBlock(BlockKind.TABLE_ROW, row) for row in rows)]
    cut = split(build(raw))
    assert [line for p in cut for line in p.text.split("\n")] == ["Code | Limit", *rows]
    assert all("Code | Limit" in (p.header or p.text) for p in cut)


@STEADY
@given(SENTENCES, SENTENCES, st.sampled_from([BlockKind.ANSWER, BlockKind.PARAGRAPH]))
def test_a_question_and_its_answer_are_one_passage(question: str, answer: str, kind: BlockKind) -> None:
    raw = [RawBlock(BlockKind.QUESTION, f"Question: {question}"), RawBlock(kind, f"Answer: {answer}")]
    (passage,) = split(build(raw))
    assert "Question:" in passage.text
    assert "Answer:" in passage.text


@STEADY
@given(BLOCKS)
def test_every_word_of_a_passage_is_embedded_and_no_text_is_long(blocks: list[RawBlock]) -> None:
    for passage in split(build(blocks)):
        texts = embedding_texts(passage)
        lead = max((len(part) for part in passage.section), default=0) + len(passage.header) + 2
        assert all(len(text) <= MAX_CHARS + lead for text in texts)
        joined = "".join("".join(texts).split())
        assert [w for w in passage.text.split() if w.isalnum() and len(w) < 30 and w not in joined] == []


@STEADY
@given(BLOCKS)
def test_ids_come_from_content(blocks: list[RawBlock]) -> None:
    source = build(blocks)
    assert [p.id for p in split(source)] == [p.id for p in split(source)]
    assert len({p.id for p in split(source)}) == len(split(source))
    other = replace(source, document=replace(source.document, id="d-2", valid_from=date(2026, 1, 1)))
    assert not {p.id for p in split(source)} & {p.id for p in split(other)}


@pytest.mark.parametrize("between", ["", " ", ","])
def test_a_run_without_a_place_to_cut_is_cut_all_the_same(between: str) -> None:
    source = build([RawBlock(BlockKind.PARAGRAPH, between.join(["y" * MAX_CHARS] * 3))])
    assert sum(p.text.count("y") for p in split(source)) == MAX_CHARS * 3


CODES = st.integers(77000, 77999).map(str)
SAID = st.sampled_from(["No.", "Yes.", "No, never.", "Prior authorization is required.", "Once a day", "Physician order", "See the manual"])
ASKED = st.builds("May {} be billed {}?".format, CODES, st.sampled_from(["twice", "weekly", "with modifier 26"]))
PAIRS = st.lists(st.tuples(ASKED, SAID), min_size=1, max_size=8)
LABELS = st.sampled_from([("Question", "Answer"), ("Q", "A"), ("Coding Question", "Coding Answer")])
TABLE = st.lists(st.tuples(CODES, SAID), min_size=1, max_size=30)
SECTIONS = st.lists(st.tuples(CODES, SAID, st.lists(SAID, max_size=4)), min_size=1, max_size=6)


def read(content: str, name: str) -> tuple[DocumentText, tuple[Passage, ...]]:
    found = read_source(Source(name, Path(name), content.encode()), {}, "")
    return found, split(found)


@STEADY
@given(PAIRS, LABELS, st.sampled_from(["a.txt", "a.md"]))
def test_whatever_is_answered_stays_with_its_question(pairs: list[tuple[str, str]], labels: tuple[str, str], name: str) -> None:
    asked = [(f"{labels[0]}: {question}", f"{labels[1]}: {answer}") for question, answer in pairs]
    _, cut = read("\n\n".join(f"{question}\n\n{answer}" for question, answer in asked), name)
    assert [p.text for p in cut] == [f"{question}\n\n{answer}" for question, answer in asked]


@STEADY
@given(TABLE, st.sampled_from(["a.txt", "a.md", "a.html"]))
def test_every_row_of_a_table_that_is_read_carries_its_header(rows: list[tuple[str, str]], name: str) -> None:
    barred = "| Code | Rule |\n|---|---|\n" + "".join(f"| {code} | {rule} |\n" for code, rule in rows)
    cells = "".join(f"<tr><td>{code}</td><td>{rule}</td></tr>" for code, rule in rows)
    page = f"<html><body><table><tr><th>Code</th><th>Rule</th></tr>{cells}</table></body></html>"
    _, cut = read(page if name == "a.html" else barred, name)
    held = [line for p in cut for line in p.text.split("\n")]
    assert held == ["Code | Rule", *(f"{code} | {rule}" for code, rule in rows)]
    assert all("Code | Rule" in (p.header or p.text) for p in cut)


@STEADY
@given(SECTIONS, st.sampled_from(["a.md", "a.html"]))
def test_what_stands_below_a_code_is_never_taken_for_wrapping(sections: list[tuple[str, str, list[str]]], name: str) -> None:
    marked = "".join(f"## {code}\n\n{rule}\n\n" + "".join(f"- {item}\n" for item in items) + "\n" for code, rule, items in sections)
    listed = ((code, rule, "".join(f"<li>{item}</li>" for item in items)) for code, rule, items in sections)
    page = "<html><body>" + "".join(f"<h2>{code}</h2><p>{rule}</p><ul>{items}</ul>" for code, rule, items in listed) + "</body></html>"
    _, cut = read(marked if name == "a.md" else page, name)
    kept = "\n\n".join(p.text for p in cut).replace("\n\n", "\n").split("\n")
    assert kept == [line for _, rule, items in sections for line in (rule, *items)]
    assert {p.section[-1] for p in cut} == {code for code, _, _ in sections}


@STEADY
@given(SENTENCES | DENSE | ANY)
def test_no_two_codes_overlap(text: str) -> None:
    assert all(a.end <= b.start for a, b in pairwise(find_codes(canonical(text))))


@STEADY
@given(SENTENCES | DENSE | ANY)
def test_sentences_are_ordered_apart_and_lose_no_letter(text: str) -> None:
    spans = sentence_spans(text)
    assert all(a < b <= c < d for (a, b), (c, d) in pairwise(spans))
    inside = {offset for start, end in spans for offset in range(start, end)}
    assert not [c for i, c in enumerate(text) if i not in inside and c.isalnum()]
