"""What a conversation is about, and how the coder changes it by the chips."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from assistant import exchange
from assistant.answer import Carried, Kind, Question, Setting
from assistant.payers import NamedPayer


class Reader(Protocol):
    """What reads questions, such as `Assistant`."""

    @property
    def topics(self) -> frozenset[str]:
        """The stems of words that name a service or a field of rules."""

    def read(self, text: str, as_of: date | None, payer: str | None) -> Question:
        """Give a question as read."""

    def named_payer(self, text: str) -> NamedPayer | None:
        """Give the one payer that a text names."""

    def is_known(self, code: str) -> bool:
        """Tell whether the library or the code registry knows a code."""

    def family(self, code: str) -> str:
        """Give the kind of service that a code is for, empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the coder typed, with the date of service and payer given beside it, None where none was."""

    text: str
    as_of: date | None = None
    payer: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a conversation is about: `text` is the last question, in full words.

    `as_of` and `payer` are set where the coder said them in words; `asked` holds what was given beside the words.
    `insists` carries it all over, whatever the words of the next question are like.
    """

    text: str
    codes: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    setting: Setting | None = None
    as_of: date | None = None
    payer: str | None = None
    day_words: str = ""
    payer_words: str = ""
    """What `text` says of date and payer, empty where it says nothing."""
    former: tuple[str, ...] = ()
    """The codes of the question before the last."""
    asked: Asked = Asked("")
    insists: bool = False

    def parts(self) -> tuple[Carried, ...]:
        """Give everything that can be carried over, the topic last."""
        found = [Carried(Kind.CODE, code) for code in self.codes]
        found += [Carried(Kind.MODIFIER, modifier) for modifier in self.modifiers]
        found += [Carried(Kind.PAYER, self.payer)] if self.payer else []
        found += [Carried(Kind.DATE, self.as_of.isoformat())] if self.as_of else []
        found += [Carried(Kind.SETTING, self.setting.value)] if self.setting else []
        return (*found, Carried(Kind.TOPIC, self.text))


def without(before: Context, part: Carried) -> Context:
    """Give a context that no longer holds a part; its question is worded without it."""
    if part.kind is Kind.CODE:
        left = tuple(code for code in before.codes if code != part.value)
        return replace(before, codes=left, text=exchange.without_code(before.text, part.value))
    if part.kind is Kind.MODIFIER:
        left = tuple(modifier for modifier in before.modifiers if modifier != part.value)
        return replace(before, modifiers=left, text=exchange.without_modifier(before.text, part.value))
    if part.kind is Kind.SETTING:
        return replace(before, setting=None, text=exchange.without_place(before.text))
    if part.kind is Kind.TOPIC:
        return replace(before, text="")
    if part.kind is Kind.PAYER:
        return _for_payer(before, None, exchange.ANY_PAYER)
    reworded = exchange.exchange_words(before.text, before.day_words, "") if before.day_words else before.text
    return replace(before, as_of=None, day_words="", text=reworded)


def edited(before: Context, part: Carried, value: str) -> Context:
    """Give a context with another code, payer or date (YYYY-MM-DD) in the place of a part."""
    if part.kind is Kind.CODE:
        codes = tuple(value if code == part.value else code for code in before.codes)
        return replace(before, codes=codes, text=exchange.exchange_codes(before.text, [value], [part.value]))
    if part.kind is Kind.PAYER:
        return _for_payer(before, value, value)
    return replace(without(before, part), as_of=date.fromisoformat(value))


def _for_payer(before: Context, payer: str | None, words: str) -> Context:
    if not before.payer_words:
        return replace(before, payer=payer)
    return replace(before, payer=payer, payer_words=words, text=exchange.exchange_words(before.text, before.payer_words, words))


def only(before: Context, parts: tuple[Carried, ...]) -> Context:
    """Give a context that holds nothing but `parts`, and carries them over whatever the next question is like."""
    for part in before.parts():
        before = before if part in parts else without(before, part)
    return replace(before, insists=True)
