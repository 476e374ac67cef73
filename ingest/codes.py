"""Find billing codes, code ranges and modifiers in text and give them one spelling.

Shapes: CPT `12345`, `1234F/T/U` and `1234M`; HCPCS Level II `A1234`; ICD-10-CM `C79.51`. A bare three-character
ICD category counts only beside a word that announces it, for "T12" and "B15" mean other things too.
"""

import itertools
import re
from dataclasses import dataclass

_CPT = r"\d{5}|\d{4}[FTUM]"
_HCPCS = r"[A-V]\d{4}"
_CATEGORY = r"[A-Z]\d[0-9A-Z]"
_ICD = rf"{_CATEGORY}\.(?:\d[0-9A-Z]{{0,3}}|[A-Z]\d{{0,3}})"
_STATES = "AK|AL|AR|AZ|CA|CO|DC|DE|FL|GA|IA|ID|IL|KS|KY|LA|MI|MN|MO|MS|MT|NC|ND|NE|NH|NJ|NM|NV|NY|OH|PA|RI|SC|SD|TN|TX|UT|VA|VT|WA|WI|WV|WY"
_NOT_MONEY_OR_PHONE = r"(?<![$€£]\s)(?<!(?<!\d)\d{3}-)(?<!\bcost\s)(?<!\bcosts\s)"
_NOT_A_PLACE_OR_NUMBER = rf"(?<!\bbox\s)(?<!\bzip\s)(?<!\bzip\scode\s)(?<!\bpostal\scode\s)(?<!\b(?:NPI|MRN)\s)(?<!\baccount\s)(?<!\bacct\s)(?<!\bacct\s#)(?<!\b(?:account|invoice)\snumber\s)(?<!\bclaim\snumber\s)(?<!,\s(?-i:{_STATES})\s)"
_NOT_ZIP_OR_MONEY = r"(?!-\d{4}(?!\w))(?!-\d{3,4}-\d)(?!\s(?:dollars|USD|euros|people|residents|miles|c?Gy|rads)\b)"
_FOOTNOTES = "¹²³⁰-⁹"
_EDGE_LEFT = rf"(?:(?<![\w$€£#])|(?<=\bCPT)|(?<=\bHCPCS)|(?<=\bCPT\s#)|(?<=\bCPT#)|(?<=\bcode\s#)|(?<=\bcode#)|(?<=\bcode))(?<!\d\.){_NOT_A_PLACE_OR_NUMBER}{_NOT_MONEY_OR_PHONE}"
_EDGE_RIGHT = rf"(?:(?=(?:TC|s|x\d{{1,2}})(?!\w))|(?![^\W{_FOOTNOTES}]))(?!\.\d)(?!,\d{{3}}(?!\d)){_NOT_ZIP_OR_MONEY}"
_CODE = re.compile(
    rf"(?=\d{{4}}|[A-Z]\d){_EDGE_LEFT}(?:(?P<icd>(?-i:(?!v)){_ICD})|(?P<hcpcs>{_HCPCS})|(?P<cpt>{_CPT})){_EDGE_RIGHT}", re.IGNORECASE
)
_ONE_CATEGORY = re.compile(_CATEGORY, re.IGNORECASE)
_CATEGORIES = re.compile(
    rf"\b(?:ICD(?:-?10)?(?:-CM)?|diagnos[ei]s|dx)\b[^.\n]{{0,24}}?\b(?P<list>{_CATEGORY}\b(?!\.\w)(?:(?:,| and| or|, and|, or) {_CATEGORY}\b(?!\.\w))*)",
    re.IGNORECASE,
)
_SPACED = re.compile(r"(?<![\w.])(?<!\d )(?:\d(?: \d){3} [\dT]|[CGJQcgjq](?: \d){4})(?!\w| \d)")
_JOINER = re.compile(r"\s*(?:-|–|—|\bto\b|\bthrough\b|\bthru\b)\s*", re.IGNORECASE)
_MODIFIER = r"(?:\d{2}|TC|PC|LT|RT|GA|GX|GY|GZ|KX|PO|PN|CT|FX|FY|FS|AI|X[ESPU])"
_MODIFIER_AFTER_CODE = re.compile(rf"(?<=\d{{4}}[\dA-Z])[-–]({_MODIFIER}(?:[-–,/]{_MODIFIER})*)\b(?![-–]?\d)", re.IGNORECASE)
_MODIFIER_LIST = re.compile(
    rf"\bmod(?:ifier|ifiers|s)?\b[\s:(]*(?:codes?\s+)?-?({_MODIFIER}\b(?:(?:\s*,\s*|\s*/\s*|\s+)(?:(?:and|or|&)\s+)?-?{_MODIFIER}\b)*)",
    re.IGNORECASE,
)
_MODIFIER_BEFORE_WORD = re.compile(rf"(?<![\w$.,-])-?({_MODIFIER})(?:\s+(?:and|or)\s+-?({_MODIFIER}))?\s+modifiers?\b", re.IGNORECASE)
_MODIFIER_ROW = re.compile(rf"^({_MODIFIER}) \|", re.MULTILINE)
_BARE_MODIFIER = re.compile(r"(?<![\w-])-?(TC|X[ESPU])\b|(?<![\w-])-(26|TC|25|59)\b")
_LONGEST_RANGE = 120


@dataclass(frozen=True, slots=True)
class CodeMention:
    """A code as written at `[start, end)`; `code` is its normal spelling (upper case, ICD with its dot)."""

    code: str
    start: int
    end: int


def find_codes(text: str) -> tuple[CodeMention, ...]:
    """Give every code written out in `text`, in order. `text` should be canonical."""
    found = [CodeMention(m.group().upper(), m.start(), m.end()) for m in _CODE.finditer(text)]
    found += [
        CodeMention(m.group().upper(), m.start(), m.end())
        for announced in _CATEGORIES.finditer(text)
        for m in _ONE_CATEGORY.finditer(text, announced.start("list"), announced.end("list"))
    ]
    found += [CodeMention(m.group().replace(" ", "").upper(), m.start(), m.end()) for m in _SPACED.finditer(text)]
    return tuple(sorted(found, key=lambda m: m.start))


def find_ranges(text: str) -> tuple[tuple[str, str], ...]:
    """Give the first and last code of every range such as `77306-77321` or `G6003 through G6016`."""
    mentions = find_codes(text)
    pairs = itertools.pairwise(mentions)
    return tuple((a.code, b.code) for a, b in pairs if _JOINER.fullmatch(text[a.end : b.start]) and _ascends(a.code, b.code))


def expand_range(first: str, last: str) -> tuple[str, ...]:
    """Give every code number from `first` to `last`; whether each exists is not known here."""
    prefix, suffix = first.rstrip("0123456789FTUM")[:1], first[-1] if first[-1].isalpha() else ""
    digits = len(first) - len(prefix) - len(suffix)
    low, high = _number(first), _number(last)
    return tuple(f"{prefix}{n:0{digits}d}{suffix}" for n in range(low, min(high, low + _LONGEST_RANGE) + 1))


def codes_written(text: str) -> frozenset[str]:
    """Give the index keys of every code that `text` names or covers by a range."""
    ranged = (expand_range(index_key(first), index_key(last)) for first, last in find_ranges(text))
    return frozenset(index_key(mention.code) for mention in find_codes(text)).union(*ranged)


def find_modifiers(text: str) -> tuple[str, ...]:
    """Give the modifiers named in `text`, each once, in order of appearance."""
    found: list[tuple[int, str]] = []
    rows = (_MODIFIER_ROW,) if "modifier" in text.lower() else ()
    for pattern in (_MODIFIER_AFTER_CODE, _MODIFIER_LIST, _MODIFIER_BEFORE_WORD, _BARE_MODIFIER, *rows):
        for match in pattern.finditer(text):
            for group in filter(None, match.groups()):
                found += [(match.start(), m.group().upper()) for m in re.finditer(_MODIFIER, group, re.IGNORECASE)]
    return tuple(dict.fromkeys(modifier for _, modifier in sorted(found)))


def index_key(code: str) -> str:
    """Give the spelling under which a code is indexed: upper case without its dot."""
    return code.replace(".", "").upper()


def _number(code: str) -> int:
    return int(re.sub(r"\D", "", code))


def _ascends(first: str, last: str) -> bool:
    same_shape = re.sub(r"\d", "9", first) == re.sub(r"\d", "9", last) and first[:1].isdigit() == last[:1].isdigit()
    same_letter = first[0].isdigit() or first[0] == last[0]
    return same_shape and same_letter and "." not in first and _number(first) < _number(last)
