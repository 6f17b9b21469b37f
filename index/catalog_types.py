"""Column types of the catalog: text kept compressed, and vectors in half precision.

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
from sqlalchemy import Dialect, LargeBinary
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


class DamagedColumn(Exception):
    """The bytes of a column are not what was stored there; index.catalog tells the user."""


def vector_bytes(vectors: Vectors) -> list[bytes]:
    """Each row as it is stored."""
    return [row.tobytes() for row in np.ascontiguousarray(vectors, dtype=HALF)]


def matrix_of(rows: Sequence[bytes]) -> Vectors:
    """The vectors of stored rows, float32 of shape (n, d); (0, 0) when there is none."""
    if not rows:
        return np.zeros((0, 0), dtype=np.float32)
    return np.frombuffer(b"".join(rows), dtype=HALF).reshape(len(rows), -1).astype(np.float32)
