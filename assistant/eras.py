"""Tell whether two questions on a fact fall on the same side of the years at which it changes."""

import re
from collections.abc import Collection

from assistant.dates import MONTH
from ingest.documents import Passage

_CHANGES = dict.fromkeys(
    ("from", "since", "starting", "beginning", "effective", "as of", "in", "before", "prior to", "pre"), -1
) | dict.fromkeys(("until", "through", "thru", "till", "up to", "to", "end of", "by", "after", "post"), 0)
"""By the words that lead to a year, how many years from it lies the last one before a change."""
_MEANT = {"before": -1, "prior to": -1, "pre": -1, "after": 1, "post": 1}
"""By the words that lead to a year, how far the year that is meant lies from it."""
_YEAR = re.compile(
    rf"(?:\b(?P<cue>{'|'.join(_CHANGES)})[ -]+)?"
    rf"(?:{MONTH} (?:\d{{1,2}}, ?)?|\d{{1,2}}/(?:\d{{1,2}}/)?)?"
    r"\b(?P<year>(?:19|20)\d\d)\b(?:\s?(?:-|–|to|through)\s?(?P<last>(?:19|20)\d\d)\b)?",
    re.IGNORECASE,
)


def last_years(passage: Passage) -> frozenset[int]:
    """Give every year with whose end something changes, by the words of a passage and by when it is valid."""
    found: set[int] = set()
    for cue, year, last in _named(passage.text):
        if last:
            found |= {year - 1, last}
        elif cue in _CHANGES:
            found.add(year + _CHANGES[cue])
    if passage.valid_from:
        found.add(passage.valid_from.year - 1)
    if passage.valid_to:
        found.add(passage.valid_to.year)
    return frozenset(found)


def same_era(year: int, text: str, changes: Collection[int]) -> bool:
    """Tell whether a text names years, all of them on the same side of `changes` as `year`; False where nothing changes."""
    named = {y for cue, first, last in _named(text) for y in ((first, last) if last else (first + _MEANT.get(cue, 0),))}
    crossed = any(min(year, other) <= change < max(year, other) for other in named for change in changes)
    return bool(named and changes) and not crossed


def _named(text: str) -> list[tuple[str, int, int]]:
    """Give every year named, with the word that leads to it, and the last year of a span, else 0."""
    return [((m["cue"] or "").lower(), int(m["year"]), int(m["last"] or 0)) for m in _YEAR.finditer(text)]
