"""An answer in the terminal: verdict first, every sentence with the number of its source, nothing that steers the terminal."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from assistant.answer import (
    Abstention,
    Answer,
    Citation,
    Conflict,
    Hit,
    Intent,
    Provenance,
    Question,
    Reason,
    Role,
    Sentence,
    Status,
    Verdict,
)
from ingest.documents import Document, Passage
from ui.safe_text import one_line, printable
from ui.terminal import render

QUOTE = "77370 may be billed after treatment ends."
STEERING = "\x1b[31mred\x1b]0;title\x07 \x9b2J \u202eback \x08\r\u200b\x7f\ud800"


def document(identity: str = "d-1", **changes: Any) -> Document:
    made = Document(
        identity, "", "Physics FAQ", "Society", "specialty society", "2026", "", None, None, "all", "https://society.example/a", "", "stated",
        "text/markdown", "/a.md", "",
    )  # fmt: skip
    return replace(made, **changes)


def hit(identity: str = "d-1", text: str = QUOTE, **changes: Any) -> Hit:
    passage = Passage(
        f"p-{identity}", identity, 10, 10 + len(text), text, ("Physics", "77370"), "", 3, 3, ("77370",), (), (), "all", None, None, "stated",
        "", (),
    )  # fmt: skip
    own = {name: changes.pop(name) for name in ("payer", "valid_from", "valid_to", "section") if name in changes}
    return Hit(replace(passage, **own), document(identity, **changes), 1.0, 0.9, 1.0, ("code",))


def sentence(identity: str = "d-1", role: Role = Role.VERDICT, text: str = QUOTE, page: int | None = 3) -> Sentence:
    return Sentence(text, role, (Citation(f"p-{identity}", identity, text, 10, 10 + len(text), page),))


def answer(*sentences: Sentence, hits: tuple[Hit, ...] = (hit(),), **changes: Any) -> Answer:
    question = Question("May 77370 be billed?", date(2026, 5, 1), None, ("77370",), (), Intent.RULING, True)
    made = {"status": Status.ANSWERED, "verdict": Verdict.YES, "conflicts": (), "abstention": None, "notices": (), "follow_ups": ()}
    made["provenance"] = Provenance("extractive", "hash", 1, "abc", {})
    return Answer(question=question, sentences=sentences, evidence=hits, **{**made, **changes})


def abstained(*hits: Hit, detail: str = "No source names 77999.", **changes: Any) -> Answer:
    told = Abstention(Reason.UNKNOWN_CODE, detail, "a source that names it")
    return answer(hits=hits, status=Status.ABSTAINED, verdict=Verdict.NONE, abstention=told, **changes)


def test_an_answer_is_verdict_day_sentences_and_sources() -> None:
    assert render(answer(sentence(), sentence(role=Role.CONDITION, text="A report is signed."))).split("\n") == [
        "YES. The sources quoted below say yes.",
        "Date of service 2026-05-01 · any payer",
        "",
        f"  {QUOTE} [1]",
        "  Condition: A report is signed. [2]",
        "",
        "Sources",
        "  [1] Society, Physics FAQ, 2026, specialty society, payer all; Physics > 77370, page 3,",
        "      characters 10-51 https://society.example/a",
        "  [2] Society, Physics FAQ, 2026, specialty society, payer all; Physics > 77370, page 3,",
        "      characters 10-29 https://society.example/a",
    ]


@pytest.mark.parametrize(
    ("role", "lead"), [(Role.EXCEPTION, "Exception or limit: "), (Role.DOCUMENTATION, "Documentation: "), (Role.BACKGROUND, "")]
)
def test_every_role_has_its_lead(role: Role, lead: str) -> None:
    assert f"\n  {lead}{QUOTE} [1]\n" in render(answer(sentence(role=role)))


@pytest.mark.parametrize("role", Role)
def test_no_role_is_without_words(role: Role) -> None:
    assert QUOTE in render(answer(sentence(role=role)))


def test_a_disagreement_shows_every_side_with_its_source() -> None:
    sides = (sentence("d-1", Role.CONFLICT), sentence("d-2", Role.CONFLICT, "77370 may not be billed after treatment ends."))
    shown = render(answer(sentence(), hits=(hit(), hit("d-2", publisher="Plan")), conflicts=(Conflict(sides),)))
    assert "They disagree in part" in shown
    assert f"Sources disagree:\n  - {QUOTE} [1]\n  - 77370 may not be billed after treatment ends. [2]\n" in shown
    assert "[2] Plan" in shown


def test_what_is_not_known_of_a_source_leaves_no_gap() -> None:
    bare = hit(title="FAQ", publisher="", authority="", edition="", url="", payer="", section=())
    assert render(answer(sentence(page=None), hits=(bare,))).endswith("\n  [1] FAQ; characters 10-51")


def test_a_source_says_when_it_was_in_force() -> None:
    dated = hit(valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31))
    assert "in force from 2026-01-01 until" in render(answer(sentence(), hits=(dated,)))


def test_an_abstention_says_why_what_is_needed_and_what_is_near() -> None:
    near = [hit(f"d-{n}", title=f"Title {n}") for n in range(5)]
    shown = render(abstained(*near))
    assert shown.startswith(
        "NOT IN YOUR LIBRARY\nDate of service 2026-05-01 · any payer\n\n  No source names 77999.\n  Needed: a source that names it"
    )
    assert [f"Title {n}" in shown for n in range(5)] == [True, True, True, False, False]
    assert "do not answer" in shown
    assert "Nearest" not in render(abstained())


def test_a_near_miss_is_cut_between_words_and_says_so() -> None:
    shown = render(abstained(hit(text="77306-77307 " * 60, publisher="")))
    assert "  - Physics FAQ: 77306-77307" in shown
    assert shown.endswith(" …")
    assert set(shown.split("Physics FAQ:")[1].split()) == {"77306-77307", "…"}


def test_lines_are_narrow_and_no_code_range_or_address_is_broken() -> None:
    text = "Do not report 77370 with the planning codes 77306-77307, 77316-77318, 77300-TC and 77338-26-59 on one day. " * 3
    address = "https://society.example/" + "long-name/" * 12
    shown = render(answer(sentence(text=text), hits=(hit(text=text, url=address),), notices=("The model gave no usable answer.",)))
    assert [line for line in shown.splitlines() if len(line) > 96] == [f"      {address}"]
    for whole in ("77306-77307,", "77316-77318,", "77300-TC", "77338-26-59"):
        assert shown.split().count(whole) == 3


def test_a_partial_answer_and_a_model_are_told() -> None:
    drafted = Provenance("openai:some-model", "hash", 1, "abc", {})
    shown = render(answer(sentence(), status=Status.PARTIAL, provenance=drafted, notices=("Told before.",)))
    assert shown.split("\n")[-3:] == [
        "Note: Told before.",
        "Note: Part of the draft could not be proved by a quote and was left out.",
        "Note: Drafted by openai:some-model; every sentence was checked against its quotes.",
    ]
    assert "Note:" not in render(answer(sentence()))
    assert "Drafted" not in render(abstained(provenance=drafted)), "a model's refusal shows none of its words"


@pytest.mark.parametrize("field", ["title", "publisher", "edition", "authority", "url"])
def test_no_source_can_steer_the_terminal(field: str) -> None:
    for shown in (
        render(answer(sentence(), hits=(hit(**{field: STEERING}),))),
        render(abstained(hit(**{field: STEERING}), detail=STEERING)),
    ):
        assert printable(shown) == shown
        assert shown.isprintable() or set(filter(lambda c: not c.isprintable(), shown)) == {"\n"}


def test_what_steers_goes_and_all_else_stays() -> None:
    assert one_line(STEERING) == "[31mred]0;title 2J back"
    kept = "77370–77373 „é“ 日本 🙂 a\tb\nc"
    assert printable(kept) == kept
