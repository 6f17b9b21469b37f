"""Chinese text that runs from top to bottom, in columns from right to left.

A file doesn't say so: each character stands upright, below the one before it. Such a page is turned by a quarter to the
left, so that its columns become lines, each below the one before; all else then works as for any page. Text in
columns from left to right, and vertical text in a picture, is not known as such.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.lines import HAN
from index.readers.pdf.page import Box, Char, Page, Writing

LEAST = 16
"""Characters below one another from which on a page has vertical text."""
COLUMN = 6
"""Characters of a column at the least; a label stacked in the cell of a table has fewer."""
MOSTLY = 0.75
"""Share of a page's steps from one Chinese character to the next that go down, from which on all of it is vertical."""
STEP = (0.7, 1.9)
"""How far it is down to the next character of a column, in parts of its size."""
ASIDE = 0.35
"""How far aside that one may stand, in the same parts."""

_HAN = re.compile(f"[{HAN}\u3000-\u303f\uff00-\uffef\ufe10-\ufe19\ufe30-\ufe44]")
_UPRIGHT = str.maketrans(
    "︐︑︒︓︔︕︖︗︘︙︱︵︶︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄",
    "，、。：；！？〖〗…—（）｛｝〔〕【】《》〈〉「」『』",
)
"""The forms that punctuation has in columns, which Unicode knows (FE10 to FE44), in lines."""
_PAGE_NUMBER = re.compile(r"\W*[\d〇一二三四五六七八九十百]{1,5}\W*")


def writing(chars: Sequence[Char]) -> Writing:
    """How the level characters of a page, in the order of the file, run.

    "both" where two columns or more stand side by side on a page with lines, whose order is then in doubt.
    """
    down = across = 0
    columns: list[list[Char]] = [[]]
    for a, b in pairwise(chars):
        is_down = _is_below(a, b)
        down += is_down
        across += not is_down and _is_beside(a, b)
        if not is_down:
            columns.append([])
        elif not columns[-1]:
            columns[-1] += [a, b]
        else:
            columns[-1].append(b)
    if down < LEAST:
        return "level"
    if down >= MOSTLY * (down + across):
        return "vertical"
    long = [_bounds(column) for column in columns if len(column) >= COLUMN]
    return "both" if any(_are_side_by_side(one, other) for one, other in pairwise(long)) else "level"


def laid_level(
    chars: Sequence[Char], aside: Sequence[Char], page: Page
) -> tuple[list[Char], list[Char], list[Char]]:
    """(the characters of the columns as those of lines, other turned ones, level ones that are in no column).

    Turns the page, too; its rules and pictures are left out. Latin words, which lie on their side in a column, are
    level then; a number that stands upright in its column, 25 in 25日, is one character wide. Page numbers are dropped.
    """
    width = page.width
    page.width, page.height = page.height, page.width
    page.level, page.upright, page.pictures = [], [], []
    places = _places(chars)
    lying = [char for char in aside if char.turned == 90]
    lines: list[Char] = []
    beside: list[Char] = []
    for group in _groups(chars):
        if _is_in_column(group, places):
            lines += _stacked(group, width)
        elif not _PAGE_NUMBER.fullmatch("".join(char.text for char in group)):
            beside += group
    lines += _words(lying, width)
    return lines, [char for char in aside if char.turned != 90], beside


def box_on_page(box: Box, page: Page) -> Box:
    """A box of a vertical page, which was turned, as it is on the page as shown."""
    return Box(page.height - box.y1, box.x0, page.height - box.y0, box.x1)


def _is_han(char: Char) -> bool:
    return _HAN.match(char.text) is not None


def _middle(char: Char) -> float:
    return (char.x0 + char.x1) / 2


def _is_below(a: Char, b: Char) -> bool:
    """Whether `b` is the next Chinese character of a column."""
    size = max(a.size, b.size)
    return (
        STEP[0] * size <= b.baseline - a.baseline <= STEP[1] * size
        and abs(_middle(a) - _middle(b)) <= ASIDE * size
        and _is_han(a)
        and _is_han(b)
    )


def _is_beside(a: Char, b: Char) -> bool:
    """Whether `b` is the next character of a line."""
    size = max(a.size, b.size)
    return abs(a.baseline - b.baseline) <= 0.2 * size and 0 < b.x0 - a.x0 <= 2 * size and _is_han(b)


def _bounds(column: Sequence[Char]) -> Box:
    return Box(
        min(char.x0 for char in column),
        column[0].baseline - column[0].size,
        max(char.x1 for char in column),
        column[-1].baseline,
    )


def _are_side_by_side(one: Box, other: Box) -> bool:
    apart = max(one.x0, other.x0) - min(one.x1, other.x1)
    return 0 <= apart <= 3 * min(one.width, other.width) and min(one.y1, other.y1) - max(
        one.y0, other.y0
    ) > 0.5 * min(one.height, other.height)


def _places(chars: Sequence[Char]) -> Counter[int]:
    """Where the columns stand: the middles of Chinese characters that stand below another, in points → how many."""
    return Counter(round(_middle(b)) for a, b in pairwise(chars) if _is_below(a, b))


def _groups(chars: Sequence[Char]) -> Iterator[list[Char]]:
    """Characters that stand side by side, such as 12 in a column, together."""
    held: list[Char] = []
    for char in chars:
        last = held[-1] if held else None
        near = last is not None and abs(last.baseline - char.baseline) <= 0.2 * char.size
        if last is not None and not (near and -0.3 * char.size <= char.x0 - last.x1 <= 0.3 * char.size):
            yield held
            held = []
        held.append(char)
    if held:
        yield held


def _is_in_column(group: Sequence[Char], places: Counter[int]) -> bool:
    size = max(char.size for char in group)
    middle = (group[0].x0 + group[-1].x1) / 2
    if group[-1].x1 - group[0].x0 > 1.6 * size:
        return False
    if any(map(_is_han, group)):  # the last character of a paragraph may have a column of its own
        return True
    reach = max(1, round(ASIDE * size))
    return any(places[round(middle) + off] for off in range(-reach, reach + 1))


def _stacked(group: Sequence[Char], width: float) -> Iterator[Char]:
    """The characters of one step down a column, as those of a line."""
    size = max(char.size for char in group)
    middle = (group[0].x0 + group[-1].x1) / 2
    top, step = group[0].baseline - 0.86 * size, size / len(group)
    for n, char in enumerate(group):
        yield Char(
            char.text.translate(_UPRIGHT),
            top + n * step,
            top + (n + 1) * step,
            width - middle + 0.36 * size,
            size,
            char.bold,
            char.spaced and n > 0,
            0,
            char.doubt,
        )


def _words(lying: Sequence[Char], width: float) -> Iterator[Char]:
    """Characters that lie on their side, of which only the lower left corner is known, as those of a line."""
    before: Char | None = None
    for char in lying:
        follows = (
            before is not None
            and abs(char.x0 - before.x0) <= 0.5 * char.size
            and 0 < char.baseline - before.baseline <= 1.5 * char.size
        )
        top = before.baseline if before is not None and follows else char.baseline - 0.5 * char.size
        top = max(top, char.baseline - char.size)
        baseline = width - char.x0 - 0.14 * char.size
        yield Char(char.text, top, char.baseline, baseline, char.size, char.bold, char.spaced, 0, char.doubt)
        before = char
