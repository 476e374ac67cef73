"""Several people ask one server at the same time in a real browser; nobody sees a question, answer or chip of another.

Three of two questions each; with ATTACKS=full in the environment, as make faults sets it, eight of five.
"""

import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests import support
from tests.browser.conftest import served

USERS, QUESTIONS = (8, 5) if os.environ.get("ATTACKS") == "full" else (3, 2)
CLINICS = ("Amberfield", "Birchmoor", "Cedarholm", "Dunwater", "Elmstead", "Fernleigh", "Gorsebrook", "Hazelwick")
CODE = re.compile(r"(?<!\d)773[0-7][0-4](?!\d)")
NOTE_ANSWERS = """() => {
  window.answered = [];
  setInterval(() => {
    const elements = [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')];
    const drawn = elements.filter((one) => one.shadowRoot?.querySelector('.badge')).length;
    while (window.answered.length < drawn) window.answered.push(Date.now());
  }, 10);
}"""
_LOOK_MS = 100  # seldom, since looking takes from the processor that the pages share with the server
ALL_TEXT = """() => {
  const texts = [];
  const read = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.matches('style, script')) continue;
      for (const one of node.attributes) texts.push(one.value);
      for (const child of node.childNodes) if (child.nodeType === 3) texts.push(child.data);
      if (node.shadowRoot) read(node.shadowRoot);
    }
  };
  read(document);
  return texts.join('\\n');
}"""


@dataclass
class User:
    """A person with a browser session, codes and a clinic of their own."""

    number: int
    page: Page
    seconds: list[float] = field(default_factory=list)

    def code(self, asked: int) -> str:
        """Give the code of a question; every other one is a follow-up, which takes over the code before."""
        return f"773{self.number}{asked - asked % 2}"

    def send(self, asked: int) -> float:
        """Ask a question and give when."""
        at = f"at the {CLINICS[self.number]} clinic"
        box = self.page.get_by_test_id("stChatInputTextArea")
        box.fill(f"how often {at}?" if asked % 2 else f"Can {self.code(asked)} be billed {at}?")
        sent = time.time()
        box.press("Enter")
        return sent

    def answered(self, asked: int) -> float | None:
        """Give when the answer to a question stood on the page, by the page's own clock; nothing before it does."""
        found: list[int] = self.page.evaluate("window.answered")
        return found[asked] / 1000 if len(found) > asked else None

    def strange(self) -> list[str]:
        """Give what stands on the page of other people's codes and clinics."""
        text: str = self.page.evaluate(ALL_TEXT)
        codes = set(CODE.findall(text))
        assert {self.code(asked) for asked in range(QUESTIONS)} <= codes, "the page does not show its own codes"
        others = [name for name in CLINICS if name != CLINICS[self.number] and name in text]
        return sorted(code for code in codes if not code.startswith(f"773{self.number}")) + others


def _rules(number: int) -> str:
    parts = "\n\n".join(
        f"## 773{number}{asked}\n\n773{number}{asked} may be billed once for every {asked + 2} treatments at the {CLINICS[number]} clinic."
        for asked in range(5)
    )
    head = f'title: "Rules of {CLINICS[number]}"\npublisher: "{CLINICS[number]} clinic"\nauthority: forum\npayer: "all"\nbasis: stated'
    return f"---\n{head}\n---\n\n# Rules of {CLINICS[number]}\n\n{parts}\n"


@pytest.fixture(scope="module")
def address(browser: Browser, runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert browser
    documents = {f"{name}.md": _rules(number) for number, name in enumerate(CLINICS)}
    with served(support.build_library(tmp_path_factory.mktemp("many") / "codecite", runtime, documents)) as found:
        yield found


def _open(browser: Browser, address: str, number: int) -> User:
    page = browser.new_context().new_page()
    page.set_default_timeout(30_000)
    page.goto(address)
    page.get_by_test_id("stChatInputTextArea").wait_for()
    page.evaluate(NOTE_ANSWERS)
    return User(number, page)


def _ask_at_once(users: Sequence[User], asked: int) -> None:
    waiting = {user.number: (user, user.send(asked)) for user in users}
    until = time.monotonic() + 60
    while waiting and time.monotonic() < until:
        for user, sent in list(waiting.values()):
            if (answered := user.answered(asked)) is not None:
                user.seconds.append(answered - sent)
                del waiting[user.number]
        users[0].page.wait_for_timeout(_LOOK_MS)
    assert not waiting, f"not answered within a minute: {sorted(waiting)}"


def test_people_who_ask_at_the_same_time_see_nothing_of_each_other(browser: Browser, address: str) -> None:
    alone = _open(browser, address, 0)
    for asked in range(QUESTIONS):
        _ask_at_once([alone], asked)
    alone.page.context.close()
    users = [_open(browser, address, number) for number in range(USERS)]
    for asked in range(QUESTIONS):
        _ask_at_once(users, asked)
    for user in users:
        user.page.locator(".st-key-scope, .badge").first.wait_for()
        assert user.strange() == []
        text: str = user.page.evaluate(ALL_TEXT)
        for asked in range(0, QUESTIONS, 2):
            assert f"{user.code(asked)} may be billed once for every {asked + 2} treatments at the {CLINICS[user.number]} clinic." in text
        user.page.context.close()
    one, many = (float(np.percentile(found, 95)) for found in (alone.seconds, [s for user in users for s in user.seconds]))
    print(f"{USERS} users x {QUESTIONS} questions at once: p95 {many:.2f} s; one alone: {one:.2f} s; {many / one:.1f} times")  # noqa: T201
