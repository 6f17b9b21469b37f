"""Bytes → Document, one module for each family of formats, chosen by the file's suffix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from index.errors import ReadError
from index.passage import Document
from index.readers.text import read_text

Reader = Callable[[bytes, str], Document]

READERS: dict[str, Reader] = {
    ".txt": read_text,
    ".text": read_text,
    ".md": read_text,
    ".markdown": read_text,
    "": read_text,
}
"""The reader of each suffix, in small letters; "" is a name without one."""


def read(data: bytes, name: str) -> Document:
    """The document in `data`; `name` is the file's name or path, whose suffix chooses the reader.

    Raises ReadError, in one line, for a suffix that no reader takes and for a file that holds no text.
    """
    suffix = PurePath(name).suffix.lower()
    reader = READERS.get(suffix)
    if reader is None:
        known = " ".join(sorted(filter(None, READERS)))
        raise ReadError(
            f"{name}: 不支持 {suffix} 文件 files of type {suffix} cannot be read; 支持 supported: {known}"
        )
    return reader(data, name)
