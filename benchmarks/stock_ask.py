"""The stock recipe: RecursiveCharacterTextSplitter, HuggingFaceEmbeddings and Chroma through LangChain. Run in its own environment."""

import sys
from pathlib import Path

from langchain_chroma import Chroma
from langchain_huggingface import HuggingFaceEmbeddings


def main(model: str, folder: str, question: str, documents: str = "") -> None:
    """Build the store from `documents` when they are given, else print the four passages nearest to `question`."""
    embeddings = HuggingFaceEmbeddings(model_name=model, model_kwargs={"device": "cpu", "local_files_only": True})
    store = Chroma(collection_name="stock", embedding_function=embeddings, persist_directory=folder)
    if documents:
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        texts = [path.read_text(encoding="utf-8") for path in sorted(Path(documents).glob("*/*.md"))]
        chunks = splitter.create_documents(texts)
        store.add_documents(chunks)
        print(len(chunks), "chunks")
        return
    for found in store.similarity_search(question, k=4):
        print(found.page_content)


if __name__ == "__main__":
    main(*sys.argv[1:])
