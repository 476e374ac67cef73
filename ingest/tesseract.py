"""Recognise the words of scanned pages with Tesseract, where it is installed."""

import csv
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import groupby
from statistics import fmean
from time import monotonic

from ingest.extract.ocr import DOTS_PER_INCH, MAX_PICTURES, Picture
from ingest.sandbox import kill

PAGE_SECONDS = 20.0
FILE_SECONDS = 300.0
MEMORY_BYTES = 1_000_000_000
_MAX_CHARS = 200_000
_LEAST_SURE = 60.0
_PASSED_ON = ("PATH", "TESSDATA_PREFIX")


def find_tesseract() -> str:
    """Give the path of Tesseract, "" where it is not installed."""
    return shutil.which("tesseract") or ""


def recogniser(command: str) -> Callable[[], "Tesseract"] | None:
    """Give what makes a recogniser for each file, None where there is no command to run."""
    return (lambda: Tesseract(command)) if command else None


class Tesseract:
    """Recognises the pages of one file, so many and for so long; what goes beyond is as if it were empty."""

    def __init__(self, command: str, *, page_s: float = PAGE_SECONDS, file_s: float = FILE_SECONDS) -> None:
        self._command = command
        self._page_s = page_s
        self._end = monotonic() + file_s
        self._pictures = 0

    def __call__(self, picture: Picture) -> str:
        """Give the words of a picture, paragraphs parted by blank lines; "" where it fails, is late, or is mostly guessed."""
        self._pictures += 1
        timeout_s = min(self._page_s, self._end - monotonic())
        if self._pictures > MAX_PICTURES or timeout_s <= 0:
            return ""
        given = b"P5 %d %d 255\n" % (picture.width, picture.height) + picture.pixels  # no decoder is fed what a document holds
        return _words(_run([self._command, "stdin", "stdout", "--dpi", str(DOTS_PER_INCH), "tsv"], given, timeout_s))


def _run(command: list[str], given: bytes, timeout_s: float) -> str:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # with more than one thread it took 70 s for a page that takes it 4 s with one (two cores)
    environment |= {"LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError:
        return ""
    with child:
        _limit(child.pid)
        try:
            told, _ = child.communicate(given, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            kill(child)
            return ""
    return told.decode("utf-8", errors="replace")[:_MAX_CHARS] if child.returncode == 0 else ""


def _limit(pid: int) -> None:
    with suppress(ImportError, AttributeError, OSError):  # where the system has such limits, and the child still runs
        import resource

        resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


def _words(told: str) -> str:
    """Give the words of Tesseract's table, or "" where it is on average less than 60 % sure of them."""
    rows = [row for row in csv.DictReader(told.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE) if (row.get("text") or "").strip()]
    try:
        if not rows or fmean(float(row["conf"]) for row in rows) < _LEAST_SURE:
            return ""
    except (KeyError, ValueError):
        return ""
    paragraphs = [list(found) for _, found in groupby(rows, lambda row: (row["block_num"], row["par_num"]))]
    return "\n\n".join("\n".join(_line(line) for _, line in groupby(found, lambda row: row["line_num"])) for found in paragraphs)


def _line(rows: Iterable[dict[str, str]]) -> str:
    return " ".join(row["text"].strip() for row in rows)
