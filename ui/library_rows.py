"""Which documents the library page lists, in what order. Pure: no Streamlit, no disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.self_test import Missed, Tested
from ingest.library import ACTIVE, REMOVED, REPLACED, Entry
from ui.words import authority_words, payer_words, validity_words

PAGE_ROWS = 25
_PLACE_CHARS = 100
STATUS_WORDS = {ACTIVE: "in use", REMOVED: "removed", REPLACED: "replaced by a newer version"}


class Order(StrEnum):
    """How the documents are sorted; the value is what the reader chooses."""

    PUBLISHER = "Publisher and title"
    TITLE = "Title"
    NEWEST = "Newest first"
    PASSAGES = "Most passages first"


_KEYS: dict[Order, Callable[[Entry], tuple[object, ...]]] = {
    Order.PUBLISHER: lambda entry: (entry.document.publisher.casefold(), entry.document.title.casefold(), entry.document.id),
    Order.TITLE: lambda entry: (entry.document.title.casefold(), entry.document.id),
    Order.NEWEST: lambda entry: (entry.document.added_at, entry.document.id),
    Order.PASSAGES: lambda entry: (entry.passages, entry.document.id),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader looks for: all of `words` in the document's properties; "" means any publisher or status."""

    words: str = ""
    publisher: str = ""
    status: str = ACTIVE
    order: Order = Order.PUBLISHER


def choose(entries: Sequence[Entry], wanted: Wanted) -> tuple[Entry, ...]:
    """Give the entries wanted, in the order wanted."""
    words = wanted.words.casefold().split()
    found = [
        entry
        for entry in entries
        if wanted.publisher in ("", entry.document.publisher)
        and wanted.status in ("", entry.status)
        and all(word in _searched(entry) for word in words)
    ]
    return tuple(sorted(found, key=_KEYS[wanted.order], reverse=wanted.order in (Order.NEWEST, Order.PASSAGES)))


def publishers(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Give every publisher once, sorted."""
    return tuple(sorted({entry.document.publisher for entry in entries} - {""}, key=str.casefold))


def row_words(entry: Entry) -> tuple[str, ...]:
    """Give what stands below a title in the list; parts that are not known are left out."""
    document = entry.document
    edition = document.edition or document.published
    validity = validity_words(document.valid_from, document.valid_to) if document.valid_from or document.valid_to else ""
    held = (count_words(entry.pages, "page"), count_words(entry.passages, "passage"), count_words(entry.reading.rows, "row"))
    status = "" if entry.status == ACTIVE else f"{STATUS_WORDS[entry.status]} on {entry.changed_at[:10]}"
    parts = (document.publisher, authority_words(document.authority), edition, validity, *held, f"added {document.added_at[:10]}", status)
    return tuple(filter(None, parts))


def fact_words(entry: Entry) -> tuple[tuple[str, str], ...]:
    """Give every property of a document by its name."""
    document = entry.document
    rows = (
        ("Status", f"{STATUS_WORDS[entry.status]} since {entry.changed_at[:10]}"),
        ("Publisher", document.publisher),
        ("Authority", authority_words(document.authority)),
        ("Edition", document.edition or document.published),
        ("Validity", validity_words(document.valid_from, document.valid_to)),
        ("Payer", payer_words(document.payer)),
        ("Holds", ", ".join(filter(None, (count_words(entry.pages, "page"), count_words(entry.passages, "passage"))))),
        ("Added", document.added_at[:10]),
        ("File", document.path),
        ("Format", document.media_type),
        ("Licence", document.licence),
        ("Id", document.id),
    )
    return tuple((name, value) for name, value in rows if value)


TABLE_HEADER = (
    "Title", "Publisher", "Authority", "Edition", "In force from", "In force until", "Payer", "Pages", "Passages", "Rows", "Status", "Added", "File", "Id"
)  # fmt: skip


def table_row(entry: Entry) -> tuple[str, ...]:
    """Give the cells of a document in the table that is downloaded, by `TABLE_HEADER`."""
    document = entry.document
    days = (str(document.valid_from or ""), str(document.valid_to or ""))
    counts = (str(entry.pages or ""), str(entry.passages), str(entry.reading.rows or ""))
    said = (document.title, document.publisher, document.authority, document.edition or document.published)
    return (*said, *days, document.payer, *counts, entry.status, document.added_at, document.path, document.id)


def count_words(count: int, what: str) -> str:
    """Give a number with its noun, "" for none."""
    return f"{count:,} {what}{'' if count == 1 else 's'}" if count else ""


def found_words(tested: Tested) -> str:
    """Say how many passages of a document were found by questions of their own."""
    if not tested.passages:
        return "A table that is looked up row by row; it has no passages to find"
    tried = f"{tested.tried:,} of its {tested.passages:,} passages were tried, " if tested.tried < tested.passages else ""
    words = f"{tested.found:,} of {count_words(tested.tried, 'passage')} found"
    return f"{tried}{words}"


def missed_words(missed: Missed) -> tuple[str, str, str]:
    """Give where a passage stands that was not found, what was asked, and what came first instead."""
    passage, first = missed.passage, missed.first
    page = f"p. {passage.first_page}" if passage.first_page else ""
    place = " · ".join(filter(None, (" > ".join(passage.section), page))) or passage.text[:_PLACE_CHARS]
    source = ", ".join(filter(None, (first.document.publisher, first.document.title))) if first else "nothing"
    return place, missed.question, f"{source}: {first.passage.text[:_PLACE_CHARS]}" if first else source


def _searched(entry: Entry) -> str:
    document = entry.document
    return " ".join((document.title, document.publisher, document.authority, document.edition, document.payer, document.path)).casefold()
