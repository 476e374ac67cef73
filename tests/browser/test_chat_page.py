"""The chat page in a real browser: what a coder sees, hears and can reach by keyboard, and what attacks cannot do."""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests import support

Opener = Callable[..., Page]
QUOTE = "Yes, 77370 may be billed after treatment ends when a physician asks in writing for an analysis of past treatment."
ROOT = Path(__file__).parents[2]


def ask(page: Page, question: str) -> None:
    answers = page.locator(".badge").count()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(".badge")).to_have_count(answers + 1)


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_an_answer_leads_from_verdict_to_quote_to_source(open_page: Opener) -> None:
    page = open_page()
    ask(page, "Can 77370 be billed after treatment ends?")
    expect(page.locator(".badge")).to_have_text("It depends")
    expect(page.get_by_role("status").filter(has_text="Answer ready, 1 source")).to_have_count(1)
    chip = page.get_by_role("button", name="Source 1: Physics services, questions and answers, Example Society of Physics").first
    chip.hover()
    expect(page.get_by_role("tooltip")).to_contain_text(QUOTE)
    page.mouse.move(5, 5)
    expect(page.get_by_role("tooltip")).to_be_hidden()
    chip.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator("mark")).to_have_text(QUOTE)
    expect(drawer.locator(".cc-passage")).to_contain_text("A written report signed by the physicist must be in the record")
    expect(drawer.locator(".cc-facts")).to_contain_text("in force from 2026-01-01")
    link = drawer.get_by_role("link", name="https://society.example/physics")
    expect(link).to_have_attribute("href", "https://society.example/physics")


def test_everything_can_be_reached_by_keyboard_alone(open_page: Opener) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_test_id("stChatInputTextArea").focus()
    page.keyboard.type("Can 77370 be billed after treatment ends?")
    page.keyboard.press("Enter")
    chip = page.get_by_role("button", name="Source 1:").first
    chip.wait_for()
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if chip.evaluate("chip => chip.getRootNode().activeElement === chip"):
            break
    expect(page.get_by_role("tooltip")).to_contain_text(QUOTE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator("mark")).to_have_text(QUOTE)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(chip).to_be_focused()
    page.get_by_role("button", name="Copy answer").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert f"Why: {QUOTE} [1]" in page.evaluate("navigator.clipboard.readText()")
    page.keyboard.press("Control+Shift+K")
    expect(page.locator(".badge")).to_have_count(0)


def test_an_abstention_is_a_state_of_its_own_with_near_misses(open_page: Opener) -> None:
    page = open_page()
    ask(page, "What does Medicare pay for 77370 in dollars?")
    expect(page.locator(".badge")).to_have_text("Not in your library")
    expect(page.get_by_text("What to add")).to_be_visible()
    expect(page.locator(".sources")).to_have_count(0)
    page.get_by_role("button", name="Open nearest passage 1:").click()
    expect(page.get_by_role("dialog").locator("mark")).to_contain_text("77370")


def test_a_phone_in_dark_mode_shows_it_all_without_scrolling_sideways(open_page: Opener) -> None:
    page = open_page(width=390, height=844, dark=True)
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert max(int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(",")) < 60
    assert not scrolls_sideways(page)
    ask(page, "How often may 77336 be billed?")
    expect(page.locator(".sides .card")).to_have_count(2)
    expect(page.locator(".badge")).to_be_in_viewport()
    assert not scrolls_sideways(page)
    page.locator(".chip").first.click()
    expect(page.get_by_role("dialog").locator("mark")).to_be_in_viewport()
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("dark", [False, True])
def test_no_serious_barrier_is_found(open_page: Opener, dark: bool) -> None:
    page = open_page(dark=dark)
    found = {"empty page": Axe().run(page)}
    ask(page, "How often may 77336 be billed?")
    ask(page, "What does Medicare pay for 77370 in dollars?")
    found["answers"] = Axe().run(page)
    page.get_by_role("button", name="Open nearest passage 1:").click()
    page.get_by_role("dialog").locator("mark").wait_for()
    found["drawer"] = Axe().run(page)
    assert support.serious_barriers(found.values()) == []


def test_attacks_in_a_document_or_a_question_stay_text(open_page: Opener) -> None:
    page = open_page()
    ask(page, "How often may 77600 hyperthermia be billed?")
    chip = page.locator(".chip").first
    chip.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("<script>window.__pwned")
    chip.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name="<script>")).to_be_visible()
    expect(drawer.get_by_role("link")).to_have_text(["https://attacker.test/document"])
    page.keyboard.press("Escape")
    page.get_by_role("combobox").click()
    expect(page.get_by_role("option").filter(has_text="attacker.test")).to_be_visible()
    page.get_by_role("option").filter(has_text="attacker.test").click()
    for payload in support.PAYLOADS:
        ask(page, payload)
    assert page.evaluate("window.__pwned") is None
    assert page.locator("img[src*='attacker']").count() == 0
    assert page.locator("a[href*='attacker']").count() == 0


def test_the_next_question_sees_what_another_process_ingested(open_page: Opener, data_dir: Path) -> None:
    page = open_page()
    ask(page, "Does 77371 need modifier 26 or TC?")
    expect(page.locator(".badge").last).to_have_text("Not in your library")
    script = f"from pathlib import Path; from tests import support; support.add_documents(Path({str(data_dir)!r}), {{'later.md': support.LATER}})"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)
    ask(page, "Does 77371 need modifier 26 or TC?")
    expect(page.locator(".sources").last).to_contain_text("Modifier notes")


@pytest.mark.parametrize(
    ("header", "value", "status"), [("X-Plain", "1", 101), ("Host", "attacker.test", 403), ("Origin", "http://attacker.test", 403)]
)
def test_another_site_cannot_talk_to_the_page(server: str, header: str, value: str, status: int) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection = HTTPConnection(server.removeprefix("http://"), timeout=10)
    connection.request("GET", "/_stcore/stream", headers={"Origin": server, **upgrade, header: value})
    assert connection.getresponse().status == status
    connection.close()


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/host-config", "/no-such-page.js"])
def test_every_response_carries_the_security_headers(server: str, path: str) -> None:
    try:
        with urllib.request.urlopen(server + path, timeout=10) as reply:
            headers = reply.headers
    except urllib.error.HTTPError as error:
        headers = error.headers
        error.close()
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in headers["Permissions-Policy"]
