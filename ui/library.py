"""The tab that shows the library: add documents, find them, open one."""

import streamlit as st

from assistant.service import Assistant
from assistant.settings import Settings
from ingest.library import ACTIVE, REMOVED, REPLACED, Entry, is_read_only
from ui.library_archive import draw_archive
from ui.library_document import draw_document, restore
from ui.library_probe import draw_added
from ui.library_rows import PAGE_ROWS, STATUS_WORDS, TABLE_HEADER, Order, Wanted, choose, publishers, row_words, table_row
from ui.library_state import OPEN, TOLD, attempt, open_document, told
from ui.library_upload import draw_starter, draw_upload
from ui.safe_text import escaped, safe_label
from ui.spreadsheet import to_csv, to_xlsx

_SHOWN = ("library-search", "library-publisher", "library-status", "library-order")
_ANY = ""
READ_ONLY = (
    "This library is read only: its folder cannot be written. It answers as it is; nothing can be added or changed here, and "
    "questions without an answer are not counted."
)
_SHORT = 32
"""Parts of so many characters stand on one line of a phone; longer ones may be broken."""


def draw_library(assistant: Assistant | None, settings: Settings) -> None:
    """Draw the tab; without an assistant the library is empty."""
    entries = (
        _entries((str(assistant.library.folder), assistant.library.identity(), assistant.library.revision()), assistant)
        if assistant
        else ()
    )
    opened = next((entry for entry in entries if entry.document.id == st.session_state.get(OPEN)), None)
    st.title("Library", anchor=False)
    place = st.container()
    if assistant and opened:
        draw_document(assistant, opened, settings)
    else:
        _draw_shelf(assistant, entries, settings)
        draw_archive(assistant, settings)
    with place:  # filled last: it also tells what has gone wrong in this run
        draw_told(settings)


def _draw_shelf(assistant: Assistant | None, entries: tuple[Entry, ...], settings: Settings) -> None:
    if is_read_only(settings.data_dir):
        st.html(f'<div class="cc-message" role="status">{READ_ONLY}</div>')
    else:
        draw_upload(settings)
    if assistant:
        draw_added(assistant)
    if not any(entry.status == ACTIVE for entry in entries):
        st.html(
            '<p class="cc-intro">Nothing is loaded yet. Add documents of your own, or begin with the sources that ship with Codecite.</p>'
        )
        if not is_read_only(settings.data_dir):
            draw_starter(settings)
    if entries:
        _draw_list(entries)


def draw_told(settings: Settings) -> None:
    """Say what was done last; a removal can be undone from here until the next one."""
    last = told()
    if last is None or (last.undo and st.session_state.get(OPEN)):
        return
    role, tone = ("alert", " cc-problem") if last.problem else ("status", "")
    st.html(f'<div class="cc-message{tone}" role="{role}" dir="auto">{escaped(last.words)}</div>')
    if not last.undo:
        st.session_state.pop(TOLD, None)
    elif st.button("Undo", key="library-undo", icon=":material/undo:"):
        attempt(lambda: restore(settings, last.undo))
        st.rerun()


def _draw_list(entries: tuple[Entry, ...]) -> None:
    st.subheader("Documents", anchor=False)
    found = choose(entries, _wanted(entries))
    pages = max(1, -(-len(found) // PAGE_ROWS))
    number = st.pagination(pages, key=f"library-page-{_turned(found)}") if pages > 1 else 1
    shown = found[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
    st.html(f'<p class="cc-asked" role="status">{_counted(len(shown), len(found), (number - 1) * PAGE_ROWS)}</p>')
    with st.container(key="library-list", gap=None):
        for entry in shown:
            _draw_row(entry)
    if found:
        _draw_downloads(found)


def _draw_downloads(found: tuple[Entry, ...]) -> None:
    """Offer the list as a file, all that was found; it is made when it is asked for."""
    rows = [table_row(entry) for entry in found]
    with st.container(horizontal=True):
        st.download_button(
            "List as Excel file",
            lambda: to_xlsx(TABLE_HEADER, rows, "Documents"),
            "codecite-documents.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key="library-xlsx",
            on_click="ignore",
        )
        st.download_button(
            "List as CSV file",
            lambda: to_csv(TABLE_HEADER, rows),
            "codecite-documents.csv",
            "text/csv",
            key="library-csv",
            on_click="ignore",
        )


def _wanted(entries: tuple[Entry, ...]) -> Wanted:
    words = st.text_input("Search", key=_SHOWN[0], placeholder="Title, publisher, payer, edition or file", max_chars=200)
    with st.container(horizontal=True):
        publisher = st.selectbox("Publisher", (_ANY, *publishers(entries)), key=_SHOWN[1], format_func=lambda name: name or "Any publisher")
        status = st.selectbox(
            "Status", (ACTIVE, REMOVED, REPLACED, _ANY), key=_SHOWN[2], format_func=lambda s: STATUS_WORDS.get(s, "any status")
        )
        order = st.selectbox("Sort by", tuple(Order), key=_SHOWN[3], format_func=lambda chosen: chosen.value)
    return Wanted(words or "", publisher or "", status or "", order or Order.PUBLISHER)


def _draw_row(entry: Entry) -> None:
    document = entry.document
    st.button(
        safe_label(document.title), key=f"open-{document.id}", type="tertiary", on_click=open_document, args=(document.id,), width="stretch"
    )
    parts = " · ".join(
        f'<span class="cc-short">{escaped(part)}</span>' if len(part) <= _SHORT else escaped(part) for part in row_words(entry)
    )
    st.html(f'<p class="cc-asked cc-row" dir="auto">{parts}</p>')


def _turned(found: tuple[Entry, ...]) -> str:
    """Name what was found, so that another search begins at its first page."""
    return f"{len(found)}-{found[0].document.id}" if found else "none"


def _counted(shown: int, count: int, before: int) -> str:
    if not count:
        return "No document fits."
    return (
        f"{count:,} document{'' if count == 1 else 's'}"
        if shown == count
        else f"{before + 1:,} to {before + shown:,} of {count:,} documents"
    )


@st.cache_data(max_entries=2, show_spinner=False)
def _entries(key: tuple[str, str, int], _assistant: Assistant) -> tuple[Entry, ...]:  # noqa: ARG001  # the cache tells calls apart by it
    return _assistant.library.entries(None)
