"""What the exact tables of the library say of one code, or of a pair of codes."""

from datetime import date
from typing import Any

from ingest.code_files.row import Kind
from ingest.code_lookup import Table, TableRow, code_tables, count_rows, rows_of
from ingest.codes import index_key
from ingest.library import Library

SCHEMA = "codecite.codes/1"


def codes_record(library: Library, code: str, other: str | None, day: date) -> dict[str, Any]:
    """Give the JSON object of every table's rows on a code; of edits those with `other`, or their number where there is none.

    Rows of every day are given; `in_force` tells those that hold on `day`, in an edition that speaks for it.
    """
    first, second = index_key(code), index_key(other) if other else None
    told = [_table(library, table, first, second, day) for table in code_tables(library)]
    return {"schema": SCHEMA, "code": first, "with": second, "as_of": day.isoformat(), "tables": told}


def _table(library: Library, table: Table, code: str, other: str | None, day: date) -> dict[str, Any]:
    edits = table.kind is Kind.PTP
    rows: tuple[TableRow, ...] = ()
    if edits and other:
        rows = (*rows_of(library, [table], code, other), *rows_of(library, [table], other, code))
    elif not edits:
        rows = tuple(row for each in (code, other) if each for row in rows_of(library, [table], each))
    return {
        "table": table.name,
        "document_id": table.document.id,
        "edition": table.document.edition,
        "covers": table.speaks_for(day),
        "edits": count_rows(library, table, code) if edits and not other else None,
        "rows": [_row(row, table.speaks_for(day) and row.in_force(day)) for row in rows],
    }


def _row(row: TableRow, in_force: bool) -> dict[str, Any]:
    return {"row": row.number, "start": row.start, "end": row.end, "text": row.text, "in_force": in_force}


def render_codes(record: dict[str, Any]) -> str:
    """Give such an object as lines for a terminal."""
    if not record["tables"]:
        return "No code file is loaded; see docs/code-files.md for those that can be."
    return "\n".join(line for table in record["tables"] for line in _lines(table, record["as_of"]))


def _lines(table: dict[str, Any], day: str) -> list[str]:
    name = table["table"] if table["covers"] else f"{table['table']} (does not cover {day})"
    if table["edits"] is not None:
        return [f"{name}: edits with this code in column 1: {table['edits']:,}; name the other code with --with"]
    if not table["rows"]:
        return [f"{name}: no row"]
    states = {True: "in force", False: "not in force"}
    return [name, *(f"  row {row['row']}, {states[row['in_force']]} on {day}: {row['text']}" for row in table["rows"])]
