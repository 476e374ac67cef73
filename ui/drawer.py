"""The drawer that shows one source: the quote in its context, who published it, and how long it holds."""

import streamlit as st

from ui.present import SourceView
from ui.safe_text import escaped, link_html, marked, web_link
from ui.words import direction, phrases

_WIDTH_PX = 600


def open_drawer(source: SourceView) -> None:
    """Open the drawer on the right with this source."""
    key = "source" if source.key.startswith("source") else "nearest_one"
    st.dialog(phrases(source.language)["answer"][key].format(number=source.number), width=_WIDTH_PX, position="right")(_draw)(source)


def _draw(source: SourceView) -> None:
    st.html(source_html(source))


def source_html(source: SourceView) -> str:
    """Give the drawer's content; everything that comes from a document is escaped."""
    words, told = phrases(source.language)["drawer"], f'lang="{source.language}" dir="{direction(source.language)}"'
    remark = f'<p class="cc-remark" {told}>{escaped(source.remark)}</p>' if source.remark else ""
    if source.standing:
        remark = f'<p class="cc-standing" {told}>{escaped(source.standing)}</p>{remark}'
    passage = marked(source.before, source.quote, source.after)
    return (
        f'<div class="cc-source" dir="auto"><h3 class="cc-title">{escaped(source.title)}</h3>{remark}'
        f'<div class="cc-passage" dir="auto" tabindex="0" role="region" aria-label="{escaped(words["context"])}">{passage}</div>'
        f'<dl class="cc-facts" {told}>{"".join(_fact(words[name], value) for name, value in _facts(source))}</dl></div>'
    )


def _facts(source: SourceView) -> list[tuple[str, str]]:
    rows = [
        ("publisher", source.publisher),
        ("authority", source.authority),
        ("edition", source.edition),
        ("validity", source.validity),
        ("payer", source.payer),
        ("section", source.section),
        ("page", "".join(filter(str.isdigit, source.page))),
        ("place", source.place),
    ]
    return [(name, escaped(value)) for name, value in rows if value] + ([("link", _link(source.url))] if source.url else [])


def _link(url: str) -> str:
    address = web_link(url)
    return link_html(address) if address else escaped(url)


def _fact(name: str, value: str) -> str:
    return f'<dt>{name}</dt><dd dir="auto">{value}</dd>'
