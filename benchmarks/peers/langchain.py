"""The stock recipe: RecursiveCharacterTextSplitter(1000, 200), HuggingFaceEmbeddings and Chroma through LangChain.

The variant `filtered` also asks Chroma for documents in force on the day and of the payer.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_chroma import Chroma
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.peers.trial import LIMIT, Document, Piece, Question, run


class Stock:
    """LangChain with Chroma on disk."""

    def __init__(self, model: Path, variant: str) -> None:
        self._filtered = variant == "filtered"
        embeddings = HuggingFaceEmbeddings(model_name=str(model), model_kwargs={"device": "cpu", "local_files_only": True})
        self._store = Chroma(collection_name="stock", embedding_function=embeddings, persist_directory=tempfile.mkdtemp())

    def ingest(self, documents: Sequence[Document]) -> Sequence[Piece]:
        """Cut by characters, embed, and add to Chroma in batches that it accepts."""
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        chunks = splitter.create_documents([d.text for d in documents], [{"doc": d.id, **d.filters} for d in documents])
        for first in range(0, len(chunks), 5000):
            self._store.add_documents(chunks[first : first + 5000])
        return [Piece(chunk.metadata["doc"], chunk.page_content) for chunk in chunks]

    def find(self, question: Question) -> Sequence[Piece]:
        """Give the nearest chunks."""
        where = _where(question) if self._filtered else None
        return [Piece(d.metadata["doc"], d.page_content) for d in self._store.similarity_search(question.text, k=LIMIT, filter=where)]


def _where(question: Question) -> dict[str, Any]:
    day = int(question.as_of.replace("-", ""))
    conditions: list[dict[str, Any]] = [{"valid_from": {"$lte": day}}, {"valid_to": {"$gte": day}}]
    if question.payers:
        conditions.append({"payer": {"$in": list(question.payers)}})
    return {"$and": conditions}


if __name__ == "__main__":
    run(Stock)
