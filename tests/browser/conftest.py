"""A real server on a free port and a real browser that can reach nothing else."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests import support

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=127.0.0.1",
)
_PATIENCE_MS = 20_000
expect.set_options(timeout=_PATIENCE_MS)
LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _chromium(playwright: Playwright) -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    path = found or playwright.chromium.executable_path
    if Path(path).exists():
        return path
    if os.environ.get("CI"):
        pytest.fail("CI is set and no Chromium is installed; run: make browser")
    pytest.skip("no Chromium on this machine; run: make browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=_chromium(playwright), headless=True, args=list(FLAGS))
        print(f"chromium {launched.version}")  # noqa: T201  # it moves with the distribution, so a report names it
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def data_dir(browser: Browser, runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that the server reads; it needs the browser, so that nothing is built where there is none."""
    documents = {"society.md": support.SOCIETY, "payer.md": support.PAYER, "hostile.md": support.hostile()}
    return support.build_library(tmp_path_factory.mktemp("served") / "codecite", runtime, documents)


@pytest.fixture(scope="session")
def server(data_dir: Path) -> Iterator[str]:
    """The address of a page that is being served."""
    with served(data_dir) as address:
        yield address


@pytest.fixture
def serve(data_dir: Path) -> Iterator[Callable[..., str]]:
    """Give a function that serves a page of its own with other settings and gives its address."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(served(data_dir, **settings))


@contextmanager
def served(data_dir: Path, *, start: tuple[str, ...] = ("-m", "ui.asgi"), **settings: str) -> Iterator[str]:
    """Give the address of a page that shows the library in `data_dir`; `start` is what Python is given before the port."""
    port = _free_port()
    log = data_dir / f"server-{port}.log"
    environment = {**os.environ, **settings, "CODECITE_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)}
    with (
        log.open("w") as out,
        subprocess.Popen([sys.executable, *start, str(port)], cwd=data_dir, env=environment, stdout=out, stderr=out) as process,
    ):
        address = f"http://127.0.0.1:{port}"
        try:
            _await_health(f"{address}/_stcore/health", log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_health(url: str, log: Path, timeout_s: float = 30) -> None:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                if reply.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the page did not start: {log.read_text()}")


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Give a function that opens the page; afterwards, no page may have asked for anything outside."""
    contexts, outside = [], []

    def open_(*, at: str = server, width: int = 1280, height: int = 800, dark: bool = False) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("request", lambda request: None if request.url.startswith(LOCAL) else outside.append(request.url))
        page.goto(at)
        page.get_by_role("button", name="How often may 77336 be billed?").wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert outside == []
