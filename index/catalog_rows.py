"""The tables of catalog.db, and how a Document and a Passage become rows and come back.

Plain SQL types that PostgreSQL has too. Ids of documents come from AUTOINCREMENT and those of passages
from the change log, so that neither is ever given twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    JSON,
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

from index.catalog_types import Compressed, CompressedJSON
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
    Column("hygiene", JSON, nullable=False),
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
    *(passages.c[name] for name in ("document_id", "id")),
)
"""What `passage_of` takes, in its order."""


def passage_of(row: Sequence[Any]) -> Passage:
    """The Passage of a row of PASSAGE_COLUMNS."""
    (name, start, end, text, kind, article, heading, section, who, organisation, role, *rest) = row
    speaker = None if who is None else Speaker(who, organisation, role)
    return Passage(name, start, end, text, kind, article, heading, section, speaker, *rest)


def passage_row(passage: Passage, id: int, document_id: int, seq: int) -> dict[str, Any]:
    """The row of a passage under the ids that it gets."""
    speaker = passage.speaker
    return {
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
