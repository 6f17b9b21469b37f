"""What is stored of passages, vectors and changes, and whether it is still what was stored.

The part of the catalog that a question needs, for rows as any driver gives them: no SQLAlchemy here, whose import
alone would take as long as the answer. The tables are in index.catalog_rows.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from index.passage import Passage, Speaker
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


class DamagedColumn(Exception):
    """The bytes of a column, or of a row, are not what was stored there; index.catalog tells the user."""


def checksum(*values: object) -> int:
    """CRC-32 of the values of a row, which tells that one of them is not what was stored: SQLite has none."""
    return zlib.crc32("\x1f".join([str(value) for value in values]).encode())


@functools.lru_cache(maxsize=4096)
def label_checksum(name: str, collection: str, status: str) -> int:
    """Checksum of what each passage shows of its document; the passages of one share it."""
    return checksum(name, collection, status)


def passage_of(row: Sequence[Any]) -> Passage:
    """The Passage of a row of PASSAGE_FIELDS. Raises DamagedColumn if it is not what was stored."""
    name, *own, flag, status, collection, document_id, id, seq, crc, label_crc = row
    unsure = bool(flag)  # a driver may give 0 and 1
    found = checksum(*own, unsure, document_id, id, seq)
    if found != crc or label_checksum(name, collection, status) != label_crc:
        raise DamagedColumn(f"passage {id} of {name}")
    start, end, text, kind, article, heading, section, who, organisation, role, *origin = own
    speaker = None if who is None else Speaker(who, organisation, role)
    published, publisher, url, page = origin
    return Passage(
        name,
        start,
        end,
        text,
        kind,
        article,
        heading,
        section,
        speaker,
        published,
        publisher,
        url,
        page,
        status,
        collection,
        unsure,
        document_id,
        id,
    )


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
