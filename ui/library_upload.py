"""Bring files into the library from the page: the form, the progress, and what became of each file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from assistant.settings import Settings
from corpus.digests import AUTHORITIES
from corpus.errors import ConfigError, Refusal
from ingest.build import UPLOAD, FileReport, Outcome, Source, ingest, shipped_sources
from ingest.library import now
from ingest.names import bare_name
from ui.library_edit import authority_option, day_field
from ui.library_state import REPORTS, attempt, open_document
from ui.library_words import ReportView, report_view
from ui.safe_text import escaped, safe_label
from ui.writing import finish, writing

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_ROUND = "library-upload-round"
_UNNAMED = "unnamed"
_MOST_LINES = 200
_SHOWN_REPORTS = 20


def draw_upload(settings: Settings) -> None:
    """Draw the form that adds files with properties that hold for all of them, and what became of the last ones."""
    turn = st.session_state.get(_ROUND, 0)
    with st.form(f"upload-{turn}", border=True):
        files = st.file_uploader(
            "Add documents",
            accept_multiple_files=True,
            key=f"upload-files-{turn}",
            help="PDF, Word, Excel, CSV, HTML, mail, Markdown or text, up to 50 MB each. They stay on this machine.",
        )
        with st.expander("Properties of these files (optional)"):
            by_hand = _properties(turn)
        pressed = st.form_submit_button("Add to the library", icon=":material/upload_file:")
    if pressed and not files:
        st.html('<p class="cc-remark" role="status">Choose one or more files first.</p>')
    elif pressed and attempt(lambda: _add(settings, files, by_hand)):
        st.session_state[_ROUND] = turn + 1
        st.rerun()
    _draw_reports(st.session_state.get(REPORTS, []))


def draw_starter(settings: Settings) -> None:
    """Offer to load the sources that ship with Codecite."""
    if st.button("Load the starter sources", key="load-starter", icon=":material/library_add:") and attempt(
        lambda: bring_in(settings, shipped_sources(), {})
    ):
        st.rerun()


def bring_in(settings: Settings, sources: Sequence[Source], by_hand: Mapping[str, str], refused: Sequence[FileReport] = ()) -> None:
    """Ingest sources with a line of progress for each; what became of them is kept for the page, however far it came.

    Raises:
        CodeciteError: the library cannot be written.
    """
    done = list(refused)
    with st.status(_counted(0, len(sources)), expanded=True) as status:

        def advance(report: FileReport) -> None:
            done.append(report)
            status.update(label=_counted(len(done) - len(refused), len(sources)))
            if len(sources) <= _MOST_LINES:
                st.html(_line(report_view(report)))

        with writing(settings, tell=lambda what: status.update(label=what)) as (library, embedder):
            st.session_state[REPORTS] = done
            try:
                ingest(library, embedder, sources, by_hand=by_hand, added_at=now(), ocr=settings.ocr, advance=advance)
            finally:  # stopped half-way, too: what is stored is to be found
                finish(library, settings)


def _add(settings: Settings, files: "Sequence[UploadedFile]", by_hand: Mapping[str, str]) -> None:
    if by_hand.get("valid_from", "") > by_hand.get("valid_to", "9999"):
        raise ConfigError("the first day in force is later than the last; correct one of them")
    sources: dict[str, Source] = {}
    twice: list[FileReport] = []
    for file in files:
        name = bare_name(file.name) or _UNNAMED
        key = UPLOAD + name
        if key in sources:
            twice.append(FileReport(key, Outcome.REFUSED, "another of these files has the same name", refusal=Refusal.NAME_INVALID))
        else:
            sources[key] = Source(key, Path(name), file.getvalue())
    bring_in(settings, tuple(sources.values()), by_hand, twice)


def _properties(turn: int) -> dict[str, str]:
    (first, second), (third, fourth), (fifth, sixth) = st.columns(2), st.columns(2), st.columns(2)
    values = {
        "publisher": first.text_input("Publisher", key=f"upload-publisher-{turn}", max_chars=120),
        "authority": second.selectbox("Authority", ("", *AUTHORITIES), key=f"upload-authority-{turn}", format_func=authority_option),
        "edition": third.text_input("Edition or year", key=f"upload-edition-{turn}", max_chars=60),
        "payer": fourth.text_input("Only for this payer", key=f"upload-payer-{turn}", max_chars=120),
        "valid_from": day_field(fifth, "In force from", f"upload-from-{turn}"),
        "valid_to": day_field(sixth, "In force until", f"upload-to-{turn}"),
    }
    return {name: str(value).strip() for name, value in values.items() if value and str(value).strip()}


def _counted(done: int, count: int) -> str:
    return f"Reading files: {done:,} of {count:,}"


def _line(view: ReportView) -> str:
    return (
        f'<p class="cc-report cc-report-{view.tone}" dir="auto"><b>{escaped(view.outcome)}</b> {escaped(view.name)}'
        f'<span class="cc-asked">{escaped(view.detail)}</span></p>'
    )


def _draw_reports(reports: Sequence[FileReport]) -> None:
    """Draw what became of the files added last: first those refused, whose reasons the owner has to see."""
    if not reports:
        return
    views = sorted(map(report_view, reports), key=lambda view: view.tone != "bad")
    counts = [
        f"{sum(v.tone == tone for v in views):,} {words}"
        for tone, words in (("good", "stored"), ("same", "already there"), ("bad", "refused"))
    ]
    told = ", ".join(count for count in counts if not count.startswith("0 "))
    st.html(f'<p class="cc-summary" role="status">Files added last: {told}.</p>')
    for n, view in enumerate(views[:_SHOWN_REPORTS]):
        st.html(_line(view))
        if view.document_id:
            st.button(
                f"Open {safe_label(view.name, 60)}",
                key=f"report-open-{n}",
                type="tertiary",
                on_click=open_document,
                args=(view.document_id,),
            )
    if len(views) > _SHOWN_REPORTS:
        st.html(f'<p class="cc-remark">and {len(views) - _SHOWN_REPORTS:,} more; all are in the list below.</p>')
