"""Read HTML: what a visitor sees as the page's content, without navigation, scripts and hidden nodes."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.canonical import canonical
from ingest.codes import find_codes
from ingest.documents import BlockKind, Reading
from ingest.extract.blocks import Extracted, RawBlock
from ingest.extract.html_look import hides, unseen
from ingest.extract.plain import plain_blocks
from ingest.extract.second_reader import second_opinion

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNREAD = "script, style, noscript, noframes, template, svg"
_DROPPED = (
    "canvas, iframe, object, video, audio, datalist, nav, header nav, footer, aside, form, button, select, dialog, "
    "[hidden], [aria-hidden=true], [role=navigation], [role=banner], [role=contentinfo], [role=search], [role=dialog], [role=alertdialog]"
)
_DROPPED_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookie|breadcrumb|navbar|sidebar|newsletter|subscribe|paywall|login"
    r"|(?:consent|social|share|sharing)(?:$|\s|[_-]?(?:banner|bar|box|buttons?|icons?|links?|manager|media|menu|modal|overlay|popup|tools?|widget)))",
    re.I,
)
_CONTENT = "main, [role=main], article, h1"
_MIN_PARAGRAPHS = 3
_BLOCKS = {"p", "div", "section", "article", "main", "body", "ul", "ol", "dl", "blockquote", "pre", "details", "figure", "header", "address", "table", "tbody", "tr", "td", "th", "center", "form"}  # fmt: skip
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "summary": 4, "dt": 5, "legend": 5, "caption": 5}
_ITEMS = {"li", "dd"}
_BREAK = "br"


def read_html(text: str, *, is_page: bool = False) -> Extracted:
    """Give the blocks of an HTML page, from its `main` or `article` where it has one.

    Of a file that `is_page`, not a message or a piece of Markdown, a second reader is asked what its content is.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    hidden = _drop_hidden(tree)
    title, publisher = _title(tree), _meta(tree, "og:site_name") or _meta(tree, "author")
    for node in tree.css(_UNREAD):
        node.decompose()
    seen = (tree.html or "") if is_page else ""
    _drop(tree)
    root = tree.css_first("main") or tree.css_first("[role=main]") or _only_article(tree) or tree.body
    blocks = tuple(_walk(root)) if root is not None else ()
    opinion = second_opinion(seen, blocks) if is_page else ""
    return Extracted("text/html", blocks, title, publisher, reading=Reading(hidden_chars=hidden, notes=(opinion,) if opinion else ()))


def _title(tree: "LexborHTMLParser") -> str:
    """Give the first heading with words, rather of the content than of what is around it, else the name of the page."""
    nodes = [node for found in ("main h1, [role=main] h1, article h1", "h1", "title") for node in tree.css(found)]
    return next((words for node in nodes if (words := _squash(node.text()))), "")


def _meta(tree: "LexborHTMLParser", name: str) -> str:
    node = tree.css_first(f'meta[property="{name}"], meta[name="{name}"]')
    return ((node.attributes.get("content") or "") if node is not None else "").strip()


def _only_article(tree: "LexborHTMLParser") -> "LexborNode | None":
    articles = tree.css("article")
    return articles[0] if len(articles) == 1 else None


def _drop_hidden(tree: "LexborHTMLParser") -> int:
    """Take out what the page's own styles keep from its visitors' eyes; give how many characters that was.

    What holds the content of the page is taken out only where it says itself that it is hidden: style sheets hide pages
    that a script shows once it has run.
    """
    by_sheet = [node for node in unseen(tree) if node.css_first(_CONTENT) is None or hides(node.attributes.get("style") or "")]
    nodes = [*by_sheet, *tree.css("[hidden], [aria-hidden=true]")]
    hidden = {node.mem_id: node for node in nodes if node.tag not in {"html", "body", "main"}}
    whole = [node for node in hidden.values() if not any(above.mem_id in hidden for above in _above(node))]
    count = sum(len(_squash(node.text())) for node in whole)
    for node in whole:
        node.decompose()
    return count


def _above(node: "LexborNode") -> Iterator["LexborNode"]:
    while node.parent is not None:
        node = node.parent
        yield node


def _drop(tree: "LexborHTMLParser") -> None:
    for node in tree.css(_DROPPED):
        if not _carries_content(node):
            node.decompose()
    for node in tree.css("[class], [id]"):
        names = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
        if node.tag not in {"html", "body", "main"} and _DROPPED_NAMES.search(names) and node.css_first(_CONTENT) is None:
            node.decompose()


def _carries_content(node: "LexborNode") -> bool:
    """Tell a form that a site wraps around its whole page, and a button that is the words of a heading."""
    if node.tag == "form":
        return node.css_first(_CONTENT) is not None or len(node.css("p")) >= _MIN_PARAGRAPHS
    return node.tag == "button" and node.parent is not None and node.parent.tag in _HEADINGS


def _walk(node: "LexborNode") -> Iterator[RawBlock]:
    """Give the blocks below `node`; words between two block elements make a block of their own."""
    inline: list[str] = []
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if tag in _BLOCKS or tag in _HEADINGS or tag in _ITEMS:
            yield from _prose("".join(inline))
            inline.clear()
            yield from _block(child, tag)
        elif tag == _BREAK:
            inline.append("\n")
        elif tag == "-text":
            inline.append(" ".join(child.text(deep=False).split("\n")))
        elif tag == "-comment":
            continue
        elif any((inner.tag or "") in _BLOCKS | _ITEMS for inner in child.traverse()):
            yield from _walk(child)
        else:
            inline.append(_inline(child))
    yield from _prose("".join(inline))


def _block(node: "LexborNode", tag: str) -> Iterator[RawBlock]:
    if tag == "table" and not _is_layout(node):
        yield from _table(node)
    elif tag in _HEADINGS:
        yield RawBlock(BlockKind.HEADING, _squash(node.text(separator=" ")), _HEADINGS[tag])
    elif tag in _ITEMS and not any((inner.tag or "") in _BLOCKS | _ITEMS for inner in _below(node)):
        yield RawBlock(BlockKind.ITEM, _squash(_inline(node)))
    elif tag == "pre":
        yield from plain_blocks(node.text())
    else:
        yield from _walk(node)


def _is_layout(table: "LexborNode") -> bool:
    """Tell a table that only places things on the page: it holds tables, or one cell a row."""
    return table.css_first("td table") is not None or all(len(row.css("th, td")) < 2 for row in table.css("tr"))


def _table(node: "LexborNode") -> Iterator[RawBlock]:
    if (caption := node.css_first("caption")) is not None:
        yield RawBlock(BlockKind.PARAGRAPH, _squash(caption.text(separator=" ")))
    above = True
    for index, row in enumerate(node.css("tr")):
        cells = [_squash(cell.text(separator=" ")) for cell in row.css("th, td")]
        header = above and (not row.css("td") or (index == 0 and not find_codes(canonical(cells[0]))))
        above = header or not any(cells)
        kind = BlockKind.TABLE_ROW if not header else BlockKind.TABLE_HEADER if len(cells) > 1 else BlockKind.PARAGRAPH
        if any(cells):
            yield RawBlock(kind, " | ".join(cells))


def _below(node: "LexborNode") -> Iterator["LexborNode"]:
    for child in node.iter():
        yield child
        yield from _below(child)


def _inline(node: "LexborNode") -> str:
    return "".join(_words(part) for part in node.traverse(include_text=True))


def _words(part: "LexborNode") -> str:
    """Give the words of one node without those below it; the number of a footnote is parted from the code it stands at."""
    if part.tag == "sup":
        return " " if part.text().strip()[:1].isdigit() else ""
    return "\n" if part.tag == _BREAK else part.text(deep=False).replace("\n", " ") if part.tag == "-text" else ""


def _prose(words: str) -> Iterator[RawBlock]:
    text = "\n".join(_squash(line) for line in words.split("\n"))
    if text.strip():
        for block in plain_blocks(text):
            yield block if block.kind is not BlockKind.HEADING else RawBlock(BlockKind.PARAGRAPH, block.text)


def _squash(words: str) -> str:
    return " ".join(words.split())
