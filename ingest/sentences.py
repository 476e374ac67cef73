"""Cut running text into sentences without losing a character."""

import re
from collections.abc import Iterator

_ABBREVIATIONS = (
    "e.g", "i.e", "eg", "ie", "vs", "dr", "drs", "mr", "ms", "mrs", "inc", "ltd", "co", "corp", "fig", "sec",
    "ch", "st", "approx", "dept", "est", "pub", "ref", "u.s", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept",
    "oct", "nov", "dec", "al", "cf", "art", "para", "vol", "rev", "pt", "pts", "max", "min", "incl", "excl",
)  # fmt: skip
_BEFORE_NUMBERS = ("no", "nos")
_END = re.compile(r"[.!?][\"')\]”’]*(?=\s+\S|$)|(?<=[a-z0-9)]{2})[.!?](?=[A-Z][a-z])|\n{2,}|\n(?=\s*(?:[-*•]|\d+[.)])\s)")
_LEADING = "*•·,;|"
_LAST_WORD = re.compile(r"([A-Za-z][A-Za-z.]*)$")
_LONGEST_WORD = 40
_NUMBER_NEXT = re.compile(r"\s*(?:\d|[a-z#])")
_SPACE = re.compile(r"\s*")


def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Give the half-open spans of the sentences of `text`, without the white space and bullets around them.

    It takes time in step with the length: a line of 10 MB is one text.
    """
    return tuple(each_sentence_span(text))


def each_sentence_span(text: str) -> Iterator[tuple[int, int]]:
    """Give what `sentence_spans` gives one after the other: those of a line of 10 MB are 200,000."""
    return (trimmed for span in _rough_spans(text) if (trimmed := _trim(text, span)))


def _rough_spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _END.finditer(text):
        if _is_end(text, match):
            yield start, match.end()
            start = match.end()
    yield start, len(text)


def _is_end(text: str, match: re.Match[str]) -> bool:
    if not match.group().startswith("."):
        return True
    word = _LAST_WORD.search(text, max(0, match.start() - _LONGEST_WORD), match.start())
    if word and word.group().lower() in _BEFORE_NUMBERS:
        return not _NUMBER_NEXT.match(text, match.end())
    if word and (word.group().lower() in _ABBREVIATIONS or re.fullmatch(r"[A-Z](\.[A-Z])*", word.group())):
        return False
    space = _SPACE.match(text, match.end())
    following = space.end() if space else match.end()
    return not text[following : following + 1].islower()


def _trim(text: str, span: tuple[int, int]) -> tuple[int, int] | None:
    start, end = span
    while start < end and (text[start].isspace() or text[start] in _LEADING):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
