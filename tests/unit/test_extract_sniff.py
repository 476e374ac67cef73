import io
import zipfile
from pathlib import Path

import pytest

from corpus.errors import IngestError, Refusal
from ingest.extract import extract
from ingest.extract.encoding import decode
from tests.made_pdf import drawn, lines
from tests.unit.test_extract_docx import make_docx


def zipped(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def refused(content: bytes, name: str) -> Refusal:
    with pytest.raises(IngestError) as told:
        extract(content, Path(name))
    return told.value.refusal


def test_a_document_is_told_by_its_bytes_whatever_its_name() -> None:
    assert extract(make_docx(), Path("policy")).media_type.endswith("wordprocessingml.document")
    assert extract(b"<html><body><p>77336 is weekly physics.</p></body></html>", Path("page.txt")).media_type == "text/html"
    assert extract(b'{"text": "77336 is billed once for five treatments."}\n', Path("export.jsonl")).blocks[0].place == "line 1"
    assert extract(b"code,rule\n77336,weekly\n77370,on request\n", Path("rules.csv")).blocks[1].place == "row 2"


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.txt", Refusal.EMPTY),
        (b"  \n ", "a.md", Refusal.EMPTY),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x03\x00", "a.txt", Refusal.UNKNOWN_TYPE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "letter.doc", Refusal.UNKNOWN_TYPE),
        (b"{\\rtf1\\ansi 77336 is weekly physics.}", "letter.rtf", Refusal.UNKNOWN_TYPE),
        (zipped({"notes.txt": b"77336"}), "notes.zip", Refusal.UNKNOWN_TYPE),
        (b"77336 is weekly physics, billed once for five treatments.", "policy.pdf", Refusal.TYPE_MISMATCH),
        (zipped({"word/document.xml": b"<a/>"}), "policy.xlsx", Refusal.TYPE_MISMATCH),
        (zipped({"word/document.xml": b"<a/>"}), "policy.docx", Refusal.DAMAGED),
        (zipped({"word/document.xml": b"<a/>"})[:-30], "policy.docx", Refusal.DAMAGED),
        (zipped({"word/document.xml": b"0" * 3_000_000}), "policy.docx", Refusal.BOMB_LIMIT),
        (zipped({"word/document.xml": b"<a/>", "x.zip": zipped({"y": b"z"})}), "policy.docx", Refusal.BOMB_LIMIT),
        (zipped({f"word/{n}.xml": b"" for n in range(2_001)}), "policy.docx", Refusal.BOMB_LIMIT),
    ],
)
def test_what_is_no_readable_document_is_refused_for_its_reason(content: bytes, name: str, reason: Refusal) -> None:
    assert refused(content, name) is reason


def test_a_pdf_under_the_name_of_a_word_document_is_refused() -> None:
    assert refused(drawn(lines("77336 is weekly physics.")), "policy.docx") is Refusal.TYPE_MISMATCH


@pytest.mark.parametrize(
    ("content", "text", "encoding"),
    [
        ("naïve “77336”".encode(), "naïve “77336”", ""),
        ("naïve “77336”".encode("utf-16"), "naïve “77336”", ""),
        (b"\xef\xbb\xbf77336", "77336", ""),
        ("77336 is weekly".encode("utf-16-le"), "77336 is weekly", "utf-16-le"),
        ("the physician’s na\u00efve note".encode("cp1252"), "the physician’s na\u00efve note", "cp1252"),
    ],
)
def test_an_encoding_is_guessed_only_where_nothing_tells_it(content: bytes, text: str, encoding: str) -> None:
    assert decode(content, Path("a.txt")) == (text, encoding)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zipped_document_with_two_parts_of_one_name_is_refused() -> None:
    held = io.BytesIO(make_docx())
    with zipfile.ZipFile(held, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", archive.read("word/document.xml"))
    assert refused(held.getvalue(), "a.docx") is Refusal.DAMAGED
