"""The library tab in a real browser: by keyboard alone, whole on a phone, and deaf to what documents tell it to do."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests import support
from tests.browser.conftest import served
from tests.support import serious_barriers

Opener = Callable[..., Page]
POLICY = "Radiation payment policy"
MEMO = FilePayload(name="memo.md", mimeType="text/markdown", buffer=b"# Memo\n\n77370 may be billed twice a course, says this memo.\n")
WRONG = FilePayload(name="scan.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 no more of it")


@pytest.fixture(scope="module")
def library_page(browser: Browser, runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page on a library of its own, which these tests change."""
    documents = {"society.md": support.SOCIETY, "payer.md": support.PAYER, "hostile.md": support.hostile()}
    with served(support.build_library(tmp_path_factory.mktemp("library") / "codecite", runtime, documents)) as address:
        yield address


def open_library(open_page: Opener, at: str, **look: object) -> Page:
    page = open_page(at=at, **look)
    page.get_by_role("tab", name="Library").click()
    page.get_by_role("textbox", name="Search").wait_for()
    return page


def enter(page: Page, role: str, name: str) -> None:
    """Press Enter on a control that the keyboard has reached."""
    control = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]  # a role by its name
    expect(control).to_be_enabled()
    control.focus()
    expect(control).to_be_focused()
    page.keyboard.press("Enter")


def open_archive(page: Page) -> None:
    """Open what keeps and moves the library, once the page is drawn: until then one drawn before may stand in its place."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.get_by_text("Keep or move the whole library").click()
    page.get_by_role("textbox", name="Type restore to confirm").wait_for()


def test_a_document_is_added_opened_edited_removed_and_brought_back_by_keyboard_alone(open_page: Opener, library_page: str) -> None:
    page = open_page(at=library_page)
    page.get_by_role("tab", name="Ask").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Search").wait_for()
    with page.expect_file_chooser() as chooser:
        enter(page, "button", "Upload")
    chooser.value.set_files([MEMO, WRONG])
    expect(page.get_by_test_id("stFileChip")).to_have_count(2)
    enter(page, "button", "Add to the library")
    expect(page.get_by_role("status").filter(has_text="1 stored, 1 refused")).to_be_visible()
    enter(page, "button", "Memo")
    expect(page.get_by_role("region", name="Text with passages marked")).to_contain_text("says this memo")
    page.locator("summary", has_text="Change its properties").focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Publisher").fill("Our practice")
    enter(page, "button", "Save")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    expect(page.locator(".cc-facts")).to_contain_text("Our practice")
    enter(page, "button", "Remove")
    expect(page.get_by_role("status").filter(has_text="Removed: Memo")).to_be_visible()
    expect(page.get_by_role("button", name="Memo", exact=True)).to_have_count(0)
    enter(page, "button", "Undo")
    expect(page.get_by_role("button", name="Memo", exact=True)).to_be_visible()


def test_the_list_is_downloaded_as_a_workbook(open_page: Opener, library_page: str) -> None:
    page = open_library(open_page, library_page)
    with page.expect_download() as download:
        page.get_by_role("button", name="List as Excel file").click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).active
    assert sheet is not None
    assert POLICY in [row[0].value for row in sheet.iter_rows()]


def test_what_a_document_says_is_shown_and_never_done(open_page: Opener, library_page: str) -> None:
    page = open_library(open_page, library_page)
    hostile = FilePayload(
        name="<img src=x onerror=window.__pwned=1>.md",
        mimeType="text/markdown",
        buffer=support.hostile("A " + support.PAYLOADS[0]).encode(),
    )
    page.locator("input[type=file]").first.set_input_files([hostile])
    expect(page.get_by_test_id("stFileChip")).to_have_count(1)
    page.get_by_role("button", name="Add to the library").click()
    page.get_by_text("Files added last").wait_for()
    page.get_by_role("button", name="attacker.test/md.png").first.click()
    page.get_by_role("region", name="Text with passages marked").wait_for()
    page.get_by_text("Change its properties").click()
    assert page.evaluate("window.__pwned === undefined")
    assert page.locator("[data-testid=stMain] img").count() == 0


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_list_and_document_without_a_serious_barrier(open_page: Opener, library_page: str, dark: bool) -> None:
    page = open_library(open_page, library_page, width=390, height=844, dark=dark)
    found = [Axe().run(page)]
    page.get_by_role("button", name=POLICY, exact=True).click()
    page.get_by_role("region", name="Text with passages marked").wait_for()
    page.get_by_text("Change its properties").click()
    page.get_by_role("textbox", name="Publisher").wait_for()
    found.append(Axe().run(page))
    assert serious_barriers(found) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_another_reader_is_answered_while_files_are_being_added(open_page: Opener, library_page: str) -> None:
    rules = "".join(f"## Part {n}\n\nRule {n} on 77427 holds for visit {n * 7} of week {n * 3} and no other.\n\n" for n in range(800))
    busy, asking = open_library(open_page, library_page), open_page(at=library_page)
    files = [FilePayload(name=f"long-{n}.md", mimeType="text/markdown", buffer=f"# Long {n}\n\n{rules}".encode()) for n in range(2)]
    busy.locator("input[type=file]").first.set_input_files(files)
    expect(busy.get_by_test_id("stFileChip")).to_have_count(2)
    busy.get_by_role("button", name="Add to the library").click()
    busy.get_by_text("Reading files").wait_for()
    asking.get_by_role("button", name="How often may 77336 be billed?").click()
    asking.locator(".badge").wait_for()
    assert busy.get_by_text("Reading files").is_visible()
    expect(busy.get_by_role("status").filter(has_text="2 stored")).to_be_visible(timeout=60_000)


def test_a_document_is_asked_alone_by_keyboard_and_the_chip_taken_away(open_page: Opener, library_page: str) -> None:
    page = open_library(open_page, library_page)
    enter(page, "button", POLICY)
    enter(page, "button", "Ask within this document")
    chip = page.get_by_role("button", name=f"Asked within: {POLICY}")
    expect(chip).to_be_visible()
    question = page.get_by_role("textbox", name="Ask a coding question")
    question.fill("May 77370 be billed after treatment ends?")
    page.keyboard.press("Enter")
    expect(page.locator(".badge")).to_have_text("Not said there")
    expect(page.get_by_text(f"Asked within “{POLICY}” only.").first).to_be_visible()
    enter(page, "button", f"Asked within: {POLICY}")
    expect(chip).to_have_count(0)
    question.fill("May 77370 be billed after treatment ends?")
    page.keyboard.press("Enter")
    expect(page.locator(".badge").last).to_have_text("It depends")


def test_the_library_is_downloaded_restored_after_a_typed_word_and_brought_back(
    open_page: Opener, library_page: str, tmp_path: Path
) -> None:
    page = open_library(open_page, library_page)
    open_archive(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the library").click()
    archive = tmp_path / "kept.zip"
    download.value.save_as(archive)
    page.get_by_role("button", name=POLICY, exact=True).click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Removed")).to_be_visible()
    open_archive(page)
    page.locator("input[type=file]").last.set_input_files(archive)
    expect(page.get_by_test_id("stFileChip")).to_have_count(1)
    page.get_by_role("textbox", name="Type restore to confirm").fill("restore")
    page.keyboard.press("Tab")
    enter(page, "button", "Restore the library")
    expect(page.get_by_role("status").filter(has_text="Restored:")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name=POLICY, exact=True)).to_be_visible()
    enter(page, "button", "Undo the last restore")
    expect(page.get_by_role("status").filter(has_text="The former library is back")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name=POLICY, exact=True)).to_have_count(0)
    enter(page, "button", "Undo the last restore")
    expect(page.get_by_role("button", name=POLICY, exact=True)).to_be_visible(timeout=30_000)


def test_the_test_of_a_document_and_the_archive_have_no_serious_barrier_on_a_phone(open_page: Opener, library_page: str) -> None:
    page = open_library(open_page, library_page, width=390, height=844)
    open_archive(page)
    found = [Axe().run(page)]
    page.get_by_role("button", name=POLICY, exact=True).click()
    page.get_by_role("button", name="Test whether its passages are found").click()
    expect(page.get_by_role("status").filter(has_text="1 of 1 passage found.")).to_be_visible()
    page.get_by_role("button", name="Ask within this document").click()
    page.get_by_role("button", name="Change").click()
    page.get_by_text("Document to ask").first.wait_for()
    found.append(Axe().run(page))
    assert serious_barriers(found) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
