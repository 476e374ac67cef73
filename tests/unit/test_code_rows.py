"""Questions that exact tables answer: the row is found by its codes, shown whole and cited, and rules where it can."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.answer import Answer, Role, Status, Verdict
from assistant.code_rows import NO_EDITS, OTHERWISE, LookedUp, look_up
from assistant.question import read_question
from assistant.record import answer_record
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant
from ingest.build import ingest, user_sources
from ingest.code_lookup import LibraryTables
from ingest.embed import OnnxEmbedder
from ingest.library import Library, open_reader, open_writer
from tests import support
from tests.support import HashEmbedder
from ui.cli import main
from ui.present import present

FILES = Path(__file__).parents[1] / "data" / "code_files"
DAY = date(2026, 3, 1)
PAIR = "Can 77336 and 77370 be billed together on 2026-03-01"
MANUAL = """---
title: "Physics manual"
publisher: "Example Manual"
authority: Medicare manual
---

# Physics manual

## 77338 with 77334

77338 may be billed together with 77334 on the same day for the same patient.

## 77370 beside 77300

77370 may be billed together with 77300 on the same day.

## 77336 continuing physics

77336 may be billed once for every five treatments.
"""


def bring(data: Path, *paths: Path, embedder: object = None) -> Path:
    with open_writer(data) as library:
        ingest(library, embedder or HashEmbedder(), user_sources(paths), by_hand={}, added_at="2026-01-01")  # type: ignore[arg-type]
    return data


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with open_reader(bring(tmp_path_factory.mktemp("tables"), *FILES.iterdir())) as found:
        yield found


@pytest.fixture(scope="module")
def folder(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = support.build_library(tmp_path_factory.mktemp("rows") / "data", runtime, {"manual.md": MANUAL})
    return bring(data, *(path for path in FILES.iterdir() if path.name != "hcpcs.csv"), embedder=OnnxEmbedder(data / "runtime"))


@pytest.fixture(scope="module")
def assistant(folder: Path) -> Iterator[Assistant]:
    with open_assistant(Settings(data_dir=folder)) as found:
        yield found


def quotes(answer: Answer) -> list[str]:
    return [c.quote for s in answer.sentences for c in s.citations]


# -- what is looked up -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "verdict", "values"),
    [
        ("Can 77336 and 77370 be billed together in a freestanding center?", Verdict.CONDITIONAL, ["1"]),
        ("Can 77370 and 77336 be billed together in a freestanding center?", Verdict.CONDITIONAL, ["1"]),
        ("Can 77336 and 77370 be billed together in the hospital outpatient department?", Verdict.NO, ["0"]),
        ("Can 77336 and 77370 be billed together?", Verdict.CONDITIONAL, ["1", "0"]),
        ("Can 77338 and 77334 be billed together?", Verdict.NO, ["0", "0"]),
        ("Can 77338 and 77334 be billed together without a modifier?", Verdict.NO, ["0", "0"]),
        ("Can 77336 and 77370 be billed together without a modifier in a freestanding center?", Verdict.NO, ["1"]),
        ("Is 77334 bundled into 77338?", Verdict.YES, ["0", "0"]),
        ("Is there an NCCI edit between 77338 and 77334?", Verdict.YES, ["0", "0"]),
        ("Can I unbundle 77334 and 77338?", Verdict.NO, ["0", "0"]),
        ("Which modifier goes with 77336 and 77370 on the same day in a freestanding center?", Verdict.NONE, ["1"]),
    ],
)
def test_an_edit_in_force_rules_on_a_pair_in_either_order(library: Library, text: str, verdict: Verdict, values: list[str]) -> None:
    found = look_up(read_question(text, DAY), LibraryTables(library))
    assert found.verdict is verdict
    assert [s.text.partition("Modifier indicator: ")[2][0] for s in found.sentences] == values
    assert {s.role for s in found.sentences} == {Role.VERDICT if verdict is not Verdict.NONE else Role.CONDITION}


@pytest.mark.parametrize(
    ("text", "rows", "notice"),
    [
        (
            "Can 77301 and 77300 be billed together in a freestanding center?",
            ["Column 1: 77301 | Column 2: 77300 | Effective: 2014-01-01 | Deleted: 2025-12-31"],
            "The NCCI edits loaded (practitioner, edition 2026Q1) pair neither 77301 with 77300 nor the reverse on 2026-03-01.",
        ),
        (
            "Can 77263 and 77262 be billed together in a freestanding center?",
            ["Column 1: 77263 | Column 2: 77262 | Effective: 2020-01-01 | Deleted: 2020-01-01"],
            "The NCCI edits loaded (practitioner, edition 2026Q1) pair neither 77263 with 77262 nor the reverse on 2026-03-01.",
        ),
        (
            "Can 77417 and 77014 be billed together in the hospital?",
            [],
            "The NCCI edits loaded (outpatient hospital, edition 2026Q1) pair neither 77417 with 77014 nor the reverse on 2026-03-01.",
        ),
    ],
)
def test_a_pair_without_an_edit_in_force_is_told_and_rules_nothing(library: Library, text: str, rows: list[str], notice: str) -> None:
    found = look_up(read_question(text, DAY), LibraryTables(library))
    assert (found.verdict, found.notices) == (Verdict.NONE, (notice,))
    assert [s.text[: len(row)] for s, row in zip(found.sentences, rows, strict=True)] == rows


def test_an_edit_for_one_kind_of_claim_only_depends_on_the_setting(library: Library) -> None:
    found = look_up(read_question("Can 77427 and 36000 be billed together?", DAY), LibraryTables(library))
    assert found.verdict is Verdict.CONDITIONAL
    assert [notice.partition("(")[2].partition(",")[0] for notice in found.notices] == ["outpatient hospital"]


def test_an_edition_says_nothing_of_days_after_its_quarter(library: Library) -> None:
    found = look_up(read_question(PAIR, date(2026, 4, 1)), LibraryTables(library))
    assert not found.sentences
    assert found.notices == (
        "The code files loaded (NCCI PTP edits, practitioner, 2026Q1; NCCI PTP edits, outpatient hospital, 2026Q1) do not cover 2026-04-01.",
    )


def test_the_newest_edition_that_speaks_for_a_day_is_asked(tmp_path: Path) -> None:
    text = (FILES / "ptp_practitioner.txt").read_text()
    (tmp_path / "new.txt").write_text(
        text.replace("2026Q1", "2026Q2").replace("77336\t77370\t\t20200101\t*\t1", "77336\t77370\t\t20200101\t20260331\t0")
    )
    with open_reader(bring(tmp_path / "data", tmp_path / "new.txt", FILES / "ptp_practitioner.txt")) as library:
        found = {day: look_up(read_question(PAIR, day), LibraryTables(library)) for day in (DAY, date(2026, 4, 1))}
    assert [(len(f.sentences), f.verdict) for f in found.values()] == [(1, Verdict.NO), (1, Verdict.NONE)]
    assert {hit.document.edition for f in found.values() for hit in f.hits} == {"2026Q2"}


def test_a_pair_without_any_edit_file_is_told_and_other_questions_are_not_bothered(tmp_path: Path) -> None:
    with open_reader(bring(tmp_path / "data", FILES / "mue_practitioner.csv")) as library:
        assert look_up(read_question(PAIR, DAY), LibraryTables(library)).notices == (NO_EDITS,)
        assert look_up(read_question("What must be documented for 77336?", DAY), LibraryTables(library)) == LookedUp()
    with open_reader(bring(tmp_path / "other", FILES / "ptp_hospital.csv")) as library:
        found = look_up(read_question(PAIR + " in a freestanding center", DAY), LibraryTables(library))
        assert found.notices == ("No NCCI edit file for practitioner claims is loaded, only for others.",)


@pytest.mark.parametrize(
    ("text", "day", "said"),
    [
        ("How many units of 77336 per day?", DAY, ["MUE value: 7 units of service"]),
        ("What is the MUE of 77300?", DAY, ["MUE value: 31 units of service"]),
        ("How many units of 77336 per day?", date(2026, 5, 1), []),
        ("What is the PC/TC indicator of 77370?", date(2026, 5, 1), ["PC/TC indicator: 3 (technical component only)"]),
        ("How many global days does 77427 have?", date(2026, 5, 1), ["Global days: 090 (ninety days after the procedure)"]),
        ("What is the work RVU of 77300-26?", date(2026, 5, 1), ["Modifier: 26 | Description: Made-up dose point"]),
        ("What is the work RVU of 77300?", date(2026, 5, 1), ["Modifier: none | Description: Made-up dose point"]),
        ("What is the work RVU of 77300?", DAY, []),
        ("What is G6015?", DAY, ["HCPCS: G6015 |", "HCPCS: G6015 |"]),
        ("Describe HCPCS code A4648", DAY, ["HCPCS: A4648", "HCPCS: A4648"]),
        ("What is C50.911?", DAY, ["ICD-10-CM: C50.911 | Valid for submission: yes"]),
        ("What must be documented for G6015 and C50.911?", DAY, []),
    ],
)
def test_single_codes_are_answered_by_their_rows_in_the_edition_of_the_day(library: Library, text: str, day: date, said: list[str]) -> None:
    found = look_up(read_question(text, day), LibraryTables(library))
    assert len(found.sentences) == len(said)
    assert all(words in sentence.text for words, sentence in zip(said, found.sentences, strict=True))
    assert found.verdict is Verdict.NONE


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Is C50.911 valid?", Verdict.YES),
        ("Is C50.91 valid?", Verdict.NO),
        ("Is C50.91 invalid?", Verdict.YES),
        ("Is diagnosis code Z51.0 billable?", Verdict.YES),
        ("Is G9999 still active?", Verdict.NO),
    ],
)
def test_whether_a_code_is_valid_is_ruled_by_its_row(folder: Path, text: str, verdict: Verdict) -> None:
    with open_reader(folder) as library:
        found = look_up(read_question(text, DAY), LibraryTables(library))
    assert (found.verdict, len(found.sentences)) == (verdict, 1)


# -- in an answer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [PAIR + "?", "How many units of 77336 per day on 2026-02-01?", "Is C50.91 valid on 2026-03-01?"])
def test_a_row_is_cited_exactly_with_its_place_and_edition(assistant: Assistant, text: str) -> None:
    answer = assistant.ask(text)
    assert answer.status is Status.ANSWERED
    for citation in answer.sentences[0].citations:
        assert assistant.library.text(citation.document_id)[citation.start : citation.end] == citation.quote
        assert citation.place.startswith("row ")
    record = answer_record(answer)["citations"][0]
    assert record["publisher"] == "Centers for Medicare & Medicaid Services"
    assert record["edition"] in {"2026Q1", "FY2026"}


def test_edits_come_before_the_rules_of_passages_and_win_where_these_say_otherwise(assistant: Assistant) -> None:
    answer = assistant.ask("Can 77338 and 77334 be billed together on the same day on 2026-03-01?")
    assert answer.verdict is Verdict.NO
    assert [s.role for s in answer.sentences if "Column 1" in s.text] == [Role.VERDICT, Role.VERDICT]
    assert answer.sentences[0].text.startswith("Column 1: 77338")
    assert [s.role for s in answer.sentences if "may be billed together" in s.text] == [Role.CONFLICT]
    assert OTHERWISE in answer.notices


def test_where_no_edit_pairs_the_codes_the_passages_answer_as_before(assistant: Assistant) -> None:
    answer = assistant.ask("Can 77370 and 77300 be billed together on the same day on 2026-03-01?")
    assert answer.verdict is Verdict.YES
    assert any("may be billed together with 77300" in quote for quote in quotes(answer))
    assert any("pair neither 77370 with 77300" in notice for notice in answer.notices)


def test_a_code_that_only_a_table_holds_is_known_and_one_that_none_holds_is_not(assistant: Assistant) -> None:
    assert "36000" in quotes(assistant.ask("Can 77427 and 36000 be billed together on 2026-03-01?"))[0]
    refused = assistant.ask("Can 77427 and 36009 be billed together on 2026-03-01?")
    assert refused.abstention
    assert not refused.sentences


def test_a_diagnosis_that_only_the_table_holds_does_not_hide_the_rules_on_the_procedure(assistant: Assistant) -> None:
    answer = assistant.ask("How often can 77336 be billed for C50.911 on 2026-03-01?")
    assert any("every five treatments" in quote for quote in quotes(answer))
    assert "No passage names C50.911; the passages quoted do not speak of it." in answer.notices
    assert "C50911" in answer.question.codes


def test_the_page_shows_a_row_without_reading_the_rest_of_its_file(assistant: Assistant) -> None:
    answer = assistant.ask(PAIR + "?")
    tabled = {table.document.id for table in LibraryTables(assistant.library).tables()}

    def text_of(document_id: str) -> str:
        assert document_id not in tabled
        return assistant.library.text(document_id)

    source = present(answer, text_of).sources[0]
    assert (source.before, source.quote, source.after) == ("", answer.sentences[0].text, "")
    assert source.edition == "2026Q1"


def test_removing_the_file_ends_its_use_in_the_next_answer(folder: Path, tmp_path: Path) -> None:
    data = shutil.copytree(folder, tmp_path / "data")
    with open_assistant(Settings(data_dir=data)) as assistant:
        assert "Column 1" in quotes(assistant.ask(PAIR + "?"))[0]
        with open_writer(data) as library:
            for table in LibraryTables(library).tables():
                library.remove(table.document.id)
        after = assistant.ask(PAIR + "?")
    assert not any("Column 1" in quote for quote in quotes(after))
    assert NO_EDITS in after.notices


# -- on the command line -----------------------------------------------------------------------------------------------


def test_the_command_shows_rows_and_whether_they_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(folder))
    asked = ["codes", "77370", "--with", "77336", "--as-of", "2026-03-01"]
    shown = CliRunner().invoke(main, asked).stdout
    assert "  row 4, in force on 2026-03-01: Column 1: 77336 | Column 2: 77370" in shown
    assert "PFS relative values, 2026B (does not cover 2026-03-01)" in shown
    record = json.loads(CliRunner().invoke(main, [*asked, "--json"]).stdout)
    rows = {table["table"]: table["rows"] for table in record["tables"]}
    assert rows["NCCI PTP edits, practitioner, 2026Q1"][0]["in_force"] is True
    assert rows["PFS relative values, 2026B"][0]["in_force"] is False
    assert "edits with this code in column 1: 1;" in CliRunner().invoke(main, ["codes", "77336"]).stdout


def test_list_and_doctor_count_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(folder))
    assert "NCCI PTP edits, practitioner (5 rows)" in CliRunner().invoke(main, ["sources", "list"]).stdout
