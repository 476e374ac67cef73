"""Tell whether two questions on a fact fall on the same side of the years at which it changes."""

import re
from collections.abc import Collection

from ingest.documents import Passage

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_YEAR = re.compile(
    r"(?:\b(?P<cue>before|prior to|until|through|thru|till|up to|to|end of|by|after|from|since|starting|beginning|effective|in|as of|pre|post)[ -]+)?"
    rf"(?:{_MONTH}\.? (?:\d{{1,2}}, ?)?|\d{{1,2}}/(?:\d{{1,2}}/)?)?"
    r"\b(?P<year>(?:19|20)\d\d)\b(?:\s?(?:-|–|to|through)\s?(?P<last>(?:19|20)\d\d)\b)?",
    re.IGNORECASE,
)
_STARTS = frozenset({"from", "since", "starting", "beginning", "effective", "as of", "in"})
_ENDS = frozenset({"until", "through", "thru", "till", "up to", "to", "end of", "by", "after", "post"})
_BEFORE = frozenset({"before", "prior to", "pre"})
_AFTER = frozenset({"after", "post"})


def last_years(passage: Passage) -> frozenset[int]:
    """Give every year with whose end something changes, by the words of a passage and by when it is valid."""
    found: set[int] = set()
    for cue, year, last in _named(passage.text):
        if last:
            found |= {year - 1, last}
        elif cue in _ENDS:
            found.add(year)
        elif cue in _STARTS | _BEFORE:
            found.add(year - 1)
    if passage.valid_from:
        found.add(passage.valid_from.year - 1)
    if passage.valid_to:
        found.add(passage.valid_to.year)
    return frozenset(found)


def same_era(year: int, text: str, changes: Collection[int]) -> bool:
    """Tell whether a text names years, all of them on the same side of `changes` as `year`; False where nothing changes."""
    named = {y for cue, first, last in _named(text) for y in ((first, last) if last else (_meant(cue, first),))}
    crossed = any(min(year, other) <= change < max(year, other) for other in named for change in changes)
    return bool(named and changes) and not crossed


def _meant(cue: str, year: int) -> int:
    return year - 1 if cue in _BEFORE else year + 1 if cue in _AFTER else year


def _named(text: str) -> list[tuple[str, int, int]]:
    """Give every year named, with the word that leads to it, and the last year of a span, else 0."""
    return [((m["cue"] or "").lower(), int(m["year"]), int(m["last"] or 0)) for m in _YEAR.finditer(text)]
