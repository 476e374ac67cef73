"""Libraries of 10,000 to a million passages: build, open, ask, filter, add, remove; recall against an exact search; memory and disk.

    python -m benchmarks.scale STARTER [--sizes 10000 100000 1000000] [--questions 60] [--chroma 100000] [--work FOLDER]

STARTER is the data directory of an ingested starter corpus (encoder and sentences). Each size is measured in a process
of its own; the questions are those of the golden dev split. Up to `--chroma` passages Chroma stands beside, and the whole
search of stock LangChain over the same texts and vectors. A million passages take 15 GB in FOLDER (build/bench), where
libraries stay for the next run.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.question import read_question
from assistant.retrieve import Policy, Retriever
from assistant.terms import content_terms
from benchmarks.generate import ERAS, document, generate, pieces
from benchmarks.peers.environments import LANGCHAIN, python_of
from benchmarks.timing import machine
from corpus.glossary import load_glossary
from evals.cases import load_suite
from ingest.embed import PACKAGED, OnnxEmbedder, Vectors, model_folder, runtime_identity
from ingest.library import Library, open_reader, open_writer
from ingest.lookup import Scope, allowed_scopes, lexical_rows, rows_of_document
from ingest.scan import VectorFiles, View, sync_files
from ingest.vectors import EF_SEARCH, ScanIndex
from ingest.words import sync_words

WORK = Path("build/bench")
DAYS = {"plain": date(2026, 6, 1), "2 %": date(1995, 6, 1), "1 %": date(1985, 6, 1)}
LIMIT, CANDIDATES = 10, 60
CHANGES = 5
_PIPE = subprocess.PIPE
_MADE = ("library.sqlite3", "vectors", "words")


def main() -> None:
    """Measure every size, each in a process of its own, and print the table."""
    given = _arguments()
    if given.one:
        print(json.dumps(measure(given.starter, given.one, given.questions)))
        return
    if given.beside:
        print(json.dumps(chroma_beside(given.starter, given.beside, given.questions)))
        return
    if given.stock:
        print(json.dumps(stock_beside(given.starter, given.stock, given.questions)))
        return
    given.work.mkdir(parents=True, exist_ok=True)
    found = {size: _size(given, size) for size in given.sizes}
    print(machine() + "\n")
    print(table(found))
    (given.work / "scale.json").write_text(json.dumps({"machine": machine(), "sizes": found}, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("starter", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--chroma", type=int, default=100_000, help="the largest size that Chroma is built for")
    parser.add_argument("--work", type=Path, metavar="FOLDER", default=WORK, help="where the libraries are made and kept")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--beside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--stock", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _size(given: argparse.Namespace, size: int) -> dict[str, Any]:
    folder = given.work / f"scale-{size}"
    note, embedder = folder / "built.json", runtime_identity(given.starter / "runtime")
    told = json.loads(note.read_text()) if note.exists() else {}
    if told.get("embedder") != embedder:  # one that was left by a run with another adapter asks questions of another space
        for former in (folder, folder.with_name(f"{folder.name}-stock")):
            shutil.rmtree(former, ignore_errors=True)
        told = {"embedder": embedder, "seconds": build(given.starter, folder, size)}
        note.write_text(json.dumps(told))
    found = {**told["seconds"], **_apart(given, "--one", folder), "again": _apart(given, "--one", folder)["open_s"]}
    beside = ("--beside", "--stock") if size <= given.chroma else ()
    return found | {name: figure for what in beside for name, figure in _apart(given, what, folder).items()}


def _apart(given: argparse.Namespace, what: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scale", str(given.starter), what, str(folder), "--questions", str(given.questions)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def build(starter: Path, folder: Path, size: int) -> dict[str, float]:
    """Make a library of `size` passages with all that is made from it; give the seconds of each part."""
    parts: dict[str, float] = {"generate_s": _seconds(lambda: generate(starter, folder, size))}
    with open_writer(folder) as library:
        parts["files_s"] = _seconds(lambda: sync_files(library))
        parts["words_s"] = _seconds(lambda: sync_words(library))
    return parts


def measure(starter: Path, folder: Path, count: int) -> dict[str, Any]:
    """Give all figures of one library but those of Chroma."""
    texts = [case.question for case in load_suite("golden", "dev")][:count]
    encoder = OnnxEmbedder(starter / "runtime")
    vectors = np.concatenate([encoder.encode([text]) for text in texts])
    started = time.perf_counter()
    with open_reader(folder) as library:
        retriever = Retriever(library, ScanIndex(library), encoder, load_glossary())
        retriever.find(read_question(texts[0], DAYS["plain"]))
        found: dict[str, Any] = {"open_s": time.perf_counter() - started}
        ways = {f"find {name}": _finding(retriever, day) for name, day in DAYS.items()}
        for name, run in {**ways, "find plain, not reranked": _finding(retriever.under(Policy(reranked=0)), DAYS["plain"])}.items():
            found |= _in_turn({f"encode, beside {name}": _encoding(encoder), name: run}, texts)
            found[f"{name} / encode, p95"] = found[name][1] / found[f"encode, beside {name}"][1]
        for name, day in DAYS.items():
            found[f"scan {name}"] = _spread([_seconds(partial(_scan, library, vector, day)) for vector in vectors])
            found[f"recall {name}"], found[f"share {name}"] = recall(library, vectors, day)
            found[f"words {name}"] = _spread([_seconds(partial(_words, library, text, day)) for text in texts])
        found["resident_mb"], found["anonymous_mb"] = _resident("VmRSS"), _resident("RssAnon")
    found |= {f"disk {file.name}": _bytes(file) / 1e6 for file in folder.iterdir() if file.name in _MADE}
    return found | changed(starter, folder)


def _scan(library: Library, vector: Vectors, day: date) -> dict[int, float]:
    return ScanIndex(library).search(vector, Scope(day), CANDIDATES)


def _words(library: Library, text: str, day: date) -> dict[int, float]:
    return lexical_rows(library, content_terms(text), Scope(day), CANDIDATES)


def recall(library: Library, vectors: Vectors, day: date) -> tuple[float, float]:
    """Give the share of the true nearest ten that the scan finds, and the share of the vectors that is in scope."""
    view, allowed = library.derived(VectorFiles).look(), allowed_scopes(library, Scope(day))
    wanted = _exact(view, allowed, vectors)
    found = [list(_scan(library, vector, day))[:LIMIT] for vector in vectors]
    return _overlap(wanted, found), view.count(allowed) / len(view.segments[0].rows)


def _exact(view: View, allowed: Any, vectors: Vectors) -> list[list[int]]:
    base = view.segments[0]
    positions = np.flatnonzero(allowed[base.scopes])
    best = [(np.zeros(0, np.float32), np.zeros(0, np.int64))] * len(vectors)
    for first in range(0, len(positions), 50_000):
        part = positions[first : first + 50_000]
        for place, cosines in enumerate((base.vectors[part] @ vectors.T).T):
            all_cosines, all_rows = np.concatenate([best[place][0], cosines]), np.concatenate([best[place][1], base.rows[part]])
            order = np.argsort(-all_cosines, kind="stable")[:LIMIT]
            best[place] = (all_cosines[order], all_rows[order])
    return [rows.tolist() for _, rows in best]


def _overlap(wanted: Sequence[Sequence[int]], found: Sequence[Sequence[int]]) -> float:
    return statistics.mean(len(set(a) & set(b)) / max(1, len(a)) for a, b in zip(wanted, found, strict=True))


def changed(starter: Path, folder: Path) -> dict[str, Any]:
    """Add documents and take them away again; give how long each step took and whether a reader saw it at once."""
    with open_reader(starter) as library:
        held = pieces(library)
    times: dict[str, list[float]] = {"add": [], "add, made": [], "remove": [], "remove, made": []}
    gone = True
    with open_writer(folder) as writer, open_reader(folder) as reader:
        (pair,) = writer.built_with()
        for number in range(CHANGES):
            source, cut, vectors, tokens = document(900_000_000 + number, held, np.random.default_rng([1, number]))
            _scan(reader, vectors[0][0], DAYS["plain"])
            times["add"].append(_seconds(partial(writer.put, source, cut, vectors, built_with=pair, by_hand={}, tokens=tokens)))
            times["add, made"].append(_seconds(lambda: (sync_files(writer), sync_words(writer))))
            there = max(writer_rows(writer, source.document.id))
            day = source.document.valid_from or DAYS["plain"]
            gone &= there in _scan(reader, vectors[-1][0], day)
            times["remove"].append(_seconds(partial(writer.purge, source.document.id)))
            gone &= there not in _scan(reader, vectors[-1][0], day)
            times["remove, made"].append(_seconds(lambda: (sync_files(writer), sync_words(writer))))
            gone &= there not in _scan(reader, vectors[-1][0], day)
    return {f"{name} ms": statistics.median(taken) * 1e3 for name, taken in times.items()} | {"seen at once": bool(gone)}


def writer_rows(library: Library, identity: str) -> list[int]:
    """Give the rows of a document."""
    days = [day for _, first, last in ERAS for day in (first, last) if day]
    return next(rows.tolist() for day in days if len(rows := rows_of_document(library, Scope(day, document_id=identity))))


def chroma_beside(starter: Path, folder: Path, count: int) -> dict[str, Any]:
    """Give Chroma's figures on the same vectors, as we configure it, with the year in its own metadata."""
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    import chromadb

    encoder = OnnxEmbedder(starter / "runtime")
    vectors = np.concatenate([encoder.encode([case.question]) for case in load_suite("golden", "dev")[:count]])
    place = folder.with_name(f"{folder.name}-chroma")
    shutil.rmtree(place, ignore_errors=True)
    with open_reader(folder) as library:
        view = library.derived(VectorFiles).look()
        base = view.segments[0]
        narrow, wide = (allowed_scopes(library, Scope(DAYS[name])) for name in ("2 %", "plain"))
        client = chromadb.PersistentClient(path=str(place))
        configuration: Any = {"hnsw": {"space": "cosine", "ef_search": EF_SEARCH}}
        collection = client.create_collection("bench", embedding_function=None, configuration=configuration)
        era = np.where(narrow[base.scopes], 1, np.where(wide[base.scopes], 2, 0)).tolist()
        started = time.perf_counter()
        for first in range(0, len(base.rows), 1_000):
            part = slice(first, first + 1_000)
            collection.add(
                ids=[str(row) for row in base.rows[part]], embeddings=base.vectors[part], metadatas=[{"era": e} for e in era[part]]
            )
        found: dict[str, Any] = {"chroma build_s": time.perf_counter() - started}
        everything = np.ones_like(wide)
        for name, where, allowed in (("plain", None, everything), ("2 %", {"era": 1}, narrow)):
            ask = _asker(collection, where)
            ask(vectors[0])
            rows = [ask(vector) for vector in vectors]
            found[f"chroma recall {name}"] = _overlap(_exact(view, allowed, vectors), rows)
            found[f"chroma {name}"] = _spread([_seconds(partial(ask, vector)) for vector in vectors])
    shutil.rmtree(place, ignore_errors=True)
    return found


def stock_beside(starter: Path, folder: Path, count: int) -> dict[str, Any]:
    """Give the whole search of the stock recipe over the same texts and vectors, and ours, each question put to both in turn."""
    texts = [case.question for case in load_suite("golden", "dev")][:count]
    encoder = OnnxEmbedder(starter / "runtime")
    store = folder.with_name(f"{folder.name}-stock")
    command = [
        str(python_of(LANGCHAIN)),
        "-m",
        "benchmarks.peers.stock_search",
        str(folder / "library.sqlite3"),
        str(store),
        str(model_folder(PACKAGED)),
    ]
    environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    with open_reader(folder) as library, subprocess.Popen(command, stdin=_PIPE, stdout=_PIPE, text=True, env=environment) as peer:
        retriever = Retriever(library, ScanIndex(library), encoder, load_glossary())
        ways: dict[str, Callable[[str], float]] = {
            "stock, whole search": partial(_asked, peer),
            "find, in turn with it": _finding(retriever, DAYS["plain"]),
        }
        found = _in_turn(ways, texts)
    stock, ours = found.values()
    return found | {f"find / stock, p{quantile}": mine / theirs for quantile, mine, theirs in zip((50, 95), ours, stock, strict=True)}


def _asked(peer: subprocess.Popen[str], text: str) -> float:
    """Give the seconds that the stock recipe's process took for its search."""
    if peer.stdin is None or peer.stdout is None:
        raise RuntimeError("the stock recipe's process has no pipes")
    peer.stdin.write(f"{text}\n")
    peer.stdin.flush()
    return float(peer.stdout.readline()) / 1e3


def _asker(collection: Any, where: dict[str, int] | None) -> Callable[[Vectors], list[int]]:
    def ask(vector: Vectors) -> list[int]:
        reply = collection.query(query_embeddings=[vector.tolist()], n_results=LIMIT, where=where, include=["distances"])
        return [int(key) for key in reply["ids"][0]]

    return ask


def table(found: dict[int, dict[str, Any]]) -> str:
    """Give the figures as a Markdown table, a column for each size."""
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    lines = ["| | " + " | ".join(f"{size:,}" for size in found) + " |", "|---|" + "---|" * len(found)]
    lines += [f"| {name} | " + " | ".join(_cell(figures.get(name)) for figures in found.values()) + " |" for name in names]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " / ".join(f"{part:.1f}" for part in value) + " ms"
    return "" if value is None else str(value) if isinstance(value, bool) else f"{value:.3f}" if value < 10 else f"{value:,.0f}"


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _in_turn(ways: Mapping[str, Callable[[str], float]], texts: Sequence[str]) -> dict[str, list[float]]:
    """Give median and 95th percentile of the seconds that each way takes, every text put to all in turn; a first round warms."""
    for _ in range(2):
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for text in texts:
            for name, run in ways.items():
                taken[name].append(run(text))
    return {name: _spread(seconds) for name, seconds in taken.items()}


def _encoding(encoder: OnnxEmbedder) -> Callable[[str], float]:
    return lambda text: _seconds(partial(encoder.encode_with_tokens, [text]))


def _finding(retriever: Retriever, day: date) -> Callable[[str], float]:
    return lambda text: _seconds(partial(retriever.find, read_question(text, day)))


def _spread(seconds: Sequence[float]) -> list[float]:
    """Give median and 95th percentile in milliseconds."""
    return [float(np.percentile(seconds, q)) * 1e3 for q in (50, 95)]


def _resident(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []
    found = [int(line.split()[1]) / 1024 for line in lines if line.startswith(name)]
    return found[0] if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
