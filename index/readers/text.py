"""Plain text and Markdown: bytes in any common Chinese encoding → Document."""

from __future__ import annotations

from index.clean import clean
from index.errors import ReadError
from index.outline import outline
from index.passage import Document
from index.readers.encoding import decode


def read_text(data: bytes, name: str) -> Document:
    """Reads a text file. Raises ReadError when it is empty, binary, or in no encoding that we can tell."""
    text, encoding = decode(data, name)
    return make_document(text, name, encoding)


def make_document(text: str, name: str, encoding: str = "utf-8", media_type: str = "text/plain") -> Document:
    """Cleans and outlines decoded text whose lines end in \\n; for readers of other formats, too."""
    cleaned = clean(text)
    if not cleaned.text:
        raise ReadError(f"{name}: 没有文字 the file holds no text; 请检查文件内容 check what is in it")
    found = outline(cleaned, name)
    return Document(
        name=name,
        text=cleaned.text,
        title=found.title,
        articles=found.articles,
        origin=cleaned.origin,
        hygiene=found.counted(cleaned.hygiene),
        media_type=media_type,
        encoding=encoding,
        published=found.published,
        publisher=found.publisher,
        pages=cleaned.pages,
    )
