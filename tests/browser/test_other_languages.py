"""An answer to a question in another language, in a real browser: its phrases, its direction, and the quotes left as they are."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Opener = Callable[..., Page]
QUOTE = "Yes, 77370 may be billed after treatment ends when a physician asks in writing for an analysis of past treatment."


def ask(page: Page, question: str) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(".badge")).to_have_count(1)


@pytest.mark.parametrize(
    ("question", "language", "direction", "badge", "sources", "publisher"),
    [
        ("¿Se puede facturar 77370 después del tratamiento?", "es", "ltr", "Se muestra sin dictamen", "Fuentes", "Editor"),
        ("هل يمكن فوترة 77370 بعد انتهاء العلاج؟", "ar", "rtl", "معروض دون حكم", "المصادر", "الناشر"),
        ("77370可以在治疗结束后收费吗?", "zh", "ltr", "仅列出原文，未作判断", "来源", "发布方"),
    ],
)
def test_phrases_are_in_the_language_and_direction_of_the_question_and_quotes_in_english(
    open_page: Opener, question: str, language: str, direction: str, badge: str, sources: str, publisher: str
) -> None:
    page = open_page(width=390)
    ask(page, question)
    expect(page.locator(".badge")).to_have_text(badge)
    answer = page.locator(".answer")
    expect(answer).to_have_attribute("lang", language)
    expect(answer).to_have_css("direction", direction)
    quoted = answer.locator(".sentence", has_text=QUOTE)
    expect(quoted).to_have_attribute("lang", "en")
    expect(quoted).to_have_css("direction", "ltr")
    expect(answer.get_by_role("heading", name=sources, exact=True)).to_be_visible()
    quoted.get_by_role("button").click()
    expect(page.get_by_role("dialog").locator("mark")).to_have_text(QUOTE)
    expect(page.get_by_role("dialog").get_by_text(publisher, exact=True)).to_be_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_a_follow_up_is_offered_and_asked_in_the_language(open_page: Opener) -> None:
    page = open_page()
    ask(page, "¿Se puede facturar 77370 después del tratamiento?")
    page.get_by_role("button", name="¿Qué se debe documentar para 77370?").click()
    expect(page.locator(".badge")).to_have_text(["Se muestra sin dictamen"] * 2)


def test_a_date_stays_readable_between_arabic_words(open_page: Opener) -> None:
    page = open_page()
    ask(page, "هل يمكن فوترة 77370 بعد انتهاء العلاج؟")
    expect(page.locator(".cc-asked").first).to_contain_text("\u2066")
