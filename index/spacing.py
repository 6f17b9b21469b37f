"""White space inside a paragraph: which of it the layout put there, and where two joined lines need a space.

Between Chinese and Latin many layouts put spaces that nobody typed; between Latin words a line break stands for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.furniture import Marks
from index.lines import HAN, Line, columns, first_unit, squeeze

LEAST_SEAMS = 3
"""Spaces between Chinese and Latin from which on they can be the layout's habit."""

_SEAM = re.compile(
    rf"[ \u00a0](?:(?<=[{HAN}].)[ \u00a0]*(?=[0-9A-Za-z])|(?<=[0-9A-Za-z%℃].)[ \u00a0]*(?=[{HAN}]))"
)
"""Spaces between Chinese and Latin. What is rarer than Chinese comes first here and below: it is what is searched for."""

_LATIN_BEHIND = re.compile(rf"[0-9A-Za-z](?<=[{HAN}].)")
_LATIN_BEFORE = re.compile(rf"[0-9A-Za-z%℃](?=[{HAN}])")
_TIGHT = re.compile(rf"[{HAN}][0-9A-Za-z]|[0-9A-Za-z%℃][{HAN}]")
_LATIN_END = re.compile(r"[^\W_\u2e80-\uffff][,.;:)%'\"!?\]”]{0,3}$|\s[-–—&]$|[A-Za-z0-9] ?[–&]$")
_LATIN_START = re.compile(r"[^\W_\u2e80-\uffff]|[(–&\"'\[$“][^\W_\u2e80-\uffff]")
_BROKEN_WORD = re.compile(r"[a-z]{2}-$")


class Spacing:
    """Where the lines of one text get a space when they are joined, and which of their own spaces go."""

    def __init__(self, marks: Marks) -> None:
        self.lines = marks.lines
        self.tighten = bool(marks.width) and _is_spaced(marks.lines)
        """Whether spaces between Chinese and Latin are the layout's, and go."""
        self._in_titles = _spaces_in_titles(marks, self.tighten) if marks.titles else {}

    def parts(self, above: int, below: int) -> bool:
        """Whether a space parts the lines with these numbers, which are joined: it does between Latin words."""
        known = self._in_titles.get(below)
        return _needs_space(self.lines[above], self.lines[below]) if known is None else known

    def spans(self, line: Line, end: int) -> Iterator[tuple[int, int]]:
        """What is kept of a line up to `end`, as spans of the original."""
        at = line.start
        if self.tighten and (" " in line.text or "\u00a0" in line.text):
            for match in _SEAM.finditer(line.text):
                yield at, line.start + match.start()
                at = line.start + match.end()
        yield at, end


def hyphenates(above: Line, below: Line) -> bool:
    """Whether an English word is broken at the end of a line, so that its hyphen goes."""
    return _breaks_word(above, below) and below.text[0].isascii()


def _breaks_word(above: Line, below: Line) -> bool:
    return above.text[-1] == "-" and below.text[0].islower() and bool(_BROKEN_WORD.search(above.text[-3:]))


def _needs_space(above: Line, below: Line) -> bool:
    """Whether a Latin word ends above, and another begins below."""
    if not _LATIN_START.match(below.text) or not _LATIN_END.search(above.text[-4:]):
        return False
    return not _breaks_word(above, below)


def _is_spaced(lines: Sequence[Line]) -> bool:
    """Whether the layout puts spaces between Chinese and Latin throughout."""
    text = "\n".join(line.text for line in lines)
    spaced = len(_SEAM.findall(text))
    if spaced < LEAST_SEAMS:
        return False
    tight = len(_LATIN_BEHIND.findall(text)) + len(_LATIN_BEFORE.findall(text))
    return spaced >= 0.5 * (spaced + tight)


def _spaces_in_titles(marks: Marks, tighten: bool) -> dict[int, bool]:
    """Whether a space stands before each line that continues a title, where the layout tells.

    The source line below the title and its entry in the contents say the same words, broken elsewhere.
    Where neither tells, white space at the end of a line that the margin didn't end is its author's.
    """
    spaces: dict[int, bool] = {}
    for title in marks.titles:
        parts = [marks.lines[i] for i in range(title.first, title.last + 1)]
        ranges = [(title.last + 1, title.link_last), title.entry or (0, -1)]
        copies = [[marks.lines[i].text for i in range(first, last + 1)] for first, last in ranges]
        key = "".join(line.key for line in parts)
        at = 0
        for i, (above, below) in enumerate(pairwise(parts), title.first + 1):
            at += len(above.key)
            told = [space for copy in copies if (space := _space_at(copy, key, at)) is not None]
            if tighten and _TIGHT.match(above.text[-1] + below.text[0]):
                told = [False]
            if told:
                spaces[i] = told[0]
            elif not above.text[-1].isascii() and not below.text[0].isascii():
                full = columns(above.text) + columns(first_unit(below.text)) > marks.width > 0
                spaces[i] = above.trailed and not full
    return spaces


def _space_at(copy: Sequence[str], key: str, at: int) -> bool | None:
    """Whether a copy of a title has white space before the character `at` of its `key`; None if it breaks there."""
    found = "".join(squeeze(line) for line in copy).find(key)
    if found < 0:
        return None
    rest = found + at
    for line in copy:
        if rest <= 0:
            return None
        words = line.split()
        for word in words[:-1]:
            rest -= len(word)
            if rest <= 0:
                return rest == 0
        rest -= len(words[-1])
        if rest < 0:
            return False
    return None
