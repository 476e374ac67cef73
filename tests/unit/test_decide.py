"""What passed the gate becomes an answer, or an abstention that says why."""

from dataclasses import replace
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
    ("own", "verdict"),
    [((), Verdict.CONDITIONAL), (("p-1",), Verdict.NO), (("p-8",), Verdict.CONDITIONAL), (("p-1", "p-8"), Verdict.CONDITIONAL)],
)
def test_what_others_say_does_not_open_a_rule_of_the_payer_asked_about(own: tuple[str, ...], verdict: Verdict) -> None:
    conflict = Conflict((sentence("A.", Role.CONFLICT), sentence("B.", Role.CONFLICT, "p-8")))
    assert decide.settle(draft(Verdict.NO), [sentence("A.")], [conflict], own)[1] is verdict


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


def hit(*codes: str, identity: str = "p-1", text: str = "A", questions: tuple[str, ...] = (), score: float = 1.0) -> Hit:
    document = Document("d-1", "", "T", "", "", "", "", None, None, "all", "", "", "stated", "", "", "")
    passage = Passage(
        identity, "d-1", 0, 1, text, (), "", None, None, codes, (), (), "all", None, None, "stated", "", (), questions=questions
    )
    return Hit(passage, document, score, 1.0, 1.0, ())


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
    found = [hit("77370", "C7951", "77336", text="A signed order must be documented; 77336 is reported separately.")]
    ideas = decide.follow_ups(question, (), found)
    assert ideas
    topics = [topic for topic in ("document", "modifier", "together") if topic in asked]
    assert not [idea for idea in ideas for topic in topics if topic in idea]
    assert "Can 77370 and 77336 be billed together?" in ideas, "a diagnosis is no code to bill beside another"


def test_follow_ups_are_on_codes_that_the_passages_hold() -> None:
    recorded = hit("77306", text="The plan must be signed.")
    assert decide.follow_ups(read_question("What are 77300-77307?", DAY), (), [recorded]) == ("What must be documented for 77306?",)
    assert decide.follow_ups(read_question("What is a plan?", DAY), (), [hit()]) == ()


def test_a_code_is_not_paired_with_one_that_no_passage_puts_beside_it() -> None:
    listed = hit("77306", "77307", text="The plans 77306 and 77307 were valued in 2015.")
    assert not [idea for idea in decide.follow_ups(read_question("May 77306 be billed?", DAY), (), [listed]) if "77307" in idea]


def test_what_other_passages_are_known_to_answer_is_offered_first() -> None:
    shown = hit("77306", identity="p-1", questions=("May we bill 77306 for an isodose plan?",))
    beside = hit("77306", identity="p-2", questions=("77306 again?", "Does 77306 need a signature of the physician?"))
    other = hit("77321", identity="p-3", questions=("Is 77321 paid for each of the beams?",))
    ideas = decide.follow_ups(read_question("May 77306 be billed?", DAY), [sentence("A", passage="p-1")], [shown, other, beside])
    assert ideas == ("Does 77306 need a signature of the physician?",)


def test_without_a_code_only_passages_near_the_best_offer_their_questions() -> None:
    near = hit(identity="p-2", score=0.9, questions=("Who signs the weekly report of the physicist?",))
    far = hit(identity="p-3", score=0.3, questions=("Which form of the payer is sent by mail?",))
    ideas = decide.follow_ups(read_question("What is a plan?", DAY), (), [hit(), near, far])
    assert ideas == ("Who signs the weekly report of the physicist?",)


def test_an_abstention_names_what_the_nearest_passages_lack_and_what_a_source_should_say() -> None:
    told = decide.no_answer(read_question("How often may 77331 be billed in Ohio?", DAY), Reason.WEAK_EVIDENCE, [hit("77331")], ("ohio",))
    assert told.detail.endswith("The nearest passages do not speak of: ohio.")
    assert told.needed == "A source that answers this question and names 77331. It should say how often or how many times."


def test_a_side_of_a_disagreement_is_not_quoted_twice() -> None:
    lead, decides, side = sentence("L.", Role.CONDITION), sentence("V."), sentence("S.", Role.CONDITION)
    conflict = Conflict((sentence("V.", Role.CONFLICT), sentence("S.", Role.CONFLICT, "p-8"), sentence("L.", Role.CONFLICT, "p-9")))
    assert decide.said_once([lead, decides, side], [conflict]) == (lead, decides)


@pytest.mark.parametrize(("authority", "lesser"), [("forum", True), ("vendor or publisher", True), ("payer", False), ("", False)])
def test_it_is_told_when_all_that_decides_was_said_by_those_who_set_no_rule(authority: str, lesser: bool) -> None:
    found = hit()
    found = replace(found, document=replace(found.document, authority=authority))
    assert decide.rests_on_lesser([sentence("A")], [found]) is lesser
    assert not decide.rests_on_lesser([sentence("A", Role.CONDITION)], [found])


def test_codes_are_told_apart_by_what_names_all_of_them_and_then_each() -> None:
    def drafted(*texts: str) -> Draft:
        return Draft(Verdict.NONE, tuple(DraftSentence(text, Role.BACKGROUND, ()) for text in texts))

    question = read_question("77306 vs 77307", DAY)
    whole = drafted("77306 is paid.", "77307 holds more areas than 77306.")
    found = decide.tell_apart(
        question, whole, [drafted("77306 is simple.", "77306 is old.", "77306 is paid."), drafted("77307 is complex.")]
    )
    assert [s.text for s in found.sentences] == [
        "77307 holds more areas than 77306.",
        "77306 is simple.",
        "77306 is old.",
        "77307 is complex.",
    ]
    assert decide.tell_apart(question, whole, [drafted("77306 is simple."), drafted()]) is whole
    assert decide.tell_apart(question, whole, []) is whole


@pytest.mark.parametrize(
    ("text", "role", "bears"),
    [
        ("The physician orders 77331.", Role.CONDITION, True),
        ("77331 is paid once per port.", Role.CONDITION, False),
        ("77331 is paid once per port.", Role.VERDICT, True),
    ],
)
def test_a_disagreement_on_something_else_about_a_code_bears_on_nothing_asked(text: str, role: Role, bears: bool) -> None:
    question = read_question("Is an order by a physician needed for 77331?", DAY)
    assert decide.bears_on(question, sentence(text, role)) is bears
