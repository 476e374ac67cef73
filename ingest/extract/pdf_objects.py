"""What a PDF page draws besides words: ruling lines, filled rectangles and images, in the order they are drawn."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points."""
Colour = tuple[int, int, int]

_MAX_OBJECTS = 20_000
_MAX_DEPTH = 8
_MAX_SEGMENTS = 6_000
_MAX_CLIP = 200
_THIN = 3.0
_SHORTEST = 3.0
_SLANT = 1.0
_WHITE = 240
_TEXT, _PATH, _IMAGE, _FORM = 1, 2, 3, 5
_LINE, _MOVE = 0, 2
_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Fill:
    """An opaque filled rectangle; `order` counts objects in the order they are drawn."""

    order: int
    box: Box
    colour: Colour


@dataclass(slots=True)
class Drawn:
    """What one page draws, in its own coordinates. `texts` gives for the address of a text object when it is drawn and where."""

    fills: list[Fill] = field(default_factory=list)
    images: list[tuple[int, Box]] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Upright and level lines: from x, from y, to x, to y."""
    texts: dict[int, tuple[int, Box]] = field(default_factory=dict)
    clipped: set[int] = field(default_factory=set)
    """Addresses of text objects that are drawn outside of what the page lets through."""


def drawn(page: Any) -> Drawn:
    """Give what a page of pypdfium2 draws, forms opened, up to 20,000 objects."""
    import pypdfium2.raw as raw

    found, segments = Drawn(), 0
    for order, (item, matrix) in enumerate(_objects(raw, page)):
        kind = raw.FPDFPageObj_GetType(item)
        if kind == _TEXT:
            found.texts[address(item)] = order, _placed(_bounds(raw, item), matrix)
            if _is_clipped_away(raw, item):
                found.clipped.add(address(item))
        elif kind == _IMAGE:
            found.images.append((order, _placed(_bounds(raw, item), matrix)))
        elif kind == _PATH and segments < _MAX_SEGMENTS:
            segments += raw.FPDFPath_CountSegments(item)
            _add_path(raw, found, order, item, matrix)
        if order >= _MAX_OBJECTS:
            break
    return found


def address(item: Any) -> int:
    """Give the address of an object of pdfium, by which it is known again."""
    return ctypes.cast(item, ctypes.c_void_p).value or 0


def opaque_colour(raw: Any, item: Any) -> tuple[Colour, int] | None:
    """Give fill colour and opacity (0 to 255) of an object, None where it is filled with a pattern."""
    values = [ctypes.c_uint() for _ in range(4)]
    if not raw.FPDFPageObj_GetFillColor(item, *map(ctypes.byref, values)):
        return None
    red, green, blue, alpha = (value.value for value in values)
    return (red, green, blue), alpha


def _objects(raw: Any, page: Any) -> Iterator[tuple[Any, _Matrix]]:
    for index in range(raw.FPDFPage_CountObjects(page)):
        yield from _opened(raw, raw.FPDFPage_GetObject(page, index), _IDENTITY, 0)


def _opened(raw: Any, item: Any, matrix: _Matrix, depth: int) -> Iterator[tuple[Any, _Matrix]]:
    if raw.FPDFPageObj_GetType(item) != _FORM:
        yield item, matrix
    elif depth < _MAX_DEPTH:
        inner = _times(_matrix(raw, item), matrix)
        for index in range(raw.FPDFFormObj_CountObjects(item)):
            yield from _opened(raw, raw.FPDFFormObj_GetObject(item, index), inner, depth + 1)


def _add_path(raw: Any, found: Drawn, order: int, item: Any, outer: _Matrix) -> None:
    mode, stroked = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(item, ctypes.byref(mode), ctypes.byref(stroked))
    box = _placed(_bounds(raw, item), outer)
    told = opaque_colour(raw, item) if mode.value else None
    lines = _segments(raw, item, _times(_matrix(raw, item), outer))
    level = [line for line in lines if line is not None]
    if stroked.value:
        found.rules += [line for line in level if _is_ruled(line)]
    if told is None or told[1] < 250 or len(level) != len(lines):
        return
    if not raw.FPDFPageObj_HasTransparency(item):
        found.fills.append(Fill(order, box, told[0]))
    if not stroked.value and min(told[0]) < _WHITE:
        found.rules += [line for line in _sides(box) if _is_ruled(line)]


def _sides(box: Box) -> list[tuple[float, float, float, float]]:
    left, bottom, right, top = box
    if right - left <= _THIN:
        return [((left + right) / 2, bottom, (left + right) / 2, top)]
    if top - bottom <= _THIN:
        return [(left, (bottom + top) / 2, right, (bottom + top) / 2)]
    return [(left, bottom, right, bottom), (left, top, right, top), (left, bottom, left, top), (right, bottom, right, top)]


def _is_ruled(line: tuple[float, float, float, float]) -> bool:
    return abs(line[2] - line[0]) + abs(line[3] - line[1]) >= _SHORTEST


def _segments(raw: Any, path: Any, matrix: _Matrix) -> list[tuple[float, float, float, float] | None]:
    """Give the lines of a path, None for one that is curved or slanted."""
    found: list[tuple[float, float, float, float] | None] = []
    points: list[tuple[float, float]] = []
    for index in range(min(raw.FPDFPath_CountSegments(path), _MAX_SEGMENTS)):
        segment = raw.FPDFPath_GetPathSegment(path, index)
        kind = raw.FPDFPathSegment_GetType(segment)
        x, y = ctypes.c_float(), ctypes.c_float()
        raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        point = _point(x.value, y.value, matrix)
        if kind == _MOVE:
            points = [point]
            continue
        points.append(point)
        found.append(_straight(*points[-2], *point) if kind == _LINE and len(points) > 1 else None)
        if raw.FPDFPathSegment_GetClose(segment):
            found.append(_straight(*point, *points[0]))
    return found


def _straight(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float] | None:
    if abs(x1 - x0) > _SLANT and abs(y1 - y0) > _SLANT:
        return None
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _is_clipped_away(raw: Any, item: Any) -> bool:
    """Tell an object that lies wholly outside one of the paths that it is clipped to."""
    clip = raw.FPDFPageObj_GetClipPath(item)
    count = raw.FPDFClipPath_CountPaths(clip) if clip else 0
    if count <= 0:
        return False
    box, x, y = _bounds(raw, item), ctypes.c_float(), ctypes.c_float()
    for path in range(min(count, _MAX_DEPTH)):
        points = []
        for index in range(min(raw.FPDFClipPath_CountPathSegments(clip, path), _MAX_CLIP)):
            raw.FPDFPathSegment_GetPoint(raw.FPDFClipPath_GetPathSegment(clip, path, index), ctypes.byref(x), ctypes.byref(y))
            points.append((x.value, y.value))
        if points and not _overlap(box, points):
            return True
    return False


def _overlap(box: Box, points: list[tuple[float, float]]) -> bool:
    across, up = [x for x, _ in points], [y for _, y in points]
    return box[0] < max(across) and box[2] > min(across) and box[1] < max(up) and box[3] > min(up)


def _bounds(raw: Any, item: Any) -> Box:
    values = [ctypes.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(item, *map(ctypes.byref, values))
    left, bottom, right, top = (value.value for value in values)
    return left, bottom, right, top


def _matrix(raw: Any, item: Any) -> _Matrix:
    found = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, ctypes.byref(found))
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(first: _Matrix, then: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    x, y = _point(e, f, then)
    return (
        a * then[0] + b * then[2],
        a * then[1] + b * then[3],
        c * then[0] + d * then[2],
        c * then[1] + d * then[3],
        x,
        y,
    )


def _point(x: float, y: float, matrix: _Matrix) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _placed(box: Box, matrix: _Matrix) -> Box:
    corners = [_point(x, y, matrix) for x in (box[0], box[2]) for y in (box[1], box[3])]
    return min(x for x, _ in corners), min(y for _, y in corners), max(x for x, _ in corners), max(y for _, y in corners)
