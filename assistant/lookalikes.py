"""What was meant as a code but is none: look-alike letters, a digit too many or too few, and the codes it may stand for."""

import re
from collections.abc import Collection

_YEAR = r"(?:19[89]|20[0-4])\d(?!\d)"
_UNIT = r"(?:units?|times|dollars|USD|euros|c?Gy|MU|rads|RVUs?|forms?|claims?|patients|people|days|minutes|mins|hours|fractions|percent)\b"
_ITEM = rf"#?(?!{_YEAR})[A-V]?\d{{3,6}}[FTUM]?(?:-\w\w)?(?![\w%]|\.\d|,\d{{3}}(?!\d)|-\d)(?!\s+{_UNIT})"
_LIST = rf"(?P<list>{_ITEM}(?:(?:\s*(?:,|/|&|\+|\band\b|\bor\b|\bplus\b|\bwith\b))+\s*{_ITEM})*)"
_SHORT = re.compile(r"(?<![\w])(?:\d{4}|\d{6}|[A-V]\d{3}|[A-V]\d{5}|\d{3}[FTUM]|\d{5}[FTUM])(?!\w)", re.IGNORECASE)
_NAMED = re.compile(rf"\b(?:CPT|HCPCS)(?:®|™|\(R\))?(?:\s+codes?)?(?:\s+is|\s+number|\s+no\.)?[\s:#-]*{_LIST}", re.IGNORECASE)
_CODE = re.compile(rf"(?:(?P<kind>type of bill|[\w-]+)\s+)?\bcodes?(?:\s+is|\s+number|\s+no\.)?[\s:#]*{_LIST}", re.IGNORECASE)
_OTHER_KINDS = frozenset(
    """
    revenue rev zip postal area condition occurrence value status reason remark denial diagnosis diagnostic dx cm taxonomy access service
    pos apc drg type bar dress source admission discharge carc rarc ndc pin security verification error tax building modifier indicator
    """.split()
)
_BILLED = re.compile(
    rf"\b(?:bill|billing|report|reporting|submit|submitting|coding)\s+(?:for\s+|both\s+|only\s+)?{_LIST}(?=\W*$|\s*[?.!;:)]|,?\s+(?:after|again|alone|and|as|at|before|by|during|every|for|if|in|more|on|once|or|per|separately|so|the|to|together|too|twice|under|when|while|with|without)\b)"
    rf"|\b(?:can|could|may|must|should|will)\s+(?P<passive>{_ITEM})\s+be\b"
    rf"|\b(?:is|are|was)\s+(?P<state>{_ITEM})\s+(?:billable|reportable|payable|billed|reported|bundled|covered|allowed|separately)\b",
    re.IGNORECASE,
)
_ROUND = re.compile(r"\d\d00")
_MIXED = re.compile(
    r"(?<![\w$€£#.])(?=(?:[A-Z]*\d){3})(?!(?:[A-V]\d{4}|\d{5}|\d{4}[FTUM])\b)(?:[A-V][\dOIL]{4}|[\dOIL]{5}|[\dOIL]{4}[FTUM])(?!\w|\.\d)",
    re.IGNORECASE,
)
_FOLD = str.maketrans("OQDILZSGB", "000112568")
_NOT_NEAR = 9


def find_miswritten(text: str) -> tuple[str, ...]:
    """Give what is written as a code but has no code's shape, upper case, in order.

    That is a letter O, I or L in a digit's place (`G6O15`), and a digit too many or too few where "code", "CPT" or
    "HCPCS" announces a code. Revenue codes, ZIP codes and the like are other numbers.
    """
    announced = [m for m in _CODE.finditer(text) if not _is_other_kind(m["kind"] or "")]
    lists = [(m.start("list"), m["list"]) for m in (*_NAMED.finditer(text), *announced)]
    found = [(start + m.start(), m.group()) for start, listed in lists for m in _SHORT.finditer(listed)]
    found += [(m.start(), m.group()) for m in _MIXED.finditer(text)]
    return tuple(dict.fromkeys(code.upper() for _, code in sorted(found)))


def find_doubtful(text: str) -> tuple[str, ...]:
    """Give the numbers of four or six digits that are billed or reported as a code would be; an amount may be, too."""
    parts = [m["list"] or m["passive"] or m["state"] for m in _BILLED.finditer(text)]
    short = [m.group().upper() for part in parts for m in _SHORT.finditer(part)]
    return tuple(dict.fromkeys(number for number in short if number.isdigit() and not _ROUND.fullmatch(number)))


def near_codes(code: str, known: Collection[str]) -> tuple[str, ...]:
    """Give the known codes that `code` may stand for, nearest first.

    First those that differ by look-alike characters only (O and 0, I and 1, S and 5 …), then by two swapped
    neighbours, a digit too many or too few, and one changed character.
    """
    ranked = sorted((*_distance(code, other), other) for other in known if abs(len(other) - len(code)) <= 1 and other != code)
    return tuple(other for rank, *_, other in ranked if rank < _NOT_NEAR)


def _is_other_kind(word: str) -> bool:
    return word.lower().partition(" ")[0] in _OTHER_KINDS or word.lower().startswith("icd")


def _distance(code: str, other: str) -> tuple[int, int, int]:
    """Give the kind of difference, less what both begin with, and how far a changed character lies."""
    one, two = code.translate(_FOLD), other.translate(_FOLD)
    shared = next((i for i, (a, b) in enumerate(zip(code, other, strict=False)) if a != b), min(len(code), len(other)))
    apart = [i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b]
    step = abs(ord(one[apart[0]]) - ord(two[apart[0]])) if apart else 0
    return _kind(one, two, apart), -shared, step


def _kind(one: str, two: str, apart: list[int]) -> int:
    if one == two:
        return 0
    if len(one) != len(two):
        longer, shorter = (one, two) if len(one) > len(two) else (two, one)
        return 2 if any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer))) else _NOT_NEAR
    if len(apart) == 2 and apart[1] == apart[0] + 1 and one[apart[0]] == two[apart[1]] and one[apart[1]] == two[apart[0]]:
        return 1
    return 3 if len(apart) == 1 else _NOT_NEAR
