"""The date of service is read from the words of a question, and no other date is taken for it."""

from datetime import date

import pytest

from assistant.dates import find_date_of_service

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Was 77014 billable in 2024?", "2024-06-30"),
        ("Can CPT 77014 be billed in 2024?", "2024-06-30"),
        ("back in 2019 could 77421 be billed?", "2019-06-30"),
        ("for 2027", "2027-06-30"),
        ("2024 dates of service", "2024-06-30"),
        ("DOS: 2024", "2024-06-30"),
        ("old claim from 2023", "2023-06-30"),
        ("what is the 2025 rate for 77300", "2025-06-30"),
        ("77014 for CT guidance, 2025?", "2025-06-30"),
        ("77300 on 3/1/2025 with 77301", "2025-03-01"),
        ("DOS 12/15/25 77385?", "2025-12-15"),
        ("tx 1-15-2025", "2025-01-15"),
        ("visit 2025-03-01", "2025-03-01"),
        ("March 1st, 2024", "2024-03-01"),
        ("on 15 March 2025", "2025-03-15"),
        ("DOS 5/11/1987, claim off microfilm", "1987-05-11"),
        ("effective 1/1/2026 which code", "2026-01-01"),
        ("77014 March 2025", "2025-03-15"),
        ("Claim from March of 2016: 77300 bundled", "2016-03-15"),
        ("Q3 2025 claim for 77385", "2025-08-15"),
        ("99213 same day as 77401, summer 2025?", "2025-07-16"),
        ("early 2025", "2025-02-14"),
        ("late 2025 claim", "2025-11-15"),
        ("before the 2026 changes", "2025-12-31"),
        ("before 2026 was 77385 ok", "2025-12-31"),
        ("prior to 1/1/2026", "2025-12-31"),
        ("before Jan 1, 2026", "2025-12-31"),
        ("after the 2026 changes can 77014 be billed", "2026-03-01"),
        ("under the 2027 codes", "2027-01-01"),
        ("Is 77402 ok next January?", "2027-01-15"),
        ("next year", "2027-06-30"),
        ("last December we billed 77385", "2025-12-15"),
        ("Did we bill 77014 correctly last year?", "2025-06-30"),
        ("this year is 77370 ok", "2026-03-01"),
        ("What replaced 77385 in 2026?", "2026-03-01"),
        ("10/12/2025 and 10/14/2025 sims", "2025-10-14"),
        ("order signed 1/3/2025, DOS 1/9/2025", "2025-01-09"),
        ("DOB 3/1/1950, DOS 1/9/2025", "2025-01-09"),
        ("prior auth in 2025 for 77301", "2025-06-30"),
        ("Jan 2025 claims", "2025-01-15"),
    ],
)
def test_the_date_of_service_is_read(text: str, day: str) -> None:
    found = find_date_of_service(text, TODAY)
    assert found
    assert (found.day.isoformat(), found.holds(found.day)) == (day, True)
    assert found.words in text


@pytest.mark.parametrize(
    "text",
    [
        "What does the 2015 handout say?",
        "in the 2015 handout",
        "2020 guidance on 77336",
        "in 2024's rules",
        "ICD-10-CM FY 2026 codes",
        "in the 2026 CPT",
        "in CPT 2026",
        "the 2024 rule",
        "in the 2024 MPFS final rule",
        "what does the ASTRO guidance from 2019 say",
        "published in 2020, is it valid?",
        "(Smith 2019) says",
        "ever since 2008",
        "mandatory in 2025",
        "77014",
        "G2024",
        "phone 512-555-2024",
        "$2,024 in 2020 dollars",
        "patient is 2024 days old",
        "3 years ago patient had surgery",
        "DOB 3/1/1950, 77370 ok?",
        "born 3/1/1950",
        "pt had prior radiation in 2019, now 77470?",
        "In 2019 the pt had surgery. Can 77263 be billed?",
        "Pt diagnosed in 2024; 77263 now?",
        "Patient finished RT last year. Is a charge possible?",
        "surgery was last year. 77263 correct?",
        "dos 13/45/2025",
        "we may 2 times",
        "in 2025 vs in 2026",
        "12/30/2025 and 1/5/2026 sims",
        "Approval was issued in Dec 2025 with old codes",
        "no date at all",
        "",
    ],
)
def test_other_dates_are_not_taken_for_it(text: str) -> None:
    assert find_date_of_service(text, TODAY) is None


def test_a_date_within_the_span_that_is_named_agrees_with_it() -> None:
    found = find_date_of_service("billed in 2025", TODAY)
    assert found
    assert found.holds(date(2025, 1, 1))
    assert found.holds(date(2025, 12, 31))
    assert not found.holds(date(2026, 1, 1))
