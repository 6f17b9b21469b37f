"""Column types of the catalog: outlines and originals compressed, texts in the shorter of two encodings, and how
vectors are stored: in half precision.

Half precision moves an inner product by less than a thousandth, which is less than neighbouring passages differ
by, and halves what a library weighs.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
from sqlalchemy import Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from index.stored import DamagedColumn, text_bytes, text_of
from index.vectors.base import HALF, Vectors

LEVEL = 6  # zlib's own default
PLAIN = b"\0"  # begins what is not compressed, and never a zlib stream
WORTH = 200  # bytes: what is shorter costs more time to compress than it saves room


def packed(data: bytes, like: bytes = b"") -> bytes:
    """The bytes as they are stored, compressed where that pays and guarded by a checksum.

    `like` are bytes that may hold much of the same; `unpacked` needs them again.
    """
    if len(data) < WORTH and not like:
        return PLAIN + zlib.crc32(data).to_bytes(4, "big") + data
    stream = zlib.compressobj(LEVEL, zdict=like) if like else zlib.compressobj(LEVEL)
    return stream.compress(data) + stream.flush()


def unpacked(stored: bytes, like: bytes = b"") -> bytes:
    """What `packed` was given. Raises DamagedColumn for bytes that are not what was stored."""
    if stored[:1] == PLAIN:
        data = stored[5:]
        if zlib.crc32(data).to_bytes(4, "big") != stored[1:5]:
            raise DamagedColumn("checksum")
        return data
    try:
        stream = zlib.decompressobj(zdict=like) if like else zlib.decompressobj()
        data = stream.decompress(stored)
    except zlib.error as error:
        raise DamagedColumn(str(error)) from error
    if not stream.eof:
        raise DamagedColumn("cut short")
    return data


class PackedJSON(TypeDecorator[Any]):
    """A value of lists, objects, texts and numbers, kept as packed JSON."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes:
        """The value as it is stored."""
        return packed(plain_json(value).encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """The value as it was given. Raises DamagedColumn for bytes that are not what was stored."""
        try:
            return json.loads(unpacked(value or b""))
        except (TypeError, ValueError) as error:
            raise DamagedColumn(str(error)) from error


class PackedText(TypeDecorator[str]):
    """A long text, in the shorter of two encodings."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes:
        """The text as it is stored."""
        return text_bytes(value or "")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str:
        """The text as it was given. Raises DamagedColumn for bytes that are not what was stored."""
        return text_of(value)


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
    if not value and isinstance(value, dict | list):  # as most are; the encoder takes its time
        return "{}" if isinstance(value, dict) else "[]"
    return _ENCODER.encode(value)


# Kept: json.dumps makes one each time, which takes longer than a short value.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def vector_bytes(vectors: Vectors) -> list[bytes]:
    """Each row as it is stored."""
    return [row.tobytes() for row in np.ascontiguousarray(vectors, dtype=HALF)]
