"""Layout repair: text as it was extracted → running text, with the way back to the original.

Rejoins hard-wrapped lines, also over page breaks, and drops running headers, page numbers and links that
stand on lines of their own. It only ever leaves characters out: apart from white space, every character
of the result is the original's character at the mapped offset. Text that is not hard-wrapped keeps its
lines; only the white space around them goes. What the paragraphs mean is for index.outline to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.contents import mark_contents
from index.furniture import (
    URL,
    Kind,
    Marks,
    mark_headers,
    mark_links,
    mark_numbers,
    mark_urls,
)
from index.lines import HAN, Line, columns, first_unit, read_lines, squeeze
from index.passage import Hygiene, OffsetMap
from index.wraps import breaks_between, joins, page_width

_SEAM = re.compile(rf"(?<=[{HAN}])[ \u00a0]+(?=[0-9A-Za-z])|(?<=[0-9A-Za-z%℃])[ \u00a0]+(?=[{HAN}])")
_TIGHT = re.compile(rf"(?<=[{HAN}])(?=[0-9A-Za-z])|(?<=[0-9A-Za-z%℃])(?=[{HAN}])")
_LATIN_END = re.compile(r"[^\W_\u2e80-\uffff][,.;:)%'\"!?\]”]{0,3}$|\s[-–—&]$|[A-Za-z0-9] ?[–&]$")
_LATIN_START = re.compile(r"[^\W_\u2e80-\uffff]|[(–&\"'\[$“][^\W_\u2e80-\uffff]")
_BROKEN_WORD = re.compile(r"[a-z]{2}-$")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of the cleaned text. `start:end` counts characters of `Cleaned.text`."""

    start: int
    end: int
    kind: Kind
    lines: int = 1
    """How many lines of the original it was."""
    section: str = ""
    """For a title from the contents list: the section it is listed under."""
    domain: str = ""
    """For the source line below a title: the domain printed there, such as samr.gov.cn."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A link or running header that was left out, and the cleaned offset where it stood."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Running text, the way back to the original, and what was seen on the way."""

    text: str
    origin: OffsetMap = OffsetMap()
    hygiene: Hygiene = Hygiene()
    paragraphs: tuple[Paragraph, ...] = ()
    urls: tuple[Dropped, ...] = ()
    headers: tuple[Dropped, ...] = ()
    pages: tuple[int, ...] = ()
    """Offsets at which the pages begin; empty when the text does not show its pages reliably."""
    width: int = 0
    """Columns at which the original was hard-wrapped; 0 when it was not."""


def clean(text: str, *, wrapped: bool = True) -> Cleaned:
    """Repairs the layout of `text`, whose lines end in \\n. Empty text gives an empty result.

    `wrapped` is False when its lines are known to be whole paragraphs, so that none may be joined.
    """
    lines = read_lines(text)
    width = page_width([line for line in lines if not URL.fullmatch(line.text)]) if wrapped else 0
    marks = Marks(lines, width)
    mark_urls(marks)
    mark_numbers(marks)
    mark_contents(marks)
    mark_links(marks)
    mark_headers(marks)
    if not marks.width and not marks.titles:
        marks.kinds = ["text" if kind == "url" else kind for kind in marks.kinds]
    groups = _paragraphs(marks)
    return _write(text, marks, groups)


def _paragraphs(marks: Marks) -> list[list[int]]:
    """Indices of the lines of each paragraph, dropped lines left out."""
    kept = [i for i, kind in enumerate(marks.kinds) if kind not in ("url", "number", "header")]
    joined = _joined_text(marks, kept) | _joined_titles(marks)
    groups: list[list[int]] = []
    for i in kept:
        if i in joined and groups:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _joined_text(marks: Marks, kept: Sequence[int]) -> set[int]:
    """Lines of running text that continue the line before them."""
    if not marks.width:
        return set()
    joined: set[int] = set()
    run: list[int] = []
    runs: list[list[int]] = []
    for i in kept:
        if marks.kinds[i] == "text":
            run.append(i)
        elif run:
            runs.append(run)
            run = []
    runs.append(run)
    breaks, below = [], []
    for run in runs:
        interrupted = [bool(n) and i != run[n - 1] + 1 for n, i in enumerate(run)]
        breaks += breaks_between([marks.lines[i] for i in run], interrupted)
        below += run[1:]
    for i, is_joined in zip(below, joins(breaks, marks.width), strict=True):
        if is_joined:
            joined.add(i)
    return joined


def _joined_titles(marks: Marks) -> set[int]:
    """Lines of titles, source lines and contents entries that continue the line before them."""
    joined: set[int] = set()
    for title in marks.titles:
        joined |= {i for i in range(title.first + 1, title.last + 1) if marks.kinds[i] == "title"}
        links = [i for i in range(title.last + 1, title.link_last + 1) if marks.kinds[i] == "link"]
        joined |= set(links[1:])
    for i, kind in enumerate(marks.kinds):
        if kind == "contents" and i not in marks.entry_starts:
            joined.add(i)
    return joined


class _Writer:
    """Puts stretches of the original together and keeps the map."""

    def __init__(self, original: str) -> None:
        self.original = original
        self.pieces: list[str] = []
        self.length = 0
        self.starts: list[int] = []
        self.origins: list[int] = []
        self._next = -1

    def keep(self, start: int, end: int) -> None:
        """Appends original[start:end]."""
        if start >= end:
            return
        self.put(self.original[start:end], start)

    def put(self, piece: str, origin: int) -> None:
        """Appends `piece` as standing at `origin`; it differs from what stands there in white space only."""
        if origin != self._next:
            self.starts.append(self.length)
            self.origins.append(origin)
        self.pieces.append(piece)
        self.length += len(piece)
        self._next = origin + len(piece)

    def white(self, above: Line, below: Line) -> int:
        """Offset of the first line end (or else white space) between two lines of the original."""
        at = self.original.find("\n", above.end, below.start)
        return at if at >= 0 else above.end

    def origin(self) -> OffsetMap:
        """The finished map."""
        return OffsetMap(tuple(self.starts), tuple(self.origins)) if self.starts else OffsetMap()


def _write(text: str, marks: Marks, groups: Sequence[Sequence[int]]) -> Cleaned:
    writer = _Writer(text)
    tighten = bool(marks.width) and _is_spaced(marks)
    title_spaces = _title_spaces(marks, tighten)
    starts_of_titles = {title.first: title for title in marks.titles}
    domain_at = {title.link_last: title.domain for title in marks.titles if title.link_last >= 0}
    paragraphs: list[Paragraph] = []
    offset_of_line: dict[int, int] = {}
    before = 0
    for group in groups:
        if writer.length:
            writer.put("\n", writer.white(marks.lines[before], marks.lines[group[0]]))
        start = writer.length
        for n, i in enumerate(group):
            if n:
                _glue(writer, marks.lines[group[n - 1]], marks.lines[i], title_spaces.get(i))
            offset_of_line[i] = writer.length
            last = n + 1 == len(group)
            _keep_line(writer, marks.lines[i], None if last else marks.lines[group[n + 1]], tighten)
        before = group[-1]
        kind = marks.kinds[group[0]]
        paragraph = Paragraph(start, writer.length, kind, len(group))
        if group[0] in starts_of_titles:
            paragraph = replace(paragraph, section=starts_of_titles[group[0]].section)
        if before in domain_at and kind == "link":
            paragraph = replace(paragraph, domain=domain_at[before])
        paragraphs.append(paragraph)
    cleaned = "".join(writer.pieces)
    urls, headers = _dropped(marks, offset_of_line, len(cleaned))
    return Cleaned(
        text=cleaned,
        origin=writer.origin(),
        hygiene=_count(marks, groups),
        paragraphs=tuple(paragraphs),
        urls=urls,
        headers=headers,
        pages=_pages(text, marks, offset_of_line, len(cleaned)),
        width=marks.width,
    )


def _keep_line(writer: _Writer, line: Line, following: Line | None, tighten: bool) -> None:
    """Writes a line, less the spaces between Chinese and Latin that the layout put in."""
    end = line.end
    if (
        following
        and _BROKEN_WORD.search(line.text)
        and following.text[0].islower()
        and following.text[0].isascii()
    ):
        end -= 1
    at = line.start
    if tighten:
        for match in _SEAM.finditer(line.text):
            writer.keep(at, line.start + match.start())
            at = line.start + match.end()
    writer.keep(at, end)


def _glue(writer: _Writer, above: Line, below: Line, spaced: bool | None) -> None:
    """One space where two joined lines need it: as `spaced` says if it is known, else between Latin words."""
    broken_word = _BROKEN_WORD.search(above.text) and below.text[0].islower()
    latin = bool(_LATIN_END.search(above.text) and _LATIN_START.match(below.text)) and not broken_word
    if latin if spaced is None else spaced:
        writer.put(" ", writer.white(above, below))


def _title_spaces(marks: Marks, tighten: bool) -> dict[int, bool]:
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
            if tighten and _TIGHT.search(above.text[-1] + below.text[0]):
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


def _is_spaced(marks: Marks) -> bool:
    """Whether the layout puts spaces between Chinese and Latin throughout."""
    text = "\n".join(line.text for line in marks.lines)
    spaced, tight = len(_SEAM.findall(text)), len(_TIGHT.findall(text))
    return spaced >= 3 and spaced >= 0.5 * (spaced + tight)


def _dropped(
    marks: Marks, offset_of_line: dict[int, int], end: int
) -> tuple[tuple[Dropped, ...], tuple[Dropped, ...]]:
    """Links (parts joined, doubles left out) and headers, each at the offset of the next kept line."""
    urls: list[Dropped] = []
    headers: list[Dropped] = []
    for i, offset in _next_offsets(marks, offset_of_line, end):
        line = marks.lines[i]
        if marks.kinds[i] == "header":
            headers.append(Dropped(offset, line.text))
        elif marks.kinds[i] == "url":
            if URL.fullmatch(line.text):
                urls.append(Dropped(offset, line.text))
            elif urls:
                urls[-1] = Dropped(urls[-1].offset, urls[-1].text + line.text)
    unique = {url.text: url for url in reversed(urls)}  # the first of each link
    return tuple(reversed(unique.values())), tuple(headers)


def _next_offsets(marks: Marks, offset_of_line: dict[int, int], end: int) -> Iterator[tuple[int, int]]:
    """(line, cleaned offset of the first kept line at or below it), from the top."""
    offsets = []
    following = end
    for i in range(len(marks.lines) - 1, -1, -1):
        following = offset_of_line.get(i, following)
        offsets.append((i, following))
    return reversed(offsets)


def _pages(text: str, marks: Marks, offset_of_line: dict[int, int], end: int) -> tuple[int, ...]:
    """Offsets of the pages; empty when in doubt, since a wrong page is worse than none.

    From form feeds that stand at every header and number, or from other traces that the printed numbers bear out.
    """
    feeds = _form_feeds(text, marks)
    if not feeds or not _bear_out(marks, feeds):
        feeds = dict.fromkeys(_page_tops(marks), 1)
    if not feeds:
        return ()
    pages = [0]
    for i, offset in _next_offsets(marks, offset_of_line, end):
        pages += [offset] * feeds.get(i, 0)
    return tuple(pages)


def _form_feeds(text: str, marks: Marks) -> dict[int, int]:
    """Line → how many pages end between it and the line above; two, say, around an empty page."""
    return {
        i: text.count("\f", above.end, line.start)
        for i, (above, line) in enumerate(pairwise(marks.lines), 1)
        if line.new_page
    }


def _bear_out(marks: Marks, feeds: dict[int, int]) -> bool:
    """Whether headers and page numbers stand at form feeds only, and the printed numbers go on by one a page."""
    offsets: set[int] = set()  # how far each printed number is from our count
    page, traced, fed, begun = 1, False, True, False
    for i, kind in enumerate(marks.kinds):
        page += feeds.get(i, 0)
        fed = fed or i in feeds
        if kind in ("header", "number"):
            traced = True
        if kind == "number":
            offsets.add(int(re.sub(r"\D", " ", marks.lines[i].text).split()[0]) - page)
        elif kind not in ("header", "url"):
            if begun and traced and not fed:
                return False
            traced, fed, begun = False, False, True
    return len(offsets) <= 1


def _page_tops(marks: Marks) -> set[int]:
    """Lines at which a page begins by its header, its number, or a first line that is set in; empty when in doubt."""
    tops: set[int] = set()
    printed: list[int] = []  # how far each printed number is from our count
    fresh = True
    spaced = sum(1 for line in marks.lines if line.blanks) > 0.7 * len(marks.lines)
    for i, line in enumerate(marks.lines):
        kind = marks.kinds[i]
        inset = spaced and kind in ("text", "title") and line.indent > 0 and not line.blanks
        top = inset or line.new_page or kind in ("header", "number")
        if top and not fresh:
            tops.add(i)
            fresh = True
        if kind == "number":
            printed.append(int(re.sub(r"\D", " ", line.text).split()[0]) - len(tops) - 1)
        elif kind not in ("header", "url"):
            fresh = False
    bounds = [0, *sorted(tops), len(marks.lines)]
    sizes = sorted(below - above for above, below in pairwise(bounds))
    even = sizes[-1] <= 1.5 * sizes[len(sizes) // 2]  # else one holds two pages, whose border we missed
    return tops if even and printed and not any(printed) else set()


def _count(marks: Marks, groups: Sequence[Sequence[int]]) -> Hygiene:
    return Hygiene(
        wraps_joined=sum(len(group) - 1 for group in groups),
        headers_dropped=marks.kinds.count("header"),
        page_numbers_dropped=marks.kinds.count("number"),
        urls_dropped=marks.kinds.count("url"),
        contents_entries=len(marks.entry_starts),
    )
