"""Read mail: who wrote what and when, the newest text, what it answers, and its attachments as parts of the same document."""

import email
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from corpus.errors import CorpusError, IngestError, Refusal, UnreadableDocument
from corpus.front_matter import FrontMatter
from ingest.documents import BlockKind, Reading
from ingest.extract.blocks import Extracted, RawBlock
from ingest.extract.html import read_html
from ingest.extract.plain import plain_blocks
from ingest.names import bare_name

MEDIA_TYPE = "message/rfc822"
MAX_ATTACHMENTS = 50
MAX_DEPTH = 2
_QUOTED = re.compile(r"^\s*>|^On .{5,200} wrote:\s*$|^-{2,}\s*(?:Original|Forwarded) [Mm]essage\s*-{2,}|^From:\s.+@", re.MULTILINE)
_SIGNATURE = re.compile(r"\n-- ?\n")
_ADDRESS = re.compile(r"<?\b(?:https?://|mailto:)[^\s>]+>?|\[(?:image|cid):[^\]]*\]", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_OTHER_TEXT = "the plain text of the mail left out: it tells other words than the HTML, which mail programs show"
_ANSWERS = "Earlier in this mail"
Read = Callable[[bytes, Path, int], Extracted]


def read_mail(content: bytes, path: Path, read: Read, depth: int = 0) -> Extracted:
    """Give the blocks of a message; `read` reads its attachments, two messages deep and fifty of each message.

    An attachment that cannot be read is told of and left out; its names are places, as in `policy.pdf, page 3`.
    The day of the mail, as its sender wrote it, is when it was published.

    Raises:
        UnreadableDocument: it is damaged, or has more attachments.
    """
    try:
        message = email.message_from_bytes(content.lstrip(b"\xef\xbb\xbf\r\n"), policy=default)
        subject = " ".join(str(message.get("Subject", "")).split())
        head = [f"{name}: {' '.join(str(message[name]).split())}" for name in ("From", "To", "Date") if message.get(name)]
        front = FrontMatter(published=_day(message))
        body, reading = _body(message)
        attached = list(message.iter_attachments())
    except Exception as error:  # the parser of the standard library raises errors of many kinds on damaged messages
        raise UnreadableDocument(f"{path}: damaged message; save it again from the mail program and retry", Refusal.DAMAGED) from error
    if len(attached) > MAX_ATTACHMENTS:
        told = f"{len(attached)} attachments; at most {MAX_ATTACHMENTS} are read: ingest them as files"
        raise UnreadableDocument(f"{path}: {told}", Refusal.BOMB_LIMIT)
    blocks = [RawBlock(BlockKind.HEADING, subject, 1)] if subject else []
    blocks += [RawBlock(BlockKind.BOILERPLATE, "\n".join(head))] if head else []
    blocks += body
    for part in attached:
        found, held = _attachment(part, read, depth)
        blocks += found
        reading = replace(reading, hidden_chars=reading.hidden_chars + held.hidden_chars, notes=(*reading.notes, *held.notes))
    return Extracted(MEDIA_TYPE, tuple(blocks), subject, front=front, reading=reading, structured=True)


def _day(message: EmailMessage) -> str | None:
    sent = getattr(message.get("Date"), "datetime", None)
    return sent.date().isoformat() if isinstance(sent, datetime) else None


def _body(message: EmailMessage) -> tuple[list[RawBlock], Reading]:
    """Give what mail programs show: of text and HTML the HTML, and the text for it where it tells nothing else."""
    plain, html = _content(message, "plain"), _content(message, "html")
    if html is None:
        return list(_told(plain or "")), Reading()
    found = read_html(html)
    if plain is None:
        return list(found.blocks), found.reading
    if _tells_more(plain, "\n".join(block.text for block in found.blocks)):
        return list(found.blocks), replace(found.reading, notes=(*found.reading.notes, _OTHER_TEXT))
    return list(_told(plain)), found.reading


def _content(message: EmailMessage, subtype: str) -> str | None:
    part = message.get_body((subtype,))
    content = part.get_content() if part is not None else None
    return content.replace("\r\n", "\n") if isinstance(content, str) else None


def _tells_more(plain: str, shown: str) -> bool:
    """Tell whether a line of the plain text has words that do not stand in this order in what is shown; addresses do not count."""
    held = f" {_words(shown)} "
    return any(f" {words} " not in held for line in _ADDRESS.sub(" ", plain).split("\n") if (words := _words(line)))


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _told(text: str) -> Iterator[RawBlock]:
    """Give the newest text, then its signature as boilerplate, then what it answers under a heading of its own."""
    earlier = _QUOTED.search(text)
    newest, quoted = (text[: earlier.start()], text[earlier.start() :]) if earlier else (text, "")
    signature = _SIGNATURE.search(newest)
    yield from plain_blocks(newest[: signature.start()] if signature else newest)
    if signature and (words := newest[signature.end() :].strip()):
        yield RawBlock(BlockKind.BOILERPLATE, words)
    if quoted.strip():
        yield RawBlock(BlockKind.HEADING, _ANSWERS, 2)
        yield from plain_blocks(re.sub(r"^[ \t]*(?:>[ \t]?)+", "", quoted, flags=re.MULTILINE))


def _attachment(part: EmailMessage, read: Read, depth: int) -> tuple[list[RawBlock], Reading]:
    """Give the blocks of an attachment under a heading, and the hidden characters and notes that it adds to those of the mail."""
    name = bare_name(part.get_filename() or ("message.eml" if part.get_content_type() == MEDIA_TYPE else "")) or "unnamed"
    if depth >= MAX_DEPTH:
        return [], Reading(notes=(f"attachment “{name}” left out: it lies more than {MAX_DEPTH} messages deep",))
    try:
        found = read(_payload(part), Path(name), depth + 1)
    except (IngestError, CorpusError) as error:
        refusal = error.refusal if isinstance(error, IngestError) else Refusal.DAMAGED
        return [], Reading(notes=(f"attachment “{name}” refused: {refusal.value}",))
    heading = RawBlock(BlockKind.HEADING, f"Attachment: {name}", 1)
    blocks = [
        replace(block, page=None, turn=0, place=_place(name, block), level=min(6, block.level + 1 if block.level else 0))
        for block in found.blocks
    ]
    guessed = (f"encoding taken to be {found.reading.encoding}",) if found.reading.encoding else ()
    scanned = (f"pages that hold an image and no text: {', '.join(map(str, found.reading.scanned))}",) if found.reading.scanned else ()
    notes = tuple(f"attachment “{name}”: {note}" for note in (*found.reading.notes, *guessed, *scanned))
    return [heading, *blocks], Reading(hidden_chars=found.reading.hidden_chars, notes=notes)


def _payload(part: EmailMessage) -> bytes:
    if part.get_content_type() == MEDIA_TYPE:
        inner = part.get_content()
        return inner.as_bytes() if isinstance(inner, EmailMessage) else b""
    held = part.get_payload(decode=True)
    return held if isinstance(held, bytes) else b""


def _place(name: str, block: RawBlock) -> str:
    return ", ".join(filter(None, (name, block.place, f"page {block.page}" if block.page else "")))
