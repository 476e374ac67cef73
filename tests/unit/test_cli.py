"""The command line: results on standard output, one clear line and the promised exit status when something is wrong."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from ingest.embed import PACKAGED, model_folder, runtime_identity
from ingest.library import open_reader
from ingest.vectors import ChromaIndex
from tests import support
from tests.support import LATER
from ui.cli import main

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(data_dir: Path, *arguments: str, stdin: str | None = None) -> Result:
        monkeypatch.setenv("CODECITE_DATA_DIR", str(data_dir))
        return CliRunner().invoke(main, list(arguments), input=stdin, color=True)

    return call


@pytest.fixture(scope="module")
def steady_library(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library for tests that change nothing in it."""
    documents = {"society.md": support.SOCIETY, "payer.md": support.PAYER}
    return support.build_library(tmp_path_factory.mktemp("steady") / "codecite", runtime, documents)


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


def test_a_question_loads_nothing_that_it_does_not_need(steady_library: Path) -> None:
    code = (
        "import sys\nfrom ui.cli import main\n"
        "try:\n    main(['ask', 'May 77370 be billed after treatment ends?'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('torch', 'transformers', 'sentence_transformers', 'chromadb', 'streamlit', 'langchain', 'langchain_core')\n"
        "heavy += ('tantivy', 'assistant.find', 'assistant.reference')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = process(steady_library, code)
    assert "after treatment ends" in done.stdout
    assert done.stdout.rstrip().endswith("[]")


def test_an_answer_shows_verdict_quotes_and_sources(steady_library: Path, run: Run) -> None:
    done = run(steady_library, "ask", "May 77370 be billed after treatment ends?", "--as-of", "2026-05-01")
    assert done.exit_code == 0
    assert "Date of service 2026-05-01" in done.stdout
    assert "Example Society of Physics" in done.stdout
    assert "[1]" in done.stdout


def test_an_abstention_is_done(steady_library: Path, run: Run) -> None:
    done = run(steady_library, "ask", "What does 77999 need?")
    assert done.exit_code == 0
    assert "NOT IN YOUR LIBRARY" in done.stdout
    assert "77999" in done.stdout


def test_a_transposed_code_is_named_as_unknown_with_the_nearest_code_first(steady_library: Path, run: Run) -> None:
    question = "Can 77730 be billed after treatment ends?"
    assert "No such code in the library: 77730; near: 77370" in " ".join(run(steady_library, "ask", question).stdout.split())
    record = json.loads(run(steady_library, "ask", question, "--json").stdout)
    assert (record["status"], record["abstention"]["reason"], record["codes"]) == ("abstained", "unknown_code", ["77730"])
    assert record["abstention"]["detail"].startswith("No such code in the library: 77730; near: 77370")
    assert record["sentences"] == record["retrieved"] == []


def test_json_holds_what_the_format_promises(steady_library: Path, run: Run) -> None:
    record = json.loads(run(steady_library, "ask", "May 77370 be billed after treatment ends?", "--as-of", "2026-05-01", "--json").stdout)
    jsonschema.validate(record, json.loads((ROOT / "docs" / "answer.schema.json").read_text()))
    assert record["schema"] == "codecite.answer/2"
    assert record["as_of"] == "2026-05-01"
    assert record["sentences"]
    assert {c["n"] for c in record["citations"]} >= {n for s in record["sentences"] for n in s["citations"]}


def test_a_batch_keeps_order_and_ids_and_goes_on_past_a_bad_question(steady_library: Path, run: Run) -> None:
    lines = [
        {"id": "b", "question": "What does 77999 need?"},
        {"id": 7, "question": "x" * 5000},
        {"id": "a", "question": "May 77370 be billed after treatment ends?", "as_of": "2026-05-01", "payer": "Aetna", "extra": 1},
    ]
    done = run(steady_library, "ask", "--batch", "-", stdin="\n".join(json.dumps(line) for line in lines) + "\n\n")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["id"] for record in records] == ["b", 7, "a"]
    assert "characters" in records[1]["error"]
    assert (records[2]["as_of"], records[2]["payer"]) == ("2026-05-01", "Aetna")


def test_lines_of_one_conversation_follow_each_other_and_others_stand_alone(steady_library: Path, run: Run) -> None:
    lines = [
        {"id": 1, "question": "May 77370 be billed after treatment ends?", "conversation": "c"},
        {"id": 2, "question": "How often may 77336 be billed?", "conversation": 5, "as_of": "2026-05-01"},
        {"id": 3, "question": "in 2024?", "conversation": "c"},
        {"id": 4, "question": "who signs it?", "conversation": 5},
        {"id": 5, "question": "who signs it?"},
    ]
    done = run(steady_library, "ask", "--batch", "-", stdin="\n".join(map(json.dumps, lines)))
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["codes"] for record in records] == [["77370"], ["77336"], ["77370"], ["77336"], []]
    assert [record["as_of"] for record in records[1:4]] == ["2026-05-01", "2024-06-30", "2026-05-01"]
    assert [[part["kind"] for part in record["carried"]] for record in records] == [[], [], ["code", "topic"], ["code"], []]


def test_a_broken_batch_line_is_named(steady_library: Path, run: Run, tmp_path: Path) -> None:
    batch = tmp_path / "questions.jsonl"
    batch.write_text('{"id": 1, "question": "What does 77999 need?"}\n{"id": 2}\n')
    done = run(steady_library, "ask", "--batch", str(batch))
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
        (("ask", "a", "--as-of", "2026-02-30"), 2, "2026-02-30"),
        (("ask", "a", "--batch", "-"), 2, "--batch"),
        (("ask", "--batch", "/no/such.jsonl"), 2, "does not exist"),
        (("ask", "--batch", "."), 2, "is a directory"),
        (("ingest", "x" * 300), 3, "too long"),
        (("ingest", "--frobnicate"), 2, "No such option"),
        (("ingest", "tests", "--title", "T"), 2, "single file"),
        (("sources", "show", ""), 3, "sources list"),
        (("sources", "restore", "Radiation payment policy"), 3, "no removed or replaced document"),
        (("sources", "frobnicate"), 2, "No such command"),
        (("asks",), 2, "No such command"),
        (("ingest", "/no/such/file.pdf"), 3, "no such file"),
        (("ingest", "--publisher", "ASTRO"), 2, "name a PATH"),
        (("ingest", ".", "--authority", "me"), 2, "specialty society"),
        (("sources", "show", "nothing"), 3, "sources list"),
        (("sources", "remove", "d-"), 3, "give more of the id"),
        (("eval", "nothing"), 3, "starter"),
        (("eval", "--json", "/dev/null"), 3, "no plain file"),
        (("eval", "--html", "/no/such/folder/report.html"), 3, "its folder is missing"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_and_changes_nothing(
    steady_library: Path, run: Run, arguments: tuple[str, ...], status: int, message: str
) -> None:
    before = digest(steady_library)
    done = run(steady_library, *arguments)
    assert done.exit_code == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert status == 2 or len(done.stderr.strip().splitlines()) == 1
    assert digest(steady_library) == before


def test_bytes_that_are_no_text_are_still_a_question(steady_library: Path) -> None:
    code = "from ui.cli import main\nmain(['ask', '\\udcff\\ud83d May 77370 be billed after treatment ends?', '--json'])"
    done = process(steady_library, code)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["codes"] == ["77370"]


@pytest.mark.parametrize("arguments", ["ask 77999", "ask 77999 --json", "sources list", "sources show payer.md", "--help"])
def test_output_that_nobody_reads_is_no_traceback(steady_library: Path, arguments: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", "from ui.cli import main; main()", *arguments.split()]
    environment = {**os.environ, "CODECITE_DATA_DIR": str(steady_library)}
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert "Error" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = process(tmp_path, f"from ui.cli import main; main(['chat', '--no-browser', '--port', '{taken.getsockname()[1]}'])")
    assert done.returncode == 3
    assert len(done.stderr.strip().splitlines()) == 1
    assert "--port" in done.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00\x80", "not UTF-8"),
        (b'{"id": true, "question": "What is 77370?"}', "line 1"),
        (b'{"id": 1.5, "question": "What is 77370?"}', "line 1"),
        (b'{"id": 1}', "question"),
        (b'[1, "What is 77370?"]', "line 1"),
        (b'\n{"id": 1, "question": "What is 77370?", "as_of": "soon"}', "line 2"),
        (b"What is 77370?", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"id": 1, "question": 77370}', "question"),
        (b'{"id": 1, "question": "What is 77370?", "as_of": 0}', "as_of"),
        (b'{"id": 1, "question": "What is 77370?", "as_of": "20260501"}', "as_of"),
        (b'{"id": 1, "question": "What is 77370?", "as_of": "2026-02-30"}', "as_of"),
        (b'{"id": 1, "question": "What is 77370?", "payer": ["Aetna"]}', "payer"),
    ],
)
def test_a_batch_that_is_none_is_told_in_one_line(steady_library: Path, run: Run, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "questions.jsonl").write_bytes(content)
    done = run(steady_library, "ask", "--batch", str(tmp_path / "questions.jsonl"))
    assert (done.exit_code, done.stdout) == (3, "")
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_batch_may_be_empty_or_start_with_a_byte_order_mark(steady_library: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("\ufeff\n" + json.dumps({"id": "a", "question": "What is 77999?"}), encoding="utf-8")
    done = run(steady_library, "ask", "--batch", str(tmp_path / "questions.jsonl"), "--payer", "Aetna", "--as-of", "2026-05-01")
    (record,) = map(json.loads, done.stdout.splitlines())
    assert (record["id"], record["payer"], record["as_of"], record["status"]) == ("a", "Aetna", "2026-05-01", "abstained")
    assert run(steady_library, "ask", "--batch", "-", stdin="").stdout == ""


@pytest.mark.parametrize("asked", ['"\\u009b2J"', '"\\u202ea"', "123456789012345678901234567890", "0", '""'])
def test_an_id_comes_back_as_it_was_and_steers_no_terminal(steady_library: Path, run: Run, asked: str) -> None:
    done = run(steady_library, "ask", "--batch", "-", stdin=f'{{"id": {asked}, "question": "What is 77999?"}}')
    assert json.loads(done.stdout)["id"] == json.loads(asked)
    assert done.stdout.strip().isprintable()


def test_a_batch_answers_as_one_question_does(steady_library: Path, run: Run) -> None:
    question = "May 77370 be billed after treatment ends?"
    alone = json.loads(run(steady_library, "ask", question, "--as-of", "2026-05-01", "--json").stdout)
    line = json.dumps({"id": 1, "question": question, "as_of": "2026-05-01"})
    (batched,) = map(json.loads, run(steady_library, "ask", "--batch", "-", stdin=line).stdout.splitlines())
    assert batched.pop("id") == 1
    for record in (alone, batched):
        record["provenance"].pop("timings_ms")
    assert batched == alone


def test_without_a_library_the_next_step_is_told(tmp_path: Path, run: Run) -> None:
    for arguments in (("ask", "Anything?"), ("ask", "--batch", "-"), ("sources", "list"), ("sources", "remove", "x"), ("eval",)):
        done = run(tmp_path / "none", *arguments)
        assert (done.exit_code, "codecite ingest" in done.stderr) == (3, True)
        assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "none").exists(), "asking makes nothing"


@pytest.mark.parametrize("card", ["{", "[]", "{}", '{"identity": "all-MiniLM-L6-v2@1", "dimension": 384}'])
def test_a_damaged_question_encoder_is_told(tiny_library: Path, run: Run, card: str) -> None:
    (tiny_library / "runtime" / "runtime.json").unlink()  # it is a link to the one that other tests use
    (tiny_library / "runtime" / "runtime.json").write_text(card)
    done = run(tiny_library, "ask", "May 77370 be billed after treatment ends?")
    assert (done.exit_code, "codecite ingest" in done.stderr) == (3, True)
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path, run: Run) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "data", Path("/proc/codecite")):
        done = run(folder, "ingest")
        assert done.exit_code == 3
        assert "CODECITE_DATA_DIR" in done.stderr


def test_a_locked_library_is_told_with_the_owner(steady_library: Path, run: Run) -> None:
    hold = (
        "import sys, time; from pathlib import Path; from ingest.library import open_writer\n"
        "with open_writer(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(30)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(steady_library)], stdout=subprocess.PIPE, cwd=ROOT) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        done = run(steady_library, "ingest")
        assert done.exit_code == 3
        assert f"process {owner.pid}" in done.stderr
        assert run(steady_library, "ask", "May 77370 be billed after treatment ends?").exit_code == 0, "readers are not disturbed"
        before = digest(steady_library)
        assert run(steady_library, "sources", "remove", "Radiation payment policy").exit_code == 3
        assert digest(steady_library) == before
        owner.kill()


def test_a_library_that_is_damaged_is_told(tmp_path: Path, run: Run) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"no database at all" * 500)
    for arguments in (("ask", "Anything?"), ("sources", "list"), ("ingest", str(ROOT / "README.md"))):
        done = run(tmp_path, *arguments)
        assert (done.exit_code, "move the folder away" in done.stderr) == (3, True)
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("CODECITE_DATADIR", "x"), ("CODECITE_VECTOR_INDEX", "faiss"), ("CODECITE_MAX_SENTENCES", "0")]
)
def test_a_wrong_setting_is_named(steady_library: Path, run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    done = run(steady_library, "ask", "Anything?")
    assert done.exit_code == 3
    assert name in done.stderr


def test_ingest_reports_each_file_and_fails_when_one_is_refused(tiny_library: Path, run: Run, tmp_path: Path) -> None:
    good, empty, binary = tmp_path / "late.md", tmp_path / "empty.txt", tmp_path / "image.txt"
    good.write_text(LATER)
    empty.write_text("")
    binary.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    odd = tmp_path / os.fsdecode(b"caf\xe9\n.txt")
    odd.write_text(LATER)
    done = run(tiny_library, "ingest", str(good), str(empty), str(binary), str(odd), "--publisher", "By Hand", "--edition", "2026")
    assert done.exit_code == 1
    assert "caf .txt  (the name is not UTF-8" in done.stdout
    assert "added" in done.stdout
    assert "the file is empty" in done.stdout
    assert "binary file" in done.stdout
    (row,) = [r for r in json.loads(run(tiny_library, "sources", "list", "--json").stdout) if r["publisher"] == "By Hand"]
    assert (row["title"], row["status"]) == ("Modifier notes", "active")
    shown = json.loads(run(tiny_library, "sources", "show", row["id"], "--json").stdout)
    assert (shown["edition"], len(shown["cut"])) == ("2026", row["passages"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.txt", b"", "the file is empty"),
        ("binary.pdf", b"\x7fELF\x02\x01\x01\x00", "binary file"),
        ("encrypted.pdf", (ROOT / "tests" / "data" / "encrypted.pdf").read_bytes(), "remove the password"),
        ("menu.html", b"<html><body><nav>Home</nav><footer>x</footer></body></html>", "no content found"),
        ("dots.txt", b"...\n***\n", "no content found"),
        ("bad.md", b"---\ntitle: [\n---\nRule.\n", "Front matter"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_and_changes_nothing(
    steady_library: Path, run: Run, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    before = digest(steady_library)
    (tmp_path / name).write_bytes(content)
    done = run(steady_library, "ingest", str(tmp_path / name))
    assert done.exit_code == 1
    (line,) = done.stdout.strip().splitlines()
    assert message in line
    assert name in line
    assert digest(steady_library) == before


def test_a_second_ingest_by_the_command_changes_nothing(tiny_library: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "late.md").write_text(LATER)
    assert run(tiny_library, "ingest", str(tmp_path / "late.md"), "--edition", "2026").exit_code == 0
    with open_reader(tiny_library) as library:
        before = library.digest(), library.revision()
        assert ChromaIndex(library, tiny_library / "chroma").mirrors(library.revision())
    done = run(tiny_library, "ingest", str(tmp_path / "late.md"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "1 unchanged" in done.stderr
    with open_reader(tiny_library) as library:
        assert (library.digest(), library.revision()) == before


def test_another_model_is_refused_until_the_library_is_rebuilt_with_it(
    tiny_library: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "late.md").write_text(LATER)
    (tmp_path / "other-model").symlink_to(model_folder(PACKAGED))
    before, encoder = digest(tiny_library), runtime_identity(tiny_library / "runtime")
    monkeypatch.setenv("CODECITE_EMBEDDING_MODEL", str(tmp_path / "other-model"))
    done = run(tiny_library, "ingest", str(tmp_path / "late.md"))
    assert (done.exit_code, "codecite ingest --rebuild" in done.stderr) == (3, True)
    assert (digest(tiny_library), runtime_identity(tiny_library / "runtime")) == (before, encoder), "the encoder stays the library's"
    assert run(tiny_library, "ingest", "--rebuild").exit_code == 0
    assert runtime_identity(tiny_library / "runtime").startswith("other-model@")
    assert run(tiny_library, "ask", "May 77370 be billed after treatment ends?").exit_code == 0
    assert run(tiny_library, "doctor").exit_code == 0


def test_one_source_is_shown_with_all_that_is_known_of_it(steady_library: Path, run: Run) -> None:
    shown = run(steady_library, "sources", "show", "Radiation payment policy").stdout
    for words in ("Example Health Plan", "payer", "2026-04-01", "https://plan.example/policy", "whatever its number of treatments"):
        assert words in shown
    record = json.loads(run(steady_library, "sources", "show", "payer.md", "--json").stdout)
    assert record["sha256"] == hashlib.sha256(support.PAYER.encode()).hexdigest()
    with open_reader(steady_library) as library:
        text = library.text(record["id"])
    assert all(text[cut["start"] : cut["end"]] == cut["text"] for cut in record["cut"])


def test_no_document_can_steer_the_terminal(tmp_path: Path, run: Run) -> None:
    front = 'title: "T\\e[31m\\u202e\\nU"\npublisher: "P\\e]0;x\\a"\npayer: "all\\u009b2J"\nedition: "\\u200b1"'
    support.bring(tmp_path, {"a\x1b[31m.md": f"---\n{front}\n---\n\n77600 hyperthermia may be billed \x1b[5mtwice\x1b[0m weekly.\n"})
    for arguments in ("list", "list --json", "show d-", "show d- --json", "show \x1b[31m", "remove d-"):
        done = run(tmp_path, "sources", *arguments.split(" "))
        assert done.output
        assert all(line.isprintable() for line in done.output.splitlines()), arguments
    assert "T[31m U" in run(tmp_path, "sources", "list", "--all").stdout


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


def test_doctor_finds_a_sound_installation(steady_library: Path, run: Run) -> None:
    done = run(steady_library, "doctor")
    assert done.exit_code == 0
    assert "2 documents" in done.stdout
    assert "all-MiniLM-L6-v2@" in done.stdout


def test_doctor_tells_a_missing_question_encoder(tiny_library: Path, run: Run) -> None:
    shutil.rmtree(tiny_library / "runtime")
    done = run(tiny_library, "doctor")
    assert done.exit_code == 1
    assert "BAD  question encoder: missing" in done.stdout
    assert "ok   library" in done.stdout


def test_doctor_tells_another_model(steady_library: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other-model").symlink_to(model_folder(PACKAGED))
    monkeypatch.setenv("CODECITE_EMBEDDING_MODEL", str(tmp_path / "other-model"))
    done = run(steady_library, "doctor")
    assert done.exit_code == 1
    assert "BAD  library: the library was built with all-MiniLM-L6-v2@" in done.stdout
    assert "BAD  question encoder" in done.stdout


def test_doctor_tells_a_missing_library(tmp_path: Path, run: Run) -> None:
    done = run(tmp_path / "none", "doctor")
    assert done.exit_code == 1
    assert "BAD  library" in done.stdout
