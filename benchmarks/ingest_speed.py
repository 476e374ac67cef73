"""Ingest, Codecite against the stock recipe on the same documents, in turn; and the runtimes of the encoder beside each other.

    python -m benchmarks.ingest_speed [--covidqa FOLDER] [--papers 20] [--runs 3] [--fp32] [--json FILE]

`--fp32` has Codecite encode as it does on a processor without bf16; the runtimes are not compared then. Both sides are whole processes that time themselves: start (imports, model) apart from ingest (reading to the last index).
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.cold_ask import WORK, _environment, stock_python
from benchmarks.timing import machine, run_once
from corpus.digests import digest_paths, digest_root
from ingest.embed import PACKAGED, model_folder


def _now() -> tuple[float, float]:
    """Give wall and processor seconds; a child that has ended counts, for some files are read in one."""
    return time.perf_counter(), sum(os.times()[:4])


_STARTED = _now()
_STOCK, _FIRST, _AGAIN, _CHANGED = "stock LangChain + Chroma", "Codecite, first", "Codecite, nothing changed", "Codecite, 1 % changed"
_SAMPLE = 300


@dataclass(frozen=True, slots=True)
class Ingest:
    """One process: wall and processor seconds to start and to ingest, and passages stored."""

    start_s: tuple[float, float]
    ingest_s: tuple[float, float]
    passages: int


def main() -> None:
    """Time both sides on each set of documents, then the runtimes, and print the tables."""
    given = _arguments()
    if given.ours:
        _ingest_here(given.ours, given.fp32)
        return
    WORK.mkdir(parents=True, exist_ok=True)
    environment = _environment(WORK / "ingest-library")
    stock = str(stock_python())
    sets = {"starter corpus": _corpus()} | ({"covidqa papers": _papers(given.covidqa, given.papers)} if given.covidqa else {})
    print(f"{machine()}; codecite {version('codecite')}, openvino {version('openvino')}, onnxruntime {version('onnxruntime')}\n")
    found = {name: _compare(stock, folder, environment, given.runs, given.fp32) for name, folder in sets.items()}
    for name, folder in sets.items():
        print(_table(name, folder, found[name]))
    runtimes = {} if given.fp32 else _runtimes(given.runs)
    print(_runtime_table(runtimes) if runtimes else "Codecite encoded in fp32 by ONNX Runtime.")
    given.json.write_text(
        json.dumps(
            {
                "machine": machine(),
                "ingest": {name: {side: [asdict(run) for run in runs] for side, runs in sides.items()} for name, sides in found.items()},
                "runtimes": runtimes,
            },
            indent=2,
        )
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--covidqa", type=Path, metavar="FOLDER", help="also time papers from docs.jsonl in FOLDER")
    parser.add_argument("--papers", type=int, default=20, help="how many papers (default 20)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each side, in turn (default 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", default=WORK / "ingest_speed.json", help="where every run is written")
    parser.add_argument("--fp32", action="store_true", help="encode as on a processor without bf16")
    parser.add_argument("--ours", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    return parser.parse_args()


# -- documents ---------------------------------------------------------------------------------------------------


def _corpus() -> Path:
    folder = _empty(WORK / "ingest-corpus")
    for path in digest_paths():
        target = folder / path.relative_to(digest_root())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def _papers(source: Path, count: int) -> Path:
    folder = _empty(WORK / "ingest-papers")
    with (source / "docs.jsonl").open(encoding="utf-8") as lines:
        for _, line in zip(range(count), lines, strict=False):
            paper = json.loads(line)
            (folder / f"{paper['id']}.txt").write_text(paper["text"], encoding="utf-8")
    return folder


def _change(folder: Path) -> None:
    """Change one file in a hundred, at least one: a sentence more at its end."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files[:: max(1, min(100, len(files)))]:
        path.write_text(path.read_text(encoding="utf-8") + f"\n\nA note of {time.time_ns()} says so.\n", encoding="utf-8")


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


# -- both sides --------------------------------------------------------------------------------------------------


def _compare(stock: str, folder: Path, environment: dict[str, str], runs: int, fp32: bool) -> dict[str, list[Ingest]]:
    found: dict[str, list[Ingest]] = {_STOCK: [], _FIRST: [], _AGAIN: [], _CHANGED: []}
    store, library = WORK / "ingest-stock-store", WORK / "ingest-library"
    script = str(Path(__file__).with_name("stock_ingest.py"))
    ours = [sys.executable, "-m", "benchmarks.ingest_speed", "--ours", str(folder), *(["--fp32"] if fp32 else [])]
    if not (library / "runtime").exists():
        run_once(
            [str(Path(sys.executable).parent / "codecite"), "ingest", str(next(p for p in folder.rglob("*") if p.is_file()))], environment
        )
    for _ in range(runs):
        found[_STOCK].append(_timed([stock, script, str(model_folder(PACKAGED)), str(_empty(store)), str(folder)], environment))
        for path in library.iterdir():
            if path.name != "runtime":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        found[_FIRST].append(_timed(ours, environment))
        found[_AGAIN].append(_timed(ours, environment))
        _change(folder)
        found[_CHANGED].append(_timed(ours, environment))
    return found


def _timed(command: Sequence[str], environment: dict[str, str]) -> Ingest:
    told = json.loads(run_once(command, environment).output.splitlines()[-1])
    print(Path(command[0]).parent.parent.name, told, file=sys.stderr)
    return Ingest(tuple(told["start_s"]), tuple(told["ingest_s"]), told["passages"])


def _ingest_here(folder: Path, fp32: bool) -> None:
    """Do what `codecite ingest FOLDER` does once its encoder is exported, and print how long it took."""
    from assistant.settings import read_settings
    from ingest import runtimes
    from ui.writing import finish, writing

    settings = read_settings()
    if fp32:
        runtimes.cpu_flags = frozenset  # a processor of no known flags
    with writing(settings) as (library, embedder):
        import chromadb  # noqa: F401  # the stock recipe imports it while it starts, so this counts as start here too

        from ingest.build import ingest, user_sources
        from ingest.library import now

        ready = _now()
        reports = ingest(library, embedder, user_sources([folder]), by_hand={}, added_at=now())
        finish(library, settings)
        done = _now()
    refused = [report.reason for report in reports if report.outcome == "refused"]
    if refused:
        raise RuntimeError(f"{len(refused)} files refused: {refused[0]}")
    start, spent = ([after[i] - before[i] for i in (0, 1)] for before, after in ((_STARTED, ready), (ready, done)))
    print(json.dumps({"start_s": start, "ingest_s": spent, "passages": sum(report.passages for report in reports)}))


def _table(name: str, folder: Path, found: dict[str, list[Ingest]]) -> str:
    characters = sum(len(path.read_text(encoding="utf-8")) for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{name}: {sum(p.is_file() for p in folder.rglob('*'))} documents, {characters:,} characters, medians of {len(found[_STOCK])} runs in turn\n",
        "| | passages | start s | ingest wall s | ingest processor s | passages/s | characters/s |",
        "|---|---|---|---|---|---|---|",
    ]
    for side, runs in found.items():
        start, wall, cpu = (_median(runs, pick) for pick in (lambda r: r.start_s[0], lambda r: r.ingest_s[0], lambda r: r.ingest_s[1]))
        rates = f"{runs[0].passages / wall:.0f} | {characters / wall:,.0f}" if side in (_STOCK, _FIRST) else " | "
        lines.append(f"| {side} | {runs[0].passages} | {start:.2f} | {wall:.2f} | {cpu:.2f} | {rates} |")
    return "\n".join([*lines, "", *_findings(found), ""])


def _findings(found: dict[str, list[Ingest]]) -> list[str]:
    told = []
    for index, name in enumerate(("wall", "processor")):
        stock, first, changed = (_median(found[side], lambda r, index=index: r.ingest_s[index]) for side in (_STOCK, _FIRST, _CHANGED))
        more = found[_FIRST][0].passages / found[_STOCK][0].passages
        told.append(
            f"By {name} time the first ingest does {more * stock / first:.1f} times the stock recipe's passages/s, "
            f"{stock / first:.1f} times its characters/s; a re-ingest with 1 % changed takes 1/{first / changed:.0f} of it."
        )
    return told


def _median(runs: Sequence[Ingest], pick: Callable[[Ingest], float]) -> float:
    return statistics.median(pick(run) for run in runs)


# -- runtimes ----------------------------------------------------------------------------------------------------


def _runtimes(runs: int) -> dict[str, dict[str, Any]]:
    """Encode the same passages on each runtime in turn; give texts/s by wall and processor and the least cosine to torch."""
    from concurrent.futures import ThreadPoolExecutor

    from ingest.embed import ReferenceEmbedder, Vectors, encode_batches, read_export
    from ingest.runtimes import onnx_run, openvino_run, worker_count

    texts, folder = _passages(), WORK / "ingest-library" / "runtime"
    _, dimension, tokenizer = read_export(folder)

    def by(run: Any) -> Callable[[Sequence[str]], Vectors]:
        def encode(texts: Sequence[str]) -> Vectors:
            with ThreadPoolExecutor(worker_count()) as pool:
                return encode_batches(texts, tokenizer, run, dimension, None, pool.map).vectors

        return encode

    sides: dict[str, Callable[[Sequence[str]], Vectors]] = {
        "torch fp32 (reference)": ReferenceEmbedder().encode,
        "ONNX Runtime fp32": by(onnx_run(folder)),
        "OpenVINO bf16": by(openvino_run(folder)),
    }
    expected = sides["torch fp32 (reference)"](texts)
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    cosine = {}
    for _ in range(runs):
        for name, encode in sides.items():
            before = time.perf_counter(), time.process_time()
            vectors = encode(texts)
            spent[name].append((time.perf_counter() - before[0], time.process_time() - before[1]))
            cosine[name] = float((vectors * expected).sum(axis=1).min())
    return {
        name: {
            "texts_per_wall_s": len(texts) / statistics.median(wall for wall, _ in times),
            "texts_per_processor_s": len(texts) / statistics.median(cpu for _, cpu in times),
            "least_cosine": cosine[name],
        }
        for name, times in spent.items()
    }


def _passages() -> list[str]:
    from ingest.build import read_source, shipped_sources
    from ingest.split import embedding_texts, split

    texts = [text for source in shipped_sources() for p in split(read_source(source, {}, "")) for text in embedding_texts(p)]
    return texts[:: max(1, len(texts) // _SAMPLE)]


def _runtime_table(found: dict[str, dict[str, Any]]) -> str:
    lines = ["| runtime | texts/s | texts per processor second | least cosine to the reference |", "|---|---|---|---|"]
    for name, told in found.items():
        lines.append(f"| {name} | {told['texts_per_wall_s']:.0f} | {told['texts_per_processor_s']:.0f} | {told['least_cosine']:.5f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    main()
