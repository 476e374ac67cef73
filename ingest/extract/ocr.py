"""Recognise the words of scanned pages with Tesseract, where it is installed."""

import io
import shutil
import subprocess
from typing import Any

_DOTS_PER_INCH = 200
_MAX_PIXELS = 12_000_000


def can_recognise() -> bool:
    """Tell whether Tesseract is installed."""
    return shutil.which("tesseract") is not None


def recognise(page: Any, *, timeout_s: float) -> str:
    """Give the words that Tesseract finds on a page of pypdfium2, "" where it fails or takes longer than `timeout_s`."""
    command = shutil.which("tesseract")
    if command is None or timeout_s <= 0:
        return ""
    try:
        told = subprocess.run([command, "stdin", "stdout"], input=_picture(page), capture_output=True, timeout=timeout_s, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.decode("utf-8", errors="replace").replace("\f", "\n")


def _picture(page: Any) -> bytes:
    width, height = page.get_size()
    scale = min(_DOTS_PER_INCH / 72, (_MAX_PIXELS / max(1.0, width * height)) ** 0.5)
    out = io.BytesIO()
    page.render(scale=scale, grayscale=True).to_pil().save(out, "PNG")
    return out.getvalue()
