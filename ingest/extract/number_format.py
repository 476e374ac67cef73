"""Show a value as a spreadsheet program shows it under a number format (ECMA-376 part 1, 18.8.30 and 18.8.31)."""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

Value = str | float | int | bool | date | datetime | time | timedelta

GENERAL = "General"
UNSEEN = ";;;"
_PIECE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.', re.DOTALL)
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_DIGITS = "0#?"
_NUMERIC = "0#?.,%"
_PLAIN = " $€£¥()+-:~{}=<>'^&!"
_MAX_DIGITS = 15
_THOUSANDS = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")

_Token = tuple[bool, str]  # whether it takes part in the number, and its characters


def shown(value: Value, pattern: str = GENERAL) -> str:
    """Give the text of a cell: dates as ISO 8601, truth values in capitals, numbers under `pattern`, text as it is.

    A pattern that cannot be followed (fractions, powers of ten, mistakes) shows the number itself.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "" if pattern == UNSEEN else value
    if isinstance(value, int | float):
        return _number(value, pattern)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else f"{value.date().isoformat()} {_clock(value.time())}"
    return _clock(value) if isinstance(value, time) else value.isoformat()


def _clock(value: time) -> str:
    return value.isoformat("seconds" if value.second else "minutes")


def _number(value: float, pattern: str) -> str:
    if pattern == GENERAL or value != value or abs(value) >= 10**_MAX_DIGITS:
        return _general(value)
    if float(value).is_integer() and value >= 0 and not pattern.strip("0"):
        return str(int(value)).zfill(len(pattern))
    sections = _sections(pattern)
    own = (value < 0 and len(sections) > 1) or (value == 0 and len(sections) > 2)  # a section of its own tells the sign
    section = sections[(1 if value < 0 else 2) if own else 0]
    if section is None:
        return _general(value)
    text = _formatted(Decimal(repr(abs(value))), section)
    return f"-{text}" if value < 0 and not own and re.search("[1-9]", text) else text


def _general(value: float) -> str:
    """Give a number in full, without the decimals that only the file stores: 77336, not 77336.0."""
    if value == value and abs(value) < 10**_MAX_DIGITS and float(value).is_integer():
        return str(int(value))
    return f"{value:.{_MAX_DIGITS}g}"


@lru_cache(maxsize=512)
def _sections(pattern: str) -> tuple[tuple[_Token, ...] | None, ...]:
    """Give the sections of a pattern (positive; negative; zero; text), None for one that cannot be followed."""
    sections: list[list[str]] = [[]]
    for piece in _PIECE.findall(pattern):
        if piece == ";":
            sections.append([])
        else:
            sections[-1].append(piece)
    return tuple(_tokens(pieces) if pieces or len(sections) > 1 else None for pieces in sections)


def _tokens(pieces: list[str]) -> tuple[_Token, ...] | None:
    tokens: list[_Token] = []
    for piece in pieces:
        if currency := _CURRENCY.fullmatch(piece):
            tokens.append((False, currency[1]))
        elif len(piece) > 1:
            tokens += [(False, piece.strip('"') if piece[0] == '"' else piece[1:])] if piece[0] in '"\\' else []
        elif piece in _NUMERIC:
            tokens.append((True, piece))
        elif piece in _PLAIN:
            tokens.append((False, piece))
        else:
            return None
    return tuple(tokens)


def _formatted(number: Decimal, tokens: tuple[_Token, ...]) -> str:
    """Give a number, zero or above, under one section: digits fill the placeholders from the point outwards."""
    numeric = "".join(piece for counts, piece in tokens if counts)
    whole, _, decimals = numeric.partition(".")
    number *= Decimal(100) ** numeric.count("%")
    number /= Decimal(1000) ** (len(bare := numeric.replace("%", "")) - len(bare.rstrip(",")))
    places = sum(decimals.count(digit) for digit in _DIGITS)
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    digits, _, fraction = f"{rounded:f}".partition(".")
    grouped = "," in whole.rstrip(",%").lstrip(",%")
    return _left(tokens, digits.lstrip("0"), grouped) + _right(tokens, fraction)


def _point(tokens: tuple[_Token, ...]) -> int:
    return next((i for i, token in enumerate(tokens) if token == (True, ".")), len(tokens))


def _left(tokens: tuple[_Token, ...], digits: str, grouped: bool) -> str:
    before = tokens[: _point(tokens)]
    slots = [i for i, (counts, piece) in enumerate(before) if counts and piece in _DIGITS]
    wanted = next((len(slots) - n for n, i in enumerate(slots) if before[i][1] == "0"), 0)
    digits = digits.zfill(wanted)
    if grouped:
        filled = {slots[0]: _THOUSANDS.sub(",", digits)}
    else:
        filled = dict(zip(reversed(slots[1:]), reversed(digits), strict=False))
        filled |= {slot: digits[: max(0, len(digits) - len(slots) + 1)] for slot in slots[:1]}
    pieces = [filled.get(i, "") if counts and piece != "%" else piece for i, (counts, piece) in enumerate(before)]
    return "".join(pieces) + ("" if slots or len(before) == len(tokens) else digits)


def _right(tokens: tuple[_Token, ...], fraction: str) -> str:
    after = tokens[_point(tokens) :]
    places = "".join(piece for counts, piece in after if counts and piece in _DIGITS)
    optional = len(places) - len(places.rstrip("#"))
    kept = len(fraction) - min(optional, len(fraction) - len(fraction.rstrip("0")))
    digits, text = iter(fraction[:kept]), ""
    for counts, piece in after:
        text += next(digits, "") if counts and piece in _DIGITS else piece if not counts or piece in ".%" else ""
    return text.removesuffix(".")
