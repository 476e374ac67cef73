"""Read which edition a code file is, and for which days it speaks, from what it says of itself and from its name."""

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import date

from ingest.code_files.row import Kind

Edition = tuple[str, date | None, date | None]
_NONE: Edition = ("", None, None)
_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name}
_SEPARATED = r"(?<![0-9A-Za-z])"
_QUARTER = re.compile(rf"{_SEPARATED}(20\d\d)[ _-]?Q([1-4])(?!\d)", re.IGNORECASE)
_LETTER = re.compile(rf"{_SEPARATED}(20\d\d) ?([A-D])(?![0-9A-Za-z])")
_SHORT_LETTER = re.compile(r"(?:PP)?RRVU(\d\d)([A-D])(?![A-Za-z])|RVU(\d\d)([A-D])(?![A-Za-z])", re.IGNORECASE)
_US_DAY = re.compile(r"(?<!\d)(\d{1,2})[-/](\d{1,2})[-/](20\d\d)(?!\d)")
_VERSION = re.compile(r"(?<![0-9A-Za-z])v(\d\d)\.?([0-3])(?:r\d)?(?!\d)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_SHORT_YEAR = re.compile(r"RVU(\d\d)(?!\d)", re.IGNORECASE)
_MONTH = re.compile(r"(?<![A-Za-z])(" + "|".join(_MONTHS) + r")(?![A-Za-z])", re.IGNORECASE)
_EARLIEST_VERSION = 1994


def find_edition(kind: Kind, texts: Sequence[str]) -> Edition:
    """Give the edition by the first of `texts` that names one, with the days for which it speaks; ("", None, None) for none.

    Edits and MUE values come each quarter: `2026Q1`, told by a quarter, a day on which they take effect, or the number of
    the NCCI version (32.0 is the first of 2026). Edits tell their whole past and hold to the end of the quarter. Relative
    values come as `2026A` to `2026D`. ICD-10-CM holds for a fiscal year, from October, in April a second time. The rows of
    HCPCS Level II have days of their own.
    """
    read = _READERS[kind]
    return next((found for text in texts if (found := read(text)) != _NONE), _NONE)


def _quarterly(text: str) -> Edition:
    if (found := _QUARTER.search(text)) or (found := _LETTER.search(text)):
        return _of_quarter(int(found[1]), "ABCD1234".index(found[2].upper()) % 4)
    if found := _US_DAY.search(text):
        return _of_quarter(int(found[3]), (int(found[1]) - 1) // 3) if 1 <= int(found[1]) <= 12 else _NONE
    if found := _VERSION.search(text):
        return _of_quarter(_EARLIEST_VERSION + int(found[1]), int(found[2]))
    year, month = _YEAR.search(text), _MONTH.search(text)
    return _of_quarter(int(year[1]), (_MONTHS[month[1].lower()] - 1) // 3) if year and month else _NONE


def _of_quarter(year: int, quarter: int) -> Edition:
    last = 3 * quarter + 3
    return f"{year}Q{quarter + 1}", date(year, last - 2, 1), date(year, last, calendar.monthrange(year, last)[1])


def _edits(text: str) -> Edition:
    edition, _, until = _quarterly(text)
    return edition, None, until


def _relative_values(text: str) -> Edition:
    if found := _SHORT_LETTER.search(text):
        text = f"20{found[1] or found[3]}{(found[2] or found[4]).upper()}"
    elif (found := _SHORT_YEAR.search(text)) and not _YEAR.search(text):
        text = f"20{found[1]} {text}"
    edition, since, until = _quarterly(_US_DAY.sub("", text))
    if edition:
        return edition[:4] + "ABCD"[int(edition[-1]) - 1], since, until
    year = _YEAR.search(text)
    return (year[1], date(int(year[1]), 1, 1), date(int(year[1]), 12, 31)) if year else _NONE


def _code_set(text: str) -> Edition:
    return _quarterly(text)[0] or (found[1] if (found := _YEAR.search(text)) else ""), None, None


def _fiscal_year(text: str) -> Edition:
    found = _YEAR.search(text)
    if found is None:
        return _NONE
    year, month = int(found[1]), _MONTH.search(text)
    april = month is not None and _MONTHS[month[1].lower()] == 4
    return f"FY{year}" + " April" * april, date(year, 4, 1) if april else date(year - 1, 10, 1), date(year, 9, 30)


_READERS: dict[Kind, Callable[[str], Edition]] = {
    Kind.PTP: _edits,
    Kind.MUE: _quarterly,
    Kind.RVU: _relative_values,
    Kind.HCPCS: _code_set,
    Kind.ICD: _fiscal_year,
}
