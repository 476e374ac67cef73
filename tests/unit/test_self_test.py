"""A document's passages are asked for by their own words, and those that are not found are named."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from assistant import self_test as tested_module
from assistant.self_test import probes, self_test
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant
from tests.support import HashEmbedder, bring
from ui.library_rows import found_words, missed_words

NOTES = """# Physics notes

## 77336 continuing physics

77336 may be billed once for every five treatments.

## May 77370 be billed after treatment ends?

Yes, when a physician asks in writing for an analysis of past treatment.

## Rules

77300 is a basic dosimetry calculation for one treatment volume.

## Rules

77300 is not repeated without medical need for each field.
"""
PAST = """---
title: "Old payment policy"
publisher: "Example Health Plan"
valid_from: 2019-01-01
valid_to: 2020-12-31
payer: "Example Health Plan"
---

# Old payment policy

## 77401 superficial treatment

77401 may be billed daily until the end of 2020.
"""
Open = Callable[[dict[str, str]], Assistant]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_(files: dict[str, str]) -> Assistant:
            bring(tmp_path, files)
            settings = Settings(data_dir=tmp_path, vector_index="exact", embedding_model="hash")
            return stack.enter_context(open_assistant(settings, embedder=HashEmbedder(), today=lambda: date(2026, 5, 1)))

        yield open_


def id_of(assistant: Assistant, title: str) -> str:
    return next(entry.document.id for entry in assistant.library.entries() if entry.document.title == title)


def test_each_passage_is_asked_for_by_a_question_of_its_own(opened: Open) -> None:
    assistant = opened({"notes.md": NOTES})
    passages = assistant.library.passages(id_of(assistant, "Physics notes"))
    questions = [probes(passages)[passage.id] for passage in passages]
    assert questions == [
        "77336 continuing physics",
        "May 77370 be billed after treatment ends?",
        "77300 basic dosimetry calculation treatment volume",
        "77300 repeated medical each field",
    ]


def test_a_document_whose_passages_are_all_found_has_none_missed(opened: Open) -> None:
    assistant = opened({"notes.md": NOTES})
    shares: list[float] = []
    tested = self_test(assistant, id_of(assistant, "Physics notes"), advance=shares.append)
    assert (tested.passages, tested.tried, tested.found, tested.missed) == (4, 4, 4, ())
    assert shares == [0.25, 0.5, 0.75, 1.0]
    assert found_words(tested) == "4 of 4 passages found"


def test_a_passage_that_others_crowd_out_is_named_with_what_came_first(opened: Open) -> None:
    buried = "# Buried\n\n## 77336 continuing physics\n\nNothing else is told here at all, nor anywhere near it, 77336.\n"
    crowd = {
        f"crowd-{n}.md": f"# 77336 continuing physics {n}\n\n## 77336 continuing physics\n\n77336 continuing physics {n}.\n"
        for n in range(7)
    }
    assistant = opened({"buried.md": buried, **crowd})
    tested = self_test(assistant, id_of(assistant, "Buried"))
    assert (tested.tried, tested.found) == (1, 0)
    (missed,) = tested.missed
    assert missed.passage.text.startswith("Nothing else")
    assert missed.first
    assert missed.first.document.title.startswith("77336 continuing physics")
    assert missed_words(missed)[0] == "Buried > 77336 continuing physics"


def test_what_held_only_in_the_past_and_for_one_payer_is_asked_for_then_and_for_it(opened: Open) -> None:
    assistant = opened({"notes.md": NOTES, "past.md": PAST})
    assert self_test(assistant, id_of(assistant, "Old payment policy")).missed == ()


def test_of_a_long_document_so_many_are_tried_from_its_beginning_to_its_end(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tested_module, "MOST_PROBES", 3)
    sections = "".join(f"## Topic {n} alone\n\nRule number {n} on item{n} stands here.\n\n" for n in range(10))
    assistant = opened({"long.md": f"# Long\n\n{sections}"})
    passages = assistant.library.passages(id_of(assistant, "Long"))
    tested = self_test(assistant, id_of(assistant, "Long"))
    assert (tested.passages, tested.tried) == (len(passages), 3)
    assert found_words(tested).startswith(f"3 of its {len(passages)} passages were tried, ")
