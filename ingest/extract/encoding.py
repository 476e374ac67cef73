"""Turn the bytes of a text file into text, and say how sure the encoding is."""

import re
from pathlib import Path

from corpus.errors import Refusal, UnsupportedFormat

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROLS = re.compile("[\x80-\x9f]")
_SAMPLE = 100_000
_ENOUGH = 2_000
_GUESSED = "cp1252"


def decode(content: bytes, path: Path) -> tuple[str, str]:
    """Give the text and its encoding, "" where nothing had to be guessed: it has a mark, or is UTF-8.

    Else it is taken for Windows-1252; only a longer text that does not fit that is put to a detector.

    Raises:
        UnsupportedFormat: the bytes are not text.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace"), ""
    if wide := _without_mark(content):
        return content.decode(wide, errors="replace"), wide
    if _BINARY.search(content[:_SAMPLE]):
        raise UnsupportedFormat(
            f"{path}: a binary file of a kind that Codecite does not read; save it as PDF, DOCX or text", Refusal.UNKNOWN_TYPE
        )
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        return _guessed(content)


def _without_mark(content: bytes) -> str:
    """Give UTF-16 where every other byte of the beginning is zero, as it is of Western text, else ""."""
    sample = content[:400]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = sample[first::2], sample[1 - first :: 2]
        if len(sample) >= 4 and zeros.count(0) > 0.9 * len(zeros) and not others.count(0):
            return encoding
    return ""


def _guessed(content: bytes) -> tuple[str, str]:
    try:
        text = content.decode(_GUESSED)
        if not _CONTROLS.search(text) or len(content) < _ENOUGH:
            return text, _GUESSED
    except UnicodeDecodeError:
        pass
    if len(content) >= _ENOUGH:
        from charset_normalizer import from_bytes

        if best := from_bytes(content[:_SAMPLE]).best():
            return content.decode(best.encoding, errors="replace"), best.encoding
    return content.decode(_GUESSED, errors="replace"), _GUESSED
