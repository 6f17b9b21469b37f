"""home/access.db: the tables of who may do what, and connections to them. SQLite (WAL) through SQLAlchemy Core.

Nothing in it can be used to sign in: passwords are hashed (argon2id), of sessions only the SHA-256 is kept. Only the
secrets of widgets have to be there as they are, because tokens are checked with them; so the file is its owner's alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError

from index.errors import ZhidaError

FILE_NAME = "access.db"
SCHEMA = 1
STEPS: dict[int, Callable[[Connection], None]] = {}
"""The step that leads on from each earlier schema."""

BUSY_SECONDS = 5

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password", Text, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("role", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Float, nullable=False),
    Column("created", Text, nullable=False),
)
"""`password` is "" for somebody who signs in elsewhere; `locked_until` counts seconds since 1970."""

grants = Table(
    "grants",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("group", Text, primary_key=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("user", Text, nullable=False, index=True),
    Column("via", Text, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("begun", Float, nullable=False),
    Column("seen", Float, nullable=False),
)
"""`groups` are what the identity provider said; those of the file's own users stand with the user."""

logins = Table(
    "logins",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("next", Text, nullable=False),
    Column("begun", Float, nullable=False),
)
"""Browsers that are at the identity provider just now."""

widgets = Table(
    "widgets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secrets", JSON, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("collections", JSON, nullable=False),
    Column("anonymous", Boolean, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("per_day", Integer, nullable=False),
    Column("created", Text, nullable=False),
    Column("revoked", Text, nullable=False),
)
"""`secrets` has the newest first; `revoked` is when, "" while it is in use."""

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("time", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    sqlite_autoincrement=True,
)

APPEND_ONLY = [
    f"CREATE TRIGGER IF NOT EXISTS audit_no_{verb.lower()} BEFORE {verb} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END"
    for verb in ("UPDATE", "DELETE")
]


class AccessUnavailable(ZhidaError):
    """access.db cannot be read or written: nobody can be let in."""


class Store:
    """An open access.db. Safe to use from many threads and beside other processes; made at the first use."""

    def __init__(self, home: Path) -> None:
        self.file = home / FILE_NAME
        self._engine: Engine | None = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever set up."""
        return self._engine is not None or self.file.exists()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one look. Raises AccessUnavailable."""
        with self._begun(writing=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection for one change, kept when the block ends well. Raises AccessUnavailable."""
        with self._begun(writing=True) as connection:
            yield connection

    def close(self) -> None:
        """Closes the file."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @contextmanager
    def _begun(self, writing: bool) -> Iterator[Connection]:
        try:
            engine = self._open().execution_options(writing=writing)
            with engine.begin() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error, OSError) as error:
            said = " ".join(str(getattr(error, "orig", error)).split())[:200]
            raise AccessUnavailable(
                f"权限库不可用 cannot use {self.file}: {said or type(error).__name__}"
            ) from error

    def _open(self) -> Engine:
        if self._engine is None:
            if not self.file.exists():
                # Secrets are in it: nobody else on this machine may read them.
                self.file.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))
            self._engine = _engine(self.file)
        return self._engine


def now() -> str:
    """The time as it is kept: UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _engine(file: Path) -> Engine:
    with closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": BUSY_SECONDS}, max_overflow=-1)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        with engine.execution_options(writing=True).begin() as connection:
            version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
            if version > SCHEMA:
                raise AccessUnavailable(
                    f"{file} 由更新版本的 Zhida 建立 was made by a later version of Zhida (schema {version} > {SCHEMA})"
                )
            if version != SCHEMA:
                for number in range(version, SCHEMA) if version else ():
                    STEPS[number](connection)
                metadata.create_all(connection)
                for statement in APPEND_ONLY:
                    connection.exec_driver_sql(statement)
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
    except BaseException:
        engine.dispose()
        raise
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """What SQLite forgets between connections. The driver leaves transactions to `_begin`."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")


def _begin(connection: Connection) -> None:
    # A transaction that starts by reading could not go on to write once another process has written.
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
