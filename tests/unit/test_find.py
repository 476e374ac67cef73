"""A described service leads to the codes that fit it, each with exact quotes for and against; what fits nothing is said so."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assistant.answer import Reason
from assistant.find import Finder, Findings, elements, number_citations
from assistant.find_record import find_record
from assistant.settings import Settings
from assistant.wiring import open_assistant, open_finder
from corpus.errors import AnswerError
from tests import support
from ui.cli import main
from ui.find_view import present_findings
from ui.terminal import render_findings

DAY = date(2026, 5, 1)
CASE = "three fields, custom blocks, breast, tangents, weekly physics check"
FRONT = '---\ntitle: "{0}"\npublisher: "{0}"\nauthority: {1}\npayer: "{2}"\nbasis: stated\n---\n\n# {0}\n\n'
SERVICES = (
    FRONT.format("Example Society", "specialty society", "all")
    + """77334 is the code for custom blocks that are made for one patient.
{: #f-s-01}

77334 is not billed together with 77338 for the same plan.
{: #f-s-02}

77336 is the weekly physics check of the chart and the treatment of a patient.
{: #f-s-03}

77336 is not reported more than once for five fractions.
{: #f-s-04}

77338 is the multileaf collimator device of an intensity-modulated plan.
{: #f-s-05}

77386 is complex IMRT delivery in a hospital.
{: #f-s-06}

77412 is IMRT delivery with several isocenters, in a hospital or an office.
{: #f-s-07}

The physicist keeps the weekly chart in the record room.
{: #f-s-08}
"""
)
PLAN = (
    FRONT.format("Example Plan", "payer", "Example Plan")
    + "77470 pays for custom blocks with extra work, under this plan only.\n{: #f-p-01}\n"
)


@pytest.fixture(scope="module")
def folder(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return support.build_library(tmp_path_factory.mktemp("find") / "data", runtime, {"services.md": SERVICES, "plan.md": PLAN})


@pytest.fixture(scope="module")
def finder(folder: Path) -> Iterator[Finder]:
    with open_assistant(Settings(data_dir=folder)) as assistant:
        yield open_finder(assistant)


def codes(findings: Findings) -> list[str]:
    return [fit.code for fit in findings.fits]


def texts(findings: Findings, code: str, part: str) -> list[str]:
    return [s.text for fit in findings.fits if fit.code == code for s in getattr(fit, part)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("three fields, custom blocks and a weekly check.", ("three fields", "custom blocks", "a weekly check")),
        ("A mask was made. Then a CT scan; the plan was signed", ("A mask was made", "a CT scan", "the plan was signed")),
        ("weekly physics check", ()),
        ("blocks, , and", ()),
    ],
)
def test_a_description_is_parted_into_its_elements(text: str, found: tuple[str, ...]) -> None:
    assert elements(text) == tuple(found)


def test_the_codes_that_fit_come_first_with_what_they_speak_to(finder: Finder) -> None:
    found = finder.find(CASE, as_of=DAY)
    assert set(codes(found)[:2]) == {"77334", "77336"}
    covers = {fit.code: fit.covers for fit in found.fits}
    assert "custom blocks" in covers["77334"]
    assert "weekly physics check" in covers["77336"]
    assert found.abstention is None


def test_reasons_and_limits_are_exact_quotes_that_name_the_code(finder: Finder, folder: Path) -> None:
    found = finder.find(CASE, as_of=DAY)
    assert texts(found, "77334", "reasons")[0] == "77334 is the code for custom blocks that are made for one patient."
    assert texts(found, "77334", "limits") == ["77334 is not billed together with 77338 for the same plan."]
    assert texts(found, "77336", "limits") == ["77336 is not reported more than once for five fractions."]
    with open_assistant(Settings(data_dir=folder)) as assistant:
        for fit in found.fits:
            for sentence in (*fit.reasons, *fit.limits):
                assert fit.code in sentence.text
                for c in sentence.citations:
                    assert assistant.library.text(c.document_id)[c.start : c.end] == c.quote
                    assert c.passage_id in {h.passage.id for h in found.evidence}


def test_another_payers_code_is_no_fit(finder: Finder) -> None:
    described = "custom blocks with extra work"
    assert "77470" in codes(finder.find(described, as_of=DAY, payer="Example Plan"))
    assert "77470" not in codes(finder.find(described, as_of=DAY, payer="Aetna"))


def test_a_code_that_was_not_valid_on_the_day_is_no_fit(finder: Finder) -> None:
    assert codes(finder.find("complex IMRT delivery in a hospital", as_of=date(2025, 6, 1)))[0] == "77386"
    later = finder.find("complex IMRT delivery in a hospital", as_of=DAY)
    assert "77386" not in codes(later)
    assert codes(later)[0] == "77412"


def test_the_limit_is_kept(finder: Finder) -> None:
    assert len(finder.find(CASE, as_of=DAY, limit=1).fits) == 1


@pytest.mark.parametrize("text", ["Porcelain crown on an upper molar", "a new coffee machine for the break room"])
def test_what_fits_nothing_is_said_with_the_nearest_passages(finder: Finder, text: str) -> None:
    found = finder.find(text, as_of=DAY)
    assert found.fits == ()
    assert found.abstention is not None
    assert found.abstention.reason is Reason.NO_EVIDENCE
    assert found.evidence


def test_a_misspelt_code_in_a_description_is_told(finder: Finder) -> None:
    found = finder.find("custom blocks, 77343", as_of=DAY)
    assert found.abstention is not None
    assert found.abstention.reason is Reason.UNKNOWN_CODE
    assert "77334" in found.abstention.detail


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_description_is_refused(finder: Finder, text: str) -> None:
    with pytest.raises(AnswerError, match="description is empty"):
        finder.find(text, as_of=DAY)


def test_the_record_holds_every_quote_with_its_place(finder: Finder) -> None:
    found = finder.find(CASE, as_of=DAY)
    record = find_record(found)
    assert json.loads(json.dumps(record)) == record
    assert (record["schema"], record["as_of"], record["abstention"], record["nearest"]) == ("codecite.find/1", "2026-05-01", None, [])
    numbers = {c["n"]: c for c in record["citations"]}
    assert list(numbers) == list(number_citations(found).values())
    for fit in record["fits"]:
        for sentence in (*fit["reasons"], *fit["limits"]):
            assert [numbers[n]["quote"] for n in sentence["citations"]] == [sentence["text"]]
    assert {c["publisher"] for c in record["citations"]} <= {"Example Society", "Example Plan"}
    assert find_record(finder.find("Porcelain crown", as_of=DAY))["nearest"]


def test_the_terminal_shows_codes_quotes_limits_and_sources(finder: Finder) -> None:
    shown = render_findings(finder.find(CASE, as_of=DAY))
    assert "CODES MAY FIT, best first." in shown
    assert "Would rule it out: 77334 is not billed together with 77338 for the same plan." in shown
    assert "Example Society" in shown.partition("Sources")[2]
    nothing = render_findings(finder.find("Porcelain crown", as_of=DAY))
    assert nothing.startswith("NO CODE IN YOUR LIBRARY FITS")
    assert "Nearest passages" in nothing


def test_each_code_is_a_card_with_its_own_sources(finder: Finder, folder: Path) -> None:
    with open_assistant(Settings(data_dir=folder)) as assistant:
        view = present_findings(finder.find(CASE, as_of=DAY), assistant.library.text)
        none = present_findings(finder.find("Porcelain crown", as_of=DAY), assistant.library.text)
    for card in view.cards:
        assert {n for s in card.sentences for n in s.numbers} == {s.number for s in card.sources}
        assert {s.label for s in card.sentences} <= {"Why it fits", "Would rule it out"}
    assert none.cards[0].abstention is not None
    assert none.cards[0].abstention.nearest


def run(monkeypatch: pytest.MonkeyPatch, data_dir: Path, *arguments: str) -> Result:
    monkeypatch.setenv("CODECITE_DATA_DIR", str(data_dir))
    return CliRunner().invoke(main, ["find", *arguments])


def test_the_command_ranks_codes_and_prints_a_record(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, folder, CASE, "--as-of", "2026-05-01", "--limit", "2")
    assert done.exit_code == 0
    assert done.stdout.startswith("2 CODES MAY FIT")
    record = json.loads(run(monkeypatch, folder, CASE, "--as-of", "2026-05-01", "--payer", "Example Plan", "--json").stdout)
    assert record["payer"] == "Example Plan"
    assert {"77334", "77336", "77470"} <= {fit["code"] for fit in record["fits"]}


def test_an_abstention_is_done_and_an_empty_description_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, folder, "Porcelain crown").exit_code == 0
    assert run(monkeypatch, folder, " ").exit_code == 3
    assert run(monkeypatch, folder, CASE, "--limit", "0").exit_code == 2
