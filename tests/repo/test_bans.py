"""What no shipped module may import, call or switch on, read from the syntax tree; each exception is named with its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("corpus", "ingest", "assistant", "ui", "evals", "benchmarks")

IMPORTS = {
    "code kept as data": "pickle cPickle _pickle marshal shelve joblib dill cloudpickle jsonpickle",
    "code made from text": "code codeop runpy imp pty",
    "documents fetched": "requests urllib.request urllib3 httpx aiohttp http.client ftplib smtplib telnetlib xmlrpc socketserver websockets",
    "raw network": "socket ssl",
    "other programs": "subprocess multiprocessing webbrowser",
    "native code": "ctypes cffi",
    "prompts and chains that load themselves": "langchain_core.load langchain.load langchain_core.prompts.loading langchain_community.document_loaders",
    "markup that runs": "streamlit.components.v1",
    "weights from elsewhere": "huggingface_hub",
}
CALLS = {
    "code made from text": "eval exec compile __import__ importlib.import_module importlib.reload",
    "code kept as data": "torch.load torch.jit.load torch.hub.load yaml.load yaml.unsafe_load yaml.full_load yaml.load_all np.load numpy.load "
    "pd.read_pickle load_prompt load_chain langchain.loads langchain.load",
    "other programs": "os.system os.popen os.execv os.execve os.execvp os.spawnv os.spawnl os.posix_spawn os.fork os.startfile",
    "members of archives that name their own place": ".extractall shutil.unpack_archive tempfile.mktemp",
    "markup that runs": "st.iframe st.components.v1.html st.components.v1.iframe components.html components.iframe components.v1.html",
    "a Chroma server": "chromadb.HttpClient chromadb.AsyncHttpClient chromadb.Client HttpClient AsyncHttpClient",
    "weights from elsewhere": "snapshot_download hf_hub_download",
}
NAMES = {
    "code kept as data": "allow_pickle allow_dangerous_deserialization",
    "code from elsewhere": "trust_remote_code",
    "Chroma embedding by itself": "query_texts query_images query_uris",
    "markup that runs": "unsafe_allow_html unsafe_allow_javascript",
    "a shell": "shell",
}

SUBPROCESS = "starts this Python, or a program told by its whole path, with a list of words and no shell"
MAY = {
    ("ingest/sandbox.py", "subprocess"): SUBPROCESS + ": the child that reads files",
    ("ingest/vectors.py", "subprocess"): SUBPROCESS + ": a child tries a damaged Chroma folder before this process opens it",
    ("ingest/tesseract.py", "subprocess"): SUBPROCESS + ": Tesseract, on the pixels of a page that the child drew",
    ("ingest/confined.py", "importlib.import_module"): "names of our own in the source, before any file is read",
    ("ingest/confined.py", "ctypes"): "unshare: takes the network from the child that reads files",
    ("ingest/build.py", "ctypes"): "malloc_trim: gives back the memory that a large file took",
    ("ingest/extract/pdf_objects.py", "ctypes"): "numbers in and out of PDFium, which pypdfium2 loads",
    ("ingest/extract/pdf_page.py", "ctypes"): "numbers in and out of PDFium, which pypdfium2 loads",
    ("ingest/extract/pdf_seen.py", "ctypes"): "numbers in and out of PDFium, which pypdfium2 loads",
    ("ui/asgi.py", "webbrowser"): "opens this page on this machine when the owner starts it",
    ("ui/cli.py", "socket"): "sees whether the port on 127.0.0.1 is free",
    ("benchmarks/cold_ask.py", "subprocess"): SUBPROCESS + ": each start is timed from outside",
    ("benchmarks/peers/environments.py", "subprocess"): SUBPROCESS + ": peers run in environments of their own",
    ("benchmarks/quality.py", "subprocess"): SUBPROCESS + ": each peer is asked in its own environment",
    ("benchmarks/scale.py", "subprocess"): SUBPROCESS + ": memory is measured of a fresh process",
    ("benchmarks/timing.py", "subprocess"): SUBPROCESS + ": each start is timed from outside",
}
"""Module and word that it may use, with the reason. The ban holds everywhere else, and an exception not needed fails."""


def words(table: dict[str, str]) -> frozenset[str]:
    return frozenset(word for listed in table.values() for word in listed.split())


BANNED_IMPORTS, BANNED_CALLS, BANNED_NAMES = words(IMPORTS), words(CALLS), words(NAMES)


def uses(text: str) -> set[str]:
    """Give the banned words of a module: imports, calls (by whole name, or by their last part), keywords and names of options."""
    return {word for node in ast.walk(ast.parse(text)) for word in (*_imports(node), *_calls(node), *_names(node))}


def _imports(node: ast.AST) -> Iterator[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
    if isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{name}" for name in names]
        yield from (name.rpartition(".")[2] for name in names if name.rpartition(".")[2] in BANNED_CALLS or name in BANNED_CALLS)
    yield from (word for word in BANNED_IMPORTS for name in names if f"{name}.".startswith(f"{word}."))


def _calls(node: ast.AST) -> Iterator[str]:
    told = _dotted(node)
    method = f".{node.attr}" if isinstance(node, ast.Attribute) else ""
    yield from (word for word in BANNED_CALLS if told == word or method == word)


def _dotted(node: ast.AST) -> str:
    """Give `a.b.c` as it is written, "" of what is no such name."""
    if isinstance(node, ast.Attribute):
        within = _dotted(node.value)
        return f"{within}.{node.attr}" if within else ""
    return node.id if isinstance(node, ast.Name) else ""


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.keyword) and node.arg in BANNED_NAMES and ast.unparse(node.value) != "False":
        yield node.arg
    if isinstance(node, ast.Constant) and node.value in BANNED_NAMES:
        yield str(node.value)
    if isinstance(node, ast.Call) and _dotted(node.func) in {"getattr", "vars", "globals", "locals"}:
        asked = node.args[1] if len(node.args) > 1 else None
        if asked is None or (isinstance(asked, ast.Constant) and str(asked.value) in {"system", "popen", "load", "loads", "eval", "exec"}):
            yield _dotted(node.func)


def test_nothing_banned_is_used_but_where_a_reason_is_given() -> None:
    found = {
        (str(path.relative_to(ROOT)), word)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for word in uses(path.read_text(encoding="utf-8"))
    }
    assert found - MAY.keys() == set()
    assert MAY.keys() - found == set()


SEEN = (
    *(f"import {word}" for word in BANNED_IMPORTS),
    *(f"from {word} import x" for word in BANNED_IMPORTS),
    *(f"{'a' if word.startswith('.') else ''}{word}(x)" for word in BANNED_CALLS),
    *(f"f({word}=True)" for word in BANNED_NAMES),
    "from urllib import request",
    "from torch import load",
    "from yaml import unsafe_load",
    "from os import system",
    "run = eval",
    "f(**{'trust_remote_code': True})",
    "getattr(os, 'system')('x')",
    "globals()['ev' + 'al']",
    "with zipfile.ZipFile(f) as z: z.extractall(p)",
)
UNSEEN = ("import json", "json.loads(t)", "re.compile(p)", "import http", "yaml.safe_load(t)", "run(c, shell=False)", "np.load_library(x)")


def test_the_ban_sees_what_it_bans_and_nothing_harmless() -> None:
    assert [line for line in SEEN if not uses(line)] == []
    assert [line for line in UNSEEN if uses(line)] == []
