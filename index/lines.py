"""Lines as they came: where their words begin and end, how wide they are, what stands around them.

This module only measures; what a line *is* (a page number, a title, half a sentence) is decided in
index.furniture and index.wraps.
"""

from __future__ import annotations

from dataclasses import dataclass

from index.patterns import regex

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Character class of Chinese characters, for use inside [] of a pattern."""

CLOSERS = "”’」』）)】》〉\"'"
SENTENCE_END = regex(rf"[。！？!?…．][{CLOSERS}]*$|[A-Za-z0-9)%][.][{CLOSERS}]*$")
_ENDS = frozenset("。！？!?…．")
_MAY_END = frozenset(CLOSERS + ".\n")  # last characters of which only what stands before them tells
_UNIT = regex(
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
    last = text[-1:]
    return last in _ENDS or (last in _MAY_END and bool(SENTENCE_END.search(text[-8:])))


def read_lines(text: str) -> list[Line]:
    """The lines of `text` that are not blank. A form feed ends a line, too."""
    lines: list[Line] = []
    at, blanks, new_page = 0, 0, False
    has_feeds = "\f" in text
    for raw in text.split("\n"):
        here, at = at, at + len(raw) + 1
        if has_feeds and "\f" in raw:
            for part in raw.split("\f"):
                words = part.strip()
                if words:
                    lines.append(_line(here, part, words, blanks, new_page))
                    blanks = 0
                here += len(part) + 1
                new_page = True
            new_page = not raw.rsplit("\f", 1)[1].strip()
            continue
        words = raw.strip()
        if words:
            lines.append(_line(here, raw, words, blanks, new_page))
            blanks, new_page = 0, False
        else:
            blanks += 1
    return lines


def _line(start: int, raw: str, words: str, blanks: int, new_page: bool) -> Line:
    """The line of `words` that stand in `raw`, which begins at `start`."""
    if len(words) == len(raw):
        return Line(start, start + len(raw), words, 0, False, blanks, new_page, columns(words))
    before = len(raw) - len(raw.lstrip())
    indent = columns(raw[:before].replace("\t", "    "))
    end = before + len(words)
    return Line(start + before, start + end, words, indent, end < len(raw), blanks, new_page, columns(words))
