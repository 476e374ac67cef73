"""Put another code, modifier, payer, date or place into the words of a question."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.answer import Setting
from assistant.places import find_places, find_setting
from ingest.codes import CodeMention, find_codes, index_key

ANY_PAYER, ANY_PLACE, ANY_CODE = "any payer", "any setting", "this code"
_LIST_GLUE = re.compile(r"[\s,/&–—-]*(?:\b(?:and|or|to|through|thru)\b)?[\s,/&–—-]*", re.IGNORECASE)
BESIDE = r"with|w/|plus|along ?side|besides?|next to|on top of|in addition to|same (?:day|date|session|claim) as"
"""Words, as alternatives of a pattern, that put one code beside another."""
_JOINED = re.compile(rf"\b(?:{BESIDE})\s+$", re.IGNORECASE)
_PREPOSITION = re.compile(r"\b(in|into|to|from|of|with|before|after|under)\s+(?:the\s+)?(?:codes?\s+|CPT\s+)?$", re.IGNORECASE)
_AND = re.compile(r"(?:\band|&|\+)\s*$", re.IGNORECASE)
_MODIFIER = re.compile(r"\bmod(?:ifier)?s?\s+-?(?:\d{2}|[A-Z]{2})\b(?:\s+(?:or|and)\s+-?(?:\d{2}|TC)\b)?|(?<=[\dA-Z])-(?:\d{2}|TC)\b(?!-)|\bTC\b|-26\b", re.IGNORECASE)  # fmt: skip
_SETTINGS = {
    Setting.HOSPITAL_OUTPATIENT: "in a hospital outpatient department",
    Setting.FREESTANDING: "in a freestanding center",
    Setting.ASC: "in an ambulatory surgery center",
    Setting.INPATIENT: "for an inpatient",
}


@dataclass(frozen=True, slots=True)
class Named:
    """Codes that a question names, with the preposition before the first, empty where there is none."""

    codes: tuple[str, ...]
    preposition: str = ""


def listed(codes: Sequence[str]) -> str:
    """Give codes as a list in words."""
    return codes[0] if len(codes) == 1 else f"{', '.join(codes[:-1])} and {codes[-1]}"


def append(text: str, words: str) -> str:
    """Give a question with words put at its end, before its mark."""
    body = text.rstrip(" .?!")
    return f"{body} {words}?"


def exchange_codes(text: str, codes: Sequence[str], out: Sequence[str]) -> str:
    """Give a question with `codes` in the place of `out`; of a list all are exchanged, of two codes that are joined the ones in `out`."""
    mentions = [m for m in find_codes(text) if index_key(m.code) in out]
    if not mentions:
        return text
    first = _list_from(text, mentions)
    rest = [m for m in mentions if m not in first]
    if rest and len(codes) == len({index_key(m.code) for m in mentions}) > 1:
        return _one_by_one(text, codes, mentions)
    for mention in reversed(rest):
        beside = _JOINED.search(text[: mention.start])
        if beside and len(codes) == 1 and index_key(mention.code) not in {index_key(m.code) for m in first}:
            text = text[: beside.start()].rstrip() + text[mention.end :]
        else:
            text = text[: mention.start] + (codes[0] if len(codes) == 1 else "them") + text[mention.end :]
    return text[: first[0].start] + listed(codes) + text[first[-1].end :]


def _one_by_one(text: str, codes: Sequence[str], mentions: Sequence[CodeMention]) -> str:
    out = list(dict.fromkeys(index_key(m.code) for m in mentions))
    for mention in reversed(mentions):
        text = text[: mention.start] + codes[out.index(index_key(mention.code))] + text[mention.end :]
    return text


def to_exchange(text: str, named: Named, former: Sequence[str], *, together: bool, family: Callable[[str], str]) -> tuple[str, ...]:
    """Give the codes of a question in whose place the codes `named` next are asked about.

    None are given where all go, as a list goes as a whole, or for as many codes. Of codes that are asked about together one goes: the
    one after the preposition that `named` has, else the one that was not in the question before (`former` holds that one's
    codes), else the only one of the same `family` as the code named, else the one "with" which the first is billed, else the first.
    """
    mentions = find_codes(text)
    if not mentions:
        return ()
    codes = tuple(dict.fromkeys(index_key(m.code) for m in mentions))
    if len(codes) > 1 and (together or len(_list_from(text, mentions)) < len(mentions)):
        families = {family(code) for code in named.codes}
        kin = [code for code in codes if families == {family(code)} and family(code)]
        if len(named.codes) == len(codes) and len(kin) != 1:
            return ()
        last = codes[-1:] if _JOINED.search(text[: mentions[-1].start]) or _AND.search(text[: mentions[-1].start]) else codes[:1]
        in_place = [index_key(m.code) for m in mentions if named.preposition and _preposition(text[: m.start]) == named.preposition]
        fresh = [code for code in codes if former and code not in former]
        chosen = [in_place, fresh, kin if len(kin) == 1 else []]
        return next((tuple(found[:1]) for found in chosen if found), last)
    return ()


def name(text: str, codes: Sequence[str]) -> Named:
    """Give codes as a question names them: "and in 77386?"."""
    first = next((m for m in find_codes(text) if index_key(m.code) in codes), None)
    return Named(tuple(codes), _preposition(text[: first.start]) if first else "")


def _preposition(before: str) -> str:
    found = _PREPOSITION.search(before)
    return found[1].lower() if found else ""


def add_codes(text: str, codes: Sequence[str]) -> str:
    """Give a question with `codes` asked about beside those that it names; what already stands beside them goes."""
    mentions = find_codes(text)
    joined = [m for m in mentions if _JOINED.search(text[: m.start])]
    if joined and len(mentions) > len(joined):
        return exchange_codes(text, codes, [index_key(joined[-1].code)])
    if not mentions:
        return append(text, f"with {listed(codes)}")
    last = _list_from(text, mentions)[-1]
    billed = re.match(r"\s+(?:also )?be (?:billed|reported|charged|coded|used|paid)\b", text[last.end :])
    place = last.end + (billed.end() if billed else 0)
    return f"{text[:place]} with {listed(codes)}{text[place:]}"


def exchange_modifiers(text: str, modifiers: Sequence[str]) -> str | None:
    """Give a question with other modifiers, None where it names none."""
    m = _MODIFIER.search(text)
    if not m:
        return None
    said = f"-{modifiers[0]}" if m[0].startswith("-") and len(modifiers) == 1 else f"modifier {' or '.join(modifiers)}"
    return text[: m.start()] + said + text[m.end() :]


def exchange_words(text: str, old: str, new: str) -> str:
    """Give a text with its words `old` exchanged for `new`."""
    return " ".join(re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text, count=1, flags=re.IGNORECASE).split()).replace(" ?", "?")


def set_place(text: str, setting: Setting | None, words: Sequence[str]) -> str:
    """Give a question asked for a setting; `words` are the ones that named it where it is none of the settings known."""
    for place in find_places(text):
        text = re.sub(rf"(?:\b(?:in|at|for|to|by|from|within)\s+)?(?:\b(?:the|an?|our|my)\s+)?{re.escape(place)}(?:\s+(?:department|dept|center|outpatient|setting|clinic|patients?))*(?!\w)", " ", text, flags=re.IGNORECASE)  # fmt: skip
    text = " ".join(text.split()).replace(" ?", "?")
    return append(text, _SETTINGS[setting] if setting else f"for {' or '.join(words)}")


def without_code(text: str, code: str) -> str:
    """Give a question that no longer names a code; of a list the others stay."""
    mentions = find_codes(text)
    run = _list_from(text, mentions) if mentions else []
    others = [index_key(m.code) for m in run if index_key(m.code) != code]
    if 0 < len(others) < len(run):
        text = text[: run[0].start] + listed(others) + text[run[-1].end :]
    for mention in reversed([m for m in find_codes(text) if index_key(m.code) == code]):
        text = text[: mention.start] + ANY_CODE + text[mention.end :]
    return text


def without_modifier(text: str, modifier: str) -> str:
    """Give a question that no longer names a modifier."""
    return re.sub(
        rf"\bmod(?:ifier)?s?\s+-?{modifier}\b|(?<=\d)-{modifier}\b|(?<!\w)-?{modifier}\b", "a modifier", text, flags=re.IGNORECASE
    )


def without_place(text: str) -> str:
    """Give a question that no longer names a setting."""
    for place in find_places(text):
        text = exchange_words(text, place, ANY_PLACE)
    return text if find_setting(text) is None else ""


def _list_from(text: str, mentions: Sequence[CodeMention]) -> list[CodeMention]:
    """Give the first code with those that follow it in one list."""
    run = [mentions[0]]
    for mention in mentions[1:]:
        if _LIST_GLUE.fullmatch(text[run[-1].end : mention.start]):
            run.append(mention)
    return run
