"""The catalog: every document, passage and vector of a library, in one SQLite file. It is the truth.

A document is stored in one transaction; when that has committed (WAL, synchronous=FULL) it is acknowledged
and survives a crash. What searching needs besides (index.lexical, index.vectors) is made from here and
follows the change log. The catalog doesn't search, encode or read files.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    Select,
    create_engine,
    event,
    func,
    select,
    text,
)

from index.catalog_migrations import STEPS, migrate
from index.catalog_reader import BUSY_SECONDS, SCHEMA, CatalogReader, damaged, explained, parts, place_of
from index.catalog_rows import (
    DOCUMENT_CHECKED,
    PASSAGE_COLUMNS,
    WHOLE_DOCUMENT,
    changes,
    check_document,
    document_of,
    documents,
    metadata,
    passages,
    vectors,
)
from index.catalog_transaction import Record, Transaction, named
from index.durable import writer_lock
from index.errors import LibraryError
from index.passage import Document, Hygiene
from index.stored import DamagedColumn, check_change, checked_vector, matrix_of, passage_of
from index.vectors.base import Vectors

ROWS_AT_ONCE = 2000
PAGE = (
    16384  # bytes: 15 vectors of 512 dimensions fill 95 % of a page; SQLite's own 4096 would hold three, 76 %
)
WAL_KEPT = 1 << 20  # bytes of write-ahead log that stay on disk when nobody writes
TRIM_MILLISECONDS = 100


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
    """Version of the reading that made its passages, see catalog_transaction.Record; negative if it was sent."""
    collection: str = ""
    status: str = ""
    published: str = ""
    effective: str = ""
    notices: tuple[str, ...] = ()
    """What its reader has to say of it, see passage.Document."""
    version: int = 1
    """How many times it has been stored under this name."""

    @property
    def sent(self) -> bool:
        """Whether it was handed over, through the API say, and not read from a folder: no sync takes it away."""
        return self.reading < 0


class Catalog(CatalogReader):
    """An open catalog.db. Many threads may read; there is one writer at a time (index.library)."""

    def __init__(self, file: Path, create: bool = True) -> None:
        """Opens `file`; with `create` it is made if it is not there or empty. Raises LibraryError for what is
        no catalog of ours; so do all methods when they come upon damage."""
        super().__init__(file)
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
        super().close()
        self._engine.dispose()

    # Reading

    @contextmanager
    def _reading(self, at_once: bool = False) -> Iterator[Connection]:
        """A connection to read from, all of its statements `at_once` if they are to see one state; what is not as
        it was stored is told to the user."""
        with self._engine.connect() as connection:
            if at_once:
                connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            except DamagedColumn as error:
                raise damaged(self.file, error) from None

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
        return [
            DocumentInfo(**{**row, "hygiene": Hygiene(**row["hygiene"]), "notices": tuple(row["notices"])})
            for row in found
        ]

    def document(self, name: str, collection: str = "") -> Document | None:
        """The document of this name with its text, or None."""
        with self._reading(at_once=True) as connection:
            row = self._one(connection, select(*WHOLE_DOCUMENT), name, collection)
            return None if row is None else _document_of(connection, row)

    def original(self, name: str, collection: str = "") -> tuple[str, bytes | None, str] | None:
        """The SHA-256 of the file that a document came from, the file as index.originals has packed it (None when
        it lies elsewhere), and the document's text; None for an unknown name."""
        with self._reading(at_once=True) as connection:
            row = self._one(connection, select(documents), name, collection)
            if row is None:
                return None
            text = "" if row.original is None else _document_of(connection, row).text
            return row.sha256, row.original, text

    def _row(self, query: Select[Any], name: str, collection: str) -> Any:
        """The one row of `query`, which takes all that is checked, that belongs to a document; or None."""
        with self._reading() as connection:
            return self._one(connection, query, name, collection)

    def _one(self, connection: Connection, query: Select[Any], name: str, collection: str) -> Any:
        query = query.where(documents.c.name == name, documents.c.collection == collection)
        row = connection.execute(query).one_or_none()
        if row is not None:
            check_document(row._mapping)
        return row

    def record(self, name: str, collection: str = "") -> Record | None:
        """Everything that is stored of a document, or None."""
        row = self._row(select(documents), name, collection)
        document = self.document(name, collection)
        if row is None or document is None:
            return None
        ids = range(row.first_passage, row.first_passage + row.passages)
        found = self.passages(ids)
        stored = [found[id] for id in ids]
        return Record(
            document, row.sha256, row.size, stored, self.vectors(ids)[1], row.reading, original=row.original
        )

    def sha256(self, name: str, collection: str = "") -> str | None:
        """The SHA-256 of the file that a document came from, or None."""
        row = self._row(_SHORT, name, collection)
        return None if row is None else str(row.sha256)

    def versions(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, int]]:
        """The SHA-256 of the file that each document came from and the reading that made it, by collection and name."""
        found = {}
        with self._reading() as connection:
            for row in named(connection, _SHORT, keys):
                check_document(row._mapping)
                found[row.collection, row.name] = (row.sha256, row.reading)
        return found

    def is_original(self, sha256: str) -> bool:
        """Whether some document came from the file of this SHA-256, and the catalog itself does not hold it."""
        wanted = select(documents.c.id).where(documents.c.sha256 == sha256, documents.c.original.is_(None))
        with self._reading() as connection:
            return connection.scalar(wanted.limit(1)) is not None

    def originals(self) -> list[str]:
        """The SHA-256 of all files that documents came from and that the catalog itself does not hold, ascending."""
        wanted = select(documents.c.sha256).where(documents.c.original.is_(None)).distinct()
        with self._reading() as connection:
            return list(connection.execute(wanted.order_by(documents.c.sha256)).scalars())

    def vectors_of(self, digests: Sequence[int]) -> dict[int, Vectors]:
        """Vectors, float32 of shape (d,), by the digest of the text that they were made of; of those that are known."""
        found: dict[int, bytes] = {}
        with self._reading() as connection:
            for part in parts(sorted(set(digests))):
                for digest, *row in connection.execute(_ENCODED.where(passages.c.digest.in_(part))):
                    found[digest] = checked_vector(*row)
        return dict(zip(found, matrix_of(list(found.values())), strict=True))

    def all_vectors(self) -> tuple[int, list[int], Vectors]:
        """All vectors as (change number that they stand at, ids ascending, vectors)."""
        # The number is read first: what is written in between is then seen again, which does no harm.
        number = self.last_change()
        batches = list(self.vectors_by_id())
        ids = [id for part, _ in batches for id in part]
        return number, ids, np.concatenate([part for _, part in batches]) if batches else matrix_of([])

    def damaged_rows(self) -> list[str]:
        """The rows that are not what was stored, by kind and number. Reads everything."""
        rows: tuple[tuple[Select[Any], Callable[[Any], object]], ...] = (
            (select(documents.c.id, *_SHORT.selected_columns), lambda row: check_document(row._mapping)),
            (_PASSAGES, passage_of),
            (_VECTORS, lambda row: checked_vector(*row)),
            (select(changes), check_change),
        )
        wrong, whole = [], select(*WHOLE_DOCUMENT)
        with self._engine.connect() as connection:
            for query, check in rows:
                for row in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query):
                    try:
                        check(row)
                    except DamagedColumn as error:
                        wrong.append(str(error))
            for id in connection.execute(select(documents.c.id)).scalars().all():
                try:
                    _document_of(connection, connection.execute(whole.where(documents.c.id == id)).one())
                except (DamagedColumn, TypeError, ValueError, KeyError):
                    wrong.append(f"document {id}")
        return wrong

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the file and empty it, as far as open readers allow."""
        with self._engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def trim(self) -> None:
        """As `checkpoint` if the log has grown, and if nobody reads from it just now."""
        log = self.file.with_name(self.file.name + "-wal")
        if not log.exists() or log.stat().st_size <= WAL_KEPT:
            return
        with suppress(LibraryError), self._engine.connect() as connection:
            connection.execute(text(f"PRAGMA busy_timeout = {TRIM_MILLISECONDS}"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            connection.execute(text(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS}"))

    def vacuum(self) -> None:
        """Write the whole file anew, so that nothing of what was deleted is in it or in its write-ahead log."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))
        self.checkpoint()

    # Writing: by the holder of the library's lock only

    @property
    def is_writing(self) -> bool:
        """Whether a transaction is under way."""
        return self._writing is not None

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

    @contextmanager
    def uncommitted(self) -> Iterator[Catalog]:
        """The catalog as it will be when the transaction under way has committed, to be read within it."""
        with self.writing() as transaction:
            yield _Uncommitted(self, transaction)


class _Uncommitted(Catalog):
    """What a transaction sees."""

    def __init__(self, catalog: Catalog, transaction: Transaction) -> None:
        self.file, self._engine, self._writing = catalog.file, catalog._engine, transaction

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection:
            driver: Any = connection.connection.driver_connection
            yield driver

    @contextmanager
    def _reading(self, at_once: bool = False) -> Iterator[Connection]:
        assert self._writing is not None
        try:
            yield self._writing.connection
        except DamagedColumn as error:
            raise damaged(self.file, error) from None


_SHORT = select(*(documents.c[name] for name in DOCUMENT_CHECKED), documents.c.label_crc, documents.c.crc)
_STRETCHES = select(passages.c.start, passages.c.text)
_COUNT = select(func.count()).select_from(passages).scalar_subquery()
_VECTORS = select(vectors.c.passage_id, vectors.c.vector, vectors.c.crc)
_ENCODED = select(passages.c.digest, *_VECTORS.selected_columns).join_from(passages, vectors)
_PASSAGES = select(*PASSAGE_COLUMNS).join_from(passages, documents)


def _document_of(connection: Connection, row: Any) -> Document:
    """The Document of a row of WHOLE_DOCUMENT, with the text that its passages hold."""
    held = connection.execute(_STRETCHES.where(passages.c.document_id == row.id))
    return document_of(row, [(start, text) for start, text in held])


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """What SQLite forgets between connections."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_KEPT}")


def _engine(file: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{place_of(file)}&uri=true"
        if "?" in place_of(file)
        else f"sqlite:///{place_of(file)}?uri=true",
        connect_args={"timeout": BUSY_SECONDS},
        pool_size=8,
        max_overflow=-1,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "handle_error", functools.partial(_explain, file))
    return engine


def _explain(file: Path, context: ExceptionContext) -> None:
    """Turns what SQLite says of a damaged or inaccessible file into a LibraryError, for all statements at once."""
    error = context.original_exception
    if isinstance(error, sqlite3.DatabaseError) and (told := explained(file, error)) is not None:
        raise told from None
