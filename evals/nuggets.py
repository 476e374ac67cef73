"""Tell whether quoted words state a nugget, though both may be worded differently. docs/evals.md gives the rule in prose."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from math import log

from assistant.terms import content_terms, stem
from ingest.codes import expand_range, find_codes, find_ranges, index_key
from ingest.documents import Passage

Weigh = Callable[[str], float]
"""How much a stem counts: rare ones more."""

_NUMBER = re.compile(r"(?<![\w.])\$?(\d+(?:,\d{3})*(?:\.\d+)?)(?![\w])")
_SPELLED = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10"}
_NEGATES = re.compile(
    r"\b(?:not(?! only)|never|no|none|nothing|cannot|neither|nor|without|den(?:y|ies|ied)|exclud\w+|bundl\w+|packag\w+|includ\w+|inside|delet\w+|unless|except)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_LIMITS = re.compile(r"\b(?:all|any|every|always|each|only|but|if|when|where|other|per)\b", re.IGNORECASE)
_PART = re.compile(r"[;:]\s+|,\s+(?:and|but)\s+")
_CLAUSE = re.compile(r"[;:]\s+|,\s+|\b(?:but|yet|however|although)\b|(?<=[.])\s+")
_NEARLY = 0.75
_ALIKE = (
    "physician doctor oncologist provider practitioner", "payer insurer carrier plan", "physicist qmp", "bill report charge code claim", "pay reimburse cover",
    "deliver delivery treatment", "fraction treatment session", "sign signature signed", "write written writing", "bundle include inside package part",
    "delete end gone retire terminate", "allow accept permit may", "need require must", "separate separately apart", "image imaging", "guidance guide igrt", "sbrt stereotactic",
    "simulation sim", "course series", "weekly week", "record chart document documentation", "medicare cms",
)  # fmt: skip
_CANONICAL = {stem(word): stem(group.split()[0]) for group in _ALIKE for word in group.split()}


class Relation(Enum):
    """How the quoted passage stands to the nugget, and the share of the nugget's weight that its quote must cover.

    The passage of the nugget's own fact is known to state it, so its quote may be worded most freely. A claim
    that must not appear is close to the truth in its words, so it counts only where nearly all of it is quoted.
    """

    FACT = 0.40
    GOLD = 0.50
    OTHER = 0.62
    FORBIDDEN = 0.85


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words quoted from one passage."""

    text: str
    passage: Passage


def states(nugget: str, quoted: Quoted, relation: Relation, as_of: date, weigh: Weigh) -> bool:
    """Tell whether `quoted` states the nugget.

    Every code and number of the nugget must stand in the quote or be plain from where it stands, the quote must
    cover enough of each part of the nugget, and in a passage that is not gold the clause that covers it best must negate
    as the nugget does.
    """
    if _missing(nugget, quoted, as_of):
        return False
    if relation is Relation.OTHER and _negates(nugget) != _negates(_nearest_clause(nugget, quoted, weigh)):
        return False
    if relation is Relation.FORBIDDEN and (_negates(nugget) != _negates(quoted.text) or _limits(nugget) != _limits(quoted.text)):
        return False
    return all(coverage(part, quoted, weigh) >= relation.value for part in _PART.split(nugget))


def _negates(text: str) -> bool:
    return bool(_NEGATES.search(text))


def _limits(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _LIMITS.findall(text))


def _nearest_clause(nugget: str, quoted: Quoted, weigh: Weigh) -> str:
    """Give the clause of the quote that covers most of the nugget; the whole quote when none covers nearly as much."""
    clauses = sorted(_CLAUSE.split(quoted.text), key=lambda clause: coverage(nugget, Quoted(clause, quoted.passage), weigh))
    enough = _NEARLY * coverage(nugget, quoted, weigh)
    return clauses[-1] if coverage(nugget, Quoted(clauses[-1], quoted.passage), weigh) >= enough else quoted.text


def coverage(nugget: str, quoted: Quoted, weigh: Weigh) -> float:
    """Give the share in [0, 1] of the nugget's weight whose words the quote holds; a word of the heading counts half."""
    wanted, held, above = _words(nugget), _words(quoted.text), _words(" ".join(quoted.passage.section[-1:]))
    total = sum(map(weigh, wanted))
    return sum(weigh(w) * (1.0 if w in held else 0.5 if w in above else 0.0) for w in wanted) / total if total else 1.0


def rarity(texts: Iterable[str]) -> Weigh:
    """Give the inverse document frequency over `texts`: log(1 + N / (1 + n)), Robertson and Spärck Jones."""
    counts: dict[str, int] = {}
    total = 0
    for text in texts:
        total += 1
        for word in _words(text):
            counts[word] = counts.get(word, 0) + 1
    return lambda word: log(1 + total / (1 + counts.get(word, 0)))


def _missing(nugget: str, quoted: Quoted, as_of: date) -> frozenset[str]:
    """Give the codes and numbers of the nugget that neither the quote nor its place makes plain."""
    days = (quoted.passage.valid_from, quoted.passage.valid_to, as_of)
    years = frozenset(str(day.year + shift) for day in days if day for shift in (-1, 0, 1))
    around = _codes(" ".join(quoted.passage.section[-1:])) | quoted.passage.codes
    return (_codes(nugget) | _numbers(nugget)) - _codes(quoted.text) - _numbers(quoted.text) - years - around


def _codes(text: str) -> frozenset[str]:
    listed = {index_key(mention.code) for mention in find_codes(text)}
    return frozenset(listed.union(*(expand_range(index_key(a), index_key(b)) for a, b in find_ranges(text))))


def _numbers(text: str) -> frozenset[str]:
    spelled = " ".join(_SPELLED.get(word, word) for word in text.lower().split())
    return frozenset(n.replace(",", "") for n in _NUMBER.findall(spelled)) - frozenset("01")


def _words(text: str) -> frozenset[str]:
    terms = (stem(term) for term in content_terms(text) if not term[0].isdigit())
    return frozenset(_CANONICAL.get(term, term) for term in terms)
