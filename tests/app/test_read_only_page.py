"""The page on a library whose folder cannot be written, in a process without the right to: it answers, and offers no change."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
_RIGHTS = "-dac_override,-dac_read_search"  # with which root writes wherever it likes
LOOK = """
import json
from streamlit.testing.v1 import AppTest
from tests.chat_page import PAGE, answers, ask, html_of, open_page
asking = open_page()
ask(asking, "May 77370 be billed after treatment ends?")
ask(asking, "What does 77999 need?")
library = AppTest.from_file(PAGE, default_timeout=60)
library.session_state["tab"] = "Library"
library.run()
listed, shown = [b.label for b in library.button], html_of(library)
next(b for b in library.button if b.label.startswith("Radiation")).click().run()
print(json.dumps({
    "answers": [len(a["sources"]) for a in answers(asking)],
    "told": html_of(asking) + " ".join(c.value for c in asking.sidebar.caption),
    "library": shown,
    "exceptions": len(asking.exception) + len(library.exception),
    "listed": listed,
    "opened": [b.label for b in library.button],
    "fields": [f.label for page in (asking, library) for f in page.file_uploader],
}))
"""

pytestmark = pytest.mark.skipif(os.name != "posix" or (os.geteuid() == 0 and not shutil.which("setpriv")), reason="no user without rights")


@pytest.fixture
def folder(tiny_library: Path) -> Iterator[Path]:
    folders = [tiny_library, *(path for path in tiny_library.rglob("*") if path.is_dir())]
    for each in folders:
        each.chmod(0o555)
    yield tiny_library
    for each in folders:
        each.chmod(0o755)


def without_rights(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    plain = ["setpriv", f"--bounding-set={_RIGHTS}", f"--inh-caps={_RIGHTS}"] if os.geteuid() == 0 else []
    environment = {**os.environ, "CODECITE_DATA_DIR": str(folder)}
    return subprocess.run([*plain, sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_it_answers_and_says_that_nothing_can_be_added_or_kept(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    done = without_rights(folder, "-c", LOOK)
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert seen["exceptions"] == 0
    assert seen["answers"][0] >= 1
    assert "read only: nothing can be added or kept" in seen["told"]
    assert "This library is read only" in seen["library"]
    assert seen["fields"] == []
    assert {"Add to the library", "Remove", "Erase for good", "Replace", "Load the starter sources"}.isdisjoint(seen["listed"])
    assert {"Remove", "Erase for good", "Replace"}.isdisjoint(seen["opened"])
    assert "Ask within this document" in seen["opened"]
    assert "Chroma is not usable" not in done.stderr
    assert sorted(folder.rglob("*")) == before


def test_a_library_that_its_owner_exchanges_is_read_anew(folder: Path) -> None:
    exchange = """
import os, sys
from pathlib import Path
from ui import shelf
held = shelf.open_shared()
assert held is shelf.open_shared()
file = Path(sys.argv[1]) / "library.sqlite3"
os.utime(file)
opened = shelf.open_shared()
assert opened is not held
print(len(opened.library.documents()))
"""
    assert without_rights(folder, "-c", exchange, str(folder)).stdout.splitlines() == ["2"]
