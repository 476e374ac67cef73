"""A question put to one document, or to the documents of one publisher."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Answer, Reason, Role, Status, Verdict
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant
from corpus.errors import AnswerError
from ingest.library import open_writer
from tests import support
from ui.words import verdict_words

DAY = date(2026, 5, 1)
QUESTION = "How often may 77336 be billed?"
CODE_FILES = Path(__file__).parents[1] / "data" / "code_files"


@pytest.fixture(scope="module")
def folder(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("within")
    edits = CODE_FILES / "ptp_practitioner.txt"
    documents = {"society.md": support.SOCIETY, "payer.md": support.PAYER, "later.md": support.LATER}
    support.build_library(made / "data", runtime, documents)
    shutil.copy(edits, made / "data" / "files")
    support.add_documents(made / "data", {})
    return made / "data"


@pytest.fixture
def gaps() -> list[Answer]:
    return []


@pytest.fixture
def assistant(folder: Path, gaps: list[Answer]) -> Iterator[Assistant]:
    with open_assistant(Settings(data_dir=folder, vector_index="exact")) as found:
        found._keep_gap = gaps.append
        yield found


def id_of(assistant: Assistant, title: str) -> str:
    return next(entry.document.id for entry in assistant.library.entries() if entry.document.title == title)


def cited(answer: Answer) -> set[str]:
    titles = {hit.document.id: hit.document.publisher for hit in answer.evidence}
    return {titles[c.document_id] for s in answer.sentences for c in s.citations}


@pytest.mark.parametrize(
    ("title", "publisher"),
    [
        ("Physics services, questions and answers", "Example Society of Physics"),
        ("Radiation payment policy", "Example Health Plan"),
    ],
)
def test_only_the_document_asked_answers_and_a_notice_names_it(assistant: Assistant, title: str, publisher: str) -> None:
    answer = assistant.ask(QUESTION, as_of=DAY, within=id_of(assistant, title))
    assert answer.status is Status.ANSWERED
    assert cited(answer) == {publisher}
    assert answer.notices[0] == f"Asked within “{title}” only."


def test_a_source_that_disagrees_is_quoted_as_a_conflict_from_outside(assistant: Assistant) -> None:
    within = id_of(assistant, "Physics services, questions and answers")
    answer = assistant.ask("May 77336 be billed more than once in a course?", as_of=DAY, within=within)
    sides = {c.document_id for conflict in answer.conflicts for side in conflict.sides for c in side.citations}
    assert sides == {within, id_of(assistant, "Radiation payment policy")}
    assert {h.document.id for h in answer.evidence if "conflict" not in h.via} == {within}


def test_a_publisher_is_asked_whatever_the_case_of_its_name(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION, as_of=DAY, publisher="example HEALTH plan")
    assert cited(answer) == {"Example Health Plan"}
    assert answer.notices[0] == "Asked within the documents of Example Health Plan only."


@pytest.mark.parametrize(
    "text", ["May 77370 be billed after treatment ends?", "Who has to ask in writing for an analysis of past treatment?"]
)
def test_what_the_document_does_not_say_is_abstained_from_in_its_name(assistant: Assistant, text: str, gaps: list[Answer]) -> None:
    assert assistant.ask(text, as_of=DAY).status is Status.ANSWERED
    answer = assistant.ask(text, as_of=DAY, within=id_of(assistant, "Radiation payment policy"))
    assert answer.abstention
    assert "“Radiation payment policy”" in answer.abstention.detail
    assert answer.abstention.needed.startswith("The same question put to the whole library")
    assert [gap.question.within for gap in gaps] == [None]
    assert {hit.document.title for hit in answer.evidence} <= {"Radiation payment policy"}


def test_the_badge_of_such_an_abstention_does_not_speak_of_the_library(assistant: Assistant) -> None:
    answer = assistant.ask("May 77370 be billed after treatment ends?", as_of=DAY, within=id_of(assistant, "Radiation payment policy"))
    assert verdict_words(answer)[0] == "Not said there"


def test_a_document_that_was_not_in_force_yet_says_so(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION, as_of=date(2026, 2, 1), within=id_of(assistant, "Radiation payment policy"))
    assert answer.abstention
    assert answer.abstention.reason is Reason.NOT_IN_FORCE
    assert answer.abstention.detail.startswith("There are rules on 77336 in “Radiation payment policy”, but none")


def test_rows_of_tables_answer_only_where_their_table_is_asked(assistant: Assistant) -> None:
    table = next(entry.document for entry in assistant.library.entries() if not entry.passages)
    asked = "Can 77336 and 77370 be billed together?"
    assert any(c.document_id == table.id for s in assistant.ask(asked, as_of=date(2026, 3, 1)).sentences for c in s.citations)
    elsewhere = assistant.ask(asked, as_of=date(2026, 3, 1), within=id_of(assistant, "Radiation payment policy"))
    assert not elsewhere.sentences
    assert not any("NCCI" in notice for notice in elsewhere.notices)
    inside = assistant.ask(asked, as_of=date(2026, 3, 1), within=table.id)
    assert {c.document_id for s in inside.sentences for c in s.citations} == {table.id}


def test_a_ruling_comes_from_inside_only(assistant: Assistant) -> None:
    within = id_of(assistant, "Modifier notes")
    answer = assistant.ask("Does 77371 need modifier 26 or TC?", as_of=DAY, within=within)
    assert answer.verdict is Verdict.NO
    assert {c.document_id for s in answer.sentences if s.role is Role.VERDICT for c in s.citations} == {within}


def test_several_questions_are_all_put_to_the_document(assistant: Assistant) -> None:
    within = id_of(assistant, "Radiation payment policy")
    answers = assistant.ask_each(f"{QUESTION} May 77370 be billed after treatment ends?", as_of=DAY, within=within)
    assert [answer.status for answer in answers] == [Status.ANSWERED, Status.ABSTAINED]


def test_what_is_not_in_use_cannot_be_asked(assistant: Assistant, folder: Path) -> None:
    within = id_of(assistant, "Modifier notes")
    with open_writer(folder) as library:
        library.remove(within)
    try:
        with pytest.raises(AnswerError, match="no longer in use"):
            assistant.ask(QUESTION, within=within)
    finally:
        with open_writer(folder) as library:
            library.restore(within)
    with pytest.raises(AnswerError, match="published by 'Nobody'"):
        assistant.ask(QUESTION, publisher="Nobody")
