"""Where a quotation stands on a page of a PDF: the page is read once more, and the words are looked for in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.lines import squeeze
from index.readers.pdf.columns import TextLine
from index.readers.pdf.layout import reading_lines
from index.readers.pdf.page import HYPHEN, Box, Page
from index.readers.pdf.reader import read_single_page
from index.readers.pdf.vertical import box_on_page


def boxes(data: bytes, page: int, quote: str, name: str = "") -> list[Box]:
    """Where `quote` stands on page `page` (from 1) of a PDF: one box a line, in reading order; [] if it does not.

    The page is read anew, with recognition if it is a picture. Of a quotation that goes on overleaf, the part on
    this page; of a table's row, its values. White space and hyphens at line ends make no difference.
    """
    found = read_single_page(data, page, name)
    return boxes_on(found, quote) if found is not None else []


def boxes_on(page: Page, quote: str) -> list[Box]:
    """As `boxes`, on a page that has been read."""
    found = _find(reading_lines(page), quote)
    return [box_on_page(box, page) for box in found] if page.writing == "vertical" else found


def _find(lines: Sequence[TextLine], quote: str) -> list[Box]:
    letters: list[tuple[int, Box]] = []
    text = ""
    for number, line in enumerate(lines):
        for piece, run in line.pieces():
            if run is None:
                continue
            for char, (left, right) in zip(piece, run.letters, strict=True):
                if not char.isspace() and char not in ("-", HYPHEN):
                    text += char
                    letters.append((number, Box(left, run.box.y0, right, run.box.y1)))
    wanted = _bare(quote)
    at = text.find(wanted)
    if at >= 0 and wanted:
        return _by_line(letters[at : at + len(wanted)])
    for part in (_longest(text, wanted), _longest(text[::-1], wanted[::-1])):
        at, length = part
        if length >= max(6, 0.2 * len(wanted)) and (at + length == len(text) or part[1] >= 0.5 * len(wanted)):
            start = at if text[at : at + length] == wanted[:length] else len(text) - at - length
            return _by_line(letters[start : start + length])
    found: list[tuple[int, Box]] = []
    after = 0
    for value in re.split("[：；]", quote):
        at = text.find(_bare(value), after)
        if value and at >= 0:
            found += letters[at : at + len(_bare(value))]
            after = at + len(_bare(value))
    return _by_line(found)


def _bare(text: str) -> str:
    return squeeze(text).replace("-", "").replace(HYPHEN, "")


def _longest(text: str, wanted: str) -> tuple[int, int]:
    """(place, length) of the longest beginning of `wanted` that stands in `text`."""
    low, high, at = 0, len(wanted), 0
    while low < high:
        middle = (low + high + 1) // 2
        found = text.find(wanted[:middle])
        if found >= 0:
            low, at = middle, found
        else:
            high = middle - 1
    return at, low


def _by_line(letters: Sequence[tuple[int, Box]]) -> list[Box]:
    found: dict[int, Box] = {}
    for number, box in letters:
        found[number] = found[number].around(box) if number in found else box
    return list(found.values())
