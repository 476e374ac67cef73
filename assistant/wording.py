"""Word a follow-up in full: the last question with something exchanged or added, or another question about its codes."""

import re
from collections.abc import Callable

from assistant import exchange
from assistant.answer import Carried, Intent, Kind
from assistant.bounds import bare_amount, exchange_amount
from assistant.context import Context, Reader
from assistant.cues import Cue, Said, compares, find_pointer, goes_on, opens_as_question, pairs, piles_up
from assistant.question import read_intent

_LONGEST_TOPIC = 600
_PLURAL = re.compile(r"they|them|these|those|both|(?:these|those|both) codes|(?:(?:one|either|both) )?of the two", re.IGNORECASE)
_WITH = re.compile(r"\b(?:with|using)\b|\bw/", re.IGNORECASE)
_BARE_YEAR = re.compile(r"\d{4}")


def full_question(cue: Cue, said: Said, before: Context, reader: Reader) -> tuple[str, tuple[str, ...]]:
    """Give the question in full words, with the codes of the conversation that it keeps."""
    kept = _kept_codes(cue, said, before, reader.family)
    wanted = {*kept, *said.codes}
    for text in _wordings(cue, said, before, kept):
        if set(reader.read(text, None, None).codes) == wanted:
            return text, kept
    plain = said.text if said.codes else f"{exchange.listed(kept)}: {said.text}" if kept else said.text
    return plain, kept


def carried(cue: Cue, said: Said, before: Context, kept: tuple[str, ...]) -> tuple[Carried, ...]:
    """Give what a question takes over, of its codes those `kept`."""
    taken = {Kind.PAYER} if said.payer or said.anyone else set()
    taken |= {Kind.DATE} if said.day else set()
    taken |= {Kind.SETTING} if said.places else set()
    taken |= {Kind.MODIFIER} if said.modifiers or cue is Cue.ASPECT else set()
    taken |= set() if _reuses_topic(cue, said, before, kept) else {Kind.TOPIC}
    return tuple(p for p in before.parts() if p.kind not in taken and (p.kind is not Kind.CODE or p.value in kept))


def _kept_codes(cue: Cue, said: Said, before: Context, family: Callable[[str], str]) -> tuple[str, ...]:
    if cue in {Cue.ADDED, Cue.ASPECT} or not said.codes:
        joined = _joined_codes(before) if cue is Cue.ADDED and not piles_up(said) else ()
        return tuple(code for code in before.codes if code not in joined and code not in said.codes)
    gone = _gone(said, before, family)
    return tuple(code for code in before.codes if code not in gone and code not in said.codes)


def _gone(said: Said, before: Context, family: Callable[[str], str]) -> tuple[str, ...]:
    """Give the codes in whose place this question names others: those that it takes back by name, else as the wording has it."""
    denied = tuple(code for code in said.question.codes if code not in said.codes and code in before.codes)
    if denied or not said.codes:
        return denied
    if _is_whole(said) or set(said.codes) <= set(before.codes):
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
    if cue is Cue.AGAIN and _is_whole(said):
        return [said.text]
    if cue is Cue.ADDED and not _is_fragment(said):
        return _aspect(said, before, kept)
    if cue is Cue.ASIDE and (amount := bare_amount(said.text)) and (exchanged := exchange_amount(topic, amount)) != topic:
        return [exchanged]
    if cue is Cue.ASIDE:
        first = exchange.exchange_codes(topic, said.codes, _left(before, kept)) if said.codes else topic
        return [f"{first} {said.text}".strip(), f"{exchange.listed(kept)}: {said.text}" if kept else said.text]
    return [_again(cue, said, before, topic, kept)] if topic else _aspect(said, before, kept)


def _reuses_topic(cue: Cue, said: Said, before: Context, kept: tuple[str, ...]) -> bool:
    """Tell whether the words of the last question are part of this one."""
    if cue is Cue.ASPECT or (cue is Cue.ADDED and not _is_fragment(said)):
        return not kept and bool(before.text)
    return 0 < len(before.text) <= _LONGEST_TOPIC and not (cue is Cue.AGAIN and _is_whole(said))


def _is_whole(said: Said) -> bool:
    return pairs(said) or goes_on(said)


def _is_fragment(said: Said) -> bool:
    return piles_up(said) or (find_pointer(said) is None and not compares(said) and not opens_as_question(said))


def _again(cue: Cue, said: Said, before: Context, topic: str, kept: tuple[str, ...]) -> str:
    """Give the last question with what this one names in exchange."""
    text = topic
    if said.codes and not before.codes:
        text = f"{exchange.listed(said.codes)}: {text}"
    elif said.codes and cue is Cue.ADDED:
        text = exchange.append(text, f"with {said.codes[0]}") if len(kept) > 1 and piles_up(said) else exchange.add_codes(text, said.codes)
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
    if pointer and pointer[0].lower() not in {"its", "it's"} and (len(kept) == 1) != bool(_PLURAL.fullmatch(pointer[0])):
        worded = said.text[: pointer.start()] + codes + said.text[pointer.end() :]
        found.append(worded[0].upper() + worded[1:])
    return [*found, f"{codes}: {said.text}"]


def _placed(text: str, said: Said, before: Context) -> str:
    return exchange.set_place(text, before.setting, ()) if before.setting and not said.places else text
