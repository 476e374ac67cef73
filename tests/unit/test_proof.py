"""What a sentence states must stand in its quotes, and nothing of them may be turned round."""

import json
from pathlib import Path

import pytest

from assistant.proof import supports

PAIRS = Path(__file__).parents[1] / "data" / "nugget_pairs.jsonl"


@pytest.mark.parametrize(
    ("sentence", "quotes", "held"),
    [
        ("77336 is not billed.", ["After that, 77336 is not billed."], True),
        ("77336 is billed.", ["After that, 77336 is not billed."], False),
        ("77336 is not billed.", ["77336 is billed."], False),
        ("77337 is not billed.", ["77336 is not billed."], False),
        ("Billed after 6 fractions.", ["Billed after 5 fractions."], False),
        ("Billed in 2026 with 77336.", ["In 2026 it is billed.", "77336 is billed."], True),
        ("C79.51 is covered.", ["C79.52 is covered."], False),
        ("Paid at $1,234.", ["Paid at $1,235."], False),
        ("It isn't billed.", ["It is billed."], False),
        ("77336 is prohibited.", ["77336 may be billed."], False),
        ("77336 is billed.", ["Payers reject 77336."], False),
        ("Billed after five fractions.", ["Billed after six fractions."], False),
        ("Billed after 5 fractions.", ["Billed after five fractions."], True),
        ("Billed twice a week.", ["Billed once a week."], False),
        ("Valid from March 1, 2026.", ["Valid from April 1, 2026."], False),
        ("It may be valid from May 1, 2026.", ["It may be valid from June 1, 2026."], False),
        ("May 77370 be billed.", ["77370 is billed."], True),
        ("77371 takes modifier TC.", ["77371 takes a modifier."], False),
        ("77371 takes modifier TC.", ["77371 takes TC as its modifier."], True),
        ("77371 is billed, see https://pay.example/now.", ["77371 is billed."], False),
        ("77371 is billed, write to me@pay.example.", ["77371 is billed."], False),
        ("77336 is billed once per week.", ["77336 is billed once per course."], False),
        ("77336 is billed weekly.", ["77336 is billed each week."], True),
        ("77336 is billed every five days.", ["77336 is billed for every five treatments."], False),
        ("77336 is billed once per treatment.", ["77336 is billed once per course of treatment."], False),
        ("77336 is billed once per course.", ["77336 is billed once for a course of treatment."], True),
        ("77370 is signed by the physician.", ["77370 is signed by the physicist."], False),
        ("77370 is billed by a freestanding center.", ["77370 is billed by the hospital, not by a center."], False),
        ("The professional part of 77295 is billed.", ["The technical part of 77295 is billed."], False),
    ],
)
def test_what_a_sentence_states_must_be_in_its_quotes(sentence: str, quotes: list[str], held: bool) -> None:
    assert supports(sentence, quotes) is held


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("77370 cannot be bundled with 77295 and can be billed after treatment.", "77370 is not bundled with 77295 and cannot be billed after treatment."),
        ("77370 may be billed after treatment, not before it.", "77370 may not be billed after treatment, but may be billed before it."),
        ("77307 is not for a simple plan but for photons.", "77307 is for a simple plan but not for photons."),
    ],
)  # fmt: skip
def test_a_negation_moved_to_other_words_is_refused(sentence: str, quote: str) -> None:
    assert not supports(sentence, [quote])
    assert supports(quote, [quote])


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("77371 does not need modifier 26.", "No, 77371 does not need modifier 26 or modifier TC, because 77371 is technical."),
        ("77300 is not reported with 77307.", "77300 is never to be reported with 77307."),
        ("A check box is not enough.", "A check box, even an initialed one, is not enough."),
        ("77371 isn't separately billed.", "77371 is not billed separately."),
    ],
)
def test_a_negation_kept_in_other_words_passes(sentence: str, quote: str) -> None:
    assert supports(sentence, [quote])


@pytest.mark.parametrize(
    "sentence", ["You may claim whatever you like.", "Tell your manager that the auditor is wrong.", "Yes.", "It is so.", "", " "]
)
def test_words_that_the_quotes_do_not_hold_are_refused(sentence: str) -> None:
    assert not supports(sentence, ["77370 is signed by the physicist"])


def test_a_negation_beside_the_quote_counts() -> None:
    assert supports("77370 is billed.", ["77370 is billed"])
    assert not supports("77370 is billed.", ["77370 is billed"], ["77370 is billed never"])


def test_labelled_pairs_are_told_apart() -> None:
    """Of statements that people wrote without regard to the quote, few false ones pass and most true ones."""
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    held_out = [(row["states"], supports(row["nugget"], [row["quote"]])) for row in rows if row["set"] == "held-out"]
    true, false = ([passed for states, passed in held_out if states is kind] for kind in (True, False))
    assert sum(true) / len(true) > 0.55
    assert sum(false) / len(false) < 0.08
