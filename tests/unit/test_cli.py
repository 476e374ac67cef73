"""The command line: results on standard output, one clear line and the promised exit status when something is wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest.library import open_reader
from tests.support import LATER
from ui.cli import main

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(data_dir: Path, *arguments: str, stdin: str | None = None) -> Result:
        monkeypatch.setenv("CODECITE_DATA_DIR", str(data_dir))
        return CliRunner().invoke(main, list(arguments), input=stdin)

    return call


def digest(data_dir: Path) -> str:
    with open_reader(data_dir) as library:
        return library.digest()


def process(data_dir: Path, code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CODECITE_DATA_DIR": str(data_dir)}
    return subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_tells_how_to_start_and_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom ui.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('torch', 'chromadb', 'streamlit', 'sqlalchemy', 'onnxruntime', 'numpy') if m in sys.modules])"
    )
    done = process(tmp_path, code)
    assert "codecite ingest" in done.stdout
    assert done.stdout.rstrip().endswith("[]")


def test_a_question_loads_neither_torch_nor_chroma(tiny_library: Path) -> None:
    code = (
        "import sys\nfrom ui.cli import main\n"
        "try:\n    main(['ask', 'May 77370 be billed after treatment ends?'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('torch', 'transformers', 'sentence_transformers', 'chromadb', 'streamlit', 'langchain', 'langchain_core')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = process(tiny_library, code)
    assert "after treatment ends" in done.stdout
    assert done.stdout.rstrip().endswith("[]")


def test_an_answer_shows_verdict_quotes_and_sources(tiny_library: Path, run: Run) -> None:
    done = run(tiny_library, "ask", "May 77370 be billed after treatment ends?", "--as-of", "2026-05-01")
    assert done.exit_code == 0
    assert "Date of service 2026-05-01" in done.stdout
    assert "Example Society of Physics" in done.stdout
    assert "[1]" in done.stdout


def test_an_abstention_is_done(tiny_library: Path, run: Run) -> None:
    done = run(tiny_library, "ask", "What does 77999 need?")
    assert done.exit_code == 0
    assert "NOT IN YOUR LIBRARY" in done.stdout
    assert "77999" in done.stdout


def test_json_holds_what_the_format_promises(tiny_library: Path, run: Run) -> None:
    record = json.loads(run(tiny_library, "ask", "May 77370 be billed after treatment ends?", "--as-of", "2026-05-01", "--json").stdout)
    assert record["schema"] == "codecite.answer/1"
    assert record["as_of"] == "2026-05-01"
    assert record["sentences"]
    assert {c["n"] for c in record["citations"]} >= {n for s in record["sentences"] for n in s["citations"]}


def test_a_batch_keeps_order_and_ids_and_goes_on_past_a_bad_question(tiny_library: Path, run: Run) -> None:
    lines = [
        {"id": "b", "question": "What does 77999 need?"},
        {"id": 7, "question": "x" * 5000},
        {"id": "a", "question": "May 77370 be billed after treatment ends?", "as_of": "2026-05-01", "payer": "Aetna", "extra": 1},
    ]
    done = run(tiny_library, "ask", "--batch", "-", stdin="\n".join(json.dumps(line) for line in lines) + "\n\n")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["id"] for record in records] == ["b", 7, "a"]
    assert "characters" in records[1]["error"]
    assert (records[2]["as_of"], records[2]["payer"]) == ("2026-05-01", "Aetna")


def test_a_broken_batch_line_is_named(tiny_library: Path, run: Run, tmp_path: Path) -> None:
    batch = tmp_path / "questions.jsonl"
    batch.write_text('{"id": 1, "question": "What does 77999 need?"}\n{"id": 2}\n')
    done = run(tiny_library, "ask", "--batch", str(batch))
    assert done.exit_code == 3
    assert "line 2" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("ask", ""), 3, "empty"),
        (("ask", "   "), 3, "empty"),
        (("ask", "x" * 100_000), 3, "100,000 characters"),
        (("ask",), 2, "--batch"),
        (("ask", "a", "--frobnicate"), 2, "No such option"),
        (("ask", "a", "--as-of", "yesterday"), 2, "yesterday"),
        (("asks",), 2, "No such command"),
        (("ingest", "/no/such/file.pdf"), 3, "no such file"),
        (("ingest", "--publisher", "ASTRO"), 2, "name a PATH"),
        (("ingest", ".", "--authority", "me"), 2, "specialty society"),
        (("sources", "show", "nothing"), 3, "sources list"),
        (("sources", "remove", "d-"), 3, "give more of the id"),
        (("eval", "nothing"), 3, "starter"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_and_changes_nothing(
    tiny_library: Path, run: Run, arguments: tuple[str, ...], status: int, message: str
) -> None:
    before = digest(tiny_library)
    done = run(tiny_library, *arguments)
    assert done.exit_code == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert status == 2 or len(done.stderr.strip().splitlines()) == 1
    assert digest(tiny_library) == before


def test_without_a_library_the_next_step_is_told(tmp_path: Path, run: Run) -> None:
    done = run(tmp_path / "none", "ask", "Anything?")
    assert (done.exit_code, "codecite ingest" in done.stderr) == (3, True)


def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path, run: Run) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "data", Path("/proc/codecite")):
        done = run(folder, "ingest")
        assert done.exit_code == 3
        assert "CODECITE_DATA_DIR" in done.stderr


def test_a_locked_library_is_told_with_the_owner(tiny_library: Path, run: Run) -> None:
    hold = (
        "import sys, time; from pathlib import Path; from ingest.library import open_writer\n"
        "with open_writer(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(30)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(tiny_library)], stdout=subprocess.PIPE, cwd=ROOT) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        done = run(tiny_library, "ingest")
        assert done.exit_code == 3
        assert f"process {owner.pid}" in done.stderr
        assert run(tiny_library, "ask", "May 77370 be billed after treatment ends?").exit_code == 0, "readers are not disturbed"
        owner.kill()


@pytest.mark.parametrize(
    ("name", "value"), [("CODECITE_DATADIR", "x"), ("CODECITE_VECTOR_INDEX", "faiss"), ("CODECITE_MAX_SENTENCES", "0")]
)
def test_a_wrong_setting_is_named(tiny_library: Path, run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    done = run(tiny_library, "ask", "Anything?")
    assert done.exit_code == 3
    assert name in done.stderr


def test_ingest_reports_each_file_and_fails_when_one_is_refused(tiny_library: Path, run: Run, tmp_path: Path) -> None:
    good, empty, binary = tmp_path / "late.md", tmp_path / "empty.txt", tmp_path / "image.txt"
    good.write_text(LATER)
    empty.write_text("")
    binary.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    done = run(tiny_library, "ingest", str(good), str(empty), str(binary), "--publisher", "By Hand", "--edition", "2026")
    assert done.exit_code == 1
    assert "added" in done.stdout
    assert "the file is empty" in done.stdout
    assert "binary file" in done.stdout
    (row,) = [r for r in json.loads(run(tiny_library, "sources", "list", "--json").stdout) if r["publisher"] == "By Hand"]
    assert (row["title"], row["status"]) == ("Modifier notes", "active")
    shown = json.loads(run(tiny_library, "sources", "show", row["id"], "--json").stdout)
    assert (shown["edition"], len(shown["cut"])) == ("2026", row["passages"])


def test_sources_are_listed_removed_restored_and_purged(tiny_library: Path, run: Run) -> None:
    rows = json.loads(run(tiny_library, "sources", "list", "--json").stdout)
    assert set(rows[0]) == {"id", "title", "publisher", "sha256", "passages", "status"}
    plan = next(row["id"] for row in rows if row["publisher"] == "Example Health Plan")
    assert run(tiny_library, "sources", "remove", plan[:8]).exit_code == 0
    assert plan not in run(tiny_library, "sources", "list").stdout
    assert plan in run(tiny_library, "sources", "list", "--all").stdout
    assert run(tiny_library, "sources", "restore", plan).exit_code == 0
    assert plan in run(tiny_library, "sources", "list").stdout
    assert run(tiny_library, "sources", "purge", plan, stdin="n\n").exit_code == 1
    assert run(tiny_library, "sources", "purge", plan, "--yes").exit_code == 0
    assert plan not in run(tiny_library, "sources", "list", "--all").stdout


def test_doctor_finds_a_sound_installation(tiny_library: Path, run: Run) -> None:
    done = run(tiny_library, "doctor")
    assert "2 documents" in done.stdout
    assert "all-MiniLM-L6-v2@" in done.stdout


def test_doctor_tells_a_missing_library(tmp_path: Path, run: Run) -> None:
    done = run(tmp_path / "none", "doctor")
    assert done.exit_code == 1
    assert "BAD  library" in done.stdout
