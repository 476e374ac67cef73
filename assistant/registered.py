"""Name the facts that the code registry holds on the codes of a question and that the question calls for."""

import re
from collections.abc import Mapping
from datetime import date

from assistant.answer import Intent, Question
from corpus.registry import CodeEntry

_ENDED = ("deleted", "replaced_by", "replaced_when")
_COMPONENT = re.compile(r"\b(?:professional|technical|interpretation|global)\b|\bcomponents?\b", re.IGNORECASE)


def called_for(question: Question, registry: Mapping[str, CodeEntry]) -> tuple[str, ...]:
    """Give the ids of those facts, each once, what ended or changed a code first."""
    found = [fact for code in question.codes if code in registry for fact in _facts(question, registry[code])]
    return tuple(dict.fromkeys(found))


def ended(entry: CodeEntry, day: date) -> bool:
    """Tell whether a code was deleted before a day."""
    return entry.deleted is not None and entry.deleted < day


def _facts(question: Question, entry: CodeEntry) -> list[str]:
    sources = dict(entry.sources)
    return [sources[field] for field in _fields(question, entry) if field in sources]


def _fields(question: Question, entry: CodeEntry) -> tuple[str, ...]:
    fields: tuple[str, ...] = ()
    if ended(entry, question.as_of) or question.intent is Intent.REPLACEMENT:
        fields += (*_ENDED, "revised", "introduced")
    if question.intent is Intent.FREQUENCY:
        fields += ("unit_rule",)
    if {"26", "TC"} & set(question.modifiers) or _COMPONENT.search(question.text):
        fields += ("component",)
    if question.intent is Intent.DEFINITION:
        fields += ("label",)
    return fields
