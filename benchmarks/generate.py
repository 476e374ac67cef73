"""A library of any size from the shipped digests: their sentences, codes and vectors recombined, nothing embedded.

    python -m benchmarks.generate STARTER TARGET PASSAGES [--seed 0]

STARTER is the data directory of an ingested starter corpus; TARGET gets a library of PASSAGES passages, stored by
`Library.put` like any other. A vector is a noisy mixture of the vectors of the passages whose sentences it is of; token
vectors are those of the passage that its first sentence is of, so that reranking reads as much as in a true library.
"""

import argparse
import re
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.changes import stored_vectors
from ingest.codes import find_codes, index_key
from ingest.documents import Block, BlockKind, Document, DocumentText, Passage
from ingest.library import Library, open_reader, open_writer
from ingest.lookup import fetch, token_blobs, vector_keys
from ingest.sentences import sentence_spans
from ingest.split import POLICY, passage_id

PER_DOCUMENT = 50
SENTENCES = 3
NOISE = 0.5
"""Length of the noise beside a mixture of length 1: neighbours are then about as far apart as in the shipped corpus."""
KEPT_CODES = 0.3
OTHER_CODES = 10_000
ERAS = (
    (0.01, date(1980, 1, 1), date(1989, 12, 31)),
    (0.02, date(1990, 1, 1), date(1999, 12, 31)),
    (0.17, date(2015, 1, 1), date(2025, 12, 31)),
    (0.80, date(2000, 1, 1), None),
)
"""Share of the documents, first and last day in force: a date of service in 1985 leaves 1 %, one in 1995 leaves 2 %, today 80 %."""
_NUMBER = re.compile(r"\b\d{2,4}\b")


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence with the vector of its passage and those of its tokens; `parts` are its words around its codes."""

    parts: tuple[str, ...]
    codes: tuple[str, ...]
    vector: NDArray[np.float32]
    tokens: bytes


def pieces(starter: Library) -> list[Piece]:
    """Give the sentences of a library."""
    vectors = stored_vectors(starter, {row for row, _ in vector_keys(starter)})
    passages = sorted(((row, passage) for row, (passage, _) in fetch(starter, vectors).items()), key=lambda held: held[0])
    tokens = token_blobs(starter, vectors)
    return [
        _piece(passage.text[start:end], vectors[row][0], tokens.get(row, b""))
        for row, passage in passages
        for start, end in sentence_spans(passage.text)
    ]


def _piece(sentence: str, vector: NDArray[np.float32], tokens: bytes) -> Piece:
    mentions = [m for m in find_codes(sentence) if re.fullmatch(r"[A-Z]?\d{4,5}", index_key(m.code))]
    edges = [0, *(edge for m in mentions for edge in (m.start, m.end)), len(sentence)]
    parts = tuple(sentence[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
    return Piece(parts, tuple(index_key(m.code) for m in mentions), vector, tokens)


def document(
    number: int, held: list[Piece], rng: np.random.Generator, count: int = PER_DOCUMENT
) -> tuple[DocumentText, list[Passage], list[NDArray[np.float32]], list[bytes]]:
    """Give document `number` with its passages, their vectors and those of their tokens."""
    era = ERAS[int(rng.choice(len(ERAS), p=[share for share, _, _ in ERAS]))]
    payer = str(rng.choice(["all", "Medicare", f"Plan {int(rng.zipf(1.6)) % 40}"], p=[0.6, 0.2, 0.2]))
    publisher = f"Publisher {int(rng.zipf(1.4)) % 200}"
    identity = f"d-bench{number:08d}"
    chosen = rng.integers(0, len(held), size=(count, SENTENCES))
    texts, codes = zip(*(_text([held[i] for i in row], rng) for row in chosen), strict=True)
    starts = np.concatenate([[0], np.cumsum([len(text) + 2 for text in texts])])
    blocks = tuple(Block(BlockKind.PARAGRAPH, int(start), int(start) + len(text)) for start, text in zip(starts, texts, strict=False))
    about = Document(
        identity, f"{number:064d}", f"Bulletin {number}", publisher, "payer", "", "", era[1], era[2], payer, "", "", "stated", "text/plain",
        f"/bench/{number}.txt", "2026-01-01",
    )  # fmt: skip
    passages = [_passage(about, block, text, named) for block, text, named in zip(blocks, texts, codes, strict=True)]
    tokens = [held[row[0]].tokens for row in chosen]
    return DocumentText(about, "\n\n".join(texts), blocks, ()), passages, _vectors(held, chosen, rng), tokens


def _text(chosen: list[Piece], rng: np.random.Generator) -> tuple[str, tuple[str, ...]]:
    codes: list[str] = []
    sentences: list[str] = []
    for piece in chosen:
        named = [code if rng.random() < KEPT_CODES else f"{rng.integers(OTHER_CODES) + 20_000}" for code in piece.codes]
        words = [_NUMBER.sub(lambda _: str(rng.integers(10, 2_000)), part) for part in piece.parts]
        sentences.append("".join(word + code for word, code in zip(words, [*named, ""], strict=True)))
        codes += named
    return " ".join(sentences), tuple(dict.fromkeys(codes))


def _passage(about: Document, block: Block, text: str, codes: tuple[str, ...]) -> Passage:
    return Passage(
        passage_id(about.id, block.start, block.end), about.id, block.start, block.end, text, (about.title,), "", None, None, codes, (), (),
        about.payer, about.valid_from, about.valid_to, about.basis, "", (),
    )  # fmt: skip


def _vectors(held: list[Piece], chosen: NDArray[np.int64], rng: np.random.Generator) -> list[NDArray[np.float32]]:
    mixed = np.zeros((len(chosen), len(held[0].vector)), dtype=np.float32)
    weights = rng.dirichlet([1.0] * SENTENCES, size=len(chosen)).astype(np.float32)
    for place in range(SENTENCES):
        mixed += weights[:, place, None] * np.stack([held[i].vector for i in chosen[:, place]])
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    noise = rng.standard_normal(mixed.shape).astype(np.float32)
    mixed += NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return list((mixed / np.linalg.norm(mixed, axis=1, keepdims=True))[:, None, :])


def generate(starter: Path, target: Path, passages: int, seed: int = 0) -> None:
    """Make a library of `passages` passages in the folder `target`; the encoder is linked from `starter`."""
    with open_reader(starter) as library:
        held = pieces(library)
        ((embedder, _),) = library.built_with()
    shutil.copytree(starter / "runtime", target / "runtime", dirs_exist_ok=True)
    with open_writer(target) as library:
        for number in range(passages // PER_DOCUMENT):
            source, cut, vectors, tokens = document(number, held, np.random.default_rng([seed, number]))
            library.put(source, cut, vectors, built_with=(embedder, POLICY), by_hand={}, tokens=tokens)


def main() -> None:
    """Make the library that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("starter", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("passages", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    generate(given.starter, given.target, given.passages, given.seed)


if __name__ == "__main__":
    main()
