"""Identifiers of made-up patients that are typed into a real browser: nothing that the server shows, sends or leaves holds them.

Three questions; with ATTACKS=full in the environment, as make faults sets it, thirty.
"""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests import planted, support
from tests.browser.conftest import served
from tests.browser.test_many_users import ALL_TEXT
from tests.faults import typed

COUNT = 30 if os.environ.get("ATTACKS") == "full" else 3


@pytest.fixture
def place(tmp_path: Path, runtime: Path) -> Path:
    """A folder with a library of its own, and empty ones for home and temporary files."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    support.build_library(tmp_path / "data", runtime, {"society.md": support.SOCIETY, "payer.md": support.PAYER, "notes.md": typed.RULES})
    return tmp_path


@pytest.fixture
def address(place: Path) -> Iterator[str]:
    left = {"HOME": str(place / "home"), "TMPDIR": str(place / "tmp"), "CODECITE_KEEP_QUESTIONS": "1"}
    with served(place / "data", **left) as at:
        yield at


def questions() -> list[planted.Planted]:
    each = [question for kind in planted.KINDS for half in planted.HALVES for question in planted.questions(kind, half, 3)]
    return random.Random(COUNT).sample(each, COUNT)


def test_of_3_questions_typed_into_a_browser_no_identifier_is_shown_sent_back_or_left(
    place: Path, address: str, open_page: Callable[..., Page]
) -> None:
    page, asked, received = open_page(at=address), questions(), list[bytes]()

    def keep(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append(frame if isinstance(frame, bytes) else frame.encode()))

    page.on("websocket", keep)
    page.reload()
    box = page.get_by_test_id("stChatInputTextArea")
    for number, question in enumerate(asked, start=1):
        box.fill(question.text)
        box.press("Enter")
        expect(page.locator(".badge")).to_have_count(number)
    expect(box).to_have_value("")
    shown = f"{page.evaluate(ALL_TEXT)}\n{page.url}\n{page.title()}".encode()
    left = {str(file.relative_to(place)): file.read_bytes() for file in typed.files_below(place) if "runtime" not in file.parts}
    assert len(received) > COUNT
    assert list(typed.leaks({"the page": shown, "what the server sent": b"\n".join(received), **left}, asked)) == []
