"""The tables of catalog.db, and how a Document and a Passage become rows and come back.

Plain SQL types that PostgreSQL has too. Ids of documents come from AUTOINCREMENT and those of passages
from the change log, so that neither is ever given twice.

`crc` is a checksum of the row's other values, but for `layout` and `original`, which guard themselves: SQLite notices
a damaged page only where its structure breaks. Every row that is read is checked; what is merely compared in
SQL (filters, `speakers`) is not, and `zhida verify` checks all.

No text is stored twice. A document's text is what its passages hold and what lies between them; the file that it
came from, unless it is large, is stored as what distinguishes it from that text.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
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

from index.catalog_types import PackedJSON, PackedText, PlainJSON, plain_json
from index.passage import Article, Document, Hygiene, OffsetMap, Passage, Speaker
from index.stored import PASSAGE_FIELDS, DamagedColumn, checksum, label_checksum

metadata = MetaData()

documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("collection", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
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
    Column("effective", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("hygiene", PlainJSON, nullable=False),
    Column("notices", PlainJSON, nullable=False),
    Column("text_crc", BigInteger, nullable=False),
    Column("label_crc", BigInteger, nullable=False),
    Column("crc", BigInteger, nullable=False),
    # The long columns stand last: SQLite reads a row from its front and follows it into overflow pages only
    # as far as asked, so that listing documents does not read their outlines.
    Column("layout", PackedJSON, nullable=False),
    Column("original", LargeBinary),
    UniqueConstraint("collection", "name"),
    sqlite_autoincrement=True,
)
Index("documents_by_file", documents.c.sha256, sqlite_where=documents.c.original.is_(None))

# `digest` is that of the text which the vector was made of; an earlier version of the program has left none.
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
    Column("unsure", Boolean, nullable=False),
    Column("digest", BigInteger),
    Column("crc", BigInteger, nullable=False),
    Column("text", PackedText, nullable=False),
    Index("passages_by_document", "document_id", "seq"),
    Index("passages_by_digest", "digest"),
)

Index("passages_by_speaker", passages.c.speaker_name, sqlite_where=passages.c.speaker_name.is_not(None))

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

PASSAGE_COLUMNS = tuple(
    metadata.tables[table].c[name] for table, _, name in (field.partition(".") for field in PASSAGE_FIELDS)
)

DOCUMENT_CHECKED = tuple(
    column.name
    for column in documents.columns
    if column.name not in ("id", "label_crc", "crc", "layout", "original")
)
"""What `crc` of a document covers; its id is given by the database."""

_CHECKED_OF = itemgetter(*DOCUMENT_CHECKED)
_PLAIN = [
    place for place, name in enumerate(DOCUMENT_CHECKED) if isinstance(documents.c[name].type, PlainJSON)
]

WHOLE_DOCUMENT = tuple(column for column in documents.columns if column.name != "original")
"""What `document_of` takes."""


def document_checksums(row: Mapping[Any, Any]) -> dict[str, int]:
    """The columns `label_crc` and `crc` of the row of a document whose other columns are given."""
    values = list(_CHECKED_OF(row))
    for place in _PLAIN:
        values[place] = plain_json(values[place])
    label = label_checksum(row["name"], row["collection"], row["status"])
    return {"label_crc": label, "crc": checksum(*values)}


def check_document(row: Mapping[Any, Any]) -> None:
    """Raises DamagedColumn if a row with all of DOCUMENT_CHECKED is not what was stored."""
    found = document_checksums(row)
    if (found["label_crc"], found["crc"]) != (row["label_crc"], row["crc"]):
        raise DamagedColumn(f"document {row['name']}")


def passage_row(
    passage: Passage, id: int, document_id: int, seq: int, digest: int | None = None
) -> tuple[Any, ...]:
    """The row of a passage under the ids that it gets, in the order of the table's columns."""
    speaker = passage.speaker
    span = (passage.start, passage.end)
    who = (speaker.name, speaker.organisation, speaker.role) if speaker else (None, None, None)
    own = (
        passage.kind,
        passage.article,
        passage.heading,
        passage.section,
        *who,
        passage.published,
        passage.publisher,
        passage.url,
        passage.page,
        passage.unsure,
    )
    # As index.stored checks it.
    crc = checksum(*span, passage.text, *own, document_id, id, seq)
    return (id, document_id, seq, *span, *own, digest, crc, passage.text)


def change_row(action: str, document_id: int, ids: range, issued: int) -> dict[str, Any]:
    """A row of the change log; its number is given by the database."""
    crc = checksum(action, document_id, ids.start, ids.stop - 1, issued)
    return {
        "action": action,
        "document_id": document_id,
        "first": ids.start,
        "last": ids.stop - 1,
        "issued": issued,
        "crc": crc,
    }


def document_row(document: Document, passages: Sequence[Passage]) -> dict[str, Any]:
    """The columns of `documents` that the Document itself gives."""
    text = document.text
    layout = {
        "pages": list(document.pages),
        "outline": [_article_row(article) for article in document.articles],
        "origin": _origin_row(document.origin),
        "unsure": [list(span) for span in document.unsure],
        "gaps": list(_gaps(text, passages)),
    }
    return {
        "name": document.name,
        "collection": document.collection,
        "status": document.status,
        "effective": document.effective,
        "characters": len(text),
        "title": document.title,
        "published": document.published,
        "publisher": document.publisher,
        "media_type": document.media_type,
        "encoding": document.encoding,
        "hygiene": {name: n for name in Hygiene.__slots__ if (n := getattr(document.hygiene, name))},
        "notices": list(document.notices),
        "text_crc": zlib.crc32(text.encode()),
        "layout": {name: value for name, value in layout.items() if value},
    }


def document_of(row: Row[Any], stretches: Sequence[tuple[int, str]]) -> Document:
    """The Document of a row of WHOLE_DOCUMENT and its passages as (start, text).

    Raises DamagedColumn if together they are not the text that was stored.
    """
    layout = row.layout
    text = _joined([*stretches, *((start, text) for start, text in layout.get("gaps", ()))])
    if zlib.crc32(text.encode()) != row.text_crc:
        raise DamagedColumn(f"text of {row.name}")
    return Document(
        name=row.name,
        text=text,
        title=row.title,
        articles=tuple(_article_of(article) for article in layout.get("outline", ())),
        origin=OffsetMap(*map(tuple, layout["origin"])) if "origin" in layout else OffsetMap(),
        hygiene=Hygiene(**row.hygiene),
        media_type=row.media_type,
        encoding=row.encoding,
        published=row.published,
        publisher=row.publisher,
        pages=tuple(layout.get("pages", ())),
        status=row.status,
        collection=row.collection,
        notices=tuple(row.notices),
        unsure=tuple((start, end) for start, end in layout.get("unsure", ())),
        effective=row.effective,
        id=row.id,
    )


def _gaps(text: str, passages: Sequence[Passage]) -> Iterator[tuple[int, str]]:
    """The stretches of `text` that no passage holds, each with its start."""
    upto = 0
    for start, end in sorted((passage.start, passage.end) for passage in passages):
        if start > upto:
            yield upto, text[upto:start]
        upto = max(upto, end)
    if upto < len(text):
        yield upto, text[upto:]


def _joined(stretches: Sequence[tuple[int, str]]) -> str:
    """The text that these stretches cover without a gap; some may overlap."""
    parts, upto = [], 0
    for start, text in sorted(stretches):
        new = text[max(0, upto - start) :]
        parts.append(new)
        upto += len(new)
    return "".join(parts)


# Built by hand: dataclasses.asdict copies every value deeply and took a sixth of the time to store a document.
def _article_row(article: Article) -> dict[str, Any]:
    row = {name: value for name in Article.__slots__ if (value := getattr(article, name))}
    return row | {"speaker": asdict(article.speaker)} if article.speaker else row


def _origin_row(origin: OffsetMap) -> list[list[int]]:
    """Nothing where offsets are those of the file, as they are where nothing was cleaned away."""
    return [list(origin.starts), list(origin.origins)] if origin != OffsetMap() else []


def _article_of(stored: dict[str, Any]) -> Article:
    values = {"title": "", "start": 0, "end": 0, **stored}
    if speaker := values.get("speaker"):
        values["speaker"] = Speaker(**speaker)
    values["headings"] = tuple((offset, text) for offset, text in values.get("headings", ()))
    return Article(**values)
