"""Haystack: DocumentSplitter by 200 words, SentenceTransformers embedders, in-memory store."""

from collections.abc import Sequence
from pathlib import Path

from haystack import Document as Source
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from benchmarks.peers.trial import LIMIT, Document, Piece, Question, run


class Splits:
    """Haystack's components, called in their order."""

    def __init__(self, model: Path, _: str) -> None:
        device = ComponentDevice.from_str("cpu")
        self._texts = SentenceTransformersTextEmbedder(model=str(model), device=device, progress_bar=False)
        self._documents = SentenceTransformersDocumentEmbedder(model=str(model), device=device, progress_bar=False)
        self._texts.warm_up()
        self._documents.warm_up()
        self._splitter = DocumentSplitter(split_by="word", split_length=200)
        self._splitter.warm_up()
        self._store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        self._retriever = InMemoryEmbeddingRetriever(self._store, top_k=LIMIT)

    def ingest(self, documents: Sequence[Document]) -> Sequence[Piece]:
        """Cut, embed, and write to the store; equal splits of one document are kept once."""
        split = self._splitter.run([Source(id=d.id, content=d.text) for d in documents])["documents"]
        kept = list({found.id: found for found in split}.values())
        self._store.write_documents(self._documents.run(kept)["documents"])
        return [_piece(found) for found in kept]

    def find(self, question: Question) -> Sequence[Piece]:
        """Give the nearest splits."""
        embedding = self._texts.run(question.text)["embedding"]
        return [_piece(found) for found in self._retriever.run(embedding)["documents"]]


def _piece(found: Source) -> Piece:
    return Piece(found.meta["source_id"], found.content or "")


if __name__ == "__main__":
    run(Splits)
