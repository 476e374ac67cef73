"""What got no answer is kept, without what may name a person, and reported by code and topic."""

import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant.answer import Abstention, Answer, Intent, Provenance, Question, Reason, Status, Verdict
from assistant.gaps import Gaps, clear_gaps, read_gaps
from corpus.errors import LibraryUnusable
from corpus.glossary import load_glossary
from ui.terminal import render_gaps

ROOT = Path(__file__).parents[2]
ASKED = Question("May 77370 be billed for Quattlebaum?", date(2026, 5, 1), "Aetna", ("77370",), ("26",), Intent.RULING, True)


def abstained(question: Question = ASKED, reason: Reason = Reason.NO_EVIDENCE) -> Answer:
    why = Abstention(reason, "Nothing in the library says this.", f"A source that names {', '.join(question.codes) or 'it'}.")
    return Answer(question, Status.ABSTAINED, Verdict.NONE, (), (), why, (), (), (), Provenance("none", "hash@1", 1, "0", {}))


def gaps(folder: Path, *, keep_text: bool = False) -> Gaps:
    return Gaps(folder, load_glossary(), keep_text=keep_text)


def stored(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("gaps.sqlite3*"))


def test_the_report_counts_by_code_and_topic_the_most_frequent_first(tmp_path: Path) -> None:
    store = gaps(tmp_path)
    store.keep(abstained(replace(ASKED, codes=("77336",))))
    store.keep(abstained())
    store.keep(abstained(replace(ASKED, payer=None, as_of=date(2025, 1, 1)), Reason.NOT_IN_FORCE))
    store.keep(abstained(replace(ASKED, intent=Intent.FREQUENCY)))
    groups = read_gaps(tmp_path)
    assert [(g.codes, g.topic, g.count) for g in groups] == [
        (("77370",), "ruling", 2),
        (("77370",), "frequency", 1),
        (("77336",), "ruling", 1),
    ]
    first = groups[0]
    assert set(first.reasons) == {"no_evidence", "not_in_force"}
    assert (first.needed, first.modifiers, first.payers) == (("A source that names 77370.",), ("26",), ("Aetna",))
    assert first.dates_of_service == ("2025-01-01", "2026-05-01")
    told = render_gaps(groups)
    assert "4 questions got no answer" in told
    assert "2 x 77370 · ruling" in told
    assert "Needed: A source that names 77370." in told


def test_an_empty_report_says_so(tmp_path: Path) -> None:
    assert read_gaps(tmp_path) == ()
    assert render_gaps(()) == "No unanswered question is kept."


def test_without_a_code_the_topic_holds_terms_of_the_glossary_and_no_other_word(tmp_path: Path) -> None:
    asked = replace(ASKED, codes=(), text="Is a bolus or a boost covered when quattlebaum has the brachy done by lefevre?")
    gaps(tmp_path).keep(abstained(asked))
    assert read_gaps(tmp_path)[0].topic == "ruling: brachy, bolus, boost"
    assert b"quattlebaum" not in stored(tmp_path)
    assert b"lefevre" not in stored(tmp_path)


def test_the_text_is_kept_only_where_the_settings_allow_it(tmp_path: Path) -> None:
    gaps(tmp_path).keep(abstained())
    assert b"Quattlebaum" not in stored(tmp_path)
    assert read_gaps(tmp_path)[0].questions == ()
    gaps(tmp_path, keep_text=True).keep(abstained())
    assert read_gaps(tmp_path)[0].questions == (ASKED.text,)
    assert f"Asked: {ASKED.text}" in render_gaps(read_gaps(tmp_path))


def test_what_was_asked_before_a_day_is_left_out(tmp_path: Path) -> None:
    gaps(tmp_path).keep(abstained())
    today = date.fromisoformat(read_gaps(tmp_path)[0].last_asked[:10])
    assert len(read_gaps(tmp_path, today)) == 1
    assert read_gaps(tmp_path, today + timedelta(days=1)) == ()


def test_what_is_cleared_leaves_no_word_in_the_file(tmp_path: Path) -> None:
    store = gaps(tmp_path, keep_text=True)
    for _ in range(3):
        store.keep(abstained())
    assert b"Quattlebaum" in stored(tmp_path)
    assert clear_gaps(tmp_path) == 3
    assert b"Quattlebaum" not in stored(tmp_path)
    assert (read_gaps(tmp_path), clear_gaps(tmp_path)) == ((), 0)
    store.keep(abstained())
    assert read_gaps(tmp_path)[0].count == 1


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.unit.test_gaps import abstained, gaps\n"
        "for _ in range(60):\n    gaps(Path(sys.argv[1])).keep(abstained())"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT) for _ in range(2)]
    for _ in range(60):
        gaps(tmp_path).keep(abstained())
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert read_gaps(tmp_path)[0].count == 180


@pytest.mark.parametrize("trouble", ["no folder", "a folder in its place", "damaged", "of another make"])
def test_no_trouble_with_the_file_disturbs_an_answer(tmp_path: Path, trouble: str) -> None:
    file = tmp_path / "gaps.sqlite3"
    if trouble == "a folder in its place":
        file.mkdir()
    elif trouble == "damaged":
        file.write_bytes(b"no database" * 1_000)
    elif trouble == "of another make":
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE gaps (id)")
        connection.close()
    gaps(tmp_path / "missing" if trouble == "no folder" else tmp_path).keep(abstained())


def test_a_full_disk_disturbs_no_answer(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "gaps.sqlite3").symlink_to(full)
    gaps(tmp_path).keep(abstained())


def test_a_damaged_file_is_reported_by_name(tmp_path: Path) -> None:
    (tmp_path / "gaps.sqlite3").write_bytes(b"no database" * 1_000)
    for look in (read_gaps, clear_gaps):
        with pytest.raises(LibraryUnusable, match=r"gaps\.sqlite3.*delete it"):
            look(tmp_path)
