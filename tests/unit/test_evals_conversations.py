"""Golden conversations are sound, and each turn is scored for what was understood of it."""

import json
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.answer import Abstention, Answer, Carried, Intent, Kind, Provenance, Question, Reason, Status, Verdict
from corpus.digests import digest_paths
from corpus.errors import EvalError
from evals.cases import load_suite
from evals.claims import rarity
from evals.conversations import RESOLVED, SPOKEN_ON, Dialogue, Meaning, Turn, load_dialogues, read_dialogues, run_dialogues
from evals.report import render_table, write_html
from evals.run import Shelf
from ingest.build import Source, read_source
from ingest.documents import Passage
from ingest.split import split
from tests import support
from ui.cli import main

SHELF = Shelf(lambda _: "", rarity(()), frozenset(), {})
FIRST = Meaning(frozenset({"77370"}), None, SPOKEN_ON.isoformat(), starts_clean=True)
NEXT = Meaning(frozenset({"77336"}), "Medicare", "2024", starts_clean=False)


@cache
def shipped() -> dict[str, tuple[str, Passage]]:
    """Give page and passage of every paragraph of the corpus, by anchor."""
    return {p.anchor: (str(path), p) for path in digest_paths() for p in split(read_source(Source(str(path), path), {}, ""))}


def question(code: str = "77336", payer: str | None = "Medicare", as_of: date = date(2024, 6, 30), *, carries: bool = True) -> Question:
    carried = (Carried(Kind.TOPIC, "Can 77370 be billed?"),) if carries else ()
    return Question("?", as_of, payer, (code,), (), Intent.OTHER, asks_ruling=False, carried=carried)


class Scripted:
    """A conversation that has no answer and understands each turn as told."""

    def __init__(self, *understood: Question) -> None:
        self.understood = list(understood)
        self.asked: list[str] = []

    def ask(self, text: str) -> Answer:
        self.asked.append(text)
        none = Abstention(Reason.NO_EVIDENCE, "", "")
        provenance = Provenance("extractive", "e", 1, "s", {})
        return Answer(self.understood.pop(0), Status.ABSTAINED, Verdict.NONE, (), (), none, (), (), (), provenance)


def follow_up(understood: Question) -> dict[str, float | None]:
    """Score the second turn of a conversation by what was understood of it."""
    dialogue = Dialogue("d", (Turn("d.1", "one", FIRST, None), Turn("d.2", "two", NEXT, None)), ())
    results = run_dialogues(lambda: Scripted(question("77370"), understood), SHELF, [dialogue])
    assert len(results) == 1, "the first turn follows nothing"
    return {score.scorer: score.value for score in results[0].scores}


def test_the_suite_holds_sixty_conversations_of_two_to_five_turns() -> None:
    dev, test = load_dialogues("dev"), load_dialogues("test")
    assert (len(dev), len(test)) == (40, 20)
    assert len({d.id for d in (*dev, *test)}) == 60
    assert {len(d.turns) for d in dev} == {2, 3, 4, 5}
    follow_ups = [t.meaning for d in (*dev, *test) for t in d.turns[1:] if t.meaning]
    assert sum(m.starts_clean for m in follow_ups) >= 15
    assert len(follow_ups) >= 75


def test_no_source_page_serves_both_splits_of_any_suite() -> None:
    pages: dict[str, set[str]] = {}
    for part in ("dev", "test"):
        cases = [*load_suite("golden", part), *(t.case for d in load_dialogues(part) for t in d.turns if t.case)]
        pages[part] = {shipped()[a][0] for c in cases for a in (*c.gold, *(n.fact for n in c.nuggets)) if a}
    assert not pages["dev"] & pages["test"]


def test_every_label_names_a_paragraph_in_force_that_the_payer_of_its_turn_has() -> None:
    for dialogue in load_dialogues():
        for turn in dialogue.turns:
            if turn.case and turn.meaning:
                passages = [shipped()[anchor][1] for anchor in (*turn.case.gold, *(n.fact for n in turn.case.nuggets))]
                day = turn.meaning.day
                assert all((p.valid_from or day) <= day <= (p.valid_to or day) for p in passages), turn.id


@pytest.mark.parametrize(
    ("understood", "missed"),
    [
        (question(), set()),
        (question(as_of=date(2024, 1, 1)), set()),
        (question("77370"), {"codes understood"}),
        (question(payer=None), {"payer understood"}),
        (question(as_of=SPOKEN_ON), {"date understood"}),
        (question(carries=False), {"starts clean when due"}),
    ],
)
def test_a_follow_up_is_resolved_when_all_of_it_is_understood(understood: Question, missed: set[str]) -> None:
    scores = follow_up(understood)
    assert scores[RESOLVED] == float(not missed)
    assert {name for name, value in scores.items() if value == 0.0} == ({RESOLVED} | missed if missed else set())


def test_a_thank_you_is_said_but_not_scored() -> None:
    turns = (Turn("d.1", "one", FIRST, None), Turn("d.2", "thanks", None, None), Turn("d.3", "three", NEXT, None))
    talk = Scripted(question("77370"), question("77370"), question())
    results = run_dialogues(lambda: talk, SHELF, [Dialogue("d", turns, ())])
    assert talk.asked == ["one", "thanks", "three"]
    assert [r.marked.case.id for r in results] == ["d.3"]


def test_a_labelled_turn_is_scored_as_any_case_and_reports_tell_what_was_misread(tmp_path: Path) -> None:
    dialogue = load_dialogues("dev")[0]
    read = [question("77370", carries=False), *(question() for _ in dialogue.turns[1:])]
    results = run_dialogues(lambda: Scripted(*read), SHELF, [dialogue])
    scores = {s.scorer: s.value for s in results[0].scores}
    assert scores["answers when due"] == scores["nuggets, vital"] == 0.0
    assert RESOLVED not in scores, "the first turn follows nothing"
    assert "not payer understood, date understood: read as" in render_table(results, {})
    assert "read as" not in render_table(results, {}, show_cases=False)
    write_html(results, tmp_path / "r.html", "r")
    assert "date understood: read as" in (tmp_path / "r.html").read_text()


TURN = {"text": "Can 77370 be billed?", "codes": ["77370"], "starts_clean": True}
ANSWER = {"status": "answered", "vital": [{"text": "Yes.", "fact": "f"}], "gold": ["f"]}


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ([TURN], "turns: List should have at least 2"),
        ([TURN, {**TURN, "text": ""}], r"turns\.1\.text"),
        ([TURN, {**TURN, "as_of": "soon"}], r"turns\.1\.as_of"),
        ([TURN, {"text": "thanks", "answer": ANSWER}], "says which codes it means"),
        ([TURN, TURN], "no answer is labelled"),
        ([{**TURN, "starts_clean": False}, {**TURN, "answer": ANSWER}], "first turn starts clean"),
        ([TURN, {**TURN, "answer": {**ANSWER, "gold": []}}], "one gold passage"),
    ],
)
def test_a_line_that_is_no_conversation_is_named(turns: list[dict[str, object]], message: str) -> None:
    good = json.dumps({"id": "a", "turns": [TURN, {**TURN, "answer": ANSWER}]})
    with pytest.raises(EvalError, match=message) as told:
        list(read_dialogues([good, json.dumps({"id": "b", "turns": turns})], "dev"))
    assert "dev.jsonl, line 2" in str(told.value)


def test_the_command_talks_through_dev_and_shows_no_question_of_test(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = support.build_library(tmp_path / "data", runtime, {"society.md": support.SOCIETY})
    monkeypatch.setenv("CODECITE_DATA_DIR", str(folder))
    few = {part: load_dialogues(part)[:2] for part in ("dev", "test")}
    monkeypatch.setattr("evals.conversations.load_dialogues", lambda part: few[part])
    dev = CliRunner().invoke(main, ["eval", "conversations"])
    assert dev.exit_code in {0, 1}, dev.output
    assert "follow-ups resolved" in dev.stdout
    assert few["dev"][0].turns[1].text in dev.stdout
    test = CliRunner().invoke(main, ["eval", "conversations", "--split", "test", "--json", str(tmp_path / "t.json")])
    assert "follow-ups resolved" in test.stdout
    said = test.stdout + (tmp_path / "t.json").read_text()
    assert not any(turn.text in said for dialogue in few["test"] for turn in dialogue.turns)
