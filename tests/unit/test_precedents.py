from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Hit, Question, Verdict
from assistant.precedents import Policy, Precedents
from assistant.question import read_question
from corpus.digests import digest_paths
from corpus.paragraphs import read_digest
from corpus.precedents import RULED, Precedent, load_precedents, precedent_facts
from ingest.documents import Document, Passage
from ingest.embed import OnnxEmbedder

DAY = date(2026, 3, 1)
HELD = {
    "limit": (
        Precedent("Can 77336 be billed twice in one week?", "no"),
        Precedent("Is one 77336 a week allowed?", "yes"),
        Precedent("Does the physicist sign 77336?", "unsaid"),
    ),
    "sign": (
        Precedent("Must the physicist sign the chart check?", "yes"),
        Precedent("Can a dosimetrist sign the chart check alone?", "no"),
    ),
}


def asked(text: str) -> Question:
    return read_question(text, DAY)


def hit(anchor: str, score: float = 1.0, *, conflicts: tuple[str, ...] = ()) -> Hit:
    text = f"What {anchor} says."
    passage = Passage(anchor, "d-1", 0, len(text), text, (), "", None, None, (), (), (), "all", None, None, "stated", anchor, conflicts)
    document = Document("d-1", "0", "Rules", "Society", "society", "", "", None, None, "all", "", "", "stated", "", "", "")
    return Hit(passage, document, score, 0.8, 0.8, ("vector",))


@pytest.fixture(scope="module")
def embedder(runtime: Path) -> OnnxEmbedder:
    return OnnxEmbedder(runtime)


@pytest.fixture
def precedents(embedder: OnnxEmbedder) -> Precedents:
    return Precedents(embedder, lambda facts: {fact: HELD[fact] for fact in facts if fact in HELD}, Policy(least_sure=0.3))


@pytest.mark.parametrize(
    ("question", "verdict", "anchor"),
    [
        ("May we bill 77336 two times in the same week?", Verdict.NO, "limit"),
        ("Is it allowed to bill one 77336 a week?", Verdict.YES, "limit"),
        ("Can the chart check be signed by a dosimetrist alone?", Verdict.NO, "sign"),
    ],
)
def test_the_precedent_that_asks_the_same_rules_and_its_passage_decides(
    precedents: Precedents, question: str, verdict: Verdict, anchor: str
) -> None:
    ruling = precedents.rule(asked(question), [hit("limit"), hit("sign")], Verdict.NONE)
    assert ruling is not None
    assert (ruling.verdict, ruling.hit.passage.anchor) == (verdict, anchor)
    assert 0 < ruling.sure <= 1


def test_nothing_is_ruled_without_precedents_or_where_the_nearest_do_not_settle_it(precedents: Precedents, embedder: OnnxEmbedder) -> None:
    assert precedents.rule(asked("May we bill 77336 two times in the same week?"), [hit("other")], Verdict.NONE) is None
    unsaid = Precedents(embedder, lambda facts: {"limit": HELD["limit"][2:]} if "limit" in facts else {})
    assert unsaid.rule(asked("Does the physicist sign 77336?"), [hit("limit")], Verdict.NONE) is None


def test_a_precedent_that_says_never_weighs_less_for_a_question_that_does_not(embedder: OnnxEmbedder) -> None:
    held = (
        Precedent("77370 can never be billed once treatment ends, right?", "no"),
        Precedent("Treatment is over, is 77370 still billed now and then?", "yes"),
    )
    chances = [
        Precedents(embedder, lambda facts: {"late": held} if "late" in facts else {}, Policy(least_sure=0.0, extreme=extreme)).rule(
            asked("Can 77370 be billed once treatment ends?"), [hit("late")], Verdict.NONE
        )
        for extreme in (1.0, 0.01)
    ]
    assert [ruling and ruling.verdict for ruling in chances] == [Verdict.NO, Verdict.YES]


def test_where_sources_disagree_or_the_best_sentence_sets_a_condition_the_ruling_is_conditional(precedents: Precedents) -> None:
    asks, sides = asked("Is it allowed to bill one 77336 a week?"), [hit("limit", conflicts=("f-other",)), hit("sign")]
    agreed, disputed = precedents.rule(asks, [hit("limit"), hit("sign")], Verdict.NONE), precedents.rule(asks, sides, Verdict.CONDITIONAL)
    assert agreed is not None
    assert disputed is not None
    assert (agreed.verdict, disputed.verdict) == (Verdict.YES, Verdict.CONDITIONAL)
    assert disputed.hit.passage.anchor == "limit"


@pytest.mark.parametrize(("told", "ruled"), [(Verdict.NO, Verdict.NO), (Verdict.YES, None), (Verdict.NONE, None)])
def test_less_is_enough_where_the_best_sentence_says_the_same(embedder: OnnxEmbedder, told: Verdict, ruled: Verdict | None) -> None:
    policy = Policy(least_sure=1.0, least_agreed=0.3)
    strict = Precedents(embedder, lambda facts: {fact: HELD[fact] for fact in facts if fact in HELD}, policy)
    found = strict.rule(asked("May we bill 77336 two times in the same week?"), [hit("limit"), hit("sign")], told)
    assert (found and found.verdict) == ruled


def test_only_the_best_passages_are_compared(embedder: OnnxEmbedder) -> None:
    one = Precedents(embedder, lambda facts: {fact: HELD[fact] for fact in facts if fact in HELD}, Policy(passages=1))
    ruling = one.rule(asked("Can the chart check be signed by a dosimetrist alone?"), [hit("limit"), hit("sign")], Verdict.NONE)
    assert ruling is None or ruling.hit.passage.anchor == "limit"


def test_every_shipped_precedent_is_on_a_shipped_fact_and_asked_once_of_it() -> None:
    facts = {p.fact_id for path in digest_paths() for p in read_digest(path.read_text(encoding="utf-8")).paragraphs}
    held = load_precedents(precedent_facts())
    assert held.keys() <= facts
    assert len(held) >= 1_150
    for fact, precedents in held.items():
        questions = [p.question for p in precedents]
        assert len(set(questions)) == len(questions), fact
        assert {p.ruled for p in precedents} <= set(RULED)


def test_precedents_of_the_same_time_weigh_more(embedder: OnnxEmbedder) -> None:
    held = {
        "From 2026 it is so.": (
            Precedent("Can 77014 be billed for daily guidance in 2024?", "yes"),
            Precedent("Can 77014 be billed for daily guidance in 2027?", "no"),
        )
    }
    found = hit("limit")
    found = replace(found, passage=replace(found.passage, text="From 2026 it is so.", anchor="From 2026 it is so."))
    ruled = {}
    for year in (2025, 2026):
        precedents = Precedents(
            embedder, lambda facts: {fact: held[fact] for fact in facts if fact in held}, Policy(least_sure=0.3, refusals=0.0)
        )
        question = read_question("Can 77014 be billed for daily guidance?", date(year, 6, 1))
        ruling = precedents.rule(question, [found], Verdict.NONE)
        ruled[year] = ruling and ruling.verdict
    assert ruled == {2025: Verdict.YES, 2026: Verdict.NO}


def test_a_rule_of_the_payer_asked_about_is_open_only_where_that_payer_contradicts_itself(embedder: OnnxEmbedder) -> None:
    policy = Policy(least_sure=0.3, disputed=2.5)
    precedents = Precedents(embedder, lambda facts: {fact: HELD[fact] for fact in facts if fact in HELD}, policy)
    limit, other = (of_payer(hit(name, conflicts=(against,)), "Aetna") for name, against in (("limit", "other"), ("other", "limit")))
    ruled = [
        precedents.rule(read_question("Is it allowed to bill one 77336 a week?", DAY, payer), hits, Verdict.NONE)
        for payer, hits in (("Aetna", [limit]), ("Aetna", [limit, other]), ("Cigna", [limit]))
    ]
    assert [ruling and ruling.verdict for ruling in ruled] == [Verdict.YES, Verdict.CONDITIONAL, Verdict.CONDITIONAL]


def of_payer(found: Hit, payer: str) -> Hit:
    return replace(found, passage=replace(found.passage, payer=payer))
