"""Read JSON Lines, or one JSON array of objects: each object's prose, its question and answer, and its other fields."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpus.errors import Refusal, UnreadableDocument
from ingest.documents import BlockKind, Reading
from ingest.extract.blocks import Extracted, RawBlock
from ingest.extract.grid import check_size, header_text, row_texts
from ingest.extract.plain import plain_blocks

_PROSE = ("text", "content", "body", "answer", "passage")
_HEADINGS = ("title", "heading")
_ROLES = {*_PROSE, *_HEADINGS, "question"}
_MEDIA_TYPE = "application/jsonl"
_LISTED = 5


def read_json_lines(text: str, path: Path) -> Extracted:
    """Give the blocks of a file of JSON objects, placed as in `line 12`, or `item 12` where they stand in one array.

    Numbers stay as they are written. Lines that are no JSON object are left out and told of, as are fields that hold objects.

    Raises:
        UnreadableDocument: no line is a JSON object, none holds words, or there are over 200,000.
    """
    records, bad, unit = _records(text.removeprefix("\ufeff"))
    check_size(len(records) + len(bad), 0, path)
    if not records:
        raise UnreadableDocument(f"{path}: no line is a JSON object; export the file again and retry", Refusal.DAMAGED)
    nested: dict[str, None] = {}
    blocks = tuple(_all_blocks(records, unit, nested))
    if not any(block.kind is not BlockKind.HEADING for block in blocks):
        raise UnreadableDocument(f"{path}: no object holds words; nothing was stored", Refusal.NO_TEXT)
    notes = [f"{unit}s that are no JSON object left out: {_listed(list(map(str, bad)))}"] if bad else []
    notes += [f"fields that hold objects left out: {_listed(list(nested))}"] if nested else []
    return Extracted(
        _MEDIA_TYPE, blocks, path.stem, reading=Reading(rows=len(records), rows_skipped=len(bad), notes=tuple(notes)), structured=True
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else "")


def _records(text: str) -> tuple[list[tuple[int, dict[str, Any]]], list[int], str]:
    """Give the objects with their numbers from 1, the numbers of what is none, and what is numbered."""
    items, unit = _items(_load(text)) if text.lstrip().startswith("[") else [], "item"
    if not items:
        lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
        items, unit = [(number, _load(line)) for number, line in lines], "line"
    if not any(isinstance(item, dict) for _, item in items) and text.lstrip().startswith("{"):
        items, unit = _items(_load(text)), "item"
    found = [(number, item) for number, item in items if isinstance(item, dict)]
    return found, [number for number, item in items if not isinstance(item, dict)], unit


def _items(whole: Any) -> list[tuple[int, Any]]:
    return list(enumerate(whole if isinstance(whole, list) else [whole], start=1)) if whole else []


def _load(text: str) -> Any:
    """Give what a text says in JSON, numbers as they are written; None where it is no JSON or nested too deep."""
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _all_blocks(records: list[tuple[int, dict[str, Any]]], unit: str, nested: dict[str, None]) -> Iterator[RawBlock]:
    """Give the blocks of every object; objects of fields alone make tables, headed by the names of the fields."""
    columns: list[str] = []
    for number, record in records:
        place = f"{unit} {number}"
        words = {name: shown for name, value in record.items() if (shown := _words(name, value, nested))}
        prose, fields = list(_prose(words, place)), [name for name in words if name.strip().lower() not in _ROLES]
        cells = [" ".join(words[name].split()) for name in fields]
        if any(block.kind is not BlockKind.HEADING for block in prose):
            items = [RawBlock(BlockKind.ITEM, f"{name}: {cell}", place=place) for name, cell in zip(fields, cells, strict=True)]
            columns = []
            yield from prose + items
        elif fields:
            yield from prose
            if prose or fields != columns:
                yield RawBlock(BlockKind.TABLE_HEADER, header_text(fields, paired=True), place=place)
            columns = fields
            yield from (RawBlock(BlockKind.TABLE_ROW, text, place=place) for text in row_texts(fields, cells, paired=True))
        else:
            yield from prose


def _prose(words: dict[str, str], place: str) -> Iterator[RawBlock]:
    """Give the heading of an object, its question and answer, and its running text."""
    by_role = {name.strip().lower(): shown for name, shown in words.items()}
    for shown in (by_role[role] for role in _HEADINGS if role in by_role):
        yield RawBlock(BlockKind.HEADING, " ".join(shown.split()), 2, place=place)
    asked = {"question", "answer"} <= by_role.keys()
    if asked:
        yield RawBlock(BlockKind.QUESTION, by_role["question"], place=place)
        yield RawBlock(BlockKind.ANSWER, by_role["answer"], place=place)
    elif "question" in by_role:
        yield RawBlock(BlockKind.PARAGRAPH, by_role["question"], place=place)
    for shown in (by_role[role] for role in _PROSE if role in by_role and not (asked and role == "answer")):
        yield from (replace(block, place=place) for block in plain_blocks(shown))


def _words(name: str, value: Any, nested: dict[str, None]) -> str:
    """Give the words of a field, "" where it is empty or, noted in `nested`, holds objects."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict | list) for item in value)):
        nested[name] = None
        return ""
    if isinstance(value, list):
        return (", " if name.strip().lower() not in _ROLES else "\n\n").join(filter(None, (_words(name, item, nested) for item in value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip()
