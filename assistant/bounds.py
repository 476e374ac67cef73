"""Tell whether an amount that a question tells lies outside the bound that a sentence sets on a code: "27 minutes, 99214?" """

import math
import re
from dataclasses import dataclass

from ingest.codes import find_codes, index_key

_WORDS = {word: float(n) for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}
_UNITS = {
    "minute": "minutes?|mins?",
    "hour": "hours?|hrs?",
    "day": "days?",
    "week": "weeks?|wks?",
    "month": "months?",
    "mile": "miles?",
    "fraction": "fractions?|fxs?|treatments?|sessions?",
    "field": "fields?|ports?|beams?",
    "source": "sources?|seeds?",
    "channel": "channels?|catheters?|needles?",
    "isocenter": "isocenters?|isos?",
    "site": "sites?|areas?|lesions?",
    "unit": "units?",
    "cm": "cm|centimeters?",
    "kv": "kvp?",
    "mv": "mev|mv",
    "gy": "gy",
}
"""Patterns of the words for what is counted or measured, by one word for it."""
_ANY_UNIT = "|".join(_UNITS.values())
_N = rf"(?:\d{{1,4}}(?:\.\d+)?|{'|'.join(_WORDS)})"
_UNIT = rf"(?:[a-z-]+ ){{0,2}}?(?P<unit>{_ANY_UNIT})\b"
_AMOUNT = re.compile(rf"(?<![\w$.,/-])(?P<n>{_N})(?:\s*-\s*|\s*){_UNIT}", re.IGNORECASE)
_BARE = re.compile(
    rf"\W*(?:(?:and|or|but|so|ok|no|sorry|sry|i mean\w*|what (?:about|if)|how about|then|only|for|with|at|it was|that was)\b[ ,]*)*(?P<amount>{_N}(?:\s*-\s*|\s*)(?:[a-z-]+ ){{0,1}}?"
    rf"(?:{_ANY_UNIT}))(?: (?:then|instead|total|in all))?\W*",
    re.IGNORECASE,
)
_BOUNDS = re.compile(
    rf"(?<![\w-])(?:between )?(?:(?P<least>at least|(?:a )?minimum(?: of)?|no (?:fewer|less) than|not (?:fewer|less) than|starts? at|begins? at)"
    rf"|(?P<most>up to|at most|(?:no|not) (?:more|deeper|longer|farther) than|(?:a )?maximum(?: of)?|limited to)"
    rf"|(?P<above>more than|over|above|greater than|exceed(?:s|ing)?|beyond|longer than|deeper than)"
    rf"|(?P<below>fewer than|less than|under|below|shorter than))? ?"
    rf"(?P<n>{_N})(?:(?: to | through | and (?:up to )?| up to |-|–)(?P<last>{_N}))?(?: or (?:(?P<up>more)|(?P<down>fewer|less)))?[ -]{_UNIT}"
    r"(?: or (?:(?P<longer>more|longer|over|above)|(?P<shorter>fewer|less|shorter|under))(?! than))?",
    re.IGNORECASE,
)
_TURNED = re.compile(
    r"\b(?:over\w*|under\w*|too|exceed\w*|beyond|past|wrong\w*|incorrect\w*|mis\w+|err\w*|not|never|den\w+|reject\w*|refus\w+|recoup\w*|took|take(?:n|s)? back|fail\w*"
    r"|short|below|above|(?:more|less|deeper|longer|shorter) than|fewer|at least|at most|needs?|needed|requires?|required|must|minimum|maximum|limit\w*|cap|capped|only|enough|starts?|audit\w*|separate\w*|each|per|twice|apart|an? (?:day|week|month))\b|n['’]t\b|[<>/]",
    re.IGNORECASE,
)
"""Words by which a question may want to hear of the bound itself, or of something else than whether the code fits."""
_ALSO = re.compile(r"\bor\b(?! (?:more|fewer|less|longer|over|above|shorter|under)\b(?! than))", re.IGNORECASE)
"""An "or" that is no part of a bound."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """What lies between `least` and `most`, both within, and where in the sentence that is said."""

    start: int
    end: int
    unit: str
    least: float
    most: float

    def holds(self, amount: float) -> bool:
        return self.least <= amount <= self.most


def is_beyond(question: str, code: str, sentence: str) -> bool:
    """Tell whether the only amount that a plain question on a code tells lies outside the only bound that a sentence sets on it.

    A bound is set on the code named last before it, or on the only one that is named. Of several of which one will do, none counts.
    """
    told = _compared(question, code, sentence)
    return told is not None and not _has_other(told[1], sentence) and not told[1].holds(told[0])


def is_within(question: str, code: str, sentence: str) -> bool:
    """Tell whether that amount lies inside that bound; others of which one will do may stand beside it."""
    told = _compared(question, code, sentence)
    return told is not None and told[1].holds(told[0])


def bare_amount(text: str) -> str:
    """Give the amount that is all a fragment tells, "31 minutes?" or "sorry, 31 minutes"; empty where there is more or none."""
    found = _BARE.fullmatch(text)
    return found["amount"] if found else ""


def exchange_amount(text: str, amount: str) -> str:
    """Give a question with another amount in the place of its only one in the same unit; as it is where there is no such one."""
    units = [_unit_of(m["unit"]) for m in _AMOUNT.finditer(amount)]
    held = [m for m in _AMOUNT.finditer(text) if _unit_of(m["unit"]) in units]
    return text[: held[0].start()] + amount + text[held[0].end() :] if len(held) == 1 else text


def _compared(question: str, code: str, sentence: str) -> tuple[float, _Bound] | None:
    """Give the only amount that a plain question tells and the only bound in its unit that a sentence sets on a code."""
    told = [(_number(m["n"]), _unit_of(m["unit"])) for m in _AMOUNT.finditer(question)]
    if len(told) != 1 or _TURNED.search(question):
        return None
    fitting = [bound for bound in _bounds_on(code, sentence) if bound.unit == told[0][1]]
    return (told[0][0], fitting[0]) if len(fitting) == 1 else None


def _bounds_on(code: str, sentence: str) -> list[_Bound]:
    named = [(mention.start, index_key(mention.code)) for mention in find_codes(sentence)]
    found = [bound for m in _BOUNDS.finditer(sentence) if (bound := _bound(m))]
    if {name for _, name in named} == {code}:
        return found
    return [bound for bound in found if [name for start, name in named if start < bound.start][-1:] == [code]]


def _bound(match: re.Match[str]) -> _Bound | None:
    first = _number(match["n"])
    last = _number(match["last"]) if match["last"] else first
    told = [name for name in match.groupdict() if match[name] and name not in {"n", "last", "unit"}]
    if not told and not match["last"]:
        return None
    least, most = _within(told[0] if told else "", first, last)
    return _Bound(match.start(), match.end(), _unit_of(match["unit"]), least, most)


def _within(told: str, first: float, last: float) -> tuple[float, float]:
    """Give the least and the most that is within, by the part of `_BOUNDS` that tells the kind of bound."""
    match told:
        case "least" | "up" | "longer":
            return first, math.inf
        case "most" | "down" | "shorter":
            return -math.inf, last
        case "above":
            return math.nextafter(first, math.inf), last if last > first else math.inf
        case "below":
            return -math.inf, math.nextafter(first, -math.inf)
        case _:
            return first, last


def _has_other(bound: _Bound, sentence: str) -> bool:
    """Tell whether a bound is one of several, of which another would do as well."""
    before, after = sentence[: bound.start], re.split(r"[.;:]", sentence[bound.end :])[0]
    return bool(re.search(r"\b(?:any|one) of\b|\bor (?:an? )?$", before, re.IGNORECASE) or _ALSO.search(after))


def _number(written: str) -> float:
    return _WORDS[written.lower()] if written.lower() in _WORDS else float(written)


def _unit_of(written: str) -> str:
    return next(unit for unit, pattern in _UNITS.items() if re.fullmatch(pattern, written, re.IGNORECASE))
