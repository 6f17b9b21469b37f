"""What a page carries besides running text: links, page numbers, running headers, contents, titles.

Each function takes the lines and the kinds found so far, and marks more of them. A line is only taken
for furniture on evidence (repetition, its place on the page, a match elsewhere in the document), never
because it is short.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from index.lines import HAN, Line, ends_sentence, squeeze
from index.numbers import work_number

Kind = Literal["text", "url", "number", "header", "contents", "section", "title", "link"]

URL = re.compile(r"(?:https?://|www\.)[\w\-./?=&%#~+:;,@!$'()*\[\]]+", re.ASCII | re.IGNORECASE)
_URL_BEGINS = frozenset("hHwW")
_URL_REST = re.compile(r"(?!\d{1,4}$)[\w\-./?=&%#~+]+", re.ASCII)
_PLAIN_NUMBER = re.compile(r"(\d{1,4})(?:\s*/\s*\d{1,4})?")
_PAGE_NUMBER = re.compile(
    r"[-—–－·•]\s*\d{1,4}\s*[-—–－·•]|第\s*\d{1,4}\s*页(?:\s*(?:[/，,]\s*)?共\s*\d{1,4}\s*页)?|(?i:page\s+\d{1,4}(?:\s+of\s+\d{1,4})?)"
)
_NUMBER_BEGINS = frozenset("-—–－·•第pP")
_SITE_DASH = re.compile(r"\s[-–—|]\s|\s[-–—|]$")
_DOMAIN = re.compile(r"[（(]\s*((?:[a-z0-9-]+\.)+[a-z]{2,})\s*[)）]$", re.IGNORECASE)
_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile("[A-Za-z]{3}")
_DIGITS = re.compile(r"\d+")
_INSIDE_SENTENCE = re.compile("[。！？；，：]|、$|[,;:] |[,;:]$")

MAX_SECTION = 20
"""Columns of the longest section name in a contents list."""

MAX_TITLE = 300
"""Characters of the longest title; more are running text, whatever repeats it."""

MOST_FURNITURE = 40
"""Lines that all stand between two lines of text where one page ends and the next begins, at the most."""

LEAST_PAGE = 12
"""Lines that a page has at the least."""


@dataclass(slots=True)
class Title:
    """The lines of one article's title, and the line of its source below it."""

    first: int
    last: int
    section: str = ""
    link_last: int = -1
    """Index of the last line of the source line; -1 when there is none."""
    domain: str = ""
    entry: tuple[int, int] | None = None
    """First and last line of its entry in the contents."""


@dataclass(slots=True)
class Marks:
    """What every line was found to be; parallel to the lines."""

    lines: Sequence[Line]
    width: int = 0
    kinds: list[Kind] = field(default_factory=list)
    titles: list[Title] = field(default_factory=list)
    entry_starts: set[int] = field(default_factory=set)
    """Lines at which a contents entry begins."""
    title_at: dict[int, Title] = field(default_factory=dict)
    """The title that each line belongs to."""
    firsts: set[str] = field(default_factory=set)
    """The characters that lines begin with: most texts have no line that can be a link or a page number."""

    def __post_init__(self) -> None:
        """All lines start out as text."""
        self.kinds = ["text"] * len(self.lines)
        self.firsts = {line.text[0] for line in self.lines}

    def add_title(self, title: Title) -> Title:
        """Adds a title; returns it."""
        self.titles.append(title)
        self.title_at |= dict.fromkeys(range(title.first, title.last + 1), title)
        return title

    def text_before(self, i: int) -> int:
        """Index of the nearest line above `i` that is text, or -1 if none is near."""
        for above in range(i - 1, max(i - 1 - MOST_FURNITURE, -1), -1):
            if self.kinds[above] not in ("url", "number", "header"):
                return above
        return -1

    def is_open(self, i: int) -> bool:
        """Whether line `i` fills the page and stops mid-sentence."""
        if i < 0 or not self.width:
            return False
        return self.lines[i].width > 0.85 * self.width and not ends_sentence(self.lines[i].text)


def without_urls(marks: Marks) -> Sequence[Line]:
    """The lines that are not just a link."""
    if marks.firsts.isdisjoint(_URL_BEGINS):
        return marks.lines
    return [line for line in marks.lines if not _is_url(line.text)]


def mark_urls(marks: Marks) -> None:
    """Lines that are nothing but a link, and the rest of a link that ran over its line."""
    if marks.firsts.isdisjoint(_URL_BEGINS):
        return
    full = False  # whether the line above is a link that fills the page
    for i, line in enumerate(marks.lines):
        rest = full and not line.blanks and _URL_REST.fullmatch(line.text)
        if rest or _is_url(line.text):
            marks.kinds[i] = "url"
            full = 0 < marks.width <= line.width + 2
        else:
            full = False


def _is_url(text: str) -> bool:
    return text[0] in _URL_BEGINS and URL.fullmatch(text) is not None


def mark_numbers(marks: Marks) -> None:
    """Page numbers. A bare number counts only where it stands like one: by other furniture, or set apart in a sentence."""
    if marks.firsts.isdisjoint(_NUMBER_BEGINS) and not any(map(str.isdecimal, marks.firsts)):
        return
    lines, kinds = marks.lines, marks.kinds
    bare: list[tuple[int, int]] = []
    for i, line in enumerate(lines):
        begins = line.text[0]
        if kinds[i] != "text":
            continue
        if begins.isdecimal():
            if number := _PLAIN_NUMBER.fullmatch(line.text):
                bare.append((i, int(number[1])))
        elif begins in _NUMBER_BEGINS and _PAGE_NUMBER.fullmatch(line.text):
            kinds[i] = "number"
    if not bare:
        return
    in_series = (_series(bare) if marks.width else set()) | _all_pages(marks, bare)
    before = 0  # the last page number
    for i, value in bare:
        if i in in_series or _is_apart(marks, i) or (value == before + 1 and _ends_page(marks, i)):
            kinds[i] = "number"
            before = value


def _is_apart(marks: Marks, i: int) -> bool:
    """Whether the number on line `i` stands where pages meet."""
    line, below = marks.lines[i], marks.lines[i + 1] if i + 1 < len(marks.lines) else None
    if line.new_page or (below and below.new_page):
        return True
    if not marks.width:
        return False
    if (i and marks.kinds[i - 1] == "url") or (below and marks.kinds[i + 1] == "url"):
        return True
    if below and below.indent >= 3 and not ends_sentence(below.text):
        return True
    set_apart = line.indent >= 3 or line.blanks >= 2 or (below is not None and below.blanks >= 2)
    return set_apart and marks.is_open(marks.text_before(i))


def _all_pages(marks: Marks, bare: Sequence[tuple[int, int]]) -> set[int]:
    """The lines of the numbers set in below a gap, if they count all pages from 1 to the end of the text."""
    foot = [(i, n) for i, n in bare if marks.lines[i].indent >= 3 and marks.lines[i].blanks > 0]
    if len(foot) < 2 or [n for _, n in foot] != list(range(1, len(foot) + 1)):
        return set()
    apart = all(below - above >= LEAST_PAGE for (above, _), (below, _) in pairwise(foot[:-1]))
    return {i for i, _ in foot} if apart and _ends_page(marks, foot[-1][0]) else set()


def _ends_page(marks: Marks, i: int) -> bool:
    """Whether line `i` is set apart at the end of the text, where the number of the last page stands."""
    line = marks.lines[i]
    rest = marks.kinds[i + 1 :]
    return (line.blanks > 0 or line.indent >= 3) and all(kind in ("url", "number") for kind in rest)


def _series(numbers: Sequence[tuple[int, int]]) -> set[int]:
    """Of (line, number) pairs, the lines whose numbers rise down the document, about a page apart."""
    rising: set[int] = set()
    for (i, m), (j, n) in pairwise(numbers):
        if m < n <= m + 3 and j - i >= LEAST_PAGE:
            rising |= {i, j}
    return rising


def mark_links(marks: Marks) -> None:
    """Source lines such as `TITLE-SITE (site.cn)` or `SITE (site.cn)`, with the title above them."""
    lines, kinds = marks.lines, marks.kinds
    for k, line in enumerate(lines):
        if line.text[-1] not in ")）" or kinds[k] not in ("text", "title"):
            continue
        match = _DOMAIN.search(line.text)
        if not match:
            continue
        title = _title_above(marks, k) or _known_title_above(marks, k) or _line_above(marks, k)
        if title is None:
            continue
        title.link_last, title.domain = k, match[1].lower()
        for i in range(title.first, title.last + 1):
            kinds[i] = "title"
        for i in range(title.last + 1, k + 1):
            if kinds[i] == "text":
                kinds[i] = "link"
    marks.titles.sort(key=lambda title: title.first)
    if marks.titles and any(_HAN.search(line.text) for line in lines[:50]):
        _mark_foreign_links(marks)


def _title_above(marks: Marks, k: int) -> Title | None:
    """The title whose text the source line that ends at line `k` repeats."""
    lines = marks.lines
    for first in range(k, max(k - 4, 0), -1):
        link = squeeze("".join(lines[i].text for i in range(first, k + 1)))
        above, key = marks.text_before(first), ""
        for top in range(above, max(above - 4, -1), -1):
            if marks.kinds[top] not in ("text", "title"):
                break
            key = lines[top].key + key
            if 4 <= len(key) <= MAX_TITLE and link.startswith(key) and not _is_tail(marks, top, link, key):
                return _same_title(marks, top, above)
    return None


def _is_tail(marks: Marks, top: int, link: str, key: str) -> bool:
    """Whether a longer run of lines, one more above, would still be the start of the source line."""
    above = top - 1
    if above < 0 or marks.kinds[above] not in ("text", "title"):
        return False
    return link.startswith(marks.lines[above].key + key)


def _same_title(marks: Marks, first: int, last: int) -> Title:
    """The known title that these lines overlap, else a new one."""
    known = next((marks.title_at[i] for i in range(first, last + 1) if i in marks.title_at), None)
    if known is None:
        return marks.add_title(Title(first, last))
    known.first, known.last = min(first, known.first), last
    marks.title_at |= dict.fromkeys(range(known.first, known.last + 1), known)
    return known


def _known_title_above(marks: Marks, k: int) -> Title | None:
    """A title from the contents that ends one to three lines above line `k`."""
    for i in range(k - 1, k - 4, -1):
        title = marks.title_at.get(i)
        if title is not None and title.last == i and title.link_last < 0:
            return title
    return None


def _line_above(marks: Marks, k: int) -> Title | None:
    """A title of one line above a source line that says only the site."""
    above = marks.text_before(k)
    line = marks.lines[k]
    if above < 0 or marks.kinds[above] != "text" or line.width > 40 or not (marks.width or marks.titles):
        return None
    text = marks.lines[above].text
    if text[-1] in "。；，、：" or marks.lines[above].width > 80:
        return None
    return _same_title(marks, above, above)


def _mark_foreign_links(marks: Marks) -> None:
    """Source lines in Latin script below a Chinese title, also one that no contents list names; there are titles."""
    last_of = {title.last: title for title in marks.titles}
    for i, line in enumerate(marks.lines):
        if marks.kinds[i] != "text" or len(line.text) > MAX_TITLE:
            continue
        if _HAN.search(line.text) or not _LATIN_WORD.search(line.text):
            continue
        above = marks.text_before(i)
        if above < 0:
            continue
        title = last_of.get(above)
        if title is None and _SITE_DASH.search(line.text) and _may_be_title(marks, above):
            title = last_of[above] = _same_title(marks, above, above)
            marks.kinds[above] = "title"
        if title is not None and (title.link_last < 0 or i == title.link_last + 1 <= title.last + 3):
            marks.kinds[i] = "link"
            title.link_last = i
            last_of[i] = title
    marks.titles.sort(key=lambda title: title.first)


def _may_be_title(marks: Marks, i: int) -> bool:
    """Whether line `i` could be a title: Chinese, short, no sentence, and not inside one."""
    line = marks.lines[i]
    short = 8 <= line.width <= (0.75 * marks.width or 60)
    return (
        short
        and marks.kinds[i] == "text"
        and line.text[-1] not in "。；，、："
        and not marks.is_open(marks.text_before(i))
    )


def mark_headers(marks: Marks) -> None:
    """Running headers: one text at the top of several pages, or a section's name on a line of its own."""
    lines = marks.lines
    places: dict[str, list[int]] = defaultdict(list)
    most = 0.8 * marks.width or 60
    for i, line in enumerate(lines):
        if line.width <= most and marks.kinds[i] == "text" and _may_be_header(line.text):
            places[_DIGITS.sub("#", line.key)].append(i)
    sections = {line.key for i, line in enumerate(lines) if marks.kinds[i] == "section"}
    sections |= {
        lines[title.first - 1].key for title in marks.titles if title.first and _names_section(marks, title)
    }
    for key, where in places.items():
        if not key.strip("#-—…."):
            continue
        alone = len(where) == 1 and _is_page_head(marks, where[0])
        if key in sections or alone or _tops_pages(marks, where):
            for i in where:
                marks.kinds[i] = "header"
            if work_number(lines[where[0]].text):
                # The number of a standard stands on its cover, too, and nowhere else.
                marks.kinds[_last_on_first_page(marks, where)] = "text"


def _tops_pages(marks: Marks, where: Sequence[int]) -> bool:
    """Whether the lines `where`, which say the same, stand far apart and mostly at the edges of pages."""
    if where[-1] - where[0] < LEAST_PAGE:
        return False
    at_edge = sum(_at_page_top(marks, i) or _at_page_foot(marks, i) for i in where)
    return at_edge >= 2 and at_edge >= 0.6 * len(where)


def _names_section(marks: Marks, title: Title) -> bool:
    """Whether the line above a title is the name of the section that begins on this page."""
    line = marks.lines[title.first - 1]
    return (
        marks.kinds[title.first - 1] == "text"
        and line.width <= MAX_SECTION
        and (line.indent >= 3 or line.new_page)
    )


def _may_be_header(text: str) -> bool:
    """Whether a line is no part of a sentence, nor of a source line."""
    if ends_sentence(text) or _INSIDE_SENTENCE.search(text):
        return False
    return text[-1] not in ")）" or not _DOMAIN.search(text)


def _is_page_head(marks: Marks, i: int) -> bool:
    """Whether a short line is set in at the very top of a page, below the link or number that ends the one before."""
    line = marks.lines[i]
    after_foot = line.new_page or (i > 0 and marks.kinds[i - 1] in ("url", "number"))
    return bool(marks.width) and after_foot and line.indent >= 3 and line.width <= MAX_SECTION


def _last_on_first_page(marks: Marks, where: Sequence[int]) -> int:
    """The last of the lines `where` that stands on the page of the first of them, as far as the text shows it."""
    last = where[0]
    for i in where[1:]:
        between = range(last + 1, i + 1)
        if any(marks.lines[n].new_page or marks.kinds[n] == "number" for n in between) or i - last > 3:
            break
        last = i
    return last


def _at_page_foot(marks: Marks, i: int) -> bool:
    """Whether line `i` stands right above a page's number, below a gap, or where a form feed ends the page."""
    if i + 1 == len(marks.lines):
        return False
    below = marks.lines[i + 1]
    return below.new_page or (marks.kinds[i + 1] == "number" and marks.lines[i].blanks > 0)


def _at_page_top(marks: Marks, i: int) -> bool:
    """Whether line `i` stands where a page begins, as far as the text still shows it."""
    line = marks.lines[i]
    if line.new_page or i == 0:
        return True
    if not marks.width:
        return False
    above = i - 1
    if above >= 0 and marks.kinds[above] in ("url", "number"):
        return True
    return line.indent >= 3 or marks.is_open(marks.text_before(i))
