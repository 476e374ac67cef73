"""NCCI procedure-to-procedure edits and medically unlikely edits, as CMS lays them out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from ingest.code_files.delimited import Head, data_rows, read_head
from ingest.code_files.row import CODE, Audience, Kind, Layout, Row, day, meaning, told, words

_INDICATORS = {
    "0": "no modifier allows both",
    "1": "a modifier may allow both where the services are distinct",
    "9": "the edit was deleted and does not apply",
}
_MAI = {
    "1": "a limit for each claim line",
    "2": "an absolute limit for the date of service, set by policy",
    "3": "a limit for the date of service, which medical necessity may exceed on review",
}
_PTP_COLUMNS = {
    "one": r"column\s*(?:1|one)\b",
    "two": r"column\s*(?:2|two)\b",
    "prior": r"prior to 1996|in existence",
    "from": r"effective",
    "to": r"deletion",
    "indicator": r"modifier",
    "rationale": r"rationale",
}
_MUE_COLUMNS = {"mai": r"adjudication|\bmai\b", "rationale": r"rationale", "code": r"hcpcs|\bcpt\b", "value": r"\bmue\b"}
_AUDIENCES = (
    (Audience.DME, r"\bDME\b|durable medical"),
    (Audience.PRACTITIONER, r"practitioner|physician|\bccipra"),
    (Audience.HOSPITAL, r"outpatient|hospital|facility|\bcciopc|\bOPPS\b"),
)


def find_audience(texts: Iterable[str]) -> Audience:
    """Give whose claims a table is for by the first of the texts that says so."""
    return next((audience for text in texts for audience, pattern in _AUDIENCES if re.search(pattern, text, re.IGNORECASE)), Audience.ANY)


def recognise_ptp(lines: Sequence[str]) -> Layout | None:
    """Recognise a file of procedure-to-procedure edits by its header."""
    head = read_head(lines, CODE)
    at = head.find(_PTP_COLUMNS) if head else {}
    if head is None or not {"one", "two", "from", "to", "indicator"} <= at.keys():
        return None
    return Layout(Kind.PTP, lambda whole: _ptp_rows(whole, head, at), find_audience(head.titles))


def _ptp_rows(lines: Iterable[str], head: Head, at: dict[str, int]) -> Iterator[Row | None]:
    one, two, since, until, indicator = (at[name] for name in ("one", "two", "from", "to", "indicator"))
    rationale, prior = at.get("rationale"), at.get("prior")
    days = _Days()
    for number, row in data_rows(lines, head, one, CODE):
        first, second, value = (row[one].strip(), row[two].strip(), row[indicator].strip()) if row else ("", "", "")
        if row is None or not CODE.fullmatch(second) or value not in _INDICATORS:
            yield None
            continue
        try:
            start, end = days[row[since]], days[row[until]]
        except ValueError:
            yield None
            continue
        line = told(
            ("Column 1", first),
            ("Column 2", second),
            ("Effective", start.isoformat() if start else "not stated"),
            ("Deleted", end.isoformat() if end else "none"),
            ("Modifier indicator", f"{value} ({_INDICATORS[value]})"),
            ("In existence before 1996", "yes" if prior is not None and row[prior].strip() == "*" else ""),
            ("Rationale", words(row[rationale]) if rationale is not None else ""),
        )
        yield Row(number, first, second, value, start, end, line)


class _Days(dict[str, date | None]):
    """The days that cells write, each read once: a million rows hold some hundred of them."""

    def __missing__(self, cell: str) -> date | None:
        self[cell] = day(cell)
        return self[cell]


def recognise_mue(lines: Sequence[str]) -> Layout | None:
    """Recognise a file of medically unlikely edits by its header."""
    head = read_head(lines, CODE)
    at = head.find(_MUE_COLUMNS) if head else {}
    if head is None or not {"code", "value", "mai"} <= at.keys():
        return None
    return Layout(Kind.MUE, lambda whole: _mue_rows(whole, head, at), find_audience((head.columns[at["value"]], *head.titles)))


def _mue_rows(lines: Iterable[str], head: Head, at: dict[str, int]) -> Iterator[Row | None]:
    for number, row in data_rows(lines, head, at["code"], CODE):
        value = row[at["value"]].strip() if row else ""
        if row is None or not value.isdigit():
            yield None
            continue
        code = row[at["code"]].strip()
        line = told(
            ("HCPCS/CPT", code),
            ("MUE value", f"{value} units of service"),
            ("MUE adjudication indicator", meaning(row[at["mai"]].strip()[:1], _MAI)),
            ("Rationale", words(row[at["rationale"]]) if "rationale" in at else ""),
        )
        yield Row(number, code, "", value, None, None, line)
