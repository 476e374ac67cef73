"""The command `codecite`."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import CodeciteError, ConfigError
from ui.ingest_command import ingest
from ui.library_commands import check, edit_source, export, one_source, restore, test_source, write_list
from ui.library_commands import progress as _progress
from ui.safe_text import one_line, printable_json
from ui.targets import check_target, write_target

if TYPE_CHECKING:
    from assistant.service import Assistant
    from assistant.settings import Settings
    from evals.judge import Judging
    from evals.run import Result
    from ingest.documents import Document
    from ingest.embed import Embedder
    from ingest.library import Library
    from ui.batch import BatchLine, Circumstances

_ERROR, _FAILED, _INTERRUPTED = 3, 1, 130
_DATE = click.DateTime(formats=["%Y-%m-%d"])


class _Commands(click.Group):
    """Shows a `CodeciteError` of any command as one line, with exit status 3; no error shows an identifier of a patient."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            from assistant.identifiers import mask

            told = mask(error.format_message()).text
            if told.startswith("Got unexpected extra argument"):  # a question's words one by one: no cue may stand before a name
                told = "Got more arguments than expected; put words that belong together in quotes."
            raise click.UsageError(told, error.ctx) from None
        except CodeciteError as error:
            click.echo(f"codecite: {one_line(str(error))}", err=True)
            ctx.exit(_ERROR)
        except (click.ClickException, click.exceptions.Exit, click.Abort, OSError, EOFError):
            raise
        except Exception as error:  # no fault of the user's; where it arose is told, what it says may quote what was typed
            traceback.print_tb(error.__traceback__)
            click.echo(f"codecite: something went wrong in Codecite itself ({type(error).__name__})", err=True)
            ctx.exit(_ERROR)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="codecite")
def main() -> None:
    """Cited answers for medical coders, from your own library and from nothing else.

    Start with `codecite ingest` (the starter corpus) or `codecite ingest FILE…` (your documents), then
    `codecite ask "Can 77370 be billed after treatment ends?"` or `codecite chat`.

    Settings are environment variables that start with CODECITE_; docs/settings.md lists them.
    Exit status: 0 done (an abstention is done), 1 a check failed, 2 wrong usage, 3 an error told in one line.
    """


def run() -> None:
    """Run the command and leave at once: taking the runtimes apart would take a tenth of a second, and nothing is left to save."""
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # nothing that another package registers runs here; to look for it takes 5 ms
    try:
        main()
    except SystemExit as left:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # who read the output may have gone away
                stream.flush()
        os._exit(left.code if isinstance(left.code, int) else int(left.code is not None))


@main.command()
@click.argument("question", required=False)
@click.option("--as-of", type=_DATE, metavar="DATE", help="Date of service, YYYY-MM-DD.  [default: as the question says, else today]")
@click.option("--payer", help="Only rules that speak for this payer, for example Aetna.  [default: as the question says, else any]")
@click.option("--within", metavar="SOURCE", help="Let only this document answer: an id (or its start), a path or a title.")
@click.option("--publisher", metavar="NAME", help="Let only the documents of this publisher answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; of several questions it holds a list (docs/answer.md).")
@click.option(
    "--batch",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE.jsonl",
    help="Answer a file of questions, '-' for standard input: one JSON object a line with id, question and, optionally, as_of, payer and conversation.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --batch: write a table to FILE.csv or FILE.xlsx instead, a row for each quote.",
)
@click.option("--yes", is_flag=True, help="Do not ask before the file of --out is written over.")
def ask(
    question: str | None,
    as_of: datetime | None,
    payer: str | None,
    within: str | None,
    publisher: str | None,
    as_json: bool,
    batch: Path | None,
    out: Path | None,
    yes: bool,
) -> None:
    """Answer QUESTION from the library, every sentence with its source.

    Up to six questions in one message are answered one by one.
    """
    if (question is None) == (batch is None):
        raise click.UsageError("give a QUESTION, or --batch FILE.jsonl")
    if out is not None and (batch is None or as_json or out.suffix.lower() not in (".csv", ".xlsx")):
        raise click.UsageError("--out goes with --batch and without --json; give FILE.csv or FILE.xlsx")
    day = as_of.date() if as_of else None
    if batch is not None:
        if out is not None:
            check_target(out, _settings().data_dir, yes=yes, asks=str(batch) != "-")
        from ui.batch import Circumstances

        _ask_batch(batch, out, within, Circumstances(day, payer, publisher=publisher or ""))
        return
    from assistant.record import message_record
    from ui.terminal import render_each

    with _assistant(keep_gaps=True) as assistant:
        document = one_source(assistant.library, within, ("active",))[0].id if within else ""
        answers = assistant.ask_each(question or "", as_of=day, payer=payer, within=document, publisher=publisher or "")
    click.echo(printable_json(message_record(answers), indent=2) if as_json else render_each(answers))


@main.command()
@click.argument("description")
@click.option("--as-of", type=_DATE, metavar="DATE", help="Date of service, YYYY-MM-DD.  [default: today]")
@click.option("--payer", help="Only rules that speak for this payer, for example Aetna.")
@click.option("--limit", type=click.IntRange(1, 20), default=5, show_default=True, help="How many codes to show.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object (docs/find.md).")
def find(description: str, as_of: datetime | None, payer: str | None, limit: int, as_json: bool) -> None:
    """Rank the codes that fit a service, each with the quotes that say why and those that would rule it out.

    DESCRIPTION is what was done, in your own words, for example
    "three fields, custom blocks, breast, tangents, weekly physics check". Commas, sentences and "and" part its
    elements. Only codes that the library's sources name on the date of service are found.
    """
    from assistant.find_record import find_record
    from assistant.wiring import open_finder
    from ui.terminal import render_findings

    day = as_of.date() if as_of else date.today()
    with _assistant() as assistant:
        findings = open_finder(assistant).find(description, as_of=day, payer=payer, limit=limit)
    click.echo(printable_json(find_record(findings), indent=2) if as_json else render_findings(findings))


@main.command()
@click.argument("code")
@click.option("--with", "other", metavar="CODE", help="The other code of a pair: shows the edits between both.")
@click.option("--as-of", type=_DATE, metavar="DATE", help="Date of service, YYYY-MM-DD.  [default: today]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object (docs/code-files.md).")
def codes(code: str, other: str | None, as_of: datetime | None, as_json: bool) -> None:
    """Show what the loaded code files say of CODE: edits, unit limits, relative values, code sets, row by row."""
    from ingest.library import open_reader
    from ui.codes import codes_record, render_codes
    from ui.safe_text import printable

    with open_reader(_settings().data_dir) as library:
        record = codes_record(library, code, other, as_of.date() if as_of else date.today())
    click.echo(printable_json(record, indent=2) if as_json else printable(render_codes(record)))


@main.command()
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="Port on 127.0.0.1.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def chat(port: int, no_browser: bool) -> None:
    """Open the chat page on 127.0.0.1."""
    import socket

    from ui.asgi import ADDRESS, run

    _settings()
    try:
        socket.create_server((ADDRESS, port)).close()
    except OSError as error:
        raise ConfigError(f"port {port} on {ADDRESS} cannot be used ({error.strerror}); give another one with --port") from None
    run(port=port, open_browser=not no_browser)


@main.group()
def sources() -> None:
    """List, show, edit, test, remove and restore the documents of the library."""


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--all", "with_removed", is_flag=True, help="Also those removed or replaced.")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the list to an Excel workbook.")
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the list to a CSV file.")
@click.option("--yes", is_flag=True, help="Do not ask before a file is written over.")
def list_sources(as_json: bool, with_removed: bool, xlsx: Path | None, csv: Path | None, yes: bool) -> None:
    """List every document with its id, publisher and number of passages; of code files, with their rows."""
    from ingest.code_lookup import code_tables
    from ingest.library import ACTIVE, open_reader

    folder = _settings().data_dir
    with open_reader(folder) as library:
        for file in filter(None, (xlsx, csv)):
            check_target(file, folder, yes=yes)
        if xlsx or csv:
            write_list(library.entries(None if with_removed else ACTIVE), xlsx, csv)
            return
        entries = library.documents(None if with_removed else ACTIVE)
        tabled = {table.document.id: f" ({table.rows:,} rows)" for table in code_tables(library)}
    rows = [_source_row(document, status, passages) for document, status, passages in entries]
    if as_json:
        click.echo(printable_json(rows, indent=2))
        return
    for row in rows:
        told = one_line(f"{row['publisher'] or '(publisher unknown)'}: {row['title']}{tabled.get(row['id'], '')}")
        click.echo(f"{row['id']}  {row['status']:8}  {row['passages']:4}  {told}")
    click.echo(f"{len(rows)} documents, {sum(row['passages'] for row in rows)} passages", err=True)


@sources.command("show")
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show_source(source: str, as_json: bool) -> None:
    """Show one document and its passages. SOURCE is an id (or its start), a path or a title."""
    from ingest.library import open_reader

    with open_reader(_settings().data_dir) as library:
        document, status = one_source(library, source)
        passages = library.passages(document.id)
    described = {**_source_row(document, status, len(passages)), **_source_details(document)}
    if as_json:
        cut = [{"id": p.id, "start": p.start, "end": p.end, "section": p.section, "page": p.first_page, "text": p.text} for p in passages]
        click.echo(printable_json({**described, "cut": cut}, indent=2))
        return
    for key, value in described.items():
        if value not in {"", None}:
            click.echo(f"{key:12} {one_line(str(value))}")
    for passage in passages:
        click.echo(f"\n[{passage.start}-{passage.end}] {' > '.join(passage.section)}\n{passage.text}")


@sources.command("remove")
@click.argument("source")
def remove_source(source: str) -> None:
    """Take a document out of every answer; `codecite sources restore` brings it back."""
    _change_source(source, lambda library, document: library.remove(document.id), "removed", ("active",))


@sources.command("restore")
@click.argument("source")
def restore_source(source: str) -> None:
    """Bring back a document that was removed or replaced."""
    _change_source(source, lambda library, document: library.restore(document.id), "restored", ("removed", "replaced"))


@sources.command("questions")
@click.argument("source")
def question_source(source: str) -> None:
    """Let the chat model of the settings write the questions that the passages of a document answer.

    Passages are found by them too; they are never shown or quoted. The text of the passages is sent to the model. What it
    wrote is kept for passages whose text stays the same when the file changes, until the document is purged.
    """
    from assistant.wiring import open_question_writer
    from ingest.build import ask_questions

    write = open_question_writer(_settings())
    with _writing(False) as (library, embedder):
        document, _ = one_source(library, source, ("active",))
        waiting = sum(not passage.questions for passage in library.passages(document.id))
        with _progress(waiting, "Asking the model") as advance:
            count = ask_questions(library, embedder, document, lambda passage: (write(passage), advance())[0])
        _finish(library)
    click.echo(f"{count} questions on {waiting} passages: {document.id} {one_line(document.title)}")


@sources.command("purge")
@click.argument("source")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge_source(source: str, yes: bool) -> None:
    """Erase a document for good, text and all."""
    if not yes:
        click.confirm(f"Erase {source} for good?", abort=True, err=True)
    from ingest.restore import erase

    _change_source(source, lambda library, document: erase(library, document.id), "erased", ("active", "removed", "replaced"))


@main.command("eval")
@click.argument("suite", default="starter")
@click.option("--split", type=click.Choice(["dev", "test"]), help="Part of a suite that has splits.  [default: dev]")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every answer and score to FILE.")
@click.option("--html", "html_file", type=click.Path(dir_okay=False, path_type=Path), help="Write a report with plots to FILE.")
@click.option("--yes", is_flag=True, help="Do not ask before a file is written over.")
@click.option("--save-baseline", is_flag=True, help="Keep these scores as the baseline.")
@click.option("--show-test", is_flag=True, help="Show questions and answers of the test split too; never while tuning.")
@click.option("--judge", metavar="PROVIDER:MODEL", help="Also let a chat model judge the answers; its figures stand apart.")
def evaluate(
    suite: str,
    split: str | None,
    json_file: Path | None,
    html_file: Path | None,
    yes: bool,
    save_baseline: bool,
    show_test: bool,
    judge: str | None,
) -> None:
    """Score the assistant on SUITE (starter, golden, conversations, or a JSONL file) against its baseline.

    Exit status 1 when a score is below the baseline.
    """
    from evals import report
    from evals.conversations import SUITE as CONVERSATIONS
    from evals.run import below_baseline

    split = split or ("dev" if suite in {"golden", CONVERSATIONS} else None)
    name = f"{suite}-{split}" if split else suite
    for file in filter(None, (json_file, html_file)):
        check_target(file, _settings().data_dir, yes=yes)
    judging = _judging(judge) if judge else None
    results = _converse(split) if suite == CONVERSATIONS else _question(suite, split)
    shown = split != "test" or show_test
    baseline = report.load_baseline(name)
    click.echo(report.render_table(results, baseline, show_cases=shown))
    if json_file:
        report.write_json(results, json_file, show_cases=shown)
    if html_file:
        report.write_html(results, html_file, f"Codecite on {name}", show_cases=shown)
    if judging:
        _judge(judging, results)
    if save_baseline:
        click.echo(f"baseline saved: {report.save_baseline(results, name)}", err=True)
    elif fallen := below_baseline(results, baseline):
        click.echo("below the baseline: " + "; ".join(fallen), err=True)
        sys.exit(_FAILED)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object (docs/privacy.md).")
@click.option("--since", type=_DATE, metavar="DATE", help="Only what was asked on or after DATE (UTC), YYYY-MM-DD.")
@click.option("--clear", is_flag=True, help="Forget all of it.")
@click.option("--yes", is_flag=True, help="Do not ask before --clear.")
def gaps(as_json: bool, since: datetime | None, clear: bool, yes: bool) -> None:
    """Report the questions that got no answer, by code and topic, and what document would answer them.

    Questions asked with `ask` and on the page are counted; their text is kept only where CODECITE_KEEP_QUESTIONS=true, and
    patient identifiers are masked even then.
    """
    from assistant.gaps import clear_gaps, gaps_record, read_gaps
    from ui.terminal import render_gaps

    folder = _settings().data_dir
    if clear:
        if as_json or since:
            raise click.UsageError("--clear forgets all and goes with neither --json nor --since")
        if not yes:
            click.confirm("Forget every unanswered question for good?", abort=True, err=True)
        click.echo(f"{clear_gaps(folder)} unanswered questions forgotten")
        return
    found = read_gaps(folder, since.date() if since else None)
    click.echo(printable_json(gaps_record(found), indent=2) if as_json else render_gaps(found))


@main.command()
def doctor() -> None:
    """Check the installation: starter corpus, weights, library, question encoder, other packages of the same names."""
    from ui.doctor import check

    problems = 0
    for name, finding, sound in check(_settings()):
        click.echo(f"{'ok ' if sound else 'BAD'}  {name}: {one_line(finding)}")
        problems += not sound
    if problems:
        sys.exit(_FAILED)


# -- shared by the commands ------------------------------------------------------------------------------------


def _settings() -> "Settings":
    from assistant.settings import read_settings

    return read_settings()


def _assistant(*, keep_gaps: bool = False, today: "Callable[[], date]" = date.today) -> "Assistant":
    from assistant.wiring import open_assistant

    return open_assistant(_settings(), keep_gaps=keep_gaps, today=today)


def _question(suite: str, split: str | None) -> "tuple[Result, ...]":
    from evals.cases import load_suite
    from evals.run import run_suite

    cases = load_suite(suite, split)
    with _assistant() as assistant, _progress(len(cases), "Asking") as advance:
        return run_suite(assistant, cases, advance)


def _converse(split: str | None) -> "tuple[Result, ...]":
    from assistant.conversation import Conversation
    from evals.conversations import SPOKEN_ON, load_dialogues, run_dialogues
    from evals.run import open_shelf

    dialogues = load_dialogues(split)
    with _assistant(today=lambda: SPOKEN_ON) as assistant, _progress(len(dialogues), "Talking") as advance:
        return run_dialogues(lambda: Conversation(assistant), open_shelf(assistant.library), dialogues, advance)


def _judging(name: str) -> "Judging":
    from assistant.chat_model import open_model

    settings = _settings()
    key = settings.llm_api_key.get_secret_value()
    return open_model(name, api_key=key, base_url=settings.llm_base_url, timeout_s=settings.llm_timeout_s)


def _judge(model: "Judging", results: "Sequence[Result]") -> None:
    from evals.judge import judge_all, judged_lines

    with _progress(len(results), "Judging") as advance:
        judgements = judge_all(model, results, advance)
    click.echo("\n".join(["", *judged_lines(judgements, len(results))]))


@contextmanager
def _writing(rebuild: bool) -> "Iterator[tuple[Library, Embedder]]":
    from ui.writing import writing

    with writing(_settings(), rebuild=rebuild, tell=_tell) as opened:
        yield opened


def _finish(library: "Library") -> None:
    from ui.writing import finish

    finish(library, _settings(), tell=_tell)


def _tell(what: str) -> None:
    click.echo(what, err=True)


def _change_source(source: str, change: "Callable[[Library, Document], None]", done: str, statuses: tuple[str, ...]) -> None:
    from ingest.library import open_reader, open_writer

    folder = _settings().data_dir
    open_reader(folder).engine.dispose()
    with open_writer(folder) as library:
        document, _ = one_source(library, source, statuses, latest="active" not in statuses)
        change(library, document)
        _finish(library)
    click.echo(f"{done}: {document.id} {one_line(document.title)}")


def _source_row(document: "Document", status: str, passages: int) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": document.title,
        "publisher": document.publisher,
        "sha256": document.sha256,
        "passages": passages,
        "status": status,
    }


def _source_details(document: "Document") -> dict[str, Any]:
    return {
        "authority": document.authority,
        "edition": document.edition,
        "published": document.published,
        "valid_from": document.valid_from.isoformat() if document.valid_from else None,
        "valid_to": document.valid_to.isoformat() if document.valid_to else None,
        "payer": document.payer,
        "url": document.url,
        "basis": document.basis,
        "licence": document.licence,
        "media_type": document.media_type,
        "path": document.path,
        "added_at": document.added_at,
    }


def _ask_batch(batch: Path, out: Path | None, within: str | None, given: "Circumstances") -> None:
    from ui.batch import answer_batch, batch_record, read_lines

    with click.open_file(str(batch), encoding="utf-8-sig") as lines, _assistant(keep_gaps=True) as assistant:
        if within:
            given = replace(given, within=one_source(assistant.library, within, ("active",))[0].id)
        try:
            if out is not None:
                _write_batch(assistant, tuple(read_lines(lines)), given, out)
                return
            for replied in answer_batch(assistant, read_lines(lines), given):
                click.echo(printable_json(batch_record(replied)))
        except UnicodeDecodeError:
            raise CodeciteError(f"{batch}: not UTF-8 text; save the questions as UTF-8, one JSON object a line") from None


def _write_batch(assistant: "Assistant", asked: "Sequence[BatchLine]", given: "Circumstances", out: Path) -> None:
    from ui.batch import answer_batch
    from ui.batch_table import HEADER, batch_rows
    from ui.spreadsheet import to_csv, to_xlsx

    answered: list[tuple[tuple[str, ...], ...]] = []
    with _progress(len(asked), "Asking") as advance, suppress(KeyboardInterrupt):
        for replied in answer_batch(assistant, asked, given):
            answered.append(batch_rows(replied))
            advance()
    rows = [row for each in answered for row in each]
    write_target(out, to_xlsx(HEADER, rows, "Answers") if out.suffix.lower() == ".xlsx" else to_csv(HEADER, rows))
    click.echo(f"{len(answered):,} questions, {len(rows):,} rows: {one_line(str(out))}")
    if len(answered) < len(asked):
        click.echo(f"\nstopped; {len(asked) - len(answered):,} questions were not asked", err=True)
        sys.exit(_INTERRUPTED)


for _command in (ingest, export, restore, check):
    main.add_command(_command)
for _command in (edit_source, test_source):
    sources.add_command(_command)
