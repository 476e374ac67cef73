"""Say in plain words what an answer holds: verdicts, roles, reasons, dates, payers."""

from datetime import date

from assistant.answer import BROKEN_OFF, Answer, Reason, Role, Status, Verdict

LABELS = {
    Role.VERDICT: "Why",
    Role.CONDITION: "Condition",
    Role.EXCEPTION: "Exception",
    Role.DOCUMENTATION: "Documentation",
    Role.BACKGROUND: "Background",
    Role.CONFLICT: "Sources disagree",
}

REASONS = {
    Reason.NO_EVIDENCE: "Your sources were searched; none of them answers this.",
    Reason.WEAK_EVIDENCE: "Some passages come near, but not near enough to quote as an answer.",
    Reason.UNKNOWN_CODE: "The code asked about is not a known code.",
    Reason.NOT_IN_FORCE: "Your sources were not in force on the date of service.",
    Reason.OUT_OF_SCOPE: "The question lies outside what this library is about.",
    Reason.FALSE_PREMISE: "The question assumes something that your sources do not bear out.",
    Reason.UNSUPPORTED_DRAFT: "An answer was drafted, but no quote proves any sentence of it.",
}

NO_FIT = "No code in your library fits"
FIT_LINE = "Check each against the record before billing."
FITS_BECAUSE = "Why it fits"
RULED_OUT = "Would rule it out"

_VERDICTS = {
    Verdict.YES: ("Yes", "The sources quoted below say yes."),
    Verdict.NO: ("No", "The sources quoted below say no."),
    Verdict.CONDITIONAL: ("It depends", "The sources set conditions; check them against your case."),
}
_DISPUTED = " They disagree in part; both sides are quoted."
_UNDECIDED = ("No ruling found", "The sources bear on the question, but none of them decides it.")
_UNASKED = ("No ruling asked for", "This is what the sources say.")
_ABSTAINED = "Not in your library"
_GENERAL_PAYERS = ("", "all")


def verdict_words(answer: Answer) -> tuple[str, str]:
    """Give the verdict as a label and one plain line."""
    if answer.abstention:
        return _ABSTAINED, REASONS[answer.abstention.reason]
    label, line = _VERDICTS.get(answer.verdict, _UNDECIDED if answer.question.asks_ruling else _UNASKED)
    return label, line + (_DISPUTED if answer.conflicts else "")


def validity_words(valid_from: date | None, valid_to: date | None) -> str:
    """Say when a rule is in force."""
    if valid_from and valid_to:
        return f"in force from {valid_from} until {valid_to}"
    if valid_from:
        return f"in force from {valid_from}"
    return f"in force until {valid_to}" if valid_to else "no dates stated"


def payer_words(payer: str | None) -> str:
    """Say for whom a rule speaks, or for whom the question asks."""
    return "any payer" if (payer or "").lower() in _GENERAL_PAYERS else str(payer)


def asked_words(as_of: date, payer: str | None) -> str:
    """Say for which day and payer a question was asked."""
    return f"Date of service {as_of} · {payer_words(payer)}"


def maker_words(answer: Answer) -> str:
    """Say how the answer came about."""
    if answer.abstention:
        return ""
    if answer.provenance.answerer == "extractive":
        return "Sentences taken from the sources; no language model wrote any of this."
    return f"Drafted by {answer.provenance.answerer}; every sentence was checked against its quotes."


def notice_words(answer: Answer) -> tuple[str, ...]:
    """Give what the reader should know beside the answer."""
    told = any(notice.startswith(BROKEN_OFF) for notice in answer.notices)
    partial = (
        ("Part of the draft could not be proved by a quote and was left out.",) if answer.status is Status.PARTIAL and not told else ()
    )
    return answer.notices + partial
