"""Draw a scanned page for the recognition of its words, which is done outside the child that reads files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_PICTURES = 100
"""Of one file; further scanned pages stay scanned."""
MAX_PIXELS = 12_000_000
DOTS_PER_INCH = 300
PLACE = "read by OCR"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it is seen: `pixels` holds one byte each, black to white, row by row from the top.

    Raises:
        ValueError: the sizes do not fit, or are over `MAX_PIXELS`.
    """

    width: int
    height: int
    pixels: bytes

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 1 or self.width * self.height != len(self.pixels) or len(self.pixels) > MAX_PIXELS:
            raise ValueError("not a picture of a page")


Recognise = Callable[[Picture], str]
"""Gives the words on a picture, "" where there are none that can be relied on."""


def picture_of(page: Any) -> Picture:
    """Draw a page of pypdfium2 in greys, at 300 dots per inch or what `MAX_PIXELS` allows."""
    width, height = page.get_size()
    scale = min(DOTS_PER_INCH / 72, (0.99 * MAX_PIXELS / max(1.0, width * height)) ** 0.5)  # sides are rounded up
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        return Picture(bitmap.width, bitmap.height, np.ascontiguousarray(bitmap.to_numpy()).tobytes())
    finally:
        bitmap.close()
