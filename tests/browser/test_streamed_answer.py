"""With a chat model, the page shows each sentence once its quote is proved, and the whole answer in the end."""

import json
from collections.abc import Callable
from threading import Event

from playwright.sync_api import Page, expect

from tests.model_server import Exchange, serving

TRUE = "Yes, 77370 may be billed after treatment ends when a physician asks in writing for an analysis of past treatment."
MARKED = "77370 may be billed after treatment ends, says <img src=x onerror='window.__pwned = 1'>."


def test_a_sentence_is_seen_before_the_model_has_finished(open_page: Callable[..., Page], serve: Callable[..., str]) -> None:
    seen = Event()

    def act(exchange: Exchange) -> None:
        n = int(exchange.shown.split(TRUE)[0].rsplit("number=", 1)[1].split(">")[0])
        claims = [{"text": text, "role": "verdict", "quotes": [{"passage": n, "quote": TRUE}]} for text in (TRUE, MARKED)]
        told = json.dumps({"verdict": "yes", "claims": claims})
        begun = told.index(', {"text"')
        exchange.head()
        exchange.event(told[:begun])
        seen.wait(20)
        exchange.event(told[begun:])

    with serving() as model:
        model.play(act)
        settings = {"CODECITE_LLM": "openai:local", "CODECITE_LLM_BASE_URL": model.url, "CODECITE_LLM_API_KEY": "sk-canary"}
        page = open_page(at=serve(**settings))
        box = page.get_by_test_id("stChatInputTextArea")
        box.fill("Can 77370 be billed after treatment ends?")
        box.press("Enter")
        expect(page.locator(".cc-arriving")).to_have_text(f"Why {TRUE}")
        expect(page.locator(".badge")).to_have_count(0)
        seen.set()
        expect(page.locator(".badge")).to_have_text("It depends")
        expect(page.locator(".cc-arriving")).to_have_count(0)
        expect(page.get_by_text("Drafted by openai:local")).to_be_visible()
        expect(page.get_by_text("Part of the draft could not be proved")).to_be_visible()
        assert page.evaluate("window.__pwned") is None
