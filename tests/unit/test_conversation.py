"""Follow-up questions take over what they mean from the conversation, and a new subject starts clean.

Each case is a conversation: the turns before, the turn that counts, and what it must resolve to (codes, payer, date of
service, whether something was carried over). `HELD` was written before the rules and was not looked at while they were built.
"""

import random
from datetime import date

import pytest

from assistant.answer import Kind, Setting
from assistant.context import Asked, edited, only, without
from assistant.conversation import after, resolve
from corpus.digests import digest_paths
from corpus.paragraphs import read_digest
from tests.conversing import READER, TODAY, follow

MID_2024, MID_2025 = date(2024, 6, 30), date(2025, 6, 30)
Case = tuple[tuple[str, ...], tuple[str, ...], str | None, date, bool]


PHYSICS = "Can 77370 be billed after treatment ends?"
WEEKLY = "How often may 77336 be billed?"

CASES: tuple[Case, ...] = (
    ((PHYSICS, "What about 77336?"), ("77336",), None, TODAY, True),
    ((PHYSICS, "and for Medicare?"), ("77370",), "Medicare", TODAY, True),
    ((WEEKLY, "UHC?"), ("77336",), "UnitedHealthcare", TODAY, True),
    ((PHYSICS, "what if it was 2024?"), ("77370",), None, MID_2024, True),
    (("Was 77014 payable in 2024?", "and in 2026?"), ("77014",), None, TODAY, True),
    ((PHYSICS, "does that need a modifier?"), ("77370",), None, TODAY, True),
    ((WEEKLY, "and for Aetna?", "who signs it?"), ("77336",), "Aetna", TODAY, True),
    (("Who must sign 77263?", "how often?"), ("77263",), None, TODAY, True),
    ((PHYSICS, "why?"), ("77370",), None, TODAY, True),
    ((PHYSICS, "in 2025?", "are you sure?"), ("77370",), None, MID_2025, True),
    ((PHYSICS, "show me the source"), ("77370",), None, TODAY, True),
    (("Can 77301 be billed after 77263?", "and with 77300?"), ("77301", "77263", "77300"), None, TODAY, True),
    (("How often may 77336 be billed?", "what about hospital outpatient"), ("77336",), None, TODAY, True),
    (("Does 77295 need a modifier?", "so 26 then?"), ("77295",), None, TODAY, True),
    (("Can 77306 be billed twice?", "no I meant 77307"), ("77307",), None, TODAY, True),
    ((PHYSICS, "and if not?"), ("77370",), None, TODAY, True),
    (("Is a signature needed for 77300?", "same for 77295 and 77301?"), ("77295", "77301"), None, TODAY, True),
    ((PHYSICS, "for medicare?", "What is a clinical treatment plan?"), (), None, TODAY, False),
    ((WEEKLY, "UHC?", "Can 77427 be billed for three fractions?"), ("77427",), None, TODAY, False),
    ((WEEKLY, "Is it ok to bill 77300 with 77301?"), ("77300", "77301"), None, TODAY, False),
    (("Can 77301 be billed with 77338?", "does it matter if they are on the same day?"), ("77301", "77338"), None, TODAY, True),
    ((WEEKLY, "thanks, and can it be billed with 77370?"), ("77336", "77370"), None, TODAY, True),
    (("What is special about hyperthermia?", "who performs it?"), (), None, TODAY, True),
    (("Does UHC pay for 77470?", "what about commercial payers"), ("77470",), None, TODAY, True),
    ((WEEKLY, "What is 77427?"), ("77427",), None, TODAY, False),
)

HELD: tuple[Case, ...] = (
    ((PHYSICS, "What about 77336?", "And for Aetna?"), ("77336",), "Aetna", TODAY, True),
    ((WEEKLY, "who signs it"), ("77336",), None, TODAY, True),
    (("Does 77295 need modifier 26 in the hospital?", "in 2024?"), ("77295",), None, MID_2024, True),
    (("Can 77301 be billed with 77300?", "and with 77338?"), ("77301", "77338"), None, TODAY, True),
    (("What must be documented for 77263?", "thanks!", "and 77262?"), ("77262",), None, TODAY, True),
    (("How often may 77427 be billed for Medicare?", "What is a special physics consultation?"), (), None, TODAY, False),
    (("Is 77014 payable?", "no sorry, 77387"), ("77387",), None, TODAY, True),
    (
        ("Can 77336 be billed weekly for UHC?", "Can 77427 be billed if the patient had only 3 fractions?"),
        ("77427",),
        None,
        TODAY,
        False,
    ),
    (("Can G6015 be billed in 2025?", "what changed in 2026?"), ("G6015",), None, TODAY, True),
    (("May 77470 be billed for SBRT?", "Are you sure?"), ("77470",), None, TODAY, True),
    (("Does 77300 need a signature?", "same for 77331 and 77332?"), ("77331", "77332"), None, TODAY, True),
    (("Can 77280 and 77290 be billed on the same day?", "which one pays if not?"), ("77280", "77290"), None, TODAY, True),
    (("Can 77373 be billed with 77435?", "Medicare?"), ("77373", "77435"), "Medicare", TODAY, True),
    (("How many units of 77300 are allowed?", "What about documentation?"), ("77300",), None, TODAY, True),
    (("Is 77332 billable once per course?", "freestanding center?"), ("77332",), None, TODAY, True),
)


@pytest.mark.parametrize("case", [*CASES, *HELD], ids=lambda case: " | ".join(case[0]))
def test_a_turn_means_what_it_means_after_the_turns_before(case: Case) -> None:
    turns, codes, payer, day, carries = case
    resolved, question, _ = follow(turns)
    assert (set(question.codes), question.payer, question.as_of, bool(resolved.carried)) == (set(codes), payer, day, carries)


def test_a_new_subject_offers_what_it_did_not_carry() -> None:
    resolved, _, context = follow((WEEKLY, "UHC?"))
    assert context
    assert (context.payer, context.codes) == ("UnitedHealthcare", ("77336",))
    resolved, question, _ = follow((WEEKLY, "UHC?", "in 2024?", "What is a clinical treatment plan?"))
    assert (resolved.text, question.payer, question.as_of) == ("What is a clinical treatment plan?", None, TODAY)
    assert {(part.kind, part.value) for part in resolved.offered} == {
        (Kind.CODE, "77336"),
        (Kind.PAYER, "UnitedHealthcare"),
        (Kind.DATE, "2024-06-30"),
    }


def test_a_new_subject_offers_no_code_that_nobody_knows() -> None:
    resolved, _, _ = follow(("What does 77998 pay?", "What is a clinical treatment plan?"))
    assert not resolved.offered


@pytest.mark.parametrize(
    ("turns", "kind", "text", "codes", "payer", "day"),
    [
        (
            (WEEKLY, "UHC?", "What is a clinical treatment plan?"),
            Kind.CODE,
            "77336: What is a clinical treatment plan?",
            ("77336",),
            None,
            TODAY,
        ),
        ((WEEKLY, "UHC?", "Can 77300 be billed twice?"), Kind.PAYER, "Can 77300 be billed twice?", ("77300",), "UnitedHealthcare", TODAY),
        (("Was 77014 payable in 2024?", "Can 77300 be billed twice?"), Kind.DATE, "Can 77300 be billed twice?", ("77300",), None, MID_2024),
    ],
)
def test_an_offer_that_is_taken_is_carried_alone(
    turns: tuple[str, ...], kind: Kind, text: str, codes: tuple[str, ...], payer: str | None, day: date
) -> None:
    *before, last = turns
    _, _, context = follow(tuple(before))
    assert context
    chosen = tuple(part for part in context.parts() if part.kind is kind)
    resolved, question, _ = follow((last,), only(context, chosen))
    assert (resolved.text, question.codes, question.payer, question.as_of) == (text, codes, payer, day)
    assert resolved.carried == chosen


@pytest.mark.parametrize(
    ("turns", "kind", "text", "codes", "payer", "day"),
    [
        ((PHYSICS, "for UHC?", "in 2024?"), Kind.PAYER, "Can 77370 be billed after treatment ends for any payer in 2024?", ("77370",), None, MID_2024),
        (("Was 77014 payable in 2024?", "Medicare?"), Kind.DATE, "Was 77014 payable for Medicare?", ("77014",), "Medicare", TODAY),
        (("Can 77301 be billed with 77300?", "Aetna?"), Kind.CODE, "Can this code be billed with 77300 for Aetna?", ("77300",), "Aetna", TODAY),
        (("Does 77295 need modifier 26?", "in an ASC?"), Kind.MODIFIER, "Does 77295 need a modifier in an ambulatory surgery center?", ("77295",), None, TODAY),
        ((PHYSICS, "What about 77336?"), Kind.TOPIC, "What about 77336?", ("77336",), None, TODAY),
    ],
)  # fmt: skip
def test_a_part_taken_away_is_gone_from_the_words_too(
    turns: tuple[str, ...], kind: Kind, text: str, codes: tuple[str, ...], payer: str | None, day: date
) -> None:
    *before, last = turns
    _, _, context = follow(tuple(before))
    assert context
    part = next(part for part in context.parts() if part.kind is kind)
    resolved, question, _ = follow((last,), without(context, part))
    assert (resolved.text, question.codes, question.payer, question.as_of) == (text, codes, payer, day)
    assert part not in resolved.carried


def test_a_part_is_exchanged_for_another() -> None:
    _, _, context = follow(("Was 77014 payable in 2024 for UHC?",))
    assert context
    parts = {part.kind: part for part in context.parts()}
    for kind, value in ((Kind.CODE, "77387"), (Kind.DATE, "2025-02-01"), (Kind.PAYER, "Aetna")):
        context = edited(context, parts[kind], value)
    resolved, question, _ = follow(("are you sure?",), context)
    assert (question.codes, question.payer, question.as_of) == (("77387",), "Aetna", date(2025, 2, 1))
    assert {part.value for part in resolved.carried} >= {"77387", "Aetna", "2025-02-01"}


def test_what_was_given_beside_the_words_holds_until_the_words_say_otherwise() -> None:
    given = Asked(WEEKLY, date(2025, 3, 1), "Aetna")
    first = resolve(given, None, READER, TODAY)
    context = after(given, first, None, READER, TODAY)
    assert context
    assert (context.as_of, context.payer) == (None, None)
    said = resolve(Asked("and for Medicare in 2024?", given.as_of, given.payer), context, READER, TODAY)
    assert (said.payer, said.as_of) == ("Medicare", MID_2024)
    assert {part.kind for part in said.carried} == {Kind.CODE, Kind.TOPIC}
    clean = resolve(Asked("Can 77427 be billed for three fractions?", given.as_of, given.payer), context, READER, TODAY)
    assert (clean.as_of, clean.payer, clean.carried) == (given.as_of, given.payer, ())


def test_a_payer_or_date_chosen_since_takes_the_place_of_the_one_said_before() -> None:
    _, _, context = follow((WEEKLY, "UHC?", "in 2024?"))
    resolved = resolve(Asked("who signs it?", date(2025, 3, 1), "Aetna"), context, READER, TODAY)
    assert (resolved.payer, resolved.as_of) == ("Aetna", date(2025, 3, 1))
    assert {part.kind for part in resolved.carried} == {Kind.CODE}


@pytest.mark.parametrize(
    ("turns", "text"),
    [
        ((WEEKLY, "does Aetna follow that"), "How often may 77336 be billed for Aetna?"),
        (("Was 77014 payable in 2024?", "has that changed since?"), "Was 77014 payable now?"),
        (("Was 77014 payable in 2024?", "and for DOS 1/15/2026?"), "Was 77014 payable on 1/15/2026?"),
        (("Can 77301 be billed with 77338?", "what about 77300?", "and 77370?"), "Can 77301 be billed with 77370?"),
        (("Is 77338 bundled into 77301?", "77334?"), "Is 77334 bundled into 77301?"),
        (("Can 77261-77263 be billed for a boost?", "what about 77300?"), "Can 77300 be billed for a boost?"),
        ((PHYSICS, "what's the difference to 77336?"), "77370: what's the difference to 77336?"),
        (("Does 77295-26 need a report?", "and TC?"), "Does 77295-TC need a report?"),
        ((WEEKLY, "what if no physicist was available"), "How often may 77336 be billed? what if no physicist was available"),
        ((WEEKLY, "how much does medicare pay for it"), "How much does medicare pay for 77336"),
        ((PHYSICS, "waht about 77336"), "Can 77336 be billed after treatment ends?"),
    ],
)
def test_a_follow_up_is_asked_in_full_words(turns: tuple[str, ...], text: str) -> None:
    assert follow(turns)[0].text == text


def test_thanks_ask_nothing_and_the_conversation_goes_on() -> None:
    resolved, _, context = follow((WEEKLY, "thank you so much!"))
    assert (resolved.is_question, resolved.carried) == (False, ())
    assert context
    assert context.codes == ("77336",)


def test_the_place_is_exchanged_and_carried_in_words() -> None:
    _, question, context = follow(("Does 77295 need modifier 26 in the hospital?", "what about freestanding?"))
    assert (question.setting, question.modifiers) == (Setting.FREESTANDING, ("26",))
    resolved, question, _ = follow(("who signs it?",), context)
    assert (resolved.text, question.setting) == ("Who signs 77295 in a freestanding center?", Setting.FREESTANDING)


def test_a_long_story_is_not_dragged_along() -> None:
    story = "Our patient had a long course. " * 30 + "Can 77427 be billed?"
    for turns in ((story, "what about 77336?"), (story, "what about 77336?", "who signs it?")):
        resolved, question, _ = follow(turns)
        assert (len(resolved.text) < 40, question.codes) == (True, ("77336",))


@pytest.mark.parametrize(
    "text",
    [
        "How old is 77470 and why was it made?",
        "What does it mean to bill globally?",
        "If both a board and a custom mold hold the patient, which one is billed?",
        "What should dosimetrists include so that the plan stands up to review?",
        "77778 + 77790?",
        "59 on 77427?",
    ],
)
def test_what_points_to_nothing_before_starts_clean(text: str) -> None:
    resolved, _, _ = follow((WEEKLY, text))
    assert (resolved.text, resolved.carried) == (text, ())


def test_questions_that_stand_on_their_own_start_clean() -> None:
    """Real coders' questions of the shipped sources, each asked after another one: hardly any may be taken for a follow-up."""
    fronts = (read_digest(path.read_text(encoding="utf-8")).front_matter for path in digest_paths())
    sample = random.Random(7).sample(sorted({text for front in fronts for asked in front.questions.values() for text in asked}), 400)
    carried = [text for text in sample if follow((text,), follow(("Can 77336 be billed weekly for Medicare?",))[2])[0].carried]
    assert len(carried) <= 0.02 * len(sample), carried
