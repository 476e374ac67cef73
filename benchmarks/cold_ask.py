"""A cold question: a new process on a built library, Codecite against the stock recipe, in the same run.

    python -m benchmarks.cold_ask [--runs 7]

The stock recipe (`benchmarks/stock_ask.py`) returns four passages; Codecite returns a gated, cited answer.
"""

import argparse
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.timing import in_turn, machine, run_once, table
from corpus.digests import digest_root
from ingest.embed import PACKAGED, model_folder

WORK = Path("build/bench")
QUESTION = "Can 77370 be billed after treatment ends?"
_STOCK = ("langchain-huggingface", "langchain-chroma", "langchain-text-splitters", "sentence-transformers")


def main() -> None:
    """Prepare both sides where they are missing, then time them in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=7, help="counted runs of each side (default 7)")
    runs: int = parser.parse_args().runs
    environment = {"CODECITE_DATA_DIR": str(WORK / "library"), "HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
    commands = {"stock LangChain + Chroma": _stock(environment), "codecite ask": _codecite(environment)}
    found = in_turn(commands, environment, runs)
    print(f"{machine()}; codecite {version('codecite')}; {runs} counted runs each, in turn\n")
    print(table(found, "stock LangChain + Chroma"))


def _codecite(environment: dict[str, str]) -> list[str]:
    command = str(Path(sys.executable).parent / "codecite")
    if not (WORK / "library" / "library.sqlite3").exists():
        run_once([command, "ingest"], environment)
    return [command, "ask", QUESTION]


def _stock(environment: dict[str, str]) -> list[str]:
    """Give the stock command; its environment is made with the same torch and model library as ours."""
    python = WORK / "stock" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(WORK / "stock")], check=True)
        pins = [f"{name}=={version(name)}" for name in ("sentence-transformers", "transformers", "chromadb")]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", f"torch=={version('torch').split('+')[0]}"], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *_STOCK[:-1], *pins], check=True)
    store = WORK / "stock-store"
    command = [str(python), str(Path(__file__).with_name("stock_ask.py")), str(model_folder(PACKAGED)), str(store), QUESTION]
    if not store.exists():
        run_once([*command, str(digest_root())], environment)
    return command


if __name__ == "__main__":
    main()
