"""The quote gate: a draft becomes sentences only where its quotes stand, character for character, in the library."""

import re
from collections.abc import Mapping, Sequence

from assistant.answer import Citation, Draft, DraftSentence, Hit, Sentence
from ingest.canonical import canonical
from ingest.codes import find_codes, find_modifiers, index_key
from ingest.documents import Page, Passage
from ingest.sentences import sentence_spans

_DASHES = "-‐‑‒–—−"
_QUOTES = "'‘’ʼ`\"“”"
_MIN_QUOTE_CHARS = 8
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NUMBER_WORDS = {"single": "1", "once": "1", "twice": "2", "thrice": "3"} | {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split())
} | {"twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "ninety": "90", "hundred": "100"}  # fmt: skip
_MONTH = re.compile(
    r"\b(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?(?= \d{1,4}\b)"
)
_ADDRESS = re.compile(r"(?:\w+://|\bwww\.)\S+|\S+@\S+")
_NEGATIONS = (
    re.compile(r"\b(?:not|never|no|none|cannot|neither|nor)\b|n['’]t\b", re.IGNORECASE),
    re.compile(r"\b(?:except|unless|without|denied|denies|excluded|excludes)\b", re.IGNORECASE),
    re.compile(
        r"\b(?:prohibit\w*|forbid\w*|disallow\w*|reject\w*|ineligible|insufficient|invalid|improper|non-?covered|unbillable|bundled)\b",
        re.IGNORECASE,
    ),
)
_TURN = re.compile(r";|,?\s\b(?:but|yet|however|although|whereas|while)\b|\n(?=[^\n:]{0,24}[:.)]\s)", re.IGNORECASE)


def ground(draft: Draft, hits: Sequence[Hit], pages: Mapping[str, tuple[Page, ...]]) -> tuple[Sentence, ...]:
    """Give the sentences of a draft that pass the gate, in order; the others are dropped.

    A sentence passes when every quote of it is found in the passage that it names, and every code, number and
    negation of the sentence occurs in its quotes.
    """
    passages = {hit.passage.id: hit.passage for hit in hits}
    grounded = (_sentence(proposed, passages, pages) for proposed in draft.sentences)
    return tuple(sentence for sentence in grounded if sentence is not None)


def locate(passage: Passage, quote: str, pages: tuple[Page, ...] = ()) -> Citation | None:
    """Give the citation of a quote, or None when the passage does not hold it.

    Spaces, dashes and quotation marks may differ; what is cited is always the exact slice of the source.
    """
    words = canonical(quote).strip().strip("…").strip()
    solid = "".join(words.split())
    if len(words) < _MIN_QUOTE_CHARS or len(solid) > len(passage.text) or not any(c.isalnum() for c in solid):
        return None
    match = re.search(_loosely(words), passage.text)
    if match is None:
        return None
    start, end = passage.start + match.start(), passage.start + match.end()
    return Citation(passage.id, passage.document_id, match.group(), start, end, _page(passage, start, pages))


def supports(sentence: str, quotes: Sequence[str], around: Sequence[str] = ()) -> bool:
    """Tell whether every code, number, date, modifier, address and negation of a sentence occurs in its quotes.

    No negation may be lost either: not one in a quote, nor one in `around`, the clauses that the quotes were cut from.
    """
    evidence = " ".join(quotes)
    if _facts(sentence) - _facts(evidence) or set(find_modifiers(sentence)) - set(re.findall(r"\w+", evidence.upper())):
        return False
    source = " ".join((evidence, *around))
    return all(bool(kind.search(evidence)) if kind.search(sentence) else not kind.search(source) for kind in _NEGATIONS)


def _facts(text: str) -> set[str]:
    """Give what must not be changed: codes, numbers in figures or words, months of dates, addresses."""
    words = (_NUMBER_WORDS.get(word) for word in re.findall(r"[a-z]+", text.lower()))
    months = (month[:3] for month in _MONTH.findall(text))
    return {index_key(m.code) for m in find_codes(text)} | {*_NUMBER.findall(text), *filter(None, words), *months, *_ADDRESS.findall(text)}


def _around(passage: Passage, citation: Citation) -> str:
    """Give the clauses, or in a table the rows, that a quote was cut from."""
    text = passage.text
    edges = {0, len(text), *(edge for span in sentence_spans(text) for edge in span), *(m.start() for m in _TURN.finditer(text))}
    if " | " in text:
        edges |= {i for i, c in enumerate(text) if c == "\n"}
    start, end = citation.start - passage.start, citation.end - passage.start
    return text[max(e for e in edges if e <= start) : min(e for e in edges if e >= end)]


def _sentence(proposed: DraftSentence, passages: Mapping[str, Passage], pages: Mapping[str, tuple[Page, ...]]) -> Sentence | None:
    citations: list[Citation] = []
    around: list[str] = []
    for quote in proposed.quotes:
        passage = passages.get(quote.passage_id)
        found = locate(passage, quote.quote, pages.get(passage.document_id, ())) if passage else None
        if passage is None or found is None:
            return None
        citations.append(found)
        around.append(_around(passage, found))
    if not citations or not proposed.text.strip() or not supports(proposed.text, [c.quote for c in citations], around):
        return None
    return Sentence(proposed.text, proposed.role, tuple(citations))


def _loosely(words: str) -> str:
    parts: list[str] = []
    for chunk in words.split():
        parts.append("".join(f"[{_DASHES}]" if c in _DASHES else f"[{_QUOTES}]" if c in _QUOTES else re.escape(c) for c in chunk))
    before = r"(?<!\w)" * words[0].isalnum() + r"(?<!\d[.,])" * words[0].isdigit()
    after = r"(?!\w)" * words[-1].isalnum() + r"(?![.,]\d|\.[A-Z]\d)" * words[-1].isdigit()
    return before + r"\s+".join(parts) + after


def _page(passage: Passage, start: int, pages: tuple[Page, ...]) -> int | None:
    on = next((page.number for page in pages if page.start <= start < page.end), None)
    return on if on is not None else passage.first_page
