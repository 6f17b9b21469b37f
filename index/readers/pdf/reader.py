"""PDF → Document: its own text, and what is only a picture of text by recognition (index.readers.ocr).

A page that has little text of its own, and pictures, is recognised. What can be read is read: a broken page, or one
that cannot be recognised, is a notice of the document and no failure of the file.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
import pypdfium2 as pdfium

from index.errors import ReadError
from index.passage import Document
from index.readers import ocr
from index.readers.pdf.chars import read_page
from index.readers.pdf.document import document_of_pages
from index.readers.pdf.page import Box, Page, Run

MOST_PAGES = 2000
MOST_CHARACTERS = 20_000_000
"""Pages and characters that are read of one file; the rest is left out with a notice."""
FEW_CHARACTERS = 100
"""A page with fewer of its own characters and a picture on it is taken for a scan, or a slide with pictures of text."""
LEAST_PICTURE = 0.02
"""Share of the page that pictures cover at the least to be looked at."""
PART = 0.6
"""Share of the page below which its pictures are recognised alone."""
OUTLINED = 150
"""Paths on a page without characters from which they may be text turned into outlines."""
UNKNOWN = 0.3
"""Share of characters without a meaning from which a page's own text is not used."""

MOST_FAILURES = 3
"""Pages that may fail to be recognised before the rest of the file is not tried."""
GIVEN_UP = "之前的页识别失败 recognition failed on earlier pages"

_LOCK = threading.Lock()  # PDFium may be used by one thread at a time


def read_pdf(data: bytes, name: str) -> Document:
    """Reads a PDF file. Its `notices` say which pages could not be read or were recognised badly.

    Raises ReadError when it is encrypted or broken, or when no text is found in it.
    """
    notices: list[str] = []
    with _LOCK, _opened(data, name) as file:
        pages = list(_pages(file, name, notices))
    return document_of_pages(pages, name, notices)


@contextlib.contextmanager
def _opened(data: bytes, name: str) -> Iterator[pdfium.PdfDocument]:
    if not data.strip():
        raise ReadError(f"{name}: 文件是空的 the file is empty")
    try:
        file = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "assword" in str(error) or "ecurity" in str(error):
            raise ReadError(
                f"{name}: PDF 已加密，需要口令 the PDF is encrypted; 请另存为不加密的文件 save it without a password"
            ) from None
        raise ReadError(
            f"{name}: PDF 已损坏 the PDF is broken, or no PDF at all; 请重新导出 export it again"
        ) from None
    try:
        yield file
    finally:
        file.close()


def _pages(file: pdfium.PdfDocument, name: str, notices: list[str]) -> Iterator[Page]:
    """Every page, recognised where need be; what is left out of the file becomes a notice."""
    characters = failures = 0
    until = time.monotonic() + ocr.FILE_SECONDS
    for i in range(min(len(file), MOST_PAGES)):
        try:
            page = file[i]
        except pdfium.PdfiumError:
            notices.append(f"{name}: 第 {i + 1} 页已损坏 page {i + 1} is broken")
            yield Page(i + 1, 595.0, 842.0)
            continue
        try:
            stopped = GIVEN_UP if failures >= MOST_FAILURES else ocr.TIME_UP * (time.monotonic() > until)
            found = _read(page, i + 1, stopped)
        finally:
            page.close()
        failures += bool(found.unread) and found.unread != stopped
        characters += sum(len(run.text) for run in found.runs)
        if found.hidden > FEW_CHARACTERS:
            notices.append(f"{name}: 第 {i + 1} 页有看不见的文字 page {i + 1} has text that cannot be seen")
        yield found
        if characters > MOST_CHARACTERS:
            notices.append(
                f"{name}: 文字过多，只读了前 {i + 1} 页 too much text: only pages 1–{i + 1} were read"
            )
            return
    if len(file) > MOST_PAGES:
        notices.append(
            f"{name}: 页数过多，只读了前 {MOST_PAGES} 页 only the first {MOST_PAGES} of {len(file)} pages were read"
        )


def read_single_page(data: bytes, number: int, name: str = "") -> Page | None:
    """One page, counted from 1, as `read_pdf` reads it; None if there is no such page. Raises ReadError as that does."""
    with _LOCK, _opened(data, name) as file:
        if not 1 <= number <= len(file):
            return None
        page = file[number - 1]
        try:
            return _read(page, number)
        finally:
            page.close()


def _read(page: pdfium.PdfPage, number: int, stopped: str = "") -> Page:
    """A page, recognised if need be, unless `stopped` says why not any more."""
    found = read_page(page, number)
    if _needs_recognition(found):
        found.unread = ocr.missing() or stopped
        if not found.unread:
            _recognise(page, found)
    return found


def _needs_recognition(page: Page) -> bool:
    own = sum(len(run.text) for run in page.runs)
    if page.unknown > UNKNOWN * (own + page.unknown) and page.unknown > 10:
        return True
    if own >= FEW_CHARACTERS:
        return False
    covered = sum(max(0.0, box.width) * max(0.0, box.height) for box in page.pictures)
    return covered >= LEAST_PICTURE * page.width * page.height or (own == 0 and page.paths >= OUTLINED)


def _recognise(page: pdfium.PdfPage, found: Page) -> None:
    """Adds the words that tesseract finds on the page, less those that stand on the page's own."""
    region = _region(found)
    scale = found.density or 300 / 72
    scale *= min(2.0, max(1.0, ocr.LEAST_SIDE / (scale * max(region.width, region.height))))
    scale = min(scale, ocr.LONG_SIDE / max(found.width, found.height))
    picture = np.squeeze(page.render(scale=scale, grayscale=True).to_numpy())
    left, top = int(region.x0 * scale), int(region.y0 * scale)
    picture = picture[top : int(region.y1 * scale) + 1, left : int(region.x1 * scale) + 1]
    picture = np.pad(picture, ocr.MARGIN, constant_values=255)
    try:
        words = ocr.moved(ocr.recognise_best(picture), left - ocr.MARGIN, top - ocr.MARGIN)
    except ReadError as error:
        found.unread = str(error)
        return
    if found.unknown > UNKNOWN * (sum(len(run.text) for run in found.runs) + found.unknown):
        found.runs = []
    runs = [run for run in ocr.runs_of(words, 1 / scale) if not _covered(run, found.runs)]
    own = sum(len(run.text) for run in found.runs)
    found.runs += runs
    found.recognised = own == 0
    found.confidence = ocr.mean_confidence(words)


def _region(page: Page) -> Box:
    """The part of a page to be recognised: its pictures where they fill little of it, else all of it."""
    whole = Box(0, 0, page.width, page.height)
    if not page.pictures:
        return whole
    region = page.pictures[0]
    for box in page.pictures[1:]:
        region = region.around(box)
    small = region.width * region.height < PART * page.width * page.height
    return region if small and region.width >= 1 and region.height >= 1 else whole


def _covered(run: Run, others: Sequence[Run]) -> bool:
    x, y = (run.box.x0 + run.box.x1) / 2, (run.box.y0 + run.box.y1) / 2
    return any(one.box.x0 <= x <= one.box.x1 and one.box.y0 <= y <= one.box.y1 for one in others)
