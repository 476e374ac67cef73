"""Drive the chat page with Streamlit's own test runner."""

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from ui.conversation import IDENTITY

PAGE = Path(__file__).parents[1] / "ui" / "app.py"


def open_page(identity: str = "") -> AppTest:
    """Give the page opened at its bare address or at that of a conversation."""
    page = AppTest.from_file(PAGE, default_timeout=60)
    if identity:
        page.query_params[IDENTITY] = identity
    page.run()
    assert not page.exception
    return page


def ask(page: AppTest, question: str) -> AppTest:
    page.chat_input[0].set_value(question).run()
    assert not page.exception
    return page


def answers(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.json) for element in page.get("bidi_component")]


def html_of(page: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def button(page: AppTest, key: str) -> Any:
    return next(b for b in page.button if b.key == key)


def chips(page: AppTest, kind: str = "chip") -> list[str]:
    return [b.label.replace("\\", "") for b in page.button if str(b.key).startswith(f"{kind}-")]
