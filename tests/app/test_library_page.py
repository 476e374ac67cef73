"""The library tab as Streamlit's own test runner sees it; what needs a browser is under tests/browser."""

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ingest.archive import export_library
from ingest.library import open_reader, open_writer
from tests import support

PAGE = Path(__file__).parents[2] / "ui" / "app.py"


@pytest.fixture
def data_dir(tiny_library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(tiny_library))
    monkeypatch.setenv("CODECITE_VECTOR_INDEX", "exact")
    return tiny_library


def open_library() -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.session_state["tab"] = "Library"
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    assert not page.exception
    return page


def html_of(page: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def button(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label.replace("\\", "") == label)


def press(page: AppTest, label: str) -> AppTest:
    return checked(button(page, label).click().run())


def labels(page: AppTest) -> list[str]:
    return [b.label.replace("\\", "") for b in page.button]


def field(page: AppTest, label: str) -> Any:
    return next(f for f in (*page.text_input, *page.selectbox, *page.date_input) if f.label == label)


def add(page: AppTest, files: list[tuple[str, bytes, str]], **properties: str) -> AppTest:
    for label, value in properties.items():
        field(page, label.replace("_", " ")).set_value(value)
    page.file_uploader[0].set_value(files)
    return press(page, "Add to the library")


def statuses(data_dir: Path) -> dict[str, str]:
    with open_reader(data_dir) as library:
        return {entry.document.title: entry.status for entry in library.entries(None)}


def test_the_list_shows_each_document_with_its_properties(data_dir: Path) -> None:
    page = open_library()
    assert "Physics services, questions and answers" in labels(page)
    shown = re.sub(r"</?span[^>]*>", "", html_of(page))
    assert (
        "Example Society of Physics · specialty society · 2026 edition · in force from 2026-01-01 · 3 passages · added 2026-01-01" in shown
    )
    assert "2 documents" in shown


def test_the_list_is_searched_filtered_and_sorted(data_dir: Path) -> None:
    page = open_library()
    page = checked(field(page, "Search").set_value("physics").run())
    assert "Radiation payment policy" not in labels(page)
    page = checked(field(page, "Search").set_value("nothing of the kind").run())
    assert "No document fits." in html_of(page)
    page = checked(field(page, "Search").set_value("").run())
    page = checked(field(page, "Sort by").select("Title").run())
    titles = [label for label in labels(page) if label.startswith(("Physics", "Radiation"))]
    assert titles == ["Physics services, questions and answers", "Radiation payment policy"]


def test_added_files_are_stored_or_refused_each_with_its_reason(data_dir: Path) -> None:
    good = ("../../memo\u202e.md", b"# Memo\n\n77370 may be billed twice a course, says this memo.\n", "text/markdown")
    page = add(open_library(), [good, ("scan.pdf", support.make_pdf([""]), "application/pdf")], Publisher="Our practice")
    shown = html_of(page)
    assert "1 stored, 1 refused" in shown
    assert "<b>Stored</b> memo.md" in shown
    assert "<b>Refused</b> scan.pdf" in shown
    assert "No text on any page" in shown
    assert statuses(data_dir)["Memo"] == "active"
    with open_reader(data_dir) as library:
        (memo,) = [entry.document for entry in library.entries() if entry.document.title == "Memo"]
    assert (memo.publisher, memo.path) == ("Our practice", "upload:memo.md")


def test_two_files_of_one_name_do_not_take_each_others_place(data_dir: Path) -> None:
    files = [("a/memo.md", b"# One\n\nFirst memo on 77370.\n", "text/markdown"), ("b/memo.md", b"# Two\n\nOther memo.\n", "text/markdown")]
    page = add(open_library(), files)
    assert "Another of these files has the same name" in html_of(page)
    assert "One" in statuses(data_dir)
    assert "Two" not in statuses(data_dir)


def test_a_document_is_removed_and_brought_back(data_dir: Path) -> None:
    page = press(open_library(), "Radiation payment policy")
    assert "Example Health Plan" in html_of(page)
    assert "<mark" in html_of(page)
    page = press(page, "Remove")
    assert statuses(data_dir)["Radiation payment policy"] == "removed"
    assert "Radiation payment policy" not in labels(page)
    page = press(page, "Undo")
    assert statuses(data_dir)["Radiation payment policy"] == "active"
    assert "Radiation payment policy" in labels(page)


def test_what_was_removed_is_brought_back_from_the_list_at_any_time(data_dir: Path) -> None:
    page = press(press(open_library(), "Radiation payment policy"), "Remove")
    page = open_library()
    page = checked(field(page, "Status").select("removed").run())
    page = press(press(page, "Radiation payment policy"), "Bring back")
    assert statuses(data_dir)["Radiation payment policy"] == "active"


def test_a_document_is_erased_only_when_the_word_is_typed(data_dir: Path) -> None:
    page = press(press(open_library(), "Radiation payment policy"), "Erase for good")
    assert "Nothing was erased" in html_of(page)
    field(page, "Type erase to confirm").set_value("erase")
    page = press(page, "Erase for good")
    assert "Radiation payment policy" not in statuses(data_dir)


def test_a_new_version_takes_the_place_of_a_document(data_dir: Path) -> None:
    page = add(open_library(), [("memo.md", b"# Memo\n\nOld rule on 77370.\n", "text/markdown")])
    page = press(page, "Memo")
    page.file_uploader[0].set_value(("other.md", b"# Memo\n\nNew rule on 77370.\n", "text/markdown"))
    page = press(page, "Replace")
    with open_reader(data_dir) as library:
        held = {entry.status: library.text(entry.document.id) for entry in library.entries(None) if entry.document.title == "Memo"}
    assert "New rule" in held["active"]
    assert "Old rule" in held["replaced"]


def test_a_library_that_another_process_writes_is_told_with_its_owner(data_dir: Path) -> None:
    page = press(open_library(), "Radiation payment policy")
    with open_writer(data_dir):
        page = press(page, "Remove")
    assert "is being written by process" in html_of(page)
    assert statuses(data_dir)["Radiation payment policy"] == "active"


def test_an_empty_library_offers_the_starter_sources_and_takes_uploads(
    tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = tmp_path / "codecite"
    shutil.copytree(runtime, data_dir / "runtime")
    monkeypatch.setenv("CODECITE_DATA_DIR", str(data_dir))
    page = open_library()
    assert "Load the starter sources" in labels(page)
    page = add(page, [("memo.md", b"# Memo\n\nRule on 77370.\n", "text/markdown")])
    assert "Memo" in labels(page)
    assert "Load the starter sources" not in labels(page)


def test_markup_in_a_document_is_shown_as_text(data_dir: Path) -> None:
    page = add(open_library(), [("evil <img src=x>.md", support.hostile().encode(), "text/markdown")])
    title = next(b for b in page.button if "attacker" in b.label)
    assert "![" not in title.label
    page = checked(title.click().run())
    assert "<script>" not in html_of(page).replace("<style>", "")
    assert "<img" not in html_of(page)


def test_properties_are_edited_and_a_wrong_one_is_told(data_dir: Path) -> None:
    page = press(open_library(), "Radiation payment policy")
    field(page, "Title").set_value("Payment policy")
    field(page, "In force until").set_value(date(2020, 1, 1))
    page = press(page, "Save")
    assert "the first day is later than the last" in html_of(page)
    field(page, "In force until").set_value(date(2026, 12, 31))
    page = press(page, "Save")
    assert "Saved." in html_of(page)
    assert "Payment policy" in html_of(page)
    assert "in force from 2026-04-01 until 2026-12-31" in html_of(page)


def test_properties_given_with_an_upload_hold_for_its_files(data_dir: Path) -> None:
    page = open_library()
    field(page, "Authority").select("payer")
    field(page, "In force from").set_value(date(2026, 3, 1))
    page = add(page, [("memo.md", b"# Memo\n\nRule on 77370.\n", "text/markdown")], Only_for_this_payer="Plan B")
    with open_reader(data_dir) as library:
        (memo,) = [entry.document for entry in library.entries() if entry.document.title == "Memo"]
    assert (memo.authority, memo.payer, memo.valid_from) == ("payer", "Plan B", date(2026, 3, 1))


def test_an_answer_given_earlier_says_that_its_source_was_withdrawn_and_still_shows_the_quote(data_dir: Path) -> None:
    page = checked(AppTest.from_file(PAGE, default_timeout=60).run())
    page = checked(page.chat_input[0].set_value("Can 77370 be billed after treatment ends?").run())
    assert sources_of(page)[0]["standing"] == ""
    page.session_state["tab"] = "Library"
    page = press(press(checked(page.run()), "Physics services, questions and answers"), "Remove")
    page.session_state["tab"] = "Ask"
    (source,) = sources_of(checked(page.run()))
    assert source["standing"].startswith("Source withdrawn on 20")
    assert source["quote"].startswith("Yes, 77370")


def sources_of(page: AppTest) -> list[dict[str, Any]]:
    (element,) = page.get("bidi_component")
    sources: list[dict[str, Any]] = json.loads(element.proto.json)["sources"]
    return sources


def test_the_row_of_a_sheet_stands_beside_a_quote(data_dir: Path) -> None:
    table = b"Code,Rule\n77370,77370 may be billed once for each course of treatment that the table describes\n"
    page = add(open_library(), [("edits.csv", table, "text/csv")])
    page.session_state["tab"] = "Ask"
    page = checked(page.run())
    page = checked(page.chat_input[0].set_value("How often may 77370 be billed for a course of treatment?").run())
    assert "row 2" in [source["place"] for source in sources_of(page)]


def ask(page: AppTest, question: str) -> dict[str, Any]:
    checked(page.chat_input[0].set_value(question).run())
    return dict(json.loads(page.get("bidi_component")[-1].proto.json))


def test_a_document_is_asked_alone_until_its_chip_is_taken_away(data_dir: Path) -> None:
    page = press(press(open_library(), "Radiation payment policy"), "Ask within this document")
    assert page.session_state["tab"] == "Ask"
    answer = ask(page, "May 77370 be billed after treatment ends?")
    assert (answer["verdict"], answer["notices"][0]) == ("Not said there", "Asked within “Radiation payment policy” only.")
    page = checked(field(page, "Document to ask").select("Physics services, questions and answers").run())
    assert ask(page, "May 77370 be billed after treatment ends?")["notices"][0].startswith("Asked within “Physics services")
    page = press(page, "Asked within: Physics services, questions and ans…")
    answer = ask(page, "How often may 77336 be billed?")
    assert not any("Asked within" in notice for notice in answer["notices"])


def test_a_document_that_was_removed_since_is_not_asked_and_the_whole_library_not_in_its_place(data_dir: Path) -> None:
    page = press(press(open_library(), "Radiation payment policy"), "Ask within this document")
    with open_writer(data_dir) as library:
        library.remove(next(entry.document.id for entry in library.entries() if entry.document.title == "Radiation payment policy"))
    page = checked(page.chat_input[0].set_value("May 77370 be billed after treatment ends?").run())
    assert not page.get("bidi_component")
    assert "no longer in use" in html_of(page)
    assert any("no longer in use" in label for label in labels(page))


def archive_of(data_dir: Path, file: Path) -> tuple[str, bytes, str]:
    with open_reader(data_dir) as library:
        export_library(library, file)
    return (file.name, file.read_bytes(), "application/zip")


def test_the_whole_library_is_restored_when_the_word_is_typed_and_brought_back(data_dir: Path, tmp_path: Path) -> None:
    archive = archive_of(data_dir, tmp_path / "all.zip")
    page = press(press(open_library(), "Radiation payment policy"), "Remove")
    page.file_uploader[1].set_value(archive)
    page = press(page, "Restore the library")
    assert "Nothing was restored" in html_of(page)
    field(page, "Type restore to confirm").set_value("Restore")
    page = press(page, "Restore the library")
    assert "Restored: 2 documents in use" in html_of(page)
    assert "Radiation payment policy" in labels(page)
    page = press(page, "Undo the last restore")
    assert "The former library is back, with 1 document in use" in html_of(page)
    assert statuses(data_dir)["Radiation payment policy"] == "removed"


def test_an_archive_that_is_not_sound_is_refused_on_the_page(data_dir: Path, tmp_path: Path) -> None:
    name, content, kind = archive_of(data_dir, tmp_path / "all.zip")
    page = open_library()
    page.file_uploader[1].set_value((name, content[:3000], kind))
    field(page, "Type restore to confirm").set_value("restore")
    page = press(page, "Restore the library")
    assert "all.zip: not an archive of a library, or damaged; nothing was changed" in html_of(page)
    assert "Undo the last restore" not in labels(page)
    assert statuses(data_dir) == {"Physics services, questions and answers": "active", "Radiation payment policy": "active"}


def test_what_was_added_is_tested_and_each_document_on_its_own_page(data_dir: Path) -> None:
    notes = (
        "notes.md",
        b"# Notes\n\n## 77401 daily\n\n77401 may be billed daily.\n\n## 77470 once\n\n77470 is billed once.\n",
        "text/markdown",
    )
    page = press(add(open_library(), [notes]), "Test whether the new passages are found")
    assert "<b>2 of 2 passages found</b> notes.md" in html_of(page)
    page = press(page, "Radiation payment policy")
    assert "passage found" not in html_of(page)
    page = press(page, "Test whether its passages are found")
    assert "1 of 1 passage found." in html_of(page)
