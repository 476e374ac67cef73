"""Find the digests that ship with Codecite."""

from importlib.resources import files
from pathlib import Path

AUTHORITIES: tuple[str, ...] = (
    "regulation",
    "Medicare manual",
    "Medicare contractor",
    "code set",
    "specialty society",
    "payer",
    "coding association",
    "vendor or publisher",
    "forum",
)
"""Authority classes, strongest first."""


def digest_root() -> Path:
    """Return the folder that holds one folder of digests per publisher."""
    return Path(str(files("corpus"))) / "digests"


def digest_paths() -> tuple[Path, ...]:
    """Return every shipped digest in a stable order."""
    return tuple(sorted(digest_root().glob("*/*.md")))
