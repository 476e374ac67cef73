"""What one browser tab holds of the library page: the document that is open, and what was done last."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from corpus.errors import CodeciteError
from ui.words import FAULT

OPEN, TOLD, REPORTS = "library-open", "library-told", "library-reports"
_log = logging.getLogger("codecite.page")


@dataclass(frozen=True, slots=True)
class Told:
    """What was done last, or why it was not; `undo` is the id of the document that was removed by it."""

    words: str
    problem: bool = False
    undo: str = ""


def open_document(document_id: str) -> None:
    """Show one document in place of the list."""
    st.session_state[OPEN] = document_id


def close_document() -> None:
    """Show the list again."""
    st.session_state.pop(OPEN, None)


def tell(words: str, *, problem: bool = False, undo: str = "") -> None:
    """Have the page say what was done."""
    st.session_state[TOLD] = Told(words, problem, undo)


def told() -> Told | None:
    """Give what was done last, if anything."""
    found: Told | None = st.session_state.get(TOLD)
    return found


def attempt(change: Callable[[], object]) -> bool:
    """Do something and give True; what keeps it from being done is told to the reader, and False given."""
    try:
        change()
    except CodeciteError as error:
        tell(str(error), problem=True)
        return False
    except Exception as error:  # the page is the outer edge: no traceback may reach the browser
        _log.error("the library could not be changed: %s", type(error).__name__)
        _log.debug("its traceback", exc_info=error)
        tell(FAULT, problem=True)
        return False
    return True
