"""A digest falls into paragraphs of one fact each."""

import pytest

from corpus.errors import CorpusError
from corpus.paragraphs import DigestParagraph, read_digest

DIGEST = """---
title: A page
---

# A page

## 77336: how often

77336 is reported once per five fractions.
{: #f-1 topic="frequency" payer="Blue Cross NC" valid_to="" conflicts="f-2 f-3"}

A paragraph without a source.
"""


def test_a_paragraph_carries_its_heading_fact_and_attributes() -> None:
    paragraph = read_digest(DIGEST).paragraphs[0]
    assert paragraph.heading == "77336: how often"
    assert paragraph.text == "77336 is reported once per five fractions."
    assert paragraph.fact_id == "f-1"
    assert paragraph.attribute("payer") == "Blue Cross NC"
    assert paragraph.attribute("conflicts") == "f-2 f-3"
    assert paragraph.attribute("basis") == ""


def test_a_paragraph_without_attribute_line_has_no_fact() -> None:
    without = DigestParagraph("77336: how often", "A paragraph without a source.")
    assert read_digest(DIGEST).paragraphs[1] == without


def test_a_malformed_attribute_line_is_not_taken_for_a_source() -> None:
    paragraph = read_digest('Text.\n{: f-1 topic="x"}\n').paragraphs[0]
    assert paragraph.fact_id == ""


def test_malformed_front_matter_is_refused() -> None:
    with pytest.raises(CorpusError):
        read_digest("---\ntitle: x\n")
