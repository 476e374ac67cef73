"""Join what the asker gave with what the words of the question say, and tell the reader which of both was used."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from assistant.answer import Question
from assistant.dates import ServiceDate, find_date_of_service
from assistant.payers import NamedPayer, find_payer
from assistant.written import find_diagnoses
from ingest.codes import find_codes, index_key
from ingest.lookup import names_payer

_ANNOUNCED = r"(?:ICD(?:-?10)?(?:-CM)?|dx|diagnos[ei]s)(?: codes?)?"


def settle_circumstances(
    question: Question, as_of: date | None, *, beside: str = "", names: Mapping[str, tuple[str, ...]], known: Collection[str]
) -> Question:
    """Give the question with the date of service and payer that its words name, else those `beside` it, where the asker gave none.

    The question comes with today as its date where `as_of` is None. `names` and `known` are as for `find_payer`.
    """
    spoken = find_date_of_service(question.text, question.as_of) or find_date_of_service(beside, question.as_of)
    named = find_payer(question.text, names, known) or find_payer(beside, names, known)
    told = (_told_of_date(spoken, question.as_of, given=as_of is not None), _told_of_payer(named, question.payer))
    return replace(
        question,
        as_of=spoken.day if spoken and as_of is None else question.as_of,
        payer=question.payer or (named.name if named else None),
        notices=(*question.notices, *filter(None, told)),
    )


def leave_out_diagnoses(question: Question, unknown: Collection[str]) -> Question:
    """Give a question that names a known procedure without the diagnosis codes in `unknown`, of which a notice tells.

    They are context: what rules on the procedure can be told without them. They leave the text, too, so that no source is
    asked to speak of them.
    """
    diagnoses = {code: code for code in find_diagnoses(question.text)}
    diagnoses |= {index_key(m.code): m.code for m in find_codes(question.text) if "." in m.code or len(m.code) == 3}
    left_out = [code for code in question.codes if code in unknown and code in diagnoses]
    if not any(code not in unknown and code not in diagnoses for code in question.codes):
        return question
    return replace(
        question,
        text=_without(question.text, left_out),
        codes=tuple(code for code in question.codes if code not in left_out),
        notices=(*question.notices, *_told_of_diagnoses([diagnoses[code] for code in left_out])),
    )


def _told_of_date(spoken: ServiceDate | None, as_of: date, *, given: bool) -> str:
    if spoken is None or spoken.day == as_of:
        return ""
    if given:
        return "" if spoken.holds(as_of) else f"The question says “{spoken.words}”; this answer is for the date of service given, {as_of}."
    return f"Read from the question: date of service {spoken.day} (“{spoken.words}”)."


def _told_of_payer(named: NamedPayer | None, payer: str | None) -> str:
    if named is None:
        return ""
    if payer is None:
        return f"Read from the question: payer {named.name}" + (
            f" (“{named.words}”)." if named.words.lower() != named.name.lower() else "."
        )
    same = names_payer(payer, named.name) or names_payer(named.name, payer)
    return "" if same else f"The question says “{named.words}”; this answer is for the payer given, {payer}."


def _without(text: str, diagnoses: Sequence[str]) -> str:
    for code in diagnoses:
        written = rf"{code[:3]}[. -]?{code[3:]}\b"
        text = re.sub(rf"(?:\b(?:for|with|and)\s+)?(?:\b{_ANNOUNCED}[\s:#]*(?:is |of )?)?\b{written}", "", text, flags=re.IGNORECASE)
    return " ".join(text.split())


def _told_of_diagnoses(codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{code} is not in the library; this answer does not speak of it." for code in codes)
