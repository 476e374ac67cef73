"""Read from a question's words which payer is billed."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

_PLANS = (
    (re.compile(r"(?:['’]s)?\s*(?:\(|,(?!\s*medicare\b(?!\s+(?:adv|plan|member))))?\s*(?:medicare(?:\s+adv\w*)?|(?-i:MA))\b(?:\s+(?:plans?|members?))?\)?", re.IGNORECASE), "Medicare Advantage"),
    (re.compile(r"(?:['’]s)?\s*[(,]?\s*commercial\b\)?", re.IGNORECASE), "commercial"),
)  # fmt: skip
_UNNAMED = re.compile(
    r"\b(?:commercial|private)\s+(?:payers?|insur\w+|plans?|carriers?|side|claims?)\b|\b(?:non-?medicare|bcbs|blue\s?cross|blues|self-(?:pay|funded)|employer plans?|workers['’]? comp\w*)\b"
    r"|\b(?:other|all|any|every|different|various|some|most|each|both|our|which) (?:payers?|insurers?|carriers?)\b|\bcommercials\b",
    re.IGNORECASE,
)
_NO_NAMES = ("all", "", "commercial")
_LEAD = r"\s+(?:the\s+|for\s+|what\s+|in\s+|to\s+|by\s+)?"
_EXCLUDED = re.compile(
    rf"(?:\b(?:not|isn['’]?t|aren['’]?t|never|no longer|unlike|other than|outside|besides|except|instead of|rather than|without){_LEAD}|\bnon-?\s?)$",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    rf"\b(?:than|same (?:rules? )?as|like|as with|follow(?:s|ing)?|mirror\w*|vs\.?|versus|differ\w* from|compared (?:to|with)|similar to){_LEAD}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NamedPayer:
    """A payer as the library knows it, with the question's own words for it."""

    name: str
    words: str


def find_payer(text: str, names: Mapping[str, tuple[str, ...]], known: Collection[str]) -> NamedPayer | None:
    """Give the one payer that a question is about, None where it names none or several.

    `names` holds the other names of payers, `known` the payers whose rules the library has. A payer that is only compared
    with ("unlike Medicare", "commercial payer, not Medicare") is not the one billed; beside a payer without a name
    ("our commercial payers") none is.
    """
    mentions = _mentions(text, names, frozenset(known))
    billed = [m for m in mentions if not _EXCLUDED.search(text[: m.start])]
    compares = any(_COMPARED.search(text[: m.start]) for m in mentions)
    if compares or len({m.payer.name for m in billed}) != 1 or _UNNAMED.search(_without(text, mentions)):
        return None
    return billed[0].payer


@dataclass(frozen=True, slots=True)
class _Mention:
    payer: NamedPayer
    start: int
    end: int


def _without(text: str, mentions: list[_Mention]) -> str:
    ends = (0, *(m.end for m in mentions))
    starts = (*(m.start for m in mentions), len(text))
    return " ".join(text[end:start] for end, start in zip(ends, starts, strict=True))


def _mentions(text: str, names: Mapping[str, tuple[str, ...]], known: frozenset[str]) -> list[_Mention]:
    called = {alias: payer for payer, aliases in names.items() for alias in (*aliases, payer.lower())}
    called |= {payer.lower(): payer for payer in known if payer.lower() not in (*called, *_NO_NAMES)}
    pattern = _pattern(tuple(sorted(called, key=lambda alias: (-len(alias), alias))))
    found, end = list[_Mention](), 0
    while m := pattern.search(text, end):
        payer, end = called.get(m.group()) or called[" ".join(m.group().lower().split())], m.end()
        kind, tail = next(((kind, tail) for form, kind in _PLANS if (tail := form.match(text, end))), ("", None))
        if tail and not payer.startswith("Medicare"):
            payer, end = _plan_of(payer, kind, known), tail.end()
        found.append(_Mention(NamedPayer(payer, text[m.start() : end].strip(" ,")), m.start(), end))
    return found


@lru_cache(maxsize=4)
def _pattern(aliases: tuple[str, ...]) -> re.Pattern[str]:
    def written(alias: str) -> str:
        spelled = r"\s+".join(re.escape(word) for word in alias.split())
        return spelled if alias == alias.lower() else f"(?-i:{spelled})"

    return re.compile(rf"(?<![\w-])(?:{'|'.join(written(alias) for alias in aliases)})(?![\w-]|\s+States)", re.IGNORECASE)


def _plan_of(payer: str, kind: str, known: Collection[str]) -> str:
    """Give the payer's plan as the library names it, else in plain words."""
    held = sorted(name for name in known if payer.lower() in name.lower() and kind.lower() in name.lower())
    return held[0] if held else f"{payer} {kind}"
