"""Read from a question's words where the service takes place."""

import re

from assistant.answer import Setting

_PLACES = (
    (Setting.ASC, r"\bASCs?\b|\bambulatory surg\w* (?:cent\w+|facilit\w+)|\bsurgery cent\w+|\bPOS[\s:#]*24\b"),
    (Setting.INPATIENT, r"\bin-?patients?\b|\bPOS[\s:#]*21\b|\badmitted (?:to|pt|patient)"),
    (
        Setting.FREESTANDING,
        r"\bfree-?\s?standing\b|\boffice[- ]based\b|\b(?:physician|doctor|private)['’]?s?\s+(?:owned\s+)?(?:office|practice)\b|\bPOS[\s:#]*11\b"
        r"|\bnon-?hospital\b|\bIDTFs?\b|\bnon-?facility\b",
    ),
    (
        Setting.HOSPITAL_OUTPATIENT,
        r"\bHOPDs?\b|\bOPPS\b|\bPOS[\s:#]*(?:19|22)\b|\bprovider[- ]based\b|\b(?<!non-)(?<!non )(?:hospital|hosp)(?!\s+in-?patient)(?:['’]s)?\b"
        r"|\bout-?(?:patient|pt) (?:hosp\w*|dep\w*|facilit\w+)|\bOP (?:dept?|department)\b",
    ),
)


def find_setting(text: str) -> Setting | None:
    """Give the setting that a question names, None where it names none or several; POS numbers are CMS's place of service codes."""
    named = [setting for setting, pattern in _PLACES if re.search(pattern, text, re.IGNORECASE)]
    return named[0] if len(named) == 1 else None


def find_places(text: str) -> tuple[str, ...]:
    """Give the words of a question that name a setting, in order."""
    found = sorted((m.start(), m[0]) for _, pattern in _PLACES for m in re.finditer(pattern, text, re.IGNORECASE))
    return tuple(words for _, words in found)
