"""Public code files are known by their layout and kept as exact tables, whole or not at all."""

import csv
import io
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest

from corpus.errors import UnreadableDocument, UnsupportedFormat
from ingest.build import FileReport, Source, ingest, rebuild, user_sources
from ingest.code_files import recognise as reader
from ingest.code_files.editions import find_edition
from ingest.code_files.recognise import recognise
from ingest.code_files.row import Audience, Kind, Row
from ingest.code_lookup import TableRow, code_tables, codes_tabled, rows_of
from ingest.library import Library, open_reader, open_writer
from tests.made_old_sheets import Cell, binary_workbook, old_workbook
from tests.made_sheets import open_document, workbook
from tests.support import HashEmbedder, outcomes, state

FILES = Path(__file__).parents[1] / "data" / "code_files"
PTP, ORDER = FILES / "ptp_practitioner.txt", FILES / "icd10cm_order_2026.txt"
Q1_END, DAY = date(2026, 3, 31), date(2026, 3, 1)


def read(path: Path) -> list[Row | None]:
    found = recognise(path)
    assert found
    return list(found.rows(found.encoding()))


def bring(folder: Path, *paths: Path, **by_hand: str) -> tuple[FileReport, ...]:
    with open_writer(folder) as library:
        return ingest(library, HashEmbedder(), user_sources(paths), by_hand=by_hand, added_at="2026-01-01")


def find(library: Library, code: str, second: str | None = None) -> tuple[TableRow, ...]:
    return rows_of(library, code_tables(library), code, second)


# -- layouts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "audience", "edition", "days", "count", "skipped"),
    [
        ("ptp_practitioner.txt", Kind.PTP, Audience.PRACTITIONER, "2026Q1", (None, Q1_END), 5, 1),
        ("ptp_hospital.csv", Kind.PTP, Audience.HOSPITAL, "2026Q1", (None, Q1_END), 2, 0),
        ("mue_practitioner.csv", Kind.MUE, Audience.PRACTITIONER, "2026Q1", (date(2026, 1, 1), Q1_END), 2, 1),
        ("relative_values.csv", Kind.RVU, Audience.ANY, "2026B", (date(2026, 4, 1), date(2026, 6, 30)), 6, 0),
        ("hcpcs.txt", Kind.HCPCS, Audience.ANY, "", (None, None), 3, 0),
        ("hcpcs.csv", Kind.HCPCS, Audience.ANY, "", (None, None), 2, 0),
        ("icd10cm_order_2026.txt", Kind.ICD, Audience.ANY, "FY2026", (date(2025, 10, 1), date(2026, 9, 30)), 4, 0),
    ],
)
def test_a_layout_is_known_by_its_content(
    name: str,
    kind: Kind,
    audience: Audience,
    edition: str,
    days: tuple[date | None, date | None],
    count: int,
    skipped: int,
) -> None:
    found = recognise(FILES / name)
    assert found
    about = found.about({})
    rows = read(FILES / name)
    assert (about.kind, about.audience, about.edition, (about.valid_from, about.valid_to)) == (kind, audience, edition, days)
    assert (len([row for row in rows if row]), rows.count(None)) == (count, skipped)


@pytest.mark.parametrize(
    ("name", "code", "line"),
    [
        (
            "ptp_practitioner.txt",
            "77301",
            "Column 1: 77301 | Column 2: 77300 | Effective: 2014-01-01 | Deleted: 2025-12-31 | Modifier indicator: 0 (no modifier allows both)"
            " | In existence before 1996: yes | Rationale: Made-up rationale two",
        ),
        (
            "mue_practitioner.csv",
            "77336",
            "HCPCS/CPT: 77336 | MUE value: 7 units of service"
            " | MUE adjudication indicator: 2 (an absolute limit for the date of service, set by policy) | Rationale: Made-up reason",
        ),
        ("icd10cm_order_2026.txt", "C50911", "ICD-10-CM: C50.911 | Valid for submission: yes | Short description: Made-up site of right breast | Long description: Made-up breast site on the right side"),
        (
            "hcpcs.txt",
            "G6015",
            "HCPCS: G6015 | Short description: Made-up delivery | Long description: Made-up delivery of radiation, told in a description that is longer than one"
            " record of the file holds | Coverage: C (left to the contractor) | BETOS: P7A | Added: 2015-01-01 | Last change effective: 2015-01-01 | Terminated: no",
        ),
    ],
)  # fmt: skip
def test_a_row_is_one_line_that_reads_by_itself(name: str, code: str, line: str) -> None:
    assert [row.line for row in read(FILES / name) if row and row.code == code] == [line]


def test_relative_values_keep_zeros_modifiers_and_what_indicators_mean() -> None:
    rows = {(row.code, row.second): row.line for row in read(FILES / "relative_values.csv") if row}
    assert set(rows) >= {("77300", ""), ("77300", "26"), ("77300", "TC"), ("00100", "")}
    assert "Global days: 090 (ninety days after the procedure)" in rows["77427", ""]  # the file has 90, as a spreadsheet leaves it
    assert "PC/TC indicator: 3 (technical component only)" in rows["77370", ""]
    assert "Non-facility PE RVU: 9.11 | Facility PE RVU: 9.11 | Malpractice RVU: 0.22 | Non-facility total RVU: 9.33" in rows["77370", ""]
    assert "Supervision of diagnostic procedures: 01 (general supervision)" in rows["77370", ""]


@pytest.mark.parametrize(
    ("kind", "text", "edition"),
    [
        (Kind.PTP, "ccipra-v320r0-f1", ("2026Q1", None, Q1_END)),
        (Kind.MUE, "MCR_MUE_OutpatientHospitalServices_Eff_04-01-2026", ("2026Q2", date(2026, 4, 1), date(2026, 6, 30))),
        (Kind.RVU, "PPRRVU26_JUL", ("2026C", date(2026, 7, 1), date(2026, 9, 30))),
        (Kind.RVU, "2026D", ("2026D", date(2026, 10, 1), date(2026, 12, 31))),
        (Kind.HCPCS, "HCPC2026_JAN_ANWEB", ("2026Q1", None, None)),
        (Kind.ICD, "icd10cm-order-April-2026", ("FY2026 April", date(2026, 4, 1), date(2026, 9, 30))),
        (Kind.PTP, "edits", ("", None, None)),
    ],
)
def test_the_edition_is_read_from_titles_and_names(kind: Kind, text: str, edition: tuple[str, date | None, date | None]) -> None:
    assert find_edition(kind, [text]) == edition


@pytest.mark.parametrize(
    "content",
    ["# Notes\n\nColumn 1 and column 2 of an edit have a modifier indicator.\n", "code,rate\n77336,10\n77370,12\n", "", "%PDF-1.4 Column 1\n", "PK\x03\x04 no zip"],
)  # fmt: skip
def test_other_files_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "file.txt").write_text(content)
    assert recognise(tmp_path / "file.txt") is None


def test_bytes_that_are_no_utf8_are_read_as_windows_1252(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_bytes(PTP.read_bytes().replace(b"Made-up rationale one", b"Made-up\x92s \x96 one | two"))
    bring(tmp_path / "data", tmp_path / "f.txt")
    with open_reader(tmp_path / "data") as library:
        (row,) = find(library, "77336")
    assert row.text.endswith("| Rationale: Made-up’s – one / two")


# -- zips and limits -----------------------------------------------------------------------------------------------


def packed(path: Path, *members: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("read me.pdf", "no table")
        archive.writestr("notes.txt", "nothing of codes")
        for member in members:
            archive.write(member, f"folder/{member.name}")
    return path


def test_a_zip_with_one_code_file_is_that_file(tmp_path: Path) -> None:
    assert read(packed(tmp_path / "a.zip", PTP)) == read(PTP)


def test_a_zip_with_two_is_refused_and_one_with_none_is_left_to_others(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormat, match=r"holds 2 code files \(mue_practitioner.csv, ptp_practitioner.txt\)"):
        recognise(packed(tmp_path / "two.zip", PTP, FILES / "mue_practitioner.csv"))
    assert recognise(packed(tmp_path / "none.zip")) is None


@pytest.mark.parametrize(("limit", "value", "refusal"), [("MAX_BYTES", 500, "too_large"), ("MAX_ROWS", 4, "too_many_rows")])
def test_a_new_version_over_a_limit_is_refused_and_the_former_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, refusal: str
) -> None:
    file, data = tmp_path / "edits.txt", tmp_path / "data"
    file.write_text(PTP.read_text())
    bring(data, file)
    before = state(data)
    file.write_text(PTP.read_text().replace("one", "another"))
    monkeypatch.setattr(reader, limit, value)
    (report,) = bring(data, file)
    assert (report.outcome, report.refusal, state(data)) == ("refused", refusal, before)


def test_a_zip_that_inflates_to_more_than_it_says_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = recognise(packed(tmp_path / "a.zip", PTP))
    assert found
    monkeypatch.setattr(reader, "MAX_BYTES", 500)
    with pytest.raises(UnreadableDocument, match="larger than"):
        found.encoding()


def test_a_zip_damaged_after_its_first_lines_stores_nothing(tmp_path: Path) -> None:
    longer = tmp_path / "longer.txt"
    chance = random.Random(1)
    rows = (f"99{n % 1000:03d}\t77370\t\t20200101\t*\t1\t{chance.getrandbits(256):x}\n" for n in range(5_000))
    longer.write_text(PTP.read_text() + "".join(rows))
    file = packed(tmp_path / "edits.zip", longer)
    content = bytearray(file.read_bytes())
    content[-len(content) // 4] ^= 0xFF
    file.write_bytes(content)
    (report,) = bring(tmp_path / "data", file)
    assert (report.outcome, report.refusal) == ("refused", "damaged")
    with open_reader(tmp_path / "data") as library:
        assert not library.documents(status=None)


def test_a_file_of_which_no_row_can_be_read_is_refused(tmp_path: Path) -> None:
    lines = PTP.read_text().splitlines()
    (tmp_path / "f.txt").write_text("\n".join([*lines[:3], "77336\t77370\t\tsoon\t*\t1\tMade up"]))
    (report,) = bring(tmp_path / "data", tmp_path / "f.txt")
    assert (report.refusal, report.reason) == ("damaged", "NCCI PTP edits, practitioner: none of its 1 rows can be read")
    with open_reader(tmp_path / "data") as library:
        assert not library.documents()
        assert not code_tables(library)


# -- in the library ------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bring(tmp_path / "data", *sorted(FILES.iterdir()))
    return tmp_path / "data"


def test_every_row_is_an_exact_slice_of_the_text_of_its_document(folder: Path) -> None:
    with open_reader(folder) as library:
        tables = code_tables(library)
        assert len(tables) == len(list(FILES.iterdir()))
        for table in tables:
            text = library.text(table.document.id)
            assert len(text.splitlines()) == table.rows
            assert library.document_text(table.document.id).text == text
            for code in {row.code for path in FILES.iterdir() for row in read(path) if row}:
                for row in rows_of(library, [table], code):
                    assert text[row.start : row.end] == row.text == library.slice(table.document.id, row.start, row.end)
                    assert row.text in text.splitlines()


def test_text_in_many_pieces_is_sliced_across_their_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.code_store._BATCH", 2)
    bring(tmp_path / "data", PTP)
    with open_reader(tmp_path / "data") as library:
        (table,) = code_tables(library)
        text = library.text(table.document.id)
        assert len(text.splitlines()) == table.rows == 5
        for start in range(0, len(text), 97):
            for end in (start, start + 1, start + 400, len(text), len(text) + 9):
                assert library.slice(table.document.id, start, end) == text[start:end]
        assert [row.number for row in find(library, "77427")] == [8]


def test_the_report_names_table_edition_and_rows(tmp_path: Path) -> None:
    (report,) = bring(tmp_path / "data", PTP)
    assert (report.outcome, report.reading.rows, report.reading.rows_skipped) == ("added", 5, 1)
    assert report.reading.notes == ("NCCI PTP edits, practitioner, edition 2026Q1",)


def test_what_is_told_by_hand_wins(tmp_path: Path) -> None:
    bring(tmp_path / "data", PTP, edition="2025Q4", title="Edits for outpatient hospital claims")
    with open_reader(tmp_path / "data") as library:
        (table,) = code_tables(library)
    assert (table.audience, table.document.edition, table.document.valid_to) == (Audience.HOSPITAL, "2025Q4", date(2025, 12, 31))
    assert table.document.title == "Edits for outpatient hospital claims"


def codes_found(folder: Path, codes: Sequence[str]) -> frozenset[str]:
    with open_reader(folder) as library:
        return codes_tabled(library, codes)


def test_a_code_is_known_as_first_or_second_of_an_edit_and_only_while_its_file_is_in_use(tmp_path: Path) -> None:
    data = tmp_path / "data"
    bring(data, PTP)
    asked = ["77336", "36000", "99999", ""]
    assert codes_found(data, asked) == {"77336", "36000"}
    with open_writer(data) as library:
        (table,) = code_tables(library)
        library.remove(table.document.id)
        assert not codes_tabled(library, asked)
        assert not code_tables(library)
        assert not find(library, "77336")
        library.restore(table.document.id)
        assert codes_tabled(library, asked) == {"77336", "36000"}
        library.purge(table.document.id)
        assert library.text(table.document.id) == ""
        assert not codes_tabled(library, asked)


def test_a_new_version_takes_the_place_of_the_former_and_an_equal_one_costs_a_hash(tmp_path: Path) -> None:
    file, data = tmp_path / "edits.txt", tmp_path / "data"
    file.write_bytes(PTP.read_bytes())
    assert outcomes(bring(data, file)) == ["added"]
    first = state(data)
    assert outcomes(bring(data, file)) == ["unchanged"]
    assert state(data) == first
    file.write_text(PTP.read_text().replace("77336\t77370\t\t20200101\t*\t1", "77336\t77370\t\t20200101\t*\t0"))
    assert outcomes(bring(data, file)) == ["replaced"]
    assert state(data)[0] != first[0]
    with open_reader(data) as library:
        assert [row.value for row in find(library, "77336", "77370")] == ["0"]


def test_two_builds_have_one_digest_and_a_rebuild_leaves_the_tables(tmp_path: Path) -> None:
    passages = tmp_path / "a.md"
    passages.write_text("# Notes\n\n77336 is billed once for five treatments.\n")
    for name in ("one", "two"):
        bring(tmp_path / name, passages, *sorted(FILES.iterdir(), reverse=name == "two"))
    assert state(tmp_path / "one")[0] == state(tmp_path / "two")[0]
    before = state(tmp_path / "one")[0]
    with open_writer(tmp_path / "one") as library:
        assert rebuild(library, HashEmbedder()) == 1
        assert library.built_with() == {(HashEmbedder.identity, next(iter(library.built_with()))[1])}
    assert state(tmp_path / "one")[0] == before


def test_a_reader_sees_the_former_table_until_the_new_one_is_whole(tmp_path: Path) -> None:
    data = tmp_path / "data"
    bring(data, PTP)
    found = recognise(PTP)
    assert found
    with open_writer(data) as library, open_reader(data) as other:
        (table,) = code_tables(library)

        def one_new_row() -> Iterator[Row | None]:
            assert len(find(other, "77336", "77370")) == 1
            yield Row(1, "77417", "77014", "0", None, None, "Column 1: 77417 | Column 2: 77014")
            assert len(find(other, "77336", "77370")) == 1
            assert not find(other, "77417")

        library.put_code_file(table.document, found.about({}), one_new_row(), by_hand={})
        assert not find(other, "77336")
        assert [row.text for row in find(other, "77417")] == ["Column 1: 77417 | Column 2: 77014"]


# -- uploads and workbooks -----------------------------------------------------------------------------------------


def upload(folder: Path, name: str, content: bytes) -> FileReport:
    with open_writer(folder) as library:
        (report,) = ingest(library, HashEmbedder(), [Source(f"upload:{name}", Path(name), content)], by_hand={}, added_at="2026-01-01")
    return report


def cells_of(path: Path) -> list[list[str]]:
    if path == ORDER:
        return [[line[:5], line[6:13].strip(), line[14], line[16:76].strip(), line[77:]] for line in path.read_text().splitlines()]
    with path.open(newline="") as file:
        return list(csv.reader(file, delimiter="\t" if path.suffix == ".txt" else ","))


def as_workbook(path: Path, change: Callable[[str], object] = str) -> bytes:
    return workbook([change(cell) for cell in row] for row in cells_of(path))


def as_number(cell: str) -> object:
    return int(cell) if cell.isdigit() and not cell.startswith("0") else cell or None


def test_an_upload_is_a_table_as_a_file_is_and_its_removal_is_undone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    report = upload(data, "edits.txt", PTP.read_bytes())
    assert (report.outcome, report.reading.rows) == ("added", 5)
    assert upload(data, "edits.txt", PTP.read_bytes()).outcome == "unchanged"
    with open_writer(data) as library:
        assert [row.number for row in find(library, "77336", "77370")] == [4]
        library.remove(report.document_id)
        assert not find(library, "77336", "77370")
        library.restore(report.document_id)
        assert [row.number for row in find(library, "77336", "77370")] == [4]
    changed = PTP.read_bytes().replace(b"77336\t77370\t\t20200101\t*\t1", b"77336\t77370\t\t20200101\t*\t0")
    assert upload(data, "edits.txt", changed).outcome == "replaced"
    with open_reader(data) as library:
        assert [row.value for row in find(library, "77336", "77370")] == ["0"]


def test_an_upload_in_a_zip_is_the_table_that_the_zip_holds(tmp_path: Path) -> None:
    report = upload(tmp_path / "data", "edits.zip", packed(tmp_path / "a.zip", PTP).read_bytes())
    assert (report.outcome, report.reading.rows) == ("added", 5)


def as_open_document(path: Path, change: Callable[[str], object] = str) -> bytes:
    rows = "".join(f"<table:table-row>{''.join(map(as_open_cell, map(change, row)))}</table:table-row>" for row in cells_of(path))
    return open_document(f'<table:table table:name="Edits">{rows}</table:table>')


def as_open_cell(value: object) -> str:
    if isinstance(value, int):
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value:,}</text:p></table:table-cell>'
    words = escape(str(value or ""))
    return f'<table:table-cell office:value-type="string"><text:p>{words}</text:p></table:table-cell>' if words else "<table:table-cell/>"


def as_old(path: Path, change: Callable[[str], object] = str) -> bytes:
    return old_workbook(written(path, change))


def as_binary(path: Path, change: Callable[[str], object] = str) -> bytes:
    return binary_workbook(written(path, change))


def written(path: Path, change: Callable[[str], object]) -> list[list[Cell]]:
    return [[value if isinstance(value := change(cell), int | str) and value != "" else None for cell in row] for row in cells_of(path)]


@pytest.mark.parametrize(
    ("make", "ending", "change"),
    [
        (as_workbook, "xlsx", str),
        (as_workbook, "xlsx", as_number),
        (as_open_document, "ods", as_number),
        (as_old, "xls", as_number),
        (as_binary, "xlsb", as_number),
    ],
)
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("ptp_practitioner.txt", ["77336"]),
        ("mue_practitioner.csv", ["77336"]),
        ("relative_values.csv", ["77300"]),
        ("hcpcs.csv", ["G6015"]),
        ("icd10cm_order_2026.txt", ["C50", "C50911"]),
    ],
)
def test_a_workbook_of_a_table_gives_the_rows_of_its_text_form(
    tmp_path: Path, name: str, codes: list[str], make: Callable[..., bytes], ending: str, change: Callable[[str], object]
) -> None:
    report = upload(tmp_path / "sheet", f"{name}.{ending}", make(FILES / name, change))
    bring(tmp_path / "text", FILES / name)
    assert (report.outcome, report.refusal, report.passages) == ("added", None, 0)
    with open_reader(tmp_path / "sheet") as sheet, open_reader(tmp_path / "text") as text:
        ((one,), (other,)) = code_tables(sheet), code_tables(text)
        assert (one.kind, one.audience, one.rows, one.document.edition) == (other.kind, other.audience, other.rows, other.document.edition)
        for code in codes:
            assert [row.text for row in find(sheet, code)] == [row.text for row in find(text, code)] != []


def test_the_lines_of_the_order_file_may_stand_whole_in_one_column(tmp_path: Path) -> None:
    lines = ORDER.read_text().splitlines()
    for ending, content in (("xlsx", workbook([line] for line in lines)), ("xls", old_workbook([line] for line in lines))):
        assert upload(tmp_path / ending, f"order_2026.{ending}", content).reading.rows == 4
        with open_reader(tmp_path / ending) as library:
            assert [row.text for row in find(library, "C50911")] == [line.line for line in read(ORDER) if line and line.code == "C50911"]


def test_the_order_file_is_known_by_its_columns_also_below_titles_and_a_header(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    rows = "".join(f"{n},{code},1,Short {n},Long {n}\n" for n, code in enumerate(("A00.0", "A001", "A009", "A010", "A011", "bad"), 1))
    file.write_text(f"ICD-10-CM order file FY 2026,,,,\nOrder,Code,Valid,Short description,Long description\n{rows}")
    found = recognise(file)
    assert found
    assert (found.layout.kind, found.about({}).edition) == (Kind.ICD, "FY2026")
    read_rows = read(file)
    assert [row and (row.number, row.code) for row in read_rows[:3]] == [(3, "A000"), (4, "A001"), (5, "A009")]
    assert read_rows[5:] == [None]
    assert read_rows[0]
    assert read_rows[0].line.startswith("ICD-10-CM: A00.0 | Valid for submission: yes | Short description: Short 1")


@pytest.mark.parametrize(
    "rows",
    [
        [(1, "C50911", 1, "a", "b"), (2, "C50912", 1, "a", "b")],  # too few to tell
        [(n, "C50911", 2, "a", "b") for n in range(5)],
        [(5 - n, "C50911", 1, "a", "b") for n in range(5)],
        [(n, "Breast", 1, "a", "b") for n in range(5)],
    ],
)
def test_tables_with_diagnoses_are_not_all_the_order_file(tmp_path: Path, rows: list[tuple[Cell, ...]]) -> None:
    text = tmp_path / "visits.csv"
    text.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    assert recognise(text) is None
    assert recognise(Path("visits.xls"), old_workbook(rows)) is None


@pytest.mark.parametrize("make", [as_old, as_binary, as_open_document])
def test_rows_of_other_workbooks_are_numbered_as_in_a_workbook(tmp_path: Path, make: Callable[[Path], bytes]) -> None:
    lead = tmp_path / "lead.txt"
    lead.write_text("\n\n" + PTP.read_text())
    upload(tmp_path / "data", "edits.sheet", make(lead))
    with open_reader(tmp_path / "data") as library:
        (row,) = find(library, "77336", "77370")
    assert row.number == 2 + 4


def test_rows_of_a_workbook_are_numbered_as_its_reader_sees_them(tmp_path: Path) -> None:
    file = tmp_path / "edits.xlsx"
    file.write_bytes(as_workbook(PTP))
    bring(tmp_path / "data", file)
    with open_reader(tmp_path / "data") as library:
        (row,) = find(library, "77336", "77370")
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    assert (sheet.cell(row.number, 1).value, sheet.cell(row.number, 2).value) == ("77336", "77370")


def test_a_workbook_that_is_no_table_is_read_as_one_with_words(tmp_path: Path) -> None:
    rows = [["HCPCS", "Global note on the RVU column", "Modifier"], ["77336", "Billed once for five treatments.", "none"]]
    assert upload(tmp_path / "data", "notes.xlsx", workbook(rows)).passages
    with open_reader(tmp_path / "data") as library:
        assert not code_tables(library)


def test_a_workbook_with_two_tables_is_refused_and_a_hidden_one_is_not_counted(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_workbook(PTP)))
    other = book.copy_worksheet(book.worksheets[0])
    twice, once = io.BytesIO(), io.BytesIO()
    book.save(twice)
    other.sheet_state = "hidden"
    book.save(once)
    report = upload(tmp_path / "data", "twice.xlsx", twice.getvalue())
    assert (report.outcome, report.reason) == ("refused", "holds 2 code tables; save each sheet as a file of its own")
    assert upload(tmp_path / "data", "once.xlsx", once.getvalue()).reading.rows == 5
