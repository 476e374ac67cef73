"""Tell whether quoted words state a nugget, though both may be worded differently. docs/evals.md gives the rule in prose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from assistant.terms import stem
from evals.claims import Weigh, alike, clauses, codes_meant, concepts, negates, phrases, share, tokens
from ingest.documents import Passage

_ONLY = re.compile(r"\b(?:only|solely|exclusively)\b", re.IGNORECASE)
_TENTATIVE = re.compile(r"\b(?:planned|propos\w+|draft)\b", re.IGNORECASE)
_SCOPE = re.compile(r"\b(?:all|any|every|always|each|only|but|if|when|where|other|per)\b", re.IGNORECASE)
_REFUSES = re.compile(r"\b(?:exclu|bundl|includ|packag|inside|part of|delet|den(?:y|ied)|except|unless|only)", re.IGNORECASE)
_OF_PASSAGE, _OF_FACT_CLAUSE, _OF_CLAUSE = 0.70, 0.60, 0.40
_NEARLY = 0.75
_OF_CLAIM, _LITTLE_ELSE = 0.85, 0.50
_AFTERTHOUGHT = 2
_SAME_SCOPE = {"each": "per", "every": "all", "any": "all", "always": "all"}
_CONDITION = re.compile(r"\b(?:if|when|where)\b(?P<of>[^,;:]*)", re.IGNORECASE)
_NO = re.compile(r"\bno (?!more|later|longer)(\w+)", re.IGNORECASE)
_PAST = re.compile(
    r"\b(?:before|until|through|prior to|pre-?) ?(?:\w+ \d{1,2}, )?(?:19|20)\d\d\b|\b(?:formerly|no longer)\b", re.IGNORECASE
)


class Relation(Enum):
    """How the quoted passage stands to the nugget, and the share of the nugget's weight that the quote must hold."""

    FACT = 0.0
    """The passage of the nugget's own fact: known to state it, so it is asked what of it the quote leaves out."""
    GOLD = 0.40
    """The gold passage that covers this vital nugget better than the other vital ones."""
    OTHER = 0.65


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words quoted from one passage."""

    text: str
    passage: Passage

    @property
    def heading(self) -> str:
        """The nearest heading above the words."""
        return self.passage.section[-1] if self.passage.section else ""


def states(nugget: str, quoted: Quoted, relation: Relation, as_of: date, weigh: Weigh) -> bool:
    """Tell whether `quoted` states the nugget."""
    if relation is Relation.FACT:
        return _holds_the_fact(nugget, quoted, as_of, weigh)
    if _missing(nugget, quoted, as_of) or not (_same_polarity(nugget, quoted.text, weigh) and _same_force(nugget, quoted.text)):
        return False
    parts = (share(concepts(clause), concepts(quoted.text), weigh) for clause in clauses(nugget))
    return coverage(nugget, quoted, weigh) >= relation.value and all(part >= _OF_CLAUSE for part in parts)


def asserts(text: str, claim: str, weigh: Weigh) -> bool:
    """Tell whether a text makes a claim that must not appear; such a claim is close to the truth in its words.

    So some part of the text must hold nearly all of the claim and little else, negate alike, widen or narrow alike, and be of the same time.
    """
    wanted = concepts(claim) | tokens(claim)
    for part, whole in _parts(text):
        held = concepts(part) | tokens(part)
        if (
            share(wanted, held, weigh) >= _OF_CLAIM
            and share(held, wanted, weigh) >= _LITTLE_ELSE
            and _scope(claim, claim, part) == _scope(part, whole, claim)
        ):
            return True
    return False


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Give the text, its clauses and their phrases, each with the words that decide how it negates.

    Those of a phrase are its clause's where an afterthought of one word negates it: "either of them, never both".
    """
    yield text, text
    for clause in clauses(text):
        yield clause, clause
        after = [phrase for phrase in clause.split(", ") if negates(phrase) and len(concepts(phrase)) < _AFTERTHOUGHT]
        for phrase in clause.split(", "):
            yield phrase, " ".join((phrase, *after))


def coverage(nugget: str, quoted: Quoted, weigh: Weigh) -> float:
    """Give the share of the nugget's weight in the quote; a concept that only the heading holds counts half."""
    return share(concepts(nugget), concepts(quoted.text), weigh, concepts(quoted.heading))


def _holds_the_fact(nugget: str, quoted: Quoted, as_of: date, weigh: Weigh) -> bool:
    """Tell whether the quote holds nearly all that the whole passage, which states the nugget, holds of it."""
    held, whole = concepts(quoted.text), concepts(quoted.passage.text)
    near = held | concepts(quoted.heading)
    parts = (concepts(clause) & whole for clause in clauses(nugget, least=1))
    return (
        not (tokens(nugget) & tokens(quoted.passage.text)) - tokens(quoted.text) - codes_meant(quoted.heading) - _years(quoted, as_of)
        and share(concepts(nugget) & whole, held, weigh) >= _OF_PASSAGE
        and all(share(part, near, weigh) >= _OF_FACT_CLAUSE for part in parts)
    )


def _missing(nugget: str, quoted: Quoted, as_of: date) -> frozenset[str]:
    """Give the codes and numbers of the nugget that neither the quote nor its place makes plain."""
    written = codes_meant(quoted.text)
    around = codes_meant(quoted.heading) | (frozenset() if written else quoted.passage.codes)
    return tokens(nugget) - tokens(quoted.text) - written - around - _years(quoted, as_of)


def _years(quoted: Quoted, as_of: date) -> frozenset[str]:
    """Give the years that a passage need not say because it is in force in them."""
    days = (quoted.passage.valid_from, quoted.passage.valid_to, as_of)
    return frozenset(str(day.year + shift) for day in days if day for shift in (-1, 0, 1))


def _same_polarity(nugget: str, text: str, weigh: Weigh) -> bool:
    """Tell whether each clause of the nugget negates as one of the clauses of `text` that it fits best does."""
    parts = (*clauses(text), *phrases(text))
    return all(_fits(clause, parts, weigh) for clause in clauses(nugget) or (nugget,))


def _fits(clause: str, others: tuple[str, ...], weigh: Weigh) -> bool:
    """Compare with the clauses that hold most of this one; "bundled", "deleted" and the like agree with a "not" and without."""
    near = [(alike(clause, other, weigh), other) for other in others]
    best = max((fit for fit, _ in near), default=0.0)
    return not best or any(_agree(clause, other) for fit, other in near if fit >= _NEARLY * best)


def _agree(one: str, other: str) -> bool:
    return negates(one) == negates(other) or bool(_REFUSES.search(other if negates(one) else one))


def _same_force(nugget: str, text: str) -> bool:
    """Tell whether "only" is met by words that narrow, and a fact not by a mere plan."""
    narrowed = not _ONLY.search(nugget) or bool(_ONLY.search(text)) or negates(text)
    return narrowed and (bool(_TENTATIVE.search(nugget)) or not _TENTATIVE.search(text))


def _scope(text: str, whole: str, other: str) -> tuple[bool, frozenset[str], frozenset[str], bool]:
    """Give what a claim must share with another: whether it negates and whom, the words that widen or narrow, whether it is of the past.

    A condition that holds nothing but words of `other` narrows nothing there.
    """
    conditions = [m for m in _CONDITION.finditer(text) if concepts(m["of"]) and concepts(m["of"]) <= concepts(other)]
    narrowing = _SCOPE.findall(_CONDITION.sub(lambda m: m["of"], text) if len(conditions) == len(_CONDITION.findall(text)) else text)
    nobody = frozenset(stem(word.lower()) for word in _NO.findall(text))
    return (
        negates(whole),
        frozenset(_SAME_SCOPE.get(word.lower(), word.lower()) for word in narrowing),
        nobody,
        bool(_PAST.search(text)),
    )
