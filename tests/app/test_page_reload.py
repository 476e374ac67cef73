"""A page that is loaded again still has its conversation, by an id in its address that nothing on disk knows."""

from datetime import date
from pathlib import Path

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.testing.v1 import AppTest

from assistant.service import Assistant
from tests.chat_page import answers, ask, button, chips, html_of, open_page
from ui.conversation import IDENTITY
from ui.kept import Kept

LATE = "Can 77370 be billed after treatment ends?"


@pytest.fixture
def data_dir(tiny_library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(tiny_library))
    monkeypatch.setenv("CODECITE_VECTOR_INDEX", "exact")
    return tiny_library


def reload(page: AppTest) -> AppTest:
    """Give a page opened anew at the address of another."""
    return open_page(identity_of(page))


def identity_of(page: AppTest) -> str:
    """Give the id in the address of a page, which Streamlit's runner gives as text or as a list of one."""
    found = page.query_params.get(IDENTITY, "")
    return found if isinstance(found, str) else found[0]


def test_a_page_without_a_question_has_no_id(data_dir: Path) -> None:
    assert IDENTITY not in open_page().query_params


def test_a_reload_keeps_answers_chips_date_and_payer(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page()
    page.date_input[0].set_value(date(2026, 4, 1)).run()
    page.selectbox[0].select("Example Health Plan").run()
    page = ask(ask(page, "How often may 77336 be billed?"), "in 2025?")
    monkeypatch.delattr(Assistant, "ask_each")  # nothing is asked again
    again = reload(page)
    assert answers(again) == answers(page)
    assert chips(again) == chips(page)
    assert (again.date_input[0].value, again.selectbox[0].value) == (date(2026, 4, 1), "Example Health Plan")
    assert not again.warning
    assert "Date of service 2025-06-30" in html_of(again)


def test_a_follow_up_after_a_reload_still_knows_what_it_is_about(data_dir: Path) -> None:
    again = ask(reload(ask(open_page(), LATE)), "how often?")
    assert chips(again) == ["77370"]
    assert len(answers(reload(again))) == 2


def test_a_question_that_the_reload_interrupted_is_asked_again(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page()
    with monkeypatch.context() as patch:
        patch.setattr("ui.conversation.take_pending", lambda _: None)  # the page is gone before its run gets to the question
        page = page.chat_input[0].set_value(LATE).run()
    assert answers(page) == []
    assert len(answers(reload(page))) == 1


def test_a_question_that_was_stopped_is_not_asked_again_by_a_reload(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise StopException  # as the stop button does

    page = open_page()
    with monkeypatch.context() as patch:
        patch.setattr(Assistant, "ask_each", stop)
        page = page.chat_input[0].set_value(LATE).run()
    again = reload(page)
    assert answers(again) == []
    assert "Stopped before an answer was ready." in html_of(again)


def test_a_new_conversation_is_gone_after_a_reload_too(data_dir: Path) -> None:
    page = ask(open_page(), LATE)
    old = identity_of(page)
    page = next(b for b in page.button if b.label == "New conversation").click().run()
    assert IDENTITY not in page.query_params
    assert answers(open_page(old)) == []
    assert button(open_page(old), "example-0")


def test_an_address_that_names_no_conversation_opens_an_empty_page(data_dir: Path) -> None:
    page = open_page("AAAAAAAAAAAAAAAAAAAAAA")
    assert (answers(page), dict(page.query_params)) == ([], {})


def test_two_tabs_of_one_address_part_where_they_go_on(data_dir: Path) -> None:
    first = ask(open_page(), LATE)
    second = ask(reload(first), "how often?")
    first = ask(first, "What about 77336?")
    assert identity_of(first) != identity_of(second)
    assert [chips(reload(tab)) for tab in (first, second)] == [chips(first), chips(second)]


def test_no_word_of_a_conversation_is_written_to_the_data_folder(data_dir: Path) -> None:
    page = ask(open_page(), "Does zebrafish matter for 77370?")
    identity = identity_of(page)
    held = b"".join(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())
    assert b"zebrafish" not in held
    assert identity.encode() not in held


def test_ids_cannot_be_guessed_and_repeat_never() -> None:
    kept = Kept[str](most=10_000)
    ids = {kept.begin(["q"], "tab") for _ in range(1_000)}
    assert len(ids) == 1_000
    assert min(map(len, ids)) >= 22, "128 bits in base64"


def test_the_conversation_unused_for_longest_goes_first() -> None:
    kept = Kept[str](most=2)
    one, two = kept.begin(["1"], "a"), kept.begin(["2"], "b")
    assert kept.open(one, "a") == ("1",)
    three = kept.begin(["3"], "c")
    assert [kept.open(identity, "x") for identity in (one, two, three)] == [("1",), (), ("3",)]


def test_a_conversation_not_used_for_long_is_gone() -> None:
    now = [0.0]
    kept = Kept[str](max_age_s=60, clock=lambda: now[0])
    identity = kept.begin(["1"], "a")
    now[0] = 60
    assert kept.write(identity, ["1", "2"], "a")
    now[0] = 121
    assert kept.open(identity, "a") == ()
    assert not kept.write(identity, ["3"], "a")


def test_only_the_tab_that_opened_it_last_writes_or_forgets_a_conversation() -> None:
    kept = Kept[str]()
    identity = kept.begin(["1"], "old")
    assert kept.open(identity, "new") == ("1",)
    assert not kept.write(identity, ["late"], "old")
    kept.forget(identity, "old")
    assert kept.write(identity, ["1", "2"], "new")
    assert kept.open(identity, "new") == ("1", "2")
