"""Keep or move the whole library from the page: download it as one archive, put one in its place, undo that."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from assistant.service import Assistant
from assistant.settings import Settings
from ingest.archive import export_library
from ingest.library import Library, is_read_only, open_writer
from ingest.names import bare_name
from ingest.restore import can_undo, restore_archive, undo_restore
from ingest.split import POLICY
from ui.library_rows import count_words
from ui.library_state import attempt, tell
from ui.writing import finish, writing

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_WORD, _ROUND = "restore", "library-restore-round"


def draw_archive(assistant: Assistant | None, settings: Settings) -> None:
    """Draw what keeps, moves and brings back the library as a whole."""
    with st.expander("Keep or move the whole library"):
        if assistant:
            _draw_export(assistant.library)
        if is_read_only(settings.data_dir):
            return
        _draw_restore(settings)
        if can_undo(settings.data_dir):
            _draw_undo(settings)


def _draw_export(library: Library) -> None:
    st.html('<p class="cc-remark">One file with every document, its passages and vectors, removed documents too. Keep it as a backup.</p>')
    st.download_button(
        "Download the library",
        lambda: _archive_of(library),
        "codecite-library.zip",
        "application/zip",
        key="library-export",
        icon=":material/download:",
        on_click="ignore",
    )


def _archive_of(library: Library) -> bytes:
    with tempfile.TemporaryDirectory(dir=None if is_read_only(library.folder) else library.folder) as folder:
        file = Path(folder) / "library.zip"
        export_library(library, file)
        return file.read_bytes()


def _draw_restore(settings: Settings) -> None:
    turn = st.session_state.get(_ROUND, 0)
    st.html(
        '<p class="cc-remark">An archive takes the place of this library as a whole. It is checked first, and the library of '
        "now is kept, so that this can be undone. A larger one goes by the command codecite restore.</p>"
    )
    with st.form(f"restore-{turn}", border=False):
        file = st.file_uploader("Archive of a library", type="zip", key=f"restore-file-{turn}")
        typed = st.text_input(f"Type {_WORD} to confirm", key=f"restore-word-{turn}")
        pressed = st.form_submit_button("Restore the library")
    if pressed and not file:
        st.html('<p class="cc-remark" role="status">Choose an archive first.</p>')
    elif pressed and (typed or "").strip().lower() != _WORD:
        st.html(f'<p class="cc-remark" role="status">Nothing was restored: type the word {_WORD} first.</p>')
    elif pressed and file and attempt(lambda: _restore(settings, file)):
        st.session_state[_ROUND] = turn + 1
        st.rerun()


def _restore(settings: Settings, upload: "UploadedFile") -> None:
    with st.status("Checking the archive …") as status, writing(settings, rebuild=True) as (library, embedder):
        with tempfile.TemporaryDirectory(dir=library.folder) as folder:
            file = Path(folder) / (bare_name(upload.name) or "library.zip")
            file.write_bytes(upload.getbuffer())
            manifest = restore_archive(library, file, (embedder.identity, POLICY))
        finish(library, settings, tell=lambda what: status.update(label=what))
    held = count_words(manifest.documents, "document") or "no document"
    tell(f"Restored: {held} in use. The library of before is kept and can be brought back.")


def _draw_undo(settings: Settings) -> None:
    st.html('<p class="cc-remark">The library that the last restore took the place of is kept.</p>')
    if st.button("Undo the last restore", key="library-undo-restore", icon=":material/undo:") and attempt(lambda: _undo(settings)):
        st.rerun()


def _undo(settings: Settings) -> None:
    with open_writer(settings.data_dir) as library:
        undo_restore(library)
        finish(library, settings)
        held = count_words(len(library.documents()), "document") or "no document"
    tell(f"The former library is back, with {held} in use.")
