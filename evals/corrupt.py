"""Spoil a right answer on purpose, so that tests can see whether the scorers notice."""

import re
from collections.abc import Callable
from dataclasses import replace
from random import Random

from assistant.answer import Answer, Citation, Sentence
from ingest.codes import find_codes

_DIGIT = re.compile(r"(?<!\d)\d{1,3}(?!\d)")
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_NOT = re.compile(r"\b(?:not|never|no)\b ?", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|may|can|must|should|covers|includes)\b")
_CONDITION = re.compile(r",? (?:if|when|unless|only|except|until|before|after|from|for) [^.;]+(?=[.;])")


def change_digit(text: str, random: Random) -> str | None:
    """Give the text with one number of up to three digits changed, None where there is none."""
    return _replace(text, list(_DIGIT.finditer(text)), random, lambda m: str(int(m.group()) + 1))


def change_year(text: str, random: Random) -> str | None:
    """Give the text with one year moved by one."""
    return _replace(text, list(_YEAR.finditer(text)), random, lambda m: str(int(m.group()) + 1))


def flip_negation(text: str, random: Random) -> str | None:
    """Give the text with its negations dropped, or with one put in."""
    if _NOT.search(text):
        return _NOT.sub("", text)
    return _replace(text, list(_VERB.finditer(text)), random, lambda m: f"{m.group()} not")


def swap_code(text: str, random: Random) -> str | None:
    """Give the text with one code replaced by its neighbour."""
    mentions = [m for m in find_codes(text) if m.code.isdigit()]
    if not mentions:
        return None
    mention = random.choice(mentions)
    return f"{text[: mention.start]}{int(mention.code) + 1:05d}{text[mention.end :]}"


def drop_condition(text: str, random: Random) -> str | None:
    """Give the text without one of its conditions."""
    return _replace(text, list(_CONDITION.finditer(text)), random, lambda _: "")


SPOILERS: dict[str, Callable[[str, Random], str | None]] = {
    "digit": change_digit,
    "year": change_year,
    "negation": flip_negation,
    "code": swap_code,
    "condition": drop_condition,
}


def spoil_text(answer: Answer, kind: str, random: Random) -> Answer | None:
    """Give the answer with its first sentence, and the quote under it, spoiled; None where that kind finds nothing."""
    sentence = answer.sentences[0]
    spoiled = SPOILERS[kind](sentence.text, random)
    if spoiled is None or spoiled == sentence.text:
        return None
    citations = tuple(replace(citation, quote=spoiled) for citation in sentence.citations)
    return replace(answer, sentences=(Sentence(spoiled, sentence.role, citations), *answer.sentences[1:]))


def move_citation(answer: Answer) -> Answer | None:
    """Give the answer with its first citation pointed at another passage that was found, quote and offsets kept."""
    first = answer.sentences[0]
    citation = first.citations[0]
    other = next((h for h in answer.evidence if h.document.id != citation.document_id), None)
    if other is None:
        return None
    moved = Citation(other.passage.id, other.document.id, citation.quote, citation.start, citation.end, citation.page)
    return replace(answer, sentences=(Sentence(first.text, first.role, (moved, *first.citations[1:])), *answer.sentences[1:]))


def _replace(text: str, found: "list[re.Match[str]]", random: Random, change: Callable[["re.Match[str]"], str]) -> str | None:
    if not found:
        return None
    match = random.choice(found)
    return text[: match.start()] + change(match) + text[match.end() :]
