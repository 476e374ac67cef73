"""The chat page. Streamlit runs this file anew for every interaction."""

import logging
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import streamlit as st

from assistant.answer import Sentence
from assistant.context import Asked, Context
from assistant.conversation import Resolved, after, carry, resolve
from assistant.languages import find_language
from assistant.service import STAGES, Assistant
from assistant.settings import read_settings
from assistant.standing import Standing, State, standing
from corpus.errors import CodeciteError, LibraryMissing
from ingest.library import is_read_only
from ui.chips import draw_chips, draw_scope
from ui.citations import draw_answer
from ui.conversation import (
    AS_OF,
    PAYER,
    SHOWN_TURNS,
    Turn,
    choose_date,
    clear,
    keeper,
    restore,
    submit,
    submit_suggested,
    take_pending,
    turns,
)
from ui.drawer import open_drawer
from ui.finding import draw_finding
from ui.library import draw_library, draw_told
from ui.library_upload import draw_starter
from ui.library_within import draw_within
from ui.present import AnswerView, SourceView, present, with_standing
from ui.safe_text import escaped, safe_label
from ui.shelf import Shelf, look, open_shared
from ui.words import asked_words, label_words, payer_words

DISCLAIMER = (
    "Quotes come from the sources in this library; check them and your payer before billing. "
    "Not legal or medical advice. Do not enter patient data."
)
EXAMPLES = (
    "Can 77370 be billed after treatment ends?",
    "How often may 77336 be billed?",
    "What replaced 77385 in 2026?",
    "Does 77371 need modifier 26 or TC?",
)
TABS = ("Ask", "Find codes", "Library")
MAX_QUESTION_CHARS = 4_000
_FAULT = "Something went wrong in Codecite itself; the server's log names the error. Ask again, or run: codecite doctor"
_log = logging.getLogger("codecite.page")


def main() -> None:
    """Draw the whole page."""
    st.set_page_config("Codecite", page_icon=str(Path(__file__).with_name("icon.svg")), layout="centered")
    st.html(f"<style>{(files('ui') / 'page.css').read_text(encoding='utf-8')}</style>")
    assistant, problem = _open()
    shelf = look(assistant) if assistant else None
    restore(shelf.payers if shelf else ())
    _draw_sidebar(shelf)
    asking, finding, library = st.tabs(TABS, key="tab", on_change="rerun")
    _draw_bottom(shelf, asks=not finding.open and not library.open)
    if library.open:
        with library:
            _draw_library(assistant, problem)
        return
    if problem:
        _draw_problem(problem)
    if finding.open:
        with finding:
            _draw_finding(assistant)
        return
    with asking:
        if turns():
            _draw_turns(assistant, problem)
        elif assistant:
            _draw_welcome()


def _open() -> tuple[Assistant | None, CodeciteError | None]:
    try:
        return open_shared(), None
    except CodeciteError as error:
        return None, error


# -- around the conversation -----------------------------------------------------------------------------


def _draw_sidebar(shelf: Shelf | None) -> None:
    with st.sidebar:
        st.header("Codecite", anchor=False)
        st.date_input("Date of service", key=AS_OF, value="today", min_value=date(1990, 1, 1), format="YYYY-MM-DD", on_change=choose_date)
        st.selectbox("Payer", ("", *(shelf.payers if shelf else ())), key=PAYER, format_func=_payer_option)
        st.button("New conversation", on_click=clear, shortcut="Ctrl+Shift+K", width="stretch")
        if shelf:
            if is_read_only(read_settings().data_dir):
                st.caption("This library is read only: nothing can be added or kept.")
            st.caption(f"{shelf.sources:,} sources with {shelf.passages:,} passages are loaded.")
        st.caption("A number beside a sentence opens the passage that it quotes.")


def _payer_option(payer: str) -> str:
    return payer_words(payer) if payer else "Any payer"


def _draw_bottom(shelf: Shelf | None, *, asks: bool) -> None:
    with st.bottom:
        if asks:
            draw_within(shelf.titles if shelf else {})
            draw_scope()
            st.chat_input(
                "Ask a coding question", key="question", max_chars=MAX_QUESTION_CHARS, submit_mode="stop", on_submit=_submit_typed
            )
        st.caption(DISCLAIMER)


def _submit_typed() -> None:
    submit(str(st.session_state.question or ""))


def _draw_finding(assistant: Assistant | None) -> None:
    if assistant:
        draw_finding(assistant, _message)


def _draw_library(assistant: Assistant | None, problem: CodeciteError | None) -> None:
    """Draw the library tab; one that cannot be used at all only says why."""
    if problem and not isinstance(problem, LibraryMissing):
        _draw_problem(problem)
    else:
        draw_library(assistant, read_settings())


def _draw_welcome() -> None:
    st.title("Ask a coding question", anchor=False)
    st.html('<p class="cc-intro">Every sentence of an answer is quoted from your library and opens at its source.</p>')
    columns = st.columns(2)
    for n, example in enumerate(EXAMPLES):
        columns[n % 2].button(example, key=f"example-{n}", on_click=submit, args=(example,), width="stretch")


def _draw_problem(problem: CodeciteError) -> None:
    if isinstance(problem, LibraryMissing):
        _draw_missing()
    else:
        st.html(_message(str(problem)))
    st.button("Look again", key="look-again")


def _draw_missing() -> None:
    st.title("Your library is empty", anchor=False)
    st.html(
        '<div class="cc-message" role="status">Codecite answers from a library of sources, and none is loaded yet. In a terminal, run:'
        "<p><code>codecite ingest</code> for the sources that ship with Codecite</p>"
        "<p><code>codecite ingest FOLDER</code> for your own documents</p></div>"
    )
    draw_starter(read_settings())
    draw_told(read_settings())


def _message(text: str) -> str:
    return f'<div class="cc-message cc-problem" role="alert">{escaped(text)}</div>'


# -- the conversation ------------------------------------------------------------------------------------


def _draw_turns(assistant: Assistant | None, problem: CodeciteError | None) -> None:
    held = turns()
    asking = take_pending(held)
    first = max(0, len(held) - SHOWN_TURNS)
    for n, turn in enumerate(held[first:], start=first):
        _draw_question(turn)
        with st.chat_message("assistant", avatar=":material/menu_book:"):
            if turn is asking:
                keep = keeper()
                try:
                    held[-1] = _answered(assistant, turn, problem)
                finally:
                    keep()
                st.rerun()
            draw_chips(turn, n, look(assistant).payers if assistant else (), newest=n == len(held) - 1)
            _draw_outcome(_as_it_stands(turn, assistant), n, newest=n == len(held) - 1)


def _draw_question(turn: Turn) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        language = find_language(turn.question)
        asked = escaped(turn.views[0].asked if turn.views else asked_words(turn.as_of or date.today(), turn.payer, language))
        st.html(f'<p class="cc-question" dir="auto">{escaped(turn.question)}</p><p class="cc-asked" dir="auto">{asked}</p>')


def _answered(assistant: Assistant | None, turn: Turn, problem: CodeciteError | None) -> Turn:
    if assistant is None:
        return replace(turn, problem=str(problem))
    progress, proved = st.status(STAGES[0]), st.container()
    with progress:
        try:
            asked, today = Asked(turn.question, turn.as_of, turn.payer), date.today()
            resolved = resolve(asked, turn.used, assistant, today)
            turn = _understood(turn, resolved, after(asked, resolved, turn.used, assistant, today))
            answers = assistant.ask_each(
                resolved.text,
                as_of=resolved.as_of,
                payer=resolved.payer,
                within=turn.within,
                watch=lambda stage: progress.update(label=stage),
                on_sentence=lambda sentence: proved.html(_arriving(sentence)),
            )
            return replace(turn, views=tuple(present(carry(answer, resolved), assistant.library.text) for answer in answers))
        except CodeciteError as error:
            return replace(turn, problem=str(error))
        except Exception as error:  # the page is the outer edge: no traceback may reach the browser
            _log.error("a question could not be answered: %s", type(error).__name__)
            _log.debug("its traceback", exc_info=error)
            return replace(turn, problem=_FAULT)


def _understood(turn: Turn, resolved: Resolved, context: Context | None) -> Turn:
    return replace(turn, resolved=resolved, after=context, offered=turn.offered if turn.added else resolved.offered)


def _arriving(sentence: Sentence) -> str:
    """Give a sentence and its quotes for the time until the whole answer is there."""
    quotes = "".join(f"<q>{escaped(c.quote)}</q>" for c in sentence.citations if c.quote != sentence.text)
    return f'<p class="cc-arriving" dir="auto"><b>{label_words(sentence.role)}</b> {escaped(sentence.text)}{quotes}</p>'


def _as_it_stands(turn: Turn, assistant: Assistant | None) -> Turn:
    """Give a turn with a word on each source that was withdrawn or changed since it was quoted."""
    if assistant is None:
        return turn
    in_use, library = look(assistant).titles, assistant.library

    def standing_of(source: SourceView) -> Standing:
        return Standing(State.IN_USE) if source.document_id in in_use else standing(library, source.document_id, source.quote)

    return replace(turn, views=tuple(with_standing(view, standing_of) for view in turn.views))


def _draw_outcome(turn: Turn, n: int, *, newest: bool) -> None:
    if not turn.views:
        st.html(_message(turn.problem or "Stopped before an answer was ready."))
        return
    opened = [_draw_part(turn.views, part, n, newest=newest) for part in range(len(turn.views))]
    if newest:
        _draw_follow_ups(turn.views[-1].follow_ups, n)
    for source in filter(None, opened):
        open_drawer(source)


def _draw_part(views: tuple[AnswerView, ...], part: int, n: int, *, newest: bool) -> SourceView | None:
    """Draw one answer of a turn, of several headed by its question, and give the source that the reader has just opened."""
    view = views[part]
    if len(views) > 1:
        st.html(f'<h3 class="cc-question" dir="auto">{escaped(view.question)}</h3>')
    key = f"answer-{n}-{part}" if part else f"answer-{n}"
    return draw_answer(view, key=key, newest=newest and part == 0)


def _draw_follow_ups(follow_ups: tuple[str, ...], n: int) -> None:
    with st.container(horizontal=True, key="follow-ups"):
        for i, follow_up in enumerate(follow_ups):
            st.button(safe_label(follow_up), key=f"follow-up-{n}-{i}", on_click=submit_suggested, args=(follow_up,))


if __name__ == "__main__":
    main()
