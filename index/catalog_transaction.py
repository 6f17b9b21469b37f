"""What can be changed in a catalog, inside one transaction.

Every change leaves a row in the change log, from which the lexical index, the vectors and open readers
learn of it. Whoever calls holds the library's lock (index.library_writer).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    Dialect,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from index.catalog_rows import (
    DOCUMENT_CHECKED,
    change_row,
    changes,
    check_document,
    document_checksums,
    document_row,
    documents,
    meta,
    passage_row,
    passages,
    vectors,
)
from index.catalog_types import vector_bytes
from index.passage import Document, Passage
from index.stored import check_change, vector_checksum
from index.vectors.base import Vectors

NAMES_AT_ONCE = 1000  # well below the number of variables that a statement may have


@dataclass(frozen=True, slots=True)
class Record:
    """A document on its way into the catalog, with everything that is stored of it.

    `vectors[i]` belongs to `passages[i]`, and so does `digests[i]`, the hash of the text that it was made of, so far
    as they are known. `sha256` and `size` are those of the file as it came, and `original` is the file itself as
    index.originals packs it, or None when it lies elsewhere; `reading` is the version of the program that read and
    split it, negative for a document that was sent and not read from a folder.
    """

    document: Document
    sha256: str
    size: int
    passages: Sequence[Passage]
    vectors: Vectors
    reading: int
    digests: Sequence[int | None] = ()
    original: bytes | None = None


class Place(NamedTuple):
    """Where a document is stored. `kept` says that its passages keep the ids that they had."""

    record: Record
    ids: range
    document_id: int
    kept: bool


class LastChange(NamedTuple):
    """The newest row of the change log. `issued` is the highest passage id ever given."""

    number: int = 0
    issued: int = 0


class Transaction:
    """The changes of one transaction; index.catalog.Catalog.writing begins and ends it."""

    def __init__(self, connection: Connection) -> None:
        """Takes a connection with a transaction under way."""
        self.connection = connection
        self._issued = last_change(connection).issued

    def put(self, records: Sequence[Record]) -> list[Place]:
        """Store documents of different names, each in place of the one of its name if there is one.

        The passages get new ids, unless all of them are found and encoded as those that they replace: returns where
        those are that have got new ones. Raises ValueError for a passage that is not its stretch of the document's
        text: no such passage may ever be cited.
        """
        passage_rows: list[tuple[Any, ...]] = []
        vector_rows: list[tuple[int, int, bytes]] = []
        log: list[dict[str, Any]] = []
        new: list[Place] = []
        for record in records:
            _check(record)
        for place in self._put_documents(records):
            record, ids, document_id, kept = place
            rows = _passage_rows(record, ids, document_id)
            if kept:
                named = [dict(zip(_PASSAGE, row, strict=True)) for row in rows]
                self.connection.execute(_EDIT_PASSAGE, [{"which": row["id"], **row} for row in named])
                log.append(self._change("edit", document_id, range(0)))
                continue
            passage_rows += rows
            for id, half in zip(ids, vector_bytes(record.vectors), strict=True):
                vector_rows.append((id, vector_checksum(id, half), half))
            log.append(self._change("add", document_id, ids))
            new.append(place)
        self._insert(passages, _PASSAGE, passage_rows)
        self._insert(vectors, ("passage_id", "crc", "vector"), vector_rows)
        if log:
            self._insert(changes, tuple(log[0]), [tuple(row.values()) for row in log])
        return new

    def remove(self, names: Collection[str], collection: str = "") -> int:
        """Remove the documents of these names with all that hangs on them; returns how many there were."""
        keys = [(collection, name) for name in dict.fromkeys(names)]
        stored = self._find_all(keys)
        gone = [stored[key] for key in keys if key in stored]
        if gone:
            self.connection.execute(_ADD_CHANGE, [self._removal(old) for old in gone])
            self.connection.execute(_DELETE, [{"which": old.id} for old in gone])
        return len(gone)

    def rename(self, old: str, new: str, collection: str = "") -> None:
        """Give a document another name; its passages and vectors stay."""
        found = self._find(old, collection)
        if found is None:
            raise ValueError(f"no document named {old}")
        whole = self.connection.execute(_SHORT.where(documents.c.id == found.id)).mappings().one()
        check_document(whole)
        row = {**whole, "name": new}
        named = {"name": new} | document_checksums(row)
        self.connection.execute(update(documents).where(documents.c.id == found.id).values(named))
        self.connection.execute(_ADD_CHANGE, self._change("rename", found.id, range(0)))

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Replace what the catalog knows about itself under these keys."""
        self.connection.execute(delete(meta).where(meta.c.key.in_(list(values))))
        self.connection.execute(insert(meta), [{"key": key, "value": value} for key, value in values.items()])

    def _put_documents(self, records: Sequence[Record]) -> Iterator[Place]:
        """Store the rows of the documents alone; where each is, and which ids its passages have."""
        olds = self._find_all([(record.document.collection, record.document.name) for record in records])
        now = datetime.now(UTC).isoformat(timespec="seconds")
        fresh: list[tuple[Record, range]] = []
        replaced: list[tuple[Place, Any]] = []
        for record in records:
            old = olds.get((record.document.collection, record.document.name))
            if old is None:
                fresh.append((record, self._next_ids(record)))
                continue
            kept = self._is_kept(record, old)
            before = range(old.first_passage, old.first_passage + old.passages)
            replaced.append(
                (Place(record, before if kept else self._next_ids(record), int(old.id), kept), old)
            )
        if replaced:
            self._replace(replaced, now)
            yield from (place for place, _ in replaced)
        if fresh:
            rows = [_document_row(record, ids, 1, now) for record, ids in fresh]
            self._insert(documents, tuple(rows[0]), [tuple(row.values()) for row in rows])
            stored = {
                (row.collection, row.name): row.id
                for row in self.connection.execute(_LAST_IDS, {"count": len(rows)})
            }
            for record, ids in fresh:
                number = stored[record.document.collection, record.document.name]
                yield Place(record, ids, int(number), False)

    def _replace(self, replaced: Sequence[tuple[Place, Any]], now: str) -> None:
        """Put these rows of documents in the place of old ones, whose passages go unless they are kept."""
        gone = [old for place, old in replaced if not place.kept]
        if gone:
            self.connection.execute(_ADD_CHANGE, [self._removal(old) for old in gone])
            self.connection.execute(_DELETE_PASSAGES, [{"document": old.id} for old in gone])
        rows = [
            _document_row(place.record, place.ids, old.version + 1, now) | {"which": old.id}
            for place, old in replaced
        ]
        self.connection.execute(_REPLACE_DOCUMENT, rows)

    def _next_ids(self, record: Record) -> range:
        first = self._issued + 1
        self._issued += len(record.passages)
        return range(first, self._issued + 1)

    def _is_kept(self, record: Record, old: Any) -> bool:
        """Whether the passages are found and encoded as those that are stored: where they stand does not matter."""
        if (old.passages, old.status) != (len(record.passages), record.document.status):
            return False
        stored = self.connection.execute(_OLD_PASSAGES, {"document": old.id}).all()
        halves = vector_bytes(record.vectors)
        return len(stored) == len(halves) and all(
            (*row[:-2],) == (*_found_by(passage), half) and row.crc == vector_checksum(row.passage_id, half)
            for row, passage, half in zip(stored, record.passages, halves, strict=True)
        )

    def _insert(self, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows of the columns `names`, without SQLAlchemy's way, which takes longer to look at each than SQLite
        to store it."""
        if not rows:
            return
        statement, order, processors = _insertion(table, names, self.connection.dialect)
        if order is None:  # a driver that takes values by name
            self.connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
            return
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        for name, stored in processors:
            columns[name] = tuple(map(stored, columns[name]))
        self.connection.exec_driver_sql(statement, list(zip(*map(columns.__getitem__, order), strict=True)))

    def _find_all(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Any]:
        """What is stored under these collections and names."""
        rows = named(self.connection, _FIND_ALL, keys)
        return {(row.collection, row.name): row for row in rows}

    def _find(self, name: str, collection: str) -> Any:
        return self.connection.execute(_FIND, {"wanted": name, "within": collection}).one_or_none()

    def _removal(self, old: Any) -> dict[str, Any]:
        ids = range(old.first_passage, old.first_passage + old.passages)
        return self._change("remove", old.id, ids)

    def _change(self, action: str, document_id: int, ids: range) -> dict[str, Any]:
        self._issued = max(self._issued, ids.stop - 1)
        return change_row(action, document_id, ids, self._issued)


_OLD = (documents.c.id, *(documents.c[name] for name in ("first_passage", "passages", "version", "status")))
_FIND = select(*_OLD).where(
    documents.c.name == bindparam("wanted"), documents.c.collection == bindparam("within")
)
_SHORT = select(*(documents.c[name] for name in DOCUMENT_CHECKED), documents.c.label_crc, documents.c.crc)
_FIND_ALL = select(documents.c.collection, documents.c.name, *_OLD)
# AUTOINCREMENT: those that were inserted last have the highest ids.
_LAST_IDS = (
    select(documents.c.id, documents.c.collection, documents.c.name)
    .order_by(documents.c.id.desc())
    .limit(bindparam("count"))
)
_PASSAGE = tuple(passages.columns.keys())
_FOUND_BY = ("text", "kind", "article", "heading", "section")
_SPEAKER = ("name", "organisation", "role")
_OLD_PASSAGES = (
    select(
        *(passages.c[name] for name in _FOUND_BY),
        *(passages.c[f"speaker_{name}"] for name in _SPEAKER),
        *(passages.c[name] for name in ("published", "publisher")),
        vectors.c.vector,
        vectors.c.crc,
        vectors.c.passage_id,
    )
    .join_from(passages, vectors)
    .where(passages.c.document_id == bindparam("document"))
    .order_by(passages.c.seq)
)
_REPLACE_DOCUMENT = update(documents).where(documents.c.id == bindparam("which"))
_EDIT_PASSAGE = update(passages).where(passages.c.id == bindparam("which"))
_DELETE = delete(documents).where(documents.c.id == bindparam("which"))
_DELETE_PASSAGES = delete(passages).where(passages.c.document_id == bindparam("document"))
_ADD_CHANGE = insert(changes)


def _found_by(passage: Passage) -> tuple[str | None, ...]:
    """What the search index takes of a passage, in the order of _OLD_PASSAGES."""
    own = tuple(getattr(passage, name) for name in _FOUND_BY)
    who = tuple(getattr(passage.speaker, name) if passage.speaker else None for name in _SPEAKER)
    return (*own, *who, passage.published, passage.publisher)


def _passage_rows(record: Record, ids: range, document_id: int) -> list[tuple[Any, ...]]:
    """The rows of a document's passages; one that meets an unsure stretch of the text is unsure."""
    unsure = record.document.unsure
    digests = record.digests or [None] * len(ids)
    rows = []
    for seq, (id, passage, digest) in enumerate(zip(ids, record.passages, digests, strict=True)):
        if unsure and any(start < passage.end and passage.start < end for start, end in unsure):
            passage = replace(passage, unsure=True)
        rows.append(passage_row(passage, id, document_id, seq, digest))
    return rows


def _document_row(record: Record, ids: range, version: int, now: str) -> dict[str, Any]:
    row = document_row(record.document, record.passages) | {
        "version": version,
        "sha256": record.sha256,
        "size": record.size,
        "passages": len(ids),
        "first_passage": ids.start,
        "reading": record.reading,
        "original": record.original,
        "added_at": now,
    }
    return row | document_checksums(row)


@functools.lru_cache(maxsize=16)
def _insertion(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, list[str] | None, list[tuple[str, Callable[[Any], Any]]]]:
    """The statement that inserts these columns, their order in it, and what some go through before."""
    statement = insert(table).compile(dialect=dialect, column_keys=names)
    processors = [(name, table.c[name].type.bind_processor(dialect)) for name in names]
    order = statement.positiontup
    return str(statement), order, [(name, stored) for name, stored in processors if stored is not None]


def named(
    connection: Connection, query: Select[Any], keys: Collection[tuple[str, str]]
) -> Iterator[Row[Any]]:
    """The rows that a query of `documents` gives for those of these collections and names."""
    for within, group in groupby(sorted(set(keys)), key=itemgetter(0)):  # the index goes by collection first
        names = [name for _, name in group]
        for start in range(0, len(names), NAMES_AT_ONCE):
            part = names[start : start + NAMES_AT_ONCE]
            # Of few sizes, so that the statement is made once: an `IN` of any size SQLAlchemy writes anew each time.
            size = 1 << (len(part) - 1).bit_length()
            wanted = {f"name_{i}": part[min(i, len(part) - 1)] for i in range(size)}
            yield from connection.execute(_named(query, size), wanted | {"within": within})


@functools.lru_cache(maxsize=64)
def _named(query: Select[Any], size: int) -> Select[Any]:
    names: list[BindParameter[str]] = [bindparam(f"name_{i}") for i in range(size)]
    return query.where(documents.c.collection == bindparam("within"), documents.c.name.in_(names))


def last_change(connection: Connection) -> LastChange:
    """The newest change, as this connection sees it; number 0 when nothing ever happened."""
    row = connection.execute(_LAST).one_or_none()
    if row is None:
        return LastChange()
    check_change(row)
    return LastChange(row.number, row.issued)


_LAST = select(changes).order_by(changes.c.number.desc()).limit(1)


def _check(record: Record) -> None:
    name, text = record.document.name, record.document.text
    if len(record.vectors) != len(record.passages):
        raise ValueError(f"{name}: {len(record.passages)} passages, {len(record.vectors)} vectors")
    for passage in record.passages:
        if passage.text != text[passage.start : passage.end]:
            raise ValueError(
                f"{name}: the passage at {passage.start}:{passage.end} is not that stretch of the text"
            )
