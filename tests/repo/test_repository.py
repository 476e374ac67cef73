"""What the repository says of itself is true, and what it forbids is not there."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import Settings
from ui.cli import main

ROOT = Path(__file__).parents[2]
PACKAGES = ("corpus", "ingest", "assistant", "ui", "evals")
BANNED_IMPORTS = {"pickle", "marshal", "shelve", "joblib", "dill", "requests", "urllib.request", "httpx", "aiohttp"}
BANNED_CALLS = {"eval", "exec", "torch.load", "yaml.load", "st.iframe", "components.html"}
BANNED_WORDS = ("allow_pickle", "trust_remote_code", "query_texts", "unsafe_allow_html", "unsafe_allow_javascript", "components.v1")


def sources() -> Iterator[tuple[Path, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, path.read_text(encoding="utf-8")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_nothing_unsafe_is_imported_called_or_switched_on() -> None:
    found = []
    for path, text in sources():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {a.name for a in node.names} | ({node.module or ""} if isinstance(node, ast.ImportFrom) else set())
                found += [(path.name, name) for name in names & BANNED_IMPORTS]
            if isinstance(node, ast.Call) and ast.unparse(node.func) in BANNED_CALLS:
                found.append((path.name, ast.unparse(node.func)))
        found += [(path.name, word) for word in BANNED_WORDS if word in text]
    assert not found


def test_every_catch_all_says_why() -> None:
    bare = [
        f"{path.name}: {line.strip()}"
        for path, text in sources()
        for line in text.splitlines()
        if "except Exception" in line and "#" not in line
    ]
    assert not bare


def test_every_ignored_check_says_why() -> None:
    silent = [
        f"{path.name}: {line.strip()}"
        for path, text in sources()
        for line in text.splitlines()
        if re.search(r"# (?:type: ignore|noqa)[^#]*$", line)
    ]
    assert not silent


def test_the_settings_page_lists_exactly_the_settings() -> None:
    listed = re.findall(r"^\| `CODECITE_(\w+)` \| ([^|]*) \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    assert [name.lower() for name, _ in listed] == list(Settings.model_fields)
    defaults = {name.lower(): default.strip("` ") for name, default in listed}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | int | float) and field.default != "":
            assert defaults[name] == str(field.default)


def test_the_readme_is_short_and_names_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 150
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", readme)) <= targets
    assert set(re.findall(r"\bcodecite ([a-z]+)\b", readme)) - {"command"} <= set(main.commands)
    for link in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (ROOT / link).exists(), link


def test_layers_hold() -> None:
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_tracked_file_is_large_or_names_this_machine() -> None:
    for path in tracked():
        assert path.stat().st_size <= 600_000, path
        if path.suffix in {".py", ".md", ".toml", ".txt", ".jsonl", ".json", ".css", ".js", ""}:
            named = re.search(r"(?<![\w.])/(?:work|root|home)/\w+", path.read_text(encoding="utf-8"))
            assert not named or path == Path(__file__), path


@pytest.mark.parametrize("name", ["index", "cache", "log", "sqlite3", "onnx", "safetensors"])
def test_nothing_built_is_tracked(name: str) -> None:
    assert not [path for path in tracked() if path.suffix == f".{name}"]


def test_every_dependency_is_pinned() -> None:
    pinned = {re.split(r"==", line)[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().splitlines() if line}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.split(r"[=<>\[]", name)[0].lower() for name in wanted} <= pinned
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()


def test_the_licence_is_apache() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]


def test_the_changelog_has_an_unreleased_section() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()


def test_every_dependency_is_told_with_its_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = (ROOT / "docs/decisions/0005-dependencies.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9, -]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    told = {name for names, *cells in rows if all(cell.strip() for cell in cells) for name in names.split(", ")}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert told - {"package"} == {re.split(r"[=<>\[]", name)[0].lower() for name in wanted}


def test_decisions_are_numbered_and_under_a_page() -> None:
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [record.name[:4] for record in records] == [f"{n:04d}" for n in range(1, len(records) + 1)]
    for record in records:
        assert record.read_text().startswith(f"# {record.name[:4]} ")
        assert len(record.read_text().splitlines()) <= 60, record.name
