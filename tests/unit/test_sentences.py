"""Sentences are cut where a reader would cut them, and no letter is lost."""

import time

import pytest

from ingest.sentences import sentence_spans


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One rule. Another rule.", ["One rule.", "Another rule."]),
        ("See the manual, e.g. chapter 4. Then stop.", ["See the manual, e.g. chapter 4.", "Then stop."]),
        ("Organs, volumes, etc. CPT code 77370 is not used.", ["Organs, volumes, etc.", "CPT code 77370 is not used."]),
        ("Follow the guidelines.Refer to the manual.", ["Follow the guidelines.", "Refer to the manual."]),
        ("Modifier No. 5 of the U.S. list applies.", ["Modifier No. 5 of the U.S. list applies."]),
        ("May it be billed? No. It may not.", ["May it be billed?", "No.", "It may not."]),
        ("The answer is no. Two reports are due.", ["The answer is no.", "Two reports are due."]),
        ("See transmittal No. 12 and Nos. 13 and 14.", ["See transmittal No. 12 and Nos. 13 and 14."]),
        ("Of no. of fields there are 5.", ["Of no. of fields there are 5."]),
        ("CPT 77370 vs. 77336 is asked.", ["CPT 77370 vs. 77336 is asked."]),
        ("Dr. Smith, Ph.D. signs at 3 p.m. on that day.", ["Dr. Smith, Ph.D. signs at 3 p.m. on that day."]),
        ("A dose of 1.8 Gy. The next is 2.0 Gy.", ["A dose of 1.8 Gy.", "The next is 2.0 Gy."]),
        ("(See 77370.) Then 77336.", ["(See 77370.)", "Then 77336."]),
        ("Wait... then go on. Stop!?", ["Wait... then go on.", "Stop!?"]),
        ("Bill 77370. 77336 is another.", ["Bill 77370.", "77336 is another."]),
        ("It costs 1.5 units. Why?", ["It costs 1.5 units.", "Why?"]),
        ("** Code 77371 is technical.", ["Code 77371 is technical."]),
        ("Report C79.51. Then F32.A follows.", ["Report C79.51.", "Then F32.A follows."]),
        ("Who signs? The physician!", ["Who signs?", "The physician!"]),
        ('He said "never." She agreed.', ['He said "never."', "She agreed."]),
        ("One item:\n- first\n- second", ["One item:", "- first", "- second"]),
        ("First.\n\nSecond without an end", ["First.", "Second without an end"]),
        ("   ", []),
        ("", []),
    ],
)
def test_sentences_end_where_they_should(text: str, sentences: list[str]) -> None:
    assert cut(text) == sentences


def test_a_line_of_two_megabytes_is_cut_in_seconds() -> None:
    begun = time.process_time()
    assert len(sentence_spans("77336 is billed once for every five treatments. " * 40_000)) == 40_000
    assert time.process_time() - begun < 5
