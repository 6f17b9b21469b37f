"""The tables of catalog.db, and how a Document and a Passage become rows and come back.

Plain SQL types that PostgreSQL has too. Ids of documents come from AUTOINCREMENT and those of passages
from the change log, so that neither is ever given twice.

`crc` is a checksum of the row's other values, but for the compressed ones, which zlib guards: SQLite notices
a damaged page only where its structure breaks. Every row that is read is checked; what is merely compared in
SQL (filters, `speakers`) is not, and `zhida verify` checks all.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    UniqueConstraint,
)

from index.catalog_types import Compressed, CompressedJSON, DamagedColumn, PlainJSON, checksum, plain_json
from index.passage import Article, Document, Hygiene, OffsetMap, Passage, Speaker

metadata = MetaData()

documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("collection", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", Text, nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("first_passage", Integer, nullable=False),
    Column("reading", Integer, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("published", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("hygiene", PlainJSON, nullable=False),
    Column("label_crc", BigInteger, nullable=False),
    Column("crc", BigInteger, nullable=False),
    # The long columns stand last: SQLite reads a row from its front and follows it into overflow pages only
    # as far as asked, so that listing documents does not read their texts.
    Column("pages", CompressedJSON, nullable=False),
    Column("outline", CompressedJSON, nullable=False),
    Column("origin", CompressedJSON, nullable=False),
    Column("text", Compressed, nullable=False),
    UniqueConstraint("collection", "name"),
    sqlite_autoincrement=True,
)

# The text is stored although it is documents.text[start:end]. Fifty hits lie in up to fifty documents, and
# cutting them out would read each document whole (SQLite has no random access into a text); stored, it costs
# the disk one more copy of the text, which is small beside the vectors.
passages = Table(
    "passages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("document_id", Integer, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("speaker_name", Text),
    Column("speaker_organisation", Text),
    Column("speaker_role", Text),
    Column("published", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("page", Integer),
    Column("crc", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Index("passages_by_document", "document_id", "seq"),
)

vectors = Table(
    "vectors",
    metadata,
    Column(
        "passage_id",
        Integer,
        ForeignKey("passages.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("crc", BigInteger, nullable=False),
    Column("vector", LargeBinary, nullable=False),
)

# One row for each document that came, went or was renamed: passages first..last (none if last < first).
# `issued` is the highest passage id ever given, so that ids never come back after a removal.
changes = Table(
    "changes",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("action", Text, nullable=False),
    Column("document_id", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("issued", Integer, nullable=False),
    Column("crc", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

PASSAGE_COLUMNS = (
    documents.c.name,
    *(passages.c[name] for name in ("start", "end", "text", "kind", "article", "heading", "section")),
    *(passages.c[name] for name in ("speaker_name", "speaker_organisation", "speaker_role")),
    *(passages.c[name] for name in ("published", "publisher", "url", "page")),
    *(documents.c[name] for name in ("status", "collection")),
    *(passages.c[name] for name in ("document_id", "id", "seq", "crc")),
    documents.c.label_crc,
)
"""What `passage_of` takes, in its order."""

DOCUMENT_CHECKED = tuple(
    column.name
    for column in documents.columns
    if column.name not in ("id", "label_crc", "crc", "pages", "outline", "origin", "text")
)
"""What `crc` of a document covers; its id is given by the database."""


def passage_of(row: Sequence[Any]) -> Passage:
    """The Passage of a row of PASSAGE_COLUMNS. Raises DamagedColumn if it is not what was stored."""
    name, *own, status, collection, document_id, id, seq, crc, label_crc = row
    if checksum(*own, document_id, id, seq) != crc or label_checksum(name, collection, status) != label_crc:
        raise DamagedColumn(f"passage {id} of {name}")
    (start, end, text, kind, article, heading, section, who, organisation, role, *origin) = own
    speaker = None if who is None else Speaker(who, organisation, role)
    context = [kind, article, heading, section, speaker, *origin, status, collection, False, document_id, id]
    return Passage(name, start, end, text, *context)


@functools.lru_cache(maxsize=4096)
def label_checksum(name: str, collection: str, status: str) -> int:
    """Checksum of what each passage shows of its document; the passages of one share it."""
    return checksum(name, collection, status)


def document_checksums(row: Mapping[Any, Any]) -> dict[str, int]:
    """The columns `label_crc` and `crc` of the row of a document whose other columns are given."""
    values = [row[name] if name != "hygiene" else plain_json(row[name]) for name in DOCUMENT_CHECKED]
    label = label_checksum(row["name"], row["collection"], row["status"])
    return {"label_crc": label, "crc": checksum(*values)}


def check_document(row: Mapping[Any, Any]) -> None:
    """Raises DamagedColumn if a row with all of DOCUMENT_CHECKED is not what was stored."""
    found = document_checksums(row)
    if (found["label_crc"], found["crc"]) != (row["label_crc"], row["crc"]):
        raise DamagedColumn(f"document {row['name']}")


def vector_checksum(passage_id: int, vector: bytes) -> int:
    """Checksum of a row of `vectors`."""
    return zlib.crc32(vector, passage_id & 0xFFFFFFFF)


def checked_vector(passage_id: int, vector: bytes, crc: int) -> bytes:
    """The vector; raises DamagedColumn if it is not what was stored."""
    if not isinstance(vector, bytes) or vector_checksum(passage_id, vector) != crc:
        raise DamagedColumn(f"vector {passage_id}")
    return vector


def passage_row(passage: Passage, id: int, document_id: int, seq: int) -> dict[str, Any]:
    """The row of a passage under the ids that it gets."""
    speaker = passage.speaker
    row = {
        "id": id,
        "document_id": document_id,
        "seq": seq,
        "start": passage.start,
        "end": passage.end,
        "kind": passage.kind,
        "article": passage.article,
        "heading": passage.heading,
        "section": passage.section,
        "speaker_name": speaker.name if speaker else None,
        "speaker_organisation": speaker.organisation if speaker else None,
        "speaker_role": speaker.role if speaker else None,
        "published": passage.published,
        "publisher": passage.publisher,
        "url": passage.url,
        "page": passage.page,
        "text": passage.text,
    }
    row["crc"] = checksum(*[row[name] for name in _PASSAGE_CHECKED])
    return row


_PASSAGE_CHECKED = tuple(
    column.name for column in PASSAGE_COLUMNS if column.table is passages and column.name != "crc"
)


def change_row(action: str, document_id: int, ids: range, issued: int) -> dict[str, Any]:
    """A row of the change log; its number is given by the database."""
    row = {"action": action, "document_id": document_id, "first": ids.start, "last": ids.stop - 1}
    row |= {"issued": issued}
    return row | {"crc": checksum(*row.values())}


def check_change(row: Row[Any]) -> None:
    """Raises DamagedColumn if a whole row of `changes` is not what was stored."""
    if checksum(row.action, row.document_id, row.first, row.last, row.issued) != row.crc:
        raise DamagedColumn(f"change {row.number}")


def document_row(document: Document) -> dict[str, Any]:
    """The columns of `documents` that the Document itself gives."""
    return {
        "name": document.name,
        "collection": document.collection,
        "status": document.status,
        "characters": len(document.text),
        "title": document.title,
        "published": document.published,
        "publisher": document.publisher,
        "media_type": document.media_type,
        "encoding": document.encoding,
        "hygiene": {name: getattr(document.hygiene, name) for name in Hygiene.__slots__},
        "pages": list(document.pages),
        "outline": [_article_row(article) for article in document.articles],
        "origin": {"starts": list(document.origin.starts), "origins": list(document.origin.origins)},
        "text": document.text,
    }


def document_of(row: Row[Any]) -> Document:
    """The Document of a whole row of `documents`."""
    return Document(
        name=row.name,
        text=row.text,
        title=row.title,
        articles=tuple(_article_of(article) for article in row.outline),
        origin=OffsetMap(tuple(row.origin["starts"]), tuple(row.origin["origins"])),
        hygiene=Hygiene(**row.hygiene),
        media_type=row.media_type,
        encoding=row.encoding,
        published=row.published,
        publisher=row.publisher,
        pages=tuple(row.pages),
        status=row.status,
        collection=row.collection,
        id=row.id,
    )


# Built by hand: dataclasses.asdict copies every value deeply and took a sixth of the time to store a document.
def _article_row(article: Article) -> dict[str, Any]:
    row = {name: getattr(article, name) for name in Article.__slots__}
    return row | {"speaker": asdict(article.speaker) if article.speaker else None}


def _article_of(stored: dict[str, Any]) -> Article:
    speaker = stored["speaker"]
    headings = tuple((offset, text) for offset, text in stored["headings"])
    return Article(**{**stored, "speaker": Speaker(**speaker) if speaker else None, "headings": headings})
