"""Make untrusted text safe to show. Titles, quotes, questions, file names and messages never reach Markdown as they are."""

import json
import re
from html import escape
from typing import Any
from urllib.parse import urlsplit

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=@/\"'])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
_LINK_START = re.compile(r"(?i)\b(https?|ftp|www|mailto|xmpp)(?=[:.])|(?=@)")
_BLANK_LINES = re.compile(r"\n\s*\n")
_BREAK = "\u200b"


def safe_label(text: str, max_chars: int = 160) -> str:
    """Give text for a widget label: Markdown escaped, bare links broken, one line, at most `max_chars` characters of it."""
    line = _CONTROL.sub(" ", text)[:max_chars]
    return _MARKDOWN.sub(r"\\\1", _LINK_START.sub(lambda found: found.group() + _BREAK, line))


def printable(text: str) -> str:
    """Give text for a terminal: nothing in it moves the cursor, sets a colour or title, or turns the direction of reading."""
    return _STEERING.sub("", text)


def one_line(text: str) -> str:
    """Give text for one line of a terminal."""
    return " ".join(printable(text).split())


def printable_json(value: Any, indent: int | None = None) -> str:
    """Give a value as JSON in its own letters, but with escapes for what would steer a terminal or is no character."""
    return _STEERING.sub(lambda found: json.dumps(found[0])[1:-1], json.dumps(value, ensure_ascii=False, indent=indent))


def escaped(text: str) -> str:
    """Give text for HTML content or an attribute in double quotes."""
    return escape(text, quote=True)


def web_link(url: str) -> str:
    """Give the address when it may be a link, http or https with a host, else ""."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname and not _CONTROL.search(url) else ""


def link_html(address: str) -> str:
    """Give HTML of a link to an address that `web_link` gave; it opens apart and tells its target nothing."""
    return f'<a href="{escaped(address)}" target="_blank" rel="noopener noreferrer">{escaped(address)}</a>'


def marked(before: str, quote: str, after: str) -> str:
    """Give HTML of a passage with the quote highlighted."""
    return f'{lines(before)}<mark><span class="cc-target"></span>{lines(quote)}</mark>{lines(after)}'


def lines(text: str) -> str:
    """Give escaped HTML in which a line ends where it does in the text and blank lines are a narrow gap."""
    return _BLANK_LINES.sub('<span class="cc-gap"></span>', escaped(text)).replace("\n", "<br>")
