"""Codecite itself: papers are ingested as files by the command, or the shipped corpus; the assistant's retriever is asked.

The variant `corpus` ingests the starter corpus instead of the documents given, which are then the same texts.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from assistant.question import read_question
from assistant.settings import read_settings
from assistant.wiring import open_assistant, runtime_folder
from benchmarks.peers.trial import Document, Piece, Question, run
from ui.cli import main


class Codecite:
    """The product, opened as the chat page opens it."""

    def __init__(self, _: Path, variant: str) -> None:
        self._corpus = variant == "corpus"
        self._folder = Path(tempfile.mkdtemp())
        note = self._folder / "note.txt"
        note.write_text("Preparing the encoder is not part of ingesting.", encoding="utf-8")
        os.environ["CODECITE_DATA_DIR"] = str(self._folder / "first")
        main(["ingest", str(note)], standalone_mode=False)
        runtime = runtime_folder(read_settings())
        os.environ["CODECITE_DATA_DIR"] = str(self._folder / "library")
        shutil.copytree(runtime, runtime_folder(read_settings()))

    def ingest(self, documents: Sequence[Document]) -> Sequence[Piece]:
        """Run `codecite ingest`; give the passages of the library."""
        main(["ingest", *([] if self._corpus else [str(self._write(documents))])], standalone_mode=False)
        self._assistant = open_assistant(read_settings(), long_lived=True)
        library = self._assistant.library
        entries = library.documents()
        return [Piece(self._name(document.path), p.text) for document, _, _ in entries for p in library.passages(document.id)]

    def find(self, question: Question) -> Sequence[Piece]:
        """Give the hits of the retriever that `wiring` made."""
        asked = read_question(question.text, date.fromisoformat(question.as_of), question.payer)
        retriever = self._assistant.retriever  # nothing public hands it out, and no part is chosen here
        return [Piece(self._name(hit.document.path), hit.passage.text) for hit in retriever.find(asked)]

    def _write(self, documents: Sequence[Document]) -> Path:
        papers = self._folder / "papers"
        papers.mkdir()
        for document in documents:
            (papers / document.path).write_text(document.text, encoding="utf-8")
        return papers

    def _name(self, path: str) -> str:
        return path if self._corpus else Path(path).stem


if __name__ == "__main__":
    run(Codecite)
