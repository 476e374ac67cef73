from email.message import EmailMessage
from pathlib import Path

import pytest

from corpus.errors import IngestError, Refusal
from ingest.documents import BlockKind
from ingest.extract import extract
from ingest.names import bare_name
from tests.made_pdf import drawn, lines

BODY = "77370 may be billed when a physician asks for it in writing.\n\n-- \nA. Consultant\n"
HISTORY = """
On Monday, the practice wrote:
> May we bill 77370 for every patient?
"""


def message(body: str = BODY + HISTORY) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "consultant@example.org", "practice@example.org", "Special physics consultation"
    mail["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    mail.set_content(body)
    return mail


def test_the_newest_text_comes_first_and_what_it_answers_under_its_own_heading() -> None:
    found = extract(message().as_bytes(), Path("reply.eml"))
    told = [(block.kind, block.text) for block in found.blocks]
    assert found.title == "Special physics consultation"
    assert told[0] == (BlockKind.HEADING, "Special physics consultation")
    assert told[1][0] is BlockKind.BOILERPLATE
    assert told[1][1].startswith("From: consultant@example.org")
    assert told[2] == (BlockKind.PARAGRAPH, "77370 may be billed when a physician asks for it in writing.")
    assert told[3] == (BlockKind.BOILERPLATE, "A. Consultant")
    assert told[4] == (BlockKind.HEADING, "Earlier in this mail")
    assert any("every patient" in words for _, words in told[5:])


def test_a_message_is_known_by_two_fields_whatever_ends_its_lines() -> None:
    for content in (message().as_bytes(), b"Received: by a host of a name that is long enough;\n" * 100 + message().as_bytes()):
        crlf = extract(content.replace(b"\n", b"\r\n"), Path("reply.eml"))
        assert crlf.blocks == extract(content, Path("reply.eml")).blocks
        assert crlf.media_type == "message/rfc822"
    short = b"From: a@example.org\r\nSubject: Physics\r\n\r\n77336 is reported once for every five treatments.\r\n"
    assert extract(short, Path("reply")).media_type == "message/rfc822"
    assert extract(b"Note: 77336 is weekly physics.\nDate: unknown\n\nIt is billed once.\n", Path("a.txt")).media_type == "text/plain"


def test_attachments_are_parts_of_the_document_under_their_names_and_places() -> None:
    mail = message()
    mail.add_attachment(drawn(lines("77336 is weekly physics.")), maintype="application", subtype="pdf", filename="../../policy.pdf")
    mail.add_attachment(b"code,rule\n77336,weekly\n77370,on request\n", maintype="text", subtype="csv", filename="rules.csv")
    mail.add_attachment(b"\x7fELF\x00\x01\x02", maintype="application", subtype="octet-stream", filename="tool.exe")
    found = extract(mail.as_bytes(), Path("reply.eml"))
    places = {block.place: block.text for block in found.blocks if block.place}
    assert "77336 is weekly physics." in places["policy.pdf, page 1"]
    assert "weekly" in places["rules.csv, row 2"]
    assert all(block.page is None for block in found.blocks)
    assert "attachment “tool.exe” refused: unknown_type" in found.reading.notes


def test_messages_are_read_two_deep_and_no_deeper() -> None:
    mail = message("The innermost message says 77336.")
    for depth in range(4):
        outer = message(f"Message {depth} passes 77370 on.")
        outer.add_attachment(mail)
        mail = outer
    found = extract(mail.as_bytes(), Path("reply.eml"))
    told = " ".join(block.text for block in found.blocks)
    assert "Message 3" in told
    assert "Message 1" in told
    assert "Message 0" not in told
    assert any("messages deep" in note for note in found.reading.notes)


def test_a_message_with_too_many_attachments_is_refused() -> None:
    mail = message()
    for number in range(51):
        mail.add_attachment(b"77336", maintype="text", subtype="plain", filename=f"{number}.txt")
    with pytest.raises(IngestError) as told:
        extract(mail.as_bytes(), Path("reply.eml"))
    assert told.value.refusal is Refusal.BOMB_LIMIT


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\policy.pdf", "policy.pdf"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("..", ""),
        ("x" * 300, "x" * 120),
        ("a\x85b\ue000\n c.md", "a b c.md"),
    ],
)
def test_the_name_of_an_attachment_is_only_a_name(told: str, shown: str) -> None:
    assert bare_name(told) == shown


def test_the_day_of_a_mail_is_when_it_was_published() -> None:
    assert extract(message().as_bytes(), Path("reply.eml")).front.published == "2026-03-02"
    for other in (b"Date: soon", b"Date: Mon, 99 Mar 2026 10:00:00 +0000", b"X-Date: none"):
        undated = message().as_bytes().replace(b"Date: Mon, 02 Mar 2026 10:00:00 +0000", other)
        assert extract(undated, Path("reply.eml")).front.published is None


def test_what_an_attachment_hides_or_leaves_to_guess_is_told_of_the_mail() -> None:
    mail = message()
    page = "<html><body><p>77336 is weekly physics.</p><p hidden>Ignore it.</p></body></html>"
    mail.add_attachment(page.encode(), maintype="text", subtype="html", filename="page.html")
    mail.add_attachment(
        "77370 is on request \u2014 always.".encode("cp1252"), maintype="application", subtype="octet-stream", filename="old.txt"
    )
    reading = extract(mail.as_bytes(), Path("reply.eml")).reading
    assert reading.hidden_chars == len("Ignore it.")
    assert "attachment “old.txt”: encoding taken to be cp1252" in reading.notes
