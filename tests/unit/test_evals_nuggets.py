"""Nuggets are matched as a reader matches them; sentences are supported only by quotes that say as much."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from corpus.digests import digest_paths
from corpus.paragraphs import read_digest
from evals.cases import load_suite
from evals.claims import Weigh, rarity
from evals.nuggets import Quoted, Relation, asserts, states
from evals.support import backs
from ingest.documents import Passage

DAY = date(2026, 3, 1)
PAIRS = Path(__file__).parents[1] / "data" / "nugget_pairs.jsonl"
CLAIMS = Path(__file__).parents[1] / "data" / "must_not_pairs.jsonl"


@cache
def weigh() -> Weigh:
    return rarity(p.text for path in digest_paths() for p in read_digest(path.read_text()).paragraphs)


def passage(text: str, heading: str = "") -> Passage:
    return Passage("p", "d", 0, len(text), text, (heading,), "", None, None, (), (), (), "all", None, None, "", "", ())


def said(pair: dict[str, Any]) -> bool:
    days = [date.fromisoformat(pair[key]) if pair[key] else None for key in ("valid_from", "valid_to")]
    held = replace(passage(pair["passage"], pair["heading"]), named_codes=tuple(pair["codes"]), valid_from=days[0], valid_to=days[1])
    return states(
        pair["nugget"], Quoted(pair["quote"], held), Relation[pair["relation"].upper()], date.fromisoformat(pair["as_of"]), weigh()
    )


def kappa(outcomes: list[tuple[bool, bool]]) -> float:
    """Cohen (1960)."""
    agree = sum(a == b for a, b in outcomes) / len(outcomes)
    ours, theirs = (sum(side) / len(outcomes) for side in zip(*outcomes, strict=True))
    chance = ours * theirs + (1 - ours) * (1 - theirs)
    return (agree - chance) / (1 - chance)


def test_the_rule_agrees_with_a_reader() -> None:
    pairs = [json.loads(line) for line in PAIRS.read_text().splitlines()]
    assert Counter(pair["set"] for pair in pairs) == {"tuning": 196, "held-out": 100}
    outcomes = {of: [(said(pair), pair["states"]) for pair in pairs if pair["set"] == of] for of in ("tuning", "held-out")}
    assert kappa(outcomes["held-out"]) >= 0.8
    assert kappa(outcomes["tuning"]) >= 0.8


def test_the_two_sets_of_pairs_share_no_nugget() -> None:
    pairs = [json.loads(line) for line in PAIRS.read_text().splitlines()]
    tuned, kept = ({pair["nugget"] for pair in pairs if pair["set"] == of} for of in ("tuning", "held-out"))
    assert not tuned & kept


def test_the_rule_for_claims_that_must_not_appear_agrees_with_a_reader() -> None:
    pairs = [json.loads(line) for line in CLAIMS.read_text().splitlines()]
    assert Counter(pair["set"] for pair in pairs) == {"tuning": 50, "held-out": 30}
    outcomes = {
        of: [(asserts(pair["sentence"], pair["claim"], weigh()), pair["makes"]) for pair in pairs if pair["set"] == of]
        for of in ("tuning", "held-out")
    }
    assert kappa(outcomes["tuning"]) >= 0.9
    assert kappa(outcomes["held-out"]) >= 0.7
    tuned, kept = ({pair["claim"] for pair in pairs if pair["set"] == of} for of in ("tuning", "held-out"))
    assert not tuned & kept


@pytest.mark.parametrize(
    ("sentence", "claim", "made"),
    [
        ("77370 is billed if the course has ended.", "77370 is billed", False),
        ("77370 is billed when the course has ended.", "77370 is billed and the course has ended", True),
        ("Before 2026, 77370 was billed weekly.", "77370 was billed weekly", False),
        ("77370 is billed for each plan.", "77370 is billed per plan", True),
        ("77370 or 77336 is billed weekly, never both.", "77370 and 77336 is billed weekly", False),
        ("Some coders use no modifier on 77370.", "no coders use a modifier on 77370", False),
    ],
)
def test_conditions_times_and_afterthoughts_tell_a_claim_from_its_like(sentence: str, claim: str, made: bool) -> None:
    assert asserts(sentence, claim, weigh()) is made


def other(nugget: str, quote: str) -> bool:
    return states(nugget, Quoted(quote, passage(quote)), Relation.OTHER, DAY, weigh())


@pytest.mark.parametrize(
    ("nugget", "quote"),
    [
        ("77370 may be billed twice per course", "77336 may be billed twice per course"),
        ("Weekly chart checks may be remote", "Weekly chart checks may not be remote"),
        ("Only a physicist may sign the report", "A physicist may sign the report"),
        ("Medicare pays 77387 at 40 percent", "Medicare pays 77387 at 60 percent"),
        ("CMS removed the edit", "CMS proposed to remove the edit"),
    ],
)
def test_what_differs_in_one_thing_that_matters_is_not_stated(nugget: str, quote: str) -> None:
    assert other(nugget, nugget)
    assert not other(nugget, quote)


def test_a_claim_that_must_not_appear_counts_only_when_it_is_said() -> None:
    assert asserts("77370 guides future planning of treatment.", "77370 guides future planning.", weigh())
    assert not asserts("77370 never guides future planning.", "77370 guides future planning.", weigh())
    assert not asserts("Weekly chart checks may be remote.", "All chart checks may be remote.", weigh())
    assert not asserts("77336 guides future planning.", "77370 guides future planning.", weigh())


def test_every_forbidden_claim_of_dev_is_seen_when_it_is_said() -> None:
    claims = [claim for case in load_suite("golden", "dev") for claim in case.must_not]
    assert len(claims) > 100
    assert all(asserts(f"It rains; {claim}", claim, weigh()) for claim in claims)


@pytest.mark.parametrize(
    ("sentence", "supported"),
    [
        ("The physicist signs the 77370 report within 5 days if the physician asks.", True),
        ("The physicist signs the 77370 report if the physician asks.", True),
        ("The physicist signs the 77371 report within 5 days if the physician asks.", False),
        ("The physicist signs the 77370 report within 6 days if the physician asks.", False),
        ("The physicist never signs the 77370 report within 5 days if the physician asks.", False),
        ("The physicist signs the 77370 report within 5 days.", False),
        ("Hyperthermia is covered for superficial melanoma recurrences if the physician asks.", False),
    ],
)
def test_a_sentence_is_supported_by_what_says_as_much(sentence: str, supported: bool) -> None:
    evidence = "The physicist signs the 77370 report within 5 days if the physician asks. Hard copies are kept."
    assert backs(sentence, evidence, weigh()) is supported
