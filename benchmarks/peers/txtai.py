"""txtai, dense or (variant `hybrid`) dense with its BM25, over the same 1000/200 splits as the stock recipe: it cuts nothing itself."""

from collections.abc import Sequence
from pathlib import Path

from langchain_text_splitters import RecursiveCharacterTextSplitter
from txtai import Embeddings

from benchmarks.peers.trial import LIMIT, Document, Piece, Question, run


class Index:
    """txtai's embeddings database with its content store."""

    def __init__(self, model: Path, variant: str) -> None:
        self._embeddings = Embeddings(path=str(model), content=True, gpu=False, hybrid=variant == "hybrid")

    def ingest(self, documents: Sequence[Document]) -> Sequence[Piece]:
        """Cut as the stock recipe does and index."""
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        self._pieces = [Piece(d.id, text) for d in documents for text in splitter.split_text(d.text)]
        self._embeddings.index((number, piece.text, None) for number, piece in enumerate(self._pieces))
        return self._pieces

    def find(self, question: Question) -> Sequence[Piece]:
        """Give the best chunks."""
        return [self._pieces[int(row["id"])] for row in self._embeddings.search(question.text, LIMIT)]


if __name__ == "__main__":
    run(Index)
