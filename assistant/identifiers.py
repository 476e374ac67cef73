"""Mask the identifiers of patients in a question, before anything else reads it."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assistant.terms import stem
from ingest.canonical import canonical

KINDS = ("name", "MRN", "date of birth", "SSN", "MBI", "phone", "e-mail")

_IS = r"(?:\s*(?:[:#=(]|-|–|—|\b(?:is|was|of|no|nr|num|number|ending(?: in)?)\b\.?))*\s*"
_MAIL = re.compile(r"(?<![\w.+'-])(?P<value>[\w.+'’-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6})")
_LETTER, _EITHER, _GAP = "[AC-HJKMNP-RT-Y]", r"[\dAC-HJKMNP-RT-Y]", "[- –]?"
_MBI = re.compile(
    rf"(?<![\w-])(?P<value>[1-9]{_LETTER}{_EITHER}\d{_GAP}{_LETTER}{_EITHER}\d{_GAP}{_LETTER}{{2}}\d\d)(?![\w-])"
    rf"|\b(?:MBI|HICN?|medicare\s+(?:beneficiary\s+)?(?:id(?:entifier)?|number|no|#))\b{_IS}(?P<told>(?=[A-Z-]*\d)[A-Z\d][A-Z\d-]{{7,12}})(?![\w-])",
    re.IGNORECASE,
)
_SSN = re.compile(
    rf"\b(?:SSN|soc(?:ial)?\.?(?:\s+sec(?:urity)?\.?)?)(?!\w){_IS}(?P<told>(?:[X*\d]{{3}}[ .–-]?[X*\d]{{2}}[ .–-]?)?\d{{4}})(?![\w-])"
    r"|(?<![\w$.-])(?P<value>(?:\d{3}-\d\d-|\d{3}–\d\d–|\d{3} \d\d |[X*]{3}-[X*]{2}-)\d{4})(?![\w-]|,\d)",
    re.IGNORECASE,
)
_PHONE = re.compile(
    rf"\b(?:phone|ph|tel(?:ephone)?|cell|mobile|fax|call(?:ed)?|text|reach(?:ed)?|contact)\b\.?(?:\s+(?:her|him|them|me|us|at|on))*{_IS}"
    rf"(?P<told>(?:\+?1[ .-]?)?(?:\(?\d{{3}}\)?[ .–-]?)?\d{{3}}[ .–-]?\d{{4}})(?![\w-])"
    rf"|(?<![\w$.-])(?P<value>(?:\+?1[ .-]?)?(?:\([2-9]\d\d\) ?\d{{3}}[ .–-]?|[2-9]\d\d[ .–-]\d{{3}}[ .–-])\d{{4}})(?![\w-]|,\d|\.\d)"
    r"|(?<![\w$])(?P<abroad>\+[2-9]\d{0,2}[ .-](?:\(?\d{1,4}\)?[ .-]){1,4}\d{3,7})(?!\w)",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = (
    rf"(?:\d{{1,4}}[/.–-]\d{{1,2}}(?:[/.–-]\d{{1,4}})?|\d{{8}}|\d{{6}}|{_MONTH}[ -]\d{{1,2}}(?:st|nd|rd|th)?(?:,? ?-?(?:19|20)\d\d)?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)?[ -]{_MONTH}(?:,?[ -]\d{{2,4}})?|{_MONTH},? (?:19|20)\d\d|\d{{1,2}} de \w+ de \d{{4}}|\d{{4}}年\d{{1,2}}月\d{{1,2}}日)"
)
_BIRTH = (
    r"(?:d\.?\s?o\.?\s?b\b\.?+|(?:date|day)\s+of\s+birth\b|birth[ -]?(?:date|day)\b|bday\b|born\b"
    r"|fecha de nacimiento|date de naissance|geburtsdatum|geboren|дата рождения|出生日期|生年月日|ngày sinh)"
)
_BORN = re.compile(
    rf"(?<!\w)(?:{_BIRTH}|b\.(?= ?(?:\d+[/.-]\d+[/.-]\d|[\w. ]{{3,16}},? \d{{4}}|\d+-\w+-\d|\d{{6,8}}\b)))(?:\s+(?:on|am))?(?:\s*\([a-z/-]{{6,10}}\))?{_IS}(?P<told>{_DATE})(?!\w)"
    rf"|(?<![\w/.-])(?P<value>{_DATE})\s*[,(]?\s*(?:\(|is (?:the|her|his) )?\b{_BIRTH}(?!{_IS}{_DATE})",
    re.IGNORECASE,
)
_RECORD_NUMBER = r"(?:[A-Z]{0,4}[ -]?\d(?:[A-Z\d]|-(?=[A-Z\d])){3,}|\d{2,4}(?: \d{2,4}){1,3})(?!\w)"
_RECORD = re.compile(
    r"(?:\b(?:mrns?|med(?:ical)?\.?\s+rec(?:ord)?s?\.?|patient[ -]?id|pt\.?[ -]?id)\b|\bm\.\s?r\.\s?n\.|\b(?:mr|chart)(?=\s*(?:#|n[or]\b|num|\d{6}))"
    rf"|\b(?:acct|account|member|subscriber)\.?(?=\s*(?:#|id\b|n[or]\b|num|\d{{6}}))(?:\s*id\b)?){_IS}"
    rf"(?P<value>{_RECORD_NUMBER}(?:\s*(?:,|&|/|\band\b)\s*\d{{6,}}(?!\w))*)",
    re.IGNORECASE,
)
_NUMBERS = (("e-mail", _MAIL), ("MBI", _MBI), ("SSN", _SSN), ("phone", _PHONE), ("date of birth", _BORN), ("MRN", _RECORD))

_WORD = r"(?:[^\W\d_](?:[^\W\d_]|['’](?!s\b)(?=[^\W\d_])|-(?=[^\W\d_])|\.(?=-))*(?!\w)\.?(?<![^\W\d_][^\W\d_]\.))"
_NEXT = re.compile(rf"(?P<comma>,)?\s*(?P<word>{_WORD})")
_ANY_WORD = re.compile(rf"(?<![\w'’.-]){_WORD}")
_ENGLISH = r"(?:patient|pt|pts|beneficiary)"
_PERSON = rf"(?:{_ENGLISH}|paciente|patiente|patientin|пациент(?:ка)?|bệnh nhân|pasyente)"
_IS_CALLED = r"(?:\s*(?:[:=(-]|–|—|\b(?:is|was|of|es)\b))*\s*"
_NAMED = re.compile(
    rf"(?<!\w)(?:(?:{_PERSON}|client|member|subscriber|insured|first|last|full|her|his|their)\.?(?:['’]?s)?\s+(?:full\s+|last\s+)?name\b"
    r"|(?:man|woman|gentleman|lady|male|female|boy|girl|patient|pt|child|kid|guy|person)\s+(?:named|called|by the name of)\b"
    rf"|(?<![^.;,(!?\n ] )name(?=\s*:)|nombre|họ tên|имя|姓名){_IS_CALLED}",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"(?<![\w-])(?:Mrs|Ms|Mr|Mx|Miss|Mister|Señora|Señor|Sra|Sr|Mme|Mlle|Herr|Frau|MRS|mrs|MR(?=\.)|MS(?=\.)|mr|ms)\b\.?\s+"
)
_PATIENT = re.compile(rf"(?<![\w-])(?P<cue>{_PERSON})\b(?:(?<=\bpts)\.|(?<=\bpt)\.)?(?:\s*[:,(#–—-])*\s*", re.IGNORECASE)
_ABOUT = re.compile(r"(?<![\w-])(?:for|on|of|regarding|about|re)\b:?\s+", re.IGNORECASE)
_SUFFIX = re.compile(r",?\s+(?:Jr|Sr|II|III|IV)\b\.?")
_HAN_NAME = r"(?:姓名|患者姓名)\s*[:：]?\s*(?P<value>[\u4e00-\u9fff]{2,4})(?![\u4e00-\u9fff])"
"""Compiled when there is a text for it: wide ranges take milliseconds."""
_PARTICLES = frozenset("de da do dos das del della di la le van von der den bin al el ter ten y".split())
_HOUSES = frozenset(
    map(stem, "hospital clinic health healthcare cancer center centre institute medical university regional memorial method".split())
)
_PLACEHOLDER = re.compile(r"\[(?P<kind>name|MRN|date of birth|SSN|MBI|phone|e-mail)\]")
_CUE = (
    r"patients?(?:['’]s)?|pts?\.?(?:['’]s)?|beneficiary|names?|named|called|Mr|Mrs|Ms|MRNs?|med(?:ical)? rec(?:ord)?|chart|acct|account|member|DOB|born|birth ?date|birthday"
    r"|date of birth|SSN|social(?: security)?|MBI|HICN|medicare(?: number| id)|phone|tel|cell|call|e-?mail|id|number|no"
)
_LEADING = rf"(?:(?<![\w-])(?:(?:{_CUE})\b|(?:for|of|on|re|regarding|about|at|with|the|our|my|her|his|their|this|is|was|and)\b(?=\W*(?:(?:{_CUE})\b\W*)*\[))[\s.:#=(,–—-]*){{0,6}}"
_ANNOUNCED = re.compile(rf"{_LEADING}{_PLACEHOLDER.pattern.replace('?P<kind>', '?:')}(?:['’]s\b)?", re.IGNORECASE)
_STRAY = (
    (re.compile(r"\(\W*\)"), " "),
    (re.compile(r"(?:[\s,;:]|\band\b)+(?=[.?!)]|$)"), ""),
    (re.compile(r"(?<=[.?!])(?:\s*[.,;:)])+"), ""),
    (re.compile(r"\s*([,;])(?:\s*[,;:])*"), r"\1"),
)
_MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Masked:
    """A text in which a placeholder such as `[MRN]` stands for each identifier, and the kinds of them, as `KINDS` orders them."""

    text: str
    kinds: tuple[str, ...]


def mask(text: str) -> Masked:
    """Give `text` without the identifiers of patients.

    Masked are numbers with the shape or behind the words of an identifier, dates behind a word of birth, and names:
    behind a word such as "patient" or "Mrs.", or of a common given and family name. Codes, modifiers, claim numbers,
    amounts and dates of service stay. What is masked already counts, so masking twice changes nothing. A text without
    identifiers is given back as it was, another in its canonical form.

    The pattern of an MBI is the one that CMS publishes: eleven characters, of which 2, 5, 8 and 9 are letters, 3 and 6 either.
    """
    found = canonical(text)
    for kind, pattern in _NUMBERS:
        found = _without(found, kind, [_value_span(match) for match in pattern.finditer(found)])
    found = _without(found, "name", sorted(_names(found)))
    held = {match["kind"] for match in _PLACEHOLDER.finditer(found)}
    return Masked(found if held else text, tuple(kind for kind in KINDS if kind in held))


def masked_notice(*texts: Masked) -> tuple[str, ...]:
    """Say what was masked in any of the texts, in one notice; none where nothing was."""
    kinds = [kind for kind in KINDS if any(kind in text.kinds for text in texts)]
    return (f"Patient identifiers were masked before the question was read: {', '.join(kinds)}.",) if kinds else ()


def without_placeholders(text: str) -> str:
    """Give a masked text without its placeholders and the words that announce them, which say nothing of what is asked.

    A text of nothing else is given back as it is.
    """
    if not _PLACEHOLDER.search(text):
        return text
    bare = _ANNOUNCED.sub(" ", text)
    for pattern, left in _STRAY:
        bare = pattern.sub(left, bare)
    bare = " ".join(bare.split()).strip(" ,;:-–—")
    return bare if re.search(r"\w", bare) else text


def _without(text: str, kind: str, spans: Sequence[tuple[int, int]]) -> str:
    """Give `text` with a placeholder for each span; `spans` are in order, and those that overlap are one."""
    parts, end = [], 0
    for first, last in spans:
        if first >= end:
            parts += [text[end:first], f"[{kind}]"]
        end = max(end, last)
    return "".join([*parts, text[end:]])


def _value_span(match: re.Match[str]) -> tuple[int, int]:
    return next(match.span(name) for name, value in match.groupdict().items() if value and name in {"value", "told", "abroad"})


# -- names -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Word:
    """A word that may belong to a name; `after_comma` tells whether a comma stands before it."""

    text: str
    start: int
    end: int
    after_comma: bool = False

    @property
    def key(self) -> str:
        return _folded(self.text.rstrip("."))

    @property
    def is_initial(self) -> bool:
        return len(self.text.rstrip(".")) == 1 and self.text[0].isupper()

    @property
    def is_shouted(self) -> bool:
        return len(self.text) > 1 and self.text.isupper()

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def is_common(self) -> bool:
        """Tell whether texts on billing write the word; a hyphenated one by all its parts. The stem of "does" is a name, too."""
        return self.key != "doe" and all(len(part) < 2 or stem(part) in _common() for part in re.split(r"['’.-]", self.key))

    @property
    def is_given(self) -> bool:
        return self.key in _listed("given")

    @property
    def is_family(self) -> bool:
        return self.key in _listed("family")

    @property
    def is_listed(self) -> bool:
        return self.is_given or self.is_family


_Begins = Callable[[Sequence[_Word]], bool]


def _names(text: str) -> Iterator[tuple[int, int]]:
    """Give where the names stand, in no order."""
    if not text.isascii():
        yield from (match.span("value") for match in re.finditer(_HAN_NAME, text))
    places: list[tuple[int, _Begins]] = [(cue.end(), _is_told) for pattern in (_NAMED, _TITLE) for cue in pattern.finditer(text)]
    places += [
        (cue.end(), _is_patient if re.fullmatch(_ENGLISH, cue["cue"], re.I) else _is_told_capital) for cue in _PATIENT.finditer(text)
    ]
    places += [(cue.end(), _is_pair) for cue in _ABOUT.finditer(text)]
    places += [(word.start(), _is_known) for word in _ANY_WORD.finditer(text)]
    for start, begins in places:
        words = _words(text, start)
        if words and begins(words):
            yield words[0].start, _end(text, words)


def _words(text: str, start: int) -> list[_Word]:
    """Give up to five words from `start` on, between which there are spaces and commas only."""
    found: list[_Word] = []
    while len(found) < _MOST_WORDS and (match := _NEXT.match(text, start)):
        found.append(_Word(match["word"], *match.span("word"), after_comma=bool(match["comma"])))
        start = match.end()
    return found


def _end(text: str, words: Sequence[_Word]) -> int:
    last = 0
    while last + 1 < len(words) and _goes_on(words[: last + 2]):
        last += 1
    while last and words[last].text in _PARTICLES:
        last -= 1
    suffix = _SUFFIX.match(text, words[last].end)
    return suffix.end() if suffix else words[last].end


def _goes_on(words: Sequence[_Word]) -> bool:
    """Tell whether the last of the words belongs to the name that those before it begin."""
    former, word = words[-2], words[-1]
    first = next((w for w in words if w.text not in _PARTICLES), word)
    if word.after_comma:
        return len(words) == 2 and word.is_capital and (word.is_given or (not first.is_given and not word.is_common))
    if word.is_initial or word.text in _PARTICLES:
        return first.is_capital or word.text in _PARTICLES
    if first.is_capital != word.is_capital:
        return False
    second = former is first or former.is_initial or former.text in _PARTICLES
    if not first.is_capital:
        return not word.is_common and (second or word.is_family)
    if word.is_shouted and not first.is_shouted:
        return word.is_family
    return not word.is_common or (second and word.is_family)


def _is_told(words: Sequence[_Word]) -> bool:
    """Tell whether a name begins where a title or "name:" has announced one."""
    begun = [word for word in words if word.text not in _PARTICLES and not word.is_initial]
    return bool(begun) and (not begun[0].is_common or (begun[0].is_capital and begun[0].is_listed))


def _is_told_capital(words: Sequence[_Word]) -> bool:
    return words[0].is_capital and _is_told(words)


def _is_patient(words: Sequence[_Word]) -> bool:
    """Tell whether a name begins behind "patient", where most often none does."""
    first, second = words[0], words[1] if len(words) > 1 else None
    follows = second is not None and second.is_capital == first.is_capital and not second.is_common
    if first.is_initial:
        return follows
    if first.is_common:
        return first.is_capital and first.is_given and second is not None and second.is_capital and (follows or second.is_family)
    return first.is_listed or follows or (first.is_capital and not first.is_shouted)


def _is_pair(words: Sequence[_Word]) -> bool:
    """Tell whether two capitalised words behind "for" or the like are a name."""
    if len(words) < 2 or not all(word.is_capital and not word.is_shouted and not word.is_initial for word in words[:2]):
        return _is_known(words)
    first, second = words[:2]
    unknown = not first.is_common and not second.is_common and not second.after_comma
    return (unknown and not _is_house(words)) or _is_known(words)


def _is_known(words: Sequence[_Word]) -> bool:
    """Tell whether a common given name and a family name stand there, in either order."""
    parts = [word for word in words if not word.is_initial and word.text not in _PARTICLES][:2]
    if len(parts) < 2 or parts[0] is not words[0] or _is_house(words):
        return False
    first, second = parts
    if second.after_comma:
        return first.is_capital and second.is_capital and first.is_family and second.is_given and not first.is_common
    if first.is_capital != second.is_capital or first.is_shouted != second.is_shouted:
        return False
    if first.is_given and second.is_family:
        return first.is_capital or not (first.is_common or second.is_common)
    alike = first.is_capital and not first.is_shouted and not first.is_common and not second.is_common
    return alike and (first.is_given or second.is_family)


def _is_house(words: Sequence[_Word]) -> bool:
    """Tell a hospital or a method that bears a person's name."""
    return any(stem(word.key) in _HOUSES for word in words[:4])


def _folded(word: str) -> str:
    apart = unicodedata.normalize("NFD", word.casefold().replace("’", "'"))
    return "".join(c for c in apart if not unicodedata.combining(c))


@cache
def _common() -> frozenset[str]:
    return frozenset(word for line in _lines("common_stems.txt") for word in line.split())


@cache
def _listed(kind: str) -> frozenset[str]:
    told = (line.partition(": ") for line in _lines("names.txt"))
    return frozenset(_folded(name) for heading, _, names in told if heading == kind for name in names.split())


def _lines(name: str) -> list[str]:
    told = files("assistant").joinpath(name).read_text(encoding="utf-8").splitlines()
    return [line for line in told if not line.startswith("#")]
