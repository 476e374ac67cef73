"""The properties of a document that its owner may set by hand, over what its file tells."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from pydantic import ValidationError

from corpus.digests import AUTHORITIES
from corpus.errors import ConfigError, CorpusError
from corpus.front_matter import web_address
from ingest.canonical import canonical
from ingest.documents import Document

TEXTS = ("title", "publisher", "authority", "url", "edition", "payer")
DAYS = ("valid_from", "valid_to")
PROPERTIES = (*TEXTS, *DAYS)


def settle(document: Document, by_hand: Mapping[str, str]) -> Document:
    """Give a document with these properties, texts on one line, days as ISO 8601; "" takes a day away.

    Raises:
        CorpusError: the first day in force is later than the last.
    """
    texts: dict[str, Any] = {name: " ".join(canonical(words).split()) for name, words in by_hand.items() if name not in DAYS}
    days: dict[str, Any] = {name: date.fromisoformat(words) if words else None for name, words in by_hand.items() if name in DAYS}
    settled = replace(document, **texts, **days)
    if settled.valid_from and settled.valid_to and settled.valid_from > settled.valid_to:
        raise CorpusError(f"in force from {settled.valid_from} until {settled.valid_to}: the first day is later than the last")
    return settled


def check(document: Document, by_hand: Mapping[str, str]) -> None:
    """Check that a document can have these properties.

    Raises:
        ConfigError: a name, class, day or web address is none, or the title is empty.
        CorpusError: the days are in the wrong order.
    """
    if unknown := sorted(by_hand.keys() - set(PROPERTIES)):
        raise ConfigError(f"{unknown[0]!r} cannot be set by hand; those that can are: {', '.join(PROPERTIES)}")
    for name in DAYS:
        try:
            date.fromisoformat(by_hand.get(name) or "2000-01-01")
        except ValueError:
            raise ConfigError(f"{by_hand[name]!r} is no date; write it as YYYY-MM-DD") from None
    if by_hand.get("authority") and by_hand["authority"] not in AUTHORITIES:
        raise ConfigError(f"{by_hand['authority']!r} is no authority class; one of: {', '.join(AUTHORITIES)}")
    settled = settle(document, by_hand)
    if by_hand.get("url") and not _is_web_address(settled.url):
        raise ConfigError(f"{by_hand['url']!r} is no web address; it begins with http:// or https://")
    if not settled.title:
        raise ConfigError("a document needs a title")


def _is_web_address(told: str) -> bool:
    try:
        return web_address(told) is not None
    except ValidationError:
        return False
