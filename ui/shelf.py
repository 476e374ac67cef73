"""What the page holds open: one assistant for all tabs, and what its library has to offer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from assistant.service import Assistant
from assistant.settings import Settings, read_settings
from assistant.wiring import open_assistant, runtime_folder
from ingest.library import FILE, is_read_only
from ingest.lookup import payers


@dataclass(frozen=True, slots=True)
class Shelf:
    """How much the library holds, and for which payers; `titles` are those of its documents in use, by their ids."""

    sources: int
    passages: int
    payers: tuple[str, ...]
    titles: Mapping[str, str] = field(default_factory=dict)


def open_shared() -> Assistant:
    """Give the assistant that all tabs share, opened anew when the library's folder or its encoder was replaced.

    Of a folder that cannot be written, whose library is read as it is, also when the library's file was.

    Raises:
        CodeciteError: there is no library, or it cannot be used. Asked again, it looks again.
    """
    settings = read_settings()
    stamps = (_stamp(settings.data_dir), _stamp(runtime_folder(settings)), _stamp_of_file(settings.data_dir))
    return _opened((str(settings.data_dir), *stamps), settings)


def look(assistant: Assistant) -> Shelf:
    """Give what the library holds at this moment."""
    return _counted((str(assistant.library.folder), assistant.library.revision()), assistant)


def _stamp(folder: Path) -> int:
    try:
        return folder.stat().st_ino
    except OSError:
        return 0


def _stamp_of_file(folder: Path) -> str:
    """Give what tells a library's file from another, "" in a folder where a change of it is seen anyway."""
    try:
        about = (folder / FILE).stat()
    except OSError:
        return ""
    return f"{about.st_ino} {about.st_size} {about.st_mtime_ns}" if is_read_only(folder) else ""


def _close(assistant: Assistant) -> None:
    assistant.__exit__(None, None, None)


@st.cache_resource(max_entries=1, show_spinner=False, on_release=_close)
def _opened(key: tuple[str, int, int, str], _settings: Settings) -> Assistant:  # noqa: ARG001  # the cache tells calls apart by it
    return open_assistant(_settings, long_lived=True, keep_gaps=True)


@st.cache_data(max_entries=4, show_spinner=False)
def _counted(key: tuple[str, int], _assistant: Assistant) -> Shelf:  # noqa: ARG001  # the cache tells calls apart by it
    entries = _assistant.library.documents()
    return Shelf(
        len(entries),
        sum(count for _, _, count in entries),
        payers(_assistant.library),
        {document.id: document.title for document, _, _ in entries},
    )
