"""LlamaIndex: SentenceSplitter, HuggingFaceEmbedding and the in-memory vector store.

Without a variant everything is at its default (1,024 tokens, more than the model reads). The variant `240` cuts at
240 tokens of the model's own tokenizer.
"""

from collections.abc import Sequence
from pathlib import Path

from llama_index.core import Document as Source
from llama_index.core import VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from transformers import AutoTokenizer

from benchmarks.peers.trial import LIMIT, Document, Piece, Question, run


class Nodes:
    """LlamaIndex with its own store."""

    def __init__(self, model: Path, variant: str) -> None:
        self._embedding = HuggingFaceEmbedding(model_name=str(model), device="cpu")
        self._splitter = _sized(model, int(variant)) if variant else SentenceSplitter()

    def ingest(self, documents: Sequence[Document]) -> Sequence[Piece]:
        """Cut into nodes, embed, and store."""
        nodes = self._splitter.get_nodes_from_documents([Source(text=d.text, doc_id=d.id) for d in documents])
        self._retriever = VectorStoreIndex(nodes, embed_model=self._embedding).as_retriever(similarity_top_k=LIMIT)
        return [Piece(str(node.ref_doc_id), node.get_content()) for node in nodes]

    def find(self, question: Question) -> Sequence[Piece]:
        """Give the nearest nodes."""
        return [Piece(str(found.node.ref_doc_id), found.node.get_content()) for found in self._retriever.retrieve(question.text)]


def _sized(model: Path, tokens: int) -> SentenceSplitter:
    tokenizer = AutoTokenizer.from_pretrained(str(model), local_files_only=True)
    return SentenceSplitter(chunk_size=tokens, chunk_overlap=tokens // 6, tokenizer=tokenizer.tokenize)


if __name__ == "__main__":
    run(Nodes)
