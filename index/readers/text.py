"""Plain text and Markdown: bytes in any common Chinese encoding → Document."""

from __future__ import annotations

from pathlib import PurePath

from index.clean import clean
from index.errors import ReadError
from index.outline import outline
from index.passage import Document, OffsetMap
from index.readers.encoding import decode
from index.readers.hidden import (
    INVISIBLE,
    composed,
    hidden_notices,
    invisible_notices,
    markdown_hidden,
    shows_all,
    without,
)
from index.readers.symbols import plain_signs

MARKDOWN = (".md", ".markdown")
"""Suffixes of texts in which comments and hidden elements are not for the reader."""


def read_text(data: bytes, name: str) -> Document:
    """Reads a text file. Raises ReadError when it is empty, binary, or in no encoding that we can tell."""
    text, encoding = decode(data, name)
    return make_document(text, name, encoding)


def make_document(text: str, name: str, encoding: str = "utf-8", media_type: str = "text/plain") -> Document:
    """Cleans and outlines decoded text whose lines end in \\n; for readers of other formats, too."""
    shown, origin, notices = _shown(text, name)
    cleaned = clean(shown)
    if not cleaned.text:
        raise ReadError(f"{name}: 没有文字 the file holds no text; 请检查文件内容 check what is in it")
    found = outline(cleaned, name)
    return Document(
        name=name,
        text=cleaned.text,
        title=found.title,
        articles=found.articles,
        origin=composed(cleaned.origin, origin, len(cleaned.text)) if origin else cleaned.origin,
        hygiene=found.counted(cleaned.hygiene),
        media_type=media_type,
        encoding=encoding,
        published=found.published,
        publisher=found.publisher,
        pages=cleaned.pages,
        notices=notices,
    )


def _shown(text: str, name: str) -> tuple[str, OffsetMap | None, tuple[str, ...]]:
    """(what a reader of the text sees, the way back to `text` unless that is the same, notices of what is hidden)."""
    if text.isascii() and "<" not in text and "]:" not in text:
        return text, None, ()
    hidden = markdown_hidden(text) if PurePath(name).suffix.lower() in MARKDOWN else []
    if not shows_all(text):
        text = plain_signs(text)
    elif not hidden:
        return text, None, ()
    if not hidden and not INVISIBLE.search(text):
        return text, None, ()
    shown, origin = without(text, hidden)
    gone = sum(len("".join(text[start:end].split())) for start, end in hidden)
    single = [found.span() for found in INVISIBLE.finditer(shown)]
    rest, back = without(shown, single)
    notices = (*hidden_notices(name, gone), *invisible_notices(name, "".join(INVISIBLE.findall(shown))))
    return rest, composed(back, origin, len(rest)), notices
