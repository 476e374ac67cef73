"""Passages are cut where a coder would cut them, and each knows its place, its codes and its validity."""

from datetime import date

import pytest

from ingest.codes import find_codes
from ingest.documents import Document, DocumentText, Note, Passage
from ingest.extract.blocks import RawBlock, assemble
from ingest.extract.markdown import read_markdown
from ingest.extract.plain import read_plain
from ingest.split import MAX_CHARS, embedding_texts, passage_id, split

LONG = "The physicist looks at the chart of each patient once a week and writes down what was found. "


def document_of(blocks: tuple[RawBlock, ...], **about: object) -> DocumentText:
    text, spans, pages = assemble(blocks)
    values = {"id": "d-1", "sha256": "", "title": "Notes", "publisher": "", "authority": "", "edition": "", "published": ""}
    values |= {"payer": "all", "url": "", "licence": "", "basis": "stated", "media_type": "", "path": "", "added_at": ""}
    document = Document(**{**values, "valid_from": None, "valid_to": None, **about})  # type: ignore[arg-type]  # built from names
    return DocumentText(document, text, spans, pages)


def plain(text: str, **about: object) -> tuple[Passage, ...]:
    return split(document_of(read_plain(text).blocks, **about))


def markdown(text: str, **about: object) -> tuple[Passage, ...]:
    return split(document_of(read_markdown(text).blocks, **about))


def test_short_paragraphs_of_one_section_are_joined_up_to_the_limit() -> None:
    (one,) = markdown("# A\n\nRule one.\n\nRule two.\n")
    assert one.text == "Rule one.\n\nRule two."
    many = markdown(f"# A\n\n{LONG * 20}\n")
    assert len(many) > 2
    assert all(len(p.text) <= MAX_CHARS and p.text.endswith("found.") for p in many)


def test_a_passage_never_runs_over_a_heading() -> None:
    cut = markdown("# A\n\nRule one.\n\n## B\n\nRule two.\n\n# C\n\nRule three.\n")
    assert [(p.section, p.text) for p in cut] == [(("A",), "Rule one."), (("A", "B"), "Rule two."), (("C",), "Rule three.")]


@pytest.mark.parametrize(
    "pair",
    [
        "Question: May it be billed?\n\nAnswer: No.\n\nAnswer: Not on that day either.",
        "Q1. May it be billed?\nA1. No.\n",
        "Coding Question: May it be billed?\n\nIt may not be billed, says an answer without a label.",
        "Question 3: Which are included?\n\n- charts\n- machines\n",
    ],
)
def test_a_question_stays_with_its_answer_however_it_is_labelled(pair: str) -> None:
    cut = plain(f"{pair}\n\nQuestion 9: {LONG}\n\nAnswer: Yes.\n")
    assert len(cut) == 2
    assert cut[0].text.splitlines()[-1] == pair.strip().splitlines()[-1].removeprefix("- ")


def test_a_long_answer_is_not_parted_from_its_question() -> None:
    (pair,) = markdown(f"**Question:** May 77370 be billed?\n\n**Answer:** {LONG * 12}\n")
    assert len(pair.text) > MAX_CHARS
    assert len(embedding_texts(pair)) > 1, "what is too long for one vector gets several"


def test_prose_after_a_pair_is_not_part_of_it() -> None:
    cut = plain("Question: Is it?\n\nAnswer: No.\n\nOpinions are those of the author and of nobody else.\n")
    assert [p.text.split(":")[0] for p in cut] == ["Question", "Opinions are those of the author and of nobody else."]


def test_every_part_of_a_long_table_carries_the_header() -> None:
    rows = "".join(f"| 77{n:03} | {LONG} |\n" for n in range(12))
    cut = markdown(f"# T\n\n| Code | Rule |\n|---|---|\n{rows}")
    assert len(cut) > 1
    assert cut[0].text.startswith("Code | Rule\n")
    assert {p.header for p in cut[1:]} == {"Code | Rule"}
    assert all(text.startswith("T\nCode | Rule") for p in cut for text in embedding_texts(p))


def test_two_tables_are_two_passages() -> None:
    cut = markdown("| A | B |\n|---|---|\n| 1 | 2 |\n\nBetween.\n\n| C | D |\n|---|---|\n| 3 | 4 |\n")
    assert [p.text for p in cut] == ["A | B\n1 | 2", "Between.", "C | D\n3 | 4"]


def test_a_list_of_codes_too_long_for_a_passage_is_cut_between_codes() -> None:
    codes = [str(77000 + n) for n in range(400)]
    assert [c for p in plain(f"These: {','.join(codes)}.") for c in p.named_codes] == codes


@pytest.mark.parametrize("shift", range(0, 24, 3))
def test_a_code_written_with_spaces_is_not_cut(shift: int) -> None:
    lead = "x" * shift + " " + "words and " * (MAX_CHARS // 10 - 2)
    cut = plain(f"{lead}7 7 3 7 0 {'more words ' * 60}.")
    assert len(cut) > 1
    assert [c for p in cut for c in p.named_codes] == ["77370"]


def test_a_word_longer_than_a_passage_is_still_kept_whole_in_sum() -> None:
    cut = plain("y" * (MAX_CHARS * 2 + 10) + " end.")
    assert "".join(p.text for p in cut).count("y") == MAX_CHARS * 2 + 10


def test_codes_in_a_range_are_implied_and_named_ones_are_not_implied_again() -> None:
    (passage,) = plain("Codes 77316-77318 are for brachytherapy plans, and 77317 is the middle one of them.")
    assert passage.named_codes == ("77316", "77318", "77317")
    assert passage.implied_codes == ()
    (passage,) = plain("Codes 77316 through 77318 are for plans of brachytherapy of every kind.")
    assert passage.implied_codes == ("77317",)
    assert passage.codes == {"77316", "77317", "77318"}


def test_a_heading_or_title_lends_its_code_only_where_the_words_name_none() -> None:
    assert markdown("# 77336 weekly physics\n\nIt is billed weekly.\n")[0].implied_codes == ("77336",)
    assert plain("It is billed once for five fractions, says this text.", title="77336 explained")[0].implied_codes == ("77336",)
    named = plain("But 77370 is billed once only, says this text.", title="77336 explained")[0]
    assert (named.named_codes, named.implied_codes) == (("77370",), ())


def test_modifiers_of_a_table_header_reach_its_rows() -> None:
    (passage,) = markdown("| Modifier | Use |\n|---|---|\n| TC | technical part |\n")
    assert passage.modifiers == ("TC",)


def test_a_digest_paragraph_stands_alone_with_its_own_validity() -> None:
    text = 'Rule one.\n{: #f-1 payer="Aetna" valid_from="2026-01-01" basis="inferred"}\n\nRule two.\n{: #f-2}\n\nFree words.\n'
    one, two, free = markdown(text, payer="all", valid_to=date(2030, 1, 1))
    assert (one.anchor, one.payer, one.valid_from, one.basis) == ("f-1", "Aetna", date(2026, 1, 1), "inferred")
    assert (two.anchor, two.payer, two.basis) == ("f-2", "all", "stated")
    assert (free.anchor, free.valid_to) == ("", date(2030, 1, 1))


def test_a_note_can_take_back_a_date_of_its_document() -> None:
    note = Note("f-1", "all", None, None, "stated", ())
    blocks = tuple(RawBlock(b.kind, b.text, note=note) for b in read_plain("Rule on 77370 for all times, says this text.").blocks)
    (passage,) = split(document_of(blocks, valid_from=date(2026, 1, 1)))
    assert passage.valid_from is None


def test_a_passage_over_two_pages_names_both() -> None:
    pages = [b for n in (1, 2, 5) for b in [RawBlock(read_plain(LONG).blocks[0].kind, f"Words of page {n}.", page=n)]]
    (passage,) = split(document_of(tuple(pages)))
    assert (passage.first_page, passage.last_page) == (1, 5)


def test_ids_follow_document_and_place() -> None:
    assert passage_id("d-1", 0, 5) == passage_id("d-1", 0, 5)
    assert len({passage_id("d-1", 0, 5), passage_id("d-2", 0, 5), passage_id("d-1", 1, 5), passage_id("d-1", 0, 6)}) == 4


def test_no_code_is_lost_between_passages() -> None:
    text = " ".join(f"Rule {n} is that 77{n:03} may be billed {n} times." for n in range(200))
    source = document_of(read_plain(text).blocks)
    inside = [c for p in split(source) for c in [m.code for m in find_codes(p.text)]]
    assert inside == [m.code for m in find_codes(source.text)]
