"""Addresses of the viewer, relative to the application's root, and not escaped for HTML."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlencode

STAMP_LENGTH = 8


def stamp_of(text: str) -> str:
    """What tells a sentence from another: it goes with a link, so that an edited document doesn't mark the wrong one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:STAMP_LENGTH]


def source_link(document_id: int, start: int, end: int, text: str, passage: int = 0) -> str:
    """Where text[start:end] of a document, which is `text`, is shown marked: sources/7?start=…&end=…&h=…#mark."""
    values: dict[str, int | str] = {"passage": passage} if passage else {}
    return f"sources/{document_id}?{sentence_query(start, end, text, values)}#mark"


def sentence_query(start: int, end: int, text: str, others: dict[str, int | str] | None = None) -> str:
    """The query of such an address."""
    return urlencode({**(others or {}), "start": start, "end": end, "h": stamp_of(text)})


def address(document_id: int, query: str, target: str) -> str:
    """Relative to the viewer's own addresses: 7?query#target."""
    return f"{document_id}{'?' if query else ''}{query}#{quote(target, safe='~.-')}"
