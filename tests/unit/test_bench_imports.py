"""Benchmarks run rarely; what they import of the project is there all the same, within functions too."""

import ast
import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest

OURS = {"assistant", "benchmarks", "corpus", "evals", "ingest", "ui"}
MODULES = sorted(Path(__file__).parents[2].joinpath("benchmarks").glob("*.py"))


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_what_a_benchmark_imports_of_the_project_is_there(file: Path) -> None:
    found = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    for node in found:
        module = node.module or ""
        if module.partition(".")[0] in OURS:
            names = vars(importlib.import_module(module))
            assert not [a.name for a in node.names if a.name not in names and find_spec(f"{module}.{a.name}") is None], module
