"""What the repository says of itself is true, and what it forbids is not there."""

import ast
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import click
import pytest
from pytest_socket import SocketConnectBlockedError

from assistant.settings import Settings
from benchmarks import plots
from ingest.adapter import SHIPPED
from ui.cli import main

ROOT = Path(__file__).parents[2]
PACKAGES = ("corpus", "ingest", "assistant", "ui", "evals")


def sources() -> Iterator[tuple[Path, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, path.read_text(encoding="utf-8")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def unexplained(text: str) -> list[str]:
    """Give the clauses that catch everything and do not say why."""
    lines = text.splitlines()
    handlers = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ExceptHandler))
    broad = (h for h in handlers if h.type is None or re.search(r"\b(?:Base)?Exception\b", ast.unparse(h.type)))
    return [lines[h.lineno - 1].strip() for h in broad if not re.search(r"  # \w+ \w+", lines[h.lineno - 1])]


def test_every_catch_all_says_why() -> None:
    assert {path.name: found for path, text in sources() if (found := unexplained(text))} == {}


@pytest.mark.parametrize("clause", ["except Exception:", "except:", "except BaseException as e:", "except (OSError, Exception):  # noqa"])
def test_the_catch_all_check_sees_what_it_is_for(clause: str) -> None:
    assert unexplained(f"try:\n    pass\n{clause}\n    pass\n")
    assert not unexplained("try:\n    pass\nexcept Exception:  # the library raises them bare\n    pass\n")


def test_every_ignored_check_says_why() -> None:
    silent = [
        f"{path.name}: {line.strip()}"
        for path, text in sources()
        for line in text.splitlines()
        if re.search(r"# (?:type: ignore|noqa)[^#]*$", line)
    ]
    assert not silent


def test_the_settings_page_lists_exactly_the_settings_with_default_and_range() -> None:
    rows = re.findall(r"^\| `CODECITE_(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    assert [name.lower() for name, *_ in rows] == list(Settings.model_fields)
    for name, default, told, meaning in rows:
        field = Settings.model_fields[name.lower()]
        if isinstance(field.default, str | int | float):
            assert default.strip("`") == (str(field.default) or "empty"), name
        limits = [getattr(limit, kind, None) for limit in field.metadata for kind in ("gt", "ge", "lt", "le")]
        bounds = {f"{limit:g}" for limit in limits if limit is not None}
        choices = set(get_args(field.annotation)) if get_origin(field.annotation) is Literal else set()
        assert bounds == set(re.findall(r"\d+", told)), name
        assert choices <= set(re.findall(r"`(\w+)`", told)), name
        assert meaning.endswith("."), name


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    told = page.read_text()
    shown = "\n".join([*re.findall(r"^```[a-z]*\n(.*?)^```", told, re.MULTILINE | re.DOTALL), *re.findall(r"`([^`\n]+)`", told)])
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^(?:\$ )?make ([a-z]+)", shown, re.MULTILINE)) <= targets
    for line in re.findall(r"\bcodecite ([a-z][^\n#]*)", shown):
        assert missing(line.split()) == [], line


def missing(words: list[str]) -> list[str]:
    """Give what a command line names that the commands do not have."""
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        if words[0] not in command.commands:
            return words[:1]
        command, words = command.commands[words[0]], words[1:]
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    return [word for word in words if word.startswith("--") and word.split("=")[0] not in known]


def test_the_check_of_commands_sees_what_is_wrong() -> None:
    assert missing(["frobnicate"]) == ["frobnicate"]
    assert missing(["sources", "frobnicate"]) == ["frobnicate"]
    assert missing(["ask", "Why?", "--frob", "--json"]) == ["--frob"]


def test_help_of_every_command_names_every_option() -> None:
    def walk(command: click.Command) -> Iterator[click.Command]:
        yield command
        if isinstance(command, click.Group):
            for inner in command.commands.values():
                yield from walk(inner)

    for command in walk(main):
        assert command.help, command.name
        assert [o.name for o in command.params if isinstance(o, click.Option) and not o.help] == [], command.name


def test_layers_hold() -> None:
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_tracked_file_is_large_or_names_this_machine() -> None:
    for path in tracked():
        limit = 1_000_000 if path == SHIPPED or path.is_relative_to(ROOT / "docs" / "images") else 500_000
        assert path.stat().st_size <= limit, path
        if path.suffix in {".py", ".md", ".toml", ".txt", ".jsonl", ".json", ".css", ".js", ""}:
            named = re.search(r"(?<![\w.])/(?:work|root|home)/\w+", path.read_text(encoding="utf-8"))
            assert not named or path == Path(__file__), path


@pytest.mark.parametrize("name", ["index", "cache", "log", "sqlite3", "onnx", "safetensors"])
def test_nothing_built_is_tracked(name: str) -> None:
    assert not [path for path in tracked() if path.suffix == f".{name}" and path != SHIPPED]


def test_every_dependency_is_pinned() -> None:
    pinned = {re.split(r"==", line)[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().splitlines() if line}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.split(r"[=<>\[]", name)[0].lower() for name in wanted} <= pinned
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()


def test_the_licence_is_apache() -> None:
    text = " ".join((ROOT / "LICENSE").read_text().split())
    assert text.startswith("Apache License Version 2.0, January 2004 http://www.apache.org/licenses/")
    assert "END OF TERMS AND CONDITIONS" in text
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.invalid", 443)])
def test_no_test_can_reach_the_network(address: tuple[str, int]) -> None:
    with socket.socket() as outside, pytest.raises((SocketConnectBlockedError, UserWarning)):
        outside.connect(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_test_can_reach_this_machine(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect((host, server.getsockname()[1]))


def test_a_test_can_use_a_unix_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


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


def test_pictures_of_benchmarks_show_what_the_tables_say() -> None:
    for name, picture in plots.drawn((ROOT / plots.PAGE).read_text(encoding="utf-8")).items():
        assert (ROOT / plots.IMAGES / f"bench-{name}.svg").read_text(encoding="utf-8") == picture
