"""PDF → Document: its own text, and what is only a picture of text by recognition (index.readers.ocr).

A page that has little text of its own, and pictures, is recognised; on other pages large pictures are, whose text
stands behind the page's own. What can be read is read: a broken page, or one that cannot be recognised, is a notice
of the document and no failure of the file.
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
from index.readers import ocr, tesseract
from index.readers.hidden import hidden_notices
from index.readers.pdf.chars import read_page
from index.readers.pdf.document import document_of_pages, ranges
from index.readers.pdf.layout import paragraphs_of
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
LEAST_HIDDEN = 10
"""Characters that nobody can see of which a file's owner is told; a few are leftovers of the program that made it."""
LEAST_FIGURE, MOST_FIGURE = 0.06, 0.8
"""Share of a page with text that a picture covers at the least and at the most to be recognised by itself."""
MOST_FIGURES = 40
"""Pictures on pages with text that are recognised of one file: a catalogue has hundreds of photographs."""
SURE_FIGURE = 75.0
"""0 to 100. Text in such a picture is taken from this confidence on: most have none, or labels of a drawing."""
LEAST_LINE = 6
"""Letters of a line in such a picture at the least; what has fewer is a label, or figures on an axis."""
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
    unseen = [page for page in pages if page.hidden]
    hidden = sum(page.hidden for page in unseen)
    if hidden >= LEAST_HIDDEN:
        notices += hidden_notices(name, hidden, ranges([page.number for page in unseen]))
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
    characters = failures = figures = 0
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
            found = _read(page, i + 1, stopped, MOST_FIGURES - figures)
        finally:
            page.close()
        figures += found.figures
        failures += bool(found.unread) and found.unread != stopped
        characters += sum(len(run.text) for run in found.runs)
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
    with opened_page(data, number, name) as page:
        return _read(page, number) if page is not None else None


@contextlib.contextmanager
def opened_page(data: bytes, number: int, name: str = "") -> Iterator[pdfium.PdfPage | None]:
    """A page, counted from 1, for as long as the block lasts; None if there is no such page.

    Raises ReadError as `read_pdf` does, and for a page that is broken.
    """
    with _LOCK, _opened(data, name) as file:
        if not 1 <= number <= len(file):
            yield None
            return
        try:
            page = file[number - 1]
        except pdfium.PdfiumError:
            raise ReadError(f"{name}: 第 {number} 页已损坏 page {number} is broken") from None
        try:
            yield page
        finally:
            page.close()


def _read(page: pdfium.PdfPage, number: int, stopped: str = "", figures: int = MOST_FIGURES) -> Page:
    """A page, recognised if need be, unless `stopped` says why not any more; at most so many `figures` of it."""
    found = read_page(page, number)
    if _needs_recognition(found):
        found.unread = tesseract.missing() or stopped
        if not found.unread:
            _recognise(page, found)
    elif not (tesseract.missing() or stopped):
        boxes = _figures(found)[: max(0, figures)]
        found.figures = len(boxes)
        found.aside += _text_of_figures(page, found, boxes)
    return found


def _figures(page: Page) -> list[Box]:
    """The pictures of a page with text that may hold text, too: large, and nothing of the page's own on them."""
    whole = page.width * page.height
    return [
        box
        for box in page.pictures
        if LEAST_FIGURE * whole <= max(0.0, box.width) * max(0.0, box.height) <= MOST_FIGURE * whole
        and not any(_covered(run, [Run("", box, 0.0, 0.0)]) for run in page.runs)
    ]


def _text_of_figures(page: pdfium.PdfPage, found: Page, boxes: Sequence[Box]) -> list[Run]:
    """The lines of text in these pictures of a page that are surely read."""
    if not boxes:
        return []
    scale = min(max(found.density, 2.0), ocr.LONG_SIDE / max(found.width, found.height))
    whole = np.squeeze(page.render(scale=scale, grayscale=True).to_numpy())
    return [run for box in boxes for run in _text_of_figure(whole, scale, box)]


def _text_of_figure(whole: np.ndarray, scale: float, box: Box) -> list[Run]:
    """Each line of text in a picture as a run that stands anywhere in it; `scale` is pixels a point of the page."""
    picture = whole[int(box.y0 * scale) : int(box.y1 * scale), int(box.x0 * scale) : int(box.x1 * scale)]
    try:
        words = ocr.recognise(np.pad(picture, ocr.MARGIN, constant_values=255))
    except ReadError:  # the page itself was read
        return []
    lines = paragraphs_of([ocr.page_of(words, 1, box.width, box.height, 1 / scale)])
    return [
        Run(line.text, box, box.y1, line.size, False, [(box.x0, box.x1)] * len(line.text), line.confidence)
        for line in lines
        if line.confidence >= SURE_FIGURE and sum(map(str.isalpha, line.text)) >= LEAST_LINE
    ]


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
        words, turns = ocr.recognise_upright(picture) if not found.runs else (ocr.recognise_best(picture), 0)
        if turns:
            words, left, top = _turned(page, found, turns, scale), 0, 0
        words = ocr.moved(words, left - ocr.MARGIN, top - ocr.MARGIN)
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


def _turned(page: pdfium.PdfPage, found: Page, turns: int, scale: float) -> list[tesseract.Word]:
    """The words on a scan that lies on its side: the page is turned, and nothing but the scan is left on it."""
    page.set_rotation((page.get_rotation() + 90 * turns) % 360)
    if turns % 2:
        found.width, found.height = found.height, found.width
    found.level, found.upright, found.pictures = [], [], []
    picture = np.squeeze(page.render(scale=scale, grayscale=True).to_numpy())
    return ocr.recognise_best(np.pad(picture, ocr.MARGIN, constant_values=255))


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
