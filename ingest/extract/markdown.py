"""Read Markdown: front matter, headings, paragraphs, lists, tables, and attribute lines such as `{: #id key="v"}`."""

import re
from collections.abc import Iterator
from datetime import date

from corpus.errors import CorpusError
from corpus.front_matter import FrontMatter, split_front_matter
from ingest.canonical import canonical
from ingest.documents import BlockKind, Note
from ingest.extract.blocks import Extracted, RawBlock
from ingest.extract.html import read_html
from ingest.extract.plain import pair_kind

_ATTRIBUTES = re.compile(r"\n?\{:\s*(?P<body>[^{}\n]*)\}\s*$")
_PAIR = re.compile(r"""#(?P<id>[\w.:-]+)|(?P<key>[a-z_]+)=(?:"(?P<quoted>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>\S+))""")


_PARTING = re.compile(r"<(?:br|sup)\b", re.IGNORECASE)


def read_markdown(text: str) -> Extracted:
    """Give the blocks of a Markdown file.

    Raises:
        CorpusError: the front matter cannot be read, or tells questions of a paragraph that is not there.
    """
    front, body_start = split_front_matter(text)
    told = {name: canonical(value) for name, value in front if isinstance(value, str)}
    front = front.model_copy(update=told)
    blocks = tuple(_blocks(text[body_start:], front))
    if nowhere := front.questions.keys() - {block.note.anchor for block in blocks if block.note}:
        raise CorpusError(f"questions are told of {', '.join(sorted(nowhere))}, but no paragraph has that anchor")
    first_heading = next((b.text for b in blocks if b.kind is BlockKind.HEADING), "")
    return Extracted("text/markdown", blocks, front.title or first_heading, front.publisher or "", front)


def _blocks(body: str, front: FrontMatter) -> Iterator[RawBlock]:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    in_item = 0
    in_head = False
    row: list[str] = []
    for position, token in enumerate(tokens):
        match token.type:
            case "list_item_open":
                in_item += 1
            case "list_item_close":
                in_item -= 1
            case "thead_open" | "thead_close":
                in_head = token.type == "thead_open"
            case "tr_open":
                row = []
            case "tr_close":
                yield RawBlock(BlockKind.TABLE_HEADER if in_head else BlockKind.TABLE_ROW, " | ".join(row))
            case "fence" | "code_block":
                yield RawBlock(BlockKind.PARAGRAPH, token.content)
            case "html_block":
                yield from read_html(token.content).blocks
            case "inline":
                opener = tokens[position - 1]
                if opener.type in {"th_open", "td_open"}:
                    row.append(_words(token.children))
                elif opener.type == "heading_open":
                    yield RawBlock(BlockKind.HEADING, _words(token.children), int(opener.tag[1]))
                else:
                    words, note = _split_attributes(_words(token.children), front)
                    kind = pair_kind(words) or (BlockKind.ITEM if in_item else BlockKind.PARAGRAPH)
                    yield RawBlock(kind, words, 0, None, note)


def _words(children: list | None) -> str:  # type: ignore[type-arg]  # markdown-it ships no usable token generics
    return "".join(_word(child.type, child.content) for child in children or [])


def _word(kind: str, content: str) -> str:
    """Give the words of one inline token; a line break and the number of a footnote do not run into the code before them."""
    if kind == "html_inline":
        return " " if _PARTING.match(content) else ""
    return "\n" if kind in {"softbreak", "hardbreak"} else content if kind in {"text", "code_inline"} else ""


def _split_attributes(words: str, front: FrontMatter) -> tuple[str, Note | None]:
    match = _ATTRIBUTES.search(words)
    text = words[: match.start()] if match else words
    return " ".join(text.split()), _note(match["body"], front) if match else None


def _note(body: str, front: FrontMatter) -> Note:
    values: dict[str, str] = {}
    anchor = ""
    for m in _PAIR.finditer(body):
        if m["id"]:
            anchor = m["id"]
        else:
            values[m["key"]] = m["quoted"] or m["single"] or m["bare"] or ""
    return Note(
        anchor=anchor,
        payer=values.get("payer", front.payer),
        valid_from=_day(values["valid_from"]) if "valid_from" in values else front.valid_from,
        valid_to=_day(values["valid_to"]) if "valid_to" in values else front.valid_to,
        basis=values.get("basis", front.basis),
        conflicts=tuple(values.get("conflicts", "").split()),
        questions=tuple(filter(None, (" ".join(canonical(question).split()) for question in front.questions.get(anchor, ())))),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CorpusError(f"{text!r} is not a date; write it as YYYY-MM-DD") from None
