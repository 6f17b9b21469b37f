"""What a question needs of the catalog: passages by id, filters, changes; through SQLite's own driver.

Nothing here imports SQLAlchemy, which takes longer to import than a question to answer, and rows come as plain
tuples. The tables, and everything else that is read from them, are index.catalog's.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from index.catalog_where import conditions, of_documents
from index.errors import LibraryError
from index.passage import Passage, Where
from index.stored import (
    EXCERPT_FIELDS,
    PASSAGE_FIELDS,
    DamagedColumn,
    Excerpt,
    check_change,
    checked_label,
    checked_vector,
    excerpt_of,
    matrix_of,
    passage_of,
)
from index.vectors.base import Vectors

SCHEMA = 4
"""Version of the tables."""

IDS_AT_ONCE = 1000  # well below the number of variables that a statement may have (SQLite: 32,766)
ROWS_AT_ONCE = 2000
CACHE = 8000  # KiB a connection: passages that are found together lie far apart
BUSY_SECONDS = 30  # how long a statement waits for a checkpoint of another process
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

_JOINED = "passages JOIN documents ON documents.id = passages.document_id"
_PASSAGES = f"SELECT {', '.join(PASSAGE_FIELDS)} FROM {_JOINED}".replace(".end,", '."end",')
_EXCERPTS = f"SELECT {', '.join(EXCERPT_FIELDS)} FROM passages".replace(" end,", ' "end",')
_LABELS = "SELECT id, name, collection, status, label_crc FROM documents"
_CHANGES = "SELECT number, action, document_id, first, last, issued, crc FROM changes"

_T = TypeVar("_T")


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


class CatalogReader:
    """A catalog.db that is read, by many threads at a time. Methods raise LibraryError when they come upon damage."""

    def __init__(self, file: Path) -> None:
        """Opens nothing yet."""
        self.file = file
        self._idle: list[sqlite3.Connection] = []
        self._process = os.getpid()

    def close(self) -> None:
        """Close all connections; what is asked afterwards opens new ones."""
        idle, self._idle = self._idle, []  # one in use goes back to the old list, and away with it
        for connection in idle:
            connection.close()

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from; what is not as it was stored is told to the user."""
        if self._process != os.getpid():  # SQLite's connections do not survive a fork
            self._idle, self._process = [], os.getpid()
        idle = self._idle
        try:
            try:
                connection = idle.pop()
            except IndexError:
                connection = self._connect()
            yield connection
            idle.append(connection)
        except DamagedColumn as error:
            raise damaged(self.file, error) from None
        except sqlite3.DatabaseError as error:
            raise explained(self.file, error) or error from None

    def _connect(self) -> sqlite3.Connection:
        place = place_of(self.file)
        connection = sqlite3.connect(
            place, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True
        )
        connection.execute(f"PRAGMA cache_size = {-CACHE}")
        return connection

    def schema(self) -> int:
        """The version of the tables; 0 for an empty file."""
        with self._asking() as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def last_change(self) -> int:
        """The number of the latest change; 0 when nothing ever happened."""
        with self._asking() as connection:
            row = connection.execute(f"{_CHANGES} ORDER BY number DESC LIMIT 1").fetchone()
            if row is None:
                return 0
            check_change(row)
            return int(row[0])

    def changes(self, since: int) -> Changes:
        """What happened after change `since`."""
        added: set[int] = set()
        removed: set[int] = set()
        upto = since
        with self._asking() as connection:
            for row in connection.execute(f"{_CHANGES} WHERE number > ? ORDER BY number", (since,)):
                check_change(row)
                upto, action, _, first, last, *_ = row
                ids = range(first, last + 1)
                if action == "add":
                    added.update(ids)
                elif action == "remove":
                    removed.update(id for id in ids if id not in added)
                    added.difference_update(ids)
        return Changes(upto, tuple(sorted(added)), tuple(sorted(removed)))

    def passage_count(self) -> int:
        """How many passages there are; `totals` reads every document, which takes thirty times as long."""
        with self._asking() as connection:
            return int(connection.execute("SELECT count(*) FROM passages").fetchone()[0])

    def totals(self) -> Totals:
        """Counts over the whole catalog."""
        sums = "coalesce(sum(passages), 0), coalesce(sum(characters), 0)"
        with self._asking() as connection:
            return Totals(*connection.execute(f"SELECT count(*), {sums} FROM documents").fetchone())

    def meta(self) -> dict[str, str]:
        """What the catalog knows about itself, such as the embedder of its vectors."""
        with self._asking() as connection:
            return dict(connection.execute("SELECT key, value FROM meta").fetchall())

    def admitted(self, where: Where) -> NDArray[np.int64]:
        """The ids of the passages that `where` admits, ascending."""
        holds, values = conditions(where)
        if where == of_documents(where):  # the passages of a document follow each other
            spans = f"SELECT first_passage, passages FROM documents WHERE {holds}"
            with self._asking() as connection:
                found = [
                    np.arange(first, first + count) for first, count in connection.execute(spans, values)
                ]
            return np.sort(np.concatenate([*found, np.arange(0)]))
        query = f"SELECT passages.id FROM {_JOINED} WHERE {holds}"
        with self._asking() as connection:
            ids = [id for (id,) in connection.execute(query, values)]
        return np.sort(np.array(ids, dtype=np.int64))

    def document_ids(self, where: Where) -> list[int]:
        """The ids of the documents of the names, collections and statuses that `where` admits, ascending."""
        holds, values = conditions(of_documents(where))
        with self._asking() as connection:
            rows = connection.execute(f"SELECT id FROM documents WHERE {holds} ORDER BY id", values)
            return [id for (id,) in rows]

    def place_of_document(self, id: int) -> tuple[str, str] | None:
        """The name and the collection of the document of this id; None if there is none."""
        with self._asking() as connection:
            found = connection.execute(
                "SELECT name, collection FROM documents WHERE id = ?", (id,)
            ).fetchone()
        return None if found is None else (str(found[0]), str(found[1]))

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """The passages of these ids that exist."""
        found: dict[int, Passage] = {}
        with self._asking() as connection:
            for part in parts(ids):
                for row in connection.execute(f"{_PASSAGES} WHERE passages.id IN {_marks(part)}", part):
                    passage = passage_of(row)
                    found[passage.id] = passage
        return found

    def excerpts(self, ids: Sequence[int]) -> dict[int, Excerpt]:
        """As `passages`, without what they show of their documents."""
        found: dict[int, Excerpt] = {}
        with self._asking() as connection:
            for part in parts(ids):
                for row in connection.execute(f"{_EXCERPTS} WHERE id IN {_marks(part)}", part):
                    excerpt = excerpt_of(row)
                    found[excerpt.id] = excerpt
        return found

    def labels(self, document_ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
        """What passages show of these documents, so far as they exist: name, collection and status."""
        found: dict[int, tuple[str, str, str]] = {}
        with self._asking() as connection:
            for part in parts(document_ids):
                for id, *label in connection.execute(f"{_LABELS} WHERE id IN {_marks(part)}", part):
                    found[id] = checked_label(*label)
        return found

    def all_passages(self) -> Iterator[Passage]:
        """Every passage, by name of the document and then in order of the text."""
        query = f"{_PASSAGES} ORDER BY documents.name, passages.seq"
        with self._asking() as connection:
            for row in connection.execute(query):
                yield passage_of(row)

    def check_gone(self, ids: Sequence[int]) -> None:
        """Raises LibraryError if a passage that was looked for in vain has never been removed."""
        covers = "SELECT 1 FROM changes WHERE action = 'remove' AND first <= ? AND last >= ? LIMIT 1"
        for id in ids:
            with self._asking() as connection:
                if connection.execute(covers, (id, id)).fetchone() is None:
                    raise damaged(self.file, f"passage {id} is gone")

    def speakers(self) -> list[str]:
        """The names of all who speak in some document, each once."""
        with self._asking() as connection:
            rows = connection.execute("SELECT DISTINCT speaker_name FROM passages WHERE speaker_name > ''")
            return sorted(name for (name,) in rows)

    def collections(self) -> list[str]:
        """The names of the collections that hold a document, ascending; "" is the common one."""
        with self._asking() as connection:
            rows = connection.execute("SELECT DISTINCT collection FROM documents ORDER BY collection")
            return [name for (name,) in rows]

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """The ids of `ids` that exist, in the given order, and their vectors in the same order."""
        found: dict[int, bytes] = {}
        with self._asking() as connection:
            for part in parts(ids):
                query = f"SELECT passage_id, vector, crc FROM vectors WHERE passage_id IN {_marks(part)}"
                for row in connection.execute(query, part):
                    found[row[0]] = checked_vector(*row)
        there = [id for id in ids if id in found]
        return there, matrix_of([found[id] for id in there])

    def vectors_by_id(self, after: int = -1) -> Iterator[tuple[list[int], Vectors]]:
        """All vectors with ids above `after`, ascending, some at a time: together they may be larger than all else."""
        with self._asking() as connection:
            query = "SELECT passage_id, vector, crc FROM vectors WHERE passage_id > ? ORDER BY passage_id"
            cursor = connection.execute(query, (after,))
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield [row[0] for row in rows], matrix_of([checked_vector(*row) for row in rows])


def parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The values, as many at a time as one statement takes."""
    for start in range(0, len(values), IDS_AT_ONCE):
        yield values[start : start + IDS_AT_ONCE]


def _marks(values: Sequence[object]) -> str:
    return f"({','.join('?' * len(values))})"


def place_of(file: Path) -> str:
    """The URI by which SQLite opens a catalog."""
    uri = f"file:{quote(str(file.resolve()))}"
    if file.exists() and os.statvfs(file.parent).f_flag & os.ST_RDONLY:
        # Nobody can write there, so that SQLite needs none of the files that it would make beside it.
        return f"{uri}?immutable=1"
    return uri


def explained(file: Path, error: sqlite3.DatabaseError) -> LibraryError | None:
    """What SQLite says of a damaged or inaccessible file, as it is told to the user; None for what is our own fault."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the last byte is the kind, the rest says more
    if code in REFUSED:
        return LibraryError(f"无法打开或写入 cannot open or write {file}: {error}")
    if code in CORRUPT or "decode" in str(error):
        return damaged(file, error)
    return None


def damaged(file: Path, reason: object) -> LibraryError:
    """What to tell the user of a catalog that cannot be read."""
    return LibraryError(
        f"资料库的 catalog.db 已损坏 catalog.db is damaged ({reason}): 请删除文件夹 {file.parent}，再从备份恢复或重新同步 "
        "delete that folder, then restore a backup or sync again"
    )
