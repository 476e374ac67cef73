"""What every peer's process does alike: read documents and questions, time the peer, write what it found.

A peer runs in an environment of its own as `python -m benchmarks.peers.NAME --documents FILE --questions FILE
--model FOLDER --out FILE [--variant NAME]`. This module needs the standard library only.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

LIMIT = 20
"""How many passages a peer is asked for."""

_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Document:
    """A document to index; `filters` holds `valid_from` and `valid_to` (as yyyymmdd) and `payer`, or nothing."""

    id: str
    title: str
    text: str
    path: str
    filters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `as_of` is yyyy-mm-dd, `payers` are those whose rules speak for `payer` (all when empty)."""

    text: str
    as_of: str
    payer: str | None = None
    payers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of a peer: its text and the id of its document."""

    doc: str
    text: str


class Peer(Protocol):
    """A retrieval system under its own defaults."""

    def ingest(self, documents: Sequence[Document]) -> Sequence[Piece]:
        """Cut, embed and store `documents`; give every passage, those of one document in their order."""

    def find(self, question: Question) -> Sequence[Piece]:
        """Give at most `LIMIT` passages, best first."""


def run(make: Callable[[Path, str], Peer]) -> None:
    """Make the peer from a model folder and a variant, put it through its trial, and write the outcome as JSON."""
    given = _arguments()
    documents = [Document(**line) for line in _lines(given.documents)]
    questions = [Question(**line) for line in _lines(given.questions)]
    peer = make(given.model, given.variant)
    started, worked = time.perf_counter(), time.process_time()
    pieces = peer.ingest(documents)
    ingest_s = time.perf_counter() - started
    ingest_cpu_s = time.process_time() - worked
    for question in questions[:_WARM_UP]:
        peer.find(question)
    numbers = {piece: number for number, piece in enumerate(pieces)}
    found, query_ms = [], []
    for question in questions:
        started = time.perf_counter()
        ranked = peer.find(question)
        query_ms.append(1000 * (time.perf_counter() - started))
        found.append([numbers[piece] for piece in ranked])
    outcome = {
        "pieces": [[piece.doc, piece.text] for piece in pieces],
        "found": found,
        "ingest_s": ingest_s,
        "ingest_cpu_s": ingest_cpu_s,
        "query_ms": query_ms,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    given.out.write_text(json.dumps(outcome), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("--documents", "--questions", "--model", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--variant", default="")
    return parser.parse_args()


def _lines(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
