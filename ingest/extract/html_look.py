"""Tell from a page's own styles which of its nodes no visitor sees: taken away, moved off, too small, or in the colour of their ground."""

import re
from collections.abc import Iterator, Mapping
from colorsys import hls_to_rgb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

Colour = tuple[float, float, float]
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden"
    r"|opacity\s*[:(]\s*0(?:\.0\d*)?%?(?![.\d])|clip\s*:\s*rect\(\s*(?:0|1px)|clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)"
    r"|font(?:-size)?\s*:\s*(?:0|1(?:\.0+)?px|0?\.\d+(?:px|pt|em|rem))(?![.\d])"
    r"|(?:left|right|top|bottom|text-indent|margin-left|margin-top)\s*:\s*-\d{3,}"
    r"|transform\s*:[^;]*(?:scale[xy]?\(\s*0?(?:\.0\d*)?\s*[,)]|translate[xy]?\(\s*(?:[\d.]+\w*\s*,\s*)?-\d{3,})",
    re.IGNORECASE,
)
_NO_ROOM = re.compile(r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*[01]?(?:\.\d+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)", re.IGNORECASE)
_CUT_OFF = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
_COLOUR = re.compile(r"(?<![\w-])color\s*:\s*([^;!]+)", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color|-image)?\s*:\s*([^;!]+)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONDITIONAL = re.compile(r"@(?!media\s+(?:screen|all)\s*\{)[\w-]+[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.IGNORECASE)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^)]*)\)")
_WHITES = "white snow ivory ghostwhite floralwhite mintcream azure aliceblue seashell whitesmoke".split()
_NAMES: Mapping[str, Colour] = {**dict.fromkeys(_WHITES, (1.0, 1.0, 1.0)), "black": (0.0, 0.0, 0.0)}
_PAPER: Colour = (1.0, 1.0, 1.0)
_FAINTEST = 0.1
_LIKE = 0.12
_MAX_RULES = 2_000


def unseen(tree: "LexborHTMLParser") -> "Iterator[LexborNode]":
    """Give the nodes that the styles of the page, or their own, keep from its visitors' eyes.

    Rules of the page's own style sheets count where they hold for every screen; what is loaded from elsewhere is not known.
    """
    styles: dict[int, tuple[LexborNode, str]] = {}
    for node, style in _styled(tree):
        styles[node.mem_id] = (node, f"{styles[node.mem_id][1]};{style}" if node.mem_id in styles else style)
    for node, style in styles.values():
        if hides(style) or _is_like_ground(node, style, styles):
            yield node


def hides(style: str) -> bool:
    """Tell a style that takes words away, moves them off the page or makes them too small to read."""
    return bool(_UNSEEN.search(style) or (_CUT_OFF.search(style) and _NO_ROOM.search(style)))


def _styled(tree: "LexborHTMLParser") -> "Iterator[tuple[LexborNode, str]]":
    sheets = _COMMENT.sub("", " ".join(node.text() for node in tree.css("style")))
    rules = _RULE.findall(_CONDITIONAL.sub("", sheets))
    for selectors, style in rules[:_MAX_RULES]:
        if hides(style) or _COLOUR.search(style) or _GROUND.search(style):
            for selector in selectors.split(","):
                yield from ((node, style) for node in _chosen(tree, selector.strip()))
    for node in tree.css("[bgcolor]"):
        yield node, f"background-color:{node.attributes.get('bgcolor')}"
    for node in tree.css("font[color]"):
        yield node, f"color:{node.attributes.get('color')}"
    for node in tree.css("[style]"):
        yield node, node.attributes.get("style") or ""


def _chosen(tree: "LexborHTMLParser", selector: str) -> "list[LexborNode]":
    if not selector or ":" in selector or selector.startswith("@"):
        return []
    from selectolax.lexbor import SelectolaxError

    try:
        return list(tree.css(selector))
    except (SelectolaxError, ValueError):  # a selector that the parser does not know
        return []


def _is_like_ground(node: "LexborNode", style: str, styles: "Mapping[int, tuple[LexborNode, str]]") -> bool:
    told = _COLOUR.findall(style)
    colour = _read(told[-1]) if told else None
    if colour is None:
        return False
    if colour[1] < _FAINTEST:
        return True
    ground = _ground(node, styles)
    return ground is not None and max(abs(one - other) for one, other in zip(colour[0], ground, strict=True)) <= _LIKE


def _ground(node: "LexborNode", styles: "Mapping[int, tuple[LexborNode, str]]") -> Colour | None:
    """Give the colour behind a node, that of paper where the page tells none; None where it is an image or not known."""
    above: LexborNode | None = node
    while above is not None:
        told = _GROUND.findall(styles[above.mem_id][1]) if above.mem_id in styles else []
        for words in reversed(told):
            colour = _read(words)
            if colour is None and words.strip().lower() not in {"none", "inherit", "initial", "unset"}:
                return None
            if colour is not None and colour[1] >= _FAINTEST:
                return colour[0]
        above = above.parent
    return _PAPER


def _read(told: str) -> tuple[Colour, float] | None:
    """Give a colour with parts from 0 to 1 and how dense it is, None where it is not known."""
    words = told.strip().lower()
    if words == "transparent":
        return _PAPER, 0.0
    if words in _NAMES:
        return _NAMES[words], 1.0
    if found := _HEX.fullmatch(words):
        digits = found[1] if len(found[1]) > 4 else "".join(2 * digit for digit in found[1])
        red, green, blue, dense = (int(part, 16) / 255 for part in re.findall("..", f"{digits}ff"[:8]))
        return (red, green, blue), dense
    return _read_function(*found.groups()) if (found := _FUNCTION.fullmatch(words)) else None


def _read_function(name: str, inner: str) -> tuple[Colour, float] | None:
    parts = re.findall(r"(-?[\d.]+)(%?)", inner)
    try:
        numbers = [float(number) / (100 if percent else 1) for number, percent in parts]
    except ValueError:
        return None
    if len(numbers) not in (3, 4):
        return None
    dense = numbers[3] if len(numbers) == 4 else 1.0
    if name == "hsl":
        return hls_to_rgb(numbers[0] / 360, numbers[2], numbers[1]), dense
    red, green, blue = (number if percent else number / 255 for number, (_, percent) in zip(numbers[:3], parts, strict=False))
    return (red, green, blue), dense
