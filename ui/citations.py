"""The element that shows an answer: verdict, sentences with numbered chips, disagreements, sources, near misses.

All text travels as data and is written with `textContent`; the browser sends back only the key of a source to open.
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from ui.plain_text import plain_text
from ui.present import AnswerView, SideView, SourceView, announcement
from ui.words import direction, phrases

_SHELL = (
    '<div class="answer"></div><div class="unseen" role="status"></div><div class="tip" id="tip" role="tooltip" popover="manual"></div>'
)
_SHOWN = (
    "key",
    "number",
    "title",
    "publisher",
    "authority",
    "edition",
    "validity",
    "payer",
    "section",
    "page",
    "place",
    "standing",
    "document_id",
    "quote",
)


def draw_answer(view: AnswerView, *, key: str, newest: bool) -> SourceView | None:
    """Draw an answer and give the source that the reader has just opened, if any."""
    result = _element()(key=key, data=answer_data(view, newest=newest), on_opened_change=lambda: None)
    return view.openable.get(str(result.get("opened") or ""))


def answer_data(view: AnswerView, *, newest: bool) -> dict[str, Any]:
    """Give what the element's script reads; `newest` asks it to announce the answer and bring it into sight."""
    return {
        "language": view.language,
        "direction": direction(view.language),
        "words": dict(phrases(view.language)["answer"]),
        "disagree": phrases(view.language)["roles"]["conflict"],
        "tone": view.tone,
        "verdict": view.verdict,
        "line": view.line,
        "sentences": [asdict(s) for s in view.sentences],
        "conflicts": [[_side(side) for side in sides] for sides in view.conflicts],
        "sources": _sources(view.sources),
        "abstention": _abstention(view),
        "notices": list(view.notices),
        "footnote": view.footnote,
        "copy": plain_text(view),
        "announcement": announcement(view),
        "newest": newest,
    }


@cache
def _element() -> ComponentRenderer:
    here = files("ui")
    script, style = ((here / f"citations.{suffix}").read_text(encoding="utf-8") for suffix in ("js", "css"))
    return st.components.v2.component("codecite_answer", html=_SHELL, css=style, js=script)


def _sources(sources: Sequence[SourceView]) -> list[dict[str, Any]]:
    return [{name: getattr(source, name) for name in _SHOWN} for source in sources]


def _side(side: SideView) -> dict[str, Any]:
    return {**asdict(side.sentence), "source": _sources([side.source])[0]}


def _abstention(view: AnswerView) -> dict[str, Any] | None:
    found = view.abstention
    return {"detail": found.detail, "needed": found.needed, "nearest": _sources(found.nearest)} if found else None
