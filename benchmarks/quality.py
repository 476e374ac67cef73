"""How well and how fast passages are found: Codecite beside its peers on the same documents, weights and machine, in one run.

    python -m benchmarks.quality covidqa|golden [--split dev|test] [--papers N] [--data FOLDER] [--only SYSTEM …] [--json FILE]

Every system runs in a process of its own, one after another, on two threads; peers have environments of their own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import sets
from benchmarks.peers import environments
from benchmarks.peers.environments import Environment, python_of
from benchmarks.scoring import QuestionScore, Scores, cuts_of, interval, score
from benchmarks.sets import QuestionSet
from benchmarks.timing import machine
from ingest.embed import PACKAGED, model_folder

WORK = Path("build/bench")
THREADS = 2
DEFAULT_PAPERS = 33
"""All 98 papers take every system together longer than a quarter of an hour on two cores."""
BASELINE = "langchain"


@dataclass(frozen=True, slots=True)
class System:
    """One row of the table; `environment` None is ours."""

    label: str
    module: str
    variant: str
    environment: Environment | None


SYSTEMS = {
    BASELINE: System("LangChain + Chroma, stock", "langchain", "", environments.LANGCHAIN),
    "langchain-filtered": System("the same, filtered by date and payer", "langchain", "filtered", environments.LANGCHAIN),
    "llamaindex": System("LlamaIndex, defaults", "llamaindex", "", environments.LLAMAINDEX),
    "llamaindex-240": System("LlamaIndex, 240-token nodes", "llamaindex", "240", environments.LLAMAINDEX),
    "haystack": System("Haystack, 200-word splits", "haystack", "", environments.HAYSTACK),
    "txtai": System("txtai, dense", "txtai", "", environments.TXTAI),
    "txtai-hybrid": System("txtai, hybrid", "txtai", "hybrid", environments.TXTAI),
    "codecite": System("**Codecite**", "codecite", "", None),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What one system's run gave: scores in the order of the questions, times, sizes, passages that no document holds."""

    scores: tuple[QuestionScore, ...]
    passages: int
    unplaced: int
    ingest_s: float
    ingest_cpu_s: float
    query_ms: tuple[float, ...]
    peak_mb: float


def main() -> None:
    """Run every system on the set and print the table."""
    given = _arguments()
    asked = sets.golden(given.split) if given.set == "golden" else sets.covidqa(given.papers, given.data)
    file = given.json or WORK / f"quality-{asked.name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    results: dict[str, Result] = {}
    for name in _chosen(given):
        results[name] = measure(SYSTEMS[name], asked)
        file.write_text(json.dumps(_record(asked, results)))  # after each, so that a failure of the next loses nothing
    print(
        f"{asked.name}: {len(asked.documents)} documents, {len(asked.questions)} questions; {machine()}; {', '.join(_versions(results))}\n"
    )
    print(table(results, _chars(asked)))
    print(closest(results))


def measure(system: System, asked: QuestionSet) -> Result:
    """Run one system on a set in a process of its own and score it.

    Raises:
        CalledProcessError: the process failed; its messages are on standard error.
    """
    print(f"{system.label} …", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = {name: folder / f"{name}.jsonl" for name in ("documents", "questions")}
        for name, file in files.items():
            file.write_text("".join(json.dumps(asdict(line)) + "\n" for line in getattr(asked, name)), encoding="utf-8")
        python = python_of(system.environment) if system.environment else Path(sys.executable)
        variant = "corpus" if system.environment is None and asked.name.startswith("golden") else system.variant
        command = [str(python), "-m", f"benchmarks.peers.{system.module}", "--model", str(model_folder(PACKAGED))]
        command += ["--variant", variant, "--out", str(folder / "out.json")]
        command += [part for name, file in files.items() for part in (f"--{name}", str(file))]
        subprocess.run(command, env=_surroundings(folder), stdout=sys.stderr, check=True)
        return grade(json.loads((folder / "out.json").read_text(encoding="utf-8")), asked)


def grade(outcome: Mapping[str, Any], asked: QuestionSet) -> Result:
    """Score what a peer's process wrote (see `benchmarks.peers.trial.run`)."""
    cuts = cuts_of([(doc, text) for doc, text in outcome["pieces"]], {document.id: document.text for document in asked.documents})
    scores = tuple(score(ranked, targets, cuts) for ranked, targets in zip(outcome["found"], asked.targets, strict=True))
    times = {name: outcome[name] for name in ("ingest_s", "ingest_cpu_s", "peak_mb")}
    return Result(scores, len(cuts.places), cuts.places.count(None), query_ms=tuple(outcome["query_ms"]), **times)


def _record(asked: QuestionSet, results: Mapping[str, Result]) -> dict[str, Any]:
    found = {name: asdict(result) for name, result in results.items()}
    return {"set": asked.name, "machine": machine(), "versions": _versions(results), "systems": found}


def table(results: Mapping[str, Result], chars: int) -> str:
    """Give the Markdown table; `chars` is the size of the documents in characters."""
    lines = [
        "| | passages | nDCG@10 | difference to stock | recall@5 | answer in first 4,000 characters "
        "| ingest: 1,000 characters/s, passages/s | query p50 / p95 ms | peak MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    base = results.get(BASELINE)
    for name, result in results.items():
        ndcg = values(result, "ndcg")
        apart = "" if base is None or name == BASELINE else _with_interval(ndcg - values(base, "ndcg"), "+")
        cells = [SYSTEMS[name].label, f"{result.passages:,}", _with_interval(ndcg), apart]
        cells += [f"{values(result, key).mean():.3f}" for key in ("recall", "in_context")]
        cells.append(f"{chars / 1000 / result.ingest_s:.1f}, {result.passages / result.ingest_s:.1f}")
        cells.append(" / ".join(f"{value:.1f}" for value in np.quantile(result.query_ms, (0.5, 0.95))))
        lines.append(f"| {' | '.join([*cells, f'{result.peak_mb:.0f}'])} |")
    return "\n".join(lines)


def closest(results: Mapping[str, Result]) -> str:
    """Say how Codecite's nDCG@10 differs from that of the strongest peer that ran."""
    peers = {name: values(result, "ndcg") for name, result in results.items() if SYSTEMS[name].environment}
    if not peers or "codecite" not in results:
        return ""
    best = max(peers, key=lambda name: float(peers[name].mean()))
    apart = values(results["codecite"], "ndcg") - peers[best]
    return f"\nCodecite against the strongest peer, {SYSTEMS[best].label}: {_with_interval(apart, '+')} nDCG@10."


def values(result: Result, key: str) -> Scores:
    """Give one score of every question."""
    return np.array([getattr(each, key) for each in result.scores])


def _with_interval(numbers: Scores, sign: str = "") -> str:
    low, high = interval(numbers)
    return f"{statistics.fmean(numbers):{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def _chars(asked: QuestionSet) -> int:
    return sum(len(document.text) for document in asked.documents)


def _chosen(given: argparse.Namespace) -> list[str]:
    """Give the systems to run; the filter by date and payer means something for the golden questions only."""
    every = [name for name in SYSTEMS if given.set == "golden" or name != "langchain-filtered"]
    return [name for name in every if not given.only or name in given.only]


def _surroundings(scratch: Path) -> dict[str, str]:
    """Give every system the same: no network, no telemetry, two threads, temporary files that go afterwards."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CODECITE_", "PYTHON"))}
    threads = {name: str(THREADS) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    silent = {"ANONYMIZED_TELEMETRY": "False", "HAYSTACK_TELEMETRY_ENABLED": "False", "TOKENIZERS_PARALLELISM": "false"}
    return {**kept, **threads, **silent, "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", "TMPDIR": str(scratch)}


def _versions(results: Mapping[str, Result]) -> list[str]:
    ran = dict.fromkeys(environment for name in results if (environment := SYSTEMS[name].environment))
    peers = dict.fromkeys(package.replace("==", " ") for environment in ran for package in environment.packages)
    shared = ("codecite", "torch", "sentence-transformers", "transformers", "onnxruntime", "numpy")
    return [*(f"{name} {version(name)}" for name in shared), *peers]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("set", choices=["covidqa", "golden"])
    parser.add_argument("--split", choices=["dev", "test"], default="dev", help="of the golden questions (default dev)")
    parser.add_argument("--papers", type=int, default=DEFAULT_PAPERS, help=f"of covidqa (default {DEFAULT_PAPERS}; 98 are all)")
    parser.add_argument("--data", type=Path, default=sets.DATA, help=f"the folder that holds covidqa (default {sets.DATA})")
    parser.add_argument("--only", nargs="+", choices=list(SYSTEMS), help="run these systems only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where every score goes (default build/bench/quality-SET.json)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
