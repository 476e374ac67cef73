"""Whoever asks while the library is exchanged gets an answer from the old one or from the new one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Event

from assistant.answer import Answer
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant
from ingest.archive import export_library
from ingest.library import open_writer
from ingest.restore import restore_archive, undo_restore
from ingest.split import POLICY
from ingest.vectors import sync_indexes
from tests.support import HashEmbedder, bring

ROUNDS = 6


def documents(whose: str) -> dict[str, str]:
    return {
        f"{n}.md": f"# {whose} notes {n}\n\n## 77336 continuing physics\n\n77336 may be billed once for every five treatments, says {whose} note {n}.\n"
        for n in range(12)
    }


def asked_until(stop: Event, assistant: Assistant) -> list[Answer]:
    answers = []
    while not stop.is_set():
        answers.append(assistant.ask("How often may 77336 be billed?", as_of=date(2026, 5, 1)))
    return answers


def test_an_answer_during_a_restore_or_its_undo_rests_on_one_library(tmp_path: Path) -> None:
    bring(tmp_path / "new", documents("new"))
    bring(tmp_path / "old", documents("old"))
    with open_writer(tmp_path / "new") as library:
        export_library(library, tmp_path / "new.zip")
    settings = Settings(data_dir=tmp_path / "old", vector_index="exact", embedding_model="hash")
    stop = Event()
    with open_assistant(settings, embedder=HashEmbedder()) as assistant, ThreadPoolExecutor(1) as beside:
        asking = beside.submit(asked_until, stop, assistant)
        with open_writer(tmp_path / "old") as library:
            for turn in range(ROUNDS):
                if turn:
                    undo_restore(library)
                else:
                    restore_archive(library, tmp_path / "new.zip", ("hash@1", POLICY))
                sync_indexes(library, tmp_path / "old" / "chroma")
        stop.set()
        answers = asking.result()
    whose = [{word for hit in answer.evidence for word in ("old", "new") if f"says {word} note" in hit.passage.text} for answer in answers]
    assert [(n, libraries) for n, libraries in enumerate(whose) if len(libraries) != 1] == [], whose
    assert {"old"} in whose
    assert {"new"} in whose
