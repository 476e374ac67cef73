"""Identifiers of patients are masked; codes, dates of service and the field's own names never are."""

import random
from time import perf_counter

import pytest

from assistant.identifiers import KINDS, mask, masked_notice, without_placeholders
from corpus.digests import digest_paths
from corpus.paragraphs import read_digest
from tests import planted


def corpus_questions() -> list[str]:
    read = (read_digest(path.read_text(encoding="utf-8")) for path in digest_paths())
    return [question for digest in read for asked in digest.front_matter.questions.values() for question in asked]


@pytest.mark.parametrize("half", planted.HALVES)
@pytest.mark.parametrize("kind", KINDS)
def test_98_of_100_identifiers_of_each_kind_are_masked_whole(kind: str, half: str) -> None:
    asked = planted.questions(kind, half)
    masked = [mask(question.text) for question in asked]
    missed = [
        m.text
        for q, m in zip(asked, masked, strict=True)
        if kind not in m.kinds or any(v.casefold() in m.text.casefold() for v in q.values)
    ]
    assert len(missed) <= 2, missed


@pytest.mark.parametrize("kind", KINDS)
def test_what_surrounds_an_identifier_stays(kind: str) -> None:
    for question in planted.questions(kind, "held"):
        lost = {word for word in ("77427", "77301", "77370-26", "12345", "03/04/2026", "77412 x 28") if word in question.text}
        assert not {word for word in lost if word not in mask(question.text).text}, question.text


def test_of_1000_questions_without_identifiers_at_most_10_are_changed() -> None:
    asked = random.Random(20261127).sample(corpus_questions(), 1000)
    changed = [question for question in asked if mask(question).kinds]
    assert len(changed) <= 10, changed


def test_no_fact_of_the_corpus_is_taken_for_an_identifier() -> None:
    facts = [p.text for path in digest_paths() for p in read_digest(path.read_text(encoding="utf-8")).paragraphs]
    assert [fact for fact in facts if mask(fact).kinds] == []


@pytest.mark.parametrize(
    "text",
    [
        "Can 77300, 77301 and 77338-26 be billed on 03/04/2026 for Ir-192?",
        "Does Gamma Knife 77371 need modifier TC for Medicare patients of Noridian?",
        "Is the Van Herk margin recipe documentation for 77301 at Dr. Smith's office?",
        "NPI 1234567893, claim 20260045123, ICN 2026123456789, edit 12345",
        "+77293 with 77427+77431, revenue codes 0333 and 333-334, NDC 12345-6789-01",
        "ZIP 90210-1234, fee $1,234.56, LCD L34652, article A52345, 89 FR 97710",
        "ICD-10 Z51.0, C79.51 and C50.911 for patient positioning on a MR Linac",
        "Does Henry Ford Health or Thomas Jefferson University Hospital bill 77014?",
        "DOS 2026-03-04, children born in 2015, 1-800-MEDICARE",
        "chart 77427; account 77301; MR 77387; phone consult 99441 by phone 99442",
        "name: 77427? drug name: Xofigo for patient Xofigo infusion 79101",
        "patient Medicare Advantage, for Total Body Irradiation, for Kaposi Sarcoma of the Anal Canal in Puerto Rico",
        "Can Will bill? Mark says May is ok. Is a patient. Is it?",
    ],
)
def test_what_a_coder_writes_without_a_patient_stays(text: str) -> None:
    assert mask(text) == mask(mask(text).text)
    assert mask(text).text == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("JOHN SMITH DOB 01/02/1950 MRN 12345 had 77427", "[name] DOB [date of birth] MRN [MRN] had 77427"),
        ("DOS 4/5/2026, DOB 3/4/56", "DOS 4/5/2026, DOB [date of birth]"),
        ("ending 4/12/2026, D.O.B. 3/4/56", "ending 4/12/2026, D.O.B. [date of birth]"),
        ("Mr. O'Brien and Mrs. van der Berg had sims", "Mr. [name] and Mrs. [name] had sims"),
        ("Pt Jane Doe's 77427 denied", "Pt [name]'s 77427 denied"),
        ("MRNs 1234567 and 7654321, 77427", "MRNs [MRN], 77427"),
        ("MRN 1234567 77427 26", "MRN [MRN] 77427 26"),
        ("SSN １２３-４５-６７８９, ssn 123\u200b-45-6789", "SSN [SSN], ssn [SSN]"),
        ("last four of her social: 6789", "last four of her social: [SSN]"),
        ("patient thandiwe nkosi had 77427", "patient [name] had 77427"),
        ("患者姓名：张伟，77427", "患者姓名:[name],77427"),
        ("fecha de nacimiento 5 de marzo de 1960", "fecha de nacimiento [date of birth]"),
    ],
)
def test_an_identifier_goes_and_nothing_else(text: str, masked: str) -> None:
    assert mask(text).text == masked


def test_masking_twice_changes_nothing_and_tells_the_same() -> None:
    once = mask("patient Maria Gonzalez-Lopez, MRN 00123456, 77427?")
    assert once.kinds == ("name", "MRN")
    assert mask(once.text) == once


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("May 77370 be billed? Patient Maria Garcia, MRN 00998877, DOB 3/4/1956.", "May 77370 be billed?"),
        ("For patient Maria Garcia (MRN 00998877): can 77427 be billed?", "can 77427 be billed?"),
        ("Lung SBRT (MRN 1234567, DOB 1/2/1950), 3 fractions. Which codes?", "Lung SBRT, 3 fractions. Which codes?"),
        ("Does the MRN of a patient matter, and the date?", "Does the MRN of a patient matter, and the date?"),
        ("patient John Smith", "patient [name]"),
    ],
)
def test_what_was_masked_is_not_asked_about(text: str, bare: str) -> None:
    assert without_placeholders(mask(text).text) == bare


def test_the_notice_names_the_kinds() -> None:
    told = masked_notice(mask("MRN 123456, 77427?"), mask("Aetna, patient Maria Garcia"))
    assert told == ("Patient identifiers were masked before the question was read: name, MRN.",)
    assert masked_notice(mask("77427?"), mask("")) == ()


@pytest.mark.parametrize("unit", ["patient ", "1-", "a@b.", "MRN is ", "John ", "DOB " + " " * 9, "Mr. "])
def test_a_long_text_is_masked_within_its_time(unit: str) -> None:
    started = perf_counter()
    mask(unit * (40_000 // len(unit)))
    assert perf_counter() - started < 4  # seconds, for ten times the longest question; far less unless it grows with the square
