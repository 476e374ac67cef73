"""An identifier of a patient that was typed is seen nowhere again: not in answers, errors, files, nor by a chat model."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assistant.answer import Draft, Hit, Question, Reason, Status, Verdict
from assistant.record import answer_record
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant, open_finder
from tests import support
from ui.cli import main

Run = Callable[..., Result]
DAY = date(2026, 5, 1)
PLANTED = ("Gonzalez-Lopez", "María", "00998877", "3/4/1956", "123-45-6789", "1EG4-TE5-MK73", "555-867-5309", "maria@example.org")
NAMED = (
    f"patient {PLANTED[1]} {PLANTED[0]}, MRN {PLANTED[2]}, DOB {PLANTED[3]}, SSN {PLANTED[4]}, MBI {PLANTED[5]}, {PLANTED[6]}, {PLANTED[7]}"
)
ANSWERED = f"May 77370 be billed after treatment ends? {NAMED}"
UNANSWERED = f"What does 77999 need for {NAMED}?"
NOTICE = "Patient identifiers were masked before the question was read: name, MRN, date of birth, SSN, MBI, phone, e-mail."


@pytest.fixture(scope="module")
def folder(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = {"society.md": support.SOCIETY, "payer.md": support.PAYER}
    return support.build_library(tmp_path_factory.mktemp("privacy") / "data", runtime, documents)


@pytest.fixture
def assistant(folder: Path) -> Iterator[Assistant]:
    with open_assistant(Settings(data_dir=folder)) as found:
        yield found


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(folder))
    monkeypatch.setenv("CODECITE_KEEP_QUESTIONS", "true")
    return lambda *arguments, stdin=None: CliRunner().invoke(main, list(arguments), input=stdin)


def leaked(text: str) -> list[str]:
    return [value for value in PLANTED if value.casefold() in text.casefold()]


def written(folder: Path) -> str:
    files = [file for file in folder.rglob("*") if file.is_file() and "runtime" not in file.parts]
    return "".join(file.read_bytes().decode("utf-8", "replace") for file in files)


@pytest.mark.parametrize("question", [ANSWERED, UNANSWERED])
def test_an_answer_holds_placeholders_only_and_says_so(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question, as_of=DAY, payer=f"Aetna, {NAMED}")
    assert leaked(repr(answer) + json.dumps(answer_record(answer), ensure_ascii=False)) == []
    assert "[name]" in answer.question.text
    assert answer.notices[0] == NOTICE


@pytest.mark.parametrize("question", [ANSWERED, f"For {NAMED}: may 77370 be billed after treatment ends?"])
def test_identifiers_do_not_change_what_is_answered(assistant: Assistant, question: str) -> None:
    with_them = assistant.ask(question, as_of=DAY)
    without = assistant.ask("May 77370 be billed after treatment ends?", as_of=DAY)
    assert with_them.question.codes == without.question.codes == ("77370",)
    assert (with_them.status, with_them.verdict) == (without.status, without.verdict)
    assert with_them.status is Status.ANSWERED
    assert with_them.sentences == without.sentences


def test_a_chat_model_is_sent_placeholders_only(folder: Path) -> None:
    seen: list[Question] = []

    class Listening:
        name = "listening"

        def draft(self, question: Question, hits: Sequence[Hit]) -> Draft:
            seen.append(question)
            return Draft(Verdict.NONE, (), Reason.NO_EVIDENCE)

    with open_assistant(Settings(data_dir=folder)) as found:
        found._answerer = Listening()
        found.ask(ANSWERED, as_of=DAY)
    assert len(seen) == 1
    assert leaked(repr(seen)) == []


def test_a_described_service_is_masked_too(assistant: Assistant, run: Run) -> None:
    findings = open_finder(assistant).find(f"continuing physics, every five treatments, {NAMED}", as_of=DAY)
    assert leaked(repr(findings)) == []
    for form in ((), ("--json",)):
        done = run("find", f"continuing physics every five treatments, {NAMED}", *form)
        assert (done.exit_code, leaked(done.output)) == (0, [])
        assert NOTICE in " ".join(done.stdout.split())


@pytest.mark.parametrize("question", [ANSWERED, UNANSWERED])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_the_command_line_shows_and_writes_none(folder: Path, run: Run, question: str, form: tuple[str, ...]) -> None:
    done = run("ask", question, "--payer", f"Aetna, {NAMED}", *form)
    assert (done.exit_code, leaked(done.output)) == (0, [])
    assert NOTICE in " ".join(done.stdout.split())
    assert leaked(written(folder)) == []


def test_a_batch_shows_none_whatever_field_they_are_in(run: Run) -> None:
    lines = [
        {"id": f"MRN {PLANTED[2]}", "question": ANSWERED, "payer": NAMED, "note": NAMED},
        {"id": NAMED, "question": "x" * 5_000 + NAMED},
        {"id": 3, "question": ANSWERED, "conversation": NAMED},
        {"id": 4, "question": f"What about 77336 for {NAMED}?", "conversation": NAMED},
    ]
    done = run("ask", "--batch", "-", stdin="\n".join(map(json.dumps, lines)))
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert leaked(done.output) == []
    assert records[0]["id"] == "MRN [MRN]"
    assert "at most 4,000" in records[1]["error"]
    assert records[3]["codes"] == ["77336"]


def test_no_error_repeats_them(run: Run) -> None:
    for arguments in (
        ("ask", ANSWERED, *NAMED.split(", ")),
        ("ask", "--batch", NAMED),
        ("find", "x", NAMED),
        ("ask", "x" * 5_000 + NAMED),
        ("ask", "--nam", NAMED),
    ):
        done = run(*arguments)
        assert done.exit_code in (2, 3)
        assert leaked(done.output) == [], arguments


def test_the_report_of_unanswered_questions_counts_ask_and_batch_but_no_evaluation(folder: Path, run: Run, tmp_path: Path) -> None:
    assert run("gaps", "--clear", "--yes").exit_code == 0
    run("ask", UNANSWERED)
    run("ask", "--batch", "-", stdin=json.dumps({"id": 1, "question": UNANSWERED}))
    case = {"id": "c1", "question": "What does 77999 need?", "as_of": "2026-05-01", "status": "abstained"}
    suite = tmp_path / "suite.jsonl"
    suite.write_text(json.dumps(case) + "\n")
    run("eval", str(suite))
    report = json.loads(run("gaps", "--json").stdout)
    assert (report["schema"], report["count"]) == ("codecite.gaps/1", 2)
    assert report["groups"][0]["codes"] == ["77999"]
    assert leaked(json.dumps(report, ensure_ascii=False)) == []
    assert "[name]" in report["groups"][0]["questions"][0]
    assert "2 x 77999" in run("gaps").stdout
    assert run("gaps", "--clear", stdin="n\n").exit_code == 1
    assert "2 x 77999" in run("gaps", "--since", "2026-01-01").stdout
    assert "2 unanswered" in run("gaps", "--clear", stdin="y\n").stdout
    assert "No unanswered question is kept." in run("gaps").stdout


def test_words_without_quotes_are_not_told_back(run: Run) -> None:
    told = run("ask", *f"patient {PLANTED[1]} {PLANTED[0]} had 77427, DOB {PLANTED[3]}".split())
    assert (told.exit_code, leaked(told.output)) == (2, [])
    assert "in quotes" in told.output


def test_an_exception_tells_where_it_arose_and_not_what_it_says(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Assistant, text: str, **__: object) -> None:
        raise ValueError(text)

    monkeypatch.setattr(Assistant, "ask", fail)
    told = run("ask", "--batch", "-", stdin=json.dumps({"id": 1, "question": ANSWERED}))
    assert (told.exit_code, leaked(told.output)) == (3, [])
    assert "in fail" in told.output
    assert told.output.endswith("codecite: something went wrong in Codecite itself (ValueError)\n")
