"""Codes and modifiers in the loose forms that coders type: shortened, split, glued, or with a modifier just beside.

Each of these forms may be something else (a count, an age, an amount), so a code read here counts only where it is
known to exist; the caller checks that.
"""

import re

from ingest.codes import expand_range

_CPT = r"(?<![\w.$#-])(?:\d{5}|[A-V]\d{4})"
_UNIT = (
    r"(?!\s*(?:%|[cm]?Gy|MU|MV|mg|ml|cc|cm|mm|rads|RVUs?|units?|times|dollars|USD|patients?|pts?|people|days?|weeks?|months?|years?"
    r"|yo|y/o|minutes?|mins?|hours?|fractions?|fx|fxs|sessions?|treatments?|fields?|beams?|claims?|forms?|visits?|miles|cases)\b)"
)
_SHORT_RANGE = re.compile(rf"({_CPT})(\s*(?:-|–|—)\s*|\s+(?:to|thru|through)\s+)(\d{{1,4}})(?![\w.%-]){_UNIT}", re.IGNORECASE)
_SHORT_LIST = re.compile(rf"({_CPT})((?:/\d\d)+)(?![\w/.%-])", re.IGNORECASE)
_SPLIT = (
    re.compile(rf"(?<![\w.$#/+-])(?<!\d )(?<!\d, )(?<!aged )(?<!age )(?<!room )(?<!suite )(\d{{2}}[ -]\d{{3}}|\d{{3}}-\d{{2}})(?![\w/%-]|[ .,]\d){_UNIT}", re.IGNORECASE),
    re.compile(rf"(?<![\w.$#/+-])(?<!\d )([GCJQ][ -]\d{{4}})(?![\w/%-]|[ .,]\d){_UNIT}", re.IGNORECASE),
    re.compile(r"(?<![\w.$#/+-])(?<!\d )(\d{4}[ -][TF])(?![\w/%-])", re.IGNORECASE),
)  # fmt: skip
_YEAR_END = re.compile(r"[A-Z][ -](?:19|20)\d\d", re.IGNORECASE)
_DIAGNOSIS = re.compile(r"\b(?:ICD(?:-?10)?(?:-CM)?|dx|diagnos[ei]s)(?: codes?)?[\s:#]+(?:is |of )?([A-TV-Z]\d[0-9AB][ -]?\d[0-9A-Z]{0,3})\b(?!\.)", re.IGNORECASE)  # fmt: skip
_MODIFIER = r"(?:22|25|26|50|51|52|53|58|59|7[6-9]|91|TC|X[ESPU])"
_BESIDE = re.compile(
    rf"(?<![\w.$#-])(?:\d{{5}}|[A-V]\d{{4}}|\d{{4}}T)(?:(?P<glued>TC)\b|(?:\s*/\s*|\s*\(\s*|\s+(?:w/\s*|with\s+(?:an?\s+|the\s+)?|[+&]\s*)?)-?(?P<list>{_MODIFIER}(?:\s*(?:,|/|&|\+|and|or)\s*-?{_MODIFIER})*)(?![\w.%-]){_UNIT})",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"(?<![\w-])(TC|26)\s+(?:of|for|on)\s+(?:\d{5}|[A-V]\d{4})\b", re.IGNORECASE)
_COMMON_MODIFIERS = frozenset("22 24 25 26 50 51 52 53 54 55 56 57 58 59 73 74 76 77 78 79 80 81 82 91 93 95 99".split())
"""Two digits after a hyphen or slash that are read as a modifier. 62, 63, 66 (surgeons, infants) and 90 (outside laboratory)
are not: CPT has no use for them beside radiation oncology codes, where 77261-63 is a range."""


def find_loose_codes(text: str) -> tuple[str, ...]:
    """Give the codes, upper case and without dots, that loose forms in `text` may mean, each once.

    `77402-12` and `77402 to 12` are ranges, `77280/85/90` a list, `77-370` and `g 6015` split codes, `dx C50911` a
    diagnosis without its dot.
    """
    found = [code for first, last in _short_ranges(text) for code in expand_range(first, last)]
    found += [m[1][:3].upper() + end for m in _SHORT_LIST.finditer(text) for end in m[2].split("/")[1:] if _goes_on(m[1], end)]
    split = (m[1] for pattern in _SPLIT for m in pattern.finditer(text) if not _YEAR_END.fullmatch(m[1]))
    found += [re.sub(r"[ -]", "", code).upper() for code in split]
    return tuple(dict.fromkeys((*found, *find_diagnoses(text))))


def find_diagnoses(text: str) -> tuple[str, ...]:
    """Give the diagnosis codes without a dot that "dx", "diagnosis" or "ICD-10" announces, upper case."""
    return tuple(dict.fromkeys(re.sub(r"[ -]", "", m[1]).upper() for m in _DIAGNOSIS.finditer(text)))


def find_loose_modifiers(text: str) -> tuple[str, ...]:
    """Give the modifiers that stand just beside a code without hyphen or the word: `77295 26`, `77295/TC`, `77295TC`."""
    found = [(m.start(), m["glued"] or m["list"]) for m in _BESIDE.finditer(text)]
    found += [(m.start(), m[1]) for m in _BEFORE.finditer(text)]
    return tuple(dict.fromkeys(each.upper() for _, listed in sorted(found) for each in re.findall(_MODIFIER, listed, re.IGNORECASE)))


def find_range_ends(text: str) -> frozenset[str]:
    """Give the two digits in `77402-12` and `77280/85` that continue a range or list, so that they are no modifiers."""
    ranged = {m[3] for m in _SHORT_RANGE.finditer(text) if _goes_on(m[1], m[3], spelled=m[2].strip().isalpha())}
    return frozenset(ranged | {end for m in _SHORT_LIST.finditer(text) for end in m[2].split("/")[1:] if _goes_on(m[1], end)})


def _short_ranges(text: str) -> list[tuple[str, str]]:
    pairs = ((m[1].upper(), m[3], m[2].strip().isalpha()) for m in _SHORT_RANGE.finditer(text))
    return [(first, first[: -len(end)] + end) for first, end, spelled in pairs if _goes_on(first, end, spelled=spelled)]


def _goes_on(first: str, end: str, *, spelled: bool = False) -> bool:
    """Tell whether `end` continues `first` upwards, by at most 20 codes, and is no modifier."""
    if end in _COMMON_MODIFIERS and not spelled:
        return False
    return 0 < int(end) - int(first[-len(end) :]) <= 20
