"""The commands on the library as a whole and on one document's properties; `ui.cli` puts them in their place."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corpus.errors import CodeciteError
from ui.safe_text import one_line, printable
from ui.targets import check_target, write_target

if TYPE_CHECKING:
    from assistant.recheck import Rechecked
    from assistant.settings import Settings
    from ingest.documents import Document
    from ingest.library import Entry, Library

_FAILED = 1
_EVERY_PAYER = "all"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.zip")
@click.option("--yes", is_flag=True, help="Do not ask before FILE.zip is written over.")
def export(file: Path, yes: bool) -> None:
    """Write the whole library to FILE.zip, as it is at this moment; `codecite restore` reads it."""
    from ingest.archive import export_library
    from ingest.library import open_reader

    folder = _settings().data_dir
    with open_reader(folder) as library:
        check_target(file, folder, yes=yes)
        manifest = export_library(library, file)
    megabytes = file.stat().st_size / 1e6
    click.echo(f"exported: {one_line(str(file))} ({manifest.documents:,} documents in use, {megabytes:,.1f} MB, digest {manifest.digest})")


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.zip")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--undo", is_flag=True, help="Bring back the library that the last restore took the place of.")
def restore(file: Path | None, yes: bool, undo: bool) -> None:
    """Put the library of FILE.zip in the place of the present one, which is kept for --undo.

    The archive is checked whole before anything changes; one that is not sound, or was made with another model or version,
    is refused.
    """
    if undo == (file is not None):
        raise click.UsageError("give FILE.zip, or --undo")
    if file is None:
        _undo()
    elif yes or click.confirm(_asked(file), abort=True, err=True):
        _restore(file)


@click.command("edit")
@click.argument("source")
@click.option("--title", metavar="TEXT", help="Title.")
@click.option("--publisher", metavar="NAME", help="Who published it.")
@click.option("--authority", metavar="CLASS", help="Authority class, for example 'specialty society' or 'payer'.")
@click.option("--edition", metavar="TEXT", help="Edition or year.")
@click.option("--payer", metavar="NAME", help="The only payer whose rules these are, 'all' for every payer.")
@click.option("--url", metavar="ADDRESS", help="Address of the original.")
@click.option("--valid-from", metavar="DATE", help="First day in force, YYYY-MM-DD; '' for none.")
@click.option("--valid-to", metavar="DATE", help="Last day in force, YYYY-MM-DD; '' for none.")
def edit_source(source: str, **given: str | None) -> None:
    """Set properties of a document; they stay set when its file is ingested again."""
    from ingest.edit import edit
    from ui.writing import finish, writing

    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise click.UsageError("name a property to set, for example --edition 2026")
    if changes.get("payer") == "":
        changes["payer"] = _EVERY_PAYER
    settings = _settings()
    with writing(settings, tell=_tell) as (library, embedder):
        document, _ = one_source(library, source, ("active",))
        edited = edit(library, embedder, document.id, changes)
        finish(library, settings, tell=_tell)
    if edited.id == document.id:
        click.echo(f"nothing was changed: {document.id} {one_line(document.title)}")
        return
    click.echo(f"edited: {edited.id} {one_line(edited.title)}")
    click.echo(f"undo with: codecite sources restore {document.id}", err=True)


@click.command("test")
@click.argument("source")
def test_source(source: str) -> None:
    """Test whether the passages of a document are found: each is asked for by its own heading or words in the whole library.

    At most 200 passages are tried. Exit status 1 when one is not among the first 5 found.
    """
    from assistant.self_test import MOST_PROBES, self_test
    from assistant.wiring import open_assistant
    from ui.library_rows import found_words, missed_words

    with open_assistant(_settings()) as assistant:
        document, _ = one_source(assistant.library, source, ("active",))
        count = min(len(assistant.library.passages(document.id)), MOST_PROBES)
        with progress(count, "Asking") as advance:
            tested = self_test(assistant, document.id, advance=lambda _: advance())
    click.echo(f"{found_words(tested)}: {document.id} {one_line(document.title)}")
    for missed in tested.missed:
        place, asked, first = missed_words(missed)
        click.echo(
            printable(
                f"\n[{missed.passage.start}-{missed.passage.end}] {one_line(place)}\n  Asked: {one_line(asked)}\n  First came: {one_line(first)}"
            )
        )
    if tested.missed:
        sys.exit(_FAILED)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path), metavar="ANSWER.json")
def check(file: Path) -> None:
    """Check that every quote of saved answers still stands: ANSWER.json is what `ask --json` or `--batch` printed, '-' standard input.

    Each citation is compared with the stored text, character for character. Exit status 1 when a quote no longer stands or
    its source was withdrawn or erased.
    """
    from assistant.recheck import check_citations, read_answers
    from ingest.library import open_reader

    with click.open_file(str(file), "rb") as stream:
        cited = read_answers(stream.read())
    with open_reader(_settings().data_dir) as library:
        found = check_citations(library, cited)
    for citation in found:
        told = f"[{citation.number}] {citation.title}: {_checked_words(citation)} “{citation.quote}”"
        click.echo(printable(one_line(told)))
    failed = sum(not citation.stands for citation in found)
    click.echo(f"{len(found):,} citations of {len(cited):,} answers, {failed:,} no longer stand", err=True)
    if failed:
        sys.exit(_FAILED)


def write_list(entries: "Sequence[Entry]", xlsx: Path | None, csv: Path | None) -> None:
    """Write a list of documents to an Excel workbook, a CSV file, or both; no cell of either is a formula.

    Raises:
        CodeciteError: a file cannot be written.
    """
    from ui.library_rows import TABLE_HEADER, table_row
    from ui.spreadsheet import to_csv, to_xlsx

    rows = [table_row(entry) for entry in entries]
    for file, content in (
        *([(xlsx, to_xlsx(TABLE_HEADER, rows, "Documents"))] if xlsx else []),
        *([(csv, to_csv(TABLE_HEADER, rows))] if csv else []),
    ):
        write_target(file, content)
        click.echo(f"{len(rows):,} documents: {one_line(str(file))}")


# -- shared with the other commands ----------------------------------------------------------------------------


def one_source(
    library: "Library", source: str, statuses: tuple[str, ...] = ("active", "removed", "replaced"), *, latest: bool = False
) -> "tuple[Document, str]":
    """Give the one document of these statuses that `source` names by id (or its start), path or title, with its status.

    `latest` takes of several versions of one file the one that left last.

    Raises:
        CodeciteError: none or several fit.
    """
    found = [(document, status) for document, status, _ in library.find(source) if status in statuses]
    if not found:
        raise CodeciteError(f"no {' or '.join(statuses)} document matches {source!r}; run: codecite sources list --all")
    if latest and len({document.path for document, _ in found}) == 1:
        newest = library.latest([document.id for document, _ in found])
        found = [held for held in found if held[0].id == newest]
    if len(found) > 1:
        names = ", ".join(document.id for document, _ in found[:6])
        raise CodeciteError(f"{source!r} fits {len(found)} documents ({names}); give more of the id")
    return found[0]


@contextmanager
def progress(length: int, label: str) -> Iterator[Callable[[], None]]:
    """Give a function that moves a progress bar on standard error by one."""
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _settings() -> "Settings":
    from assistant.settings import read_settings

    return read_settings()


def _tell(what: str) -> None:
    click.echo(what, err=True)


def _checked_words(citation: "Rechecked") -> str:
    from ui.words import standing_words

    if told := standing_words(citation.standing):
        return told
    return "In use." if citation.exact else "In use, but the quote does not stand at that place."


# -- restore ---------------------------------------------------------------------------------------------------


def _asked(file: Path) -> str:
    from corpus.errors import LibraryMissing
    from ingest.archive import open_archive
    from ingest.library import open_reader

    with open_archive(file) as archive:
        manifest = archive.manifest
    try:
        with open_reader(_settings().data_dir) as library:
            present = f"the {len(library.documents()):,} of this library"
    except LibraryMissing:
        present = "this empty library"
    return f"Put the {manifest.documents:,} documents of {one_line(file.name)}, exported on {one_line(manifest.exported_at[:10])}, in the place of {present}?"


def _restore(file: Path) -> None:
    from ingest.restore import restore_archive
    from ingest.split import POLICY
    from ui.writing import finish, writing

    settings = _settings()
    with writing(settings, rebuild=True, tell=_tell) as (library, embedder):
        manifest = restore_archive(library, file, (embedder.identity, POLICY))
        finish(library, settings, tell=_tell)
    click.echo(f"restored: {manifest.documents:,} documents in use, digest {manifest.digest}")
    click.echo("undo with: codecite restore --undo", err=True)


def _undo() -> None:
    from ingest.library import open_writer
    from ingest.restore import undo_restore
    from ui.writing import finish

    settings = _settings()
    with open_writer(settings.data_dir) as library:
        undo_restore(library)
        finish(library, settings, tell=_tell)
        count = len(library.documents())
    click.echo(f"undone: the former library is back, with {count:,} documents in use")
    click.echo("restore it again with: codecite restore --undo", err=True)
