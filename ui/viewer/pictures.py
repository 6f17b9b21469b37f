"""Pictures of PDF pages for the viewer: drawn in child processes, a few at a time, and kept for a while.

Nobody's permission is asked here: ui.viewer.routes does, before.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from index.readers.pages import Quoted, picture_of_page, quote_on_page
from ui.admission import Overloaded

AT_ONCE = 2
"""Pages that are drawn at the same time: each takes a core."""
WAITING = 24
"""Pages that may wait; a browser asks for six at a time."""
KEPT = 48 << 20
"""Bytes of pictures that are kept."""

Load = Callable[[], bytes]
"""Gives the file."""
_T = TypeVar("_T")


class Pictures:
    """Draws pages, and remembers them by the file's SHA-256."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        self._waiting = 0

    async def picture(self, load: Load, sha256: str, number: int) -> bytes | None:
        """Page `number` of a file as PNG, None if it has no such page. Raises ReadError and Overloaded."""
        with self._lock:
            kept = self._kept.get((sha256, number))
            if kept is not None:
                self._kept.move_to_end((sha256, number))
                return kept
        # The name stands in reasons only, and nobody reads those of a picture.
        drawn = await self._in_turn(lambda: picture_of_page(load(), number, "page.pdf"))
        if drawn is not None:
            self._keep((sha256, number), drawn)
        return drawn

    async def quoted(self, load: Load, number: int, quote: str) -> Quoted | None:
        """Where `quote` stands on a page. Raises ReadError and Overloaded."""
        return await self._in_turn(lambda: quote_on_page(load(), number, "page.pdf", quote))

    async def _in_turn(self, draw: Callable[[], _T]) -> _T:
        if self._waiting >= WAITING:
            raise Overloaded(
                "正在显示的页太多，请稍后再试 too many pages are being drawn, try again later",
                own=False,
                retry_after=5,
            )
        self._waiting += 1
        try:
            return await anyio.to_thread.run_sync(draw, limiter=self._limiter)
        finally:
            self._waiting -= 1

    def _keep(self, key: tuple[str, int], picture: bytes) -> None:
        with self._lock:
            self._size += len(picture) - len(self._kept.pop(key, b""))
            self._kept[key] = picture
            while self._size > KEPT and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped)


def overlay(found: Quoted) -> str:
    """The boxes as an SVG picture of the page's size, to be laid over the page's."""
    boxes = "".join(
        f'<rect x="{left - 1.5:.1f}" y="{top - 1.5:.1f}" width="{right - left + 3:.1f}" height="{bottom - top + 3:.1f}" rx="2"/>'
        for left, top, right, bottom in found.boxes
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {found.width:.1f} {found.height:.1f}" '
        f'width="{found.width:.1f}" height="{found.height:.1f}" fill="#ffd400" fill-opacity=".3" '
        f'stroke="#c27c00" stroke-width="1.2">{boxes}</svg>'
    )
