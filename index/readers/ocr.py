"""Text in pictures and scanned pages, recognised by index.readers.tesseract, with its confidence.

Finds the size and the direction in which a picture is read best, leaves out noise, and makes lines of the words: what
tesseract puts between Chinese characters as spaces is taken out again. Text that runs from top to bottom is not
recognised.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from statistics import median

import numpy as np
from PIL import ExifTags, Image, ImageOps, ImageSequence, UnidentifiedImageError

from index.errors import ReadError
from index.lines import HAN
from index.passage import Document
from index.readers import tesseract
from index.readers.pdf.document import document_of_pages
from index.readers.pdf.layout import Paragraph, paragraphs_of
from index.readers.pdf.page import Box, Page, Run
from index.readers.tesseract import SECONDS, Word

FILE_SECONDS = 400
"""After this time no more pages of a file are recognised; the process that reads it may take ten minutes."""
TIME_UP = f"识别用时超过 {FILE_SECONDS} 秒，请拆分文件 recognition took more than {FILE_SECONDS} s, please split the file"
LEAST_CONFIDENCE = 45.0
"""0 to 100. Lines below it on the mean are noise: specks, rules, stamps, parts of pictures. A single word below it
stays in its line, where a wrong character hurts less than a missing one."""
LEAST_SIDE, LONG_SIDE = 1200, 3500
"""Pixels of a page's longer side when it is recognised: 3500 are A4 at 300 dots per inch. In between, a scan is
recognised as it was scanned: more pixels are made up, and took longer and read no better. A smaller picture may be
a page scanned poorly or a clipping with large letters, and is tried both larger and as it is."""
LARGER = 2.0
"""How much larger a small picture is tried, at the most."""
FEW = 40
"""Characters below which a picture read poorly is tried in all directions, if nothing tells which is up."""
SURE_OF_TURN = 1.0
"""Tesseract's confidence in a picture's orientation from which it is believed; pages of text have 3 to 20."""
POOR, ANEW = 80.0, 0.62
"""A page below this confidence is recognised once more at this share of its size, and the better one is taken."""
SURE = 88.0
"""The same for a small picture that was made larger: below it, it is also recognised as it is."""
MARGIN = 10
"""Pixels of white around a picture; without them letters at its edge are lost."""
LEAST_CONTRAST = 32
"""Of 255 shades, by how many the letters in a picture differ from what is behind them."""
LEAST_BYTES = 1 / 20_000
"""Bytes a pixel of a file below which its picture is blank: a page with one line of text has four times as many in the
densest of the formats."""
SMALL = 0.87
"""Lines lower than this share of a page's usual line are small print."""
MOST_PIXELS = 80_000_000
"""Pixels of a picture above which it is not opened."""
MOST_FRAMES = 500
"""Pages of a TIFF file."""
POINTS = 0.24
"""Points a pixel of a picture, as if it had 300 dots per inch."""
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
"""Kinds of pictures that are opened, by Pillow's names."""
_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""What Pillow raises for a picture that is damaged or none."""
_WIDE = frozenset("，。、；：！？“”‘’（）《》【】—…·％～")


def recognise(grey: np.ndarray, seconds: float = SECONDS) -> list[Word]:
    """The words in a grey picture, (height, width) of uint8, in reading order, noise left out.

    Raises ReadError when tesseract fails, or takes more than `seconds` or than it should for so many pixels.
    """
    return [] if _is_blank(grey) else _without_noise(tesseract.marks(grey, seconds))


def _is_blank(grey: np.ndarray) -> bool:
    """Whether nothing in a picture, within its margin, differs from the rest as letters do."""
    inner = grey[MARGIN:-MARGIN, MARGIN:-MARGIN]
    return not inner.size or int(inner.max()) - int(inner.min()) < LEAST_CONTRAST


def recognise_best(grey: np.ndarray, seconds: float = SECONDS) -> list[Word]:
    """`recognise`, and once more at another size where that leaves doubts: the better of both.

    A small picture is tried larger first. Boxes count pixels of `grey` either way.
    """
    return _best(grey, seconds)[0]


def _best(grey: np.ndarray, seconds: float) -> tuple[list[Word], bool]:
    """What `recognise_best` gives, and whether there was anything in the picture that looked like a word."""
    if _is_blank(grey):
        return [], False
    enlarged = min(LEAST_SIDE / max(grey.shape), LARGER)
    first, second, sure = (enlarged, 1.0, SURE) if enlarged > 1 else (1.0, ANEW, POOR)
    marks = _at_size(grey, first, seconds)
    words = _without_noise(marks)
    if words and mean_confidence(words) >= sure:
        return words, True
    if not words and bool(marks) == (enlarged > 1):  # large letters, made larger, may not be seen at all
        return [], bool(marks)
    others = _at_size(grey, second, seconds)
    is_marked = bool(marks or others)
    others = _without_noise(others)
    return (others if _worth(others) > _worth(words) else words), is_marked


def recognise_upright(grey: np.ndarray, seconds: float = SECONDS) -> tuple[list[Word], int]:
    """(words, quarter turns clockwise that set the picture upright): of a page that lies on its side or its head.

    Boxes count pixels of the picture so turned, `np.rot90(grey, -turns)`. Others are only tried where recognition goes
    poorly as the picture is.
    """
    best, is_marked = _best(grey, seconds)
    if not is_marked or (best and mean_confidence(best) >= POOR and _is_level(best)):
        return best, 0
    best_turns = 0
    turns = _quarter_turns(grey, seconds)
    if not turns and _is_level(best) and sum(len(word.text) for word in best) >= FEW:
        return best, 0
    for turn in sorted((1, 3, 2), key=lambda turn: turn != turns):
        words = recognise(np.ascontiguousarray(np.rot90(grey, -turn)), seconds)
        if words and _is_level(words) and (_worth(words) > _worth(best) or not _is_level(best)):
            best, best_turns = words, turn
            if mean_confidence(words) >= POOR:
                break
    return best, best_turns


def _is_level(words: Sequence[Word]) -> bool:
    """Whether words of several characters are wider than high; tesseract reads some pictures from the side."""
    long = [word for word in words if len(word.text) > 1]
    return 2 * sum(word.box.width > word.box.height for word in long) >= len(long)


def _quarter_turns(grey: np.ndarray, seconds: float) -> int | None:
    """By how many quarter turns clockwise the text would be upright, by tesseract's own detection; None if unknown."""
    try:
        said = tesseract.say(grey, ("-l", "osd", "--psm", "0"), seconds)
    except ReadError:  # too few letters, or its data is not installed
        return None
    found = re.search(r"^Rotate: (0|90|180|270)$", said, re.MULTILINE)
    sure = re.search(r"^Orientation confidence: ([\d.]+)$", said, re.MULTILINE)
    return int(found[1]) // 90 if found and sure and float(sure[1]) >= SURE_OF_TURN else None


def _at_size(grey: np.ndarray, factor: float, seconds: float) -> list[Word]:
    """`tesseract.marks` at `factor` times the size; boxes count pixels of `grey`."""
    if factor == 1:
        return tesseract.marks(grey, seconds)
    height, width = grey.shape
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    others = tesseract.marks(
        np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.LANCZOS)), seconds
    )
    x, y = width / size[0], height / size[1]
    return [
        replace(word, box=Box(word.box.x0 * x, word.box.y0 * y, word.box.x1 * x, word.box.y1 * y))
        for word in others
    ]


def moved(words: Sequence[Word], x: float, y: float) -> list[Word]:
    """The words with their boxes shifted by (x, y) pixels."""
    return [
        replace(word, box=Box(word.box.x0 + x, word.box.y0 + y, word.box.x1 + x, word.box.y1 + y))
        for word in words
    ]


def _worth(words: Sequence[Word]) -> float:
    """How much was recognised how well: every character counts by how far it is above noise."""
    return sum(len(word.text) * (word.confidence - LEAST_CONFIDENCE) for word in words)


def _without_noise(words: Iterable[Word]) -> list[Word]:
    kept: list[Word] = []
    for _, group in groupby(words, key=lambda word: word.line):
        line = list(group)
        if mean_confidence(line) >= LEAST_CONFIDENCE:
            kept += line
    return kept


def runs_of(words: Sequence[Word], scale: float) -> list[Run]:
    """Words as runs of a page, a line or a part of one each.

    `scale` is points a pixel. Lines have one of two sizes, the page's usual and that of small print, since the
    heights of recognised words say no more.
    """
    if not words:
        return []
    usual = 1.1 * median(word.box.height for word in words)
    runs: list[Run] = []
    size, block = usual, -1
    for _, group in groupby(words, key=lambda word: word.line):
        line = list(group)
        heights = [word.box.height for word in line if _is_wide(word.text[0]) and word.text[0] not in _WIDE]
        if len(heights) >= 4:
            size = usual if 1.1 * median(heights) > SMALL * usual else 0.76 * usual
        elif line[0].line[0] != block:
            size = usual
        block = line[0].line[0]
        held: list[Word] = []
        for word in line:
            if held and word.box.x0 - held[-1].box.x1 > 2.2 * size:
                runs.append(_run(held, size, scale))
                held = []
            held.append(word)
        runs.append(_run(held, size, scale))
    return runs


def _run(words: Sequence[Word], size: float, scale: float) -> Run:
    text = ""
    letters: list[tuple[float, float]] = []
    before: Word | None = None
    for word in words:
        if before is not None and not _is_glued(before, word, size):
            text += " "
            letters.append((before.box.x1, word.box.x0))
        step = word.box.width / len(word.text)
        text += word.text
        letters += [(word.box.x0 + k * step, word.box.x0 + (k + 1) * step) for k in range(len(word.text))]
        before = word
    bottom = median(word.box.y1 for word in words)
    placed = [(left * scale, right * scale) for left, right in letters]
    baseline = (bottom - 0.1 * size) * scale
    box = Box(placed[0][0], baseline - 0.86 * size * scale, placed[-1][1], baseline + 0.14 * size * scale)
    count = sum(len(word.text) for word in words)
    confidence = sum(word.confidence * len(word.text) for word in words) / count
    return Run(text, box, baseline, size * scale, False, placed, confidence)


def _is_glued(a: Word, b: Word, size: float) -> bool:
    """Whether no space belongs between two words: Chinese is written without."""
    return (_is_wide(a.text[-1]) or _is_wide(b.text[0])) and b.box.x0 - a.box.x1 < 1.2 * size


def _is_wide(char: str) -> bool:
    return HAN[0] <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char in _WIDE


def page_of(words: Sequence[Word], number: int, width: float, height: float, scale: float) -> Page:
    """A page of `width` × `height` points that holds nothing but recognised words."""
    page = Page(number, width, height, runs_of(words, scale), recognised=True)
    page.confidence = mean_confidence(words)
    return page


def mean_confidence(words: Sequence[Word]) -> float:
    """The mean over all characters, 0 to 100; 100 for no words."""
    count = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / count if count else 100.0


def read_picture(data: bytes, name: str) -> Document:
    """The text in a picture (PNG, JPEG, TIFF of several pages, BMP, WebP).

    Raises ReadError when there is no tesseract, when the file is no such picture or too large, and when no text
    is found in it.
    """
    if lacking := tesseract.missing():
        raise ReadError(f"{name}: 图片需要文字识别 a picture needs OCR; {lacking}")
    until = time.monotonic() + FILE_SECONDS
    pages: list[Page] = []
    for number, grey in enumerate(_frames(data, name), 1):
        height, width = grey.shape
        page = Page(number, width * POINTS, height * POINTS)
        if time.monotonic() > until:
            page.unread = TIME_UP
        else:
            words, turns = recognise_upright(grey)
            size = (page.height, page.width) if turns % 2 else (page.width, page.height)
            page = page_of(words, number, *size, POINTS)
        pages.append(page)
    kind = Image.open(io.BytesIO(data)).get_format_mimetype() or "image/*"
    return document_of_pages(pages, name, [], kind)


def size_of(data: bytes, name: str) -> tuple[int, int]:
    """(width, height) of a picture in pixels, which is not unpacked for it. Raises ReadError for what is none."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            return picture.size
    except _BROKEN as error:
        raise _damaged(name) from error


def paragraphs_in(data: bytes, name: str, seconds: float = SECONDS) -> list[Paragraph]:
    """The paragraphs in a picture that another file carries, each with its confidence; of several frames the first's.

    Raises ReadError for what is no picture or too large, and when recognition fails or takes more than `seconds`.
    """
    grey = next(_frames(data, name), None)
    if grey is None:
        return []
    height, width = grey.shape
    page = page_of(recognise_best(grey, seconds), 1, width * POINTS, height * POINTS, POINTS)
    return [paragraph for paragraph in paragraphs_of([page]) if paragraph.text.strip()]


def _damaged(name: str) -> ReadError:
    return ReadError(f"{name}: 图片已损坏或格式不符 the picture is damaged or of another format")


def _frames(data: bytes, name: str) -> Iterator[np.ndarray]:
    """The pictures of a file, grey, upright, of the size that is recognised best."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            for number, frame in enumerate(ImageSequence.Iterator(picture)):
                if frame.width * frame.height > MOST_PIXELS or number >= MOST_FRAMES:
                    raise ReadError(
                        f"{name}: 图片过大 the picture is too large; 最多 at most "
                        f"{MOST_PIXELS // 1_000_000} 百万像素 million pixels, {MOST_FRAMES} 页 pages"
                    )
                yield _grey(frame)
    except _BROKEN as error:
        raise _damaged(name) from error


def _grey(frame: Image.Image) -> np.ndarray:
    if max(frame.size) > LONG_SIDE:
        factor = LONG_SIDE / max(frame.size)
        wanted = (round(frame.width * factor), round(frame.height * factor))
        frame.draft("L", wanted)  # a JPEG is unpacked at a half or a quarter of its size then
    frame.load()
    orientation = frame.getexif().get(ExifTags.Base.Orientation, 1)
    grey = _on_white(frame).convert("L")
    factor = LONG_SIDE / max(grey.size)
    if factor < 1:
        size = (max(1, round(grey.width * factor)), max(1, round(grey.height * factor)))
        grey = grey.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if orientation != 1:
        grey.getexif()[ExifTags.Base.Orientation] = orientation
        grey = ImageOps.exif_transpose(grey)
    return np.asarray(ImageOps.expand(grey, MARGIN, 255), dtype=np.uint8)


def _on_white(frame: Image.Image) -> Image.Image:
    """The picture with white behind what is transparent."""
    if frame.mode not in ("RGBA", "LA", "P", "PA"):
        return frame
    rgba = frame.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
