"""What can be changed in a catalog, inside one transaction.

Every change leaves a row in the change log, from which the lexical index, the vectors and open readers
learn of it. Whoever calls holds the library's lock (index.library_writer).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from index.catalog_rows import (
    DOCUMENT_CHECKED,
    change_row,
    changes,
    check_change,
    check_document,
    document_checksums,
    document_row,
    documents,
    meta,
    passage_row,
    passages,
    vector_checksum,
    vectors,
)
from index.catalog_types import vector_bytes
from index.passage import Document, Passage
from index.vectors.base import Vectors

NAMES_AT_ONCE = 1000  # well below the number of variables that a statement may have


@dataclass(frozen=True, slots=True)
class Record:
    """A document on its way into the catalog, with everything that is stored of it.

    `vectors[i]` belongs to `passages[i]`. `sha256` and `size` are those of the file as it came; `reading`
    is the version of the program that read and split it.
    """

    document: Document
    sha256: str
    size: int
    passages: Sequence[Passage]
    vectors: Vectors
    reading: int


class LastChange(NamedTuple):
    """The newest row of the change log. `issued` is the highest passage id ever given."""

    number: int = 0
    issued: int = 0


class Transaction:
    """The changes of one transaction; index.catalog.Catalog.writing begins and ends it."""

    def __init__(self, connection: Connection) -> None:
        """Takes a connection with a transaction under way."""
        self._connection = connection
        self._issued = last_change(connection).issued

    def put(self, records: Sequence[Record]) -> None:
        """Store documents of different names, each in place of the one of its name if there is one.

        The passages get new ids in either case. Raises ValueError for a passage that is not its stretch of
        the document's text: no such passage may ever be cited.
        """
        passage_rows: list[dict[str, Any]] = []
        vector_rows: list[dict[str, Any]] = []
        log: list[dict[str, Any]] = []
        for record in records:
            _check(record)
        for record, ids, document_id in self._put_documents(records):
            halves = vector_bytes(record.vectors)
            for seq, (id, passage) in enumerate(zip(ids, record.passages, strict=True)):
                passage_rows.append(passage_row(passage, id, document_id, seq))
                crc = vector_checksum(id, halves[seq])
                vector_rows.append({"passage_id": id, "vector": halves[seq], "crc": crc})
            log.append(self._change("add", document_id, ids))
        # Together, since each statement costs SQLAlchemy as much as SQLite needs for twenty rows.
        for statement, rows in ((_ADD_PASSAGE, passage_rows), (_ADD_VECTOR, vector_rows), (_ADD_CHANGE, log)):
            if rows:
                self._connection.execute(statement, rows)

    def remove(self, name: str, collection: str = "") -> bool:
        """Remove a document with all that hangs on it; False if there is none of this name."""
        old = self._find(name, collection)
        if old is None:
            return False
        self._forget(old)
        self._connection.execute(delete(documents).where(documents.c.id == old.id))
        return True

    def rename(self, old: str, new: str, collection: str = "") -> None:
        """Give a document another name; its passages and vectors stay."""
        found = self._find(old, collection)
        if found is None:
            raise ValueError(f"no document named {old}")
        whole = self._connection.execute(_SHORT.where(documents.c.id == found.id)).mappings().one()
        check_document(whole)
        row = {**whole, "name": new}
        named = {"name": new} | document_checksums(row)
        self._connection.execute(update(documents).where(documents.c.id == found.id).values(named))
        self._connection.execute(_ADD_CHANGE, self._change("rename", found.id, range(0)))

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Replace what the catalog knows about itself under these keys."""
        self._connection.execute(delete(meta).where(meta.c.key.in_(list(values))))
        self._connection.execute(
            insert(meta), [{"key": key, "value": value} for key, value in values.items()]
        )

    def _put_documents(self, records: Sequence[Record]) -> Iterator[tuple[Record, range, int]]:
        """The rows of the documents alone; each with the ids that its passages will have, and its own."""
        olds = self._find_all(records)
        fresh: list[tuple[Record, range]] = []
        for record in records:
            ids = range(first := self._issued + 1, first + len(record.passages))
            self._issued = max(self._issued, ids.stop - 1)
            old = olds.get((record.document.collection, record.document.name))
            if old is None:
                fresh.append((record, ids))
                continue
            self._forget(old)
            self._connection.execute(delete(passages).where(passages.c.document_id == old.id))
            changed = update(documents).where(documents.c.id == old.id)
            self._connection.execute(changed.values(_document_row(record, ids, old.version + 1)))
            yield record, ids, int(old.id)
        if fresh:
            rows = [_document_row(record, ids, 1) for record, ids in fresh]
            numbers = self._connection.scalars(_ADD_DOCUMENTS, rows).all()
            for (record, ids), number in zip(fresh, numbers, strict=True):
                yield record, ids, int(number)

    def _find_all(self, records: Sequence[Record]) -> dict[tuple[str, str], Any]:
        """What is stored under the names of the records, by collection and name."""
        names = sorted({record.document.name for record in records})
        found = {}
        for start in range(0, len(names), NAMES_AT_ONCE):
            part = {"wanted": names[start : start + NAMES_AT_ONCE]}
            for row in self._connection.execute(_FIND_ALL, part):
                found[row.collection, row.name] = row
        return found

    def _find(self, name: str, collection: str) -> Any:
        return self._connection.execute(_FIND, {"wanted": name, "within": collection}).one_or_none()

    def _forget(self, old: Any) -> None:
        ids = range(old.first_passage, old.first_passage + old.passages)
        self._connection.execute(_ADD_CHANGE, self._change("remove", old.id, ids))

    def _change(self, action: str, document_id: int, ids: range) -> dict[str, Any]:
        self._issued = max(self._issued, ids.stop - 1)
        return change_row(action, document_id, ids, self._issued)


_FIND = select(documents.c.id, documents.c.first_passage, documents.c.passages, documents.c.version).where(
    documents.c.name == bindparam("wanted"), documents.c.collection == bindparam("within")
)
_SHORT = select(*(documents.c[name] for name in DOCUMENT_CHECKED), documents.c.label_crc, documents.c.crc)
_FIND_ALL = select(
    documents.c.collection,
    documents.c.name,
    documents.c.id,
    documents.c.first_passage,
    documents.c.passages,
    documents.c.version,
).where(documents.c.name.in_(bindparam("wanted", expanding=True)))
_ADD_DOCUMENTS = insert(documents).returning(documents.c.id, sort_by_parameter_order=True)
_ADD_PASSAGE = insert(passages)
_ADD_VECTOR = insert(vectors)
_ADD_CHANGE = insert(changes)


def _document_row(record: Record, ids: range, version: int) -> dict[str, Any]:
    row = document_row(record.document) | {
        "version": version,
        "sha256": record.sha256,
        "size": record.size,
        "passages": len(ids),
        "first_passage": ids.start,
        "reading": record.reading,
        "added_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return row | document_checksums(row)


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
