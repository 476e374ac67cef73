"""Join the lines of a paragraph again, and words that were parted at the end of a line."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

_PARTED = re.compile(r"(?<![\w-])([^\W\d_]{2,})-$")
_LATER = re.compile(r"([^\W\d_]+)(?![\w-])")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_COMPOUND_FIRST = frozenset("non self well image follow three two four high low long short full part half cross post pre multi on off in out up re per mid co all".split())  # fmt: skip
_COMPOUND_LAST = frozenset("guided based specific related dimensional modulated up by to day time level site risk dose rate term only line free of call side party hour week month year".split())  # fmt: skip


def rejoin(lines: Iterable[str], known: AbstractSet[str] = frozenset()) -> str:
    """Give lines as one, a word parted at the end of a line made whole: `supervi-`, `sion` become `supervision`.

    `known` are the words (lower case) that the document writes within a line: they tell whether a hyphen belongs to a
    word. Where they do not, capitals, figures and the usual parts of compounds keep it: `MR-guided`, `77336-77338`.
    """
    text = ""
    for line in (" ".join(raw.split()) for raw in lines):
        if not line:
            continue
        if text.endswith("-") and text[-2:-1].isalnum() and line[0].isalnum():
            text = (text[:-1] if _is_one_word(text, line, known) else text) + line
        else:
            text = f"{text} {line}" if text else line
    return text


def words_of(lines: Iterable[str]) -> set[str]:
    """Give the words that stand whole within lines, in lower case."""
    return {word.lower() for line in lines for word in _WORD.findall(line)}


def _is_one_word(text: str, line: str, known: AbstractSet[str]) -> bool:
    first, last = _PARTED.search(text), _LATER.match(line)
    if not first or not last or not last[1].islower() or (first[1].isupper() and len(first[1]) < 6):
        return False
    joined, hyphened = (first[1] + last[1]).lower(), f"{first[1]}-{last[1]}".lower()
    if (joined in known) != (hyphened in known):
        return joined in known
    return first[1].lower() not in _COMPOUND_FIRST and last[1] not in _COMPOUND_LAST
