"""Test from the page whether passages are found: those of a document, or of the files that were added last."""

import streamlit as st

from assistant.self_test import Tested, self_test
from assistant.service import Assistant
from ingest.build import UPLOAD, FileReport, Outcome
from ui.library_rows import found_words, missed_words
from ui.library_state import REPORTS, attempt
from ui.safe_text import escaped

_TESTED = "library-tested"
_SHOWN_MISSED = 50
_MOST_ADDED = 20
_STORED = (Outcome.ADDED, Outcome.REPLACED)


def draw_test() -> bool:
    """Draw the button that tests a document, and tell whether it was pressed."""
    return st.button("Test whether its passages are found", key="library-test", icon=":material/fact_check:")


def draw_tested(assistant: Assistant, document_id: str, *, again: bool) -> None:
    """Draw what came of the test of a document, which is made `again` first."""
    if again:
        _try(assistant, document_id)
    if tested := _tested().get(_key(assistant, document_id)):
        _draw_result(tested)


def draw_added(assistant: Assistant) -> None:
    """Offer to test the files that were added last, the first of them, and draw what came of each."""
    reports: list[FileReport] = st.session_state.get(REPORTS, [])
    stored = [report for report in reports if report.outcome in _STORED and report.passages][:_MOST_ADDED]
    if stored and st.button("Test whether the new passages are found", key="library-test-added", icon=":material/fact_check:"):
        for report in stored:
            _try(assistant, report.document_id)
    for report in stored:
        if tested := _tested().get(_key(assistant, report.document_id)):
            name = escaped(report.key.removeprefix(UPLOAD))
            st.html(f'<p class="cc-report cc-report-{_tone(tested)}" dir="auto"><b>{escaped(found_words(tested))}</b> {name}</p>')


def _try(assistant: Assistant, document_id: str) -> None:
    bar = st.progress(0.0, "Asking for each passage by its own words …")
    attempt(lambda: _tested().update({_key(assistant, document_id): self_test(assistant, document_id, advance=bar.progress)}))
    bar.empty()


def _tested() -> dict[tuple[str, str, int], Tested]:
    held: dict[tuple[str, str, int], Tested] = st.session_state.setdefault(_TESTED, {})
    return held


def _key(assistant: Assistant, document_id: str) -> tuple[str, str, int]:
    """Name a document in the library as it is now: after a change of it, a test tells nothing any more."""
    return document_id, assistant.library.identity(), assistant.library.revision()


def _tone(tested: Tested) -> str:
    return "bad" if tested.missed else "good"


def _draw_result(tested: Tested) -> None:
    st.html(f'<p class="cc-summary" role="status">{escaped(found_words(tested))}.</p>')
    for missed in tested.missed[:_SHOWN_MISSED]:
        place, asked, first = map(escaped, missed_words(missed))
        st.html(
            f'<p class="cc-report cc-report-bad" dir="auto"><b>Not found</b> {place}'
            f'<span class="cc-asked">Asked: {asked}. First came: {first}</span></p>'
        )
    if len(tested.missed) > _SHOWN_MISSED:
        st.html(f'<p class="cc-remark">and {len(tested.missed) - _SHOWN_MISSED:,} more.</p>')
