"""The registry knows what each code is, and since when."""

from datetime import date

import pytest

from corpus.errors import CorpusError
from corpus.registry import CodeEntry, load_codes, parse_codes


@pytest.fixture(scope="module")
def codes() -> dict[str, CodeEntry]:
    return load_codes()


@pytest.mark.parametrize(("code", "kind"), [("77336", "CPT"), ("0394T", "CPT"), ("G6015", "HCPCS"), ("26", "modifier"), ("TC", "modifier")])
def test_kind_follows_from_the_form_of_a_code(codes: dict[str, CodeEntry], code: str, kind: str) -> None:
    assert codes[code].kind == kind


@pytest.mark.parametrize("code", ["77385", "77386", "77014", "G6001", "G6002", "G6003", "G6012", "G6015", "G6016", "G6017"])
def test_codes_retired_for_2026_end_with_2025_and_name_a_successor(codes: dict[str, CodeEntry], code: str) -> None:
    assert codes[code].deleted == date(2025, 12, 31)
    assert codes[code].replaced_by


@pytest.mark.parametrize("code", ["77387", "77402", "77407", "77412"])
def test_numbers_kept_in_2026_are_revised_and_not_deleted(codes: dict[str, CodeEntry], code: str) -> None:
    assert (codes[code].revised, codes[code].deleted) == (date(2026, 1, 1), None)


@pytest.mark.parametrize(
    ("code", "component"),
    [("77336", "technical"), ("77370", "technical"), ("77263", "professional"), ("77290", "both")],
)
def test_component_is_known_for_the_codes_asked_about_most(codes: dict[str, CodeEntry], code: str, component: str) -> None:
    assert codes[code].component == component


def test_what_no_source_states_is_left_out(codes: dict[str, CodeEntry]) -> None:
    assert codes["77401"].deleted is None
    assert codes["77313"].label == ""


def test_labels_are_short(codes: dict[str, CodeEntry]) -> None:
    assert max(len(entry.label) for entry in codes.values()) <= 140


def test_a_successor_is_in_force_after_the_code_it_replaces(codes: dict[str, CodeEntry]) -> None:
    for entry in codes.values():
        for successor in (codes[code] for code in entry.replaced_by):
            assert not (entry.deleted and successor.deleted and successor.deleted <= entry.deleted), entry.code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[77336", "not valid TOML"),
        ("[77336]\nlabel = 'x'", "77336: family"),
        ("[77336]\nfamily = 'x'\ncomponant = 'both'", "77336: componant"),
        ("[77336]\nfamily = 'x'\ncomponent = 'all'", "77336: component"),
        ("[77336]\nfamily = 'x'\nreplaced_by = '77370'", "replaced_by must be a list"),
    ],
)
def test_a_malformed_registry_is_refused(text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        parse_codes(text)
