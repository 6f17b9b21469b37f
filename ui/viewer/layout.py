"""A document as the viewer shows it: blocks in order of the text, an outline, and parts that are shown at a time.

Every line of the cleaned text becomes a block, so that nothing of it is left out: headlines, bylines, sub-headings,
running text, and what stands outside of all articles. Clauses (第十二条, 8.5.1) get anchors wherever they begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from index import words
from index.lines import squeeze
from index.passage import Article, Document

Kind = Literal["title", "byline", "heading", "text", "outside"]

WHOLE = 200_000
"""Characters of a document up to which it is shown whole."""
PART = 80_000
"""Characters that a part of a longer one has at most; it ends where an article does if that is in its second half."""
LONGEST_BLOCK = 4_000
"""Characters: a longer line is shown as several, so that one that never ends is in parts, too."""
MOST_ENTRIES = 2_000
"""Lines of the outline; what has more leaves its clauses out, then its sub-headings."""
LABEL_LENGTH = 60
CLAUSE_LABEL = 24

_HASHES = re.compile(r"#{1,6}\s+")
_CLAUSE = re.compile(
    r"\s*(第\s*[一二三四五六七八九十百零〇\d]{1,8}\s*条(?:\s*之\s*[一二三四五六七八九十\d]{1,3})?"
    r"|(?:[A-Z]\.)?\d{1,3}(?:\.\d{1,3}){1,5}(?=[.、．]?\s))"
)
_NUMBER = re.compile(r"\s*(\d{1,3})(?=[.、．]?\s)")
_KEY = re.compile(r"第?((?:[a-z]\.)?\d+(?:\.\d+)*)[条款]?(?:之(\d+|[一二三四五六七八九十]+))?")
_DIGITS = "〇一二三四五六七八九"
_SENTENCE_END = re.compile(r"[。！？；!?;]")


@dataclass(frozen=True, slots=True)
class Block:
    """A line, text[start:end] of the document. `anchor` is its id on the page, `article` counts from 0, -1 for none.

    The title of an article without a headline of its own is shown, but is no text: its start is its end.
    """

    kind: Kind
    start: int
    end: int
    anchor: str = ""
    article: int = -1
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the outline; one without an anchor is the name of a section. `depth` counts from 0."""

    label: str
    anchor: str
    depth: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is shown of a document. `parts` are ranges of blocks; `clauses` lead from a key, see `clause_key`, to an anchor."""

    blocks: tuple[Block, ...]
    parts: tuple[range, ...]
    outline: tuple[Entry, ...]
    clauses: dict[str, str]
    anchors: dict[str, int]
    """Anchor → the number of its block."""

    def part_at(self, offset: int) -> int:
        """The part that shows the character at `offset`."""
        for number, part in enumerate(self.parts):
            if offset < self.blocks[part.stop - 1].end:
                return number
        return max(0, len(self.parts) - 1)

    def part_of(self, anchor: str) -> int:
        """The part that has this anchor; the first one if none has."""
        block = self.anchors.get(anchor, 0)
        return next((number for number, part in enumerate(self.parts) if block in part), 0)


def clause_key(asked: str) -> str:
    """The one spelling of a clause's number: 12 for 第十二条, 12-1 for 第十二条之一, 8.5.1; "" for what is none.

    >>> clause_key("第十二条"), clause_key("8.5.1")
    ('12', '8.5.1')
    """
    found = _KEY.fullmatch(re.sub(r"\s+", "", words.arabic_ordinals(words.normalize(asked[:40]))))
    if found is None:
        return ""
    further = found[2] or ""
    if further and not further.isdecimal():
        tens, ten, ones = further.rpartition("十")
        number = (_DIGITS.find(tens) if tens else 1) * 10 * bool(ten) + (_DIGITS.find(ones) if ones else 0)
        further = str(number)
    return found[1] + (f"-{further}" if further else "")


def lay_out(document: Document) -> Layout:
    """The layout of a document; takes time in proportion to its text."""
    maker = _Maker(document)
    blocks = tuple(maker.blocks())
    parts = tuple(_parts(blocks, len(document.text)))
    anchors = {block.anchor: i for i, block in enumerate(blocks) if block.anchor}
    entries = [entry for entry in maker.entries if not entry.anchor or entry.anchor in anchors]
    return Layout(blocks, parts, tuple(_bounded(entries)), maker.clauses, anchors)


class _Maker:
    """Goes once through the lines of a document."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self.articles = in_order(document)
        self.entries: list[Entry] = []
        self.clauses: dict[str, str] = {}
        self._taken: dict[str, int] = {}
        self._headings = 0
        self._titles: dict[int, str] = {}
        self._title_end = 0
        self._entered = -1
        self._section = ""

    def blocks(self) -> Iterator[Block]:
        at = 0
        for line in self.text.split("\n"):
            start, end, at = at, at + len(line), at + len(line) + 1
            while (
                self._entered + 1 < len(self.articles) and _first(self.articles[self._entered + 1]) <= start
            ):
                self._entered += 1
                yield from self._enter(start)
            if line.strip():
                yield from self._line(start, end)

    def _enter(self, start: int) -> Iterator[Block]:
        number, article = self._entered, self.articles[self._entered]
        self._titles = dict(article.headings)
        if article.section and article.section != self._section:
            self.entries.append(Entry(article.section[:LABEL_LENGTH], "", 0))
        self._section = article.section
        if not article.title:
            return
        speaker = f"{article.speaker.title}{article.speaker.name}" if article.speaker else ""
        label = article.title[:LABEL_LENGTH]
        self.entries.append(Entry(label, f"a-{number + 1}", 0, note=speaker[:LABEL_LENGTH]))
        if not article.head_start <= start < article.head_end:
            yield Block("title", start, start, f"a-{number + 1}", number)

    def _line(self, start: int, end: int) -> Iterator[Block]:
        number = self._entered
        if number < 0:
            yield from _broken("outside", self.text, start, end, "", -1)
            return
        article = self.articles[number]
        if start < self._title_end:
            return
        if article.head_start <= start < article.head_end:
            if article.title and not self.text[article.head_start : start].strip():
                hashes = _HASHES.match(self.text, start, end)
                self._title_end = _end_of_title(self.text, article, end)
                anchor = f"a-{number + 1}"
                yield Block("title", hashes.end() if hashes else start, self._title_end, anchor, number)
            else:
                yield from _broken("byline", self.text, start, end, "", number)
        elif article.start <= start < article.end:
            title = self._titles.get(start)
            if title is not None:
                yield self._heading(title, start, end, number)
            else:
                yield from _broken("text", self.text, start, end, self._clause(start, end), number)
        else:
            yield from _broken("outside", self.text, start, end, "", number)

    def _heading(self, title: str, start: int, end: int, number: int) -> Block:
        hashes = _HASHES.match(self.text, start, end)
        start = hashes.end() if hashes else start
        found = _CLAUSE.match(self.text, start, min(end, start + 40)) or _NUMBER.match(
            self.text, start, min(end, start + 40)
        )
        self._headings += 1
        anchor = self._anchor_of(found[1]) if found else ""
        anchor = anchor or f"h-{self._headings}"
        depth = 1 + min(3, found[1].count(".")) if found else 1
        self.entries.append(Entry(title[:LABEL_LENGTH], anchor, depth))
        return Block("heading", start, end, anchor, number, depth)

    def _clause(self, start: int, end: int) -> str:
        found = _CLAUSE.match(self.text, start, min(end, start + 40))
        anchor = self._anchor_of(found[1]) if found else ""
        if anchor:
            label = self.text[start : min(end, start + CLAUSE_LABEL)].strip()
            self.entries.append(Entry(label + "…" * (end - start > CLAUSE_LABEL), anchor, 4))
        return anchor

    def _anchor_of(self, number: str) -> str:
        """An id for a clause; the first of its number has the plain one."""
        key = clause_key(number)
        if not key:
            return ""
        self._taken[key] = count = self._taken.get(key, 0) + 1
        anchor = f"c-{key}" + (f"~{count}" if count > 1 else "")
        self.clauses.setdefault(key, anchor)
        return anchor


def in_order(document: Document) -> list[Article]:
    """The articles as they follow each other in the text; blocks count in these."""
    return sorted(document.articles, key=_first)


def _first(article: Article) -> int:
    """Where an article begins, its headline included."""
    return article.head_start if article.head_end > article.head_start else article.start


def _end_of_title(text: str, article: Article, end: int) -> int:
    """Where a headline ends whose first line ends at `end`: it goes on as long as its lines make up the title."""
    title = squeeze(article.title)
    while end < article.head_end:
        following = text.find("\n", end + 1)
        following = len(text) if following < 0 else following
        if following > article.head_end or not title.startswith(
            squeeze(text[article.head_start : following])
        ):
            break
        end = following
    return end


def _broken(kind: Kind, text: str, start: int, end: int, anchor: str, article: int) -> Iterator[Block]:
    """A line as one block, or as several where it is very long, each ending with a sentence if one ends there."""
    while end - start > LONGEST_BLOCK:
        ends = [found.end() for found in _SENTENCE_END.finditer(text, start, start + LONGEST_BLOCK)]
        stop = ends[-1] if ends else start + LONGEST_BLOCK
        yield Block(kind, start, stop, anchor, article)
        start, anchor = stop, ""
    yield Block(kind, start, end, anchor, article)


def _parts(blocks: tuple[Block, ...], length: int) -> Iterator[range]:
    if length <= WHOLE:
        yield range(len(blocks))
        return
    first = 0
    size = since = 0  # characters of this part, and of it up to the last article's beginning
    last_title = 0
    for i, block in enumerate(blocks):
        if block.kind == "title" and i > first:
            last_title, since = i, size
        size += block.end - block.start
        if size > PART and i > first:
            cut = last_title if since >= PART / 2 and last_title > first else i
            yield range(first, cut)
            first = cut
            size = sum(blocks[n].end - blocks[n].start for n in range(cut, i + 1))
            since = 0
    yield range(first, len(blocks))


def _bounded(entries: list[Entry]) -> list[Entry]:
    """The outline without its finest lines where it has too many."""
    for depth in (4, 3, 2, 1):
        if len(entries) <= MOST_ENTRIES:
            break
        entries = [entry for entry in entries if entry.depth < depth]
    return entries[:MOST_ENTRIES]
