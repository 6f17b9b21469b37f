"""The library as it was: copies of the catalog, and how one takes the place of the present one.

`previous.db` is a copy that is made before a change that a person may want to undo: a rebuild, a restore,
a sync that takes away or replaces many documents. Going back is one transaction in catalog.db, so that
readers see the old state or the new one, and the change log goes on: numbers and ids never fall.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index.catalog import Catalog
from index.catalog_migrations import STEPS, copy_catalog, migrate
from index.catalog_reader import SCHEMA, damaged
from index.catalog_rows import changes, documents, meta, passages, vectors
from index.durable import sync_folder
from index.errors import LibraryError
from index.stored import checksum

FILE_NAME = "previous.db"
Prepare = Callable[[Catalog], Callable[[int], None]]
"""See index.library_writer.Writer.prepare."""
CONTENTS = (documents, passages, vectors, meta)
"""The tables that are replaced; the change log is continued."""


def keep_previous(catalog: Catalog) -> None:
    """Copy the catalog to previous.db, in place of an earlier copy. Raises LibraryError when there is no room."""
    _copy(catalog.file, catalog.file.with_name(FILE_NAME))


def previous_originals(home: Path) -> set[str]:
    """The SHA-256 of the files that documents of previous.db came from; empty if there is no such copy."""
    file = home / FILE_NAME
    if not file.is_file():
        return set()
    try:
        with closing(sqlite3.connect(file)) as connection:
            return {sha256 for (sha256,) in connection.execute("SELECT sha256 FROM documents")}
    except sqlite3.DatabaseError:
        return set()  # such a copy can't be gone back to, see `replace_contents`


def roll_back(catalog: Catalog, prepare: Prepare) -> None:
    """Change places with previous.db, so that rolling back twice changes nothing. Raises LibraryError without one."""
    file = catalog.file.with_name(FILE_NAME)
    if not file.is_file():
        raise LibraryError(
            f"没有可以回退的上一版 there is no previous state of {file.parent} to go back to; "
            "它在重建、恢复或大批更新之前自动保存 one is kept before a rebuild, a restore or a large sync"
        )
    present = file.with_name("present.db")
    _copy(catalog.file, present)
    replace_contents(catalog, file, prepare)
    present.replace(file)
    sync_folder(file.parent)


def replace_contents(catalog: Catalog, source: Path, prepare: Prepare) -> None:
    """Put the documents of the catalog file `source` in place of those of `catalog`, in one transaction.

    `prepare` is given the other catalog, and what it returns the number of the last change before the commit. The
    caller holds the writer's lock. Raises LibraryError if `source` is damaged or of a later version.
    """
    with _explained(source):
        with closing(sqlite3.connect(source)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            sound = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if sound != "ok":
            raise damaged(source, sound)
        if version != SCHEMA and version not in STEPS:
            raise LibraryError(
                f"此文件由其他版本的 Zhida 建立 made by another version of Zhida: {source} "
                f"(schema {version}, 本版本为 this version has {SCHEMA})"
            )
        if version != SCHEMA:
            migrate(source, version, SCHEMA)
        with closing(Catalog(source, create=False)) as other:
            wrong = other.damaged_rows()
            if wrong:
                raise damaged(source, wrong[0])
            announce = prepare(other)
        with closing(sqlite3.connect(catalog.file, isolation_level=None, timeout=30)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.create_function("crc", -1, checksum, deterministic=True)
            connection.execute("ATTACH ? AS other", (str(source),))
            connection.execute("BEGIN IMMEDIATE")
            _replace(connection)
            announce(connection.execute(f"SELECT max(number) FROM main.{changes.name}").fetchone()[0])
            connection.execute("COMMIT")


def _replace(connection: sqlite3.Connection) -> None:
    log = f"INSERT INTO main.{changes.name} (action, document_id, first, last, issued, crc)"
    each = "id, first_passage, first_passage + passages - 1, ?"
    issued = max(
        connection.execute(f"SELECT coalesce(max(issued), 0) FROM {place}.{changes.name}").fetchone()[0]
        for place in ("main", "other")
    )
    connection.execute(
        f"{log} SELECT 'remove', {each}, crc('remove', {each}) FROM main.documents", (issued, issued)
    )
    for table in reversed(CONTENTS):
        connection.execute(f"DELETE FROM main.{table.name}")
    for table in CONTENTS:
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        connection.execute(
            f"INSERT INTO main.{table.name} ({columns}) SELECT {columns} FROM other.{table.name}"
        )
    connection.execute(
        f"{log} SELECT 'add', {each}, crc('add', {each}) FROM main.documents", (issued, issued)
    )
    # Numbers of documents, too, go on from the higher of both counts.
    connection.execute(
        "UPDATE main.sqlite_sequence SET seq = max(seq, coalesce("
        "(SELECT seq FROM other.sqlite_sequence WHERE name = 'documents'), 0)) WHERE name = 'documents'"
    )


def _copy(file: Path, copy: Path) -> None:
    with _explained(file):
        copy_catalog(file, copy)


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Turns what SQLite and the file system say into a LibraryError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN)
        if full:
            raise LibraryError(f"无法写入 cannot write to {file.parent}: {error}") from None
        raise damaged(file, error) from None
    except OSError as error:
        raise LibraryError(f"无法写入 cannot write to {file.parent}: {error.strerror}") from None
