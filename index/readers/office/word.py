"""DOCX → Document: the body in reading order, with its headings, lists, tables, notes and text boxes.

Headings are what styles and outline levels say, and where an author used neither, numbered or bold short lines
(第一章, 一、). Footnotes and endnotes stand at the end of the section that refers to them, text boxes and the text in
pictures after their paragraph, what headers and footers say of the document's number and version at the end. Left out:
comments, deleted and hidden text, contents lists. A date printed below the title or at the end is the day of
publication; else the file's own month, see index.readers.office.package.Properties. There are no page numbers: only a
layout engine knows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from index.dates import find_date
from index.errors import ReadError
from index.headlines import is_date_line
from index.lines import ends_sentence
from index.passage import Document
from index.readers.blocks import Block, Particulars, document_of
from index.readers.hidden import hidden_notices
from index.readers.office.charts import chart_blocks, diagram_blocks
from index.readers.office.package import Element, Package
from index.readers.office.word_numbering import Numbering, W
from index.readers.office.word_parts import MAX_SPAN, Cell, Paragraph, Reading, Styles, blocks, hides, rows
from index.readers.pictures import Pictures
from index.readers.tables import header_rows, is_form, table_blocks

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

MAX_PARAGRAPHS = 100_000
"""Paragraphs of a document, those in tables included; a book of a thousand pages has about 30,000."""

MAX_CELLS = 1_000_000
"""Cells of all tables, merged ones counted as often as they are filled in."""

MAX_NESTING = 8
"""Tables inside tables below this depth are read as plain text."""

HEADING = 80
"""A paragraph with more characters is no heading, whatever its style: outline levels are set by mistake."""

BOLD_HEADING = 40
"""Characters of a line that is a heading by its look only."""

MAX_EDGES = 30
"""Headers and footers that are looked at; each section may have six."""

HEAD = 8
"""So many blocks from the top is the title looked for, and the date below it."""

_HEADING_STYLE = re.compile(r"(?:heading|标题)\s*([1-9])(?: char)?", re.IGNORECASE)
_TITLE_STYLE = re.compile(r"title|标题|文档标题|公文标题|大标题", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"toc ?\d|目录 ?\d|toc heading|table of figures|图表目录", re.IGNORECASE)
_CONTENTS_LINE = re.compile(r"(?:\.{5,}|…{2,}|·{4,})\s*(?:\d{1,4}|[IVXivx]{1,6})$")
_CONTENTS = re.compile(r"目\s*[录次]|contents", re.IGNORECASE)
_ENUMERATED = (
    re.compile(r"第[一二三四五六七八九十百零〇\d]{1,4}[编章篇部](?:分)?(?![^\s]{0,2}[，。])"),
    re.compile(
        r"第[一二三四五六七八九十百零〇\d]{1,4}节|[一二三四五六七八九十]{1,3}\s*、|附录\s*[A-Z]|附件\s*\d"
    ),
    re.compile(r"[（(][一二三四五六七八九十]{1,3}[)）]|\d{1,2}\.\d{1,2}(?![\d%])"),
    re.compile(r"\d{1,2}\s*[.、．](?=\D)|\d{1,2}(?:\.\d{1,2}){2,3}(?!\d)|\d{1,2}\s{1,2}(?=[\u4e00-\u9fff])"),
)
_ARTICLE = re.compile(r"第[一二三四五六七八九十百零〇\d]+条")
_LETTERHEAD = re.compile(r".*文件$|.*〔\d{4}〕.*号.*|密级.*|.*签发人.*")
_NAMES = re.compile(
    r"(?:编\s*号|文件号|标准号|版\s*[本次号]|修订|密\s*级|(?:生效|实施|发布|编制)日期|No\.|Rev)\s*[:：.]?\s*[\w第]|[A-Z]{2,}[-/ ]?\d{2,}"
)
"""What a header says of the document, besides who it is from."""
_CLOSED = re.compile(r"[，、；：,;:]$")


def read_docx(data: bytes, name: str, pictures: Pictures | None = None) -> Document:
    """Reads a DOCX file. Raises ReadError when it is encrypted, damaged, over the limits, or holds no text.

    `pictures` reads the pictures in it; usually as index.readers.pictures does.
    """
    package = Package(data, name)
    document = _Reader(package, pictures or Pictures(name))
    items = document.items()
    properties = package.properties()
    marked = _marked(items)
    titled = any(block.kind == "title" for block in marked)
    about = Particulars(
        title="" if titled else properties.title,
        published=_published(marked) or properties.issued,
        media_type=MEDIA_TYPE,
        notices=document.notices(),
    )
    return document_of(marked, name, about)


@dataclass(slots=True)
class _Item:
    """A piece of the body: a paragraph that may be a heading, or a block that is what it is."""

    block: Block
    paragraph: Paragraph | None = None
    level: int = 0
    """Of a heading, 1 to 9; 0 for what is none, or may only look like one."""


class _Reader:
    """Walks the parts of one package."""

    def __init__(self, package: Package, pictures: Pictures) -> None:
        self._package = package
        self._main = package.main("word/document.xml")
        self._links = package.relations(self._main)
        self._pictures = pictures
        self._parts = Reading(Styles(self._related("styles")), Numbering(self._related("numbering")))
        self._notes: dict[str, list[str]] = {}
        self._pending: list[str] = []  # notes of the section under way
        self._noted = 0
        self._paragraphs = self._cells = 0
        self._cut = ""  # text of a paragraph whose end was deleted

    def items(self) -> list[_Item]:
        """The body's pieces in reading order; notes at the end of their section."""
        for kind in ("footnotes", "endnotes"):
            self._read_notes(kind)
        source = self._package.read(self._main)
        if source.count(b"</w:p>") + source.count(b"<w:p/>") > MAX_PARAGRAPHS:
            raise self._too_long()  # before anything of it is parsed
        styles = next((link.target for link in self._links.values() if link.kind == "styles"), "")
        self._parts.may_hide = hides(source) or hides(self._package.read(styles) if styles else b"")
        body = f"{W}body"
        found: list[_Item] = []
        for element in self._package.elements(self._main, (f"{W}p", f"{W}tbl")):
            if element.tag == f"{W}p":
                self._paragraphs += 1
                if self._paragraphs > MAX_PARAGRAPHS:
                    raise self._too_long()
            parent = element.getparent()
            while parent is not None and parent.tag != body and parent.tag not in _STOPS:
                parent = parent.getparent()
            if parent is None or parent.tag != body:
                continue
            found += self._element(element, 0)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        return found + self._flush() + [_Item(Block("text", f"页眉页脚：{line}")) for line in self._edges()]

    def _edges(self) -> list[str]:
        """The lines of headers and footers that name the document: its number, version, dates."""
        parts = [link.target for link in self._links.values() if link.kind in ("header", "footer")]
        roots = (self._package.xml(part) for part in dict.fromkeys(parts[:MAX_EDGES]))
        found = (
            self._parts.paragraph(p).text for root in roots if root is not None for p in root.iter(f"{W}p")
        )
        lines = (" ".join(line.split()) for line in found)
        return list(dict.fromkeys(line for line in lines if len(line) <= HEADING and _NAMES.search(line)))

    def _too_long(self) -> ReadError:
        return self._package.over(f"超过 {MAX_PARAGRAPHS} 段 more than {MAX_PARAGRAPHS} paragraphs")

    def notices(self) -> tuple[str, ...]:
        """What was left out, for the report."""
        return (*hidden_notices(self._package.name, self._parts.hidden), *self._pictures.notices())

    def _related(self, kind: str) -> Element | None:
        target = next((link.target for link in self._links.values() if link.kind == kind), "")
        return self._package.xml(target) if target else None

    def _read_notes(self, kind: str) -> None:
        root = self._related(kind)
        for note in root if root is not None else ():
            texts = [self._parts.paragraph(item).text for item in note.iter(f"{W}p")]
            self._notes[f"{kind[:-1]}{note.get(f'{W}id', '')}"] = [text for text in texts if text.strip()]

    def _element(self, element: Element, depth: int) -> Iterator[_Item]:
        return self._table(element, depth) if element.tag == f"{W}tbl" else self._paragraph(element, depth)

    def _paragraph(self, element: Element, depth: int) -> Iterator[_Item]:
        found = self._parts.paragraph(element)
        if self._cut:
            found.text, self._cut = self._cut + found.text, ""
        if found.runs_on:
            self._cut = found.text
            return
        lines = [line for line in (" ".join(line.split()) for line in found.text.split("\n")) if line]
        name = found.style.name
        if lines and not (_lists_contents(name) or _CONTENTS_LINE.search(lines[0][-HEADING:])):
            level = _level(found, "".join(lines))
            if level:
                yield from self._flush()
                yield _Item(Block("heading", " ".join(lines), level), found, level)
            elif len(lines) == 1:
                yield _Item(Block("text", lines[0]), found)
            else:
                yield from (_Item(Block("text", line)) for line in lines)
        for key in found.notes:
            self._noted += 1
            self._pending += [
                f"注{self._noted}：{text}" if not i else text
                for i, text in enumerate(self._notes.get(key, ()))
            ]
        for box in found.boxes if depth < MAX_NESTING else ():
            for inner in blocks(box):
                yield from self._element(inner, depth + 1)
        yield from self._drawings(found)

    def _drawings(self, found: Paragraph) -> Iterator[_Item]:
        """The text in a paragraph's pictures, charts and SmartArt."""
        for picture in found.pictures:
            yield from self._picture(picture)
        for keys, read in ((found.charts, chart_blocks), (found.diagrams, diagram_blocks)):
            for link in filter(None, map(self._links.get, keys)):
                if not link.external:
                    yield from (_Item(block) for block in read(self._package.xml(link.target)))

    def _flush(self) -> list[_Item]:
        pending, self._pending = self._pending, []
        return [_Item(Block("text", text)) for text in pending]

    def _picture(self, key: str) -> Iterator[_Item]:
        link = self._links.get(key)
        if link is not None and not link.external:
            yield from (_Item(block) for block in self._pictures.blocks(self._package.read(link.target)))

    def _table(self, table: Element, depth: int) -> Iterator[_Item]:
        if depth >= MAX_NESTING:
            yield from (_Item(Block("text", "".join(p.itertext(f"{W}t")))) for p in table.iter(f"{W}p"))
            return
        grid = list(rows(table))
        width = max((sum(min(cell.span, MAX_SPAN) for cell in cells) for cells, _ in grid), default=0)
        self._cells += width * len(grid)
        if self._cells > MAX_CELLS:
            raise self._package.over(f"表格超过 {MAX_CELLS} 格 more than {MAX_CELLS} cells")
        if len(grid) == 1 or max((len(cells) for cells, _ in grid), default=0) == 1:
            for cells, _ in grid:  # it only places text on the page
                for cell in cells:
                    for inner in blocks(cell.element) if cell.element is not None and not cell.above else ():
                        yield from self._element(inner, depth + 1)
            return
        inside: list[_Item] = []
        texts = [self._row(cells, inside, depth) for cells, _ in grid]
        filled = _filled([cells for cells, _ in grid], [row for row, _ in texts])
        header = next((i for i, (_, heads) in enumerate(grid) if not heads), len(grid))
        if not header and texts[0][1] and not texts[1][1] and not is_form(filled):
            header = header_rows(filled, sure=True)
        known = header if 0 < header < len(grid) else None
        yield from (_Item(block) for block in table_blocks(filled, header=known))
        yield from inside

    def _row(self, cells: list[Cell], inside: list[_Item], depth: int) -> tuple[list[str], bool]:
        """(the cells' texts, whether all that have text are bold); tables and boxes in cells go to `inside`."""
        texts, bold = [], True
        for cell in cells:
            lines: list[str] = []
            for element in blocks(cell.element) if cell.element is not None else ():
                if element.tag == f"{W}tbl":
                    inside += self._table(element, depth + 1)
                    continue
                for item in self._paragraph(element, depth):
                    if item.paragraph is None and (item.block.kind == "row" or item.block.unsure):
                        inside.append(item)
                    else:
                        lines.append(item.block.text)
                        bold = bold and item.paragraph is not None and item.paragraph.bold
            texts.append("\n".join(lines))
        return texts, bold and any(texts)


_STOPS = frozenset((f"{W}tbl", f"{W}txbxContent", f"{W}p", f"{W}tc"))
"""Inside one of these an element belongs to it, and is read with it."""


def _filled(grid: list[list[Cell]], texts: list[list[str]]) -> list[list[str]]:
    """The cells' texts in columns, with merged cells filled in."""
    filled: list[list[str]] = []
    for cells, row in zip(grid, texts, strict=True):
        line: list[str] = []
        for cell, text in zip(cells, row, strict=True):
            at = len(line)
            above = filled[-1][at] if cell.above and filled and at < len(filled[-1]) else ""
            line += [text or above] * min(cell.span, MAX_SPAN)
        filled.append(line[: MAX_SPAN * 2])
    return filled


def _level(paragraph: Paragraph, text: str) -> int:
    """The level of a heading that its style or outline level makes it, from 1; 0 for none."""
    level = _level_named(paragraph.style.name) or (0 if paragraph.outline is None else paragraph.outline + 1)
    if not level or len(text) > HEADING or ends_sentence(text) or _CLOSED.search(text):
        return 0
    return 0 if _ARTICLE.match(text) and len(text) > BOLD_HEADING // 2 else level


@cache
def _level_named(style: str) -> int:
    """The level that a style's name gives; 0 for none."""
    named = _HEADING_STYLE.fullmatch(style)
    return int(named[1]) if named else 0


@cache
def _lists_contents(style: str) -> bool:
    """Whether a style by its name is for lines of a contents list."""
    return bool(_CONTENTS_STYLE.fullmatch(style))


def _marked(items: list[_Item]) -> list[Block]:
    """The blocks, with the title found and the headings that only look like it."""
    items = [item for item in items if not _CONTENTS.fullmatch(item.block.text)]
    first, last, title = _title(items)
    styled = any(item.level for item in items)
    marked = [item.block for item in items]
    for i, item in enumerate(items):
        if not item.level and item.paragraph is not None and not first <= i < last:
            below = items[i + 1] if i + 1 < len(items) else None
            level = _looks_like(item, below, styled)
            if level:
                marked[i] = Block("heading", item.block.text, level)
    if not title:
        return marked
    # What stands above the title (the letterhead, the number of the document) belongs to its article.
    return [Block("title", title), *marked[:first], *marked[last:]]


def _title(items: list[_Item]) -> tuple[int, int, str]:
    """(first, last + 1, text) of the paragraphs at the top that are the title; the text is "" when none are."""
    head = items[:HEAD]
    for i, item in enumerate(head):
        if item.paragraph is not None and _TITLE_STYLE.fullmatch(item.paragraph.style.name):
            return i, i + 1, item.block.text
    best, size = -1, 0
    for i, item in enumerate(head):
        paragraph = item.paragraph
        if paragraph is None or not _stands_out(item):
            if paragraph is None or ends_sentence(item.block.text):
                break
            continue
        if paragraph.size > size and not _LETTERHEAD.fullmatch(item.block.text):
            best, size = i, paragraph.size
    if best < 0:
        return 0, 0, ""
    last = best + 1
    text = items[best].block.text
    while last < len(head):
        paragraph = items[last].paragraph
        if paragraph is None or paragraph.size != size or not _stands_out(items[last]):
            break
        text += items[last].block.text
        last += 1
    return (best, last, text) if len(text) <= HEADING else (best, best + 1, items[best].block.text)


def _stands_out(item: _Item) -> bool:
    """Whether a paragraph at the top can be the title: centred, short, no sentence, no date."""
    paragraph, text = item.paragraph, item.block.text
    return (
        paragraph is not None
        and paragraph.centred
        and not paragraph.numbered
        and 2 <= len(text) <= HEADING
        and not ends_sentence(text)
        and not is_date_line(text)
        and not any(pattern.match(text) for pattern in _ENUMERATED)
    )


def _looks_like(item: _Item, below: _Item | None, styled: bool) -> int:
    """The level of a heading by its look: a number before a short line, or bold letters; 0 for none.

    In a document that uses styles only what is numbered as a chapter is taken for a heading besides.
    """
    paragraph, text = item.paragraph, item.block.text
    if paragraph is None or below is None or len(text) > BOLD_HEADING or ends_sentence(text):
        return 0
    if _CLOSED.search(text) or _ARTICLE.match(text) or is_date_line(text):
        return 0
    rank = next((rank for rank, pattern in enumerate(_ENUMERATED, 1) if pattern.match(text)), 0)
    if rank == 1:
        return rank
    if styled:
        return 0
    prose = below.paragraph is not None and (
        ends_sentence(below.block.text) or len(below.block.text) > BOLD_HEADING
    )
    deeper = below.block.text != text and any(
        pattern.match(below.block.text) for pattern in _ENUMERATED[rank:]
    )
    if rank:
        return rank if paragraph.bold or ((prose or deeper) and rank < 4) else 0
    follows = below.paragraph is None or not below.paragraph.bold
    return 4 if paragraph.bold and follows and not paragraph.numbered and len(text) > 1 else 0


def _published(marked: list[Block]) -> str:
    """The date printed on a line of its own: below the title, else at the end."""
    lines = [block.text for block in marked if block.kind == "text"]
    for text in (*lines[:HEAD], *reversed(lines[-4:])):
        if is_date_line(text):
            return find_date(text)
    return ""
