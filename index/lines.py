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
    width: int
    """Columns of the text."""
    _key: str = ""

    @property
    def key(self) -> str:
        """The text without any white space, for comparing."""
        if not self._key:
            self._key = squeeze(self.text)
        return self._key


def columns(text: str) -> int:
    """Display width: one column for ASCII, two for anything else (so also “ ” and —, as Chinese fonts have it)."""
    if text.isascii():
        return len(text)
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
    text = raw.strip()
    if not text:
        return False
    before = len(raw) - len(raw.lstrip())
    indent = columns(raw[:before].replace("\t", "    "))
    end = before + len(text)
    lines.append(
        Line(start + before, start + end, text, indent, end < len(raw), blanks, new_page, columns(text))
    )
    return True
