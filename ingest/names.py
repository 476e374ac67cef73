"""Names of files that others gave."""

import unicodedata
from pathlib import PurePosixPath

_MAX_CHARS = 120
_MAX_ENDING = 10


def bare_name(told: str) -> str:
    """Give the name of a file as it may be kept and shown, "" where nothing is left of it.

    Without folders, without characters that control, steer or are none, on one line; of one that is longer than 120
    characters the beginning and the ending.
    """
    base = PurePosixPath(unicodedata.normalize("NFKC", told).replace("\\", "/")).name
    kept = "".join(c for c in " ".join(base.split()) if unicodedata.category(c)[0] != "C")
    name = " ".join(kept.split()).strip(". ")
    ending = PurePosixPath(name).suffix[:_MAX_ENDING]
    return name if len(name) <= _MAX_CHARS else name[: _MAX_CHARS - len(ending)] + ending
