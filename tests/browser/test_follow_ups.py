"""Follow-up questions in a real browser: chips by keyboard alone, and whole on a phone."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.support import serious_barriers

Opener = Callable[..., Page]


def ask(page: Page, question: str) -> None:
    answers = page.locator(".badge").count()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(".badge")).to_have_count(answers + 1)


def chip(page: Page, words: str) -> Locator:
    return page.locator(".st-key-chips").get_by_role("button", name=words)


def tab_to(page: Page, aim: Locator) -> None:
    expect(aim).to_have_count(1)  # while the page is drawn anew the old one may still stand beside it
    for _ in range(40):
        if aim.evaluate("aim => aim === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab")
    raise AssertionError("not reached by keyboard")


def test_chips_are_taken_away_and_changed_by_keyboard_alone(open_page: Opener) -> None:
    page = open_page()
    ask(page, "Can 77370 be billed after treatment ends in 2026?")
    ask(page, "and for Example Health Plan in 2025?")
    ask(page, "how often?")
    expect(page.locator(".st-key-scope")).to_contain_text("A follow-up takes over: 77370, Example Health Plan, 2025-06-30")
    page.get_by_test_id("stChatInputTextArea").focus()
    tab_to(page, chip(page, "2025-06-30"))
    page.keyboard.press("Enter")
    expect(chip(page, "2025-06-30")).to_have_count(0)
    expect(page.locator(".st-key-offers").get_by_role("button", name="2025-06-30")).to_be_visible()
    expect(page.locator(".badge")).to_have_count(3)
    page.get_by_test_id("stChatInputTextArea").focus()
    tab_to(page, chip(page, "Change"))
    page.keyboard.press("Enter")
    field = page.get_by_label("Instead of 77370")
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("77336")
    page.keyboard.press("Enter")
    expect(chip(page, "77336")).to_be_visible()
    expect(page.get_by_text("Asked as: 77336: how often?")).to_be_visible()


def test_the_shortcut_of_a_new_question_lets_it_start_clean(open_page: Opener) -> None:
    page = open_page()
    ask(page, "Can 77370 be billed after treatment ends?")
    page.keyboard.press("Control+Shift+E")
    expect(page.get_by_role("status").filter(has_text="The next question takes nothing over.")).to_have_count(1)
    ask(page, "how often?")
    expect(page.locator(".st-key-chips")).to_have_count(0)
    expect(page.locator(".badge").last).to_have_text("Not in your library")


def test_a_reload_keeps_the_conversation_and_a_follow_up_goes_on_with_it(open_page: Opener) -> None:
    page = open_page()
    ask(page, "Can 77370 be billed after treatment ends in 2026?")
    ask(page, "and for Example Health Plan?")
    address = page.url
    assert re.fullmatch(r"[^?]+\?c=[\w-]{22}", address)
    page.reload()
    expect(page.locator(".badge")).to_have_count(2)
    assert page.url == address
    ask(page, "how often?")
    expect(page.locator(".st-key-scope")).to_contain_text("A follow-up takes over: 77370, Example Health Plan")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="How often may 77336 be billed?").wait_for()
    expect(page).to_have_url(re.compile(r"^[^?]+$"))
    page.goto(address)
    page.get_by_role("button", name="How often may 77336 be billed?").wait_for()
    expect(page.locator(".badge")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True])
def test_chips_fit_on_a_phone_without_a_serious_barrier(open_page: Opener, dark: bool) -> None:
    page = open_page(width=390, height=844, dark=dark)
    ask(page, "How often may 77336 be billed in a hospital in 2025 for Example Health Plan?")
    ask(page, "and in 2026?")
    found = [Axe().run(page)]
    chip(page, "Change").click()
    page.get_by_label("Instead of 77336").wait_for()
    found.append(Axe().run(page))
    page.keyboard.press("Escape")
    ask(page, "How is hyperthermia documented?")
    expect(page.locator(".st-key-offers").get_by_role("button", name="77336")).to_be_visible()
    found.append(Axe().run(page))
    assert serious_barriers(found) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert min(box["height"] for b in page.locator(".st-key-offers button:visible").all() if (box := b.bounding_box())) >= 24
