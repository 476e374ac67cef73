"""The JSON record keeps to its published schema, and the schema to its documentation."""

import json
import re
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from assistant.record import answer_record, number_citations
from assistant.settings import Settings
from assistant.wiring import open_assistant

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "answer.schema.json").read_text())


@pytest.mark.parametrize(
    "question",
    [
        "May 77370 be billed after treatment ends?",
        "May 77336 be billed once for every five treatments?",
        "What does 77999 need?",
        "Where is the moon?",
    ],
)
def test_records_keep_to_the_schema(tiny_library: Path, question: str) -> None:
    with open_assistant(Settings(data_dir=tiny_library)) as assistant:
        answer = assistant.ask(question, as_of=date(2026, 5, 1), payer=None)
    record = json.loads(json.dumps(answer_record(answer)))
    jsonschema.validate(record, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert (record["abstention"] is not None) == (not record["sentences"])
    used = {n for s in record["sentences"] for n in s["citations"]} | {
        n for c in record["conflicts"] for s in c["sides"] for n in s["citations"]
    }
    assert used == {c["n"] for c in record["citations"]} == set(range(1, len(used) + 1))
    assert all(f"[{n}]" in record["text"] for s in record["sentences"] for n in s["citations"])
    assert list(number_citations(answer).values()) == sorted(used)


def test_the_schema_is_strict() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": "codecite.answer/1"}, SCHEMA)


def test_every_field_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)(?:\[\])?`", (DOCS / "answer.md").read_text()))
    fields = set(SCHEMA["properties"])
    for name in ("citations", "retrieved"):
        fields |= set(SCHEMA["properties"][name]["items"]["properties"])
    for name in ("abstention", "provenance"):
        fields |= set(SCHEMA["properties"][name]["properties"])
    assert fields <= documented
