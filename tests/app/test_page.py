"""The chat page as Streamlit's own test runner sees it; what needs a browser is under tests/browser."""

import json
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from assistant.service import Assistant
from corpus.errors import ModelUnavailable
from tests import support
from tests.chat_page import answers, ask, button, chips, html_of, open_page
from ui.app import EXAMPLES
from ui.conversation import Turn, take_pending


@pytest.fixture
def data_dir(tiny_library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use(tiny_library, monkeypatch)


def use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(folder))
    monkeypatch.setenv("CODECITE_VECTOR_INDEX", "exact")
    return folder


def test_the_empty_page_offers_examples_and_says_what_quotes_are_worth(data_dir: Path) -> None:
    page = open_page()
    labels = [b.label for b in page.button]
    assert set(EXAMPLES) <= set(labels)
    captions = " ".join(c.value for c in page.caption)
    assert "Do not enter patient data." in captions
    assert "2 sources with " in captions


def test_an_example_is_asked_with_one_click(data_dir: Path) -> None:
    page = button(open_page(), "example-0").click().run()
    (answer,) = answers(page)
    assert answer["verdict"] in {"Yes", "It depends"}
    assert answer["sources"][0]["quote"].startswith("Yes, 77370 may be billed after treatment ends")
    assert answer["announcement"].startswith("Answer ready, 1 source")
    assert EXAMPLES[0] in html_of(page)
    assert not any(b.key == "example-0" for b in page.button)


def test_a_disagreement_shows_both_sides(data_dir: Path) -> None:
    (answer,) = answers(ask(open_page(), "How often may 77336 be billed?"))
    sides = answer["conflicts"][0]
    assert [side["source"]["publisher"] for side in sides] == ["Example Society of Physics", "Example Health Plan"]


def test_an_abstention_names_reason_need_and_near_misses(data_dir: Path) -> None:
    (answer,) = answers(ask(open_page(), "What does Medicare pay for 77370 in dollars?"))
    assert answer["verdict"] == "Not in your library"
    assert answer["sentences"] == []
    assert answer["abstention"]["needed"]
    assert answer["abstention"]["nearest"]


def test_date_and_payer_of_the_sidebar_apply_and_stay_with_their_question(data_dir: Path) -> None:
    page = open_page()
    page.date_input[0].set_value(date(2024, 3, 1)).run()
    assert "Example Health Plan" in page.selectbox[0].options
    page.selectbox[0].select("Example Health Plan").run()
    page = ask(page, "How often may 77336 be billed?")
    assert answers(page)[0]["verdict"] == "Not in your library"
    page.date_input[0].set_value(date(2026, 5, 1)).run()
    page = ask(page, "How often may 77336 be billed?")
    assert [a["tone"] for a in answers(page)] == ["abstained", "none"]
    assert "Date of service 2024-03-01 · Example Health Plan" in html_of(page)


def test_an_untouched_date_leaves_it_to_the_question_and_a_changed_one_does_not(data_dir: Path) -> None:
    page = ask(open_page(), "Could 77336 be billed in 2024?")
    assert "Date of service 2024-06-30" in html_of(page)
    page.date_input[0].set_value(date(2026, 5, 1)).run()
    page = ask(page, "Could 77336 be billed in 2024?")
    assert "Date of service 2026-05-01" in html_of(page)
    assert "“in 2024”" in answers(page)[1]["notices"][0]


def test_the_questions_of_one_message_are_answered_one_below_the_other(data_dir: Path) -> None:
    page = ask(open_page(), "Can 77370 be billed after treatment ends? And how often may 77336 be billed?")
    assert [a["newest"] for a in answers(page)] == [True, False]
    assert [a["sources"][0]["quote"][:9] for a in answers(page)] == ["Yes, 7737", "77336 may"]
    assert html_of(page).index("<h3") < html_of(page).index("How often may 77336")


def test_a_follow_up_is_asked_with_one_click(data_dir: Path) -> None:
    page = ask(open_page(), "Can 77370 be billed after treatment ends?")
    page = button(page, "follow-up-0-0").click().run()
    assert len(answers(page)) == 2
    assert [a["newest"] for a in answers(page)] == [False, True]


def test_a_follow_up_says_what_it_took_over_and_a_chip_takes_it_away(data_dir: Path) -> None:
    page = ask(open_page(), "Can 77370 be billed after treatment ends?")
    assert chips(page) == []
    page = ask(page, "who signs it in 2025?")
    assert chips(page) == ["77370"]
    assert "Asked as: Who signs 77370 in 2025?" in html_of(page)
    page = ask(page, "and for Example Health Plan?")
    assert chips(page) == ["77370", "2025-06-30", "“Who signs 77370 in 2025?”"]
    assert "Date of service 2025-06-30 · Example Health Plan" in html_of(page)
    page = button(page, "chip-2-1-date").click().run()
    assert chips(page) == ["77370", "“Who signs 77370?”"]
    assert chips(page, "offer") == ["2025-06-30"]
    assert "Asked as: Who signs 77370 for Example Health Plan?" in html_of(page)
    assert len(answers(page)) == 3
    page = button(page, "offer-2-0-date").click().run()
    assert chips(page) == ["77370", "2025-06-30", "“Who signs 77370 in 2025?”"]


def test_two_follow_ups_in_one_message_get_two_answers(data_dir: Path) -> None:
    page = ask(open_page(), "Can 77370 be billed after treatment ends?")
    page = ask(page, "what about 77336, also how often may it be billed?")
    assert [a["sources"][0]["quote"][:9] for a in answers(page)[-1:]] == ["77336 may"]
    assert len(answers(page)) == 3
    assert "Asked as: Can 77336 be billed after treatment ends? How often may 77336 be billed?" in html_of(page)


def test_a_chip_is_changed_in_place(data_dir: Path) -> None:
    page = ask(ask(open_page(), "Can 77370 be billed after treatment ends?"), "how often?")
    next(field for field in page.text_input if field.label == "Instead of 77370").set_value("77336")
    page = next(b for b in page.button if b.label == "Ask again").click().run()
    assert not page.exception
    assert chips(page) == ["77336"]
    assert "Asked as: 77336: how often?" in html_of(page)
    assert answers(page)[1]["sources"][0]["quote"].startswith("77336 may be billed once for every five treatments")
    page = ask(page, "and in 2025?")
    assert chips(page) == ["77336", "“77336: how often?”"]


def test_a_new_subject_starts_clean_and_one_click_carries_over(data_dir: Path) -> None:
    page = ask(open_page(), "How often may 77336 be billed for Example Health Plan?")
    page = ask(page, "Can 77370 be billed after treatment ends?")
    assert (chips(page), chips(page, "offer")) == ([], ["Example Health Plan"])
    page = button(page, "offer-1-0-payer").click().run()
    assert (chips(page), chips(page, "offer")) == (["Example Health Plan"], [])
    assert "Example Health Plan" in html_of(page).rpartition("Date of service")[2]
    page = button(page, "chip-1-0-payer").click().run()
    assert (chips(page), chips(page, "offer")) == ([], ["Example Health Plan"])


def test_a_suggested_question_keeps_the_payer_spoken_of(data_dir: Path) -> None:
    page = ask(open_page(), "Can 77370 be billed after treatment ends for Example Health Plan?")
    page = button(page, "follow-up-0-0").click().run()
    assert chips(page) == ["Example Health Plan"]


def test_new_question_lets_the_next_one_start_clean(data_dir: Path) -> None:
    page = ask(open_page(), "Can 77370 be billed after treatment ends?")
    assert "A follow-up takes over: 77370" in html_of(page)
    page = button(page, "new-question").click().run()
    assert "The next question takes nothing over." in html_of(page)
    page = ask(page, "who signs it?")
    assert (chips(page), chips(page, "offer")) == ([], [])
    assert len(answers(page)) == 2
    page = ask(ask(page, "What about 77336?"), "how often?")
    assert chips(page) == ["77336"]


def test_a_new_conversation_is_empty(data_dir: Path) -> None:
    page = ask(open_page(), "Can 77370 be billed after treatment ends?")
    page = next(b for b in page.button if b.label == "New conversation").click().run()
    assert answers(page) == []
    assert any(b.key == "example-0" for b in page.button)


@pytest.mark.parametrize("question", support.PAYLOADS)
def test_a_question_with_an_attack_is_shown_as_text(data_dir: Path, question: str) -> None:
    page = ask(open_page(), question)
    assert question not in " ".join(m.value for m in page.markdown)
    assert "<script" not in html_of(page)
    assert "<img" not in html_of(page)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModelUnavailable("the model <b>x</b> does not reply"), "the model &lt;b&gt;x&lt;/b&gt; does not reply"),
        (RuntimeError("secret"), "went wrong"),
    ],
)
def test_an_error_is_one_escaped_line(data_dir: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    page = open_page()
    monkeypatch.setattr(Assistant, "ask", fail)
    page = ask(page, "Can 77370 be billed?")
    assert words in html_of(page)
    assert "secret" not in html_of(page)
    assert "Traceback" not in html_of(page)


def test_without_a_library_the_page_says_how_to_get_one_and_finds_it_when_it_is_there(
    tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = use(tmp_path / "new", monkeypatch)
    page = open_page()
    assert "codecite ingest" in html_of(page)
    assert "codecite ingest" in html_of(ask(page, "Can 77370 be billed?"))
    support.build_library(folder, runtime, {"society.md": support.SOCIETY})
    page = ask(page, "Can 77370 be billed after treatment ends?")
    assert len(answers(page)) == 1


def test_the_next_question_sees_what_was_ingested_meanwhile(data_dir: Path) -> None:
    question = "Does 77371 need modifier 26 or TC?"
    page = ask(open_page(), question)
    assert answers(page)[-1]["tone"] == "abstained"
    support.add_documents(data_dir, {"later.md": support.LATER})
    page = ask(page, question)
    assert answers(page)[-1]["sources"][0]["title"] == "Modifier notes"


def test_a_misspelt_setting_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECITE_DATADIR", "x")
    assert "unknown setting CODECITE_DATADIR" in html_of(open_page())


def test_a_question_that_was_stopped_says_so_and_is_not_asked_again(data_dir: Path) -> None:
    held = [Turn("Can 77370 be billed?", date(2026, 5, 1), None)]
    assert take_pending(held) is held[0]
    assert take_pending(held) is None
    page = open_page()
    page.session_state["turns"] = held
    assert "Stopped before an answer was ready." in html_of(page.run())
    assert answers(page) == []


def find_codes(page: AppTest, description: str) -> AppTest:
    page.session_state["tab"] = "Find codes"
    page = page.run()
    page.text_area[0].set_value(description)
    page = next(b for b in page.button if b.label == "Find codes").click().run()
    assert not page.exception
    return page


def test_the_second_tab_finds_the_codes_that_fit_a_service(data_dir: Path) -> None:
    page = open_page()
    page.date_input[0].set_value(date(2026, 5, 1)).run()
    page = find_codes(page, "physicist writes a signed report on past treatment")
    cards = answers(page)
    assert cards[0]["verdict"] == "77370"
    assert {s["label"] for s in cards[0]["sentences"]} <= {"Why it fits", "Would rule it out"}
    assert cards[0]["sources"][0]["publisher"] == "Example Society of Physics"
    assert "best first" in html_of(page)
    assert "Date of service 2026-05-01" in html_of(page)


@pytest.mark.parametrize(
    ("description", "told"), [("Porcelain crown on a molar", "No code in your library fits"), ("", "description is empty")]
)
def test_a_service_that_fits_nothing_or_is_not_told_says_so(data_dir: Path, description: str, told: str) -> None:
    page = find_codes(open_page(), description)
    assert told in html_of(page) + json.dumps(answers(page))
