"""JSON Lines: prose, questions with their answers, and fields are read object by object, each at its line."""

import json
from pathlib import Path

import pytest

from corpus.errors import Refusal, UnreadableDocument
from ingest.extract.blocks import Extracted
from ingest.extract.json_lines import read_json_lines
from tests.made_sheets import document_of, shown


def read(text: str) -> Extracted:
    return read_json_lines(text, Path("faq.jsonl"))


def test_a_question_stays_with_its_answer_and_its_fields() -> None:
    one = {
        "Question": "May 77336 be billed weekly?",
        "Answer": "Yes.\n\nOnce for five treatments.",
        "payer": "all",
        "codes": ["77336", "77370"],
    }
    found = read(json.dumps(one) + "\n" + json.dumps({"question": "And 77370?", "answer": "No."}))
    assert shown(found)[:4] == [
        ("question", "May 77336 be billed weekly?", "line 1"),
        ("answer", "Yes.\n\nOnce for five treatments.", "line 1"),
        ("item", "payer: all", "line 1"),
        ("item", "codes: 77336, 77370", "line 1"),
    ]
    _, passages = document_of(found.blocks)
    assert [p.questions for p in passages] == [("May 77336 be billed weekly?",), ("And 77370?",)]
    assert "payer: all" in passages[0].text
    assert [place.label for place in passages[1].places] == ["line 2", "line 2"]


@pytest.mark.parametrize("name", ["text", "content", "body", "answer", "passage"])
def test_prose_has_its_heading_and_its_fields(name: str) -> None:
    found = read(json.dumps({"title": "Physics", name: "77336 is billed weekly.\n\nIt needs a record.", "rate": 1}))
    assert shown(found) == [
        ("heading", "Physics", "line 1"),
        ("paragraph", "77336 is billed weekly.", "line 1"),
        ("paragraph", "It needs a record.", "line 1"),
        ("item", "rate: 1", "line 1"),
    ]


def test_objects_of_fields_alone_are_a_table_whose_rows_read_by_themselves() -> None:
    found = read('{"code": "00100", "fee": 1.50}\n{"code": 77370, "fee": 77336.0}\n{"code": 1, "active": true, "none": null}\n')
    assert shown(found) == [
        ("table_header", "code | fee", "line 1"),
        ("table_row", "code: 00100 | fee: 1.50", "line 1"),
        ("table_row", "code: 77370 | fee: 77336.0", "line 2"),
        ("table_header", "code | active", "line 3"),
        ("table_row", "code: 1 | active: true", "line 3"),
    ]
    assert found.reading.rows == 3


def test_bad_lines_are_left_out_and_told_as_are_fields_that_hold_objects() -> None:
    found = read('\n{"text": "Kept.", "meta": {"a": 1}, "list": [{"b": 2}]}\n{"text": \n[1]\n' + "[" * 100_000 + "\n")
    assert [place for *_, place in shown(found)] == ["line 2"]
    assert found.reading.rows_skipped == 3
    assert found.reading.notes == ("lines that are no JSON object left out: 3, 4, 5", "fields that hold objects left out: meta, list")


def test_an_array_of_objects_is_read_item_by_item() -> None:
    found = read('[\n {"text": "One."},\n "two",\n {"text": "Three."}\n]')
    assert [(text, place) for _, text, place in shown(found)] == [("One.", "item 1"), ("Three.", "item 3")]
    assert found.reading.notes == ("items that are no JSON object left out: 2",)
    assert shown(read('{\n "text": "Alone."\n}')) == [("paragraph", "Alone.", "item 1")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json\nat all", Refusal.DAMAGED),
        ("[1, 2]", Refusal.DAMAGED),
        ('{"text": "', Refusal.DAMAGED),
        ('{"text": "", "list": []}', Refusal.NO_TEXT),
        ('{"title": "Only a heading"}', Refusal.NO_TEXT),
        ("{}\n" * 200_011, Refusal.TOO_MANY_ROWS),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(text: str, reason: Refusal) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        read(text)
    assert caught.value.refusal is reason
