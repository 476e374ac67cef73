"""Suites are sound, scores cannot be bought by abstaining, and reports and baselines say what they should."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.answer import Abstention, Answer, Citation, Hit, Intent, Provenance, Question, Reason, Role, Sentence, Status, Verdict
from corpus.digests import digest_paths
from corpus.errors import EvalError
from evals.cases import Case, Nugget, load_suite, read_cases
from evals.claims import rarity
from evals.marked import Marked
from evals.metrics import by_scorer, metric
from evals.plots import coverage_and_risk
from evals.report import load_baseline, render_table, save_baseline, write_html, write_json
from evals.run import Result, below_baseline, means, run_suite
from evals.scorers import LOWER_IS_BETTER, Score, score
from ingest.build import Source, read_source
from ingest.split import split

DAY = date(2026, 3, 1)


def _hits() -> list[tuple[Hit, str]]:
    """Give a passage of each of some shipped digests, with its document's text."""
    found = []
    for path in digest_paths()[::3]:
        source = read_source(Source(str(path), path), {}, "")
        passage = split(source)[0]
        hit = Hit(replace(passage, valid_from=None, valid_to=None), source.document, 1.0, 0.8, 1.0, ("vector",))
        found.append((hit, source.text))
    return found


@pytest.fixture(scope="module")
def shelf() -> list[tuple[Hit, str]]:
    return _hits()


def right_answer(hit: Hit, other: Hit) -> Answer:
    passage = hit.passage
    citation = Citation(passage.id, passage.document_id, passage.text, passage.start, passage.end, None)
    question = Question("?", DAY, None, (), (), Intent.OTHER, False)
    provenance = Provenance("extractive", "e", 1, "s", {})
    sentence = Sentence(passage.text, Role.BACKGROUND, (citation,))
    return Answer(question, Status.ANSWERED, Verdict.NONE, (sentence,), (), None, (hit, other), (), (), provenance)


def abstained(answer: Answer) -> Answer:
    return replace(answer, status=Status.ABSTAINED, sentences=(), abstention=Abstention(Reason.NO_EVIDENCE, "", ""))


def case_for(hit: Hit) -> Case:
    nuggets = (Nugget(hit.passage.text, hit.passage.anchor, True),)
    return Case("c", "?", DAY, None, Status.ANSWERED, Verdict.NONE, nuggets, (hit.passage.anchor,), (), (), (), None, ("t",))


def marks(shelf: list[tuple[Hit, str]]) -> Iterator[Marked]:
    texts = {hit.document.id: text for hit, text in shelf}
    weigh = rarity(hit.passage.text for hit, _ in shelf)
    for (hit, _), (other, _) in zip(shelf, [*shelf[1:], shelf[0]], strict=True):
        yield Marked(case_for(hit), right_answer(hit, other), lambda identity: texts[identity], weigh)


def values(marked: Marked) -> dict[str, float | None]:
    return {found.scorer: found.value for found in score(marked)}


def test_a_right_answer_scores_full_marks(shelf: list[tuple[Hit, str]]) -> None:
    for marked in list(marks(shelf))[:40]:
        for name, value in values(marked).items():
            assert value in {0.0 if name in LOWER_IS_BETTER else 1.0, None}, name


def test_no_metric_is_bought_by_abstaining(shelf: list[tuple[Hit, str]]) -> None:
    for marked in list(marks(shelf))[:20]:
        silent = values(replace(marked, answer=abstained(marked.answer)))
        assert silent.keys() == values(marked).keys()
        for name in (
            "citation precision",
            "citation relevance",
            "nuggets, vital",
            "nuggets, all",
            "verdict right",
            "verdict not wrong",
            "code match",
            "answers when due",
        ):
            assert silent[name] == 0.0


def test_a_rule_out_of_force_is_seen(shelf: list[tuple[Hit, str]]) -> None:
    marked = next(marks(shelf))
    late = replace(marked.answer.evidence[0], passage=replace(marked.answer.evidence[0].passage, valid_to=date(2025, 12, 31)))
    assert values(replace(marked, answer=replace(marked.answer, evidence=(late,))))["in force"] == 0.0


def test_a_wrong_verdict_is_worse_than_none(shelf: list[tuple[Hit, str]]) -> None:
    marked = next(marks(shelf))
    due = replace(marked, case=replace(marked.case, verdict=Verdict.NO))
    assert values(due)["verdict not wrong"] == 1.0
    wrong = values(replace(due, answer=replace(due.answer, verdict=Verdict.YES)))
    assert (wrong["verdict right"], wrong["verdict not wrong"]) == (0.0, 0.0)


def test_means_come_with_error_and_count() -> None:
    found = metric([1.0, 0.0, None, 1.0])
    assert found is not None
    assert (round(found.mean, 3), round(found.error, 3), found.count) == (0.667, 0.333, 3)
    assert metric([None]) is None
    assert by_scorer([Score("a", "m", None), Score("a", "n", 1.0)]).keys() == {"n"}


def test_the_shipped_suites_hold_what_they_promise() -> None:
    starter = load_suite("starter")
    assert (len(starter), sum(c.answerable for c in starter)) == (30, 20)
    golden = load_suite("golden")
    assert sum(c.answerable for c in golden) >= 320
    assert sum(not c.answerable for c in golden) >= 120
    tagged = {tag: sum(tag in c.tags for c in golden) for tag in ("year-dependent", "pair", "two-source", "conflict")}
    assert all(tagged[tag] >= least for tag, least in (("year-dependent", 60), ("pair", 50), ("two-source", 40), ("conflict", 30)))


def test_no_source_page_serves_dev_and_test() -> None:
    page_of = {p.anchor: str(path) for path in digest_paths() for p in split(read_source(Source(str(path), path), {}, ""))}
    cases = [load_suite("golden", part) for part in ("dev", "test")]
    dev, test = ({page_of[a] for c in each for a in (*c.gold, *(n.fact for n in c.nuggets)) if a} for each in cases)
    assert not dev & test


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not a JSON object"),
        ('{"id": "a", "question": "q", "as_of": "2026-01-01", "status": "answered"}', "vital nugget"),
        ('{"id": "a", "question": "q", "as_of": "soon", "status": "abstained"}', "as_of"),
        ('{"id": "a", "question": "q", "as_of": "2026-01-01", "status": "abstained", "extra": 1}', "extra"),
    ],
)
def test_a_line_that_is_no_case_is_named(line: str, message: str) -> None:
    with pytest.raises(EvalError, match=message) as told:
        list(read_cases(["", line], "suite.jsonl"))
    assert "suite.jsonl, line 2" in str(told.value)


def test_unknown_suites_and_splits_are_told() -> None:
    with pytest.raises(EvalError, match="golden, starter"):
        load_suite("nothing")
    with pytest.raises(EvalError, match="no splits"):
        load_suite("starter", "dev")


def test_reports_show_scores_and_keep_the_test_split_unread(shelf: list[tuple[Hit, str]], tmp_path: Path) -> None:
    results = [Result(m, score(m)) for m in list(marks(shelf))[:5]]
    shown = render_table(results, {"MRR": 0.5}, show_cases=True)
    assert "+0.500" in shown
    assert "worst" in shown
    assert "wrong verdicts ↓" in shown
    assert "worst" not in render_table(results, {}, show_cases=False)
    write_html(results, tmp_path / "r.html", "<b>", show_cases=False)
    page = (tmp_path / "r.html").read_text()
    assert "<svg" in page
    assert "&lt;b&gt;" in page
    assert "<details" not in page
    assert '<a href="#c">' not in page
    write_html(results, tmp_path / "r.html", "r")
    assert '<a href="#c">' in (tmp_path / "r.html").read_text()
    write_json(results, tmp_path / "r.json", show_cases=False)
    written = json.loads((tmp_path / "r.json").read_text())
    assert written["cases"] == []
    assert written["metrics"]["MRR"] == {"mean": 1.0, "error": 0.0, "count": 5}
    write_json(results, tmp_path / "r.json")
    assert len(json.loads((tmp_path / "r.json").read_text())["cases"]) == 5


def test_a_fall_below_the_baseline_is_told(shelf: list[tuple[Hit, str]]) -> None:
    results = [Result(m, score(m)) for m in list(marks(shelf))[:3]]
    assert below_baseline(results, means(results)) == ()
    assert below_baseline(results, {"MRR": 1.02}) == ("MRR 1.000 (baseline 1.020)",)
    assert below_baseline(results, {"MRR": 1.009}) == ()
    assert below_baseline(results, {"quote exactness": 1.009}) != (), "a promise may not fall at all"
    assert load_baseline("no-such-suite") == {}
    assert load_baseline("/mine/starter") == {}, "a file of one's own is not the shipped suite of that name"
    with pytest.raises(EvalError, match="shipped suites"):
        save_baseline(results, "mine/starter.jsonl")


def test_the_curve_counts_answers_kept_and_those_that_are_wrong(shelf: list[tuple[Hit, str]]) -> None:
    results = [Result(m, score(m)) for m in list(marks(shelf))[:4]]
    odd = replace(
        results[0].marked,
        case=replace(results[0].marked.case, verdict=Verdict.NO),
        answer=replace(results[0].marked.answer, verdict=Verdict.YES),
    )
    mixed = [*results[1:], Result(odd, score(odd))]
    assert coverage_and_risk(mixed, 0.0) == (1.0, 0.25)
    assert coverage_and_risk(mixed, 0.9) == (0.0, 0.0)


def test_every_case_is_asked_once_in_order_and_scored(shelf: list[tuple[Hit, str]]) -> None:
    texts = {hit.document.id: text for hit, text in shelf[:5]}
    passages = {hit.document.id: [hit.passage] for hit, _ in shelf[:5]}
    asked: list[str] = []

    def ask(text: str, *, as_of: date, payer: str | None = None) -> Answer:
        asked.append(text)
        return right_answer(shelf[len(asked) % 5][0], shelf[0][0])

    library = SimpleNamespace(
        text=texts.__getitem__, passages=passages.__getitem__, documents=lambda: [(hit.document, "active", 1) for hit, _ in shelf[:5]]
    )
    cases = [replace(case_for(shelf[n % 5][0]), id=f"c{n}", question=f"q{n}") for n in range(1, 4)]
    steps: list[None] = []
    results = run_suite(SimpleNamespace(library=library, ask=ask), cases, lambda: steps.append(None))
    assert asked == ["q1", "q2", "q3"]
    assert [result.marked.case.id for result in results] == ["c1", "c2", "c3"]
    assert len(steps) == 3
    assert means(results)["nuggets, vital"] == 1.0
