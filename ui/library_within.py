"""Ask within one document: the button on its page, and the chip on the Ask tab that can be changed or taken away."""

from collections.abc import Mapping

import streamlit as st

from ui.conversation import WITHIN
from ui.safe_text import safe_label

_TAB, _ASK = "tab", "Ask"
_SHOWN_CHARS = 36


def draw_ask(document_id: str) -> None:
    """Draw the button that has the next questions put to one document only."""
    st.button("Ask within this document", key="library-ask", icon=":material/forum:", on_click=_ask_within, args=(document_id,))


def draw_within(titles: Mapping[str, str]) -> None:
    """Draw which document the next question is put to, if to one; `titles` has those in use by their ids."""
    document_id = st.session_state.get(WITHIN)
    if not document_id:
        return
    title = titles.get(document_id, "a document that is no longer in use")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="within"):
        st.button(
            safe_label(f"Asked within: {title if len(title) <= _SHOWN_CHARS else title[: _SHOWN_CHARS - 1].rstrip() + '…'}"),
            key="within-chip",
            icon=":material/close:",
            icon_position="right",
            help="Ask the whole library again",
            on_click=_ask_whole,
        )
        with st.popover("Change", icon=":material/edit:"):
            held, key = tuple(titles), f"within-{document_id}"
            place = held.index(document_id) if document_id in titles else None
            st.selectbox("Document to ask", held, place, key=key, format_func=titles.__getitem__, on_change=_choose, args=(key,))


def _ask_within(document_id: str) -> None:
    st.session_state[WITHIN] = document_id
    st.session_state[_TAB] = _ASK


def _choose(key: str) -> None:
    st.session_state[WITHIN] = st.session_state.get(key) or st.session_state[WITHIN]


def _ask_whole() -> None:
    st.session_state.pop(WITHIN, None)
