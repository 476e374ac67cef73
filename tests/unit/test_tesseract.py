"""Scanned pages are read by Tesseract outside the child that reads files, within limits, and marked as read so."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from corpus.errors import Refusal
from ingest.build import Outcome, Source, ingest
from ingest.extract.ocr import MAX_PIXELS, Picture
from ingest.library import open_writer
from ingest.sandbox import Sandbox, to_picture
from ingest.tesseract import Tesseract, find_tesseract
from tests.made_pdf import drawn, image, lines
from tests.support import HashEmbedder

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
PAGE = Picture(3, 2, bytes(6))


def table(*rows: str, sure: float = 90) -> str:
    """Give what Tesseract tells of paragraphs of one line each."""
    words = [
        f"5\\t1\\t1\\t{number}\\t1\\t{place}\\t0\\t0\\t9\\t9\\t{sure}\\t{word}"
        for number, row in enumerate(rows, 1)
        for place, word in enumerate(row.split(), 1)
    ]
    return "\\n".join([HEAD.replace("\t", "\\t"), "1\\t1\\t0\\t0\\t0\\t0\\t0\\t0\\t9\\t9\\t-1\\t", *words])


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Tesseract]:
    def puts(script: str) -> Tesseract:
        folder = tmp_path / "programs"
        folder.mkdir()
        command = folder / "tesseract"
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return Tesseract(find_tesseract(), page_s=5)

    return puts


def scan(sheet: Canvas) -> None:
    sheet.drawImage(image(), 0, 0, 612, 792)


def test_it_is_given_plain_pixels_and_one_thread_and_its_paragraphs_are_told_apart(
    stand_in: Callable[[str], Tesseract], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODECITE_LLM_API_KEY", "canary")
    recognise = stand_in(
        f'[ "$(head -n 1)" = "P5 3 2 255" ] && [ -z "$CODECITE_LLM_API_KEY" ] && [ "$OMP_THREAD_LIMIT" = 1 ]'
        f" && printf '{table('77336 is weekly.', 'It is billed once.')}'"
    )
    assert recognise(PAGE) == "77336 is weekly.\n\nIt is billed once."


@pytest.mark.parametrize(
    "script",
    ["exit 1", "echo", "echo no table at all", f"printf '{table('77336 is weekly.', sure=40)}'", f"printf '{table('a', sure=90)}'; exit 1"],
)
def test_where_it_fails_or_mostly_guesses_there_are_no_words(stand_in: Callable[[str], Tesseract], script: str) -> None:
    assert stand_in(script)(PAGE) == ""


def test_one_that_is_late_is_ended_with_what_it_started(stand_in: Callable[[str], Tesseract], tmp_path: Path) -> None:
    command = stand_in(f"sleep 60 & mkdir {tmp_path}/$!; wait")._command  # a file of any size it may not write
    assert Tesseract(command, page_s=2)(PAGE) == ""
    (started,) = (int(entry.name) for entry in tmp_path.iterdir() if entry.name.isdigit())
    deadline = time.monotonic() + 5
    while _lives(started) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _lives(started)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_pages_over_the_number_or_time_of_a_file_are_not_recognised(
    stand_in: Callable[[str], Tesseract], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.tesseract.MAX_PICTURES", 1)
    recognise = stand_in(f"printf '{table('77336 is weekly.')}'")
    assert [recognise(PAGE), recognise(PAGE)] == ["77336 is weekly.", ""]
    assert Tesseract(recognise._command, file_s=0)(PAGE) == ""


@pytest.mark.parametrize("told", [b"", b"\0\0\0\1\0\0\0\1", b"\0\0\0\2\0\0\0\2abc", b"\0\0\0\0\0\0\0\0"])
def test_what_is_no_picture_is_refused(told: bytes) -> None:
    with pytest.raises(ValueError, match="picture"):
        to_picture(told)


def test_a_picture_has_a_largest_size() -> None:
    with pytest.raises(ValueError, match="picture"):
        Picture(MAX_PIXELS + 1, 1, bytes(MAX_PIXELS + 1))


def test_a_scan_is_stored_with_its_pages_marked_and_refused_where_it_is_not_recognised(
    stand_in: Callable[[str], Tesseract], tmp_path: Path
) -> None:
    stand_in(f"printf '{table('The rule on 77370 is recognised.')}'")
    content = drawn(lines("The rule on 77336 is written."), scan, lines("The rule on 77300 is written."))
    sources = [Source("upload:rule.pdf", Path("rule.pdf"), content), Source("upload:scan.pdf", Path("scan.pdf"), drawn(scan))]
    with open_writer(tmp_path / "library") as library:
        (without, refused) = ingest(library, HashEmbedder(), sources, by_hand={}, added_at="")
        assert (without.outcome, without.reading.scanned) == (Outcome.ADDED, (2,))
        assert (refused.outcome, refused.refusal) == (Outcome.REFUSED, Refusal.NO_TEXT)
        library.remove(without.document_id)
        (whole, alone) = ingest(library, HashEmbedder(), sources, by_hand={}, added_at="", ocr=True)
        assert [whole.outcome, alone.outcome] == [Outcome.ADDED, Outcome.ADDED]
        assert (whole.reading.scanned, whole.reading.notes) == ((), ("page 2 read by OCR; check quotes against the page",))
        text = library.text(whole.document_id)
        told = {
            code: passage.place_at(text.index(code))
            for passage in library.passages(whole.document_id)
            for code in ("77336", "77370", "77300")
            if code in passage.text
        }
        assert told == {"77336": "", "77370": "read by OCR", "77300": ""}


@pytest.mark.skipif(not find_tesseract(), reason="Tesseract is not installed")
def test_tesseract_itself_reads_a_page_that_is_only_a_picture(tmp_path: Path) -> None:
    import io

    import pypdfium2 as pdfium

    words = "Code 77336 is reported once for every five fractions of treatment."
    page = pdfium.PdfDocument(drawn(lines(words, size=12)))[0].render(scale=2).to_pil()
    picture = io.BytesIO()
    page.save(picture, "PDF", resolution=144)
    with Sandbox(recogniser=lambda: Tesseract(find_tesseract())) as read:
        found = read(picture.getvalue(), Path("scan.pdf"))
    assert [(block.page, block.text, block.place) for block in found.blocks] == [(1, words, "read by OCR")]
