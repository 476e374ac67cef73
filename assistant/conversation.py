"""Follow-up questions: what a turn takes over from the turn before, and the full question that it makes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from assistant import exchange
from assistant.answer import Answer, Carried, Intent, Kind, Question, Setting
from assistant.cues import Cue, Said, adds, compares, find_group, find_pointer, hear, is_led, opens_as_question, pairs, read_cue
from assistant.dates import find_date_of_service
from assistant.identifiers import mask
from assistant.payers import NamedPayer
from assistant.question import read_intent
from assistant.reference import partings, pointed_at
from assistant.service import Assistant

_LONGEST_TOPIC = 600
_PLURAL = frozenset(
    {
        "they",
        "them",
        "both",
        "these",
        "those",
        "these codes",
        "those codes",
        "both codes",
        "of the two",
        "one of the two",
        "either of the two",
        "both of the two",
    }
)
_WITH = re.compile(r"\b(?:with|using)\b|\bw/", re.IGNORECASE)
_BARE_YEAR = re.compile(r"\d{4}")


class Reader(Protocol):
    """What reads questions, such as `Assistant`; `topics` are the stems of words that name a service or a field of rules."""

    topics: frozenset[str]

    def read(self, text: str, as_of: date | None, payer: str | None) -> Question:
        """Give a question as read."""

    def named_payer(self, text: str) -> NamedPayer | None:
        """Give the one payer that a text names."""

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


@dataclass(frozen=True, slots=True)
class Resolved:
    """The question to ask now: full words, and the date and payer to give beside them (None: what the words say, else any).

    `carried` came from the conversation; nothing carried means a clean start. `offered` is what the coder may still want carried over.
    """

    text: str
    as_of: date | None
    payer: str | None
    carried: tuple[Carried, ...] = ()
    offered: tuple[Carried, ...] = ()
    is_question: bool = True


def resolve(asked: Asked, before: Context | None, reader: Reader, today: date) -> Resolved:
    """Give the question that `asked` makes after what the conversation was about.

    A question with a subject of its own carries nothing; what it might have meant is offered. What the words say counts more
    than a date or payer given beside them that has not changed since the last question. A message that goes on with a second
    question, "and 77336, also is a modifier needed?", makes both.

    Raises:
        AnswerError: it is empty or too long.
    """
    said = _hear(asked, reader, today)
    if before is None:
        return Resolved(asked.text, asked.as_of, asked.payer)
    return _resolve_two(asked, before, reader, today) or _resolve_one(asked, said, before, reader, today)


def _hear(asked: Asked, reader: Reader, today: date) -> Said:
    base = asked.as_of or today
    return hear(reader.read(asked.text, base, asked.payer), base, reader.named_payer(asked.text), reader.topics)


def _resolve_one(asked: Asked, said: Said, before: Context, reader: Reader, today: date) -> Resolved:
    before = _under(before, asked)
    cue, said, before = _find_cue(asked, said, before, reader, today)
    if before.insists and cue is Cue.NEW:
        cue = Cue.ASPECT
    if cue is Cue.THANKS:
        return Resolved(asked.text, asked.as_of, asked.payer, is_question=False)
    if cue is Cue.NEW:
        return _start_clean(asked, said, before)
    text, kept = _full_question(cue, said, before, reader)
    as_of = said.day.day if said.day else before.as_of
    payer = said.payer.name if said.payer else None if said.anyone else before.payer
    return Resolved(
        text,
        as_of or asked.as_of,
        payer or (None if said.anyone else asked.payer),
        _carried(cue, said, before, kept),
    )


def _find_cue(asked: Asked, said: Said, before: Context, reader: Reader, today: date) -> tuple[Cue, Said, Context]:
    """Give how a question leans on the one before, with "the first one" or "the other" understood as the code that it means."""
    cue = read_cue(said, bool(before.codes))
    pointed = None if said.codes else pointed_at(said.text, before.codes, before.former)
    if pointed is None or cue is Cue.ASIDE:
        return cue, said, before
    words, code = pointed
    written = _hear(replace(asked, text=said.text.replace(words, code, 1)), reader, today)
    named = read_cue(written, known=True)
    if named in {Cue.AGAIN, Cue.ADDED}:
        return named, written, before
    return Cue.ASPECT, said, replace(before, codes=(code,))


def _resolve_two(asked: Asked, before: Context, reader: Reader, today: date) -> Resolved | None:
    """Give what a message makes that exchanges something and then goes on with another question, None where it is not one."""
    for head, tail, is_one_more in partings(asked.text):
        begun, goes_on = replace(asked, text=head), replace(asked, text=tail)
        said = _hear(begun, reader, today)
        if not said.names_something or read_cue(said, bool(before.codes)) not in {Cue.AGAIN, Cue.ADDED}:
            continue
        if not (is_one_more or is_led(said)):
            continue
        first = _resolve_one(begun, said, before, reader, today)
        between = after(begun, first, before, reader, today)
        if between is None:
            continue
        said = _hear(goes_on, reader, today)
        second = _resolve_one(goes_on, said, between, reader, today)
        holds_first = any(part.kind is Kind.TOPIC for part in second.carried) and not said.codes
        alone = holds_first or (bool(second.carried) and not is_one_more)
        text = second.text if alone else f"{first.text.rstrip(' .?!')}? {second.text}"
        circumstances = second if second.carried else first
        return replace(first, text=text, as_of=circumstances.as_of, payer=circumstances.payer)
    return None


def after(asked: Asked, resolved: Resolved, before: Context | None, reader: Reader, today: date) -> Context | None:
    """Give what the conversation is about once `asked` was resolved."""
    if not resolved.is_question:
        return before
    question = reader.read(resolved.text, resolved.as_of, resolved.payer)
    given_day = asked.as_of or today
    spoken, named = find_date_of_service(question.text, given_day), reader.named_payer(question.text)
    return Context(
        text=question.text,
        codes=question.codes,
        modifiers=question.modifiers,
        setting=question.setting,
        as_of=question.as_of if question.as_of != given_day else None,
        payer=question.payer if question.payer != asked.payer else None,
        day_words=spoken.words if spoken else "",
        payer_words=named.words if named else find_group(question.text),
        former=before.codes if before else (),
        asked=Asked("", asked.as_of, asked.payer),
    )


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


class Conversation:
    """Questions that follow each other; each is answered as what it means after the ones before."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._context: Context | None = None
        self._given = Asked("")

    def ask(self, text: str, *, as_of: date | None = None, payer: str | None = None) -> Answer:
        """Answer the next question; its `question` says what was carried over. A date or payer given holds until another is.

        Raises:
            AnswerError: the question is empty or too long.
        """
        asked = Asked(mask(text).text, as_of or self._given.as_of, payer or self._given.payer)
        today = self._assistant.today()
        resolved = resolve(asked, self._context, self._assistant, today)
        answer = self._assistant.ask(resolved.text, as_of=resolved.as_of, payer=resolved.payer)
        self._context = after(asked, resolved, self._context, self._assistant, today)
        self._given = asked
        return carry(answer, resolved)


def carry(answer: Answer, resolved: Resolved) -> Answer:
    """Give an answer whose question tells what was carried over."""
    return replace(answer, question=replace(answer.question, carried=resolved.carried))


def _under(before: Context, asked: Asked) -> Context:
    """Give a context without the spoken date or payer in whose place another one was given since."""
    day = before.as_of if asked.as_of == before.asked.as_of else None
    return replace(before, as_of=day, payer=before.payer if asked.payer == before.asked.payer else None)


def _start_clean(asked: Asked, said: Said, before: Context) -> Resolved:
    day = said.day.day if said.day and asked.as_of == before.asked.as_of else asked.as_of
    payer = said.payer.name if said.payer and asked.payer == before.asked.payer else asked.payer
    unsaid = [
        p
        for p in before.parts()
        if p.kind in {Kind.PAYER, Kind.DATE, Kind.SETTING}
        or (p.kind is Kind.CODE and p.value not in said.codes and (not said.codes or adds(said)))
    ]
    taken = {
        *([Kind.PAYER] if said.payer or said.anyone else []),
        *([Kind.DATE] if said.day else []),
        *([Kind.SETTING] if said.places else []),
    }
    return Resolved(asked.text, day, payer, offered=tuple(p for p in unsaid if p.kind not in taken))


def _full_question(cue: Cue, said: Said, before: Context, reader: Reader) -> tuple[str, tuple[str, ...]]:
    """Give the question in full words, with the codes of the conversation that it keeps."""
    kept = _kept_codes(cue, said, before, reader.family)
    wanted = {*kept, *said.codes}
    for text in _wordings(cue, said, before, kept):
        if set(reader.read(text, None, None).codes) == wanted:
            return text, kept
    plain = said.text if said.codes else f"{exchange.listed(kept)}: {said.text}" if kept else said.text
    return plain, kept


def _kept_codes(cue: Cue, said: Said, before: Context, family: Callable[[str], str]) -> tuple[str, ...]:
    if cue in {Cue.ADDED, Cue.ASPECT} or not said.codes:
        joined = _joined_codes(before) if cue is Cue.ADDED else ()
        return tuple(code for code in before.codes if code not in joined and code not in said.codes)
    gone = _gone(said, before, family)
    return tuple(code for code in before.codes if code not in gone and code not in said.codes)


def _gone(said: Said, before: Context, family: Callable[[str], str]) -> tuple[str, ...]:
    """Give the codes in whose place this question names others: those that it takes back by name, else as the wording has it."""
    denied = tuple(code for code in said.question.codes if code not in said.codes and code in before.codes)
    if denied or not said.codes:
        return denied
    if pairs(said) or set(said.codes) <= set(before.codes):
        return before.codes
    named = exchange.name(said.text, said.codes)
    found = exchange.to_exchange(before.text, named, before.former, together=_is_together(before.text), family=family)
    return found or before.codes


def _left(before: Context, kept: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in before.codes if code not in kept)


def _joined_codes(before: Context) -> tuple[str, ...]:
    added = exchange.add_codes(before.text, ("00000",))
    return tuple(code for code in before.codes if code not in added)


def _is_together(text: str) -> bool:
    return read_intent(text) is Intent.TOGETHER


def _wordings(cue: Cue, said: Said, before: Context, kept: tuple[str, ...]) -> list[str]:
    """Give ways to word the question, best first."""
    if cue is Cue.ASPECT:
        return [_placed(text, said, before) for text in _aspect(said, before, kept)]
    topic = before.text if len(before.text) <= _LONGEST_TOPIC else ""
    if cue is Cue.AGAIN and pairs(said):
        return [said.text]
    if cue is Cue.ADDED and not _is_fragment(said):
        return _aspect(said, before, kept)
    if cue is Cue.ASIDE:
        first = exchange.exchange_codes(topic, said.codes, _left(before, kept)) if said.codes else topic
        return [f"{first} {said.text}".strip(), f"{exchange.listed(kept)}: {said.text}" if kept else said.text]
    return [_again(cue, said, before, topic, kept)] if topic else _aspect(said, before, kept)


def _reuses_topic(cue: Cue, said: Said, before: Context, kept: tuple[str, ...]) -> bool:
    """Tell whether the words of the last question are part of this one."""
    if cue is Cue.ASPECT or (cue is Cue.ADDED and not _is_fragment(said)):
        return not kept and bool(before.text)
    return 0 < len(before.text) <= _LONGEST_TOPIC and not (cue is Cue.AGAIN and pairs(said))


def _is_fragment(said: Said) -> bool:
    return find_pointer(said) is None and not compares(said) and not opens_as_question(said)


def _again(cue: Cue, said: Said, before: Context, topic: str, kept: tuple[str, ...]) -> str:
    """Give the last question with what this one names in exchange."""
    text = topic
    if said.codes and not before.codes:
        text = f"{exchange.listed(said.codes)}: {text}"
    elif said.codes and cue is Cue.ADDED:
        text = exchange.add_codes(text, said.codes)
    elif said.codes:
        text = exchange.exchange_codes(text, said.codes, _left(before, kept))
    if said.modifiers:
        codes = exchange.listed(tuple(dict.fromkeys((*kept, *said.codes))) or ("it",))
        words = f"modifier {' or '.join(said.modifiers)}"
        anew = exchange.append(text, f"with {words}") if _WITH.search(said.text) else f"Does {codes} need {words}?"
        text = exchange.exchange_modifiers(text, said.modifiers) or anew
    if said.places:
        text = exchange.set_place(text, said.question.setting, said.places)
    if words := said.payer.words if said.payer else said.anyone:
        text = _reworded(text, before.payer_words, words, f"for {words}")
    if said.day:
        text = _reworded(text, before.day_words, _day_phrase(said.day.words), _day_phrase(said.day.words))
    return text


def _reworded(text: str, old: str, new: str, phrase: str) -> str:
    """Give a question with `new` for its words `old`, or with a phrase at its end where it has none."""
    return exchange.exchange_words(text, old, new) if old and old.lower() in text.lower() else exchange.append(text, phrase)


def _day_phrase(words: str) -> str:
    if _BARE_YEAR.fullmatch(words):
        return f"in {words}"
    if words.lower().startswith("since"):
        return "now"
    return f"on {words}" if words[:1].isdigit() else words


def _aspect(said: Said, before: Context, kept: tuple[str, ...]) -> list[str]:
    """Give ways to ask another thing of the same codes."""
    if not kept:
        return [f"{before.text} {said.text}".strip()]
    pointer, codes = find_pointer(said), exchange.listed(kept)
    found = []
    if pointer and pointer[0].lower() not in {"its", "it's"} and (len(kept) == 1) != (pointer[0].lower() in _PLURAL):
        worded = said.text[: pointer.start()] + codes + said.text[pointer.end() :]
        found.append(worded[0].upper() + worded[1:])
    return [*found, f"{codes}: {said.text}"]


def _placed(text: str, said: Said, before: Context) -> str:
    return exchange.set_place(text, before.setting, ()) if before.setting and not said.places else text


def _carried(cue: Cue, said: Said, before: Context, kept: tuple[str, ...]) -> tuple[Carried, ...]:
    taken = {Kind.PAYER} if said.payer or said.anyone else set()
    taken |= {Kind.DATE} if said.day else set()
    taken |= {Kind.SETTING} if said.places else set()
    taken |= {Kind.MODIFIER} if said.modifiers or cue is Cue.ASPECT else set()
    taken |= set() if _reuses_topic(cue, said, before, kept) else {Kind.TOPIC}
    return tuple(p for p in before.parts() if p.kind not in taken and (p.kind is not Kind.CODE or p.value in kept))
