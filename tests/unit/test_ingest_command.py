"""`codecite ingest` as a person meets it: what it reports, prunes and watches, and how it stops."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from corpus.errors import LibraryMissing, Refusal
from ingest.build import FileReport, Outcome
from ingest.extract import SUFFIXES
from ingest.library import REMOVED, open_reader, open_writer
from tests import support
from ui.cli import main
from ui.ingest_command import ingest
from ui.ingest_report import report_record, summary_record

ROOT = Path(__file__).parents[2]
RULE = "# Note\n\n77370 needs a written request, says note {}.\n"
SMALL_WINDOWS = "import ingest.ahead; ingest.ahead._WINDOW = 1; from ui.cli import run; run()"
Run = Callable[..., Result]


@pytest.fixture
def data_dir(tmp_path: Path, runtime: Path) -> Path:
    shutil.copytree(runtime, tmp_path / "data" / "runtime", copy_function=os.link)
    return tmp_path / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files" / "sub").mkdir(parents=True)
    return (tmp_path / "files").resolve()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> Run:
    def call(*arguments: object) -> Result:
        monkeypatch.setenv("CODECITE_DATA_DIR", str(data_dir))
        return CliRunner().invoke(main, list(map(str, arguments)))

    return call


@contextmanager
def started(data_dir: Path, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """Run the command in a process of its own, each document stored before many others are read."""
    environment = {**os.environ, "CODECITE_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", SMALL_WINDOWS, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def stored(data_dir: Path) -> set[str]:
    try:
        with open_reader(data_dir) as library:
            return {Path(path).name for path in library.paths()}
    except LibraryMissing:
        return set()


def records(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_file_is_reported_with_what_its_reader_met_and_the_whole_is_counted(run: Run, folder: Path) -> None:
    (folder / "sub" / "old.txt").write_bytes(b"77336 caf\xe9 rule.\n")
    (folder / "edits.csv").write_text("code,rule\n77336,weekly\n77370,once\n")
    (folder / "page.html").write_text('<p>77300 is planned.</p><p style="display:none">77301 is free.</p>')
    (folder / "rules.pdf").write_bytes(support.make_pdf(["77373 is billed per fraction for each session."] * 2))
    (folder / "empty.md").write_text("")
    (folder / "photo.png").write_text("x")
    (folder / "out.md").symlink_to(ROOT / "README.md")
    done = run("ingest", folder, "--json")
    *files, whole = records(done)
    by_name = {Path(record["path"]).name: record for record in files}
    assert done.exit_code == 1
    assert (by_name["old.txt"]["encoding"], by_name["old.txt"]["passages"]) == ("cp1252", 1)
    assert (by_name["edits.csv"]["rows"], by_name["edits.csv"]["encoding"]) == (2, "")
    assert by_name["page.html"]["hidden_chars"] > 10
    assert (by_name["rules.pdf"]["pages"], by_name["rules.pdf"]["scanned_pages"]) == (2, [])
    assert (by_name["empty.md"]["outcome"], by_name["empty.md"]["refusal"]) == ("refused", "empty")
    assert (by_name["out.md"]["outcome"], by_name["out.md"]["refusal"]) == ("skipped", "link_outside")
    assert {key: whole[key] for key in ("added", "refused", "skipped", "other_endings", "stopped")} == {
        "added": 4,
        "refused": 1,
        "skipped": 1,
        "other_endings": {".png": 1},
        "stopped": False,
    }
    (folder / "sub" / "old.txt").write_text("77336 is weekly.\n")
    (folder / "empty.md").unlink()
    again = run("ingest", folder)
    assert again.exit_code == 0, "a link that is left alone is no fault"
    assert [line.split()[0] for line in again.stdout.splitlines()] == ["skipped", "replaced"]
    assert "1 replaced, 3 unchanged, 1 skipped, 1 file of other kinds not looked at (1 .png)" in again.stderr


def test_a_document_whose_file_is_gone_is_told_and_removed_only_when_asked_and_only_below_the_folder(
    run: Run, folder: Path, data_dir: Path
) -> None:
    for n, name in enumerate(("sub/gone.md", "sub/stays.md", "elsewhere.md")):
        (folder / name).write_text(RULE.format(n))
    run("ingest", folder)
    for name in ("sub/gone.md", "elsewhere.md"):
        (folder / name).unlink()
    (folder / "sub" / "stays.md").rename(folder / "sub" / "moved.md")
    told = run("ingest", folder / "sub")
    assert (told.exit_code, stored(data_dir)) == (0, {"gone.md", "stays.md", "elsewhere.md"})
    missing = [["missing", str(folder / "sub" / name)] for name in ("gone.md", "stays.md")]
    assert [line.split()[:2] for line in told.stdout.splitlines()] == missing
    assert "--prune" in told.stdout
    pruned = run("ingest", folder / "sub", "--prune")
    assert (pruned.exit_code, stored(data_dir)) == (0, {"moved.md", "elsewhere.md"})
    with open_reader(data_dir) as library:
        ((removed, _, _),) = library.documents(REMOVED)
    assert f"codecite sources restore {removed.id}" in pruned.stdout
    assert run("sources", "restore", removed.id).exit_code == 0
    assert "gone.md" in stored(data_dir)


def test_days_in_force_are_set_by_hand_kept_and_never_in_the_wrong_order(run: Run, folder: Path, data_dir: Path) -> None:
    (folder / "a.md").write_text(RULE.format(1))
    assert run("ingest", folder, "--valid-from", "2026-02-01", "--valid-to", "2026-01-01").exit_code == 2
    assert run("ingest", folder, "--valid-from", "2026-01-01").exit_code == 0
    (folder / "a.md").write_text(RULE.format(2))
    against_the_kept_one = run("ingest", folder, "--valid-to", "2025-12-31")
    assert (against_the_kept_one.exit_code, "first day is later" in against_the_kept_one.stdout) == (1, True)
    with open_reader(data_dir) as library:
        ((document, _, _),) = library.documents()
        (passage,) = library.passages(document.id)
    assert (str(passage.valid_from), passage.valid_to) == ("2026-01-01", None)


@pytest.mark.parametrize("arguments", [("--prune",), ("--watch",), ("README.md", "--prune")])
def test_options_that_need_a_place_say_so(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("ingest", *arguments).exit_code == 2


def test_ctrl_c_stops_after_the_files_that_were_read_and_the_same_command_goes_on(run: Run, folder: Path, data_dir: Path) -> None:
    files = 60
    for n in range(files):
        (folder / f"{n}.md").write_text(RULE.format(n))
    with started(data_dir, "ingest", folder) as process:
        until(lambda: bool(stored(data_dir)))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    added = {Path(line.split()[1]).name for line in out.splitlines()}
    assert 0 < len(added) < files
    assert stored(data_dir) == added, "what is told is what is stored"
    assert "The same command goes on" in err
    done = run("ingest", folder, "--json")
    assert done.exit_code == 0
    assert (records(done)[-1]["added"], records(done)[-1]["unchanged"]) == (files - len(added), len(added))


def test_watching_takes_in_what_changes_removes_what_is_deleted_and_ends_with_ctrl_c(folder: Path, data_dir: Path) -> None:
    single = folder.parent / "single.md"
    for n, place in enumerate((folder / "a.md", folder / "b.md", single)):
        place.write_text(RULE.format(n))
    with started(data_dir, "ingest", folder, single, "--watch") as process:
        assert process.stderr
        assert process.stdout
        while "Watching" not in process.stderr.readline():
            assert process.poll() is None
        assert [process.stdout.readline().split()[0] for _ in range(3)] == ["added"] * 3
        with open_writer(data_dir):  # the lock is free while nothing changes, and awaited while another holds it
            (folder / "new").mkdir()
            (folder / "new" / "c.md").write_text(RULE.format(3))
            (folder / "a.md").write_text(RULE.format(4))
            (folder / "b.md").unlink()
            (folder / "new" / "d.png").write_text("x")
            single.unlink()
            while "is being written" not in process.stderr.readline():
                assert process.poll() is None
        told = sorted(process.stdout.readline().split()[:2] for _ in range(4))
        named = {"added": folder / "new" / "c.md", "removed": folder / "b.md", "replaced": folder / "a.md"}
        assert told == sorted([*([outcome, str(path)] for outcome, path in named.items()), ["removed", str(single.resolve())]])
        until(lambda: stored(data_dir) == {"a.md", "c.md"})
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_the_docs_name_every_reason_field_ending_and_option() -> None:
    told, formats = ((ROOT / "docs" / name).read_text() for name in ("ingest.md", "formats.md"))
    report = FileReport("a.md", Outcome.ADDED)
    fields = {*report_record(report), *summary_record([report], [], {}, rebuilt=0, stopped=False)}
    reasons = re.findall(r"^\| `(\w+)` \|", told.partition("## Reasons")[2], re.MULTILINE)
    assert reasons == list(Refusal)
    assert not [field for field in fields if f"`{field}`" not in told]
    assert not [ending for ending in SUFFIXES if f"`{ending}`" not in formats]
    assert not [option for parameter in ingest.params for option in parameter.opts if option[0] == "-" and f"{option}" not in told]
