"""The turns of one browser tab, kept in its session."""

from dataclasses import dataclass, replace
from datetime import date

import streamlit as st

from ui.present import AnswerView

SHOWN_TURNS = 50
_TURNS, AS_OF, PAYER = "turns", "as_of", "payer"
_CHOSEN = "as_of_chosen"


@dataclass(frozen=True, slots=True)
class Turn:
    """A message with what became of it; without views and problem it was stopped, unless it is still `pending`.

    `as_of` is the date of service that the coder chose, None where the message or else the day decides. There is one view
    for each question of the message.
    """

    question: str
    as_of: date | None
    payer: str | None
    pending: bool = True
    views: tuple[AnswerView, ...] = ()
    problem: str = ""


def turns() -> list[Turn]:
    """Give the turns so far, oldest first."""
    held: list[Turn] = st.session_state.setdefault(_TURNS, [])
    return held


def submit(question: str) -> None:
    """Put a question at the end, for the date and payer chosen in the sidebar."""
    if question.strip():
        as_of = st.session_state.get(AS_OF) if st.session_state.get(_CHOSEN) else None
        turns().append(Turn(question.strip(), as_of, st.session_state.get(PAYER) or None))


def choose_date() -> None:
    """Note that the coder changed the date of service, so that it holds against what a question says."""
    st.session_state[_CHOSEN] = st.session_state.get(AS_OF) is not None


def clear() -> None:
    """Begin a new conversation."""
    st.session_state[_TURNS] = []


def take_pending(held: list[Turn]) -> Turn | None:
    """Give the question to answer now, if there is one, and mark it taken: stopped half-way, it is not asked again."""
    if not held or not held[-1].pending:
        return None
    held[-1] = replace(held[-1], pending=False)
    return held[-1]
