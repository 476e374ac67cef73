"""What passed the gate becomes an answer, or an abstention that says why."""

from datetime import date

import pytest

from assistant import decide
from assistant.answer import Citation, Conflict, Draft, DraftSentence, Hit, Reason, Role, Sentence, Status, Verdict
from assistant.question import read_question
from ingest.documents import Document, Passage

DAY = date(2026, 5, 1)


def sentence(quote: str, role: Role = Role.VERDICT, passage: str = "p-1") -> Sentence:
    return Sentence(quote, role, (Citation(passage, "d-1", quote, 0, len(quote), None),))


def draft(verdict: Verdict, count: int = 1) -> Draft:
    return Draft(verdict, (DraftSentence("A.", Role.VERDICT, ()),) * count)


def test_a_draft_that_lost_a_sentence_is_partial() -> None:
    assert decide.settle(draft(Verdict.YES, 1), [sentence("A.")], ()) == (Status.ANSWERED, Verdict.YES)
    assert decide.settle(draft(Verdict.YES, 2), [sentence("A.")], ()) == (Status.PARTIAL, Verdict.YES)


def test_a_verdict_without_the_sentence_that_decides_it_is_none() -> None:
    assert decide.settle(draft(Verdict.YES, 2), [sentence("A.", Role.CONDITION)], ())[1] is Verdict.NONE


@pytest.mark.parametrize(("passage", "verdict"), [("p-1", Verdict.CONDITIONAL), ("p-9", Verdict.NO)])
def test_only_a_disagreement_on_what_decides_makes_the_verdict_conditional(passage: str, verdict: Verdict) -> None:
    conflict = Conflict((sentence("A.", Role.CONFLICT, passage), sentence("B.", Role.CONFLICT, "p-8")))
    assert decide.settle(draft(Verdict.NO), [sentence("A.")], [conflict])[1] is verdict


@pytest.mark.parametrize(
    ("claimed", "question", "quote", "left"),
    [
        (Verdict.YES, "Can I bill 77300?", "77300 may be billed.", Verdict.YES),
        (Verdict.NO, "Can I bill 77300?", "77300 may be billed.", Verdict.NONE),
        (Verdict.NO, "Can I bill 77300?", "77300 is not billed.", Verdict.NO),
        (Verdict.YES, "Can I bill 77300?", "77300 is not billed.", Verdict.NONE),
        (Verdict.YES, "Is 77300 bundled into 77307?", "77300 is included in 77307.", Verdict.YES),
        (Verdict.YES, "Can I bill 77370?", "77370 may be billed when a report is written.", Verdict.CONDITIONAL),
        (Verdict.CONDITIONAL, "Can I bill 77300?", "77300 may be billed.", Verdict.CONDITIONAL),
        (Verdict.YES, "Can I bill 77300?", "The physicist works here.", Verdict.NONE),
        (Verdict.YES, "What is 77300?", "77300 may be billed.", Verdict.NONE),
        (Verdict.NONE, "Can I bill 77300?", "77300 may be billed.", Verdict.NONE),
    ],
)
def test_a_models_verdict_is_proved_by_its_quotes(claimed: Verdict, question: str, quote: str, left: Verdict) -> None:
    assert decide.proved_verdict(claimed, read_question(question, DAY), [sentence(quote)]) is left


def test_a_models_verdict_without_a_deciding_sentence_is_none() -> None:
    question = read_question("Can I bill 77300?", DAY)
    assert decide.proved_verdict(Verdict.YES, question, [sentence("77300 may be billed.", Role.BACKGROUND)]) is Verdict.NONE


def test_each_unknown_code_is_named_with_what_it_may_stand_for() -> None:
    told = decide.unknown_codes(["77730", "99999"], ["77336", "77370", "G6015"])
    assert told.reason is Reason.UNKNOWN_CODE
    assert told.detail == "No such code in the library: 77730; near: 77370. No such code in the library: 99999."
    assert told.needed == "A source that names 77730, 99999, if the number is right."


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_of_its_own(reason: Reason) -> None:
    told = decide.no_answer(read_question("Can I bill 77300?", DAY, "Aetna"), reason, ())
    assert told.reason is reason
    assert told.detail.endswith("No passage is in scope.")
    assert "77300" in told.needed
    assert "Aetna" in told.needed
    assert "\n" not in told.detail + told.needed


def hit(*codes: str) -> Hit:
    document = Document("d-1", "", "T", "", "", "", "", None, None, "all", "", "", "stated", "", "", "")
    return Hit(
        Passage("p-1", "d-1", 0, 1, "A", (), "", None, None, codes, (), (), "all", None, None, "stated", "", ()),
        document,
        1.0,
        1.0,
        1.0,
        (),
    )


@pytest.mark.parametrize(
    "asked",
    [
        "What must be documented for 77370?",
        "what must be documented for 77370",
        "What documentation does 77370 need?",
        "Which modifier applies to 77370?",
        "does 77370 take a modifier",
        "May 77370 be billed?",
    ],
)
def test_follow_ups_never_ask_again_what_was_asked(asked: str) -> None:
    question = read_question(asked, DAY)
    ideas = decide.follow_ups(question, [hit("77370", "C7951", "77336")])
    assert ideas
    topics = [topic for topic in ("document", "modifier", "together") if topic in asked]
    assert not [idea for idea in ideas for topic in topics if topic in idea]
    assert "Can 77370 and 77336 be billed together?" in ideas, "a diagnosis is no code to bill beside another"


def test_follow_ups_are_on_codes_that_the_passages_hold() -> None:
    assert decide.follow_ups(read_question("What are 77300-77307?", DAY), [hit("77306")])[0] == "What must be documented for 77306?"
    assert decide.follow_ups(read_question("What is a plan?", DAY), [hit()]) == ()
