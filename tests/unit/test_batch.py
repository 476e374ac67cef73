"""The answers of a batch as a table, and what a command may write over."""

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from assistant.answer import Answer
from assistant.service import Assistant
from tests import support
from ui.batch_table import HEADER
from ui.cli import main

Run = Callable[..., Result]
ASKED = "May 77370 be billed after treatment ends?"
LINES = (
    {"id": "=1+1", "question": ASKED, "as_of": "2026-05-01"},
    {"id": 2, "question": "Pt MRN 4471234, how often may 77336 be billed?", "payer": "Aetna"},
    {"id": 3, "question": "What does 77999 need?"},
    {"id": 4, "question": " "},
)
FORMULA = "---\ntitle: '=cmd()'\npublisher: Example Board\nauthority: forum\n---\n\n77402 may be billed each day.\n"


@pytest.fixture(scope="module")
def data_dir(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = {"society.md": support.SOCIETY, "payer.md": support.PAYER, "formula.md": FORMULA}
    return support.build_library(tmp_path_factory.mktemp("batch") / "codecite", runtime, documents)


@pytest.fixture
def run(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(data_dir))
    return lambda *arguments, stdin=None: CliRunner().invoke(main, list(map(str, arguments)), input=stdin)


def batch(tmp_path: Path, lines: tuple[dict[str, object], ...] = LINES) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def rows_of(file: Path) -> list[dict[str, str]]:
    if file.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(file)["Answers"]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
        rows = [[str(value or "") for value in row] for row in sheet.iter_rows(values_only=True)]
    else:
        rows = list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == HEADER
    return [dict(zip(HEADER, row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize(("ending", "escaped"), [(".csv", "'=1+1"), (".XLSX", "=1+1")])
def test_a_table_has_every_quote_that_the_records_have(run: Run, tmp_path: Path, ending: str, escaped: str) -> None:
    out = tmp_path / f"answers{ending}"
    done = run("ask", "--batch", batch(tmp_path), "--out", out)
    assert (done.exit_code, done.stdout.startswith("4 questions, ")) == (0, True), done.output
    rows = rows_of(out.rename(tmp_path / f"answers{ending.lower()}"))
    records = [json.loads(line) for line in run("ask", "--batch", batch(tmp_path)).stdout.splitlines()]
    for record, identity in zip(records[:2], (escaped, "2"), strict=True):
        told = {(row["Quote"], row["Publisher"], row["Edition"], row["Section"]) for row in rows if row["Id"] == identity}
        quoted = [(c, [name for name in c["section"] if name != c["title"]]) for c in record["citations"]]
        assert told == {(c["quote"], c["publisher"], c["edition"] or c["published"], " › ".join(names)) for c, names in quoted}
        assert told
    first = next(row for row in rows if row["Id"] == escaped)
    assert (first["Question"], first["Date of service"], first["Lead sentence"]) == (
        ASKED,
        "2026-05-01",
        records[0]["sentences"][0]["text"],
    )
    assert first["Verdict"]
    masked = next(row for row in rows if row["Id"] == "2")
    assert (masked["Question"], masked["Payer"]) == ("Pt MRN [MRN], how often may 77336 be billed?", "Aetna")
    unknown, unread = rows[-2:]
    assert (unknown["Verdict"], unknown["Quote"], "77999" in unknown["In words"]) == ("Not in your library", "", True)
    assert (unread["Verdict"], "empty" in unread["In words"]) == ("Not read", True)


def test_a_title_that_could_be_a_formula_is_none_in_the_table(run: Run, tmp_path: Path) -> None:
    asked = batch(tmp_path, ({"id": 1, "question": "May 77402 be billed each day?"},))
    for ending, title in ((".csv", "'=cmd()"), (".xlsx", "=cmd()")):
        assert run("ask", "--batch", asked, "--out", tmp_path / f"t{ending}").exit_code == 0
        assert rows_of(tmp_path / f"t{ending}")[0]["Title"] == title


def test_a_batch_asks_one_document_or_publisher_alone(run: Run, tmp_path: Path) -> None:
    lines = (
        {"id": 1, "question": "How often may 77336 be billed?", "conversation": "c"},
        {"id": 2, "question": "what about 77370?", "conversation": "c"},
        {"id": 3, "question": "How often may 77336 be billed?"},
    )
    for part in (("--within", "Radiation payment policy"), ("--publisher", "Example Health Plan")):
        records = [json.loads(line) for line in run("ask", "--batch", batch(tmp_path, lines), *part).stdout.splitlines()]
        assert [record["notices"][0][:12] for record in records] == ["Asked within"] * 3
        assert {hit["publisher"] for record in records for hit in record["retrieved"] if "conflict" not in hit["via"]} == {
            "Example Health Plan"
        }
    nowhere = run("ask", "--batch", batch(tmp_path), "--within", "No such document")
    assert (nowhere.exit_code, nowhere.stdout, len(nowhere.stderr.splitlines())) == (3, "", 1)


def test_a_broken_line_is_told_before_anything_is_asked_and_leaves_the_former_table(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    out.write_text("former")
    done = run("ask", "--batch", batch(tmp_path, (*LINES, {"id": 9})), "--out", out, "--yes")
    assert (done.exit_code, "line 5" in done.stderr, out.read_text()) == (3, True, "former")


def test_what_was_answered_before_ctrl_c_is_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Assistant.ask

    def interrupted(self: Assistant, text: str, **given: Any) -> Answer:
        if "77999" in text:
            raise KeyboardInterrupt
        return ask(self, text, **given)

    monkeypatch.setattr(Assistant, "ask", interrupted)
    done = run("ask", "--batch", batch(tmp_path), "--out", tmp_path / "answers.csv")
    assert (done.exit_code, "2 questions were not asked" in done.stderr, done.stdout.startswith("2 questions")) == (130, True, True)
    assert {row["Id"] for row in rows_of(tmp_path / "answers.csv")} == {"'=1+1", "2"}


@pytest.mark.parametrize(
    "arguments",
    [("ask", ASKED, "--out", "a.csv"), ("ask", "--batch", "-", "--out", "a.txt"), ("ask", "--batch", "-", "--json", "--out", "a.csv")],
)
def test_a_table_that_cannot_be_meant_is_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, stdin="")
    assert (done.exit_code, "--out goes with --batch" in done.stderr) == (2, True)


# -- what a command may write over -----------------------------------------------------------------------------


def writers(target: Path, asked: Path) -> tuple[tuple[str, ...], ...]:
    """Give the commands that write a file, each with `target` for it."""
    return (
        ("export", str(target)),
        ("sources", "list", "--csv", str(target)),
        ("sources", "list", "--xlsx", str(target)),
        ("ask", "--batch", str(asked), "--out", str(target)),
    )


@pytest.mark.parametrize("n", range(4))
def test_a_file_that_is_there_is_asked_about(run: Run, tmp_path: Path, n: int) -> None:
    target = tmp_path / "held.csv"
    target.write_text("mine")
    target.chmod(0o600)
    command = writers(target, batch(tmp_path, LINES[2:3]))[n]
    refused = run(*command, stdin="n\n")
    assert (refused.exit_code, "Write over" in refused.stderr, target.read_text()) == (1, True, "mine")
    assert run(*command, stdin="").exit_code == 1
    assert target.read_text() == "mine"
    assert run(*command, stdin="y\n").exit_code == 0
    assert target.read_bytes()[:4] != b"mine"
    assert run(*command, "--yes").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["held.csv", "questions.jsonl"]
    if n:
        assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("n", range(4))
def test_places_and_names_that_would_harm_are_refused_in_one_line(run: Run, data_dir: Path, tmp_path: Path, n: int) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "broken.csv").symlink_to(tmp_path / "gone" / "x.csv")
    (tmp_path / "device.csv").symlink_to("/dev/null")
    (tmp_path / "library.csv").symlink_to(data_dir / "library.sqlite3")
    odd = ("a\nb.csv", "a\x1b[31mb.csv", "a\u202evsc.csv", "a\u200bb.csv", "\udcff.csv", f"{'x' * 300}.csv")
    places = ("pipe.csv", "folder.csv", "broken.csv", "device.csv", "library.csv", "no/such.csv")
    asked, before = batch(tmp_path, LINES[2:3]), (data_dir / "library.sqlite3").read_bytes()
    for name in (*odd, *places):
        command = writers(tmp_path / name, asked)[n]
        done = run(*command, stdin="y\ny\n")
        told = [line for line in done.stderr.splitlines() if line and not line.startswith(("Usage:", "Try "))]
        assert (done.exit_code in (2, 3), len(told), done.stdout) == (True, 1, ""), (name, done.output)
        assert not {"\x1b", "\u202e", "\u200b"} & set(done.stderr)
    assert not (tmp_path / "gone").exists()
    assert (data_dir / "library.sqlite3").read_bytes() == before
    assert (tmp_path / "pipe.csv").is_fifo()


def test_the_library_itself_is_never_written_over(run: Run, data_dir: Path) -> None:
    done = run("export", data_dir / "library.sqlite3", "--yes")
    assert (done.exit_code, "is a file of the library" in done.stderr) == (3, True)


def test_a_batch_from_standard_input_writes_over_nothing_unasked(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "held.csv"
    target.write_text("mine")
    done = run("ask", "--batch", "-", "--out", target, stdin='{"id": 1, "question": "y"}\n')
    assert (done.exit_code, "--yes" in done.stderr, target.read_text()) == (3, True, "mine")
