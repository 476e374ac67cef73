"""Tell colours of office documents that no reader tells apart."""

import re

WHITE = "FFFFFF"
_DIGITS = re.compile(r"[0-9A-F]{6}")
_LIKE = 30


def alike(one: str, other: str) -> bool:
    """Tell whether two colours, each six hexadecimal digits in capitals, differ by at most 30 (of 255) in any part.

    What is no such colour is like none.
    """
    if not (_DIGITS.fullmatch(one) and _DIGITS.fullmatch(other)):
        return False
    return max(abs(a - b) for a, b in zip(bytes.fromhex(one), bytes.fromhex(other), strict=True)) <= _LIKE
