"""Make untrusted text safe to show. Titles, quotes, questions, file names and messages never reach Markdown as they are."""

import re
from html import escape
from urllib.parse import urlsplit

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=@/\"'])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")
_LINK_START = re.compile(r"(?i)\b(https?|ftp|www|mailto|xmpp)(?=[:.])|(?=@)")
_BLANK_LINES = re.compile(r"\n\s*\n")
_BREAK = "\u200b"


def safe_label(text: str, max_chars: int = 160) -> str:
    """Give text for a widget label: Markdown escaped, bare links broken, one line, at most `max_chars` characters of it."""
    line = _CONTROL.sub(" ", text)[:max_chars]
    return _MARKDOWN.sub(r"\\\1", _LINK_START.sub(lambda found: found.group() + _BREAK, line))


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


def marked(before: str, quote: str, after: str) -> str:
    """Give HTML of a passage with the quote highlighted."""
    return f'{_lines(before)}<mark><span class="cc-target"></span>{_lines(quote)}</mark>{_lines(after)}'


def _lines(text: str) -> str:
    """Give HTML in which a line ends where it does in the text and blank lines are a narrow gap."""
    return _BLANK_LINES.sub('<span class="cc-gap"></span>', escaped(text)).replace("\n", "<br>")
