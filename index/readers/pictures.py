"""The text in the pictures that a file of another format carries: what is recognised, within limits, and what is not.

Recognition itself is index.readers.ocr's, which is loaded when the first picture comes that may hold text. Icons and
bullets are passed over, a picture that comes again (a logo on every slide) is read once. Drawings in Windows' own
formats (EMF, WMF) cannot be read, which is told.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections import Counter
from typing import TYPE_CHECKING

from index.errors import ReadError
from index.readers.blocks import Block

if TYPE_CHECKING:
    from index.readers.pdf.layout import Paragraph

MOST_PICTURES = 200
"""Pictures of one file that are recognised."""
MOST_BYTES = 32 << 20
"""Bytes of one picture above which it is not opened."""
SECONDS = 300.0
"""That the pictures of one file may take by the clock; the process that reads an office file may take ten minutes."""
BRIEF = 40.0
"""The same for formats whose process may take one minute."""
CPU_SECONDS, CPU_PER_MEGABYTE = 20.0, 20.0
"""Seconds of the processor that the pictures of one file may take, and more for each megabyte of them: screenshots,
scans and photographs take 1 to 10 s a megabyte, pictures that were made to take long are small."""
LEAST_SHORT, LEAST_LONG = 20, 60
"""Pixels of a picture's shorter and longer side below which it is an icon."""
LEAST_TEXT = 4
"""A picture with fewer letters and digits that are surely read is a photograph with specks; Chinese ones count twice."""

_VECTORS = re.compile(
    rb"\xd7\xcd\xc6\x9a|[\x01\x02]\x00\x09\x00\x00[\x01\x03]|\x01\x00\x00\x00.{36} EMF|\x1f\x8b", re.DOTALL
)
"""How WMF and EMF begin, and either of them packed (WMZ, EMZ)."""
_LETTER = re.compile(r"[^\W_]")
_WIDE = re.compile(r"[\u2e80-\uffef]")


class Pictures:
    """Reads the pictures of one file, and counts those that it could not read."""

    def __init__(self, name: str, seconds: float = SECONDS) -> None:
        self._name = name
        self._seconds = seconds
        self._until = 0.0
        self._taken = self._granted = 0.0  # seconds of the processor
        self._seen: set[bytes] = set()
        self._met = 0
        self._unread: Counter[str] = Counter()
        self._doubtful = 0

    def blocks(self, data: bytes, page: int | None = None) -> list[Block]:
        """The paragraphs in a picture (the bytes of a PNG, JPEG, GIF, TIFF, BMP or WebP), as text.

        Empty for one without text, one that came before, and one that cannot be read: see `notices`.
        """
        digest = hashlib.blake2b(data, digest_size=16).digest()
        if not data or digest in self._seen:
            return []
        self._seen.add(digest)
        self._met += 1
        if len(self._seen) > MOST_PICTURES or len(data) > MOST_BYTES:
            self._unread["过多或过大 too many or too large"] += 1
            return []
        if _VECTORS.match(data):
            self._unread["EMF、WMF 矢量图无法识别 EMF and WMF drawings cannot be recognised"] += 1
            return []
        found = self._recognised(data)
        if _weight("".join(paragraph.text for paragraph in found)) < LEAST_TEXT:
            return []
        from index.readers.pdf.page import LOW_CONFIDENCE  # with recognition, see below

        unsure = [paragraph.confidence < LOW_CONFIDENCE for paragraph in found]
        kept = [
            Block("text", paragraph.text, page=page, unsure=doubtful)
            for paragraph, doubtful in zip(found, unsure, strict=True)
            if _weight(paragraph.text) >= (LEAST_TEXT if doubtful else 1)
        ]
        self._doubtful += any(block.unsure for block in kept)
        return kept

    def _recognised(self, data: bytes) -> list[Paragraph]:
        from index.readers import ocr, tesseract  # heavy: NumPy and Pillow, which few files need

        try:
            width, height = ocr.size_of(data, self._name)
            if min(width, height) < LEAST_SHORT or max(width, height) < LEAST_LONG:
                self._met -= 1
                return []
            if len(data) < ocr.LEAST_BYTES * width * height:
                return []
            if lacking := tesseract.missing():
                self._unread[lacking] += 1
                return []
            return self._within_limits(data)
        except ReadError:
            self._unread["已损坏、过大或格式不支持 damaged, too large or of another format"] += 1
            return []

    def _within_limits(self, data: bytes) -> list[Paragraph]:
        """What is recognised, unless the time for the pictures of this file is up."""
        from index.readers import ocr, tesseract

        self._until = self._until or time.monotonic() + self._seconds
        self._granted += CPU_PER_MEGABYTE * len(data) / 1e6
        left = self._until - time.monotonic()
        if left <= 0 or self._taken > CPU_SECONDS + self._granted:
            self._unread["识别用时过长 recognition took too long; 请拆分文件 please split the file"] += 1
            return []
        started = _cpu_seconds()
        try:
            return ocr.paragraphs_in(data, self._name, min(left, tesseract.SECONDS))
        finally:
            self._taken += _cpu_seconds() - started

    def notices(self) -> tuple[str, ...]:
        """What was not read and why, and what was read badly, one line each."""
        told = [
            f"{self._name}: {self._met} 张图片中 {count} 张未识别 {count} of {self._met} pictures were not read; {why}"
            for why, count in self._unread.items()
        ]
        if self._doubtful:
            told.append(
                f"{self._name}: {self._doubtful} 张图片识别把握不大，请核对原件 "
                f"{self._doubtful} pictures were recognised with little confidence, please check the original"
            )
        return tuple(told)


def _cpu_seconds() -> float:
    """What this process has taken of the processor, with the programs that it has started and that have ended."""
    return sum(os.times()[:4])


def _weight(text: str) -> int:
    """Letters and digits of a text, Chinese ones twice."""
    return len(_LETTER.findall(text)) + len(_WIDE.findall(text))
