"""The preview shows the whole text, every passage numbered; the list finds, filters and sorts; all of it escaped."""

import re
from html import unescape
from pathlib import Path

import pytest

from corpus.errors import Refusal
from ingest.build import FileReport, Outcome
from ingest.documents import Reading
from ingest.library import Entry, open_reader
from ingest.names import bare_name
from tests.support import bring
from ui.library_preview import PAGE_PASSAGES, preview_html, preview_pages
from ui.library_rows import Order, Wanted, choose, row_words
from ui.library_words import ADVICE, reading_words, report_view

LONG = "# Rules\n\n" + "".join(
    f"## Part {n}\n\nRule {n} on 77370 <b>says</b> that it holds for part {n} alone.\n\n" for n in range(PAGE_PASSAGES + 5)
)


def shown(html: str) -> str:
    return "".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def test_the_pages_of_a_preview_hold_the_text_whole_and_in_order(tmp_path: Path) -> None:
    bring(tmp_path, {"a.md": LONG})
    with open_reader(tmp_path) as library:
        (entry,) = library.entries()
        text, passages = library.text(entry.document.id), library.passages(entry.document.id)
    pages = [preview_html(text, passages, page) for page in range(1, preview_pages(passages) + 1)]
    assert len(pages) == 2
    plain = shown("".join(re.sub(r'<p class="cc-cut-head">.*?</p>', "", page) for page in pages))
    assert plain == "".join(text.split())
    assert [int(n) for n in re.findall(r"<b>(\d+)</b>", "".join(pages))] == list(range(1, len(passages) + 1))
    assert pages[0].count("<mark") == PAGE_PASSAGES
    assert "77370" in re.findall(r'<p class="cc-cut-head">(.*?)</p>', pages[0])[0]
    assert "<b>says" not in pages[0]


def entries(tmp_path: Path) -> tuple[Entry, ...]:
    bring(tmp_path, {"a.md": "# Alpha\n\nRule.\n"}, publisher="Zeta", payer="Plan A")
    bring(tmp_path, {"a.md": "# Alpha\n\nRule.\n", "b.md": "# Beta\n\nRule.\n\n## More\n\nOther rule.\n"}, publisher="Eta")
    with open_reader(tmp_path) as library:
        return library.entries(None)


def titles(found: tuple[Entry, ...]) -> list[str]:
    return [entry.document.title for entry in found]


def test_documents_are_found_by_all_words_and_by_status_and_sorted(tmp_path: Path) -> None:
    held = entries(tmp_path)
    assert titles(choose(held, Wanted("ETA alp"))) == ["Alpha"]
    assert titles(choose(held, Wanted(publisher="Zeta"))) == []
    assert titles(choose(held, Wanted(publisher="Zeta", status=""))) == ["Alpha"]
    assert titles(choose(held, Wanted(order=Order.PASSAGES))) == ["Beta", "Alpha"]
    (replaced,) = choose(held, Wanted(status="replaced"))
    assert row_words(replaced)[-1].startswith("replaced by a newer version on 20")


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_says_why_and_what_to_do(refusal: Refusal) -> None:
    view = report_view(FileReport("upload:a.pdf", Outcome.REFUSED, "no words; nothing was stored", refusal=refusal))
    assert view.detail == f"No words. {ADVICE[refusal]}"
    told = report_view(FileReport("upload:a.pdf", Outcome.REFUSED, "encrypted; remove the password", refusal=refusal))
    assert told.detail == "Encrypted; remove the password."


def test_what_a_reader_met_is_told_in_words() -> None:
    reading = Reading(pages=3, scanned=(2,), rows=1200, rows_skipped=1, hidden_chars=40, encoding="cp1252", notes=("2 hidden sheets",))
    assert "; ".join(reading_words(reading)) == (
        "3 pages; 1,200 rows; 1 row left out; page 2 is a scan without text; 40 hidden characters were left out; "
        "encoding taken to be cp1252; 2 hidden sheets"
    )
    assert reading_words(Reading()) == ()


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\\b\\memo.pdf", "memo.pdf"),
        ("fdp.\u202eexe.pdf", "fdp.exe.pdf"),
        ("a\x00b\n.md", "ab .md"),
        ("x" * 300 + ".docx", "x" * 115 + ".docx"),
        ("ﬁle／..／ｅvil.md", "evil.md"),
        ("..", ""),
    ],
)
def test_an_uploaded_file_is_known_by_its_bare_name(given: str, known: str) -> None:
    assert bare_name(given) == known
