"""A workbook is read as its reader sees it: shown values, true cells, headers over rows, nothing hidden."""

import random
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from corpus.errors import Refusal, UnreadableDocument
from ingest.extract.blocks import Extracted
from ingest.extract.number_format import shown as shown_as
from ingest.extract.workbook import quoted_sheet, read_workbook
from tests.made_sheets import SHEET, document_of, open_document, sheet_of, shown, with_part, workbook

HEAD = ["Code", "Payer", "Fee"]


def read(content: bytes, name: str = "rates.xlsx") -> Extracted:
    return read_workbook(content, Path(name))


def rows_of(found: Extracted) -> list[str]:
    return [text for kind, text, _ in shown(found) if kind == "table_row"]


def refusal_of(content: bytes) -> tuple[Refusal, str]:
    with pytest.raises(UnreadableDocument) as caught:
        read(content)
    return caught.value.refusal, str(caught.value)


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        (77336, "General", "77336"),
        (77336.0, "General", "77336"),
        ("00100", "General", "00100"),
        (100, "00000", "00100"),
        ("+99417", "@", "+99417"),
        (0.125, "0.0%", "12.5%"),
        (1234.5, '"$"#,##0.00', "$1,234.50"),
        (-1234.5, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', "$(1,234.50)"),
        (123456789, "000-00-0000", "123-45-6789"),
        (0.1, "General", "0.1"),
        (3, '"Day" 0', "Day 3"),
        (-5, "0;[Red]-0", "-5"),
        (1.5, "# ?/?", "1.5"),
        (1234567, "#,##0,", "1,235"),
        (date(2026, 3, 1), "mm-dd-yy", "2026-03-01"),
        (datetime(2026, 3, 1, 13, 5), "m/d/yy h:mm", "2026-03-01 13:05"),
        (time(13, 5), "h:mm", "13:05"),
        (timedelta(hours=30), "[h]:mm:ss", "30:00"),
        (True, "General", "TRUE"),
    ],
)
def test_a_cell_is_shown_as_the_sheet_shows_it(value: Any, pattern: str, expected: str) -> None:
    def dress(sheet: Worksheet) -> None:
        sheet["B2"].number_format = pattern

    assert rows_of(read(workbook([["Code", "Value"], ["77336", value]], dress))) == [f"77336 | {expected}"]


@pytest.mark.parametrize(("value", "pattern", "expected"), [(2.25, ".00", "2.25"), (2.0, "0.##", "2"), (1e16, "General", "1e+16")])
def test_odd_formats_lose_no_digit(value: float, pattern: str, expected: str) -> None:
    assert shown_as(value, pattern) == expected


def test_rows_stand_under_their_header_each_with_its_cells() -> None:
    found = read(workbook([["Rates of 2026"], [], HEAD, [77336, "Plan A", 12.5], [77370, None, 0]], title="Fee rates"))
    assert shown(found) == [
        ("heading", "Fee rates", "'Fee rates'"),
        ("paragraph", "Rates of 2026", "'Fee rates'!A1"),
        ("table_header", "Code | Payer | Fee", "'Fee rates'!A3:C3"),
        ("table_row", "77336 | Plan A | 12.5", "'Fee rates'!A4:C4"),
        ("table_row", "77370 |  | 0", "'Fee rates'!A5:C5"),
    ]
    assert (found.reading.rows, found.title) == (2, "rates")


@pytest.mark.parametrize(
    ("name", "written"),
    [("Edits", "Edits"), ("Q1 rates", "'Q1 rates'"), ("It's", "'It''s'"), ("A1", "'A1'"), ("R1C1", "'R1C1'"), ("2026", "'2026'")],
)
def test_a_sheet_is_quoted_as_in_a_reference(name: str, written: str) -> None:
    assert quoted_sheet(name) == written


def test_merged_cells_are_read_once_and_a_merged_header_lends_its_words() -> None:
    def dress(sheet: Worksheet) -> None:
        for area in ("A1:C1", "B2:C2", "A2:A3", "A4:A5"):
            sheet.merge_cells(area)

    rows = [["Fees of physics"], ["Code", "Fee"], [None, "Facility", "Other"], [77336, 1, 2], [None, 3, 4]]
    assert shown(read(workbook(rows, dress)))[1:] == [
        ("paragraph", "Fees of physics", "Edits!A1"),
        ("table_header", "Code | Fee Facility | Fee Other", "Edits!A2:C3"),
        ("table_row", "77336 | 1 | 2", "Edits!A4:C4"),
        ("table_row", "| 3 | 4", "Edits!A5:C5"),
    ]


def test_a_second_table_has_its_own_header_and_a_parted_one_keeps_the_first() -> None:
    rows = [HEAD, [77336, "A", 1], [], [77370, "B", 2], [], ["Modifier", "Meaning"], ["TC", "technical"], ["26", "professional"]]
    assert [text for _, text, _ in shown(read(workbook(rows)))] == [
        "Edits", "Code | Payer | Fee", "77336 | A | 1", "Code | Payer | Fee", "77370 | B | 2", "Modifier | Meaning", "TC | technical", "26 | professional",
    ]  # fmt: skip


def test_a_defined_table_tells_its_header_where_looks_do_not() -> None:
    rows = [["kept", "note"], ["1", "a"], ["77336", "77370"], ["2", "b"]]

    def dress(sheet: Worksheet) -> None:
        sheet.add_table(Table(displayName="Pairs", ref="A3:B4"))

    kinds = [(kind, text) for kind, text, _ in shown(read(workbook(rows, dress)))]
    assert ("table_header", "77336 | 77370") in kinds


def test_years_may_head_columns_and_a_table_without_header_says_so() -> None:
    assert shown(read(workbook([["Code", "2025", "2026"], [77336, 1, 2]])))[1][:2] == ("table_header", "Code | 2025 | 2026")
    assert [text for _, text, _ in shown(read(workbook([[77336, 1], [77370, 2]])))] == ["Edits", "(no header)", "77336 | 1", "77370 | 2"]


def test_hidden_sheets_rows_columns_and_words_are_left_out_and_told() -> None:
    def dress(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["C"].hidden = True
        sheet["A4"].font = Font(color="FFFFFFFF")
        sheet["B4"].font = Font(size=1)
        sheet["B5"].number_format = ";;;"
        for cell in (sheet["A6"], sheet["B6"]):
            cell.font, cell.fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF003366")
        other = sheet.parent.create_sheet("Old")  # type: ignore[union-attr]  # a sheet of a workbook
        other.append(["secret"])
        other.sheet_state = "veryHidden"

    rows = [
        ["Code", "Payer", "Secret"],
        [77336, "A", "s1"],
        [77370, "hiddenrow", "s2"],
        ["white", "small", "s3"],
        [77371, "none", ""],
        [77372, "dark", ""],
    ]
    found = read(workbook(rows, dress))
    assert rows_of(found) == ["77336 | A", "77371", "77372 | dark"]
    assert found.reading.rows_skipped == 2
    assert found.reading.hidden_chars == sum(
        map(len, ["77370", "hiddenrow", "s2", "Secret", "s1", "s3", "white", "small", "none", "secret"])
    )
    notes = " ".join(found.reading.notes)
    assert all(
        words in notes
        for words in ("hidden rows left out (3)", "hidden columns left out (C)", "3 cells that nobody sees", "“Old” left out (1 row)")
    )


def test_a_stored_value_of_a_formula_is_read_and_one_without_is_counted() -> None:
    stored = '<row r="1"><c r="A1" t="str"><f>A2</f><v>Code</v></c><c r="B1" t="inlineStr"><is><t>Fee</t></is></c></row>'
    rest = '<row r="2"><c r="A2"><f>77335+1</f><v>77336</v></c><c r="B2"><f>NOW()</f></c><c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    found = read(sheet_of(stored + rest + '<row r="3"><c r="A3"><v>77370</v></c><c r="B3" t="str"><f>""</f><v></v></c></row>'))
    assert rows_of(found) == ["77336 |  | #DIV/0!", "77370"]
    assert found.reading.notes == ("sheet “Edits”: 1 formula without a stored value left out; save the workbook in a spreadsheet program",)


def test_a_declared_size_is_not_believed() -> None:
    content = workbook([HEAD, *([n, "A", 1] for n in range(70000, 70500))])
    assert len(rows_of(read(with_part(content, SHEET, lambda xml: xml.replace("A1:C501", "A1:C7"))))) == 500


def test_too_many_rows_or_columns_are_refused_before_values_are_read() -> None:
    reason, message = refusal_of(sheet_of("".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 200_012))))
    assert reason is Refusal.TOO_MANY_ROWS
    assert "200,011 rows" in message
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert refusal_of(sheet_of(far))[0] is Refusal.TOO_MANY_ROWS
    deep = sheet_of(far.replace("XFD1048576", "B1048576"))
    assert shown(read(deep))[-1] == ("paragraph", "1", "Edits!B1048576")
    styled = sheet_of('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="0"/></row>')
    assert shown(read(styled))[-1] == ("paragraph", "1", "Edits!A1")


def test_cells_spread_over_an_area_that_no_memory_holds_are_refused() -> None:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="SR1048576"><v>1</v></c></row>'
    assert refusal_of(sheet_of(far))[0] is Refusal.TOO_MANY_ROWS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), Refusal.ENCRYPTED),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, Refusal.DAMAGED),
        (workbook([HEAD, [1, 2, 3]])[:-200], Refusal.DAMAGED),
        (sheet_of('<row r="1"><c r="A1"><v>1</v></row>'), Refusal.DAMAGED),
        (sheet_of('<row r="one"><c r="A1"><v>1</v></c></row>'), Refusal.DAMAGED),
        (with_part(workbook([HEAD]), SHEET, lambda xml: f'<!DOCTYPE w [<!ENTITY a "b">]>{xml}'), Refusal.DAMAGED),
        (workbook(), Refusal.NO_TEXT),
        (workbook([["  "]]), Refusal.NO_TEXT),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, reason: Refusal) -> None:
    assert refusal_of(content)[0] is reason


@pytest.mark.parametrize("seed", range(60))
def test_damage_anywhere_is_refused_or_read_and_never_an_error_of_a_parser(seed: int) -> None:
    draw = random.Random(seed)
    spoilt = bytearray(workbook([HEAD, *([n, "A", n / 3] for n in range(77000, 77020))]))
    for _ in range(draw.choice((1, 5, 50))):
        spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
    try:
        read(bytes(spoilt[: draw.choice((len(spoilt), draw.randrange(len(spoilt))))]))
    except UnreadableDocument as error:
        assert error.refusal in {Refusal.DAMAGED, Refusal.NO_TEXT, Refusal.TOO_MANY_ROWS}  # noqa: PT017  # reading it is as good


def test_a_chart_on_a_sheet_of_its_own_is_passed_over() -> None:
    def dress(sheet: Worksheet) -> None:
        sheet.parent.create_chartsheet("Chart")  # type: ignore[union-attr]  # a sheet of a workbook

    assert rows_of(read(workbook([HEAD, [77336, "A", 1]], dress))) == ["77336 | A | 1"]


def test_a_wide_row_names_its_columns_and_leaves_out_the_empty_ones() -> None:
    names = [f"Column {'abcdefghijklmnopqrstuvwxyz'[n]}" for n in range(24)]
    found = read(workbook([names, [77336, *[None] * 20, "A", "B", "C"]]))
    assert rows_of(found) == ["Column a: 77336 | Column v: A | Column w: B | Column x: C"]
    whole, brief = [text for kind, text, _ in shown(found) if kind == "table_header"]
    assert whole == " | ".join(names), "a column without a value is found by its name"
    assert brief.startswith("Column a | Column b")
    assert len(brief) <= 120
    assert document_of(found.blocks)[1][1].text == f"{brief}\n{rows_of(found)[0]}"


def test_a_row_is_cut_only_when_it_is_over_four_thousand_characters_and_its_parts_keep_its_first_cell() -> None:
    long = "The record names the physicist and the day of the work. " * 60
    _, passages = document_of(read(workbook([["Code", "Rule"], [77336, long]])).blocks)
    assert long.strip() in passages[-1].text
    found = read(workbook([["Code", "Rule", "Note"], [77336, long, long]]))
    assert [row.startswith("Code: 77336 | ") for row in rows_of(found)] == [True, True]
    assert all(len(row) <= 4_000 for row in rows_of(found))
    assert {place for kind, _, place in shown(found) if kind == "table_row"} == {"Edits!A2:C2"}
    assert found.reading.rows == 1


def test_a_column_of_codes_is_a_list_and_lines_of_prose_are_prose() -> None:
    assert [kind for kind, *_ in shown(read(workbook([["Codes"], [77336], [77370]])))][1:] == ["table_header", "table_row", "table_row"]
    assert [kind for kind, *_ in shown(read(workbook([["How to use this workbook"], ["Read the next sheet."]])))][1:] == ["paragraph"] * 2


def test_words_of_a_cell_are_one_line() -> None:
    found = read(workbook([["Code", "Rule"], ["77336", "one\ntwo   three "]]))
    assert rows_of(found) == ["77336 | one two three"]


def test_every_passage_of_a_table_has_header_and_place() -> None:
    source, passages = document_of(
        read(workbook([HEAD, *([n, "Example Health Plan of the north", n / 100] for n in range(77000, 77100))])).blocks
    )
    assert len(passages) > 5
    assert all(p.header == "Code | Payer | Fee" for p in passages[1:])
    at = source.text.index("77050")
    (passage,) = [p for p in passages if p.start <= at < p.end]
    assert passage.place_at(at) == "Edits!A52:C52"


def ods_cell(words: str, **given: str) -> str:
    told = "".join(f' {name.replace("__", ":").replace("_", "-")}="{value}"' for name, value in given.items())
    return f"<table:table-cell{told}><text:p>{words}</text:p></table:table-cell>"


def ods_row(*cells: str, given: str = "") -> str:
    return f"<table:table-row {given}>{''.join(cells)}</table:table-row>"


def test_an_open_document_is_read_with_the_text_that_it_shows() -> None:
    float_of = {"office__value_type": "float"}
    head = ods_row(ods_cell("Code"), ods_cell("Fee", table__number_columns_spanned="2"), "<table:covered-table-cell/>", ods_cell("Active"))
    under = ods_row("<table:table-cell/>", ods_cell("Facility"), ods_cell("Other"))
    first = ods_row(
        ods_cell("00100", **float_of, office__value="100"),
        ods_cell("$12.50", **float_of, office__value="12.5"),
        ods_cell("1 March", office__value_type="date", office__date_value="2026-03-01"),
        ods_cell("WAHR", office__value_type="boolean", office__boolean_value="true"),
    )
    comment = "<table:table-cell><office:annotation><text:p>no cell</text:p></office:annotation><text:p>77336</text:p></table:table-cell>"
    second = ods_row(comment, ods_cell("#REF!"), ods_cell("a<text:s/>b"))
    gap = ods_row("<table:table-cell/>", given='table:number-rows-repeated="1000000"')
    found = read(
        open_document(
            f'<table:table table:name="Edits">{head}{under}{first}{second}{gap}{ods_row(ods_cell("End of list."))}</table:table>'
        ),
        "rates.ods",
    )
    assert shown(found)[1:] == [
        ("table_header", "Code | Fee Facility | Fee Other | Active", "Edits!A1:D2"),
        ("table_row", "00100 | $12.50 | 2026-03-01 | TRUE", "Edits!A3:D3"),
        ("table_row", "77336 | #REF! | a b", "Edits!A4:D4"),
        ("paragraph", "End of list.", "Edits!A1000005"),
    ]


def test_what_an_open_document_hides_is_left_out_and_told() -> None:
    columns = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    rows = ods_row(ods_cell("Code"), ods_cell("Secret")) + ods_row(ods_cell("77336"), ods_cell("s1"))
    filtered = ods_row(ods_cell("77370"), given='table:visibility="filter" table:number-rows-repeated="2"')
    hidden = f'<table:table table:name="Old" table:style-name="off">{ods_row(ods_cell("gone"))}</table:table>'
    found = read(open_document(f'<table:table table:name="Edits">{columns}{rows}{filtered}</table:table>{hidden}'), "rates.ods")
    assert shown(found)[1:] == [("table_header", "Code", "Edits!A1"), ("table_row", "77336", "Edits!A2")]
    assert (found.reading.rows_skipped, found.reading.hidden_chars) == (3, len("Secrets17737077370gone"))
    assert found.reading.notes == (
        "sheet “Edits”: hidden rows left out (3, 4)",
        "sheet “Edits”: hidden columns left out (B)",
        "hidden sheet “Old” left out (1 row)",
    )


@pytest.mark.parametrize(
    "repeated", ['table:number-rows-repeated="300000"', 'table:number-rows-repeated="99999999999" table:visibility="collapse"']
)
def test_repeated_rows_of_an_open_document_count(repeated: str) -> None:
    assert (
        refusal_of(open_document(f'<table:table table:name="E">{ods_row(ods_cell("1"), given=repeated)}</table:table>'))[0]
        is Refusal.TOO_MANY_ROWS
    )
    wide = ods_row(ods_cell("1", table__number_columns_repeated="600"))
    assert refusal_of(open_document(f'<table:table table:name="E">{wide}</table:table>'))[0] is Refusal.TOO_MANY_ROWS
