"""Figures on what is wrong, on pairs of dates, on conflicts, and on citations that bear on the question."""

from dataclasses import replace
from datetime import date

import pytest

from assistant.answer import Abstention, Answer, Citation, Hit, Intent, Provenance, Question, Reason, Role, Sentence, Status, Verdict
from evals.cases import Case, Nugget
from evals.claims import rarity
from evals.marked import Marked
from evals.run import BOTH_SIDES, PAIRED, Result, below_baseline, means, with_pairs
from evals.scorers import CONFLICT, LOWER_IS_BETTER, score
from ingest.documents import Document, Passage

DAY = date(2026, 3, 1)
TEXTS = {
    "f-yes": "77370 may be billed after treatment ends when a physician asks for an analysis of past treatment.",
    "f-no": "77370 is never billed after treatment ends, whatever a physician asks for.",
    "f-once": "An analysis of past treatment under 77370 is billed once for each course.",
    "f-other": "A film badge worn under 77370 is read monthly by a dosimetry company.",
    "f-code": "Hyperthermia 77600 warms no deeper than four centimeters.",
}
DISPUTES = frozenset({frozenset(("f-yes", "f-no"))})
DOCUMENT = Document("d", "", "t", "p", "forum", "", "", None, None, "all", "", "", "stated", "text/markdown", "", "")


def hit(anchor: str) -> Hit:
    text = TEXTS[anchor]
    code = "77600" if anchor == "f-code" else "77370"
    passage = Passage(f"p-{anchor}", "d", 0, len(text), text, (), "", None, None, (code,), (), (), "all", None, None, "", anchor, ())
    return Hit(passage, DOCUMENT, 1.0, 0.5, 1.0, ("vector",))


def marked(*anchors: str, verdict: Verdict = Verdict.YES, case: dict[str, object] | None = None) -> Marked:
    """Give an answer that quotes these paragraphs in full, beside a case that `f-yes` answers with yes."""
    hits = [hit(anchor) for anchor in anchors]
    cited = [(h.passage, Citation(h.passage.id, "d", h.passage.text, 0, len(h.passage.text), None)) for h in hits]
    sentences = tuple(Sentence(p.text, Role.BACKGROUND, (c,)) for p, c in cited)
    nuggets = (Nugget(TEXTS["f-yes"], "f-yes", vital=True),)
    due = Case("c", "May 77370 be billed?", DAY, None, Status.ANSWERED, Verdict.YES, nuggets, ("f-yes",), (), ("77370",), (), None, ())
    none = None if sentences else Abstention(Reason.NO_EVIDENCE, "", "")
    answer = Answer(
        Question("?", DAY, None, (), (), Intent.OTHER, asks_ruling=True),
        Status.ANSWERED if sentences else Status.ABSTAINED,
        verdict if sentences else Verdict.NONE,
        sentences, (), none, tuple(hits), (), (), Provenance("extractive", "e", 1, "s", {}),
    )  # fmt: skip
    return Marked(replace(due, **(case or {})), answer, lambda _: "", rarity(TEXTS.values()), DISPUTES, TEXTS)  # type: ignore[arg-type]


def value(found: Marked, name: str) -> float | None:
    return next(s.value for s in score(found) if s.scorer == name)


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (marked("f-yes", verdict=Verdict.NO), 1.0),
        (marked("f-yes", verdict=Verdict.CONDITIONAL), 1.0),
        (marked("f-yes", verdict=Verdict.NONE), 0.0),
        (marked("f-yes"), 0.0),
        (marked(), 0.0),
        (marked("f-yes", verdict=Verdict.NO, case={"status": Status.ABSTAINED}), None),
    ],
)
def test_a_verdict_is_wrong_when_another_is_given_and_not_when_none_is(found: Marked, wrong: float | None) -> None:
    assert value(found, "wrong verdicts") == wrong


def test_a_claim_that_must_not_appear_is_counted_where_it_is_said() -> None:
    claim = {"must_not": ("77370 is never billed after treatment ends",)}
    assert value(marked("f-no", case=claim), "must-not said") == 1.0
    assert value(marked("f-yes", case=claim), "must-not said") == 0.0
    assert value(marked(case=claim), "must-not said") == 0.0
    assert value(marked("f-no"), "must-not said") is None


def test_a_conflict_is_shown_when_both_sides_are_cited() -> None:
    conflict = {"gold": ("f-yes", "f-no"), "tags": (CONFLICT,)}
    assert value(marked("f-yes", "f-no", case=conflict), "conflicts shown") == 1.0
    assert value(marked("f-yes", "f-once", case=conflict), "conflicts shown") == 0.0
    assert value(marked(case=conflict), "conflicts shown") == 0.0
    assert value(marked("f-yes", "f-no"), "conflicts shown") is None
    assert value(marked("f-yes", "f-no", case={"gold": ("f-yes", "f-once"), "tags": (CONFLICT,)}), "conflicts shown") is None


@pytest.mark.parametrize(
    ("cited", "precise", "relevant"),
    [("f-yes", 1.0, 1.0), ("f-once", 0.0, 1.0), ("f-no", 0.0, 1.0), ("f-other", 0.0, 0.0), ("f-code", 0.0, 0.0)],
)
def test_a_citation_is_relevant_beyond_gold_only_on_the_code_and_the_matter_asked(cited: str, precise: float, relevant: float) -> None:
    found = marked(cited)
    assert (value(found, "citation precision"), value(found, "citation relevance")) == (precise, relevant)


def test_what_disagrees_with_a_gold_passage_is_relevant() -> None:
    disputed = replace(marked("f-other"), disputes=frozenset({frozenset(("f-yes", "f-other"))}))
    assert value(disputed, "citation relevance") == 1.0


def test_a_passage_out_of_force_is_not_relevant() -> None:
    found = marked("f-once")
    evidence = tuple(replace(h, passage=replace(h.passage, valid_to=date(2025, 12, 31))) for h in found.answer.evidence)
    assert value(replace(found, answer=replace(found.answer, evidence=evidence)), "citation relevance") == 0.0


def test_silence_is_neither_precise_nor_relevant() -> None:
    assert value(marked(), "citation relevance") == value(marked(), "citation precision") == 0.0


def pair(first: Marked, second: Marked) -> float:
    on = [replace(m, case=replace(m.case, id=str(n), tags=(PAIRED,))) for n, m in enumerate((first, second))]
    return means(with_pairs([Result(m, score(m)) for m in on]))[BOTH_SIDES]


def test_a_pair_of_dates_is_right_when_both_sides_are() -> None:
    right, wrong, without_nugget = marked("f-yes"), marked("f-yes", verdict=Verdict.NO), marked("f-other")
    assert pair(right, right) == 1.0
    assert pair(right, wrong) == pair(wrong, right) == pair(right, without_nugget) == pair(right, marked()) == 0.0
    silent = {"status": Status.ABSTAINED, "nuggets": (), "gold": (), "verdict": Verdict.NONE}
    assert pair(right, marked(case=silent)) == 1.0
    assert pair(right, marked("f-yes", case=silent)) == 0.0


def test_cases_that_ask_something_else_or_of_another_payer_make_no_pair() -> None:
    alone = [marked("f-yes", case={"tags": (PAIRED,), **other}) for other in ({}, {"question": "Else?"}, {"payer": "Aetna"})]
    assert BOTH_SIDES not in means(with_pairs([Result(m, score(m)) for m in alone]))


def test_figures_of_what_is_wrong_fall_below_their_baseline_by_rising() -> None:
    results = [Result(m, score(m)) for m in (marked("f-yes", verdict=Verdict.NO), marked("f-yes"))]
    assert "wrong verdicts" in LOWER_IS_BETTER
    assert below_baseline(results, {"wrong verdicts": 0.4}) == ("wrong verdicts 0.500 (baseline 0.400)",)
    assert below_baseline(results, {"wrong verdicts": 0.6}) == ()
