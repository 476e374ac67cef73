"""The stock recipe's search over the passages of a library; their vectors go into its Chroma as they are, only questions are embedded.

    python -m benchmarks.peers.stock_search LIBRARY.sqlite3 STORE MODEL

Reads a question from each line of standard input and writes how many milliseconds `similarity_search` took for it.
"""

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from langchain_chroma import Chroma
from langchain_huggingface import HuggingFaceEmbeddings

LIMIT = 10
_BATCH = 5_000
_HELD = "SELECT row, text, vector FROM passages JOIN vectors ON passage = row WHERE ordinal = 0"


def fill(store: Chroma, library: Path) -> None:
    """Put every passage of a library into the store, with its vector."""
    with closing(sqlite3.connect(f"file:{library.resolve()}?mode=ro", uri=True)) as connection:
        found = connection.execute(_HELD)
        while batch := found.fetchmany(_BATCH):
            rows, texts, vectors = zip(*batch, strict=True)
            embeddings = [np.frombuffer(vector, dtype=np.float32) for vector in vectors]
            store._collection.add(ids=[str(row) for row in rows], documents=list(texts), embeddings=embeddings)


def main(library: str, folder: str, model: str) -> None:
    """Make the store where it is missing, then answer."""
    embeddings = HuggingFaceEmbeddings(model_name=model, model_kwargs={"device": "cpu", "local_files_only": True})
    store = Chroma(collection_name="stock", embedding_function=embeddings, persist_directory=folder)
    whole = Path(folder) / "filled"
    if not whole.exists():
        fill(store, Path(library))
        whole.touch()
    for question in sys.stdin:
        started = time.perf_counter()
        store.similarity_search(question.strip(), k=LIMIT)
        print((time.perf_counter() - started) * 1e3, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
