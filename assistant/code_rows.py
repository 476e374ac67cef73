"""Answer from the exact tables of the library: what edits, unit limits, relative values and code sets say of a question's codes.

A row is found by its code, never by likeness, and is shown whole, as its own quote.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from assistant.answer import Answer, Hit, Intent, Question, Role, Sentence, Setting, Status, Verdict
from assistant.ground import quote_whole
from assistant.reading import leave_out_diagnoses
from ingest.code_files.row import CODE, Audience, Kind
from ingest.code_lookup import Table, TableRow
from ingest.codes import find_codes, index_key
from ingest.documents import Passage, Place

ROW = "row"
"""How a row's passage was found."""
NO_EDITS = "No NCCI edit file is loaded; load one to check the pair (docs/code-files.md)."
EXTRACTIVE = "extractive"
OTHERWISE = "A passage quoted here rules otherwise than the edit table; the verdict follows the table."
_MOST_CODES = 4
_MOST_ROWS = 4
_AUDIENCES = {
    Setting.HOSPITAL_OUTPATIENT: (Audience.HOSPITAL, Audience.ANY),
    Setting.FREESTANDING: (Audience.PRACTITIONER, Audience.ANY),
    Setting.ASC: (Audience.PRACTITIONER, Audience.ANY),
}
_ALL = tuple(Audience)
_PAIR = re.compile(
    r"bundl|\b(?:NCCI|PTP|CCI|together|separately|column (?:1|2|one|two)|edits?|along ?with)\b|\b(?:same|one) (?:day|date|session|claim|visit|encounter)\b",
    re.IGNORECASE,
)
_ASKS_EDIT = re.compile(
    r"(?<!un)bundl|\b(?:included in|part of|conflicts?|not|never|cannot|edits? (?:between|for|on))\b|n['’]t\b|\bis there an?\b.{0,20}\bedit\b",
    re.IGNORECASE,
)
_WITHOUT_MODIFIER = re.compile(r"\b(?:without|no)\b (?:any |an? |the )?(?:\w+ )?modifier", re.IGNORECASE)
_UNITS = re.compile(
    r"\bunits?\b|\bMUEs?\b|medically unlikely|\bhow many\b.*\b(?:day|date|DOS|claim)\b|\b(?:max(?:imum)?|limit)\b.*\b(?:day|date|DOS)\b",
    re.IGNORECASE,
)
_VALUES = re.compile(
    r"\bPC ?/? ?TC\b|\b(?:professional|technical) components?\b|\bglobal (?:days?|periods?|surg\w+|indicator)|\bstatus (?:indicator|code)|\bpayment status\b"
    r"|\bw?RVUs?\b|\brelative values?\b|\bsupervision (?:level|indicator)|\blevel of (?:\w+ )?supervision|\bphysician supervision\b"
    r"|\b(?:bilateral|multiple procedures?|assistant|co-?surgeons?|team)\b.{0,20}\bindicator|\bassistant at surgery\b",
    re.IGNORECASE,
)
_TOLD_OF_CODES = r"(?:(?:the|HCPCS|CPT|ICD(?:-?10)?(?:-CM)?|level (?:II|2)|diagnosis|procedure|codes?)\s+)*"
_DESCRIBE = re.compile(
    rf"\b(?:what(?:['’]?s| is| does| are)|describe|define|meaning of|description of|look up)\s+{_TOLD_OF_CODES}[A-Z0-9]", re.IGNORECASE
)
_VALID = re.compile(
    r"\b(?:in)?valid\b|\bbillable\b|\bstill (?:active|valid|exist\w*)\b|\b(?:active|terminated|deleted|specific enough)\b", re.IGNORECASE
)
_DENIED = re.compile(r"\b(?:not|invalid|terminated|deleted)\b|n['’]t\b", re.IGNORECASE)


class Tables(Protocol):
    """What finds rows: the code files that are loaded, and the rows of some of them on a code."""

    def tables(self) -> tuple[Table, ...]:
        """Give the code files in use."""

    def rows(self, wanted: Iterable[Table], code: str, second: str | None = None) -> tuple[TableRow, ...]:
        """Give their rows on a code, and on a second where one is given."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What the tables say: rows as cited sentences with the passages that hold them, a ruling where one asks for it, and notices."""

    verdict: Verdict = Verdict.NONE
    sentences: tuple[Sentence, ...] = ()
    hits: tuple[Hit, ...] = ()
    notices: tuple[str, ...] = ()

    def before(self, answer: Answer) -> Answer:
        """Give an answer from passages with the rows before it; the verdict is the tables' where they rule."""
        notices = (*answer.notices, *self.notices)
        if not self.sentences:
            return replace(answer, notices=notices)
        others, verdict = answer.sentences, answer.verdict
        if self.verdict is not Verdict.NONE:
            if verdict not in {Verdict.NONE, self.verdict}:
                notices = (*notices, OTHERWISE)
                others = tuple(replace(s, role=Role.CONFLICT) if s.role is Role.VERDICT else s for s in others)
            verdict = self.verdict
        return replace(
            answer,
            status=Status.ANSWERED if answer.abstention else answer.status,
            verdict=verdict,
            sentences=(*self.sentences, *others),
            abstention=None,
            evidence=(*self.hits, *answer.evidence),
            notices=notices,
            provenance=replace(answer.provenance, answerer=EXTRACTIVE) if answer.abstention else answer.provenance,
        )


def look_up(question: Question, tables: Tables) -> LookedUp:
    """Give what the loaded tables say of the codes of a question that asks for it, on its date of service."""
    codes = _procedures(question)
    pair = len(codes) > 1 and (question.intent is Intent.TOGETHER or bool(_PAIR.search(question.text)))
    loaded = tables.tables()
    if not loaded:
        return LookedUp(notices=(NO_EDITS,) if pair else ())
    found = [_edits(question, codes, loaded, tables)] if pair else []
    if _UNITS.search(question.text):
        found.append(_tabled(question, codes, _held(loaded, Kind.MUE, question.setting), tables))
    if _VALUES.search(question.text):
        found.append(_values(question, codes, _held(loaded, Kind.RVU), tables))
    if _DESCRIBE.search(question.text) or _VALID.search(question.text):
        found += [_code_sets(question, kind, _held(loaded, kind), tables) for kind in (Kind.HCPCS, Kind.ICD)]
    return _joined(found)


def left_to_passages(question: Question, tabled: Iterable[str]) -> Question:
    """Give what passages are asked: without the diagnoses that only a table holds, of which a notice tells."""
    left = leave_out_diagnoses(question, frozenset(tabled))
    written = {index_key(mention.code): mention.code for mention in find_codes(question.text)}
    gone = ", ".join(written.get(code, code) for code in question.codes if code not in left.codes)
    told = (f"No passage names {gone}; the passages quoted do not speak of it.",) if gone else ()
    return replace(left, notices=(*question.notices, *told))


def _joined(found: Sequence[LookedUp]) -> LookedUp:
    return LookedUp(
        next((part.verdict for part in found if part.verdict is not Verdict.NONE), Verdict.NONE),
        tuple(sentence for part in found for sentence in part.sentences),
        tuple({h.passage.id: h for part in found for h in part.hits}.values()),
        tuple(dict.fromkeys(notice for part in found for notice in part.notices)),
    )


# -- edits ---------------------------------------------------------------------------------------------------------


def _edits(question: Question, codes: Sequence[str], loaded: Sequence[Table], tables: Tables) -> LookedUp:
    every = [table for table in loaded if table.kind is Kind.PTP]
    held = _held(every, Kind.PTP, question.setting)
    if not held:
        audience = _AUDIENCES[question.setting][0] if every and question.setting else ""
        return LookedUp(notices=(f"No NCCI edit file for {audience} claims is loaded, only for others." if audience else NO_EDITS,))
    spoken = _newest(held, question.as_of)
    if not spoken:
        return LookedUp(notices=(_elsewhen(held, question.as_of),))
    pairs = list(itertools.combinations(codes[:_MOST_CODES], 2))
    rulings: list[str] = []
    rows: list[tuple[TableRow, Role]] = []
    notices: list[str] = []
    for (one, two), audience in itertools.product(pairs, dict.fromkeys(table.audience for table in spoken)):
        of_audience = [table for table in spoken if table.audience is audience]
        both = (*tables.rows(of_audience, one, two), *tables.rows(of_audience, two, one))
        holding = [row for row in both if row.in_force(question.as_of) and row.value != "9"]
        rows += [(row, _role(row, question)) for row in holding] or [(row, Role.BACKGROUND) for row in both[-1:]]
        rulings.append(min((row.value for row in holding), default=""))
        if not holding:
            notices.append(_no_pair(of_audience, one, two, question.as_of))
    verdict = _verdict(rulings, question, settled=len(pairs) > 1 or len(rulings) == 1)
    return replace(_cited(rows), verdict=verdict, notices=tuple(dict.fromkeys(notices)))


def _role(row: TableRow, question: Question) -> Role:
    if question.asks_ruling:
        return Role.VERDICT
    return Role.CONDITION if row.value == "1" else Role.BACKGROUND


def _verdict(rulings: Sequence[str], question: Question, *, settled: bool) -> Verdict:
    """Give what the edits rule, by the modifier indicator that decides each pair for each kind of claim, "" where there is no edit."""
    if not any(rulings) or not question.asks_ruling:
        return Verdict.NONE
    if "0" not in rulings and _WITHOUT_MODIFIER.search(question.text):
        rulings = ["0" if ruling == "1" else ruling for ruling in rulings]
    if "0" not in rulings or (not settled and len(set(rulings)) > 1):
        return Verdict.CONDITIONAL
    return Verdict.YES if _ASKS_EDIT.search(_WITHOUT_MODIFIER.sub("", question.text)) else Verdict.NO


def _no_pair(held: Sequence[Table], one: str, two: str, day: date) -> str:
    return f"The NCCI edits loaded ({_names(held)}) pair neither {one} with {two} nor the reverse on {day}."


# -- single codes --------------------------------------------------------------------------------------------------


def _tabled(question: Question, codes: Sequence[str], held: Sequence[Table], tables: Tables) -> LookedUp:
    spoken = _newest(held, question.as_of)
    found = [row for code in codes for row in tables.rows(spoken, code)]
    return replace(_cited([(row, Role.BACKGROUND) for row in found]), notices=_uncovered(held, codes, spoken, question.as_of))


def _values(question: Question, codes: Sequence[str], held: Sequence[Table], tables: Tables) -> LookedUp:
    """Give the relative values of the codes, with the question's modifiers where they have rows of their own, else of the whole service."""
    spoken = _newest(held, question.as_of)

    def fitting(code: str) -> Sequence[TableRow]:
        rows = tables.rows(spoken, code)
        named = [row for row in rows if row.second in question.modifiers]
        return named or [row for row in rows if not row.second] or rows

    found = [(row, Role.BACKGROUND) for code in codes for row in fitting(code)]
    return replace(_cited(found), notices=_uncovered(held, codes, spoken, question.as_of))


def _code_sets(question: Question, kind: Kind, held: Sequence[Table], tables: Tables) -> LookedUp:
    spoken = _newest(held, question.as_of)
    dotted = _dotted(question)
    codes = [code for code in question.codes if (code in dotted or not CODE.fullmatch(code)) == (kind is Kind.ICD)]
    rows = [row for code in codes for row in tables.rows(spoken, code)]
    asks = question.asks_ruling and bool(_VALID.search(question.text)) and len(rows) == 1
    verdict = _validity(rows[0], question) if asks else Verdict.NONE
    role = Role.VERDICT if verdict is not Verdict.NONE else Role.BACKGROUND
    return replace(_cited([(row, role) for row in rows]), verdict=verdict, notices=_uncovered(held, codes, spoken, question.as_of))


def _validity(row: TableRow, question: Question) -> Verdict:
    holds = row.in_force(question.as_of) and row.value != "0"
    return Verdict.YES if holds != bool(_DENIED.search(question.text)) else Verdict.NO


# -- shared --------------------------------------------------------------------------------------------------------


def _dotted(question: Question) -> frozenset[str]:
    """Give the codes that a question writes with a dot: `C50.91` is a diagnosis where `C5091` would be a procedure."""
    return frozenset(index_key(mention.code) for mention in find_codes(question.text) if "." in mention.code)


def _procedures(question: Question) -> list[str]:
    dotted = _dotted(question)
    return [code for code in question.codes if CODE.fullmatch(code) and code not in dotted]


def _held(loaded: Iterable[Table], kind: Kind, setting: Setting | None = None) -> list[Table]:
    fitting = _AUDIENCES.get(setting, _ALL) if setting else _ALL
    return [table for table in loaded if table.kind is kind and table.audience in fitting]


def _newest(held: Sequence[Table], day: date) -> list[Table]:
    """Give the tables of the newest edition that speaks for a day, for each kind of claim; an edition may come in several files."""
    speaking = [table for table in held if table.speaks_for(day)]
    newest: dict[Audience, str] = {}
    for table in speaking:
        newest[table.audience] = max(newest.get(table.audience, ""), table.document.edition)
    return [table for table in speaking if table.document.edition == newest[table.audience]]


def _uncovered(held: Sequence[Table], codes: Sequence[str], spoken: Sequence[Table], day: date) -> tuple[str, ...]:
    """Give the notice that tables are loaded for what is asked, and none of them speaks for the day."""
    return (_elsewhen(held, day),) if held and codes and not spoken else ()


def _elsewhen(held: Sequence[Table], day: date) -> str:
    return f"The code files loaded ({'; '.join(dict.fromkeys(table.name for table in held))}) do not cover {day}."


def _names(held: Sequence[Table]) -> str:
    names = (", edition ".join(filter(None, (str(table.audience), table.document.edition))) or table.document.title for table in held)
    return "; ".join(dict.fromkeys(names))


def _cited(rows: Sequence[tuple[TableRow, Role]]) -> LookedUp:
    hits = [(to_hit(row), role) for row, role in rows[:_MOST_ROWS]]
    sentences = tuple(sentence for hit, role in hits for sentence in quote_whole(hit.passage.text, hit, role, {}))
    return LookedUp(sentences=sentences, hits=tuple(hit for hit, _ in hits))


def to_hit(row: TableRow) -> Hit:
    """Give a row as a passage that can be cited."""
    document = row.table.document
    passage = Passage(
        id=f"r-{document.id.removeprefix('d-')}-{row.start}",
        document_id=document.id,
        start=row.start,
        end=row.end,
        text=row.text,
        section=(document.title,),
        header="",
        first_page=None,
        last_page=None,
        named_codes=tuple(filter(CODE.fullmatch, (row.code, row.second))) or (row.code,),
        implied_codes=(),
        modifiers=(),
        payer=document.payer,
        valid_from=row.valid_from or document.valid_from,
        valid_to=row.valid_to or document.valid_to,
        basis=document.basis,
        anchor="",
        conflicts=(),
        places=(Place(row.start, f"row {row.number}"),),
    )
    return Hit(passage, document, 1.0, 0.0, 0.0, (ROW,))
