"""Layout repair: text as it was extracted → running text, with the way back to the original.

Rejoins hard-wrapped lines, also over page breaks, and drops running headers, page numbers and links that
stand on lines of their own. It only ever leaves characters out: apart from white space, every character
of the result is the original's character at the mapped offset. Text that is not hard-wrapped keeps its
lines; only the white space around them goes. What the paragraphs mean is for index.outline to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from index.contents import mark_contents
from index.furniture import (
    URL,
    Kind,
    Marks,
    mark_headers,
    mark_links,
    mark_numbers,
    mark_urls,
    without_urls,
)
from index.lines import Line, read_lines
from index.pagination import page_ends
from index.passage import Hygiene, OffsetMap
from index.spacing import Spacing, hyphenates
from index.wraps import breaks_between, joins, page_width


class Paragraph(NamedTuple):
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
    marks = Marks(read_lines(text))
    if wrapped:
        marks.width = page_width(without_urls(marks))
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
    if not marks.titles:
        return joined
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
        self._original = original
        self._pieces: list[str] = []
        self._starts: list[int] = []
        self._origins: list[int] = []
        self._from = self._next = 0  # the stretch under way
        self._ahead = 0  # by how much its offset in the text is larger than in the original
        self._fed = "\f" in original

    @property
    def length(self) -> int:
        """Characters written so far."""
        return self._next + self._ahead

    def line(self, line: Line, above: Line | None) -> int:
        """Appends a whole line below `above`, which is what was written last; returns its offset."""
        if above is not None and line.start == above.end + 1 and not self._fed:
            self._next = line.end  # the line end between them stays, as most do
        else:
            self.end(above, line)
            self.keep(line.start, line.end)
        return line.start + self._ahead

    def end(self, above: Line | None, below: Line) -> None:
        """Ends the line with `above`, if there is one."""
        if above is None:
            return
        end = self._original.find("\n", above.end, below.start)
        if end < 0:
            self._put("\n", above.end)
        else:
            self.keep(end, end + 1)

    def space(self, above: Line, below: Line) -> None:
        """Puts a space for the line end (or else other white space) between two joined lines."""
        end = self._original.find("\n", above.end, below.start)
        self._put(" ", end if end >= 0 else above.end)

    def keep(self, start: int, end: int) -> None:
        """Appends original[start:end]."""
        if start < end:
            if start != self._next or not self._starts:
                self._jump(start)
            self._next = end

    def finished(self) -> tuple[str, OffsetMap]:
        """The text and its map."""
        self._flush()
        origin = OffsetMap(tuple(self._starts), tuple(self._origins)) if self._starts else OffsetMap()
        return "".join(self._pieces), origin

    def _put(self, white: str, at: int) -> None:
        """Appends a character of white space that stands for another, original[at]."""
        if at == self._next:
            self._flush()
        else:
            self._jump(at)
        self._pieces.append(white)
        self._from = self._next = at + 1

    def _jump(self, origin: int) -> None:
        """Goes on at another place of the original."""
        self._flush()
        length = self._next + self._ahead
        self._starts.append(length)
        self._origins.append(origin)
        self._from = self._next = origin
        self._ahead = length - origin

    def _flush(self) -> None:
        if self._from < self._next:
            self._pieces.append(self._original[self._from : self._next])
            self._from = self._next


def _write(text: str, marks: Marks, groups: Sequence[Sequence[int]]) -> Cleaned:
    writer = _Writer(text)
    lines, kinds = marks.lines, marks.kinds
    spacing = Spacing(marks)
    section_at = {title.first: title.section for title in marks.titles}
    domain_at = {title.link_last: title.domain for title in marks.titles if title.link_last >= 0}
    paragraphs: list[Paragraph] = []
    offset_of_line: dict[int, int] = {}
    above: Line | None = None
    for group in groups:
        first, last = group[0], group[-1]
        if first == last and not spacing.tighten:
            start = writer.line(lines[first], above)
        else:
            writer.end(above, lines[first])
            start = writer.length
            _write_joined(writer, spacing, group, offset_of_line)
        offset_of_line[first] = start
        above = lines[last]
        kind = kinds[first]
        section = section_at.get(first, "")
        domain = domain_at.get(last, "") if kind == "link" else ""
        paragraphs.append(Paragraph(start, writer.length, kind, len(group), section, domain))
    cleaned, origin = writer.finished()
    urls, headers = _dropped(marks, offset_of_line, len(cleaned))
    return Cleaned(
        text=cleaned,
        origin=origin,
        hygiene=_count(marks, groups),
        paragraphs=tuple(paragraphs),
        urls=urls,
        headers=headers,
        pages=_pages(page_ends(text, marks), marks, offset_of_line, len(cleaned)),
        width=marks.width,
    )


def _write_joined(
    writer: _Writer, spacing: Spacing, group: Sequence[int], offset_of_line: dict[int, int]
) -> None:
    """The lines of a paragraph, less the spaces that the layout put in, as one."""
    lines = spacing.lines
    for n, i in enumerate(group):
        line = lines[i]
        if n:
            if spacing.parts(group[n - 1], i):
                writer.space(lines[group[n - 1]], line)
            offset_of_line[i] = writer.length
        end = line.end
        if n + 1 < len(group) and hyphenates(line, lines[group[n + 1]]):
            end -= 1
        for span in spacing.spans(line, end):
            writer.keep(*span)


def _dropped(
    marks: Marks, offset_of_line: dict[int, int], end: int
) -> tuple[tuple[Dropped, ...], tuple[Dropped, ...]]:
    """Links (parts joined, doubles left out) and headers, each at the offset of the next kept line."""
    if "url" not in marks.kinds and "header" not in marks.kinds:
        return (), ()
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


def _pages(
    ends: Mapping[int, int], marks: Marks, offset_of_line: dict[int, int], end: int
) -> tuple[int, ...]:
    """Offsets at which the pages begin, from how many of them end above each line."""
    if not ends:
        return ()
    pages = [0]
    for i, offset in _next_offsets(marks, offset_of_line, end):
        pages += [offset] * ends.get(i, 0)
    return tuple(pages)


def _count(marks: Marks, groups: Sequence[Sequence[int]]) -> Hygiene:
    return Hygiene(
        wraps_joined=sum(map(len, groups)) - len(groups),
        headers_dropped=marks.kinds.count("header"),
        page_numbers_dropped=marks.kinds.count("number"),
        urls_dropped=marks.kinds.count("url"),
        contents_entries=len(marks.entry_starts),
    )
