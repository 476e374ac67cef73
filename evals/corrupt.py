"""Spoil a right answer on purpose, so that tests can see whether the scorers notice."""

import re
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from itertools import count
from random import Random

from assistant.answer import Answer, Citation, Sentence
from ingest.codes import find_codes

_DIGIT = re.compile(r"(?<![\d.,-])\d{1,3}(?![\d.,-]*\d)")
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_NOT = re.compile(r"\b(?:not|never|no) ", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|may|can|must|should)\b")
_CONDITION = re.compile(r",? (?:only )?(?:if|when|unless|until|except|without) [^.,;]+")


class Where(StrEnum):
    """What of a sentence is spoiled."""

    CLAIM = "claim"
    """The sentence alone: a right quote under a wrong claim."""
    FORGERY = "forgery"
    """Sentence and quote alike: words that no source holds."""


def change_digit(text: str, random: Random) -> str:
    """Give the text with one number of up to three digits raised by one."""
    return _change(text, _DIGIT, random, lambda found: str(int(found) + 1))


def change_year(text: str, random: Random) -> str:
    """Give the text with one year moved by one."""
    return _change(text, _YEAR, random, lambda found: str(int(found) + 1))


def flip_negation(text: str, random: Random) -> str:
    """Give the text with one "not" dropped, or with one put in where there is none."""
    if _NOT.search(text):
        return _change(text, _NOT, random, lambda _: "")
    return _change(text, _VERB, random, lambda found: f"{found} not")


def swap_code(text: str, random: Random) -> str:
    """Give the text with one code replaced by its nearest neighbour that the text does not name anyway."""
    mentions = [m for m in find_codes(text) if m.code.isdigit()]
    if not mentions:
        return text
    mention = random.choice(mentions)
    neighbour = next(code for code in map("{:05d}".format, count(int(mention.code) + 1)) if code not in text)
    return f"{text[: mention.start]}{neighbour}{text[mention.end :]}"


def drop_condition(text: str, random: Random) -> str:
    """Give the text without one of its conditions."""
    return _change(text, _CONDITION, random, lambda _: "")


SPOILERS: dict[str, Callable[[str, Random], str]] = {
    "digit": change_digit,
    "year": change_year,
    "negation": flip_negation,
    "code": swap_code,
    "condition": drop_condition,
}


def spoil_text(answer: Answer, kind: str, random: Random, where: Where = Where.FORGERY) -> Answer | None:
    """Give the answer with its first sentence spoiled, None where that kind finds nothing to spoil."""
    sentence = answer.sentences[0]
    text = SPOILERS[kind](sentence.text, random)
    if text == sentence.text:
        return None
    forged = tuple(replace(citation, quote=text) for citation in sentence.citations)
    return _with_first(answer, replace(sentence, text=text, citations=forged if where is Where.FORGERY else sentence.citations))


def cut_condition(answer: Answer) -> Answer | None:
    """Give the answer with its first sentence and quote cut short before a condition; the quote stays exact."""
    sentence = answer.sentences[0]
    match = _CONDITION.search(sentence.text)
    if match is None or match.start() == 0 or sentence.text != sentence.citations[0].quote:
        return None
    first = sentence.citations[0]
    short = sentence.text[: match.start()]
    cited = replace(first, quote=short, end=first.start + len(short))
    return _with_first(answer, replace(sentence, text=short, citations=(cited, *sentence.citations[1:])))


def move_citation(answer: Answer, *, keep_quote: bool = True) -> Answer | None:
    """Give the answer with its first citation moved to a passage of another document.

    With `keep_quote` the words stay and only the place is wrong; else the place is real, but says something else.
    """
    first = answer.sentences[0]
    other = next((h.passage for h in answer.evidence if h.document.id != first.citations[0].document_id), None)
    if other is None:
        return None
    quote = first.citations[0].quote if keep_quote else other.text
    moved = Citation(other.id, other.document_id, quote, other.start, other.start + len(quote), other.first_page)
    return _with_first(answer, replace(first, citations=(moved, *first.citations[1:])))


def _with_first(answer: Answer, sentence: Sentence) -> Answer:
    return replace(answer, sentences=(sentence, *answer.sentences[1:]))


def _change(text: str, pattern: re.Pattern[str], random: Random, change: Callable[[str], str]) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    match = random.choice(found)
    return text[: match.start()] + change(match.group()) + text[match.end() :]
