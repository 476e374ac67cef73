"""The stock recipe's ingest, timed: reads a folder, splits, embeds and stores it. Run in its own environment."""

import json
import sys
import time
from pathlib import Path

_START = time.perf_counter(), time.process_time()


def main(model: str, store: str, folder: str) -> None:
    """Ingest `folder` into `store`; print seconds to start and to ingest, by wall and by processor, and the number of chunks."""
    from langchain_chroma import Chroma
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    embeddings = HuggingFaceEmbeddings(model_name=model, model_kwargs={"device": "cpu", "local_files_only": True})
    index = Chroma(collection_name="stock", embedding_function=embeddings, persist_directory=store)
    ready = time.perf_counter(), time.process_time()
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    chunks = splitter.create_documents([path.read_text(encoding="utf-8") for path in paths])
    for first in range(0, len(chunks), 1_000):  # Chroma takes some 5,000 at once
        index.add_documents(chunks[first : first + 1_000])
    done = time.perf_counter(), time.process_time()
    start, ingest = ([after[i] - before[i] for i in (0, 1)] for before, after in ((_START, ready), (ready, done)))
    print(json.dumps({"start_s": start, "ingest_s": ingest, "passages": len(chunks)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
