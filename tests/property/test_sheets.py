"""Whatever a table holds, each of its cells is found in a passage, under its header and at its place."""

import csv
import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.canonical import canonical
from ingest.extract.blocks import Extracted
from ingest.extract.delimited import read_delimited
from ingest.extract.workbook import read_workbook
from tests.made_sheets import document_of, workbook

_CODE = st.from_regex(r"[0-9]{5}|[A-V][0-9]{4}|[A-T][0-9]{2}\.[0-9]{1,3}|[+-][0-9]{2,5}", fullmatch=True)
_DATE = st.dates().map(lambda day: day.isoformat())
_WORDS = st.text(st.sampled_from("abcdefgh ABC019 .,;:|\"'()-+=@%\n\t\xa0\u200bßé漢–"), max_size=60)
_HEAD = st.lists(st.from_regex(r"[A-Z][a-z]{2,12}( [a-z]{2,9})?", fullmatch=True), min_size=2, max_size=24, unique=True)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """Give a header of words and rows that begin with a code; empty rows stand among them."""
    head = draw(_HEAD)
    cell = st.one_of(_CODE, _DATE, _WORDS, st.just(""))
    row = st.tuples(_CODE, *[cell] * (len(head) - 1)).map(list)
    return head, [draw(row), *draw(st.lists(st.one_of(row, st.just([])), max_size=30))]


def check(found: Extracted, head: list[str], rows: list[list[str]], places: list[str]) -> None:
    source, passages = document_of(found.blocks)
    assert all(source.text[p.start : p.end] == p.text for p in passages)
    for row, place in zip(rows, places, strict=True):
        spans = [(p, block) for p in passages for block in source.blocks if block.place == place and p.start <= block.start < p.end]
        for name, cell in zip(head, row, strict=False):
            words = canonical(" ".join(cell.split())).strip()
            holding = [p for p, block in spans if words in source.text[block.start : block.end] and p.place_at(block.start) == place]
            assert holding or not words
            assert not words or all(name in p.header or name in p.text for p in holding)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_every_cell_of_delimited_values_is_found(table: tuple[list[str], list[list[str]]]) -> None:
    head, rows = table
    held, places = io.StringIO(newline=""), []
    writer = csv.writer(held)
    for row in (head, *rows):
        places.append(f"row {held.getvalue().count(chr(10)) + 1}")
        writer.writerow(row)
    check(read_delimited(held.getvalue(), Path("t.csv")), head, [head, *rows], places)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_every_cell_of_a_workbook_is_found(table: tuple[list[str], list[list[str]]]) -> None:
    head, rows = table

    def dress(sheet: object) -> None:
        for row in sheet.iter_rows():  # type: ignore[attr-defined]  # a sheet of openpyxl
            for cell in row:
                cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type

    found = read_workbook(workbook([head, *rows], dress), Path("t.xlsx"))
    label = {block.place.partition(":")[0].partition("!A")[2]: block.place for block in found.blocks[1:]}
    check(found, head, [head, *rows], [label.get(str(n), "") for n in range(1, len(rows) + 2)])
