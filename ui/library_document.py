"""One document of the library page: its properties, its text with passages marked, and what can be done with it."""

from pathlib import Path

import streamlit as st

from assistant.service import Assistant
from assistant.settings import Settings
from ingest.build import UPLOAD, Source
from ingest.library import ACTIVE, Entry, Library, is_read_only, open_writer
from ingest.restore import erase
from ui.library_edit import draw_edit
from ui.library_preview import preview_html, preview_pages
from ui.library_probe import draw_test, draw_tested
from ui.library_rows import fact_words
from ui.library_state import OPEN, attempt, close_document, tell
from ui.library_upload import bring_in
from ui.library_within import draw_ask
from ui.library_words import reading_words
from ui.safe_text import escaped, link_html, web_link
from ui.writing import finish

_ERASE = "erase"
_TABLE_CHARS = 6_000


def draw_document(assistant: Assistant, entry: Entry, settings: Settings) -> None:
    """Draw a document whole."""
    st.button("All documents", key="library-back", icon=":material/arrow_back:", type="tertiary", on_click=close_document)
    with st.container(key="library-document"):
        st.html(_head(entry))
    _draw_actions(assistant, entry, settings)
    _draw_text(assistant.library, entry)


def _head(entry: Entry) -> str:
    facts = "".join(f'<dt>{name}</dt><dd dir="auto">{escaped(value)}</dd>' for name, value in fact_words(entry))
    if address := web_link(entry.document.url):
        facts += f"<dt>Link</dt><dd>{link_html(address)}</dd>"
    met = reading_words(entry.reading)
    read = f'<p class="cc-remark" dir="auto">Read: {escaped("; ".join(met))}.</p>' if met else ""
    title = escaped(entry.document.title)
    return f'<div class="cc-source"><h2 class="cc-title" dir="auto">{title}</h2>{read}<dl class="cc-facts">{facts}</dl></div>'


# -- what can be done ------------------------------------------------------------------------------------------


def _draw_actions(assistant: Assistant, entry: Entry, settings: Settings) -> None:
    if is_read_only(settings.data_dir):
        if entry.status == ACTIVE:
            draw_ask(entry.document.id)
        return
    if entry.status == ACTIVE:
        with st.container(horizontal=True):
            draw_ask(entry.document.id)
            tests = bool(entry.passages) and draw_test()
            if st.button("Remove", key="library-remove", icon=":material/delete:") and attempt(lambda: remove(settings, entry)):
                st.rerun()
        draw_tested(assistant, entry.document.id, again=tests)
        with st.expander("Change its properties"):
            draw_edit(entry, settings)
        with st.expander("Replace it by a new version"):
            _draw_replace(entry, settings)
    elif st.button("Bring back", key="library-restore", icon=":material/undo:") and attempt(
        lambda: restore(settings, entry.document.id, entry.document.title)
    ):
        st.rerun()
    with st.expander("Erase it for good"):
        _draw_erase(entry, settings)


def remove(settings: Settings, entry: Entry) -> None:
    """Take a document out of every answer, and offer to undo it."""
    with open_writer(settings.data_dir) as library:
        library.remove(entry.document.id)
        finish(library, settings)
    st.session_state.pop(OPEN, None)
    tell(f"Removed: {entry.document.title}. No answer uses it any more.", undo=entry.document.id)


def restore(settings: Settings, document_id: str, title: str = "") -> None:
    """Bring a document back into use."""
    with open_writer(settings.data_dir) as library:
        library.restore(document_id)
        finish(library, settings)
    tell(f"In use again: {title}" if title else "The document is in use again.")


def _draw_replace(entry: Entry, settings: Settings) -> None:
    with st.form("replace", border=False):
        file = st.file_uploader("New version", key=f"replace-{entry.document.id}")
        pressed = st.form_submit_button("Replace")
    if pressed and not file:
        st.html('<p class="cc-remark" role="status">Choose a file first.</p>')
    elif pressed and file:
        source = Source(entry.document.path, Path(entry.document.path.removeprefix(UPLOAD)), file.getvalue())
        if attempt(lambda: bring_in(settings, (source,), {})):
            close_document()
            st.rerun()


def _draw_erase(entry: Entry, settings: Settings) -> None:
    st.html(
        '<p class="cc-remark">Its text is deleted from the library, and saved answers that quote it can no longer show where '
        "the quote stands. This cannot be undone.</p>"
    )
    with st.form("erase", border=False):
        typed = st.text_input(f"Type {_ERASE} to confirm", key=f"erase-{entry.document.id}")
        pressed = st.form_submit_button("Erase for good")
    if pressed and (typed or "").strip().lower() != _ERASE:
        st.html(f'<p class="cc-remark" role="status">Nothing was erased: type the word {_ERASE} first.</p>')
    elif pressed and attempt(lambda: _erase(settings, entry)):
        st.rerun()


def _erase(settings: Settings, entry: Entry) -> None:
    with open_writer(settings.data_dir) as library:
        erase(library, entry.document.id)
        finish(library, settings)
    close_document()
    tell(f"Erased for good: {entry.document.title}")


# -- its text --------------------------------------------------------------------------------------------------


def _draw_text(library: Library, entry: Entry) -> None:
    st.subheader("What the library holds of it", anchor=False)
    passages = library.passages(entry.document.id)
    if not passages:
        st.html('<p class="cc-remark">A table that is looked up row by row; it has no passages. Its text begins:</p>')
        start = library.slice(entry.document.id, 0, _TABLE_CHARS)
        st.html(f'<div class="cc-preview" tabindex="0" role="region" aria-label="Beginning of the text"><pre>{escaped(start)}</pre></div>')
        return
    count = preview_pages(passages)
    page = st.pagination(count, key=f"preview-{entry.document.id}") if count > 1 else 1
    html = preview_html(library.text(entry.document.id), passages, page)
    st.html(f'<div class="cc-preview" tabindex="0" role="region" aria-label="Text with passages marked">{html}</div>')
