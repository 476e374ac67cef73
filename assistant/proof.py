"""Tell whether quotes bear a sentence: what it states must stand in them, and nothing of them may be turned round."""

import re
from collections.abc import Iterator, Sequence

from assistant.terms import content_terms, stem, stems
from ingest.codes import find_codes, find_modifiers, index_key

_MIN_SHARE = 0.65  # chosen on the tuning pairs of tests/data/nugget_pairs.jsonl
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NUMBER_WORDS = {"single": "1", "once": "1", "twice": "2", "thrice": "3"} | {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split())
} | {"twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "ninety": "90", "hundred": "100"}  # fmt: skip
_MONTH = re.compile(
    r"\b(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?(?= \d{1,4}\b)"
)
_ADDRESS = re.compile(r"(?:\w+://|\bwww\.)\S+|\S+@\S+")
_FIXED = re.compile(  # a rule changes with these: how long, who, where, which part
    r"\b(?:(hour|minut|da(?=y|ily)|week|month|year)\w*|(physician|physicist|dosimetrist|therapist|nurse|oncologist|surgeon|radiologist)s?"
    r"|(hospital|freestanding|office|inpatient|outpatient|professional|technical|global)s?)\b",
    re.IGNORECASE,
)
_COUNT = r"per|each|every|\d+|once|twice|one|two|three|four|five|six|seven|eight|nine|ten"
_UNIT = r"(?: \w+)? (course|fraction|treatment|session|plan|field|area|claim|patient|beam|port|unit)"
_MEASURE = re.compile(rf"\b(?:{_COUNT}){_UNIT}", re.IGNORECASE)
_MEASURE_OR_ONE = re.compile(rf"\b(?:{_COUNT}|a|the){_UNIT}", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|never|cannot|neither|nor)\b|n['’]t\b", re.IGNORECASE)
_NEGATIONS = (
    re.compile(r"\b(?:not|never|no|none|cannot|neither|nor)\b|n['’]t\b", re.IGNORECASE),
    re.compile(r"\b(?:except|unless|without|denied|denies|excluded|excludes)\b", re.IGNORECASE),
    re.compile(
        r"\b(?:prohibit\w*|forbid\w*|disallow\w*|reject\w*|ineligible|insufficient|invalid|improper|non-?covered|unbillable|bundled)\b",
        re.IGNORECASE,
    ),
)
_SCOPE_END = re.compile(
    r"[.;:,](?=\s|$)|\b(?:but|yet|however|although|whereas|while|because|unless|except|if|when)\b"
    r"|\b(?:and|or)\s+(?:can|could|may|might|must|shall|should|will|would|is|are|was|were|do|does)\b",
    re.IGNORECASE,
)
_SCOPE_WORDS = 6
_LIGHT = frozenset("for with in on by at from be been being is are was were do does did has have had can could may might must shall should will would a an the to of it as any only also".split())  # fmt: skip


def supports(sentence: str, quotes: Sequence[str], around: Sequence[str] = ()) -> bool:
    """Tell whether quotes bear a sentence.

    Two thirds of its words that carry meaning, and every code, number, date, measure, role, setting, modifier,
    address and negation of it, must occur in them. No negation may be lost, nor moved to other words: not one of a
    quote, nor one of `around`, the clauses that the quotes were cut from.
    """
    evidence = " ".join(quotes)
    if _facts(sentence) - _facts(evidence) or _units(_MEASURE, sentence) - _units(_MEASURE_OR_ONE, evidence):
        return False
    if set(find_modifiers(sentence)) - set(re.findall(r"\w+", evidence.upper())):
        return False
    source = " ".join((evidence, *around))
    kept = all(bool(kind.search(evidence)) if kind.search(sentence) else not kind.search(source) for kind in _NEGATIONS)
    return kept and _speaks_of(sentence, evidence) and not _turns_round(sentence, source)


def _speaks_of(sentence: str, evidence: str) -> bool:
    """Tell whether enough words of a sentence occur in the evidence; numbers, spans and roles were compared before."""
    words, held = content_terms(sentence), stems(evidence)
    shared = [word for word in words if stem(word) in held or word in _NUMBER_WORDS or word.isdigit() or _FIXED.fullmatch(word)]
    if not words:
        return bool(sentence.strip()) and " ".join(sentence.split()) in " ".join(evidence.split())
    return len(shared) >= _MIN_SHARE * len(words)


def _facts(text: str) -> set[str]:
    """Give what must not be changed: codes, numbers in figures or words, months of dates, addresses, spans of time, roles, settings."""
    words = (_NUMBER_WORDS.get(word) for word in re.findall(r"[a-z]+", text.lower()))
    months = (month[:3] for month in _MONTH.findall(text))
    fixed = (next(filter(None, groups)).lower() for groups in _FIXED.findall(text))
    codes = {index_key(m.code) for m in find_codes(text)}
    return codes | {*_NUMBER.findall(text), *filter(None, words), *months, *_ADDRESS.findall(text), *fixed}


def _units(pattern: re.Pattern[str], text: str) -> set[str]:
    return {unit.lower() for unit in pattern.findall(text)}


def _turns_round(sentence: str, source: str) -> bool:
    """Tell whether a "not" stands on other words in a sentence than in its source, or the source denies what it states."""
    said, held = list(_scopes(sentence)), list(_scopes(source))
    denied = frozenset().union(*said)
    moved = any(not any(set(scope) & set(other) for other in held) for scope in said)
    lost = any(scope[0] in _words(sentence) and scope[0] not in denied for scope in held)
    return moved or lost


def _scopes(text: str) -> Iterator[tuple[str, ...]]:
    """Give for each "not" the stems of the words that it denies, nearest first."""
    for match in _NOT.finditer(text):
        rest = text[match.end() :]
        end = _SCOPE_END.search(rest)
        if scope := _words(rest[: end.start()] if end else rest)[:_SCOPE_WORDS]:
            yield scope


def _words(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in _LIGHT)
