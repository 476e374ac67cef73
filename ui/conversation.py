"""The turns of one browser tab, kept in its session and, for when it is loaded again, in the server's memory."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import streamlit as st

from assistant.answer import Carried, Kind
from assistant.context import Context, edited, only, without
from assistant.conversation import Resolved
from assistant.identifiers import mask
from ui.kept import Kept
from ui.present import AnswerView

SHOWN_TURNS = 50
_TURNS, AS_OF, PAYER = "turns", "as_of", "payer"
_CHOSEN = "as_of_chosen"
CLEAN = "next_is_clean"
WITHIN = "asked_within"
"""Where the id of the one document to ask is held."""
IDENTITY, _TAB = "c", "tab_id"
"""Under what the conversation's id stands in the address and in the session."""
_CIRCUMSTANCES = (Kind.PAYER, Kind.DATE, Kind.SETTING)


@dataclass(frozen=True, slots=True)
class Turn:
    """A message with what became of it; without views and problem it was stopped, unless it is still `pending`.

    `as_of` is the date of service that the coder chose, None where the message or else the day decides. There is one view
    for each question of the message. `before` is what the conversation was about, `after` what it is about since; by the chips
    the coder took `removed` away from what was carried over, or added `added` to a question that started clean. `within` is
    the id of the one document that is asked, "" for all of them.
    """

    question: str
    as_of: date | None
    payer: str | None
    pending: bool = True
    views: tuple[AnswerView, ...] = ()
    problem: str = ""
    before: Context | None = None
    removed: tuple[Carried, ...] = ()
    added: tuple[Carried, ...] = ()
    resolved: Resolved | None = None
    offered: tuple[Carried, ...] = ()
    after: Context | None = None
    within: str = ""

    @property
    def context(self) -> Context | None:
        """What the next question may take over."""
        return self.after or self.before

    @property
    def used(self) -> Context | None:
        """What this question takes over from, as the chips have it."""
        if self.before is None or self.added:
            return only(self.before, self.added) if self.before else None
        context = self.before
        for part in self.removed:
            context = without(context, part)
        return context

    @property
    def offers(self) -> tuple[Carried, ...]:
        """What can be carried over with one click: what was not, or was taken away."""
        return tuple(part for part in (*self.offered, *self.removed) if part not in self.added)


def turns() -> list[Turn]:
    """Give the turns so far, oldest first."""
    held: list[Turn] = st.session_state.setdefault(_TURNS, [])
    return held


def restore(payers: Sequence[str]) -> None:
    """Take up the conversation that the address names, in a tab that has none, with date, payer and document of its last question."""
    if _TURNS in st.session_state:
        return
    identity = str(st.query_params.get(IDENTITY, ""))
    held = turns()
    held += _kept().open(identity, _tab())
    if not held:
        st.query_params.pop(IDENTITY, None)
        return
    last = held[-1]
    st.session_state[IDENTITY] = identity
    st.session_state[WITHIN] = last.within
    if last.payer in payers:
        st.session_state[PAYER] = last.payer
    if last.as_of:
        st.session_state[AS_OF], st.session_state[_CHOSEN] = last.as_of, True


def keeper() -> Callable[[], object]:
    """Give what keeps the turns as they are when it is called, also at the end of a run that was stopped and cannot read the session."""
    store, identity, tab, held = _kept(), st.session_state.get(IDENTITY, ""), _tab(), turns()
    return lambda: store.write(identity, held, tab)


def submit(question: str) -> None:
    """Put a question, identifiers of patients masked, at the end, for the date and payer chosen in the sidebar."""
    if question.strip():
        as_of = st.session_state.get(AS_OF) if st.session_state.get(_CHOSEN) else None
        before = None if st.session_state.pop(CLEAN, False) or not turns() else turns()[-1].context
        payer, within = st.session_state.get(PAYER) or None, st.session_state.get(WITHIN, "")
        turns().append(Turn(mask(question.strip()).text, as_of, payer, before=before, within=within))
        _keep()


def submit_suggested(question: str) -> None:
    """Put a suggested question at the end: it names its codes itself, payer, date and setting stay."""
    submit(question)
    if context := turns()[-1].before:
        stays = tuple(part for part in context.parts() if part.kind in _CIRCUMSTANCES)
        turns()[-1] = replace(turns()[-1], added=stays)
        _keep()


def begin_clean() -> None:
    """Let the next question take nothing over."""
    st.session_state[CLEAN] = True


def ask_without(part: Carried) -> None:
    """Ask the last question again without a part that it took over."""
    last = turns()[-1]
    if part in last.added:
        _ask_again(replace(last, added=tuple(p for p in last.added if p != part)))
    else:
        _ask_again(replace(last, removed=(*last.removed, part)))


def ask_with(part: Carried) -> None:
    """Ask the last question again with a part of the conversation that it did not take over."""
    last = turns()[-1]
    if part in last.removed:
        _ask_again(replace(last, removed=tuple(p for p in last.removed if p != part)))
    else:
        _ask_again(replace(last, added=(*last.added, part)))


def ask_changed(keys: Mapping[Carried, str]) -> None:
    """Ask the last question again with other values in the place of parts, by the keys of the fields that hold them."""
    last = turns()[-1]
    for part, key in keys.items():
        value = str(st.session_state.get(key) or "").strip()
        value = value.upper() if part.kind is Kind.CODE else value
        if value and value != part.value and last.before:
            last = replace(last, before=edited(last.before, part, value), added=_exchanged(last.added, part, value))
    _ask_again(last)


def _exchanged(parts: tuple[Carried, ...], part: Carried, value: str) -> tuple[Carried, ...]:
    return tuple(Carried(part.kind, value) if each == part else each for each in parts)


def _ask_again(turn: Turn) -> None:
    turns()[-1] = replace(turn, pending=True, views=(), problem="", resolved=None)
    _keep()


def choose_date() -> None:
    """Note that the coder changed the date of service, so that it holds against what a question says."""
    st.session_state[_CHOSEN] = st.session_state.get(AS_OF) is not None


def clear() -> None:
    """Begin a new conversation; the old one is kept no longer."""
    _kept().forget(st.session_state.pop(IDENTITY, ""), _tab())
    st.query_params.pop(IDENTITY, None)
    st.session_state[_TURNS] = []
    st.session_state.pop(CLEAN, None)
    st.session_state.pop(WITHIN, None)


def _keep() -> None:
    """Keep the turns under the conversation's id; where another tab has taken it up since, under one of their own."""
    identity = st.session_state.get(IDENTITY, "")
    if not _kept().write(identity, turns(), _tab()):
        identity = st.session_state[IDENTITY] = _kept().begin(turns(), _tab())
    st.query_params[IDENTITY] = identity


def _tab() -> str:
    tab: str = st.session_state.setdefault(_TAB, secrets.token_hex(8))
    return tab


@st.cache_resource(show_spinner=False)
def _kept() -> Kept[Turn]:
    return Kept()


def take_pending(held: list[Turn]) -> Turn | None:
    """Give the question to answer now, if there is one, and mark it taken: stopped half-way, it is not asked again."""
    if not held or not held[-1].pending:
        return None
    held[-1] = replace(held[-1], pending=False)
    return held[-1]
