"""What became of a file and what its reader met, in words. Pure: no Streamlit, no disk."""

from collections.abc import Mapping
from dataclasses import dataclass

from corpus.errors import Refusal
from ingest.build import UPLOAD, FileReport, Outcome
from ingest.documents import Reading
from ui.library_rows import count_words

_MOST_NAMED = 12

OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.ADDED: "Stored",
    Outcome.REPLACED: "Stored in place of its former version",
    Outcome.UNCHANGED: "Already in the library",
    Outcome.REMOVED: "Removed",
    Outcome.REFUSED: "Refused",
    Outcome.SKIPPED: "Skipped",
}
ADVICE: Mapping[Refusal, str] = {
    Refusal.EMPTY: "Save the file again with its content.",
    Refusal.TOO_LARGE: "Split it into smaller files.",
    Refusal.UNKNOWN_TYPE: "Save it as PDF, Word (.docx), Excel, CSV, HTML, mail (.eml), Markdown or plain text.",
    Refusal.TYPE_MISMATCH: "Give its name the ending that fits its content, or save it again in its own program.",
    Refusal.ENCRYPTED: "Save a copy without a password.",
    Refusal.DAMAGED: "Save it again in its own program, or ask for a new copy.",
    Refusal.BOMB_LIMIT: "It unpacks to far more than its size tells; save it anew in its own program.",
    Refusal.TIMEOUT: "Split it, or save it in a simpler format such as text.",
    Refusal.MEMORY_LIMIT: "Split it, or save it in a simpler format such as text.",
    Refusal.NO_TEXT: "A scan holds no text: have text recognised in it first.",
    Refusal.TOO_MANY_ROWS: "Split it into several files.",
    Refusal.NAME_INVALID: "Rename the file.",
    Refusal.UNREADABLE: "Check that the file is there and may be read.",
    Refusal.LINK_OUTSIDE: "Name the file that the link points to.",
    Refusal.NOT_A_FILE: "Only files are read.",
    Refusal.INTERNAL: "No other file is affected.",
}


@dataclass(frozen=True, slots=True)
class ReportView:
    """What the page shows of one file: `tone` is good, same or bad; `document_id` is "" where nothing can be opened."""

    tone: str
    outcome: str
    name: str
    detail: str
    document_id: str


def report_view(report: FileReport) -> ReportView:
    """Say what became of one file, and of a refused one why and what to do."""
    name = report.key.removeprefix(UPLOAD)
    if report.outcome is Outcome.REFUSED:
        return ReportView("bad", OUTCOME_WORDS[report.outcome], name, _refused_words(report), "")
    same = report.outcome is Outcome.UNCHANGED
    held = (report.reason, count_words(report.passages, "passage"), *reading_words(report.reading))
    return ReportView("same" if same else "good", OUTCOME_WORDS[report.outcome], name, "; ".join(filter(None, held)), report.document_id)


def reading_words(reading: Reading) -> tuple[str, ...]:
    """Say what the reader of a file met; what it did not meet is left out."""
    hidden = f"{reading.hidden_chars:,} hidden characters were left out" if reading.hidden_chars else ""
    skipped = f"{count_words(reading.rows_skipped, 'row')} left out" if reading.rows_skipped else ""
    encoding = f"encoding taken to be {reading.encoding}" if reading.encoding else ""
    read = (count_words(reading.pages, "page"), count_words(reading.rows, "row"))
    return tuple(filter(None, (*read, skipped, _scanned_words(reading.scanned), hidden, encoding, *reading.notes)))


def _refused_words(report: FileReport) -> str:
    """Say why a file was refused and what to do, once where the reason ends with it."""
    words = report.reason.removesuffix("; nothing was stored").rstrip(".")
    reason = words[:1].upper() + words[1:]
    return f"{reason}." if ";" in reason or not report.refusal else f"{reason}. {ADVICE[report.refusal]}"


def _scanned_words(scanned: tuple[int, ...]) -> str:
    if not scanned:
        return ""
    named = ", ".join(map(str, scanned[:_MOST_NAMED])) + (" …" if len(scanned) > _MOST_NAMED else "")
    one = len(scanned) == 1
    return f"page{'' if one else 's'} {named} {'is a scan' if one else 'are scans'} without text"
