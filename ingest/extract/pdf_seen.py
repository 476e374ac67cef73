"""Tell whether a reader of a PDF page sees what a text object writes."""

import ctypes
from functools import cached_property
from typing import Any

from ingest.extract.pdf_objects import Box, Drawn, opaque_colour

_SMALLEST_PT = 2.0
_FAINTEST = 26
"""Opacity (of 255) below which words are not seen."""
_LIKE = 30
"""Difference of colours (of 255) up to which words are not told from what is behind them."""
_PAPER = (255, 255, 255)
_STROKED, _UNSEEN, _CLIPPING = 1, 3, 7
_COVERS = 0.5
_SPARE_CHARS = 4
_MOST_PER_EM = 8.0
"""Letters that a line as long as the font is high can hold; of usual fonts it holds two, of the narrowest four."""
_BOLD_WEIGHT = 600
_MAX_PIXELS = 1_500_000
_MAX_FILLS = 3_000


class Seen:
    """What is known of the text objects of one page. Addresses name them; a character of each is needed for its size."""

    def __init__(self, page: Any, text_page: Any, drawn: Drawn, shown: Box) -> None:
        import pypdfium2.raw as raw

        self._raw, self._page, self._text, self._drawn, self._shown = raw, page, text_page, drawn, shown
        self._kept: dict[int, bool] = {}
        self._layer: dict[int, bool] = {}
        self._sizes: dict[int, float] = {}
        self._bold: dict[int, bool] = {}
        self.image_share = min(1.0, sum(_share(box, shown) for _, box in drawn.images))

    def sees(self, item: int, index: int) -> bool:
        """Tell whether a reader sees what the object writes, of which the character at `index` is one.

        Words of text recognition, unseen over an image of the page, count as seen.
        """
        if item not in self._kept:
            self._kept[item] = self._is_seen(item, index)
        return self._kept[item]

    def has_room(self, item: int, index: int, text: str) -> bool:
        """Tell whether what the object draws can be these words; the words that a file tells to read in its place may be others."""
        _, (left, bottom, right, top) = self._drawn.texts.get(item, (0, self._shown))
        return len(text.strip()) <= _SPARE_CHARS + _MOST_PER_EM * max(right - left, top - bottom) / max(self.size(item, index), 0.1)

    def lies_over_image(self, item: int) -> bool:
        """Tell whether the object is written unseen over an image of the page."""
        return self._layer.get(item, False)

    def size(self, item: int, index: int) -> float:
        """Give the size of its letters in points, as they stand on the page."""
        if item not in self._sizes:
            matrix = self._raw.FS_MATRIX()
            self._raw.FPDFText_GetMatrix(self._text, index, ctypes.byref(matrix))
            scale = (matrix.c**2 + matrix.d**2) ** 0.5
            self._sizes[item] = round(self._raw.FPDFText_GetFontSize(self._text, index) * scale, 1)
        return self._sizes[item]

    def bold(self, item: int) -> bool:
        """Tell whether its letters are bold."""
        if item not in self._bold:
            font = self._raw.FPDFTextObj_GetFont(_item(self._raw, item))
            self._bold[item] = bool(font) and self._is_bold(font)
        return self._bold[item]

    def _is_bold(self, font: Any) -> bool:
        name = ctypes.create_string_buffer(200)
        self._raw.FPDFFont_GetBaseFontName(font, name, 200)
        return b"bold" in name.value.lower() or b"black" in name.value.lower() or self._raw.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT

    def _is_seen(self, item: int, index: int) -> bool:
        order, box = self._drawn.texts.get(item, (0, self._shown))
        if self.size(item, index) < _SMALLEST_PT or not _meets(box, self._shown) or item in self._drawn.clipped:
            return False
        mode = self._raw.FPDFTextObj_GetTextRenderMode(_item(self._raw, item))
        if mode in {_UNSEEN, _CLIPPING}:
            self._layer[item] = self.image_share >= _COVERS
            return self._layer[item]
        fills = self._drawn.fills[:_MAX_FILLS]
        if any(fill.order > order and _contains(fill.box, box) for fill in fills):
            return self._layer.setdefault(item, False)
        told = None if mode == _STROKED else opaque_colour(self._raw, _item(self._raw, item))
        return told is None or (told[1] >= _FAINTEST and self._stands_out(told[0], box, order))

    def _stands_out(self, colour: tuple[int, int, int], box: Box, order: int) -> bool:
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        point = (*middle, *middle)
        behind = [(fill.order, fill.colour) for fill in self._drawn.fills[:_MAX_FILLS] if fill.order < order and _contains(fill.box, point)]
        last, paint = max(behind, default=(-1, _PAPER))
        if any(last < placed < order and _contains(image, point) for placed, image in self._drawn.images):
            return max(colour) < 255 - _LIKE or self._differs(box)
        return max(abs(one - other) for one, other in zip(colour, paint, strict=True)) > _LIKE

    def _differs(self, box: Box) -> bool:
        """Tell whether the page as drawn has light and dark where the words stand."""
        left, bottom, right, top = self._shown
        across, down = (box[0] - left) / (right - left), (top - box[3]) / (top - bottom)
        width, height = (box[2] - box[0]) / (right - left), (box[3] - box[1]) / (top - bottom)
        pixels = self._pixels
        rows, columns = pixels.shape[:2]
        part = pixels[int(down * rows) : int((down + height) * rows) + 1, int(across * columns) : int((across + width) * columns) + 1]
        return bool(part.size) and int(part.max()) - int(part.min()) > _LIKE

    @cached_property
    def _pixels(self) -> Any:
        """The page in shades of grey, not turned."""
        width, height = self._page.get_size()
        turned = self._page.get_rotation()
        scale = min(2.0, (_MAX_PIXELS / max(1.0, width * height)) ** 0.5)
        bitmap = self._page.render(scale=scale, grayscale=True, rotation=(360 - turned) % 360)
        return bitmap.to_numpy().copy()


def _item(raw: Any, item: int) -> Any:
    return ctypes.cast(item, raw.FPDF_PAGEOBJECT)


def _share(box: Box, page: Box) -> float:
    wide = max(0.0, min(box[2], page[2]) - max(box[0], page[0]))
    high = max(0.0, min(box[3], page[3]) - max(box[1], page[1]))
    return wide * high / ((page[2] - page[0]) * (page[3] - page[1]))


def _meets(box: Box, page: Box) -> bool:
    return box[0] < page[2] and box[2] > page[0] and box[1] < page[3] and box[3] > page[1]


def _contains(outer: Box, inner: tuple[float, ...]) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]
