from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.question import read_question
from assistant.retrieve import SUCCEEDED, Policy, Retriever, known_questions
from corpus.registry import CodeEntry
from ingest.embed import OnnxEmbedder
from ingest.library import open_reader
from ingest.vectors import ScanIndex
from tests import support

OLD = """---
title: "Guidance through 2025"
publisher: "Example Society"
authority: specialty society
valid_to: 2025-12-31
payer: "all"
basis: stated
---

# Guidance through 2025

Stereoscopic x-rays taken to localize the target before a fraction are reported with G6002.
{: #f-old topic="guidance"}
"""

NEW = """---
title: "What ended"
publisher: "Example Society"
authority: specialty society
valid_from: 2026-01-01
payer: "all"
basis: stated
---

# What ended

G6002 was deleted, and 77387 took its place.
{: #f-new topic="deletion"}

A claim is sent within one year of the service.
{: #f-else topic="claims"}
"""
ASKED = "Which code is for stereoscopic x-rays that localize the target before a fraction?"
REGISTRY = {"G6002": CodeEntry("G6002", "HCPCS", "guidance", deleted=date(2025, 12, 31), sources=(("deleted", "f-new"),))}


@pytest.fixture
def retriever(tmp_path: Path, runtime: Path) -> Iterator[Retriever]:
    folder = support.build_library(tmp_path / "data", runtime, {"old.md": OLD, "new.md": NEW})
    with open_reader(folder) as library:
        yield Retriever(library, ScanIndex(library), OnnxEmbedder(folder / "runtime"), {}, registry=REGISTRY)


def test_a_passage_that_a_known_question_asks_for_comes_first(tmp_path: Path, runtime: Path) -> None:
    folder, embedder = support.build_library(tmp_path / "data", runtime, {"new.md": NEW}), OnnxEmbedder(runtime)
    asked = read_question("How long do we have to file?", date(2026, 3, 1))
    for fact, other in (("f-new", "f-else"), ("f-else", "f-new")):
        known = {
            fact: known_questions(embedder.encode_with_tokens([asked.text]).tokens),
            other: known_questions(embedder.encode_with_tokens(["Was it deleted?"]).tokens),
        }
        with open_reader(folder) as library:
            retriever = Retriever(library, ScanIndex(library), embedder, {}, Policy(known_weight=5.0), known=known.__getitem__)
            assert [hit.passage.anchor for hit in retriever.find(asked)] == [fact, other]


def test_of_a_service_whose_code_has_ended_what_took_its_place_is_found_first(retriever: Retriever) -> None:
    hits = retriever.find(read_question(ASKED, date(2026, 3, 1)))
    assert (hits[0].passage.anchor, hits[0].via[0]) == ("f-new", SUCCEEDED)
    assert all(hit.passage.in_force(date(2026, 3, 1)) for hit in hits)


def test_while_the_code_is_in_force_its_own_rule_is_found_first(retriever: Retriever) -> None:
    hits = retriever.find(read_question(ASKED, date(2025, 5, 5)))
    assert hits[0].passage.anchor == "f-old"
    assert all(SUCCEEDED not in hit.via for hit in hits)
