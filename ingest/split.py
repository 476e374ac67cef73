"""Cut a document's canonical text into passages.

A question stays with its answer, a table row with its header, a digest paragraph stands alone; other prose
is grouped into whole sentences of one section. Passages of one document never overlap, and together they
cover every block that is neither a heading nor boilerplate.
"""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import dropwhile

from ingest.codes import expand_range, find_codes, find_modifiers, find_ranges, index_key
from ingest.documents import Block, BlockKind, DocumentText, Note, Page, Passage, Place
from ingest.sentences import each_sentence_span, sentence_spans

POLICY = "split-5"
MAX_CHARS = 600
MIN_CHARS = 200
_ATOMIC_MAX_CHARS = 4_000
_SKIPPED = {BlockKind.HEADING, BlockKind.BOILERPLATE}
_ROWS = {BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW}
_PAIR = {BlockKind.QUESTION, BlockKind.ANSWER}
_GAP = re.compile(r"(?= )|(?<=[^\w\s])")
_LONGEST_CODE = 12


@dataclass(frozen=True, slots=True)
class _Cut:
    """A stretch of text that will be one passage."""

    start: int
    end: int
    section: tuple[str, ...]
    header: str = ""
    note: Note | None = None
    question: str = ""


def split(source: DocumentText) -> tuple[Passage, ...]:
    """Give the passages of a document, in order of their start."""
    return tuple(each_passage(source))


def each_passage(source: DocumentText) -> Iterator[Passage]:
    """Give what `split` gives, each as it is cut: those of a long text need not be held together."""
    placed = list(_placed(source.blocks))
    return (_passage(source, cut, placed) for cut in _cuts(source))


def _cuts(source: DocumentText) -> Iterator[_Cut]:
    headings: list[tuple[int, str]] = []
    group: list[Block] = []
    for block in source.blocks:
        if group and not _belongs(group, block):
            yield from _cut_group(source.text, group, headings)
            group = []
        if block.kind is BlockKind.HEADING:
            headings = [h for h in headings if h[0] < block.level] + [(block.level, source.text[block.start : block.end])]
        elif block.kind is not BlockKind.BOILERPLATE:
            group.append(block)
    if group:
        yield from _cut_group(source.text, group, headings)


def _belongs(group: list[Block], block: Block) -> bool:
    first, last = group[0], group[-1]
    if block.kind in _SKIPPED or block.note or last.note:
        return False
    if block.kind in _ROWS or last.kind in _ROWS:
        return block.kind is BlockKind.TABLE_ROW and last.kind in _ROWS
    if first.kind is BlockKind.QUESTION:
        unlabelled = block.kind is BlockKind.PARAGRAPH and last.kind is BlockKind.QUESTION
        return block.kind is BlockKind.ITEM or unlabelled or (block.kind is BlockKind.ANSWER and last.kind in _PAIR)
    return block.kind not in _PAIR


def _cut_group(text: str, group: list[Block], headings: list[tuple[int, str]]) -> Iterator[_Cut]:
    section = tuple(words for _, words in headings)
    first, last = group[0], group[-1]
    if first.kind in _ROWS:
        yield from _cut_table(text, group, section)
    elif first.note:
        yield _Cut(first.start, last.end, section, "", first.note)
    elif first.kind is BlockKind.QUESTION and last.end - first.start <= _ATOMIC_MAX_CHARS:
        yield _Cut(first.start, last.end, section, question=text[first.start : first.end])
    else:
        yield from (_Cut(start, end, section) for start, end in _pack(_sentences(text, group), {b.start for b in group}))


def _cut_table(text: str, rows: list[Block], section: tuple[str, ...]) -> Iterator[_Cut]:
    header = text[rows[0].start : rows[0].end] if rows[0].kind is BlockKind.TABLE_HEADER else ""
    for start, end in _pack([(row.start, row.end) for row in rows]):
        yield _Cut(start, end, section, "" if start == rows[0].start else header)


def _sentences(text: str, group: list[Block]) -> Iterator[tuple[int, int]]:
    for block in group:
        for start, end in each_sentence_span(text[block.start : block.end]):
            yield from _cut_long(text, block.start + start, block.start + end)


def _cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > MAX_CHARS:
        place = _last_gap(text, start + MAX_CHARS // 2, start + MAX_CHARS)
        yield start, place
        start = place + (text[place] == " ")
    if start < end:
        yield start, end


def _last_gap(text: str, low: int, high: int) -> int:
    """Give the last place in `[low, high]` that cuts neither a word nor a code, at a space if there is one; else `high`."""
    first = max(0, low - _LONGEST_CODE)
    codes = [(first + m.start, first + m.end) for m in find_codes(text[first : high + _LONGEST_CODE])]
    gaps = [first + m.start() for m in _GAP.finditer(text[first : high + 1])]
    sound = [gap for gap in gaps if low <= gap <= high and not any(start < gap < end for start, end in codes)]
    return max((gap for gap in sound if text[gap] == " "), default=max(sound, default=high))


def _pack(spans: Iterable[tuple[int, int]], breaks: AbstractSet[int] = frozenset()) -> Iterator[tuple[int, int]]:
    """Join neighbouring spans within `MAX_CHARS`, but not over a break once `MIN_CHARS` are reached."""
    coming = iter(spans)
    start, end = next(coming, (-1, -1))
    if start < 0:
        return
    for following, stop in coming:
        if stop - start > MAX_CHARS or (following in breaks and end - start >= MIN_CHARS):
            yield start, end
            start = following
        end = stop
    yield start, end


def _passage(source: DocumentText, cut: _Cut, placed: list[Place]) -> Passage:
    document, text = source.document, source.text[cut.start : cut.end]
    note = cut.note or Note("", document.payer, document.valid_from, document.valid_to, document.basis, ())
    named = _codes(text)
    implied = _implied(text, cut.section, document.title, bool(named))
    return Passage(
        id=passage_id(document.id, cut.start, cut.end),
        document_id=document.id,
        start=cut.start,
        end=cut.end,
        text=text,
        section=cut.section,
        header=cut.header,
        first_page=_page_at(source.pages, cut.start),
        last_page=_page_at(source.pages, cut.end - 1),
        named_codes=named,
        implied_codes=tuple(code for code in implied if code not in named),
        modifiers=find_modifiers(f"{cut.header}\n{text}"),
        payer=note.payer,
        valid_from=note.valid_from,
        valid_to=note.valid_to,
        basis=note.basis,
        anchor=note.anchor,
        conflicts=note.conflicts,
        questions=tuple(dict.fromkeys((*note.questions, *_asked(cut)))),
        places=_places(placed, cut),
    )


def _placed(blocks: Iterable[Block]) -> Iterator[Place]:
    """Give where each block stands; one without a place ends that of the block before."""
    former = ""
    for block in blocks:
        if block.place or former:
            yield Place(block.start, block.place)
        former = block.place


def _places(placed: list[Place], cut: _Cut) -> tuple[Place, ...]:
    """Give the places within a cut; the first is that of the block in which it starts."""
    begun = max(0, bisect_right(placed, cut.start, key=lambda place: place.start) - 1)
    found = placed[begun : bisect_left(placed, cut.end, key=lambda place: place.start)]
    started = (Place(max(place.start, cut.start), place.label) for place in found)
    return tuple(dropwhile(lambda place: not place.label, started))


def _asked(cut: _Cut) -> Iterator[str]:
    """Give the questions that the document itself puts over a passage: that of a question and answer, and a heading that asks."""
    if cut.question:
        yield cut.question
    if cut.section and cut.section[-1].endswith("?"):
        yield cut.section[-1]


def _codes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(index_key(mention.code) for mention in find_codes(text)))


def _implied(text: str, section: tuple[str, ...], title: str, names_some: bool) -> tuple[str, ...]:
    ranged = (
        index_key(code) for words in (text, *section[-1:]) for first, last in find_ranges(words) for code in expand_range(first, last)
    )
    headed = _codes(section[-1]) if section else ()
    return tuple(dict.fromkeys((*ranged, *headed, *(() if names_some or headed else _codes(title)))))


def passage_id(document_id: str, start: int, end: int) -> str:
    """Give the id of the passage `[start, end)` of a document under the present policy."""
    return "p-" + hashlib.sha256(f"{POLICY}:{document_id}:{start}:{end}".encode()).hexdigest()[:16]


def _page_at(pages: tuple[Page, ...], offset: int) -> int | None:
    return next((page.number for page in pages if page.start <= offset < page.end), None)


def embedding_texts(passage: Passage) -> tuple[str, ...]:
    """Give what is embedded for a passage: its nearest heading and table header before its words.

    A passage too long for one vector gives one text per group of sentences.
    """
    lead = "\n".join(filter(None, (passage.section[-1] if passage.section else "", passage.header)))
    spans = [piece for start, end in sentence_spans(passage.text) for piece in _cut_long(passage.text, start, end)]
    return tuple(f"{lead}\n{passage.text[start:end]}".strip() for start, end in _pack(spans))
