"""The tab that finds codes for a service, in a real browser: reached by keyboard, read by screen readers, whole on a phone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support import serious_barriers

Opener = Callable[..., Page]
CASE = "physicist writes a signed report, analysis of past treatment after treatment ends"


def find_codes(page: Page, description: str) -> None:
    page.get_by_role("tab", name="Find codes").click()
    page.get_by_role("textbox", name="What was done").fill(description)
    page.get_by_role("button", name="Find codes").click()
    page.locator(".badge").first.wait_for()


def test_a_description_leads_to_codes_quotes_and_sources_by_keyboard_alone(open_page: Opener) -> None:
    page = open_page()
    page.get_by_role("tab", name="Ask").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    box = page.get_by_role("textbox", name="What was done")
    box.wait_for()
    expect(page.get_by_test_id("stChatInputTextArea")).to_have_count(0)
    box.focus()
    page.keyboard.type(CASE)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".badge").first).to_have_text("77370")
    expect(page.get_by_role("status").filter(has_text="may fit, best first")).to_have_count(1)
    chip = page.get_by_role("button", name="Source 1:").first
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator("mark")).to_contain_text("77370")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("tab", name="Ask").click()
    expect(page.get_by_test_id("stChatInputTextArea")).to_be_visible()


def test_a_service_that_fits_nothing_says_so(open_page: Opener) -> None:
    page = open_page()
    find_codes(page, "Porcelain crown on an upper molar")
    expect(page.locator(".badge")).to_have_text("No code in your library fits")
    expect(page.get_by_role("button", name="Open nearest passage 1:")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_the_codes_without_a_serious_barrier(open_page: Opener, dark: bool) -> None:
    page = open_page(width=390, height=844, dark=dark)
    page.get_by_role("tab", name="Find codes").click()
    page.get_by_role("textbox", name="What was done").wait_for()
    found = [Axe().run(page)]
    find_codes(page, CASE)
    found.append(Axe().run(page))
    assert serious_barriers(found) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
