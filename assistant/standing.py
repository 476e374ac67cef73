"""What has become since of a source that an answer quoted."""

from dataclasses import dataclass
from enum import StrEnum

from ingest.library import ACTIVE, REPLACED, Library


class State(StrEnum):
    """How a quoted document stands in the library now."""

    IN_USE = "in_use"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a quoted document stands: `on` is the day of the change (YYYY-MM-DD), "" where none is known.

    `holds` tells of a changed one whether its new version has the quote, word for word.
    """

    state: State
    on: str = ""
    holds: bool = False


def standing(library: Library, document_id: str, quote: str) -> Standing:
    """Tell how the document that `quote` was taken from stands now."""
    entry = library.entry(document_id)
    if entry is None:
        return Standing(State.ERASED)
    if entry.status == ACTIVE:
        return Standing(State.IN_USE)
    newer = library.id_at(entry.document.path) if entry.status == REPLACED else ""
    if newer:
        return Standing(State.CHANGED, entry.changed_at[:10], library.holds(newer, quote))
    left = library.removed_at(entry.document.path) if entry.status == REPLACED else ""
    return Standing(State.WITHDRAWN, (left or entry.changed_at)[:10])
