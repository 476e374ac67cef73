"""Read JSON Lines, or one JSON array of objects: each object's prose, its question and answer, and its other fields."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import Refusal, UnreadableDocument
from ingest.documents import BlockKind, Reading
from ingest.extract.blocks import Extracted, RawBlock
from ingest.extract.grid import check_size, row_texts

_PROSE = ("text", "content", "body", "answer", "passage")
_HEADINGS = ("title", "heading")
_QUESTION, _ANSWER = "question", "answer"
_MEDIA_TYPE = "application/jsonl"
_LISTED = 5


def read_json_lines(text: str, path: Path) -> Extracted:
    """Give the blocks of a file of JSON objects, placed as in `line 12`, or `item 12` where they stand in one array.

    Numbers stay as they are written. Lines that are no JSON object are left out and told of, as are fields that hold objects.

    Raises:
        UnreadableDocument: no line is a JSON object, none holds words, or there are over 200,000.
    """
    records, bad, unit = _records(text.removeprefix("\ufeff"))
    check_size(len(records), 0, path)
    if not records:
        raise UnreadableDocument(f"{path}: no line is a JSON object; export the file again and retry", Refusal.DAMAGED)
    nested: dict[str, None] = {}
    blocks = tuple(block for number, record in records for block in _blocks(record, f"{unit} {number}", nested))
    if not any(block.kind is not BlockKind.HEADING for block in blocks):
        raise UnreadableDocument(f"{path}: no object holds words; nothing was stored", Refusal.NO_TEXT)
    notes = [f"{unit}s that are no JSON object left out: {_listed(list(map(str, bad)))}"] if bad else []
    notes += [f"fields that hold objects left out: {_listed(list(nested))}"] if nested else []
    return Extracted(_MEDIA_TYPE, blocks, path.stem, reading=Reading(rows=len(records), rows_skipped=len(bad), notes=tuple(notes)))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else "")


def _records(text: str) -> tuple[list[tuple[int, dict[str, Any]]], list[int], str]:
    """Give the objects with their numbers from 1, the numbers of what is none, and what is numbered."""
    whole = _load(text) if text.lstrip().startswith("[") else None
    if isinstance(whole, list):
        items, unit = list(enumerate(whole, start=1)), "item"
    else:
        lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
        items, unit = [(number, _load(line)) for number, line in lines], "line"
    found = [(number, item) for number, item in items if isinstance(item, dict)]
    return found, [number for number, item in items if not isinstance(item, dict)], unit


def _load(text: str) -> Any:
    """Give what a text says in JSON, numbers as they are written; None where it is no JSON or nested too deep."""
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _blocks(record: dict[str, Any], place: str, nested: dict[str, None]) -> Iterator[RawBlock]:
    words = {name: shown for name, value in record.items() if (shown := _words(name, value, nested))}
    role = {name: name.strip().lower() for name in words}
    asked = {_QUESTION, _ANSWER} <= set(role.values())
    prose = [name for name in words if role[name] in _PROSE and not (asked and role[name] == _ANSWER)]
    others = [
        name for name in words if name not in prose and role[name] not in _HEADINGS and not (asked and role[name] in {_QUESTION, _ANSWER})
    ]
    for name in (name for name in words if role[name] in _HEADINGS):
        yield RawBlock(BlockKind.HEADING, " ".join(words[name].split()), 2, place=place)
    if asked:
        for kind, label in ((BlockKind.QUESTION, _QUESTION), (BlockKind.ANSWER, _ANSWER)):
            yield from (RawBlock(kind, words[name], place=place) for name in words if role[name] == label)
    if asked or prose:
        yield from (RawBlock(BlockKind.ITEM, f"{name}: {' '.join(words[name].split())}", place=place) for name in others)
        yield from (RawBlock(BlockKind.PARAGRAPH, part, place=place) for name in prose for part in words[name].split("\n\n"))
    elif others:
        cells = [" ".join(words[name].split()) for name in others]
        yield from (RawBlock(BlockKind.TABLE_ROW, text, place=place) for text in row_texts(others, cells, paired=True))


def _words(name: str, value: Any, nested: dict[str, None]) -> str:
    """Give the words of a field, "" where it is empty or, noted in `nested`, holds objects."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict | list) for item in value)):
        nested[name] = None
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, (_words(name, item, nested) for item in value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip()
