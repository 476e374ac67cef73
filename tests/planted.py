"""Questions with identifiers of made-up patients planted in them, drawn with a seed.

Written before the patterns that mask them. Wordings and names come in two halves: `tried` were looked at while the
patterns were written, `held` were not.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

KINDS = ("name", "MRN", "date of birth", "SSN", "MBI", "phone", "e-mail")
HALVES = ("tried", "held")
FIRST = """
    John Mary Robert Patricia Miguel Sofía José Ana-María Wei Xiu Nguyen Thuy Aisha Mohammed Fatima Ibrahim Olga Dmitri Siobhán Liam
    Kwame Adaeze Thandiwe Rajesh Priya Sunita Hiroshi Yuki Min-jun Ji-woo Jean-Luc Chloé Björn Astrid Giovanni Chiara Zoltán Eszter
    D'Angelo Shaniqua LaToya Dwayne Keisha Tyrone Leilani Kai Aiyana Dakota Noor Yusuf Esther Moshe Ingrid Lars Katarzyna Piotr Elena
    Nikos Camila Diego Beatriz João Maribel Ernesto Winifred Cornelius Gertrude Amos
""".split()
LAST = """
    Smith Johnson O'Brien García Gonzalez-Lopez Rodríguez Nguyen Tran Chen Zhang Kim Park Patel Singh Khan Hussein Ivanova Petrov
    Okafor Nkosi Mensah Tanaka Yamamoto Dubois Lefèvre Müller Schröder Rossi Bianchi Nagy Kowalski Novák Papadopoulos Silva Pereira
    McDonald MacLeod Fitzgerald Washington Jefferson Begay Kealoha Cohen Levi Andersson Jørgensen Delacroix St.-Pierre Villanueva
    Ocampo Abernathy Quattlebaum Featherstone Hernandez Martinez Thompson Castillo Guerrero Haddad Farooqi Banerjee Iyer Osei Mbeki
""".split()
CARRIERS = (
    "Can we bill 77427 again? {}",
    "{} had IMRT on 2026-03-04, 77301 and 77338 were charged. Is 77300 x 6 right?",
    "77370-26 was denied under edit 12345. {}. What now?",
    "Aetna wants records, claim 2026-004512, DOS 03/04/2026: {}; can 77336 still be billed?",
    "prostate ca C61, {}, 77385 vs G6015?",
    "need help w/ 77014 TC for this one ({}) thanks",
    "For the SBRT course ending 4/12/2026, {}, who signs 77435?",
    "{} – $1,250.00 was paid for 77263 by Noridian, is that correct?",
    "Medicare hospital outpatient. {}. Does Gamma Knife 77371 need a modifier?",
    "Revenue code 0333 and 77412 x 28, {}, which units?",
)
_MONTHS = "January February March April May June July August September October November December".split()
Draw = random.Random


@dataclass(frozen=True, slots=True)
class Planted:
    """A question, and the values in it that no one may see again."""

    text: str
    values: tuple[str, ...]


def questions(kind: str, half: str, count: int = 100) -> list[Planted]:
    """Give questions of one half, each with one identifier of `kind`."""
    draw = Draw(f"{kind} {half}")
    wordings = _half(WORDINGS[kind], half)
    return [_question(draw, half, wordings[n % len(wordings)]) for n in range(count)]


def _question(draw: Draw, half: str, wording: tuple[str, Callable[[Draw, str], str]]) -> Planted:
    frame, make = wording
    value = make(draw, half)
    return Planted(draw.choice(CARRIERS).format(frame.format(value)), _parts(value))


def _parts(value: str) -> tuple[str, ...]:
    """Give each word of a name, so that half a masked name is not taken for a masked one."""
    if any(c.isdigit() for c in value) or "@" in value:
        return (value,)
    return tuple(word for word in value.replace(",", " ").split() if len(word) > 2)


def _half(items: list[Any], half: str) -> list[Any]:
    return items[HALVES.index(half) :: 2]


def _digits(draw: Draw, pattern: str) -> str:
    return "".join(str(draw.randint(0, 9)) if c == "0" else str(draw.randint(2, 9)) if c == "2" else c for c in pattern)


def number(*patterns: str) -> Callable[[Draw, str], str]:
    """Give what fills a pattern: 0 is any digit, 2 one from 2 to 9, all else itself."""
    return lambda draw, _: _digits(draw, draw.choice(patterns))


def _first(draw: Draw, half: str) -> str:
    return str(draw.choice(_half(FIRST, half)))


def _last(draw: Draw, half: str) -> str:
    return str(draw.choice(_half(LAST, half)))


def full(draw: Draw, half: str) -> str:
    middle = draw.choice(("", "", "", f"{draw.choice('ABCDEFGHJKLMNPRST')}. "))
    return f"{_first(draw, half)} {middle}{_last(draw, half)}"


def lower(draw: Draw, half: str) -> str:
    return f"{_first(draw, half)} {_last(draw, half)}".lower()


def upper(draw: Draw, half: str) -> str:
    return f"{_first(draw, half)} {_last(draw, half)}".upper()


def turned(draw: Draw, half: str) -> str:
    return f"{_last(draw, half)}, {_first(draw, half)}"


def _birthday(draw: Draw, half: str) -> str:
    day = date(1930, 1, 1) + timedelta(days=draw.randint(0, 30_000))
    month, short = _MONTHS[day.month - 1], _MONTHS[day.month - 1][:3]
    return str(
        draw.choice(
            _half(
                [
                    f"{day.month}/{day.day}/{day.year}",
                    f"{day.month:02}/{day.day:02}/{day.year % 100:02}",
                    day.isoformat(),
                    f"{month} {day.day}, {day.year}",
                    f"{day.day} {short} {day.year}",
                    f"{day.month:02}-{day.day:02}-{day.year}",
                    f"{day.day:02}.{day.month:02}.{day.year}",
                    f"{short}. {day.day} {day.year}",
                    f"{day.month:02}{day.day:02}{day.year}",
                    f"{day.day}-{short}-{day.year}",
                ],
                half,
            )
        )
    )


def _mbi(draw: Draw, _: str) -> str:
    letter, digit = (lambda: draw.choice("ACDEFGHJKMNPQRTUVWXY")), (lambda: str(draw.randint(0, 9)))
    either = lambda: draw.choice((letter, digit))()  # noqa: E731  # three short draws read as a table
    value = "".join(
        (str(draw.randint(1, 9)), letter(), either(), digit(), letter(), either(), digit(), letter(), letter(), digit(), digit())
    )
    dashed = f"{value[:4]}-{value[4:7]}-{value[7:]}"
    return str(draw.choice((value, dashed, value.lower(), dashed.replace("-", " "))))


def _mail(draw: Draw, half: str) -> str:
    name, last = _first(draw, half).lower().replace("'", ""), _last(draw, half).lower().replace("'", "")
    host = draw.choice(("gmail.com", "yahoo.co.uk", "mail.hospital.org", "aol.com", "outlook.es"))
    return str(draw.choice((f"{name}.{last}@{host}", f"{name[0]}{last}{draw.randint(1, 99)}@{host}", f"{name}_{last}+rt@{host}")))


_phones = number("(222) 222-0000", "222-222-0000", "222.222.0000", "222 222 0000", "+1 222 222 0000", "1-222-222-0000", "(222)222-0000")
_mrns = number("0000000", "00000000", "00-00-00", "E0000000", "000000", "MR000000", "0000-0000")
_ssns = number("000-00-0000", "000 00 0000")

WORDINGS: dict[str, list[tuple[str, Callable[[Draw, str], str]]]] = {
    "name": [
        ("patient {}", full),
        ("Patient: {}", full),
        ("the patient, {},", full),
        ("pt {}", full),
        ("Pt. name: {}", full),
        ("patient name is {}", full),
        ("this is for Mr. {}", _last),
        ("Mrs. {} came back", _last),
        ("Ms {}", full),
        ("Mr {} again", full),
        ("for {}", full),
        ("on {}", full),
        ("patient name: {}", lower),
        ("pt's name is {}", lower),
        ("Name: {}", full),
        ("a 71 year old man named {}", full),
        ("patient {}", turned),
        ("pt: {}", turned),
        ("patient {}", lower),
        ("pt {}", lower),
        ("our patient {} called", full),
        ("her name is {}", full),
        ("PATIENT NAME: {}", upper),
        ("Patient Name - {}", upper),
        ("paciente {}", full),
        ("Sra. {}", full),
        ("{}'s plan", full),
        ("the chart of {}", full),
        ("regarding {}", full),
        ("re: {}", turned),
    ],
    "MRN": [
        ("MRN {}", _mrns),
        ("MRN: {}", _mrns),
        ("mrn# {}", _mrns),
        ("MRN is {}", _mrns),
        ("medical record number {}", _mrns),
        ("Medical Record No. {}", _mrns),
        ("med rec # {}", _mrns),
        ("MR# {}", _mrns),
        ("chart #{}", _mrns),
        ("chart number: {}", _mrns),
        ("patient ID {}", _mrns),
        ("pt id: {}", _mrns),
        ("MRN ({})", _mrns),
        ("m.r.n. {}", _mrns),
    ],
    "date of birth": [
        ("DOB {}", _birthday),
        ("DOB: {}", _birthday),
        ("dob is {}", _birthday),
        ("D.O.B. {}", _birthday),
        ("date of birth {}", _birthday),
        ("Date of Birth: {}", _birthday),
        ("born {}", _birthday),
        ("born on {}", _birthday),
        ("birth date {}", _birthday),
        ("birthdate: {}", _birthday),
        ("her birthday is {}", _birthday),
        ("{} (DOB)", _birthday),
        ("b. {}", _birthday),
        ("DOB ({})", _birthday),
    ],
    "SSN": [
        ("SSN {}", _ssns),
        ("SSN: {}", _ssns),
        ("ssn# {}", number("000000000")),
        ("SSN {}", number("000000000")),
        ("social security number {}", _ssns),
        ("Social Security no. {}", _ssns),
        ("{}", number("000-00-0000")),
        ("patient {}", number("000-00-0000")),
        ("soc sec {}", _ssns),
        ("her social is {}", _ssns),
    ],
    "MBI": [
        ("MBI {}", _mbi),
        ("MBI: {}", _mbi),
        ("Medicare number {}", _mbi),
        ("Medicare ID is {}", _mbi),
        ("{}", _mbi),
        ("beneficiary {}", _mbi),
        ("medicare beneficiary identifier {}", _mbi),
        ("HICN/MBI {}", _mbi),
    ],
    "phone": [
        ("phone {}", _phones),
        ("call her at {}", _phones),
        ("tel: {}", _phones),
        ("{}", _phones),
        ("cell {}", number("2220002222", "222-0000")),
        ("phone number is {}", number("2220002222", "222-0000")),
        ("reach him on {}", _phones),
        ("mobile {}", number("+44 20 7946 0000", "+49 170 2220000", "+52 55 2222 0000")),
        ("ph# {}", _phones),
        ("contact {}", _phones),
    ],
    "e-mail": [
        ("e-mail {}", _mail),
        ("email: {}", _mail),
        ("{}", _mail),
        ("write to {}", _mail),
        ("patient {}", _mail),
        ("<{}>", _mail),
    ],
}
