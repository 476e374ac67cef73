"""The tab that finds the codes which fit a described service."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import streamlit as st

from assistant.identifiers import mask
from assistant.service import Assistant
from assistant.wiring import open_finder
from corpus.errors import CodeciteError
from ui.citations import draw_answer
from ui.conversation import AS_OF, PAYER
from ui.drawer import open_drawer
from ui.find_view import FindingsView, present_findings
from ui.safe_text import escaped
from ui.words import FAULT

EXAMPLE = "three fields, custom blocks, breast, tangents, weekly physics check"
_CASE, _FOUND = "case", "found"
_MAX_CHARS = 4_000
_log = logging.getLogger("codecite.page")


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a description: what fits, or the problem in words."""

    view: FindingsView | None = None
    problem: str = ""


def draw_finding(assistant: Assistant, message: Callable[[str], str]) -> None:
    """Draw the tab; `message` gives the HTML of a problem told in words."""
    st.title("Find codes for a service", anchor=False)
    st.html('<p class="cc-intro">Describe what was done. The codes that fit are ranked, each with its quotes for and against.</p>')
    with st.form("find-codes", border=False):
        description = st.text_area("What was done", key=_CASE, max_chars=_MAX_CHARS, height=110, help=f"For example: {EXAMPLE}")
        if st.form_submit_button("Find codes", on_click=_mask_case):
            st.session_state[_FOUND] = _find(assistant, description or "")
    found: Found | None = st.session_state.get(_FOUND)
    st.html(f'<p class="cc-summary" role="status">{escaped(found.view.summary) if found and found.view else "&nbsp;"}</p>')
    if found and found.view:
        _draw_cards(found.view)
    elif found:
        st.html(message(found.problem))


def _mask_case() -> None:
    st.session_state[_CASE] = mask(st.session_state[_CASE] or "").text


def _find(assistant: Assistant, description: str) -> Found:
    as_of, payer = st.session_state.get(AS_OF) or date.today(), st.session_state.get(PAYER) or None
    try:
        return Found(present_findings(open_finder(assistant).find(description, as_of=as_of, payer=payer), assistant.library.text))
    except CodeciteError as error:
        return Found(problem=str(error))
    except Exception as error:  # the page is the outer edge: no traceback may reach the browser
        _log.error("a description could not be searched: %s", type(error).__name__)
        _log.debug("its traceback", exc_info=error)
        return Found(problem=FAULT)


def _draw_cards(view: FindingsView) -> None:
    st.html("".join(f'<p class="cc-asked">{escaped(line)}</p>' for line in (view.asked, *view.notices)))
    for n, card in enumerate(view.cards):
        with st.container(border=True, key=f"fit-{n}"):
            if opened := draw_answer(card, key=f"fit-card-{n}", newest=False):
                open_drawer(opened)
