"""The questions that got no answer, kept beside the library in a file of their own, for the report of `codecite gaps`."""

import json
import logging
import os
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Connection, Integer, MetaData, String, Table, Text, create_engine, delete, event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from assistant.answer import Answer
from assistant.terms import expand
from corpus.errors import LibraryUnusable

SCHEMA = "codecite.gaps/1"
_FILE = "gaps.sqlite3"
_MOST_TERMS = 3
_WAIT_S = 5
_log = logging.getLogger("codecite.gaps")
_gaps = Table(
    "gaps",
    MetaData(),
    Column("row", Integer, primary_key=True),
    Column("asked_at", String, nullable=False, server_default=func.strftime("%Y-%m-%dT%H:%M:%SZ", "now")),
    Column("reason", String, nullable=False),
    Column("codes", String, nullable=False),
    Column("modifiers", String, nullable=False),
    Column("payer", String),
    Column("as_of", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("needed", Text, nullable=False),
    Column("question", Text),
)


@dataclass(frozen=True, slots=True)
class GapGroup:
    """The unanswered questions on the same codes and topic. `last_asked` is a UTC time, `YYYY-MM-DDThh:mm:ssZ`.

    `reasons` come most frequent first, the other lists each value once, as they were last asked; `questions` holds
    masked texts and only those that the settings allowed to keep.
    """

    codes: tuple[str, ...]
    topic: str
    count: int
    last_asked: str
    reasons: tuple[str, ...]
    needed: tuple[str, ...]
    modifiers: tuple[str, ...]
    payers: tuple[str, ...]
    dates_of_service: tuple[str, ...]
    questions: tuple[str, ...]


class Gaps:
    """The unanswered questions of one data folder. Several processes may write at once."""

    def __init__(self, folder: Path, vocabulary: Collection[str], *, keep_text: bool) -> None:
        """Take the `vocabulary` of which terms are kept, lower case; `keep_text` allows to keep the masked questions."""
        self._file = folder / _FILE
        self._vocabulary = dict.fromkeys(vocabulary, ())
        self._keep_text = keep_text

    def keep(self, answer: Answer) -> None:
        """Keep what an abstention was about; an answer is not kept, and no failure to write disturbs it.

        Of the words of a question only those are kept that the vocabulary holds, a shipped list of the field's terms. A
        question's rarest words would tell more, but the rarest are just those that may name a person whom no mask found.
        """
        if answer.abstention is None:
            return
        question = answer.question
        row = {
            "reason": answer.abstention.reason.value,
            "codes": json.dumps(sorted(question.codes)),
            "modifiers": json.dumps(question.modifiers),
            "payer": question.payer,
            "as_of": question.as_of.isoformat(),
            "topic": self._topic(answer),
            "needed": answer.abstention.needed,
            "question": question.text if self._keep_text else None,
        }
        try:
            with _opened(self._file) as connection:
                connection.execute(_gaps.insert().values(row))
        except (SQLAlchemyError, OSError) as error:
            _log.debug("an unanswered question could not be kept: %s", type(error).__name__)

    def _topic(self, answer: Answer) -> str:
        """Give the intent and, where no code says what the question is about, the field's terms in it, longest first."""
        question = answer.question
        terms = [] if question.codes else sorted(expand(question.text, self._vocabulary), key=lambda term: (-len(term), term))
        return ": ".join(filter(None, (question.intent.value, ", ".join(terms[:_MOST_TERMS]))))


def read_gaps(folder: Path, since: date | None = None) -> tuple[GapGroup, ...]:
    """Give the unanswered questions asked on or after `since` (UTC), in groups, the most frequent first.

    Raises:
        LibraryUnusable: the file that holds them cannot be read.
    """
    file = folder / _FILE
    if not file.is_file():
        return ()
    query = select(_gaps).order_by(_gaps.c.asked_at.desc(), _gaps.c.row.desc())
    if since:
        query = query.where(_gaps.c.asked_at >= since.isoformat())
    with _reported(file), _reading(file) as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["codes"], row["topic"]), []).append(row)
    return tuple(sorted(map(_group, groups.values()), key=lambda group: -group.count))


def gaps_record(groups: Sequence[GapGroup]) -> dict[str, Any]:
    """Give the JSON object of the report: plain values only."""
    return {"schema": SCHEMA, "count": sum(group.count for group in groups), "groups": [asdict(group) for group in groups]}


def clear_gaps(folder: Path) -> int:
    """Forget every unanswered question and give how many there were; nothing of them stays in the file.

    Raises:
        LibraryUnusable: the file that holds them cannot be written.
    """
    file = folder / _FILE
    if not file.is_file():
        return 0
    with _reported(file), _opened(file) as connection:
        count = connection.execute(delete(_gaps)).rowcount
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return count


def _group(rows: Sequence[dict[str, Any]]) -> GapGroup:
    """Give the group of rows that share codes and topic, last asked first."""

    def each(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row[name] for row in rows if row[name]))

    return GapGroup(
        codes=tuple(json.loads(rows[0]["codes"])),
        topic=rows[0]["topic"],
        count=len(rows),
        last_asked=rows[0]["asked_at"],
        reasons=tuple(reason for reason, _ in Counter(row["reason"] for row in rows).most_common()),
        needed=each("needed"),
        modifiers=tuple(dict.fromkeys(modifier for row in rows for modifier in json.loads(row["modifiers"]))),
        payers=each("payer"),
        dates_of_service=each("as_of"),
        questions=each("question"),
    )


@contextmanager
def _reading(file: Path) -> Iterator[Connection]:
    """Give a connection for reading; a file that cannot be written is taken as it is, unless a writer has its log beside it."""
    if os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
        with _opened(file) as connection:
            yield connection
        return
    log = file.with_name(f"{file.name}-wal")
    still = {} if log.exists() and log.stat().st_size else {"immutable": "1"}
    engine = create_engine(URL.create("sqlite", database=file.resolve().as_uri(), query={"uri": "true", "mode": "ro", **still}))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _opened(file: Path) -> Iterator[Connection]:
    """Give a connection on which each statement is a transaction, for which others wait; the table is there."""
    engine = create_engine(URL.create("sqlite", database=str(file)), isolation_level="AUTOCOMMIT")

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA busy_timeout = {_WAIT_S * 1000}")
        with suppress(sqlite3.OperationalError):  # another process is just setting it
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")

    try:
        with engine.connect() as connection:
            connection.execute(CreateTable(_gaps, if_not_exists=True))
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _reported(file: Path) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise LibraryUnusable(
            f"the unanswered questions in {file} cannot be used ({cause}); check its permissions, or delete it"
        ) from error
