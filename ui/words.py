"""Say in plain words what an answer holds, in the language of its question. Every phrase stands in `ui/phrases`, one file a language."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files

from assistant.answer import BROKEN_OFF, Answer, Reason, Role, Status, Verdict
from assistant.languages import Language
from assistant.standing import Standing, State

FAULT = "Something went wrong in Codecite itself; the server's log names the error. Try again, or run: codecite doctor"
NO_FIT = "No code in your library fits"
FIT_LINE = "Check each against the record before billing."
FITS_BECAUSE = "Why it fits"
RULED_OUT = "Would rule it out"

_EN = Language.EN
_GENERAL_PAYERS = ("", "all")
_NAME = re.compile(r"\{(\w+)\}")
_SENTENCE_END = re.compile(r"(?<=[.”]) (?=[A-Z])")


@cache
def phrases(language: Language) -> Mapping[str, Mapping[str, str]]:
    """Give the phrases of a language by section and key; names in braces stand for what varies."""
    told = tomllib.loads((files("ui") / "phrases" / f"{language}.toml").read_text(encoding="utf-8"))
    return {section: words for section, words in told.items() if isinstance(words, dict)}


def direction(language: Language) -> str:
    """Give the direction in which a language is written: ltr or rtl."""
    return "rtl" if language is Language.AR else "ltr"


def label_words(role: Role, language: Language = _EN, *, asks_ruling: bool = True) -> str:
    """Give what stands beside a sentence of this role; where no ruling was asked for, nothing is in the background of one."""
    return phrases(language)["answer"]["found"] if role is Role.BACKGROUND and not asks_ruling else phrases(language)["roles"][role]


def authority_words(authority: str, language: Language = _EN) -> str:
    """Give the name of an authority class; one that is not of ours stands as it is."""
    return phrases(language)["authorities"].get(authority.lower().replace(" ", "_"), authority)


def verdict_words(answer: Answer) -> tuple[str, str]:
    """Give the verdict as a label and one plain line."""
    words = phrases(answer.language)
    if answer.abstention:
        reason = answer.abstention.reason
        if answer.question.within and reason in (Reason.NO_EVIDENCE, Reason.OUT_OF_SCOPE):
            return words["verdicts"]["abstained_within"], words["lines"]["within"]
        return words["verdicts"]["abstained"], words["reasons"][reason]
    undecided = "undecided" if answer.question.asks_ruling else "unasked"
    key = undecided if answer.verdict is Verdict.NONE else answer.verdict.value
    disputed = (words["lines"]["disputed"],) if answer.conflicts else ()
    return words["verdicts"][key], " ".join((words["lines"][key], *disputed))


def validity_words(valid_from: date | None, valid_to: date | None, language: Language = _EN) -> str:
    """Say when a rule is in force."""
    words = phrases(language)["answer"]
    if valid_from and valid_to:
        return words["from_until"].format(start=valid_from, end=valid_to)
    if valid_from:
        return words["from"].format(start=valid_from)
    return words["until"].format(end=valid_to) if valid_to else words["no_dates"]


def standing_words(standing: Standing, language: Language = _EN) -> str:
    """Say that a source was withdrawn or changed since it was quoted; "" of one in use."""
    if standing.state is State.IN_USE:
        return ""
    words = phrases(language)["drawer"]
    holds = {True: " " + words["still_there"], False: " " + words["no_longer"]}[standing.holds]
    return words[standing.state].format(day=standing.on) + (holds if standing.state is State.CHANGED else "")


def payer_words(payer: str | None, language: Language = _EN) -> str:
    """Say for whom a rule speaks, or for whom the question asks."""
    return phrases(language)["answer"]["any_payer"] if (payer or "").lower() in _GENERAL_PAYERS else str(payer)


def asked_words(as_of: date, payer: str | None, language: Language = _EN) -> str:
    """Say for which day and payer a question was asked."""
    return phrases(language)["answer"]["asked"].format(day=as_of, payer=payer_words(payer, language))


def maker_words(answer: Answer) -> str:
    """Say how the answer came about."""
    if answer.abstention:
        return ""
    words = phrases(answer.language)["answer"]
    return words["extractive"] if answer.provenance.answerer == "extractive" else words["drafted"].format(model=answer.provenance.answerer)


def notice_words(answer: Answer) -> tuple[str, ...]:
    """Give what the reader should know beside the answer."""
    told = any(notice.startswith(BROKEN_OFF) for notice in answer.notices)
    partial = (phrases(answer.language)["answer"]["partial"],) if answer.status is Status.PARTIAL and not told else ()
    return tuple(reword(notice, answer.language) for notice in answer.notices) + partial


def reword(told: str, language: Language) -> str:
    """Give what the assistant tells in English in another language, whole or sentence by sentence.

    A sentence that is none of the phrases under `told` in `en.toml` stays English.
    """
    if language is _EN:
        return told
    parts = _SENTENCE_END.split(told)
    reworded = [_reworded(part, language) for part in parts]
    whole = "" if all(reworded) else _reworded(told, language)
    return whole or " ".join(new or part for new, part in zip(reworded, parts, strict=True))


def _reworded(told: str, language: Language) -> str:
    for key, pattern in _told_patterns():
        if found := pattern.fullmatch(told):
            return phrases(language)["told"][key].format(**found.groupdict())
    return ""


@cache
def _told_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Give what matches each phrase that the assistant tells, those with the most fixed words first."""
    told = sorted(phrases(_EN)["told"].items(), key=lambda phrase: -len(_NAME.sub("", phrase[1])))
    return tuple(
        (key, re.compile(_NAME.sub(r"(?P<\1>.+?)", re.escape(text).replace(r"\{", "{").replace(r"\}", "}")))) for key, text in told
    )
