"""The tables of home/history.db, and engines over it: one for the file, one for memory that stands in for it.

SQLite overwrites what is deleted with zeros (`secure_delete`), so that deleting a conversation really does. That is
also why an earlier schema is brought forward in one transaction and without a copy beside it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

SCHEMA = 1
STEPS: dict[int, Callable[[Connection], None]] = {}
"""The step that leads on from each earlier schema."""

BUSY_SECONDS = 5  # how long a statement waits for another process
WRITING = "writing"  # the execution option of a connection that will write

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("changed", Text, nullable=False),
    Index("conversations_of", "owner", "changed"),
)

answers = Table(
    "answers",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("answers_in", "conversation", "number"),
    Index("answers_of", "owner", "number"),
    sqlite_autoincrement=True,
)
"""`record` is the receipt as compressed JSON; the columns beside it are those that are looked for."""

replaced = Table(
    "replaced",
    metadata,
    Column("answer", Text, primary_key=True),
    Column("conversation", Text, nullable=False, index=True),
)
"""Answers that a retry or an edited question has taken out of their conversation."""

feedback = Table(
    "feedback",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("answer", Text, nullable=False, index=True),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("given", Text, nullable=False),
    sqlite_autoincrement=True,
)


_adding = upsert(conversations)
PUT_CONVERSATION = _adding.on_conflict_do_update(
    index_elements=["id"],
    set_={"title": _adding.excluded.title, "changed": _adding.excluded.changed},
    where=conversations.c.owner == _adding.excluded.owner,
)
"""Adds a conversation, or changes the title and time of its owner's. Takes all columns by name."""


class Unavailable(Exception):
    """The file cannot be used; the message says why, in one line for a person."""


def open_file(file: Path) -> Engine:
    """An engine over the history in `file`, which is made or brought to the present schema. Raises Unavailable."""
    place = f"sqlite:///{file}"
    if file.exists() and os.statvfs(file.parent).f_flag & os.ST_RDONLY:
        # Nobody can write there, so that SQLite needs none of the files that it would make beside it.
        place = f"sqlite:///file:{quote(str(file.resolve()))}?immutable=1&uri=true"
    engine = create_engine(place, connect_args={"timeout": BUSY_SECONDS}, pool_size=8, max_overflow=-1)
    _listen(engine)
    try:
        if not file.exists():
            # Questions are personal: nobody else on this machine may read them.
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        _make(engine)
    except (DBAPIError, OSError) as error:
        engine.dispose()
        raise Unavailable(reason_of(error)) from None
    except Unavailable:
        engine.dispose()
        raise
    return engine


def open_memory() -> Engine:
    """An engine over an empty history in memory. One connection: its users take turns."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _listen(engine)
    _make(engine)
    return engine


def wipe(file: Path) -> bool:
    """Empties the log in which what was deleted may still stand; False if somebody is reading just now."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as connection,
    ):
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    return False


def reason_of(error: Exception) -> str:
    """What SQLite or the system says is wrong, in one line."""
    if isinstance(error, DBAPIError):
        error = error.orig if isinstance(error.orig, Exception) else error
    said = error.strerror if isinstance(error, OSError) else str(error)
    return " ".join((said or type(error).__name__).split())[:200]


def is_unavailable(error: DBAPIError) -> bool:
    """Whether the file is at fault (full, read-only, busy, damaged, gone), and not what was asked of it."""
    mistakes = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
    return isinstance(error.orig, sqlite3.DatabaseError) and not isinstance(error.orig, mistakes)


def _listen(engine: Engine) -> None:
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """What SQLite forgets between connections. The driver leaves transactions to `_begin`."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")


def _begin(connection: Connection) -> None:
    # A transaction that starts by reading could not go on to write once another process has written.
    writing = connection.get_execution_options().get(WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _make(engine: Engine) -> None:
    """Makes the tables, or brings them to the present schema. Several processes may try at once."""
    with engine.connect() as connection:
        version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if version == SCHEMA:
        return
    if version > SCHEMA:
        raise Unavailable(
            f"由更新版本的 Zhida 建立 made by a later version of Zhida (schema {version}, 本版本为 this one has {SCHEMA})"
        )
    _use_log(engine)
    with engine.execution_options(**{WRITING: True}).begin() as connection:
        version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        for number in range(version, SCHEMA) if version else ():
            STEPS[number](connection)
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")


def _use_log(engine: Engine) -> None:
    """Write-ahead logging, which cannot be turned on within a transaction."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()
