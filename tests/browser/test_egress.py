"""Nothing is asked of any other machine: not by the commands, not by the page, not by a visitor from another site."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import support
from tests.attacks.guard import guarded
from tests.browser.conftest import FLAGS, LOCAL, ROOT, served
from tests.browser.test_chat_page import ask

COMMANDS = """
from click.testing import CliRunner
from ui.cli import main
for words in (
    ["doctor"],
    ["ingest", "files"],
    ["ask", "May 77370 be billed after treatment ends?"],
    ["ask", "May 77370 be billed after treatment ends?", "--json"],
    ["find", "a physicist writes a report on past treatment"],
    ["sources", "list", "--csv", "list.csv", "--xlsx", "list.xlsx"],
    ["export", "library.zip"],
    ["doctor"],
):
    done = CliRunner().invoke(main, words)
    print(words[0], done.exit_code, done.output[-200:] if done.exit_code else "")
"""
PAGE = "import sys, ui.asgi as page\npage.run(int(sys.argv[1]), open_browser=False)\n"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def test_the_guard_notices_an_attempt(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import socket\ntry: socket.create_connection(('example.invalid', 80), 1)\nexcept OSError: pass\n"
    subprocess.run([sys.executable, *guarded(log, code)], check=True, timeout=30)
    assert "socket.getaddrinfo example.invalid" in log.read_text()


def test_no_command_reaches_out(runtime: Path, tmp_path: Path) -> None:
    data = support.build_library(tmp_path / "data", runtime, {"society.md": support.SOCIETY})
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "payer.md").write_text(support.PAYER + f"\n\n{support.PAYLOADS[0]} {support.PAYLOADS[3]}\n")
    environment = {**os.environ, "CODECITE_DATA_DIR": str(data), "PYTHONPATH": str(ROOT)}
    log = tmp_path / "log"
    command = [sys.executable, *guarded(log, COMMANDS)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert [line for line in done.stdout.splitlines() if line.startswith(("ingest", "ask", "find", "sources", "export"))] == [
        f"{name} 0 " for name in ("ingest", "ask", "ask", "find", "sources", "export")
    ]
    assert log.read_text() == ""


def test_the_page_reaches_out_for_nobody_and_lets_no_other_site_in(browser: Browser, data_dir: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert "--proxy-server=http://127.0.0.1:9" in FLAGS
    with served(data_dir, start=guarded(log, PAGE)) as at:
        page, outside = browser.new_page(), []
        page.on("request", lambda request: None if request.url.startswith(LOCAL) else outside.append(request.url))
        page.goto(at)
        page.get_by_role("button", name="How often may 77336 be billed?").wait_for()
        ask(page, "May 77370 be billed after treatment ends?")
        assert page.evaluate("performance.getEntriesByType('resource').every((one) => one.name.startsWith(location.origin))")
        page.close()
        for header in ({"Origin": "http://attacker.test"}, {"Host": "attacker.test"}, {"Origin": "null"}):
            assert _status(at, "GET", "/_stcore/stream", {"Origin": at, **UPGRADE, **header}) == 403, header
        for path in ("/", "/_stcore/health", "/media/x.csv"):
            assert _status(at, "GET", path, {"Host": "attacker.test"}) == 403, path
        for origin in ({}, {"Origin": at}, {"Origin": "http://attacker.test"}):
            assert _status(at, "PUT", "/_stcore/upload_file/session/file", {**origin, "Content-Type": "multipart/form-data"}) == 403, origin
    assert outside == []
    assert log.read_text() == ""


@pytest.mark.parametrize("path", ["/_stcore/upload_file/a/b", "/media/no-such-file.csv", "/_stcore/media/x", "/component/x/index.html"])
def test_refused_and_missing_files_carry_the_security_headers_too(server: str, path: str) -> None:
    try:
        with urllib.request.urlopen(server + path, timeout=10) as reply:
            headers = reply.headers
    except urllib.error.HTTPError as error:
        headers = error.headers
        error.close()
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy"):
        assert len(headers.get_all(name) or []) == 1, name


def _status(at: str, method: str, path: str, headers: dict[str, str]) -> int:
    connection = HTTPConnection(at.removeprefix("http://"), timeout=10)
    connection.request(method, path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status
