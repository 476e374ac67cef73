"""What an ingest tells of each file and of the whole, as lines and as records. Pure: no disk, no clock."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.build import FileReport, Outcome
from ui.library_rows import count_words
from ui.library_words import reading_words
from ui.safe_text import one_line

SCHEMA = "codecite.ingest/1"
_TOLD = (Outcome.ADDED, Outcome.REPLACED, Outcome.UNCHANGED, Outcome.REMOVED, Outcome.REFUSED, Outcome.SKIPPED)
_MOST_ENDINGS = 8


def report_line(report: FileReport) -> str:
    """Tell what became of one file, on one line."""
    read = report.outcome in (Outcome.ADDED, Outcome.REPLACED)
    seconds = f"{report.seconds:.1f} s" if read else ""
    held = (report.reason, count_words(report.passages, "passage"), *reading_words(report.reading), seconds)
    named = f"  [{report.refusal}]" if report.refusal else ""
    return f"{report.outcome:9}  {one_line(report.key)}  ({one_line('; '.join(filter(None, held)))}){named}"


def missing_line(path: str) -> str:
    """Tell of a document whose file is gone."""
    return f"{'missing':9}  {one_line(path)}  (its file is gone; --prune removes it)"


def report_record(report: FileReport) -> dict[str, Any]:
    """Give what `--json` prints of one file (docs/ingest.md)."""
    reading = report.reading
    return {
        "schema": SCHEMA,
        "kind": "file",
        "path": report.key,
        "outcome": report.outcome.value,
        "refusal": report.refusal.value if report.refusal else None,
        "reason": report.reason,
        "document_id": report.document_id,
        "passages": report.passages,
        "pages": reading.pages,
        "scanned_pages": list(reading.scanned),
        "rows": reading.rows,
        "rows_skipped": reading.rows_skipped,
        "hidden_chars": reading.hidden_chars,
        "encoding": reading.encoding,
        "notes": list(reading.notes),
        "seconds": report.seconds,
    }


def summary_line(reports: Sequence[FileReport], missing: Sequence[str], endings: Mapping[str, int]) -> str:
    """Count what became of the files, and those that were not looked at for their ending."""
    counts = Counter(report.outcome for report in reports)
    told = [f"{counts[outcome]:,} {outcome}" for outcome in _TOLD if counts[outcome]]
    told += [f"{len(missing):,} missing"] if missing else []
    if endings:
        most = Counter(endings).most_common(_MOST_ENDINGS)
        named = ", ".join(f"{count:,} {one_line(ending) or 'without an ending'}" for ending, count in most)
        told.append(f"{count_words(sum(endings.values()), 'file')} of other kinds not looked at ({named})")
    return ", ".join(told) or "nothing was brought in"


def summary_record(
    reports: Sequence[FileReport], missing: Sequence[str], endings: Mapping[str, int], *, rebuilt: int, stopped: bool
) -> dict[str, Any]:
    """Give the last object that `--json` prints (docs/ingest.md)."""
    counts = Counter(report.outcome for report in reports)
    return {
        "schema": SCHEMA,
        "kind": "summary",
        **{outcome.value: counts[outcome] for outcome in _TOLD},
        "missing": list(missing),
        "other_endings": dict(endings),
        "rebuilt": rebuilt,
        "stopped": stopped,
    }
