"""The commands on the library as a whole: out and back in one file, properties, lists, and saved answers checked again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from ingest.library import open_reader
from tests import support
from ui.cli import main

Run = Callable[..., Result]
ASKED = "May 77370 be billed after treatment ends?"
SOCIETY, PAYER = "Physics services, questions and answers", "Radiation payment policy"


@pytest.fixture(scope="module")
def made(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = {"society.md": support.SOCIETY, "payer.md": support.PAYER}
    return support.build_library(tmp_path_factory.mktemp("made") / "codecite", runtime, documents)


@pytest.fixture
def data_dir(made: Path, tmp_path: Path) -> Path:
    """A copy of a library, with the encoder by link."""
    return Path(shutil.copytree(made, tmp_path / "codecite", copy_function=lambda a, b: link_or_copy(Path(a), Path(b))))


def link_or_copy(source: Path, target: Path) -> None:
    if "runtime" in source.parts:
        target.hardlink_to(source)
    else:
        shutil.copy2(source, target)


@pytest.fixture
def run(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(data_dir))
    monkeypatch.setenv("CODECITE_VECTOR_INDEX", "exact")
    return lambda *arguments, stdin=None: CliRunner().invoke(main, list(map(str, arguments)), input=stdin)


def digest(data_dir: Path) -> str:
    with open_reader(data_dir) as library:
        return library.digest()


def id_of(run: Run, title: str) -> str:
    return str(next(row["id"] for row in json.loads(run("sources", "list", "--json").stdout) if row["title"] == title))


def test_a_library_goes_out_and_comes_back_and_the_restore_is_undone(data_dir: Path, run: Run, tmp_path: Path) -> None:
    held = digest(data_dir)
    out = run("export", tmp_path / "all.zip")
    assert (out.exit_code, held in out.stdout) == (0, True)
    run("sources", "purge", PAYER, "--yes")
    smaller = digest(data_dir)
    back = run("restore", tmp_path / "all.zip", stdin="y\n")
    assert "Put the 2 documents of all.zip" in back.stderr
    assert "in the place of the 1 of this library" in back.stderr
    assert (back.exit_code, digest(data_dir)) == (0, held)
    assert "Example Health Plan" in run("ask", "How often may 77336 be billed?", "--within", PAYER).stdout
    assert (run("restore", "--undo").exit_code, digest(data_dir)) == (0, smaller)
    assert (run("restore", "--undo").exit_code, digest(data_dir)) == (0, held)


def test_a_restore_that_is_not_confirmed_or_not_sound_changes_nothing(data_dir: Path, run: Run, tmp_path: Path) -> None:
    run("export", tmp_path / "all.zip")
    run("sources", "remove", PAYER)
    held = digest(data_dir)
    assert run("restore", tmp_path / "all.zip", stdin="n\n").exit_code == 1
    (tmp_path / "bad.zip").write_bytes((tmp_path / "all.zip").read_bytes()[:5000])
    refused = run("restore", tmp_path / "bad.zip", "--yes")
    assert (refused.exit_code, refused.stderr.splitlines()[-1]) == (
        3,
        "codecite: bad.zip: not an archive of a library, or damaged; nothing was changed",
    )
    assert run("restore", "--undo").exit_code == 3
    assert run("restore").exit_code == 2
    assert digest(data_dir) == held


def test_a_library_is_restored_where_there_was_none(run: Run, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("export", tmp_path / "all.zip")
    (tmp_path / "new").mkdir()
    shutil.copytree(made / "runtime", tmp_path / "new" / "runtime", copy_function=lambda a, b: Path(b).hardlink_to(a))
    monkeypatch.setenv("CODECITE_DATA_DIR", str(tmp_path / "new"))
    back = run("restore", tmp_path / "all.zip", stdin="y\n")
    assert "in the place of this empty library" in back.stderr
    assert digest(tmp_path / "new") == digest(made)


def test_properties_are_set_and_the_edit_is_undone_as_told(run: Run) -> None:
    done = run("sources", "edit", PAYER, "--title", "Policy 7", "--payer", "", "--valid-from", "2026-05-01", "--valid-to", "")
    assert done.exit_code == 0
    shown = json.loads(run("sources", "show", "Policy 7", "--json").stdout)
    assert (shown["payer"], shown["valid_from"], shown["valid_to"]) == ("all", "2026-05-01", None)
    undo = done.stderr.splitlines()[-1].removeprefix("undo with: codecite ").split()
    assert run(*undo).exit_code == 0
    assert json.loads(run("sources", "show", PAYER, "--json").stdout)["valid_from"] == "2026-04-01"


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        ((), 2, "name a property"),
        (("--authority", "oracle"), 3, "no authority class"),
        (("--valid-from", "soon"), 3, "no date"),
        (("--title", " "), 3, "needs a title"),
    ],
)
def test_properties_that_cannot_be_set_change_nothing(run: Run, data_dir: Path, options: tuple[str, ...], status: int, told: str) -> None:
    held = digest(data_dir)
    done = run("sources", "edit", PAYER, *options)
    assert (done.exit_code, told in done.stderr) == (status, True)
    assert digest(data_dir) == held


def test_the_list_is_written_as_workbook_and_csv(run: Run, tmp_path: Path) -> None:
    run("sources", "edit", PAYER, "--title", "=cmd()")
    done = run("sources", "list", "--xlsx", tmp_path / "list.xlsx", "--csv", tmp_path / "list.csv")
    assert done.exit_code == 0
    sheet = openpyxl.load_workbook(tmp_path / "list.xlsx").active
    assert sheet is not None
    cells = {str(cell.value): cell.data_type for row in sheet.iter_rows() for cell in row}
    assert cells["=cmd()"] == "s"
    assert cells[SOCIETY] == "s"
    assert "'=cmd()" in (tmp_path / "list.csv").read_text(encoding="utf-8-sig")
    refused = run("sources", "list", "--csv", tmp_path / "nowhere" / "list.csv")
    assert (refused.exit_code, "cannot be written" in refused.stderr) == (3, True)


def answer(run: Run, question: str = ASKED) -> dict[str, Any]:
    return dict(json.loads(run("ask", question, "--as-of", "2026-05-01", "--json").stdout))


def test_quotes_of_a_saved_answer_stand_until_their_source_goes(run: Run, data_dir: Path, tmp_path: Path) -> None:
    saved = tmp_path / "answer.json"
    saved.write_text(json.dumps(answer(run), indent=2))
    sound = run("check", saved)
    assert (sound.exit_code, sound.stdout.count("In use.")) == (0, len(json.loads(saved.read_text())["citations"]))
    held = id_of(run, SOCIETY)
    run("sources", "edit", SOCIETY, "--edition", "2027")
    changed = run("check", saved)
    assert (changed.exit_code, "Source changed on" in changed.stdout) == (0, True)
    run("sources", "restore", held)
    run("sources", "remove", held)
    gone = run("check", "-", stdin=saved.read_text())
    assert (gone.exit_code, "Source withdrawn on" in gone.stdout) == (1, True)
    run("sources", "purge", held, "--yes")
    erased = run("check", saved)
    assert (erased.exit_code, "erased" in erased.stdout) == (1, True)


def test_a_quote_that_was_tampered_with_does_not_stand(run: Run) -> None:
    record = answer(run)
    record["citations"][0]["quote"] = record["citations"][0]["quote"].replace("may be", "may not be")
    done = run("check", "-", stdin=json.dumps(record))
    assert (done.exit_code, "does not stand" in done.stdout) == (1, True)
    record = answer(run)
    record["citations"][0]["start"] += 1
    assert run("check", "-", stdin=json.dumps(record)).exit_code == 1


def test_lines_and_messages_of_several_answers_are_checked(run: Run) -> None:
    lines = [{"id": 1, **answer(run)}, {"id": 2, "error": "empty"}, {"id": 3, **answer(run, "How often may 77336 be billed?")}]
    done = run("check", "-", stdin="\n".join(map(json.dumps, lines)))
    assert (done.exit_code, "citations of 2 answers, 0" in done.stderr) == (0, True)
    message = answer(run, f"1. {ASKED}\n2. How often may 77336 be billed?")
    assert "citations of 2 answers" in run("check", "-", stdin=json.dumps(message)).stderr


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "{}", '{"schema": "codecite.answer/2"}', "[" * 100_000])
def test_what_is_no_answer_is_told_in_one_line(run: Run, content: str) -> None:
    done = run("check", "-", stdin=content)
    assert done.exit_code == 3
    assert done.stderr.startswith("codecite: ")
    assert len(done.stderr.splitlines()) == 1


def test_passages_are_tried_in_the_whole_library(run: Run) -> None:
    done = run("sources", "test", SOCIETY)
    assert (done.exit_code, "3 of 3 passages found" in done.stdout) == (0, True)


def test_a_passage_that_is_not_found_is_told_with_what_came_first(run: Run, data_dir: Path) -> None:
    crowd = {f"crowd-{n}.md": f"# Crowd {n}\n\n## 77401 daily\n\n77401 daily treatment, 77401 daily {n}.\n" for n in range(7)}
    buried = "# Buried\n\n## 77401 daily\n\nOf something else entirely this passage speaks, and 77401 is only touched on.\n"
    support.add_documents(data_dir, {"buried.md": buried, **crowd})
    done = run("sources", "test", "Buried")
    assert done.exit_code == 1
    assert "0 of 1 passage found" in done.stdout
    assert "Asked: 77401 daily" in done.stdout
    assert "First came: Crowd" in done.stdout


def test_a_file_that_was_replaced_and_then_removed_is_restored_by_its_path_to_its_last_version(run: Run, data_dir: Path) -> None:
    first = id_of(run, SOCIETY)
    assert run("sources", "edit", first, "--edition", "2027").exit_code == 0
    second = id_of(run, SOCIETY)
    assert run("sources", "remove", second).exit_code == 0
    with open_reader(data_dir) as library:
        (path,) = {entry.document.path for entry in library.entries(None) if entry.document.title == SOCIETY}
    restored = run("sources", "restore", path)
    assert (restored.exit_code, second in restored.stdout, first != second) == (0, True, True)
