"""Untrusted text is shown as text."""

import pytest

from tests.support import PAYLOADS
from ui.drawer import source_html
from ui.present import SourceView
from ui.safe_text import marked, safe_label, web_link


def source(**changes: str) -> SourceView:
    names = ("title", "publisher", "authority", "edition", "validity", "payer", "section", "page", "url", "remark", "document_id")
    fields = {**dict.fromkeys(names, ""), "before": "before ", "quote": "quote", "after": " after", **changes}
    return SourceView(key="source-1", number=1, **fields)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", "http:", "https://a\nb", "http://[x"]
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == ""
    assert "<a " not in source_html(source(url=url))


def test_a_web_address_is_linked_without_telling_where_from() -> None:
    html = source_html(source(url='https://a.example/?q="x"&r=1'))
    assert '<a href="https://a.example/?q=&quot;x&quot;&amp;r=1" target="_blank" rel="noopener noreferrer">' in html


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("field", ["title", "publisher", "edition", "payer", "section", "remark", "before", "quote", "after"])
def test_the_drawer_shows_attacks_as_text(field: str, payload: str) -> None:
    html = source_html(source(**{field: payload}))
    assert "<script" not in html
    assert "<img" not in html
    assert "<a " not in html


def test_the_quote_is_marked_and_nothing_else() -> None:
    assert (
        marked("a\n\nb ", "<q>\nr", " c") == 'a<span class="cc-gap"></span>b <mark><span class="cc-target"></span>&lt;q&gt;<br>r</mark> c'
    )


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Can 77370 be billed?", "Can 77370 be billed?"),
        ("![x](http://a.b/c)", "\\!\\[x\\]\\(http\u200b\\:\\/\\/a\\.b\\/c\\)"),
        ("www.a.b", "www\u200b\\.a\\.b"),
        ("a@b.c", "a\u200b\\@b\\.c"),
        ("two\nlines", "two lines"),
        ("\u202eright to left", " right to left"),
    ],
)
def test_a_label_escapes_markdown_and_breaks_links(text: str, label: str) -> None:
    assert safe_label(text) == label


def test_a_label_is_short() -> None:
    assert len(safe_label("a" * 1_000)) == 160
