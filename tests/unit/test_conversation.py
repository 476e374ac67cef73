"""Follow-up questions take over what they mean from the conversation, and a new subject starts clean.

Each case is a conversation: the turns before, the turn that counts, and what it must resolve to (codes, payer, date of
service, whether something was carried over). `HELD` was written before the rules and was not looked at while they were built.
"""

from datetime import date

import pytest

from assistant.answer import Kind, Question, Setting
from assistant.conversation import Asked, Context, Resolved, after, only, resolve, without
from assistant.payers import NamedPayer, find_payer
from assistant.question import read_question
from assistant.reading import settle_circumstances
from corpus.payers import load_payer_names

TODAY = date(2026, 5, 1)
MID_2024, MID_2025 = date(2024, 6, 30), date(2025, 6, 30)
NAMES = load_payer_names()
Case = tuple[tuple[str, ...], tuple[str, ...], str | None, date, bool]


class PlainReader:
    """Reads as the assistant does, with the shipped names of payers and no library."""

    def read(self, text: str, as_of: date | None, payer: str | None) -> Question:
        return settle_circumstances(read_question(text, as_of or TODAY, payer), as_of, names=NAMES, known=())

    def named_payer(self, text: str) -> NamedPayer | None:
        return find_payer(text, NAMES, ())


READER = PlainReader()
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


def follow(turns: tuple[str, ...], start: Context | None = None) -> tuple[Resolved, Question, Context | None]:
    context = start
    for text in turns:
        asked = Asked(text)
        resolved = resolve(asked, context, READER, TODAY)
        question = READER.read(resolved.text, resolved.as_of, resolved.payer)
        if resolved.is_question:
            context = after(question, asked, context, reader=READER, today=TODAY)
    return resolved, question, context


@pytest.mark.parametrize("case", [*CASES, *HELD], ids=lambda case: " | ".join(case[0]))
def test_a_turn_means_what_it_means_after_the_turns_before(case: Case) -> None:
    turns, codes, payer, day, carries = case
    resolved, question, _ = follow(turns)
    assert (set(question.codes), question.payer, question.as_of, bool(resolved.carried)) == (set(codes), payer, day, carries)
