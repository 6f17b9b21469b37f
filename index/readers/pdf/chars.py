"""The characters of a PDF page, put together as runs of one size on one baseline.

What the runs mean is for index.readers.pdf.columns and index.readers.pdf.layout to say.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw

from index.lines import HAN
from index.readers.pdf.page import HYPHEN, Box, Char, Doubt, Page, Point, Run
from index.readers.pdf.rules import read_objects
from index.readers.pdf.vertical import laid_level, writing
from index.readers.symbols import BULLETS, FONT

FARTHEST = 100_000.0
"""Points from the corner within which characters are looked at; the largest page has 14,400."""
LARGEST_DRAWING = 2400
"""Pixels of the longer side of a page that is drawn to see whether its white text can be seen."""
CONTRAST = 24
"""Of 255 shades, by how many letters must differ from what is behind them."""
EDGE = 9.0
"""Points beyond the page's edge to which a letter may begin and still be seen in part."""
MOST_CHARACTERS = 60_000
"""Characters that are read of one page; a page of newsprint has some 15,000."""

_UNPAINTED = (3, 7)
"""Text rendering modes that paint nothing (ISO 32000-1, table 106)."""
_RADICALS = dict(
    zip(
        "⻄⻅⻆⻉⻋⻓⻔⻘⻚⻛⻜⻝⻢⻣⻥⻦⻨⻩⻬⻮⻰⺟⺠⻁⻙⻧⻤⻳",
        "西见角贝车长门青页风飞食马骨鱼鸟麦黄齐齿龙母民虎韦卤鬼龟",
        strict=True,
    )
)
"""Radicals that some fonts give instead of the characters they look like; Unicode names no equivalents for them."""
_HAN = re.compile(f"[{HAN}\u3000-\u303f\uff00-\uffef\u2018-\u201d\u2e80-\u2fdf]")
_DIGITS = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_EDGES = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def read_page(page: pdfium.PdfPage, number: int) -> Page:
    """The runs, rules and pictures of a page; `number` counts from 1."""
    to_view, width, height = _view(page)
    found = Page(number, max(width, 1.0), max(height, 1.0))
    read_objects(page, to_view, found)
    text = page.get_textpage()
    turned = False
    try:
        chars, aside = _sorted(_characters(text, to_view, found))
        if len(aside) > 3 * len(chars):  # a page that lies on its side, without saying so
            turned = True
            to_view, width, height = _turned(page, aside[0].turned)
            found.width, found.height = max(width, 1.0), max(height, 1.0)
            found.level, found.upright, found.pictures = [], [], []
            read_objects(page, to_view, found)
            found.unknown = found.hidden = 0
            chars, aside = _sorted(_characters(text, to_view, found))
    finally:
        text.close()
    if any(char.doubt for char in chars):
        seen = _visible(chars, found, page if not turned else None)
        found.hidden += len(chars) - len(seen)
        chars = seen
    found.writing = "level" if turned else writing(chars)
    if found.writing == "vertical":
        chars, aside, beside = laid_level(chars, aside, found)
        found.aside = list(_runs(beside))
    found.runs = list(_runs(chars))
    found.aside += _turned_runs(aside)
    return found


def _visible(chars: list[Char], found: Page, page: pdfium.PdfPage | None) -> list[Char]:
    """The characters that a reader of the page sees, and those that recognition has laid over a picture of them.

    White ones are seen where the page, which is drawn for it, is not all of one shade; without `page` they all count
    as seen.
    """
    shades = None
    if page is not None and any(char.doubt == "white" for char in chars):
        scale = min(2.0, LARGEST_DRAWING / max(found.width, found.height))
        shades = np.squeeze(page.render(scale=scale, grayscale=True).to_numpy())
    return [char for char in chars if not char.doubt or _is_seen(char, found, shades)]


def _is_seen(char: Char, found: Page, shades: np.ndarray | None) -> bool:
    if char.doubt == "small":
        return False
    middle = (char.x0 + char.x1) / 2
    if char.doubt == "unpainted":
        level = char.baseline - 0.3 * char.size
        return any(
            box.x0 - 2 <= middle <= box.x1 + 2 and box.y0 - 2 <= level <= box.y1 + 2 for box in found.pictures
        )
    if shades is None:
        return True
    scale = shades.shape[1] / found.width
    top, bottom = ((char.baseline + part * char.size) * scale for part in (-0.86, 0.14))
    spot = shades[max(0, int(top)) : int(bottom) + 1, max(0, int(char.x0 * scale)) : int(char.x1 * scale) + 1]
    return bool(spot.size) and int(spot.max()) - int(spot.min()) >= CONTRAST


def _sorted(chars: Iterator[Char]) -> tuple[list[Char], list[Char]]:
    """(level characters, turned ones)."""
    level: list[Char] = []
    aside: list[Char] = []
    for char in chars:
        (aside if char.turned else level).append(char)
    return level, aside


def _view(page: pdfium.PdfPage, extra: int = 0) -> tuple[Point, float, float]:
    """(user space → the page as shown, its width, its height), turned by `extra` more degrees."""
    left, bottom, right, top = page.get_cropbox()
    turn = (page.get_rotation() + extra) % 360
    if turn == 90:
        return (lambda x, y: (y - bottom, x - left)), top - bottom, right - left
    if turn == 180:
        return (lambda x, y: (right - x, y - bottom)), right - left, top - bottom
    if turn == 270:
        return (lambda x, y: (top - y, right - x)), top - bottom, right - left
    return (lambda x, y: (x - left, top - y)), right - left, top - bottom


def _turned(page: pdfium.PdfPage, angle: int) -> tuple[Point, float, float]:
    """The view in which text that runs at `angle` (degrees, clockwise as shown) is level."""
    return _view(page, -angle)


@dataclass(slots=True)
class _Style:
    """What all characters of one text object share."""

    size: float
    bold: bool
    turned: int
    doubt: Doubt


def _characters(text: pdfium.PdfTextPage, to_view: Point, found: Page) -> Iterator[Char]:
    """The visible characters in the order of the file; white space becomes a mark on what follows it."""
    styles: dict[int, _Style] = {}
    fonts: dict[int, bool] = {}
    right, low = found.width + EDGE, found.height + EDGE
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    spaced = False
    for i in range(min(text.count_chars(), MOST_CHARACTERS)):
        code = raw.FPDFText_GetUnicode(text, i)
        if code <= 32 and code not in (0, 2):
            spaced = True
            continue
        char = _meaning(code)
        handle = raw.FPDFText_GetTextObject(text, i)
        key = ctypes.addressof(handle.contents) if handle else 0
        style = styles.get(key)
        if style is None:
            style = styles[key] = _style(text, i, handle, to_view, fonts)
        if not char:
            found.unknown += code not in (0, 0xFEFF) and chr(code) not in _EDGES
            continue
        raw.FPDFText_GetLooseCharBox(text, i, box)
        raw.FPDFText_GetCharOrigin(text, i, x, y)
        start, baseline = to_view(x.value, y.value)
        a, b = to_view(box.left, y.value)[0], to_view(box.right, y.value)[0]
        if style.turned:
            start, baseline = to_view(box.left, box.bottom)
            a = b = start
        if not (-EDGE <= start <= right and -EDGE <= baseline <= low and -FARTHEST < a + b < FARTHEST):
            found.hidden += 1  # beside the page; also for what is no number
            continue
        yield Char(
            char, min(a, b), max(a, b), baseline, style.size, style.bold, spaced, style.turned, style.doubt
        )
        spaced = False


def _meaning(code: int) -> str:
    """The text of a character code; "" for one that means nothing."""
    if code in (2, 0xFFFE):
        return HYPHEN
    if code < 0x2000:
        return chr(code) if code >= 32 and code != 0xAD and not 0x7F <= code < 0xA0 else ""
    char = chr(code)
    if 0x2F00 <= code <= 0x2FDF or 0xFB00 <= code <= 0xFB06:
        return unicodedata.normalize("NFKC", char)
    if 0x2E80 <= code <= 0x2EFF:
        return _RADICALS.get(char, char)
    if 0xE000 <= code <= 0xF8FF:
        return BULLETS.get(code - FONT, "")
    if char in _EDGES or code in (0xFFFD, 0xFFFF) or 0xD800 <= code <= 0xDFFF:
        return ""
    return char


def _style(
    text: pdfium.PdfTextPage, i: int, handle: object, to_view: Point, fonts: dict[int, bool]
) -> _Style:
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, i, matrix)
    size = raw.FPDFText_GetFontSize(text, i) * math.hypot(matrix.c, matrix.d)
    size = size if 0.1 < size < FARTHEST else 0.1
    (ax, ay), (bx, by) = to_view(0, 0), to_view(matrix.a, matrix.b)
    turn = math.degrees(math.atan2(by - ay, bx - ax))
    angle = round(turn) % 360 if math.isfinite(turn) else 0
    near = min((0, 90, 180, 270, 360), key=lambda turn: abs(angle - turn))
    turned = near % 360 if abs(angle - near) <= 3 else angle
    if not handle:
        return _Style(size, False, turned, "")
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    raw.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha)
    mode = raw.FPDFTextObj_GetTextRenderMode(handle)
    white = mode == 0 and (min(red.value, green.value, blue.value) >= 240 or alpha.value < 16)
    doubt: Doubt = "small" if size < 1.5 else "unpainted" if mode in _UNPAINTED else "white" if white else ""
    font = raw.FPDFTextObj_GetFont(handle)
    key = ctypes.addressof(font.contents) if font else 0
    if key not in fonts:
        fonts[key] = _is_bold(font)
    return _Style(size, fonts[key], turned, doubt)


def _is_bold(font: object) -> bool:
    """Whether a font's name says that it is heavy; SimHei (黑体) is the bold of Chinese typesetting."""
    if not font:
        return False
    name = ctypes.create_string_buffer(200)
    raw.FPDFFont_GetBaseFontName(font, name, 200)
    return bool(re.search(rb"bold|black|heavy|hei\b|simhei|-b\d|xbs|dbs|hei-", name.value.lower()))


def _runs(chars: list[Char]) -> Iterator[Run]:
    """Puts characters that touch together; what is printed twice for weight is there once."""
    seen: set[tuple[str, int, int]] = set()
    held: list[Char] = []
    for char in chars:
        if held and not _touch(held[-1], char):
            yield from _finished(held, seen)
            held = []
        held.append(char)
    if held:
        yield from _finished(held, seen)


def _turned_runs(chars: list[Char]) -> Iterator[Run]:
    """Text that is not level, in the order of the file; its letters have no places of their own."""
    held: list[Char] = []
    for char in [*chars, None]:
        if held and (
            char is None
            or math.dist((held[-1].x0, held[-1].baseline), (char.x0, char.baseline)) > 3 * char.size
        ):
            text = held[0].text + "".join(" " * one.spaced + one.text for one in held[1:])
            xs, ys = [one.x0 for one in held], [one.baseline for one in held]
            box = Box(min(xs), min(ys), max(xs), max(ys))
            yield Run(text, box, max(ys), held[0].size, False, [(box.x0, box.x1)] * len(text))
            held = []
        if char is not None:
            held.append(char)


def _touch(a: Char, b: Char) -> bool:
    size = max(a.size, b.size)
    gap = b.x0 - a.x1
    return (
        a.turned == b.turned
        and abs(a.size - b.size) <= 0.12 * size
        and abs(a.baseline - b.baseline) <= 0.12 * size
        and -0.75 * size <= gap <= 0.95 * size
        and b.x0 > a.x0 - 0.2 * size
    )


def _finished(held: list[Char], seen: set[tuple[str, int, int]]) -> Iterator[Run]:
    size = max(char.size for char in held)
    baseline = median(char.baseline for char in held)
    gaps = [b.x0 - a.x1 for a, b in pairwise(held)]
    han = [_is_han(char.text) for char in held]
    among_han = [gap for gap, first, second in zip(gaps, han[:-1], han[1:], strict=True) if first and second]
    usual = max(0.0, median(among_han)) if among_han else 0.0
    text, letters = held[0].text, _split(held[0])
    for gap, (a, b), first, second in zip(gaps, pairwise(held), han[:-1], han[1:], strict=True):
        wide = first or second  # what stands for several characters, as a ligature, is not Chinese
        if (gap - usual > 0.45 * size) if wide else (b.spaced and gap > -0.1 * size) or gap > 0.3 * size:
            text += " "
            letters.append((a.x1, b.x0))
        text += b.text
        letters += _split(b)
    left, right = min(char.x0 for char in held), max(char.x1 for char in held)
    if not text.strip():
        return
    key = (text, round(left / 2), round(baseline / 2))
    if key not in seen:
        seen.add(key)
        bold = 2 * sum(char.bold for char in held) > len(held)
        box = Box(left, baseline - 0.86 * size, right, baseline + 0.14 * size)
        yield Run(text, box, baseline, size, bold, letters)


def _split(char: Char) -> list[tuple[float, float]]:
    """One (left, right) for each character that a glyph stands for; a ligature stands for several."""
    n = len(char.text)
    if n == 1:
        return [(char.x0, char.x1)]
    step = (char.x1 - char.x0) / n
    return [(char.x0 + k * step, char.x0 + (k + 1) * step) for k in range(n)]


def _is_han(char: str) -> bool:
    return bool(_HAN.match(char))


def raised(text: str) -> str:
    """Raised digits in the characters that Unicode has for them: 6 → ⁶, so that 10 and 6 do not become 106."""
    return text.translate(_DIGITS)
