"""What a reader sees of an answer, and that nothing of it is lost or made up."""

from dataclasses import replace
from datetime import date

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
from assistant.record import number_citations
from ingest.documents import Document, Passage
from ui.plain_text import plain_text
from ui.present import CONTEXT_CHARS, announcement, present

QUOTE = "77370 may be billed after treatment ends."
BEFORE = "word " * 400
AFTER = " tail" * 400
TEXT = BEFORE + QUOTE + AFTER


def document(identity: str = "d-1", **changes: object) -> Document:
    plain = Document(
        id=identity,
        sha256="",
        title=f"Title of {identity}",
        publisher="Society",
        authority="specialty society",
        edition="",
        published="2025",
        valid_from=None,
        valid_to=None,
        payer="all",
        url="https://society.example/a",
        licence="",
        basis="stated",
        media_type="text/markdown",
        path="/files/a.md",
        added_at="",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # changes are fields of Document


def hit(identity: str = "d-1", *, valid_from: date | None = None, valid_to: date | None = None, **changes: object) -> Hit:
    passage = Passage(
        id=f"p-{identity}",
        document_id=identity,
        start=len(BEFORE),
        end=len(BEFORE + QUOTE),
        text=QUOTE,
        section=("Physics", "77370"),
        header="",
        first_page=3,
        last_page=3,
        named_codes=("77370",),
        implied_codes=(),
        modifiers=(),
        payer="all",
        valid_from=valid_from,
        valid_to=valid_to,
        basis="stated",
        anchor="",
        conflicts=(),
    )
    return Hit(passage, document(identity, **changes), 1.0, 0.9, 1.0, ("code",))


def sentence(identity: str = "d-1", role: Role = Role.VERDICT) -> Sentence:
    return Sentence(QUOTE, role, (Citation(f"p-{identity}", identity, QUOTE, len(BEFORE), len(BEFORE + QUOTE), 3),))


def answer(*sentences: Sentence, hits: tuple[Hit, ...], verdict: Verdict = Verdict.YES, abstention: Abstention | None = None) -> Answer:
    return Answer(
        question=Question("May 77370 be billed?", date(2026, 5, 1), None, ("77370",), (), Intent.RULING, True),
        status=Status.ABSTAINED if abstention else Status.ANSWERED,
        verdict=verdict,
        sentences=sentences,
        conflicts=(),
        abstention=abstention,
        evidence=hits,
        notices=(),
        follow_ups=(),
        provenance=Provenance("extractive", "hash", 1, "abc", {}),
    )


def text_of(_: str) -> str:
    return TEXT


def test_a_quote_is_shown_exactly_and_its_context_is_cut_between_words() -> None:
    source = present(answer(sentence(), hits=(hit(),)), text_of).sources[0]
    assert source.quote == QUOTE
    assert source.before.startswith("…word ")
    assert source.after.endswith(" tail…")
    assert CONTEXT_CHARS - 10 < len(source.before) <= CONTEXT_CHARS + 1
    assert (source.before + source.quote + source.after).strip("…") in TEXT


def test_context_at_the_edges_of_a_document_is_not_marked_as_cut() -> None:
    whole = replace(sentence(), citations=(Citation("p-d-1", "d-1", QUOTE, 0, len(QUOTE), None),))
    source = present(answer(whole, hits=(hit(),)), lambda _: QUOTE).sources[0]
    assert (source.before, source.after, source.page) == ("", "", "")


def test_numbers_are_those_of_the_json_form() -> None:
    given = answer(sentence(), sentence("d-2", Role.CONDITION), hits=(hit(), hit("d-2")))
    view = present(given, text_of)
    assert [s.numbers for s in view.sentences] == [(1,), (2,)]
    assert [s.number for s in view.sources] == list(number_citations(given).values())
    assert [s.label for s in view.sentences] == ["Why", "Condition"]


@pytest.mark.parametrize(
    ("verdict", "asks", "label"),
    [
        (Verdict.YES, True, "Yes"),
        (Verdict.NO, True, "No"),
        (Verdict.CONDITIONAL, True, "It depends"),
        (Verdict.NONE, True, "No ruling found"),
        (Verdict.NONE, False, "What the sources say"),
    ],
)
def test_the_verdict_is_said_in_plain_words(verdict: Verdict, asks: bool, label: str) -> None:
    given = answer(sentence(), hits=(hit(),), verdict=verdict)
    view = present(replace(given, question=replace(given.question, asks_ruling=asks)), text_of)
    assert view.verdict == label
    assert view.tone == verdict.value
    assert view.line


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "words"),
    [
        (None, None, "no dates stated"),
        (date(2026, 1, 1), None, "in force from 2026-01-01"),
        (None, date(2025, 12, 31), "in force until 2025-12-31"),
        (date(2025, 1, 1), date(2025, 12, 31), "in force from 2025-01-01 until 2025-12-31"),
    ],
)
def test_validity_is_said_in_words(valid_from: date | None, valid_to: date | None, words: str) -> None:
    view = present(answer(sentence(), hits=(hit(valid_from=valid_from, valid_to=valid_to),)), text_of)
    assert view.sources[0].validity == words


def test_a_shipped_summary_is_not_passed_off_as_the_wording_of_its_source() -> None:
    own = present(answer(sentence(), hits=(hit(),)), text_of).sources[0]
    shipped = present(answer(sentence(), hits=(hit(path="corpus:society/a.md"),)), text_of).sources[0]
    assert own.remark == ""
    assert "not its wording" in shipped.remark


def test_both_sides_of_a_disagreement_stand_side_by_side() -> None:
    given = answer(sentence(), hits=(hit(), hit("d-2")), verdict=Verdict.CONDITIONAL)
    conflict = Conflict((sentence(role=Role.CONFLICT), sentence("d-2", Role.CONFLICT)))
    view = present(replace(given, conflicts=(conflict,)), text_of)
    assert [side.source.title for side in view.conflicts[0]] == ["Title of d-1", "Title of d-2"]
    assert "disagree" in view.line


def test_an_abstention_has_a_reason_what_to_add_and_three_near_misses() -> None:
    hits = tuple(hit(f"d-{n}") for n in range(5))
    given = answer(hits=hits, verdict=Verdict.NONE, abstention=Abstention(Reason.WEAK_EVIDENCE, "Not enough.", "A source."))
    view = present(given, text_of)
    assert (view.verdict, view.tone) == ("Not in your library", "abstained")
    assert view.abstention is not None
    assert (view.abstention.detail, view.abstention.needed) == ("Not enough.", "A source.")
    assert [near.key for near in view.abstention.nearest] == ["near-1", "near-2", "near-3"]
    assert not view.sentences
    assert not view.sources
    assert set(view.openable) == {"near-1", "near-2", "near-3"}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_plain_words(reason: Reason) -> None:
    view = present(answer(hits=(), verdict=Verdict.NONE, abstention=Abstention(reason, "d", "n")), text_of)
    assert view.line.endswith(".")


def test_a_partial_answer_says_so() -> None:
    view = present(replace(answer(sentence(), hits=(hit(),)), status=Status.PARTIAL), text_of)
    assert any("left out" in notice for notice in view.notices)


def test_the_announcement_counts_sources() -> None:
    one = present(answer(sentence(), hits=(hit(),)), text_of)
    assert announcement(one) == "Answer ready, 1 source. Yes."


def test_the_copied_text_holds_every_sentence_with_its_source() -> None:
    text = plain_text(present(answer(sentence(), hits=(hit(),)), text_of))
    assert f"Why: {QUOTE} [1]" in text
    assert f'"{QUOTE}"' in text
    assert "https://society.example/a" in text
    assert "Date of service 2026-05-01" in text
