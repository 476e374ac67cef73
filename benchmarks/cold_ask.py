"""A cold question: a new process on a built library, Codecite against the stock recipe, in the same run.

    python -m benchmarks.cold_ask [--runs 7] [--json FILE]

The stock recipe (`benchmarks/stock_ingest.py`, `benchmarks/stock_ask.py`) returns four passages; Codecite returns a gated, cited answer.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from benchmarks.timing import Run, in_turn, machine, paired_range, ratios, run_once, table
from corpus.digests import digest_paths, digest_root
from ingest.embed import PACKAGED, model_folder

WORK = Path("build/bench")
QUESTIONS = (
    "Can 77370 be billed after treatment ends?",
    "May weekly chart checks be done remotely?",
    "Which modifiers apply to 77295?",
    "Does 77371 need modifier 26 or TC?",
    "What makes 77307 complex?",
)
TARGET = 10
_OURS, _THEIRS = "codecite ask", "stock LangChain + Chroma"
_STOCK = ("langchain-huggingface==1.2.3", "langchain-chroma==1.1.0", "langchain-text-splitters==1.1.3")
_SHARED = ("torch", "sentence-transformers", "transformers", "chromadb", "tokenizers", "numpy")


def main() -> None:
    """Prepare both sides where they are missing, then time them in turn and print the table."""
    given = _arguments()
    library = WORK / f"library-{_digest()}"
    environment = _environment(library)
    commands = {_THEIRS: _stock(library, environment), _OURS: _codecite(library, environment)}
    found = in_turn(commands, QUESTIONS, environment, given.runs)
    print(f"{machine()}; codecite {version('codecite')}, {', '.join(_versions())}; {given.runs} counted runs each, in turn\n")
    print(table(found, _THEIRS))
    print(_finding(found[_OURS], found[_THEIRS]))
    if given.json:
        runs = {name: [asdict(run) for run in made] for name, made in found.items()}
        given.json.write_text(json.dumps({"machine": machine(), "versions": _versions(), "questions": QUESTIONS, "runs": runs}, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=7, help="counted runs of each side (default 7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every run to FILE")
    return parser.parse_args()


def _finding(ours: Sequence[Run], base: Sequence[Run]) -> str:
    """Say in words whether the target is met, by wall clock and by processor time."""
    ratio = ratios(ours, base)
    parts = []
    for key, name in (("wall_s", "wall"), ("cpu_s", "processor")):
        least, greatest = paired_range(ours, base, key)
        met = "met" if ratio[key] >= TARGET else "missed"
        parts.append(f"{name} 1/{ratio[key]:.1f} (1/{least:.1f} to 1/{greatest:.1f} between neighbours), {met}")
    return f"\nTarget 1/{TARGET}: {'; '.join(parts)}."


def _codecite(library: Path, environment: dict[str, str]) -> list[str]:
    command = str(Path(sys.executable).parent / "codecite")
    if not (library / "built").exists():
        shutil.rmtree(library, ignore_errors=True)
        print("Building Codecite's library …", file=sys.stderr)
        run_once([command, "ingest"], environment)
        (library / "built").touch()
    return [command, "ask"]


def stock_python() -> Path:
    """Give the Python of the stock recipe's own environment, made where it is missing, with the same torch and model library as ours."""
    python = WORK / "stock" / "bin" / "python"
    if not (WORK / "stock" / "installed").exists():
        print("Installing the stock recipe in an environment of its own …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(WORK / "stock")], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, f"torch=={_plain('torch')}"], check=True)
        subprocess.run([*pip, *_STOCK, *(f"{name}=={_plain(name)}" for name in _SHARED)], check=True)
        (WORK / "stock" / "installed").touch()
    return python


def _stock(library: Path, environment: dict[str, str]) -> list[str]:
    store = library.with_name(library.name.replace("library", "stock-store"))
    asks, ingests = (
        [str(stock_python()), str(Path(__file__).with_name(script)), str(model_folder(PACKAGED)), str(store)]
        for script in ("stock_ask.py", "stock_ingest.py")
    )
    if not (store / "built").exists():
        shutil.rmtree(store, ignore_errors=True)
        print("Building the stock recipe's store …", file=sys.stderr)
        run_once([*ingests, str(digest_root())], environment)
        (store / "built").touch()
    return asks


def _environment(library: Path) -> dict[str, str]:
    """Give both sides the same surroundings: no network, no telemetry, defaults otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CODECITE_", "PYTHON"))}
    return {**kept, "CODECITE_DATA_DIR": str(library), "HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}


def _digest() -> str:
    """Name what the libraries are built from, so that a change of the corpus or of ingestion builds them anew."""
    root = Path(__file__).parent.parent
    code = [path for package in ("corpus", "ingest") for path in sorted((root / package).rglob("*.py"))]
    digest = hashlib.sha256()
    for path in (*digest_paths(), *code):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:10]


def _versions() -> list[str]:
    return [name.replace("==", " ") for name in _STOCK] + [f"{name} {_plain(name)}" for name in ("onnxruntime", *_SHARED)]


def _plain(name: str) -> str:
    return version(name).split("+")[0]


if __name__ == "__main__":
    main()
