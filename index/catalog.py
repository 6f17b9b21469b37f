"""The catalog: every document, passage and vector of a library, in one SQLite file. It is the truth.

A document is stored in one transaction; when that has committed (WAL, synchronous=FULL) it is acknowledged
and survives a crash. What searching needs besides (index.lexical, index.vectors) is made from here and
follows the change log. The catalog doesn't search, encode or read files.
"""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    Select,
    and_,
    create_engine,
    event,
    func,
    select,
    text,
)

from index.catalog_migrations import STEPS, migrate
from index.catalog_rows import (
    DOCUMENT_CHECKED,
    PASSAGE_COLUMNS,
    changes,
    check_change,
    check_document,
    checked_vector,
    document_of,
    documents,
    meta,
    metadata,
    passage_of,
    passages,
    vectors,
)
from index.catalog_transaction import Record, Transaction, last_change
from index.catalog_types import DamagedColumn, matrix_of
from index.durable import writer_lock
from index.errors import LibraryError
from index.passage import Document, Hygiene, Passage, Where, period
from index.vectors.base import Vectors

SCHEMA = 2
IDS_AT_ONCE = 1000  # well below the number of variables that a statement may have (SQLite: 32,766)
ROWS_AT_ONCE = 2000
BUSY_SECONDS = 30  # how long a statement waits for a checkpoint of another process
PAGE = (
    16384  # bytes: 15 vectors of 512 dimensions fill 95 % of a page; SQLite's own 4096 would hold three, 76 %
)
REFUSED = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}
CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_ERROR}
"""SQLITE_ERROR is what a table that is missing gives: our statements themselves are sound."""
WAL_KEPT = 64 << 20  # bytes of write-ahead log that stay on disk between two checkpoints

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document without its text: what a list of documents shows. `added_at` is UTC, ISO 8601."""

    name: str
    title: str
    passages: int
    added_at: str
    sha256: str
    hygiene: Hygiene
    size: int = 0
    """Bytes of the file as it came."""
    characters: int = 0
    media_type: str = ""
    reading: int = 0
    """Version of the reading that made its passages, see catalog_transaction.Record."""
    collection: str = ""
    status: str = ""
    published: str = ""
    version: int = 1
    """How many times it has been stored under this name."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to passages after some change, up to and including change `upto`.

    `added` are there now; `removed` were there before. One that came and went meanwhile is in neither.
    """

    upto: int
    added: tuple[int, ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """How much a catalog holds."""

    documents: int
    passages: int
    characters: int


class Catalog:
    """An open catalog.db. Many threads may read; there is one writer at a time (index.library)."""

    def __init__(self, file: Path, create: bool = True) -> None:
        """Opens `file`; with `create` it is made if it is not there or empty. Raises LibraryError for what is
        no catalog of ours; so do all methods when they come upon damage."""
        self.file = file
        self._writing: Transaction | None = None
        if file.is_dir():
            raise LibraryError(f"应为文件，却是文件夹 expected a file, found a folder: {file}")
        self._engine = _engine(file)
        try:
            self._open(create)
        except LibraryError:
            self._engine.dispose()
            raise

    def _open(self, create: bool) -> None:
        with self._engine.connect() as connection:
            version = connection.scalar(text("PRAGMA user_version"))
        if version == 0 and create:
            self._create()
        elif version == 0:
            raise damaged(self.file, "空文件 it is empty")
        elif version in STEPS:
            self._migrate()
        elif version != SCHEMA:
            raise LibraryError(
                f"此库由其他版本的 Zhida 建立 this library was made by another version of Zhida: {self.file} "
                f"(schema {version}, 本版本为 this version has {SCHEMA})"
            )

    def _create(self) -> None:
        """Makes the tables. The version is set last: a crash before it leads here again."""
        with self._engine.begin() as connection:
            connection.execute(text(f"PRAGMA page_size = {PAGE}"))
            connection.execute(text("PRAGMA journal_mode = WAL"))
            metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {SCHEMA}"))

    def _migrate(self) -> None:
        """Bring an earlier schema to this one, unless another process has done so in the meantime."""
        self._engine.dispose()
        with writer_lock(self.file.with_name("LOCK"), BUSY_SECONDS):
            with self._engine.connect() as connection:
                version = connection.scalar(text("PRAGMA user_version"))
            self._engine.dispose()
            if version != SCHEMA:
                try:
                    migrate(self.file, version, SCHEMA)
                except sqlite3.DatabaseError as error:
                    raise damaged(self.file, error) from None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # Reading

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection to read from; what is not as it was stored is told to the user."""
        with self._engine.connect() as connection:
            try:
                yield connection
            except DamagedColumn as error:
                raise damaged(self.file, error) from None

    def last_change(self) -> int:
        """The number of the latest change; 0 when nothing ever happened."""
        with self._reading() as connection:
            return last_change(connection).number

    def changes(self, since: int) -> Changes:
        """What happened after change `since`."""
        query = select(changes).where(changes.c.number > since)
        added: set[int] = set()
        removed: set[int] = set()
        upto = since
        with self._reading() as connection:
            for row in connection.execute(query.order_by(changes.c.number)):
                check_change(row)
                upto = row.number
                ids = range(row.first, row.last + 1)
                if row.action == "add":
                    added.update(ids)
                elif row.action == "remove":
                    removed.update(id for id in ids if id not in added)
                    added.difference_update(ids)
        return Changes(upto, tuple(sorted(added)), tuple(sorted(removed)))

    def totals(self) -> Totals:
        """Counts over the whole catalog."""
        counts = (func.count(), func.coalesce(func.sum(documents.c.passages), 0))
        query = select(*counts, func.coalesce(func.sum(documents.c.characters), 0)).select_from(documents)
        with self._reading() as connection:
            return Totals(*connection.execute(query).one())

    def meta(self) -> dict[str, str]:
        """What the catalog knows about itself, such as the embedder of its vectors."""
        with self._reading() as connection:
            return {key: value for key, value in connection.execute(select(meta.c.key, meta.c.value))}

    def documents(self) -> list[DocumentInfo]:
        """All documents by name, without their texts."""
        names = [field.name for field in fields(DocumentInfo)]
        found = []
        with self._reading() as connection:
            # Counted in the same statement, since somebody may be writing.
            counted = _SHORT.add_columns(_COUNT.label("counted")).order_by(documents.c.name)
            rows = connection.execute(counted).mappings().all()
            for row in rows:
                check_document(row)
                found.append({name: row[name] for name in names})
            if rows and rows[0]["counted"] != sum(row["passages"] for row in rows):
                raise DamagedColumn("documents and passages do not agree")
        return [DocumentInfo(**{**row, "hygiene": Hygiene(**row["hygiene"])}) for row in found]

    def document(self, name: str, collection: str = "") -> Document | None:
        """The document of this name with its text, or None."""
        row = self._row(select(documents), name, collection)
        return None if row is None else document_of(row)

    def _row(self, query: Select[Any], name: str, collection: str) -> Any:
        """The one row of `query`, which takes all that is checked, that belongs to a document; or None."""
        query = query.where(documents.c.name == name, documents.c.collection == collection)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
            if row is not None:
                check_document(row._mapping)
            return row

    def record(self, name: str, collection: str = "") -> Record | None:
        """Everything that is stored of a document, or None."""
        row = self._row(select(documents), name, collection)
        if row is None:
            return None
        ids = range(row.first_passage, row.first_passage + row.passages)
        found = self.passages(ids)
        return Record(
            document_of(row),
            row.sha256,
            row.size,
            [found[id] for id in ids],
            self.vectors(ids)[1],
            row.reading,
        )

    def sha256(self, name: str, collection: str = "") -> str | None:
        """The SHA-256 of the file that a document came from, or None."""
        row = self._row(_SHORT, name, collection)
        return None if row is None else str(row.sha256)

    def version(self, name: str, collection: str = "") -> tuple[str, int] | None:
        """The SHA-256 of the file that a document came from and the reading that made it, or None."""
        row = self._row(_SHORT, name, collection)
        return None if row is None else (row.sha256, row.reading)

    def versions(self, names: Sequence[str]) -> dict[tuple[str, str], tuple[str, int]]:
        """As `version`, of all documents of these names, by collection and name."""
        found = {}
        with self._reading() as connection:
            for part in _parts(names):
                for row in connection.execute(_SHORT.where(documents.c.name.in_(part))):
                    check_document(row._mapping)
                    found[row.collection, row.name] = (row.sha256, row.reading)
        return found

    def is_original(self, sha256: str) -> bool:
        """Whether some document came from the file of this SHA-256."""
        with self._reading() as connection:
            return (
                connection.scalar(select(documents.c.id).where(documents.c.sha256 == sha256).limit(1))
                is not None
            )

    def admitted(self, where: Where) -> NDArray[np.int64]:
        """The ids of the passages that `where` admits, ascending."""
        query = select(passages.c.id).join_from(passages, documents).where(*_conditions(where))
        with self._reading() as connection:
            found = connection.execute(query.order_by(passages.c.id)).scalars().all()
        return np.array(found, dtype=np.int64)

    def document_ids(self, where: Where) -> list[int]:
        """The ids of the documents of the names, collections and statuses that `where` asks for, ascending."""
        narrowed = Where(documents=where.documents, collections=where.collections, statuses=where.statuses)
        query = select(documents.c.id).where(*_conditions(narrowed)).order_by(documents.c.id)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """The passages of these ids that exist."""
        found: dict[int, Passage] = {}
        with self._reading() as connection:
            for part in _parts(ids):
                for row in connection.execute(_PASSAGES.where(passages.c.id.in_(part))):
                    passage = passage_of(row)
                    found[passage.id] = passage
        return found

    def check_gone(self, ids: Sequence[int]) -> None:
        """Raises LibraryError if a passage that was looked for in vain has never been removed."""
        for id in ids:
            covers = and_(changes.c.action == "remove", changes.c.first <= id, changes.c.last >= id)
            with self._reading() as connection:
                if connection.scalar(select(changes.c.number).where(covers).limit(1)) is None:
                    raise damaged(self.file, f"passage {id} is gone")

    def speakers(self) -> list[str]:
        """The names of all who speak in some document, each once."""
        with self._reading() as connection:
            rows = connection.execute(select(passages.c.speaker_name).distinct())
            return sorted(name for (name,) in rows if name)

    def all_passages(self) -> Iterator[Passage]:
        """Every passage, by name of the document and then in order of the text."""
        ordered = _PASSAGES.order_by(documents.c.name, passages.c.seq)
        with self._reading() as connection:
            for row in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(ordered):
                yield passage_of(row)

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """The ids of `ids` that exist, in the given order, and their vectors in the same order."""
        found: dict[int, bytes] = {}
        with self._reading() as connection:
            for part in _parts(ids):
                for row in connection.execute(_VECTORS.where(vectors.c.passage_id.in_(part))):
                    found[row[0]] = checked_vector(*row)
        there = [id for id in ids if id in found]
        return there, matrix_of([found[id] for id in there])

    def all_vectors(self) -> tuple[int, list[int], Vectors]:
        """All vectors as (change number that they stand at, ids ascending, vectors)."""
        query = _VECTORS.order_by(vectors.c.passage_id)
        with self._reading() as connection:
            # The number is read first: what is written in between is then seen again, which does no harm.
            number = last_change(connection).number
            rows = connection.execute(query).all()
            blobs = [checked_vector(*row) for row in rows]
        return number, [row[0] for row in rows], matrix_of(blobs)

    def damaged_rows(self) -> list[str]:
        """The rows that are not what was stored, by kind and number. Reads everything."""
        rows: tuple[tuple[Select[Any], Callable[[Any], object]], ...] = (
            (select(documents.c.id, *_SHORT.selected_columns), lambda row: check_document(row._mapping)),
            (_PASSAGES, passage_of),
            (_VECTORS, lambda row: checked_vector(*row)),
            (select(changes), check_change),
        )
        wrong = []
        with self._engine.connect() as connection:
            for query, check in rows:
                for row in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query):
                    try:
                        check(row)
                    except DamagedColumn as error:
                        wrong.append(str(error))
            for id in connection.execute(select(documents.c.id)).scalars().all():
                try:
                    connection.execute(select(documents).where(documents.c.id == id)).one_or_none()
                except DamagedColumn:
                    wrong.append(f"document {id}")
        return wrong

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the file and empty it, as far as open readers allow."""
        with self._engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def vacuum(self) -> None:
        """Write the whole file anew, so that nothing of what was deleted is in it or in its write-ahead log."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))
        self.checkpoint()

    # Writing: by the holder of the library's lock only

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """One transaction: durable when the block ends, undone when it raises; an inner block joins it."""
        if self._writing is not None:
            yield self._writing
            return
        try:
            with self._engine.begin() as connection:
                self._writing = Transaction(connection)
                yield self._writing
        finally:
            self._writing = None


_SHORT = select(*(documents.c[name] for name in DOCUMENT_CHECKED), documents.c.label_crc, documents.c.crc)
_COUNT = select(func.count()).select_from(passages).scalar_subquery()
_VECTORS = select(vectors.c.passage_id, vectors.c.vector, vectors.c.crc)
_PASSAGES = select(*PASSAGE_COLUMNS).join_from(passages, documents)


def _parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), IDS_AT_ONCE):
        yield values[start : start + IDS_AT_ONCE]


def _conditions(where: Where) -> list[Any]:
    """What the passages that `where` admits have in common, as in Where.admits."""
    conditions: list[Any] = []
    for column, values in (
        (documents.c.name, where.documents),
        (documents.c.collection, where.collections),
        (passages.c.speaker_name, where.speakers),
        (passages.c.publisher, where.publishers),
        (documents.c.status, where.statuses),
    ):
        if values:
            conditions.append(column.in_(sorted(values)))
    if where.dated:
        date = passages.c.published
        conditions.append(date != "")
        # As in passage.period: 2024-02 begins on 2024-02-01 and ends on 2024-02-31 at the latest.
        begins = date.concat(func.substr("-01-01", func.length(date) - 3))
        ends = date.concat(func.substr("-12-31", func.length(date) - 3))
        if where.published_to:
            conditions.append(begins <= period(where.published_to)[1])
        if where.published_from:
            conditions.append(ends >= period(where.published_from)[0])
    return [and_(True, *conditions)] if conditions else []


def damaged(file: Path, reason: object) -> LibraryError:
    """What to tell the user of a catalog that cannot be read."""
    return LibraryError(
        f"资料库的 catalog.db 已损坏 catalog.db is damaged ({reason}): 请删除文件夹 {file.parent}，再从备份恢复或重新同步 "
        "delete that folder, then restore a backup or sync again"
    )


def _engine(file: Path) -> Engine:
    place = f"sqlite:///{file}"
    if file.exists() and _is_read_only(file.parent):
        # Nobody can write there, so that SQLite needs none of the files that it would make beside it.
        place = f"sqlite:///file:{quote(str(file.resolve()))}?immutable=1&uri=true"
    engine = create_engine(
        place,
        connect_args={"timeout": BUSY_SECONDS},
        pool_size=8,
        max_overflow=-1,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "handle_error", functools.partial(_explain, file))
    return engine


def _is_read_only(folder: Path) -> bool:
    """Whether the file system of `folder` is mounted read-only."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _explain(file: Path, context: ExceptionContext) -> None:
    """Turns what SQLite says of a damaged or inaccessible file into a LibraryError, for all statements at once."""
    error = context.original_exception
    if not isinstance(error, sqlite3.DatabaseError):
        return
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the last byte is the kind, the rest says more
    if code in REFUSED:
        raise LibraryError(f"无法打开或写入 cannot open or write {file}: {error}") from None
    if code in CORRUPT or "decode" in str(error):
        raise damaged(file, error) from None


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """What SQLite forgets between connections."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_KEPT}")
