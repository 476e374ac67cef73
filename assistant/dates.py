"""Read the date of service from a question's words."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if n} | {"sept": 9}
_MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if n}
MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
"""The pattern of a month's name, whole or short."""
_MONTH = MONTH.replace("(?:", "(?P<month>", 1)
_YEAR = r"(?P<year>(?:19[89]|20[0-4])\d)"
_END = r"(?![\w%/]|-\d|[.,]\d)"
_START = r"(?<![\w$.,#/-])"
_PARTS = {
    "early": (1, 3),
    "beginning of": (1, 3),
    "start of": (1, 3),
    "mid": (5, 8),
    "middle of": (5, 8),
    "late": (10, 12),
    "end of": (10, 12),
}
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "fall": (9, 11), "autumn": (9, 11)}
_PUBLISHED = (
    r"(?!['’]?s?\s+(?:\w+\s+)?(?:handout|guidance|guidelines?|guide|article|editions?|books?|manual|final|proposed|rules?|bulletin|newsletter|paper"
    r"|memo|transmittal|report|webinar|presentation|slides?|study|version|release|update|faqs?|white|policy|LCD|NCD|CFR|audits?|code ?book|CPT|ICD)\b)"
)
_EVENT = re.compile(
    r"\b(?:(?:since|FY|edition|version|copyright|between|CPT|ICD(?:-?10)?(?:-CM)?|HCPCS|rule|memo|article|history|hx)\W+(?:(?:of|from|in)\s+)?"
    r"|(?:DOB|born|birth\s?(?:date|day)?|publi\w+|issued|dated|updated|revised|written|introduced|created|deleted|retired|discontinued|mandatory"
    r"|adopted|finali[sz]ed|letter|diagnos\w+|dx'?d|had|s/p|prior(?!\s+(?:auth|approval|to\b))|previous(?:ly)?|surgery|resect\w+|\w+ectomy|signed|merged|went away)"
    r"\W+(?:\w+\W+){0,3}?)$",
    re.IGNORECASE,
)
_HAPPENED = re.compile(
    r",?\s+(?:the\s+|our\s+|my\s+|this\s+)?(?:patient|pt|he|she)\s+(?:had|has|was\s+diagnosed|underwent)\b", re.IGNORECASE
)
_EVE = re.compile(r"\b(?:before|prior to)\s+$", re.IGNORECASE)
_SERVED = re.compile(r"\b(?:DOS|D\.O\.S\.?|dates? of service|service dates?|claims?|billed|treated|performed|done|seen|visit|rendered|effective)\b[^.?!]{0,24}$", re.IGNORECASE)  # fmt: skip
_BILLING = re.compile(r"\b(?:bill\w*|report\w*|claims?|DOS|dates? of service|pa(?:y|id|yable|ys)|cod(?:e|es|ed|ing)|charg\w+|allow\w*|valid|submit\w*)\b", re.IGNORECASE)  # fmt: skip
_PERSON = re.compile(r"\b(?:patient|pt|he|she|they|surgery|finished|completed|had|diagnos\w+)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServiceDate:
    """When a service took place, as a question says it: `day` stands for `first` to `last`; `words` are the question's own."""

    day: date
    first: date
    last: date
    words: str

    def holds(self, other: date) -> bool:
        """Tell whether another date agrees with these words."""
        return self.first <= other <= self.last


def find_date_of_service(text: str, today: date) -> ServiceDate | None:
    """Give the date of service that the words of a question name, None where they name none or two different years.

    Of a year its middle (30 June) is meant, of a month the 15th; where that span holds `today`, today. "Before 2026" is
    31 December 2025. Dates of publications, births and a patient's earlier illness are no dates of service.
    """
    found = [(m, read(m, today)) for pattern, read in _FORMS for m in pattern.finditer(text)]
    spoken = [(m, served) for m, served in found if served and not _tells_history(m)]
    spoken = [(m, s) for m, s in spoken if not any(_overlaps(m, o) and _length(other) < _length(s) for o, other in spoken)]
    spoken = [(m, _eve(s, text[: m.start()])) for m, s in spoken]
    named = [s for m, s in spoken if _SERVED.search(text[: m.start()])] or [s for _, s in spoken]
    if not named or len({s.day.year for s in named}) > 1:
        return None
    return max(named, key=lambda s: (s.first, s.last))


def _tells_history(m: re.Match[str]) -> bool:
    """Tell whether a date is one of a publication, a birth or an earlier illness."""
    return bool(_EVENT.search(_clause_before(m.string, m.start())) or _HAPPENED.match(m.string, m.end()))


def _eve(served: ServiceDate, before: str) -> ServiceDate:
    """Give the day before, where "before" leads to a day or a month."""
    lead = _EVE.search(before)
    if not lead:
        return served
    last = served.first - timedelta(days=1)
    return ServiceDate(last, date.min, last, lead.group() + served.words)


def _overlaps(one: re.Match[str], other: re.Match[str]) -> bool:
    return one.start() < other.end() and other.start() < one.end()


def _length(served: ServiceDate) -> timedelta:
    return served.last - served.first


def _clause_before(text: str, end: int) -> str:
    return re.split(r"[.;:?!]\s|,\s", text[:end])[-1]


def _span(first: date, last: date, words: str, today: date) -> ServiceDate:
    days = (last - first).days
    middle = date(first.year, 6, 30) if days > 300 else first + timedelta(days=14 if days < 31 else days // 2)
    return ServiceDate(today if first <= today <= last else middle, first, last, words.strip(" ,"))


def _months(year: int, first: int, last: int, words: str, today: date) -> ServiceDate:
    return _span(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]), words, today)


def _day(year: int, month: int, day: int, words: str) -> ServiceDate | None:
    try:
        found = date(year + 2000 if year < 50 else year + 1900 if year < 100 else year, month, day)
    except ValueError:
        return None
    return ServiceDate(found, found, found, words.strip(" ,"))


def _numeric(m: re.Match[str], _: date) -> ServiceDate | None:
    return _day(int(m["year"]), int(m["month"]), int(m["day"]), m.group())


def _spelled_day(m: re.Match[str], _: date) -> ServiceDate | None:
    return _day(int(m["year"]), _MONTHS[m["month"].lower()], int(m["day"]), m.group())


def _spelled_month(m: re.Match[str], today: date) -> ServiceDate:
    month = _MONTHS[m["month"].lower()]
    return _months(int(m["year"]), month, month, m.group(), today)


def _numeric_month(m: re.Match[str], today: date) -> ServiceDate:
    return _months(int(m["year"]), int(m["month"]), int(m["month"]), m.group(), today)


def _part(m: re.Match[str], today: date) -> ServiceDate:
    name = " ".join(m["part"].lower().replace("-", " ").split()).removeprefix("the ")
    return _months(int(m["year"]), *({**_PARTS, **_SEASONS}[name]), m.group(), today)


def _quarter(m: re.Match[str], today: date) -> ServiceDate:
    last = 3 * int(m["quarter"])
    return _months(int(m["year"]), last - 2, last, m.group(), today)


def _year(m: re.Match[str], today: date) -> ServiceDate:
    return _months(int(m["year"]), 1, 12, m.group(), today)


def _before(m: re.Match[str], _: date) -> ServiceDate:
    last = date(int(m["year"]) - 1, 12, 31)
    return ServiceDate(last, date.min, last, m.group())


def _from(m: re.Match[str], today: date) -> ServiceDate:
    first = date(int(m["year"]), 1, 1)
    return ServiceDate(max(first, today), first, date.max, m.group())


def _relative_year(m: re.Match[str], today: date) -> ServiceDate | None:
    step = {"last": -1, "this": 0, "next": 1}[m["which"].lower()]
    if step < 0 and not (_BILLING.search(m.string) and not _PERSON.search(_clause_before(m.string, m.start()))):
        return None
    return _months(today.year + step, 1, 12, m.group(), today)


def _relative_month(m: re.Match[str], today: date) -> ServiceDate | None:
    month, which = _MONTHS[m["month"].lower()], m["which"].lower()
    if which == "last" and _PERSON.search(_clause_before(m.string, m.start())):
        return None
    later = month > today.month
    year = today.year + {"next": 0 if later else 1, "last": -1 if month >= today.month else 0, "this": 0}[which]
    return _months(year, month, month, m.group(), today)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_DAY = r"(?P<day>[0-3]?\d)"
_CHANGES = r"(?:\s+(?:CPT |code |coding )?(?:changes?|updates?|revisions?|code ?set|codes|rules?))?"
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], ServiceDate | None]], ...] = (
    (_compiled(rf"{_START}{_YEAR}-(?P<month>[01]\d)-(?P<day>[0-3]\d)(?!\w|-)"), _numeric),
    (_compiled(r"(?<![\w$.,/-])(?P<month>[01]?\d)([/-])(?P<day>[0-3]?\d)\2(?P<year>(?:19|20)?\d\d)(?![\w/-])"), _numeric),
    (_compiled(rf"\b{_MONTH}\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}{_END}"), _spelled_day),
    (_compiled(rf"\b{_DAY}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}{_END}"), _spelled_day),
    (_compiled(rf"\b(?:in\s+)?{_MONTH},?\s+(?:of\s+)?{_YEAR}{_END}{_PUBLISHED}"), _spelled_month),
    (_compiled(rf"\b(?:in|for|dos|dos of|dates? of service(?: of)?|during)\s+(?P<month>0?[1-9]|1[0-2])/{_YEAR}{_END}"), _numeric_month),
    (_compiled(rf"\b(?:in\s+|at\s+)?(?:the\s+)?(?P<part>{'|'.join((*_PARTS, *_SEASONS))})(?:\s+of|,)?[\s-]+{_YEAR}{_END}"), _part),
    (_compiled(rf"\b(?:in\s+)?(?:the\s+)?Q(?P<quarter>[1-4])(?:\s+of)?[\s/-]*{_YEAR}{_END}"), _quarter),
    (_compiled(rf"\b(?:in\s+)?(?:the\s+)?(?P<which>last|this|next)\s+{_MONTH}(?!\w)"), _relative_month),
    (_compiled(r"\b(?P<which>last|this|next)\s+(?:calendar\s+)?year\b"), _relative_year),
    (_compiled(rf"\b(?:before|prior to)\s+(?:the\s+)?{_YEAR}{_END}{_CHANGES}"), _before),
    (_compiled(rf"\b(?:after|under|following|starting(?: in)?|beginning(?: in)?|as of|effective(?: in)?|with|since(?=\s+the\s))\s+(?:the\s+)?(?:new\s+)?{_YEAR}{_END}(?!\s+(?:final|proposed|edition|guid)){_CHANGES}"), _from),
    (_compiled(rf"\b(?:back in|in|during|for|throughout|DOS|dates? of service|service date)\s*:?\s*(?:the year |CY ?)?{_YEAR}{_END}{_PUBLISHED}(?!\s+(?:units|dollars))"), _year),
    (_compiled(rf"\b(?:claims?|visits?|bills?|services?|charges?|case|dates?|treatments?)\s+(?:from|of|in|dated)\s+{_YEAR}{_END}{_PUBLISHED}"), _year),
    (_compiled(rf"{_START}{_YEAR}['’]?s?\s+(?:(?:Medicare|national|MPFS|OPPS|PFS|CPT)\s+)?(?:rates?|payments?|fees?|prices?|dates?(?: of service)?|DOS|claims?|allowables?)\b"), _year),
    (_compiled(rf"(?:^|\b(?:\d{{5}}|[A-V]\d{{4}}|Medicare|case|claim)\s+|,\s+(?={_YEAR.replace('?P<year>', '')}\s*\??$)){_YEAR}(?=\s*(?:[:,?]|$))"), _year),
)  # fmt: skip
