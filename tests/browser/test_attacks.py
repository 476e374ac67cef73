"""Forty pieces of markup wherever text of others is shown, in a real browser: nothing is loaded, nothing runs, all is text.

Each defence has to hold alone: the tour is made without the content security policy, by a server that only this test starts
(with ATTACKS=full in the environment, as make faults sets it, also with the policy), and the policy is tried on markup that is
put into the page as it is.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests import support
from tests.attacks.markup import CODES, HOST, PAYLOADS, documents, mail, question, workbook
from tests.browser.conftest import LOCAL, served
from tests.browser.test_chat_page import ask

WITHOUT_POLICY = (
    "import sys, ui.asgi as served\nserved.SecurityHeaders = lambda app, headers: app\nserved.run(int(sys.argv[1]), open_browser=False)\n"
)
START = {"with the policy": ("-m", "ui.asgi"), "without the policy": ("-c", WITHOUT_POLICY)}
PLANTED = """(host) => {
  const found = [];
  const look = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (node.closest('style')) continue;
      for (const one of node.attributes) {
        const link = node.matches('a[rel="noopener noreferrer"]') && one.name === 'href';
        if (['src', 'srcset', 'href', 'action', 'data', 'poster', 'srcdoc', 'style', 'content'].includes(one.name)
            && one.value.includes(host) && !link) found.push(node.outerHTML.slice(0, 200));
        if (one.name.startsWith('on') || /^\\s*(javascript|data:text)/i.test(one.value) && one.name === 'href') found.push(node.outerHTML.slice(0, 200));
      }
      if (node.matches('.katex, iframe, object, embed, math, base')) found.push(node.outerHTML.slice(0, 200));
    }
  };
  look(document.body);
  if (window.__pwn !== undefined) found.push('ran: ' + window.__pwn);
  return found;
}"""


@dataclass
class Watched:
    """A page and what it tried."""

    page: Page
    tried: list[str] = field(default_factory=list)
    surfaces: list[str] = field(default_factory=list)

    def look(self, surface: str) -> None:
        """Note a surface and what of the payloads became more than text on it."""
        self.surfaces.append(surface)
        self.tried += [f"{surface}: {found}" for found in self.page.evaluate(PLANTED, "attacker.test")]


@pytest.fixture(scope="module")
def library(browser: Browser, runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of nothing but attacks."""
    return support.build_library(tmp_path_factory.mktemp("attacked") / "codecite", runtime, documents())


@pytest.fixture(scope="module", params=list(START) if os.environ.get("ATTACKS") == "full" else ["without the policy"])
def attacked(request: pytest.FixtureRequest, library: Path) -> Iterator[str]:
    """The address of a page on a copy of that library."""
    copy = library.with_name(request.param.replace(" ", "-"))
    shutil.copytree(library, copy, copy_function=lambda one, other: (os.link if "runtime" in one else shutil.copy2)(one, other))
    with served(copy, start=START[request.param]) as address:
        yield address


@pytest.fixture
def watched(browser: Browser, attacked: str) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    found = Watched(page)
    page.set_default_timeout(20_000)
    context.on("request", lambda request: None if request.url.startswith(LOCAL) else found.tried.append(f"request: {request.url}"))
    context.on("page", lambda opened: None if opened is page else found.tried.append(f"window: {opened.url}"))
    page.on("dialog", lambda dialog: (found.tried.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("download", lambda download: None)
    page.goto(attacked)
    page.get_by_role("button", name="How often may 77336 be billed?").wait_for()
    yield found
    context.close()


def shown(text: str) -> str:
    """Give text as it can be compared: without what parts links and without differences of blanks."""
    return " ".join(re.sub(r"[\u200b\u202a-\u202e]", "", text).split())


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page is drawn whole."""
    page.locator('[data-testid=stApp][data-test-script-state="notRunning"]').wait_for()


def test_answers_and_findings_show_markup_as_text(watched: Watched) -> None:
    page = watched.page
    quoted = ""
    for code in CODES[:3]:
        ask(page, question(code))
        watched.look(f"answer on {code}")
        quoted += page.locator(".answer").last.inner_text()
    chip = page.get_by_role("button", name="Source 1:").last
    chip.hover()
    watched.look("tooltip")
    chip.click()
    expect(page.get_by_role("dialog").locator("mark")).to_be_visible()
    watched.look("drawer")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    ask(page, f"May 77370 be billed twice a course? {' '.join(PAYLOADS)}"[:3_900])
    watched.look("question")
    ask(page, "Is anaesthesia for porcelain crowns, 00170, payable?")
    watched.look("near misses")
    ask(page, "And 77336?")
    watched.look("carried over")
    page.reload()
    page.locator(".badge").first.wait_for()
    watched.look("conversation opened again")
    tab(page, "Find codes")
    page.get_by_role("textbox", name="What was done").fill(f"physician asks for a rule twice a course {' '.join(PAYLOADS)}"[:1_500])
    page.get_by_role("button", name="Find codes").click()
    page.locator(".badge").first.wait_for()
    watched.look("findings")
    assert watched.tried == []
    assert len([payload for payload in PAYLOADS if shown(payload) in shown(quoted)]) >= 6


def test_the_library_shows_markup_as_text(watched: Watched) -> None:
    page = watched.page
    tab(page, "Library")
    page.get_by_role("textbox", name="Search").wait_for()
    watched.look("list")
    listed = shown(page.get_by_test_id("stMain").inner_text())
    page.get_by_role("button", name="Page 2").click()
    page.get_by_text(re.compile("26 to ")).wait_for()
    settle(page)
    watched.look("second page of the list")
    listed += shown(page.get_by_test_id("stMain").inner_text())
    assert [payload for payload in PAYLOADS if shown(payload) not in listed] == []
    files = [
        FilePayload(name=f"{PAYLOADS[11]}.eml", mimeType="message/rfc822", buffer=mail(PAYLOADS[11])),
        FilePayload(name=f"{PAYLOADS[34]}.xlsx", mimeType="application/octet-stream", buffer=workbook(PAYLOADS[34])),
        FilePayload(name=f"{PAYLOADS[0]}.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 no more"),
        FilePayload(name=f"{PAYLOADS[9]}.bin", mimeType="application/octet-stream", buffer=b"\x7fELF\0"),
    ]
    page.locator("input[type=file]").first.set_input_files(files)
    expect(page.get_by_test_id("stFileChip")).to_have_count(len(files))
    watched.look("files chosen")
    page.get_by_role("button", name="Add to the library").click()
    page.get_by_text("Files added last").wait_for()
    watched.look("outcome of an upload")
    page.get_by_role("textbox", name="Search").fill(PAYLOADS[4])
    page.keyboard.press("Enter")
    page.get_by_text("1 document", exact=True).wait_for()
    watched.look("search")
    page.get_by_role("button", name="javascript").first.click()
    page.get_by_role("region", name="Text with passages marked").wait_for()
    watched.look("document")
    page.get_by_text("Change its properties").click()
    page.get_by_role("textbox", name="Title", exact=True).fill(PAYLOADS[11] + PAYLOADS[0])
    page.get_by_role("textbox", name="Link to the original").fill("javascript:window.__pwn=41")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").or_(page.get_by_role("status").filter(has_text="Saved.")).first.wait_for()
    watched.look("refused edit")
    page.get_by_role("textbox", name="Link to the original").fill(f"{HOST}/41")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").filter(has_text="Saved.").wait_for()
    watched.look("edited document")
    page.get_by_role("button", name="Ask within this document").click()
    page.get_by_role("button", name="Asked within").wait_for()
    watched.look("chip of one document")
    tab(page, "Library")
    page.get_by_role("region", name="Text with passages marked").wait_for()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("status").filter(has_text="Removed:").wait_for()
    watched.look("removed")
    assert watched.tried == []
    assert len(watched.surfaces) == 10


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a server of another origin, and what it was asked for."""
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_POST = do_GET  # noqa: N815  # the name is that of the standard library

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as http:
        Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_address[1]}", asked
        http.shutdown()


RUN = """async (html) => {
  const place = document.body.appendChild(document.createElement('div'));
  place.innerHTML = html;
  for (const script of place.querySelectorAll('script')) {
    const copy = document.createElement('script');
    for (const one of script.attributes) copy.setAttribute(one.name, one.value);
    copy.textContent = script.textContent;
    script.replaceWith(copy);
  }
  for (const form of place.querySelectorAll('form')) form.requestSubmit();
  fetch(html.match(/http:[^"' >)]+/)?.[0] ?? '/').catch(() => null);
  await new Promise((done) => setTimeout(done, 120));
  return window.__pwn ?? null;
}"""


@pytest.mark.parametrize("policy", list(START))
def test_markup_put_into_the_page_loads_and_runs_nothing_with_the_policy_alone(
    browser: Browser, data_dir: Path, outside: tuple[str, list[str]], policy: str
) -> None:
    address, asked = outside
    ran = []
    with served(data_dir, start=START[policy]) as at:
        page = browser.new_page()
        page.goto(at)
        page.get_by_role("button", name="How often may 77336 be billed?").wait_for()
        for number, payload in enumerate(PAYLOADS):
            if "refresh" in payload or ("<form" in payload and policy == "without the policy"):
                continue  # it leaves the page; no policy keeps a page from sending itself elsewhere, only that the markup stays text
            if page.evaluate(RUN, payload.replace(HOST, address)):
                ran.append(number)
        page.close()
    if policy == "with the policy":
        assert (asked, ran) == ([], [])
    else:
        assert len(set(asked)) > 10
        assert ran
