"""Fix the characters of a text before any offset into it exists."""

import unicodedata

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_FULLWIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_SPACES = dict.fromkeys((160, 5760, *range(8192, 8203), 8239, 8287, 12288), " ")
_HYPHENS = dict.fromkeys((0x2010, 0x2011, 0x2212, 0xFE63), "-")
_BREAKS = {0x2028: "\n", 0x2029: "\n", 0x0085: "\n", 0x000B: "\n", 0x000C: "\n"}
_TABLE = _LIGATURES | _FULLWIDTH | _SPACES | _HYPHENS | _BREAKS
_DROPPED = {"Cf", "Cc", "Co", "Cn", "Cs"}


def canonical(text: str) -> str:
    """Give `text` with one spelling per character.

    Line ends become `\\n`; fullwidth forms, ligatures, odd spaces and hyphens become plain; zero-width, bidi, tag
    and control characters go. Applying it twice changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE)
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _DROPPED)
    return unicodedata.normalize("NFC", kept)
