"""What a follow-up question took over, as chips: each can be taken away or changed, and what was left out can be added."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from assistant.answer import Carried, Kind
from ui.conversation import CLEAN, Turn, ask_changed, ask_with, ask_without, begin_clean, turns
from ui.safe_text import escaped, safe_label
from ui.words import payer_words

_TOPIC_CHARS = 36
_CHANGEABLE = (Kind.CODE, Kind.PAYER, Kind.DATE)


def draw_chips(turn: Turn, n: int, payers: Sequence[str], *, newest: bool) -> None:
    """Draw what turn number `n` took over, and for the newest what it might take over."""
    if turn.resolved is None:
        return
    if carried := turn.resolved.carried:
        _draw_asked_as(turn)
        if newest:
            _draw_carried(carried, n, payers)
        else:
            st.html(f'<p class="cc-asked">Carried over: {escaped(", ".join(chip_words(part) for part in carried))}</p>')
    if newest and turn.offers:
        _draw_offers(turn.offers, n)


def draw_scope() -> None:
    """Draw what the next question may take over, with the control that begins it clean."""
    held = turns()
    context = held[-1].context if held else None
    if context is None:
        return
    parts = [chip_words(part) for part in context.parts() if part.kind is not Kind.TOPIC]
    clean = bool(st.session_state.get(CLEAN))
    told = "The next question takes nothing over." if clean else f"A follow-up takes over: {', '.join(parts) or 'the last question'}"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="scope"):
        role = ' role="status"' if clean else ""  # an answer is announced by itself, this only once it was asked for
        st.html(f'<p class="cc-asked cc-scope"{role}>{escaped(told)}</p>')
        st.button(
            "New question",
            key="new-question",
            type="tertiary",
            shortcut="Ctrl+Shift+E",
            disabled=clean,
            help="The next question takes nothing over",
            on_click=begin_clean,
        )


def chip_words(part: Carried) -> str:
    """Say in a few words what was taken over."""
    if part.kind is Kind.MODIFIER:
        return f"modifier {part.value}"
    if part.kind is Kind.PAYER:
        return payer_words(part.value)
    if part.kind is Kind.TOPIC:
        words = part.value if len(part.value) <= _TOPIC_CHARS else part.value[: _TOPIC_CHARS - 1].rstrip() + "…"
        return f"“{words}”"
    return part.value


def _draw_asked_as(turn: Turn) -> None:
    asked = turn.views[0].question if len(turn.views) == 1 else turn.resolved.text if turn.resolved else ""
    st.html(f'<p class="cc-asked" dir="auto">Asked as: {escaped(asked)}</p>')


def _draw_carried(carried: Sequence[Carried], n: int, payers: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips"):
        st.html('<p class="cc-asked">Carried over:</p>', width="content")
        for i, part in enumerate(carried):
            words = chip_words(part)
            st.button(
                safe_label(words),
                key=f"chip-{n}-{i}-{part.kind}",
                icon=":material/close:",
                icon_position="right",
                help=f"Ask again without {safe_label(words)}",
                on_click=ask_without,
                args=(part,),
            )
        if changeable := [part for part in carried if part.kind in _CHANGEABLE]:
            _draw_change(changeable, n, payers)


def _draw_change(parts: Sequence[Carried], n: int, payers: Sequence[str]) -> None:
    with st.popover("Change", icon=":material/edit:"), st.form(f"change-{n}", border=False):
        keys = {part: f"change-{n}-{part.kind}-{part.value}" for part in parts}
        for part, key in keys.items():
            if part.kind is Kind.CODE:
                st.text_input(f"Instead of {part.value}", value=part.value, key=key, max_chars=10)
            elif part.kind is Kind.PAYER:
                choices = list(dict.fromkeys((part.value, *payers)))
                st.selectbox("Payer of this question", choices, key=key, format_func=payer_words)
            else:
                day = date.fromisoformat(part.value)
                st.date_input("Date of service of this question", value=day, key=key, min_value=date(1990, 1, 1), format="YYYY-MM-DD")
        st.form_submit_button("Ask again", on_click=ask_changed, args=(keys,))


def _draw_offers(offers: Sequence[Carried], n: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="offers"):
        st.html('<p class="cc-asked">Not carried over:</p>', width="content")
        for i, part in enumerate(offers):
            words = safe_label(chip_words(part))
            st.button(
                words,
                key=f"offer-{n}-{i}-{part.kind}",
                icon=":material/add:",
                help=f"Ask again with {words}",
                on_click=ask_with,
                args=(part,),
            )
