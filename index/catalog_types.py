"""Column types of the catalog: text kept compressed, and vectors in half precision; the checksum of a row.

Both are long and read as a whole: a document's text when somebody opens it, a vector when its passage is
scored. Half precision moves an inner product by less than a thousandth, which is less than neighbouring
passages differ by, and halves what a library weighs.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from index.vectors.base import HALF, Vectors

LEVEL = 6  # zlib's own default: Chinese text comes out at two fifths, at some 30 MB a second


class Compressed(TypeDecorator[str]):
    """A text, kept as zlib-compressed UTF-8."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """The text as it is stored."""
        return None if value is None else zlib.compress(value.encode(), LEVEL)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """The text as it was given. Raises DamagedColumn for bytes that are not what was stored."""
        if value is None:
            return None
        try:
            return zlib.decompress(value).decode()
        except (zlib.error, UnicodeDecodeError) as error:
            raise DamagedColumn(str(error)) from error


class CompressedJSON(TypeDecorator[Any]):
    """A value of lists, objects, texts and numbers, kept as compressed JSON."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes:
        """The value as it is stored."""
        return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), LEVEL)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """The value as it was given. Raises DamagedColumn for bytes that are not what was stored."""
        try:
            return json.loads(zlib.decompress(value or b""))
        except (zlib.error, ValueError) as error:
            raise DamagedColumn(str(error)) from error


class PlainJSON(TypeDecorator[Any]):
    """A short value of objects, texts and numbers, kept as JSON without spaces."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """The value as it is stored."""
        return plain_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The value as it was given. Raises DamagedColumn for text that is no JSON."""
        try:
            return json.loads(value or "")
        except ValueError as error:
            raise DamagedColumn(str(error)) from error


def plain_json(value: Any) -> str:
    """The one way in which a PlainJSON writes a value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class DamagedColumn(Exception):
    """The bytes of a column, or of a row, are not what was stored there; index.catalog tells the user."""


def checksum(*values: object) -> int:
    """CRC-32 of the values of a row, which tells that one of them is not what was stored: SQLite has none."""
    return zlib.crc32("\x1f".join([str(value) for value in values]).encode())


def vector_bytes(vectors: Vectors) -> list[bytes]:
    """Each row as it is stored."""
    return [row.tobytes() for row in np.ascontiguousarray(vectors, dtype=HALF)]


def matrix_of(rows: Sequence[bytes]) -> Vectors:
    """The vectors of stored rows, float32 of shape (n, d); (0, 0) when there is none."""
    if not rows:
        return np.zeros((0, 0), dtype=np.float32)
    return np.frombuffer(b"".join(rows), dtype=HALF).reshape(len(rows), -1).astype(np.float32)
