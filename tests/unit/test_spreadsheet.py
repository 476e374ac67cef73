"""Tables that are downloaded: codes stay as written, and nothing in them is a formula."""

import csv
import io

import openpyxl
import pytest

from ui.spreadsheet import CSV_RISKY, to_csv, to_xlsx

CODES = ["+99417", "-25", "00100", "77336", "=1+1", "@SUM(A1)", "1E5", "TRUE", "2026-01-01", "", '=cmd|"/c calc"!A0']


def test_a_workbook_holds_every_cell_as_the_text_it_was() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(["Code"], [[code] for code in CODES], "Documents")))
    cells = [row[0] for row in book["Documents"].iter_rows(min_row=2)]
    assert [cell.value or "" for cell in cells] == CODES
    assert {cell.data_type for cell in cells if cell.value} == {"s"}


def test_a_workbook_takes_characters_that_its_format_has_not() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(["Title"], [["a\x00b\ud800c" + "x" * 40_000]], "Documents")))
    assert str(book["Documents"]["A2"].value).startswith("abcxxx")


@pytest.mark.parametrize("first", CSV_RISKY)
def test_no_cell_of_csv_begins_as_a_formula(first: str) -> None:
    (_, row) = csv.reader(io.StringIO(to_csv(["Code"], [[f"{first}1", "00100"]]).decode("utf-8-sig"), newline=""))
    assert row == [f"'{first}1", "00100"]
