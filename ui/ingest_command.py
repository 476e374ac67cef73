"""The command `codecite ingest`: bring files in, tell what became of each, and go on watching them."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corpus.errors import CodeciteError, LibraryLocked
from ui.library_commands import progress
from ui.safe_text import one_line, printable_json

if TYPE_CHECKING:
    from assistant.settings import Settings
    from ingest.build import FileReport, Source
    from ingest.embed import Embedder
    from ingest.folders import LeftOut, Walk
    from ingest.library import Library
    from ingest.watch import Watch

_SOME_REFUSED, _INTERRUPTED = 1, 130
_DATE = click.DateTime(formats=["%Y-%m-%d"])
_RETRY_S = 2.0
_FINISHING = b"\nStopping once the files that were read are stored; press Ctrl-C again to leave at once.\n"
_GO_ON = "stopped; what is stored is whole. The same command goes on from here."


@dataclass(frozen=True, slots=True)
class _Job:
    """What was asked for."""

    paths: tuple[Path, ...]
    by_hand: dict[str, str]
    settings: "Settings"
    as_json: bool
    prune: bool
    watch: bool


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--title", help="Title, for a single file.")
@click.option("--publisher", help="Who published it, for example ASTRO.")
@click.option("--authority", help="Authority class, for example 'specialty society' or 'payer'.")
@click.option("--url", help="Address of the original.")
@click.option("--edition", help="Edition or year, for example 2026.")
@click.option("--payer", help="The only payer whose rules these are, for example Aetna.")
@click.option("--valid-from", type=_DATE, metavar="DATE", help="First day in force, YYYY-MM-DD.")
@click.option("--valid-to", type=_DATE, metavar="DATE", help="Last day in force, YYYY-MM-DD.")
@click.option("--prune", is_flag=True, help="Also remove documents whose file below the folders named is gone; they can be restored.")
@click.option("--watch", is_flag=True, help="Go on, and bring in what changes below PATHS until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file, and one of the whole (docs/ingest.md).")
@click.option(
    "--rebuild",
    is_flag=True,
    help="Cut and embed the whole library anew, after a change of model or version; one that was stopped goes on.",
)
def ingest(paths: tuple[Path, ...], prune: bool, watch: bool, as_json: bool, rebuild: bool, **given: str | datetime | None) -> None:
    """Bring PATHS (files or folders: PDF, Word, Excel and OpenDocument sheets, CSV, HTML, mail, Markdown, text, JSON Lines, public code files) into the library.

    Without PATHS the starter corpus is brought in. A file that has not changed costs nothing, a changed one replaces its
    former version, and a file that cannot be read is reported and stops no other. Properties given here stay set when a
    file is ingested again. docs/ingest.md says what is reported, docs/formats.md what is read of each format.

    Ctrl-C stops after the files that were read; the same command goes on from there. Exit status: 0 all is in the library,
    1 a file was refused, 130 stopped.
    """
    from assistant.settings import read_settings

    by_hand = _by_hand(given, paths)
    if (prune or watch) and not paths:
        raise click.UsageError("--prune and --watch go with PATHS")
    if prune and not any(path.is_dir() for path in paths):
        raise click.UsageError("--prune goes with a folder")
    job = _Job(paths, by_hand, read_settings(), as_json, prune, watch)
    try:
        code = _run(job, rebuild)
    except KeyboardInterrupt:
        click.echo(_GO_ON, err=True)
        code = _INTERRUPTED
    if code:
        sys.exit(code)


def _run(job: _Job, rebuild: bool) -> int:
    """Bring in what was asked for, then watch where that was asked for; give the exit status."""
    found = _look(job)
    folders = [path for path in job.paths if path.is_dir()]
    if not job.watch:
        return _once(job, found, folders, rebuild)
    from ingest.watch import Watch

    with Watch(job.paths) as watch:
        code = _once(job, _look(job), folders, rebuild)  # what changed since the first look is either found now or heard of
        if code == _INTERRUPTED:
            return code
        with _first_interrupt_noted(watch.end) as goes_on:  # Python loses one that it raises while an object is finalised
            _tell("Watching; Ctrl-C ends.")
            _keep_up(job, watch, folders, goes_on)
    return 0


def _look(job: _Job) -> "Walk":
    from ingest.folders import walk

    found = walk(job.paths)
    if not (job.prune or job.watch):
        found.require_some()
    return found


def _once(job: _Job, found: "Walk", folders: Sequence[Path], rebuild: bool) -> int:
    from ingest.build import Outcome, Source, shipped_sources
    from ui.writing import finish, writing

    sources = tuple(Source(key, path) for key, path in found.files) if job.paths or rebuild else shipped_sources()
    with writing(job.settings, rebuild=rebuild, tell=_tell) as (library, embedder):
        rebuilt = _rebuild(library, embedder) if rebuild else 0
        with _first_interrupt_noted() as goes_on:
            gone = _gone(library, folders)
            reports = [*_left_out(found.left_out), *(_remove(library, gone) if job.prune else ())]
            brought = _bring_in(job, library, embedder, sources, goes_on)
            finish(library, job.settings, tell=_tell)
            stopped = not goes_on() if job.watch else len(brought) < len(sources)
    reports += brought
    _report(job, reports, () if job.prune else tuple(gone), found, rebuilt=rebuilt, stopped=stopped)
    if stopped:
        return _INTERRUPTED
    return _SOME_REFUSED if any(report.outcome is Outcome.REFUSED for report in reports) else 0


def _keep_up(job: _Job, watch: "Watch", folders: Sequence[Path], goes_on: Callable[[], bool]) -> None:
    """Bring in what changes, again and again, as long as `goes_on` says so; while another process writes, wait for it."""
    waiting: frozenset[str] = frozenset()
    told = False
    while goes_on():
        waiting |= watch.changed(_RETRY_S if waiting else None)
        try:
            if waiting and goes_on():
                _catch_up(job, waiting, folders, goes_on)
            waiting, told = frozenset(), False
        except LibraryLocked as error:
            if not told:
                _tell(one_line(str(error)))
            told = True


def _catch_up(job: _Job, changed: frozenset[str], folders: Sequence[Path], goes_on: Callable[[], bool]) -> None:
    """Bring in the files that changed and remove those that are gone."""
    from ingest.build import Outcome, Source
    from ingest.folders import walk
    from ingest.library import open_reader
    from ui.writing import finish, writing

    if gone_folder := next((folder for folder in folders if not folder.is_dir()), None):
        raise CodeciteError(f"{gone_folder}: the folder is gone; nothing was removed from the library. Start again when it is back")
    found = walk(job.paths, missing_ok=True)
    sources = tuple(Source(key, path) for key, path in found.files if _touches(changed, key))
    with open_reader(job.settings.data_dir) as reader:
        gone = {path: held for path, held in _gone(reader, job.paths).items() if _touches(changed, path)}
    reports = list(_left_out([item for item in found.left_out if _touches(changed, _place(item.path))]))
    if not sources and not gone:
        _print(job, reports)
        return
    with writing(job.settings) as (library, embedder):
        reports += _remove(library, gone)
        reports += _bring_in(job, library, embedder, sources, goes_on)
        finish(library, job.settings)
    _print(job, [report for report in reports if report.outcome is not Outcome.UNCHANGED])


def _place(link: Path) -> str:
    return str(Path(os.path.realpath(link.parent)) / link.name)


def _touches(changed: frozenset[str], path: str) -> bool:
    return path in changed or any(str(parent) in changed for parent in Path(path).parents)


# -- parts -----------------------------------------------------------------------------------------------------


def _by_hand(values: "dict[str, str | datetime | None]", paths: tuple[Path, ...]) -> dict[str, str]:
    from corpus.digests import AUTHORITIES

    settled = {key: value.date().isoformat() if isinstance(value, datetime) else value for key, value in values.items() if value}
    if settled and not paths:
        raise click.UsageError("properties can be set for your own files only; name a PATH")
    if "title" in settled and (len(paths) != 1 or paths[0].is_dir()):
        raise click.UsageError("--title is for a single file")
    if settled.get("authority", AUTHORITIES[0]) not in AUTHORITIES:
        raise click.BadParameter(f"one of: {', '.join(AUTHORITIES)}", param_hint="--authority")
    if settled.get("valid_from", "") > settled.get("valid_to", "9999"):
        raise click.UsageError("--valid-from is later than --valid-to")
    return settled


def _bring_in(
    job: _Job, library: "Library", embedder: "Embedder", sources: "Sequence[Source]", goes_on: Callable[[], bool]
) -> "tuple[FileReport, ...]":
    from ingest.build import ingest as bring_in
    from ingest.library import now

    if not sources:
        return ()
    with progress(len(sources), "Ingesting") as advance:
        return bring_in(
            library,
            embedder,
            sources,
            by_hand=job.by_hand,
            added_at=now(),
            ocr=job.settings.ocr,
            advance=lambda _: advance(),
            goes_on=goes_on,
        )


def _rebuild(library: "Library", embedder: "Embedder") -> int:
    from ingest.build import rebuild, to_rebuild

    with progress(len(to_rebuild(library, embedder)), "Rebuilding") as advance:
        return rebuild(library, embedder, advance=lambda _: advance())


def _gone(library: "Library", paths: Sequence[Path]) -> dict[str, str]:
    """Give the ids of the documents whose file was one of `paths` or below one and is gone, by that file."""
    from ingest.folders import is_below, is_gone

    roots = [os.path.realpath(path) for path in paths]
    return {path: held for path, held in sorted(library.paths().items()) if is_below(path, roots) and is_gone(path)}


def _remove(library: "Library", gone: dict[str, str]) -> "Iterator[FileReport]":
    from ingest.build import FileReport, Outcome

    for path, document_id in gone.items():
        library.remove(document_id)
        yield FileReport(path, Outcome.REMOVED, f"its file is gone; undo with: codecite sources restore {document_id}", document_id)


def _left_out(found: "Sequence[LeftOut]") -> "Iterator[FileReport]":
    """Report what was left out: refused where it could not be read, skipped where it is not to be."""
    from corpus.errors import Refusal
    from ingest.build import FileReport, Outcome

    for item in found:
        outcome = Outcome.REFUSED if item.refusal is Refusal.UNREADABLE else Outcome.SKIPPED
        yield FileReport(str(item.path), outcome, item.reason, refusal=item.refusal)


def _report(job: _Job, reports: "Sequence[FileReport]", missing: Sequence[str], found: "Walk", *, rebuilt: int, stopped: bool) -> None:
    from ingest.build import Outcome
    from ui.ingest_report import missing_line, summary_line, summary_record

    if job.as_json:
        _print(job, reports)
        click.echo(printable_json(summary_record(reports, missing, found.other_endings, rebuilt=rebuilt, stopped=stopped)))
    else:
        _print(job, [report for report in reports if report.outcome is not Outcome.UNCHANGED])
        for path in missing:
            click.echo(missing_line(path))
    _tell(f"rebuilt {rebuilt:,} documents" if rebuilt and not reports else summary_line(reports, missing, found.other_endings))
    if stopped:
        _tell(_GO_ON)


def _print(job: _Job, reports: "Sequence[FileReport]") -> None:
    from ui.ingest_report import report_line, report_record

    for report in reports:
        click.echo(printable_json(report_record(report)) if job.as_json else report_line(report))
    sys.stdout.flush()


@contextmanager
def _first_interrupt_noted(then: Callable[[], object] = lambda: None) -> Iterator[Callable[[], bool]]:
    """Give what tells whether to go on: not after a first Ctrl-C, which is noted and calls `then`; a second one leaves at once."""
    former = signal.getsignal(signal.SIGINT)
    noted: list[bool] = []

    def note(*_: object) -> None:
        noted.append(True)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.write(2, _FINISHING)  # a stream may be in the middle of a line of its own
        then()

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: not noted
    finally:
        signal.signal(signal.SIGINT, former)


def _tell(what: str) -> None:
    click.echo(what, err=True)
