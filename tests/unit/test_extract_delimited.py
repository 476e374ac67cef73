"""Delimited values keep every cell as it is written, each row under its header and at its line."""

from pathlib import Path

import pytest

from corpus.errors import Refusal, UnreadableDocument
from ingest.extract.blocks import Extracted
from ingest.extract.delimited import find_delimiter, read_delimited
from ingest.extract.grid import RECORD_TYPES
from tests.made_sheets import document_of, shown


def read(text: str, name: str = "rates.csv") -> Extracted:
    return read_delimited(text, Path(name))


def rows_of(found: Extracted) -> list[str]:
    return [text for kind, text, _ in shown(found) if kind == "table_row"]


def test_cells_stay_as_they_are_written() -> None:
    found = read("\ufeffCode,Modifier,Fee\r\n00100,-25,1.50\r\n+99417,=A1,77336.0\r\n")
    assert shown(found) == [
        ("table_header", "Code | Modifier | Fee", "row 1"),
        ("table_row", "00100 | -25 | 1.50", "row 2"),
        ("table_row", "+99417 | =A1 | 77336.0", "row 3"),
    ]
    assert (found.reading.rows, found.title, found.media_type) == (2, "rates", "text/csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_rows(delimiter: str) -> None:
    lines = ["Code Rule Note", '77336 "a,b;c" x', '77370 "d|e" y,z', "77371 one two"]
    assert find_delimiter("\n".join(line.replace(" ", delimiter).replace("y,z", "yz") for line in lines)) == delimiter


def test_a_note_with_other_delimiters_on_each_line_does_not_mislead() -> None:
    assert rows_of(read("Code,Note\n77336,a; b; c\n77370,d; e; f\n")) == ["77336 | a; b; c", "77370 | d; e; f"]


def test_suffix_and_declaration_settle_the_delimiter() -> None:
    assert rows_of(read("Code\tNote\n77336\ta, b, c\n", "rates.tsv")) == ["77336 | a, b, c"]
    assert shown(read("sep=;\nCode;Note\n77336;a,b,c\n"))[1:] == [("table_row", "77336 | a,b,c", "row 3")]


def test_quoted_separators_quotes_and_line_breaks_are_right_and_lines_are_those_of_the_file() -> None:
    found = read('Code,Rule\n77336,"once, ""weekly""\nby hand"\n\n77370,later\n')
    assert shown(found)[1:] == [
        ("table_row", '77336 | once, "weekly" by hand', "row 2"),
        ("table_header", "Code | Rule", "row 1"),
        ("table_row", "77370 | later", "row 5"),
    ]


def test_ragged_rows_keep_their_cells() -> None:
    assert [text for _, text, _ in shown(read("Code,Fee\n77336,1,more,cells\n77370\n"))] == [
        "Code | Fee | (no header)", "77336 | 1 | more; cells", "77370",
    ]  # fmt: skip


def test_a_quotation_mark_that_never_closes_swallows_no_rows() -> None:
    found = read('Code,Rule\n77336,"5 inch\n77370,later\n')
    assert rows_of(found) == ['77336 | "5 inch', "77370 | later"]
    assert found.reading.notes
    assert rows_of(read('Code,Rule\n77336,"once" a week\n')) == ["77336 | once a week"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Code,Fee\n77\x00336,1\n", Refusal.DAMAGED),
        (",,\n,,\n", Refusal.NO_TEXT),
        ("77336\n" * 200_011, Refusal.TOO_MANY_ROWS),
        ("77336," * 513, Refusal.TOO_MANY_ROWS),
        ("Code,Fee\n77336," + "9" * 140_000 + "\n", Refusal.DAMAGED),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(text: str, reason: Refusal) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        read(text)
    assert caught.value.refusal is reason


def test_title_lines_are_prose_and_a_long_table_keeps_its_header_in_every_passage() -> None:
    found = read(
        "Rates of 2026,,\nCode,Plan,Fee\n" + "".join(f"{n},Example Health Plan of the north,{n / 100}\n" for n in range(77000, 77100))
    )
    source, passages = document_of(found.blocks)
    assert shown(found)[0] == ("paragraph", "Rates of 2026", "row 1")
    assert all(p.header == "Code | Plan | Fee" or p.text.startswith(("Rates", "Code | Plan | Fee")) for p in passages)
    at = source.text.index("77050")
    assert next(p for p in passages if p.start <= at < p.end).place_at(at) == "row 53"


def test_the_kinds_that_hold_rows_are_known_as_such() -> None:
    found = (read("Code,Fee\n77336,1\n"), read("Code\tFee\n77336\t1\n", "rates.tsv"))
    assert {one.media_type for one in found} <= RECORD_TYPES
    assert all(one.structured for one in found)
