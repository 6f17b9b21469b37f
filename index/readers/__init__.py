"""Bytes → Document, one module for each family of formats, chosen by the file's suffix.

What a document says of its own standing (in force, from when, signed by whom) is read the same way in all.
A module is imported when the first file of its family is read, so that a library of plain text never loads
the parsers of office files. Nothing here bounds what a parser may use up: for files of other people read them
through index.readers.sandbox.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from pathlib import PurePath

from index.errors import ReadError
from index.passage import Document
from index.standing import with_standing

Reader = Callable[[bytes, str], Document]

_TEXT = "index.readers.text:read_text"
_HTML = "index.readers.web.reader:read_html"
_IMAGE = "index.readers.ocr:read_picture"

READERS: dict[str, str] = {
    "": _TEXT,
    ".bmp": _IMAGE,
    ".csv": "index.readers.office.sheet:read_csv",
    ".docx": "index.readers.office.word:read_docx",
    ".eml": "index.readers.mail:read_eml",
    ".htm": _HTML,
    ".html": _HTML,
    ".jpeg": _IMAGE,
    ".jpg": _IMAGE,
    ".markdown": _TEXT,
    ".md": _TEXT,
    ".mht": "index.readers.web.reader:read_mhtml",
    ".mhtml": "index.readers.web.reader:read_mhtml",
    ".pdf": "index.readers.pdf.reader:read_pdf",
    ".png": _IMAGE,
    ".pptx": "index.readers.office.slides:read_pptx",
    ".shtml": _HTML,
    ".text": _TEXT,
    ".tif": _IMAGE,
    ".tiff": _IMAGE,
    ".tsv": "index.readers.office.sheet:read_tsv",
    ".txt": _TEXT,
    ".webp": _IMAGE,
    ".xhtml": _HTML,
    ".xls": "index.readers.office.sheet:read_xls",
    ".xlsx": "index.readers.office.sheet:read_xlsx",
    ".xml": "index.readers.web.feeds:read_xml",
    ".zip": "index.readers.archive:read_zip",
}
"""`module:function` of the reader of each suffix, in small letters; "" is a name without one."""

PLAIN = frozenset(suffix for suffix, reader in READERS.items() if reader == _TEXT)
"""Suffixes that need no parser: reading them takes time and memory in proportion to their size."""


@lru_cache(maxsize=64)  # it is asked several times for each file
def suffix_of(name: str) -> str:
    """The suffix that chooses a file's reader, in small letters; "" for a name without one."""
    return PurePath(name).suffix.lower()


def read(data: bytes, name: str) -> Document:
    """The document in `data`; `name` is the file's name or path, whose suffix chooses the reader.

    Raises ReadError, in one line, for a suffix that no reader takes, for a file that is broken or holds no
    text, and when a package that this format needs is not installed.
    """
    check_suffix(name)
    return with_standing(_load(READERS[suffix_of(name)])(data, name))


def check_suffix(name: str) -> None:
    """Raises ReadError for a suffix that no reader takes; it names those that are taken."""
    suffix = suffix_of(name)
    if suffix not in READERS:
        known = " ".join(sorted(filter(None, READERS)))
        raise ReadError(
            f"{name}: 不支持 {suffix} 文件 files of type {suffix} cannot be read; 支持 supported: {known}"
        )


@cache
def _load(reader: str) -> Reader:
    module, _, function = reader.partition(":")
    try:
        loaded: Reader = getattr(import_module(module), function)
    except ModuleNotFoundError as error:
        raise ReadError(
            f"读取这种文件需要安装 {error.name} this type of file needs the package {error.name}"
        ) from None
    return loaded
