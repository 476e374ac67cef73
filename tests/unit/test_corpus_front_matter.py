"""Front matter is read exactly, or refused in one line."""

from datetime import date

import pytest

from corpus.errors import CorpusError
from corpus.front_matter import FrontMatter, split_front_matter

FULL = """---
title: "FAQ: Physics"
publisher: ASTRO
authority: specialty society
url: https://www.astro.org/a?b=1
edition: 2023
published: 2023-04
valid_from: 2023
valid_to: 2024
payer: Medicare
basis: inferred
licence: Apache-2.0
---
"""


def front(line: str) -> FrontMatter:
    return split_front_matter(f"---\n{line}\n---\n")[0]


def test_every_field_is_read() -> None:
    assert split_front_matter(FULL)[0] == FrontMatter(
        title="FAQ: Physics",
        publisher="ASTRO",
        authority="specialty society",
        url="https://www.astro.org/a?b=1",
        edition="2023",
        published="2023-04",
        valid_from=date(2023, 1, 1),
        valid_to=date(2024, 12, 31),
        payer="Medicare",
        basis="inferred",
        licence="Apache-2.0",
    )


def test_offset_is_where_the_body_starts() -> None:
    text = FULL + "# Body\n"
    assert text[split_front_matter(text)[1] :] == "# Body\n"


@pytest.mark.parametrize("text", ["", "# Heading\n", "text\n---\ntitle: x\n---\n", "----\n"])
def test_text_without_front_matter_is_all_body(text: str) -> None:
    assert split_front_matter(text) == (FrontMatter(), 0)


def test_a_file_of_the_users_own_may_state_only_a_title() -> None:
    front_matter = front("title: Our billing policy")
    assert (front_matter.title, front_matter.publisher, front_matter.authority) == ("Our billing policy", None, None)
    assert (front_matter.payer, front_matter.basis) == ("all", "stated")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_do_not_matter(newline: str, mark: str) -> None:
    text = mark + "---\ntitle: x\n---\nbody".replace("\n", newline)
    front_matter, start = split_front_matter(text)
    assert (front_matter.title, text[start:]) == ("x", "body")


def test_empty_front_matter_states_nothing() -> None:
    assert split_front_matter("---\n---\nbody") == (FrontMatter(), 8)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-10", date(2024, 2, 10), date(2024, 2, 10)),
        ("'2023-02'", date(2023, 2, 1), date(2023, 2, 28)),
    ],
)
def test_partial_dates_widen_to_the_days_they_cover(written: str, first: date, last: date) -> None:
    assert front(f"valid_from: {written}").valid_from == first
    assert front(f"valid_to: {written}").valid_to == last


@pytest.mark.parametrize("written", ["2024", "2024-02", "2024-02-10"])
def test_published_and_edition_stay_as_written(written: str) -> None:
    front_matter = front(f"published: {written}\nedition: {written}")
    assert (front_matter.published, front_matter.edition) == (written, written)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("titel: x", "titel"),
        ("authority: king", "authority: expected one of: regulation"),
        ("url: ftp://a.b/c", "url"),
        ("url: not an address", "url"),
        ("basis: guessed", "basis"),
        ("valid_from: soon", "valid_from: expected YYYY"),
        ("valid_from: 2023-13", "valid_from"),
        ("valid_from: 2023-02-30", "Front matter"),
        ("published: 2023-4", "published"),
        ("valid_from: 2024\nvalid_to: 2023", "valid_from is later than valid_to"),
        ("title: [", "not valid YAML"),
        ("just words", "'field: value'"),
        ("- a\n- b", "'field: value'"),
        ("title: " + "[" * 2000, "not valid YAML"),
    ],
)
def test_malformed_front_matter_is_refused_in_one_line(line: str, message: str) -> None:
    with pytest.raises(CorpusError) as refusal:
        front(line)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_unclosed_front_matter_is_refused() -> None:
    with pytest.raises(CorpusError, match="never closed"):
        split_front_matter("---\ntitle: x\n")
