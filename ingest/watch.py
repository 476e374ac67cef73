"""Hear of files that change below folders, once they have been left alone for a moment."""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from corpus.errors import IngestError
from ingest.extract.sniff import SUFFIXES
from ingest.folders import is_hidden

QUIET_S = 1.0
_LONGEST_S = 10.0
_LAST_S = 5.0
_WAKE_S = 0.5  # a wait without an end cannot be interrupted on every system
_KINDS = [FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileDeletedEvent, DirCreatedEvent, DirMovedEvent, DirDeletedEvent]


class Watch:
    """Watches folders, all below them included, and single files; a context."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Watch `paths`, which exist."""
        places = [(Path(os.path.realpath(path)), path.is_dir()) for path in paths]
        self._folders = [str(place) for place, is_folder in places if is_folder]
        self._files = {str(place) for place, is_folder in places if not is_folder}
        self._heard: SimpleQueue[str] = SimpleQueue()
        self._ends = False

    def __enter__(self) -> Self:
        """Begin to listen.

        Raises:
            IngestError: the system does not let so many folders be watched, or a folder cannot be read.
        """
        listener, self._observer = _Listener(self._hear), Observer()
        beside = {str(Path(file).parent) for file in self._files}
        for folder, recursive in (*((folder, True) for folder in self._folders), *((folder, False) for folder in beside)):
            self._observer.schedule(listener, folder, recursive=recursive, event_filter=_KINDS)
        try:
            self._observer.start()
        except OSError as error:
            raise IngestError(f"the folders cannot be watched ({error.strerror or error}); watch fewer of them") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._observer.stop()
        self._observer.join(_LAST_S)  # its threads end with the process

    def changed(self, timeout_s: float | None = None) -> frozenset[str]:
        """Wait for changes, and then until none came for a second (ten at most); give the real paths of files and folders.

        After `timeout_s` without any it gives none, and at once after `end`.
        """
        began = time.monotonic()
        found: set[str] = set()
        while not (found or self._ends) and (timeout_s is None or time.monotonic() - began < timeout_s):
            with suppress(Empty):
                found.add(self._heard.get(timeout=_WAKE_S))
        began = time.monotonic()
        with suppress(Empty):
            while found and not self._ends and time.monotonic() - began < _LONGEST_S:
                found.add(self._heard.get(timeout=QUIET_S))
        return frozenset() if self._ends else frozenset(found)

    def end(self) -> None:
        """Wait no more; a handler of a signal may call it."""
        self._ends = True
        self._heard.put("")

    def _hear(self, event: FileSystemEvent) -> None:
        for told in (event.src_path, event.dest_path):
            path = os.fsdecode(told)
            if path in self._files or any(self._concerns(path, folder, event.is_directory) for folder in self._folders):
                self._heard.put(path)

    @staticmethod
    def _concerns(path: str, folder: str, is_folder: bool) -> bool:
        place = Path(path)
        if not path or not place.is_relative_to(folder) or any(map(is_hidden, place.relative_to(folder).parts)):
            return False
        return is_folder or place.suffix.lower() in SUFFIXES


class _Listener(FileSystemEventHandler):
    """Passes every event on."""

    def __init__(self, hear: Callable[[FileSystemEvent], object]) -> None:
        self._hear = hear

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Pass an event on."""
        self._hear(event)
