"""The form that changes the properties of a document."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from assistant.settings import Settings
from corpus.digests import AUTHORITIES
from ingest.documents import Document
from ingest.edit import edit
from ingest.library import Entry
from ui.library_state import attempt, open_document, tell
from ui.words import authority_words
from ui.writing import finish, writing

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

EVERY_PAYER = "all"
_FIRST, _LAST = date(1965, 1, 1), date(2100, 1, 1)


def draw_edit(entry: Entry, settings: Settings) -> None:
    """Draw the form with what the document has now."""
    document = entry.document
    if not entry.passages:
        st.html('<p class="cc-remark">The properties of a table are set when it is added; add it again with them.</p>')
        return
    with st.form("edit", border=False):
        wanted = _fields(document)
        pressed = st.form_submit_button("Save")
    changes = {name: value for name, value in wanted.items() if value != present_values(document)[name]}
    if pressed and not changes:
        st.html('<p class="cc-remark" role="status">Nothing was changed.</p>')
    elif pressed and attempt(lambda: _save(settings, document, changes)):
        st.rerun()


def present_values(document: Document) -> dict[str, str]:
    """Give the properties that can be changed as the form shows them; a rule for every payer has none."""
    payer = "" if document.payer.lower() == EVERY_PAYER else document.payer
    days = {name: day.isoformat() if day else "" for name, day in (("valid_from", document.valid_from), ("valid_to", document.valid_to))}
    texts = {name: str(getattr(document, name)) for name in ("title", "publisher", "authority", "edition", "url")}
    return {**texts, "payer": payer, **days}


def _fields(document: Document) -> dict[str, str]:
    held, key = present_values(document), document.id
    classes = dict.fromkeys(("", *AUTHORITIES, held["authority"]))
    title = st.text_input("Title", held["title"], key=f"edit-title-{key}", max_chars=300)
    (first, second), (third, fourth), (fifth, sixth) = st.columns(2), st.columns(2), st.columns(2)
    given = {
        "title": title,
        "publisher": first.text_input("Publisher", held["publisher"], key=f"edit-publisher-{key}", max_chars=120),
        "authority": second.selectbox(
            "Authority", tuple(classes), list(classes).index(held["authority"]), key=f"edit-authority-{key}", format_func=authority_option
        ),
        "edition": third.text_input("Edition or year", held["edition"], key=f"edit-edition-{key}", max_chars=60),
        "payer": fourth.text_input("Only for this payer", held["payer"], key=f"edit-payer-{key}", max_chars=120),
        "valid_from": day_field(fifth, "In force from", f"edit-from-{key}", document.valid_from),
        "valid_to": day_field(sixth, "In force until", f"edit-to-{key}", document.valid_to),
        "url": st.text_input("Link to the original", held["url"], key=f"edit-url-{key}", max_chars=500),
    }
    return {name: str(value or "").strip() for name, value in given.items()}


def day_field(place: "DeltaGenerator", label: str, key: str, value: date | None = None) -> date | None:
    """Draw a field for a day that may be left empty, however far the day is from now."""
    first, last = min(value or _FIRST, _FIRST), max(value or _LAST, _LAST)
    chosen: date | None = place.date_input(label, value, min_value=first, max_value=last, key=key, format="YYYY-MM-DD")
    return chosen


def authority_option(authority: str) -> str:
    """Give the name of an authority class in a list to choose from."""
    return authority_words(authority) if authority else "Not told"


def _save(settings: Settings, document: Document, changes: Mapping[str, str]) -> None:
    if changes.get("payer") == "":
        changes = {**changes, "payer": EVERY_PAYER}
    with writing(settings) as (library, embedder):
        edited = edit(library, embedder, document.id, changes)
        finish(library, settings)
    open_document(edited.id)
    tell("Saved. The next answer uses these properties.")
