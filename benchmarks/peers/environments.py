"""The environments of the peers: each its own, made once, with the same torch and model library as ours."""

import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

FOLDER = Path("build/bench/envs")
_SPLITTER = "langchain-text-splitters==1.1.3"
_SHARED = ("sentence-transformers", "transformers", "tokenizers", "numpy")


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment and what is pinned in it beside torch and the model library."""

    name: str
    packages: tuple[str, ...]


LANGCHAIN = Environment("langchain", ("langchain-huggingface==1.2.3", "langchain-chroma==1.1.0", _SPLITTER, "chromadb==1.5.9"))
LLAMAINDEX = Environment("llamaindex", ("llama-index-core==0.14.25", "llama-index-embeddings-huggingface==0.8.0"))
HAYSTACK = Environment("haystack", ("haystack-ai==3.4.1", "sentence-transformers-haystack==2.0.0"))
TXTAI = Environment("txtai", ("txtai==9.14.0", _SPLITTER))


def python_of(environment: Environment) -> Path:
    """Give the interpreter of an environment; it is made where its pins have not been installed yet.

    Raises:
        CalledProcessError: a package cannot be installed.
    """
    home = (FOLDER / environment.name).resolve()
    python, stamp = home / "bin" / "python", home / "installed.txt"
    shared = [f"{name}=={version(name)}" for name in _SHARED]
    pins = "\n".join([f"torch=={_torch()}", *shared, *environment.packages])
    if not stamp.exists() or stamp.read_text() != pins:
        print(f"Installing {environment.name} in {FOLDER / environment.name} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        for packages in ([f"torch=={_torch()}"], pins.splitlines()):
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
        stamp.write_text(pins)
    return python


def _torch() -> str:
    return version("torch").split("+")[0]
