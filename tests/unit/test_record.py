"""The JSON record keeps to its published schema, and the schema to its documentation."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assistant.answer import Answer, Draft, DraftSentence, Hit, Question, Quote, Role, Status, Verdict
from assistant.conversation import Conversation
from assistant.record import answer_record, citing, near_misses, number_citations
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant
from tests import support

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "answer.schema.json").read_text())
DAY = date(2026, 5, 1)
ANSWERED, DISPUTED = "May 77370 be billed after treatment ends?", "May 77336 be billed once for every five treatments?"
ABSTAINED = ("What does 77999 need?", "Where is the moon?", "What is the best dose for a brain metastasis?")
SCRIPTED = "A report must be in the record."


class Careless:
    """An answerer of whose two sentences one has a quote that is not there."""

    name = "careless"

    def draft(self, question: Question, hits: tuple[Hit, ...]) -> Draft:
        hit = next(h for h in hits if "written report" in h.passage.text)
        quotes = ("A written report signed by the physicist must be in the record", "Words that are not there")
        return Draft(Verdict.YES, tuple(DraftSentence(SCRIPTED, Role.VERDICT, (Quote(hit.passage.id, q),)) for q in quotes))


@pytest.fixture(scope="module")
def assistant(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    documents = {"society.md": support.SOCIETY, "payer.md": support.PAYER, "plain.txt": "77372 may be billed once for a course."}
    folder = support.build_library(tmp_path_factory.mktemp("record") / "data", runtime, documents)
    with open_assistant(Settings(data_dir=folder)) as found:
        yield found


def checked(answer: Answer) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(json.dumps(answer_record(answer)))
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(record)
    return record


@pytest.mark.parametrize("question", [ANSWERED, DISPUTED, "How often may 77372 be billed?", *ABSTAINED])
@pytest.mark.parametrize("payer", [None, "Example Health Plan"])
def test_records_keep_to_the_schema(assistant: Assistant, question: str, payer: str | None) -> None:
    answer = assistant.ask(question, as_of=DAY, payer=payer)
    record = checked(answer)
    assert (record["abstention"] is not None) == (not record["sentences"]) == (question in ABSTAINED)
    sides = [s for c in record["conflicts"] for s in c["sides"]]
    used = {n for s in record["sentences"] + sides for n in s["citations"]}
    assert [c["n"] for c in record["citations"]] == list(range(1, len(used) + 1)) == sorted(used)
    assert all(f"[{n}]" in record["text"] for s in record["sentences"] for n in s["citations"])
    assert list(number_citations(answer).values()) == sorted(used)
    assert len({h["passage_id"] for h in record["retrieved"]}) == len(record["retrieved"])


def test_a_conflict_has_two_sides_whose_citations_are_listed(assistant: Assistant) -> None:
    answer = assistant.ask(DISPUTED, as_of=DAY)
    record = checked(answer)
    (conflict,) = record["conflicts"]
    listed = {c["n"]: c for c in record["citations"]}
    assert [listed[s["citations"][0]]["authority"] for s in conflict["sides"]] == ["specialty society", "payer"]
    assert {s["role"] for s in conflict["sides"]} == {"conflict"}


def test_a_partial_answer_says_so(assistant: Assistant) -> None:
    careful = assistant._answerer
    assistant._answerer = Careless()
    try:
        record = checked(assistant.ask(ANSWERED, as_of=DAY))
    finally:
        assistant._answerer = careful
    assert (record["status"], record["text"], record["provenance"]["answerer"]) == ("partial", f"{SCRIPTED} [1]", "careless")


def test_every_citation_points_into_the_evidence(assistant: Assistant) -> None:
    answer = assistant.ask(DISPUTED, as_of=DAY)
    for citation in number_citations(answer):
        passage, document = citing(answer.evidence, citation)
        assert (passage.id, document.id) == (citation.passage_id, citation.document_id)
        assert citation.quote in passage.text


def test_an_abstention_shows_its_near_misses(assistant: Assistant) -> None:
    answer = assistant.ask("Which rate is paid for 77370?", as_of=DAY)
    assert answer.status is Status.ABSTAINED
    assert 0 < len(near_misses(answer)) <= 3


def test_what_a_follow_up_took_over_stands_in_its_record(assistant: Assistant) -> None:
    conversation = Conversation(assistant)
    assert checked(conversation.ask(ANSWERED, as_of=DAY))["carried"] == []
    record = checked(conversation.ask("does that need a signature for Example Health Plan?"))
    assert record["question"] == "Does 77370 need a signature for Example Health Plan?" or record["question"].startswith("77370: ")
    assert (record["as_of"], record["payer"]) == (DAY.isoformat(), "Example Health Plan")
    assert record["carried"] == [{"kind": "code", "value": "77370"}]


def test_an_answer_that_breaks_the_promise_cannot_be_made(assistant: Assistant) -> None:
    answer = assistant.ask(ANSWERED, as_of=DAY)
    with pytest.raises(ValueError, match="abstained exactly"):
        replace(answer, sentences=())
    with pytest.raises(ValueError, match="citation"):
        replace(answer, sentences=(replace(answer.sentences[0], citations=()),))


@pytest.mark.parametrize("change", [{"extra": 1}, {"verdict": "maybe"}, {"as_of": "5/1/2026"}, {"schema": "codecite.answer/3"}])
def test_the_schema_is_strict(assistant: Assistant, change: dict[str, object]) -> None:
    record = answer_record(assistant.ask(ANSWERED, as_of=DAY)) | change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record, SCHEMA, format_checker=jsonschema.FormatChecker())
    for name in SCHEMA["required"]:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({k: v for k, v in record.items() if k != name}, SCHEMA)


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give every object with named properties in a schema."""
    if "properties" in schema:
        yield schema
    for part in schema.values():
        if isinstance(part, dict):
            yield from objects(part)


def test_the_schema_is_closed_and_every_field_is_required() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for part in objects(SCHEMA):
        assert part["additionalProperties"] is False
        assert set(part["properties"]) - set(part["required"]) <= {"id"}


@pytest.mark.parametrize(
    ("heading", "part"),
    [
        ("The answer record", SCHEMA),
        ("Sentence", SCHEMA["$defs"]["sentence"]),
        ("Citation", SCHEMA["properties"]["citations"]["items"]),
        ("Abstention", SCHEMA["properties"]["abstention"]),
        ("Retrieved passage", SCHEMA["properties"]["retrieved"]["items"]),
        ("Provenance", SCHEMA["properties"]["provenance"]),
    ],
)
def test_every_field_has_a_row_of_its_own_in_the_documentation(heading: str, part: dict[str, Any]) -> None:
    body = (DOCS / "answer.md").read_text().split(f"# {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", body, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(part["properties"])
    words = {name: meaning for name, _, meaning in rows}
    for name, field in part["properties"].items():
        assert all(f"`{value}`" in words[name] for value in field.get("enum", []) if name != "authority")
