"""The pictures that a page carries within itself: as data: links, or as parts of a saved page or a mail.

Nothing is fetched: a picture that is only linked to is none of the file's.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from email.message import Message
from urllib.parse import unquote_to_bytes, urljoin

from index.readers.blocks import Block
from index.readers.pictures import MOST_BYTES, Pictures
from index.readers.web.pieces import Piece


class Images:
    """Finds the bytes of a page's pictures by what its `<img>` elements name; `base` is the page's own address."""

    def __init__(self, parts: Iterable[Message] = (), base: str = "") -> None:
        self._base = base
        self._parts: dict[str, Message] = {}
        for part in parts:
            if part.get_content_maintype() == "image":
                names = (part.get("Content-Location"), f"cid:{(part.get('Content-ID') or '').strip(' <>')}")
                self._parts |= {str(name).strip(): part for name in names if name and name != "cid:"}

    def find(self, source: str) -> bytes:
        """The bytes of a picture; b"" for one that the file does not carry."""
        if source[:5].lower() == "data:":
            return _embedded(source)
        part = self._parts.get(source) or self._parts.get(_absolute(self._base, source))
        return part_bytes(part) if part is not None else b""

    def blocks(self, pieces: Sequence[Piece], pictures: Pictures) -> list[Block]:
        """The blocks of these pieces, a picture's place taken by the text in it."""
        return [
            block
            for piece in pieces
            for block in (pictures.blocks(self.find(piece.picture)) if piece.picture else piece.blocks)
        ]


def part_bytes(part: Message) -> bytes:
    """The content of a part of a mail; b"" when it is not as it says."""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return b""
    return content if isinstance(content, bytes) else b""


def _absolute(base: str, source: str) -> str:
    try:
        return urljoin(base, source)
    except ValueError:  # an address that is none
        return source


def _embedded(source: str) -> bytes:
    """The bytes of a data: link (RFC 2397); b"" for one that is broken or too large to be looked at."""
    head, _, data = source.partition(",")
    if not head[5:].strip().lower().startswith("image/") or len(data) > 2 * MOST_BYTES:
        return b""
    raw = unquote_to_bytes(data)
    if not head.lower().endswith(";base64"):
        return raw
    raw = b"".join(raw.split()).rstrip(b"=")
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return b""
