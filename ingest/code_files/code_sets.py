"""The code sets: HCPCS Level II (records of 320 characters, or with commas) and the ICD-10-CM order file.

Positions are those of the record layouts that CMS and NCHS publish with the files.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile, islice
from typing import NamedTuple

from ingest.code_files.delimited import Head, data_rows, find_delimiter, read_head, split_rows
from ingest.code_files.row import Kind, Layout, Row, day, meaning, told, words

_HCPCS_CODE = re.compile(r"[A-V]\d{4}|[A-Z][A-Z0-9]|[0-9][A-Z]")
_RECORD = re.compile(r"(?:[A-V]\d{4}| {3}[A-Z0-9]{2}|[A-Z0-9]{2} {3})\d{5}[3478]")
_ORDER = re.compile(r"\d{5} [A-Z]\d[0-9A-Z]{1,5} +[01] .{60} \S")
_ICD_CODE = re.compile(r"[A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?")
_ORDER_COLUMNS = 5
_FEWEST_ORDERED = 3
_LOOKED_AT = 60
_CONTINUES = {"4", "8"}
_LEAST_RECORD = 250
_SAMPLE = 5
_COLUMNS = {
    "code": r"^hcpc",
    "record": r"rec",
    "long": r"long",
    "short": r"short",
    "coverage": r"^cov",
    "betos": r"betos",
    "added": r"\badd",
    "effective": r"^(?:act|eff)",
    "ended": r"\bterm",
}
_COVERAGE = {
    "D": "special coverage instructions apply",
    "I": "not payable by Medicare",
    "M": "not covered by Medicare",
    "S": "not covered by statute",
    "C": "left to the contractor",
}


class _Record(NamedTuple):
    number: int
    code: str
    record: str
    long: str
    short: str
    coverage: str
    betos: str
    added: str
    effective: str
    ended: str


def recognise_hcpcs(lines: Sequence[str]) -> Layout | None:
    """Recognise the HCPCS Level II file, by the positions of its fields or by its header."""
    first = [line for line in lines if line.strip()][:_SAMPLE]
    if first and all(_RECORD.match(line) and len(line) >= _LEAST_RECORD for line in first):
        return Layout(Kind.HCPCS, lambda whole: _assembled(_fixed(whole)))
    head = read_head(lines, _HCPCS_CODE)
    at = head.find(_COLUMNS) if head else {}
    if head is None or not {"code", "long", "short", "added"} <= at.keys():
        return None
    return Layout(Kind.HCPCS, lambda whole: _assembled(_with_commas(whole, head, at)))


def _fixed(lines: Iterable[str]) -> Iterator[_Record | None]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not _RECORD.match(line):
            yield None
            continue
        parts = (line[11:91], line[91:119], line[229:230], line[256:259], line[268:276], line[276:284], line[284:292])
        yield _Record(number, line[:5].strip(), line[10], *(part.strip() for part in parts))


def _with_commas(lines: Iterable[str], head: Head, at: dict[str, int]) -> Iterator[_Record | None]:
    for number, row in data_rows(lines, head, at["code"], _HCPCS_CODE):
        yield _Record(number, *(words(row[at[name]]) if name in at else "" for name in _COLUMNS)) if row else None


def _assembled(records: Iterable[_Record | None]) -> Iterator[Row | None]:
    """Give the rows, a description that runs over several records joined."""
    held: _Record | None = None
    for record in records:
        if record and held and record.record in _CONTINUES and record.code == held.code:
            held = held._replace(long=f"{held.long} {record.long}")
            continue
        if held:
            yield _hcpcs_row(held)
        held = record
        if record is None:
            yield None
    if held:
        yield _hcpcs_row(held)


def _hcpcs_row(record: _Record) -> Row | None:
    try:
        added, effective, ended = day(record.added), day(record.effective), day(record.ended)
    except ValueError:
        return None
    line = told(
        ("HCPCS", record.code),
        ("Short description", words(record.short)),
        ("Long description", words(record.long)),
        ("Coverage", meaning(record.coverage, _COVERAGE)),
        ("BETOS", record.betos),
        ("Added", added.isoformat() if added else ""),
        ("Last change effective", effective.isoformat() if effective else ""),
        ("Terminated", ended.isoformat() if ended else "no"),
    )
    return Row(record.number, record.code, "", "", added, ended, line)


def recognise_icd(lines: Sequence[str]) -> Layout | None:
    """Recognise the ICD-10-CM order file by the positions of its fields, or by its five columns, with a header or without.

    The columns are order number, code, whether it is valid for submission, short and long description.
    """
    first = [line for line in lines if line.strip()][:_SAMPLE]
    if first and all(map(_ORDER.match, first)):
        return Layout(Kind.ICD, _icd_rows, has_titles=False)
    delimiter = find_delimiter(lines)
    sample = list(islice(dropwhile(lambda row: not _is_ordered(row), split_rows(lines[:_LOOKED_AT], delimiter)), _SAMPLE))
    numbers = [int(row[0]) for row in sample if _is_ordered(row)]
    if len(numbers) < max(_FEWEST_ORDERED, len(sample)) or numbers != sorted(set(numbers)):
        return None
    head = Head(delimiter, (), ("",) * _ORDER_COLUMNS)
    return Layout(Kind.ICD, lambda whole: _icd_columns(whole, head))


def _icd_rows(lines: Iterable[str]) -> Iterator[Row | None]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _icd_row(number, line[6:13].strip(), line[14], line[16:76], line[77:]) if _ORDER.match(line) else None


def _icd_columns(lines: Iterable[str], head: Head) -> Iterator[Row | None]:
    for number, row in data_rows(lines, head, 1, _ICD_CODE):
        yield _icd_row(number, row[1].strip().replace(".", ""), row[2].strip(), row[3], row[4]) if row and _is_ordered(row) else None


def _is_ordered(row: Sequence[str]) -> bool:
    """Tell a row of the order file from its header and from the rows of other tables."""
    if len(row) < _ORDER_COLUMNS:
        return False
    order, code, valid, short, long = (cell.strip() for cell in row[:_ORDER_COLUMNS])
    return order.isdecimal() and _ICD_CODE.fullmatch(code) is not None and valid in {"0", "1"} and bool(short and long)


def _icd_row(number: int, code: str, valid: str, short: str, long: str) -> Row:
    text = told(
        ("ICD-10-CM", f"{code[:3]}.{code[3:]}" if len(code) > 3 else code),
        ("Valid for submission", "yes" if valid == "1" else "no (a header; a longer code must be reported)"),
        ("Short description", words(short)),
        ("Long description", words(long)),
    )
    return Row(number, code, "", valid, None, None, text)
