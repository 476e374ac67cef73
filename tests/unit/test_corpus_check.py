"""The check passes what ships and notices each thing that can be wrong with it."""

import pytest

from corpus.check import check_corpus, check_digests, check_glossary, check_registry
from corpus.paragraphs import read_digest
from corpus.registry import CodeEntry

FRONT = "---\ntitle: t\npublisher: p\nauthority: payer\npayer: all\nbasis: stated\nlicence: Apache-2.0\n---\n"
CODES = {"77336": CodeEntry("77336", "CPT", "physics"), "26": CodeEntry("26", "modifier", "component")}


def problems(body: str, front: str = FRONT) -> list[str]:
    return check_digests({"a/b.md": read_digest(front + body)}, CODES)


def test_the_shipped_corpus_has_no_problems() -> None:
    assert check_corpus() == []


def test_a_complete_digest_has_no_problems() -> None:
    assert problems('77336 takes no modifier 26.\n{: #f-1 topic="modifier"}\n') == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("No source.\n", "no source line"),
        ('Text.\n{: #f-1 topik="x"}\n', "unknown attributes"),
        ('See 77999.\n{: #f-1 topic="x"}\n', "code 77999"),
        ('## 77999: heading\n\nText.\n{: #f-1 topic="x"}\n', "code 77999"),
        ('Add modifier ZZ.\n{: #f-1 topic="x"}\n', "code ZZ"),
        ('Add modifiers 26, YY or ZZ.\n{: #f-1 topic="x"}\n', "code ZZ"),
        ('A.\n{: #f-1 topic="x"}\n\nB.\n{: #f-1 topic="x"}\n', "used 2 times"),
        ('A.\n{: #f-1 topic="x" conflicts="f-9"}\n', "in no digest"),
        ('A.\n{: #f-1 topic="x" conflicts="f-2"}\n\nB.\n{: #f-2 topic="x"}\n', "does not name it"),
    ],
)
def test_a_fault_in_a_digest_is_noticed(body: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(body))


def test_numbers_that_are_not_codes_are_passed_over() -> None:
    text = "LCD L39553, article A59350, $12345.67, 66,577 services, C79.51, Z51.0, chapter 70000-79999, 1,379 hospitals."
    assert problems(f'{text}\n{{: #f-1 topic="x"}}\n') == []


@pytest.mark.parametrize("field", ["title", "publisher", "authority", "payer", "basis", "licence"])
def test_a_missing_field_of_the_front_matter_is_noticed(field: str) -> None:
    front = "\n".join(line for line in FRONT.splitlines() if not line.startswith(f"{field}:")) + "\n"
    assert problems("", front) == [f"a/b.md: front matter lacks {field}"]


def test_a_registry_field_needs_a_source_that_ships() -> None:
    unsourced = {"77336": CodeEntry("77336", "CPT", "physics", label="weekly check")}
    elsewhere = {"77336": CodeEntry("77336", "CPT", "physics", label="weekly check", sources=(("label", "f-9"),))}
    assert check_registry(unsourced, {"f-1"}) == ["77336: label has no source"]
    assert check_registry(elsewhere, {"f-1"}) == ["77336: source f-9 is in no digest"]


def test_a_successor_must_be_in_the_registry() -> None:
    entry = CodeEntry("77385", "CPT", "delivery", replaced_by=("77407",), sources=(("replaced_by", "f-1"),))
    assert check_registry({"77385": entry}, {"f-1"}) == ["77385: successor 77407 is not in the registry"]


@pytest.mark.parametrize("expansion", ["77336", "code 77336", "G6015", "modifier 26", "0394T"])
def test_an_expansion_that_names_a_code_is_noticed(expansion: str) -> None:
    assert check_glossary({"term": [expansion]})


def test_a_term_in_capitals_is_noticed() -> None:
    assert check_glossary({"IGRT": ["image guidance"]}) == ["glossary: 'IGRT' is not lower case"]
