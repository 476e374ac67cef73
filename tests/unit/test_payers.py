"""The payer billed is read from the words of a question; a payer only compared with is not."""

import pytest

from assistant.payers import find_payer
from corpus.errors import CorpusError
from corpus.payers import load_payer_names, parse_payer_names

NAMES = load_payer_names()
KNOWN = (
    "Aetna",
    "Blue Cross NC",
    "Blue Cross NC (Medicare Advantage)",
    "Medicare",
    "UnitedHealthcare commercial",
    "Acme Farm Health",
    "commercial",
)


@pytest.mark.parametrize(
    ("text", "payer"),
    [
        ("77370 for Medicare", "Medicare"),
        ("Medicare's rule on 77370", "Medicare"),
        ("bill to Part B", "Medicare"),
        ("What does Noridian want?", "Medicare"),
        ("Novitas LCD on IMRT, Medicare pt", "Medicare"),
        ("UHC 77387?", "UnitedHealthcare"),
        ("Is it ok with United?", "UnitedHealthcare"),
        ("united   healthcare pt", "UnitedHealthcare"),
        ("Aetna pt, 77301", "Aetna"),
        ("Aetna, not Medicare", "Aetna"),
        ("BCBS NC 77301", "Blue Cross NC"),
        ("Medicare Advantage plan and 77301", "Medicare Advantage"),
        ("UHC Medicare Advantage", "UnitedHealthcare Medicare Advantage"),
        ("Humana MA, superficial", "Humana Medicare Advantage"),
        ("blue cross NC medicare advntage - do they", "Blue Cross NC (Medicare Advantage)"),
        ("UHC commercial contract", "UnitedHealthcare commercial"),
        ("what does acme farm health say on 77370", "Acme Farm Health"),
    ],
)
def test_the_payer_billed_is_read(text: str, payer: str) -> None:
    found = find_payer(text, NAMES, KNOWN)
    assert found
    assert (found.name, found.words in text) == (payer, True)


@pytest.mark.parametrize(
    "text",
    [
        "commercial payer not Medicare, 77301?",
        "same as Medicare?",
        "unlike Medicare, can we",
        "non-Medicare patients",
        "does our commercial plan follow Medicare rules",
        "Medicare and UHC",
        "Medicare/Medicaid",
        "Medicare Advantage vs traditional Medicare",
        "Cigna with eviCore",
        "all payers incl Medicare",
        "BCBS 77301",
        "in the United States",
        "a united front on billing",
        "anthem of coders",
        "what is commercial use",
        "cms-1500",
        "",
    ],
)
def test_no_payer_is_guessed(text: str) -> None:
    assert find_payer(text, NAMES, KNOWN) is None


def test_no_name_stands_for_two_payers() -> None:
    aliases = [alias for payer, others in NAMES.items() for alias in {payer.lower(), *others}]
    assert len(aliases) == len(set(aliases))


def test_a_broken_table_is_refused() -> None:
    with pytest.raises(CorpusError, match="payers"):
        parse_payer_names('"Aetna" = 1')
