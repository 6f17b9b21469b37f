"""Lines as they came: where their words begin and end, how wide they are, what stands around them.

This module only measures; what a line *is* (a page number, a title, half a sentence) is decided in
index.furniture and index.wraps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Character class of Chinese characters, for use inside [] of a pattern."""

CLOSERS = "”’」』）)】》〉\"'"
SENTENCE_END = re.compile(rf"[。！？!?…．][{CLOSERS}]*$|[A-Za-z0-9)%][.][{CLOSERS}]*$")
_UNIT = re.compile(
    r"[“‘（《【〈(\[「『±+$￥#]*(?:[A-Za-z0-9μ]+(?:[.:/&'+\-][A-Za-z0-9]+)*|\S)[，。、；：！？”’）》】〉」』…—～%℃,.;:!?)\]]*"
)
_NOT_BLANK = re.compile(r"\S(?:[^\n]*\S)?")


@dataclass(slots=True)
class Line:
    """One line with its white space set aside. Offsets count characters of the original text."""

    start: int
    end: int
    text: str
    indent: int
    """Columns of white space before the text."""
    trailed: bool
    """Whether white space stands between the text and the line end."""
    blanks: int
    """Blank lines since the previous line with text."""
    new_page: bool
    """Whether a form feed stands before it."""

    @property
    def width(self) -> int:
        """Columns of the text."""
        return columns(self.text)

    @property
    def key(self) -> str:
        """The text without any white space, for comparing."""
        return squeeze(self.text)


def columns(text: str) -> int:
    """Display width: one column for ASCII, two for anything else (so also “ ” and —, as Chinese fonts have it)."""
    return 2 * len(text) - len(text.encode("ascii", "ignore"))


def squeeze(text: str) -> str:
    """`text` without white space."""
    return "".join(text.split())


def first_unit(text: str) -> str:
    """What a line break keeps together at the start of `text`: a word, or one character with its marks."""
    match = _UNIT.match(text)
    return match[0] if match else text[:1]


def ends_sentence(text: str) -> bool:
    """Whether `text` ends as a sentence does."""
    return bool(SENTENCE_END.search(text[-8:]))


def read_lines(text: str) -> list[Line]:
    """The lines of `text` that are not blank. A form feed ends a line, too."""
    lines: list[Line] = []
    at, blanks, new_page = 0, 0, False
    for raw in text.split("\n"):
        here, at = at, at + len(raw) + 1
        if "\f" in raw:
            for part in raw.split("\f"):
                _add(lines, here, part, blanks, new_page)
                blanks, new_page = (0, False) if part.strip() else (blanks, new_page)
                here += len(part) + 1
                new_page = True
            new_page = new_page and not raw.rsplit("\f", 1)[1].strip()
            continue
        if _add(lines, here, raw, blanks, new_page):
            blanks, new_page = 0, False
        else:
            blanks += 1
    return lines


def _add(lines: list[Line], start: int, raw: str, blanks: int, new_page: bool) -> bool:
    """Adds a line unless it is blank; tells whether it did."""
    match = _NOT_BLANK.search(raw)
    if match is None:
        return False
    indent = columns(raw[: match.start()].replace("\t", "    "))
    trailed = match.end() < len(raw)
    lines.append(
        Line(start + match.start(), start + match.end(), match[0], indent, trailed, blanks, new_page)
    )
    return True
