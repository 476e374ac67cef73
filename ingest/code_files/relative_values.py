"""The relative value file of the physician fee schedule (PPRRVU), as CMS lays it out.

The meanings of the indicators are told in our own words after the record layout that CMS publishes with the file.
"""

from collections.abc import Iterable, Iterator, Sequence

from ingest.code_files.delimited import Head, data_rows, read_head
from ingest.code_files.row import CODE, Kind, Layout, Row, meaning, told, words

_STATUS = {
    "A": "active, paid separately when covered",
    "B": "payment always bundled into other services",
    "C": "priced by the contractor",
    "D": "deleted",
    "E": "excluded from the fee schedule by regulation",
    "I": "not valid for Medicare, which uses another code",
    "J": "anesthesia service",
    "M": "measurement code, reported only",
    "N": "not covered",
    "P": "bundled or excluded",
    "R": "restricted coverage",
    "T": "paid only where nothing else is paid that day to the same provider",
    "X": "excluded by statute",
}
_PCTC = {
    "0": "physician service, not split into components",
    "1": "has a professional and a technical component",
    "2": "professional component only",
    "3": "technical component only",
    "4": "global test only",
    "5": "incident-to service, modifiers 26 and TC do not apply",
    "6": "laboratory test that a physician interprets",
    "7": "physical therapy service",
    "8": "physician interpretation of a clinical laboratory test",
    "9": "the concept does not apply",
}
_GLOBAL = {
    "000": "the day of the procedure only",
    "010": "ten days after the procedure",
    "090": "ninety days after the procedure",
    "MMM": "maternity code",
    "XXX": "the global concept does not apply",  # the indicator as CMS writes it, no mark of ours
    "YYY": "set by the contractor",
    "ZZZ": "goes with another service and its global period",
}
_MULTIPLE = {
    "0": "no reduction",
    "2": "standard reduction",
    "3": "reduction for endoscopies",
    "4": "reduction for diagnostic imaging",
    "5": "reduction for therapy services",
    "6": "reduction for diagnostic cardiovascular services",
    "7": "reduction for diagnostic ophthalmology",
    "9": "does not apply",
}
_BILATERAL = {"0": "no 150% adjustment", "1": "150% adjustment", "2": "the values are for both sides", "3": "each side is paid in full", "9": "does not apply"}  # fmt: skip
_ASSISTANT = {"0": "paid with documented necessity", "1": "not paid", "2": "paid", "9": "does not apply"}
_SURGEONS = {"0": "not permitted", "1": "with documented necessity", "2": "permitted", "9": "does not apply"}
_SUPERVISION = {"01": "general supervision", "02": "direct supervision", "03": "personal supervision", "09": "does not apply"}
_COLUMNS: dict[str, tuple[str, str, dict[str, str]]] = {
    "code": ("HCPCS/CPT", r"^hcpcs", {}),
    "modifier": ("Modifier", r"^mod", {}),
    "description": ("Description", r"^desc", {}),
    "status": ("Status", r"status", _STATUS),
    "work": ("Work RVU", r"work rvu", {}),
    "pe_outside": ("Non-facility PE RVU", r"non-?fac\w* pe rvu", {}),
    "pe_inside": ("Facility PE RVU", r"(?<!non-)(?<!non)\bfac\w* pe rvu", {}),
    "malpractice": ("Malpractice RVU", r"\bmp rvu", {}),
    "total_outside": ("Non-facility total RVU", r"non-?fac\w* total", {}),
    "total_inside": ("Facility total RVU", r"(?<!non-)(?<!non)\bfac\w* total", {}),
    "pctc": ("PC/TC indicator", r"\bpc ?/? ?tc", _PCTC),
    "global": ("Global days", r"glob", _GLOBAL),
    "multiple": ("Multiple procedures", r"mult", _MULTIPLE),
    "bilateral": ("Bilateral surgery", r"bilat", _BILATERAL),
    "assistant": ("Assistant at surgery", r"as+i?st", _ASSISTANT),
    "co_surgeons": ("Co-surgeons", r"\bco-?\s?surg", _SURGEONS),
    "team": ("Team surgery", r"team", _SURGEONS),
    "endoscopic_base": ("Endoscopic base code", r"\bendo", {}),
    "supervision": ("Supervision of diagnostic procedures", r"supervision", _SUPERVISION),
    "factor": ("Conversion factor", r"conv", {}),
}
_REQUIRED = {"code", "modifier", "status", "work", "pctc", "global"}


def recognise_rvu(lines: Sequence[str]) -> Layout | None:
    """Recognise the relative value file by its header."""
    head = read_head(lines, CODE)
    at = head.find({name: pattern for name, (_, pattern, _) in _COLUMNS.items()}) if head else {}
    if head is None or not at.keys() >= _REQUIRED:
        return None
    return Layout(Kind.RVU, lambda whole: _rows(whole, head, at))


def _rows(lines: Iterable[str], head: Head, at: dict[str, int]) -> Iterator[Row | None]:
    columns = [(name, *_COLUMNS[name], at[name]) for name in _COLUMNS if name in at]
    for number, row in data_rows(lines, head, at["code"], CODE):
        if row is None:
            yield None
            continue
        cells = ((label, _cell(name, words(row[place]), meanings)) for name, label, _, meanings, place in columns)
        yield Row(number, row[at["code"]].strip(), row[at["modifier"]].strip(), row[at["status"]].strip(), None, None, told(*cells))


def _cell(name: str, value: str, meanings: dict[str, str]) -> str:
    if name == "modifier":
        return value or "none"
    if name in {"global", "supervision"} and value.isdigit():  # a spreadsheet drops leading zeros
        value = value.zfill(3 if name == "global" else 2)
    return meaning(value, meanings)
