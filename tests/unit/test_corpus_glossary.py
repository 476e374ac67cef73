"""The glossary widens a search without naming codes or mixing up services."""

import pytest

from corpus.check import check_glossary
from corpus.errors import CorpusError
from corpus.glossary import load_glossary, parse_glossary


@pytest.fixture(scope="module")
def glossary() -> dict[str, tuple[str, ...]]:
    return load_glossary()


@pytest.mark.parametrize(
    ("term", "expansion"),
    [
        ("igrt", "image-guided radiation therapy"),
        ("fx", "fraction"),
        ("otv", "on-treatment visit"),
        ("weekly physics", "continuing physics consultation"),
        ("cone down", "boost"),
        ("hopd", "hospital outpatient department"),
        ("w/o", "without"),
    ],
)
def test_shorthand_is_spelled_out(glossary: dict[str, tuple[str, ...]], term: str, expansion: str) -> None:
    assert expansion in glossary[term]


def test_no_expansion_names_a_code_or_modifier(glossary: dict[str, tuple[str, ...]]) -> None:
    assert check_glossary(glossary) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("special physics consultation", "continuing physics consultation"),
        ("special dosimetry", "basic dosimetry calculation"),
        ("sbrt", "srs"),
        ("general supervision", "direct supervision"),
        ("3d-crt", "imrt"),
        ("pc", "tc"),
        ("fif", "imrt"),
    ],
)
def test_similar_services_share_no_expansion(glossary: dict[str, tuple[str, ...]], one: str, other: str) -> None:
    assert not set(glossary[one]) & set(glossary[other])


def test_every_term_has_an_expansion_other_than_itself(glossary: dict[str, tuple[str, ...]]) -> None:
    assert all(expansions and term not in expansions for term, expansions in glossary.items())


@pytest.mark.parametrize("text", ["'tx' = ", "'tx' = 'treatment'", "'tx' = [1]"])
def test_a_malformed_glossary_is_refused(text: str) -> None:
    with pytest.raises(CorpusError, match=r"glossary|Glossary"):
        parse_glossary(text)
