"""The stock recipe's question: HuggingFaceEmbeddings and Chroma through LangChain. Run in its own environment."""

import sys

from langchain_chroma import Chroma
from langchain_huggingface import HuggingFaceEmbeddings


def main(model: str, folder: str, question: str) -> None:
    """Print the four passages of the store in `folder` that are nearest to `question`; `stock_ingest.py` builds it."""
    embeddings = HuggingFaceEmbeddings(model_name=model, model_kwargs={"device": "cpu", "local_files_only": True})
    store = Chroma(collection_name="stock", embedding_function=embeddings, persist_directory=folder)
    for found in store.similarity_search(question, k=4):
        print(found.page_content)


if __name__ == "__main__":
    main(*sys.argv[1:])
