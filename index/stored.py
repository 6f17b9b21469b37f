"""What is stored of passages, vectors and changes, how a text is stored, and whether it is still what was stored.

The part of the catalog that a question needs, for rows as any driver gives them: no SQLAlchemy here, whose import
alone would take as long as the answer. The tables are in index.catalog_rows.
"""

from __future__ import annotations

import functools
import zlib
from codecs import utf_16_le_decode
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from index.passage import Passage, PassageKind, Speaker, context_of
from index.vectors.base import HALF, Vectors

PASSAGE_FIELDS = (
    "documents.name",
    *(f"passages.{name}" for name in ("start", "end", "text", "kind", "article", "heading", "section")),
    *(f"passages.{name}" for name in ("speaker_name", "speaker_organisation", "speaker_role")),
    *(f"passages.{name}" for name in ("published", "publisher", "url", "page", "unsure")),
    *(f"documents.{name}" for name in ("status", "collection")),
    *(f"passages.{name}" for name in ("document_id", "id", "seq", "crc")),
    "documents.label_crc",
)
"""What `passage_of` takes, in its order, as table.column."""

_NARROW, _WIDE = b"\0", b"\1"


class DamagedColumn(Exception):
    """The bytes of a column, or of a row, are not what was stored there; index.catalog tells the user."""


def checksum(*values: object) -> int:
    """CRC-32 of the values of a row, which tells that one of them is not what was stored: SQLite has none."""
    return zlib.crc32("\x1f".join(map(str, values)).encode())


def text_bytes(text: str) -> bytes:
    """A text as it is stored: in UTF-16, which takes two bytes for a Chinese character, or in UTF-8 if that is shorter."""
    narrow, wide = text.encode(), text.encode("utf-16-le")
    return _WIDE + wide if len(wide) < len(narrow) else _NARROW + narrow


def text_of(stored: object) -> str:
    """What `text_bytes` was given. Raises DamagedColumn for what it never gives."""
    if isinstance(stored, bytes):
        try:
            if stored[:1] == _WIDE:
                return utf_16_le_decode(stored[1:], "strict", True)[0]  # without looking the codec up
            if stored[:1] == _NARROW:
                return stored[1:].decode()
        except UnicodeDecodeError:
            pass
    raise DamagedColumn("text")


@functools.lru_cache(maxsize=4096)
def label_checksum(name: str, collection: str, status: str) -> int:
    """Checksum of what each passage shows of its document; the passages of one share it."""
    return checksum(name, collection, status)


EXCERPT_FIELDS = (
    *("start", "end", "text", "kind", "article", "heading", "section"),
    *("speaker_name", "speaker_organisation", "speaker_role"),
    *("published", "publisher", "url", "page", "unsure", "document_id", "id", "seq", "crc"),
)
"""What `excerpt_of` takes, in its order: columns of `passages`."""

_TEXT, _UNSURE = EXCERPT_FIELDS.index("text"), EXCERPT_FIELDS.index("unsure")

_CHECKED = "\x1f".join(["%s"] * (len(EXCERPT_FIELDS) - 1))
"""The values as `checksum` puts them together, in two thirds of the time: a question reads a hundred."""


class Excerpt(NamedTuple):
    """A passage as its own row has it: without what it shows of its document, which ranking does without."""

    start: int
    end: int
    text: str
    kind: PassageKind
    article: str
    heading: str
    section: str
    speaker_name: str | None
    speaker_organisation: str | None
    speaker_role: str | None
    published: str
    publisher: str
    url: str
    page: int | None
    unsure: bool
    document_id: int
    id: int
    seq: int

    @property
    def speaker(self) -> Speaker | None:
        """Who speaks, as in Passage."""
        if self.speaker_name is None:
            return None
        return Speaker(self.speaker_name, self.speaker_organisation or "", self.speaker_role or "")

    @property
    def context(self) -> str:
        """Title, heading and speaker in one line, as in Passage."""
        return context_of(self.article, self.section, self.heading, self.speaker)

    def passage(self, name: str, collection: str, status: str) -> Passage:
        """The whole Passage, given what it shows of its document."""
        return Passage(
            name,
            self.start,
            self.end,
            self.text,
            self.kind,
            self.article,
            self.heading,
            self.section,
            self.speaker,
            self.published,
            self.publisher,
            self.url,
            self.page,
            status,
            collection,
            self.unsure,
            self.document_id,
            self.id,
        )


def excerpt_of(row: Sequence[Any]) -> Excerpt:
    """The Excerpt of a row of EXCERPT_FIELDS. Raises DamagedColumn if it is not what was stored."""
    *values, crc = row
    if not isinstance(values[_TEXT], str):  # as SQLite's own driver gives it
        values[_TEXT] = text_of(values[_TEXT])
    values[_UNSURE] = bool(values[_UNSURE])  # a driver may give 0 and 1
    excerpt = Excerpt._make(values)
    if zlib.crc32((_CHECKED % excerpt).encode()) != crc:
        raise DamagedColumn(f"passage {excerpt.id}")
    return excerpt


def passage_of(row: Sequence[Any]) -> Passage:
    """The Passage of a row of PASSAGE_FIELDS. Raises DamagedColumn if it is not what was stored."""
    name, *own, status, collection, document_id, id, seq, crc, label_crc = row
    excerpt = excerpt_of((*own, document_id, id, seq, crc))
    return excerpt.passage(*checked_label(name, collection, status, label_crc))


def checked_label(name: str, collection: str, status: str, crc: int) -> tuple[str, str, str]:
    """What passages show of their document; raises DamagedColumn if it is not what was stored."""
    if label_checksum(name, collection, status) != crc:
        raise DamagedColumn(f"document {name}")
    return name, collection, status


def check_change(row: Sequence[Any]) -> None:
    """Raises DamagedColumn if a whole row of `changes` is not what was stored."""
    number, *values, crc = row
    if checksum(*values) != crc:
        raise DamagedColumn(f"change {number}")


def vector_checksum(passage_id: int, vector: bytes) -> int:
    """Checksum of a row of `vectors`."""
    return zlib.crc32(vector, passage_id & 0xFFFFFFFF)


def checked_vector(passage_id: int, vector: bytes, crc: int) -> bytes:
    """The vector; raises DamagedColumn if it is not what was stored."""
    if not isinstance(vector, bytes) or vector_checksum(passage_id, vector) != crc:
        raise DamagedColumn(f"vector {passage_id}")
    return vector


def matrix_of(rows: Sequence[bytes]) -> Vectors:
    """The vectors of stored rows, float32 of shape (n, d); (0, 0) when there is none."""
    if not rows:
        return np.zeros((0, 0), dtype=np.float32)
    return np.frombuffer(b"".join(rows), dtype=HALF).reshape(len(rows), -1).astype(np.float32)
