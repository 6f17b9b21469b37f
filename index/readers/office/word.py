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
from functools import cache

from index.errors import ReadError
from index.passage import Document
from index.readers.blocks import Block, Particulars, document_of
from index.readers.hidden import hidden_notices
from index.readers.office.charts import chart_blocks, diagram_blocks
from index.readers.office.package import Element, Package
from index.readers.office.word_headings import HEADING, Item, level_of, printed_date, with_headings
from index.readers.office.word_numbering import Numbering, W
from index.readers.office.word_parts import MAX_SPAN, Cell, Paragraph, Reading, blocks, hides, rows
from index.readers.office.word_styles import Styles
from index.readers.pictures import Pictures
from index.readers.tables import header_rows, is_form, table_blocks

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

MAX_PARAGRAPHS = 100_000
"""Paragraphs of a document, those in tables included; a book of a thousand pages has about 30,000."""

MAX_CELLS = 1_000_000
"""Cells of all tables, merged ones counted as often as they are filled in."""

MAX_NESTING = 8
"""Tables inside tables below this depth are read as plain text."""

MAX_EDGES = 30
"""Headers and footers that are looked at; each section may have six."""

_CONTENTS_STYLE = re.compile(r"toc ?\d|目录 ?\d|toc heading|table of figures|图表目录", re.IGNORECASE)
_CONTENTS_LINE = re.compile(r"(?:\.{5,}|…{2,}|·{4,})\s*(?:\d{1,4}|[IVXivx]{1,6})$")
_NAMES = re.compile(
    r"(?:编\s*号|文件号|标准号|版\s*[本次号]|修订|密\s*级|(?:生效|实施|发布|编制)日期|No\.|Rev)\s*[:：.]?\s*[\w第]|[A-Z]{2,}[-/ ]?\d{2,}"
)
"""What a header says of the document, besides who it is from."""


def read_docx(data: bytes, name: str, pictures: Pictures | None = None) -> Document:
    """Reads a DOCX file. Raises ReadError when it is encrypted, damaged, over the limits, or holds no text.

    `pictures` reads the pictures in it; usually as index.readers.pictures does.
    """
    package = Package(data, name)
    document = _Reader(package, pictures or Pictures(name))
    items = document.items()
    properties = package.properties()
    marked = with_headings(items)
    titled = any(block.kind == "title" for block in marked)
    about = Particulars(
        title="" if titled else properties.title,
        published=printed_date(marked) or properties.issued,
        media_type=MEDIA_TYPE,
        notices=document.notices(),
    )
    return document_of(marked, name, about)


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

    def items(self) -> list[Item]:
        """The body's pieces in reading order; notes at the end of their section."""
        for kind in ("footnotes", "endnotes"):
            self._read_notes(kind)
        source = self._package.read(self._main)
        if source.count(b"</w:p>") + source.count(b"<w:p/>") > MAX_PARAGRAPHS:
            raise self._too_long()  # before anything of it is parsed
        styles = next((link.target for link in self._links.values() if link.kind == "styles"), "")
        self._parts.may_hide = hides(source) or hides(self._package.read(styles) if styles else b"")
        body = f"{W}body"
        found: list[Item] = []
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
        return found + self._flush() + [Item(Block("text", f"页眉页脚：{line}")) for line in self._edges()]

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

    def _element(self, element: Element, depth: int) -> Iterator[Item]:
        return self._table(element, depth) if element.tag == f"{W}tbl" else self._paragraph(element, depth)

    def _paragraph(self, element: Element, depth: int) -> Iterator[Item]:
        found = self._parts.paragraph(element)
        if self._cut:
            found.text, self._cut = self._cut + found.text, ""
        if found.runs_on:
            self._cut = found.text
            return
        lines = [line for line in (" ".join(line.split()) for line in found.text.split("\n")) if line]
        name = found.style.name
        if lines and not (_lists_contents(name) or _CONTENTS_LINE.search(lines[0][-HEADING:])):
            level = level_of(found, "".join(lines))
            if level:
                yield from self._flush()
                yield Item(Block("heading", " ".join(lines), level), found, level)
            elif len(lines) == 1:
                yield Item(Block("text", lines[0]), found)
            else:
                yield from (Item(Block("text", line)) for line in lines)
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

    def _drawings(self, found: Paragraph) -> Iterator[Item]:
        """The text in a paragraph's pictures, charts and SmartArt."""
        for picture in found.pictures:
            yield from self._picture(picture)
        for keys, read in ((found.charts, chart_blocks), (found.diagrams, diagram_blocks)):
            for link in filter(None, map(self._links.get, keys)):
                if not link.external:
                    yield from (Item(block) for block in read(self._package.xml(link.target)))

    def _flush(self) -> list[Item]:
        pending, self._pending = self._pending, []
        return [Item(Block("text", text)) for text in pending]

    def _picture(self, key: str) -> Iterator[Item]:
        link = self._links.get(key)
        if link is not None and not link.external:
            yield from (Item(block) for block in self._pictures.blocks(self._package.read(link.target)))

    def _table(self, table: Element, depth: int) -> Iterator[Item]:
        if depth >= MAX_NESTING:
            yield from (Item(Block("text", "".join(p.itertext(f"{W}t")))) for p in table.iter(f"{W}p"))
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
        inside: list[Item] = []
        texts = [self._row(cells, inside, depth) for cells, _ in grid]
        filled = _filled([cells for cells, _ in grid], [row for row, _ in texts])
        header = next((i for i, (_, heads) in enumerate(grid) if not heads), len(grid))
        if not header and texts[0][1] and not texts[1][1] and not is_form(filled):
            header = header_rows(filled, sure=True)
        known = header if 0 < header < len(grid) else None
        yield from (Item(block) for block in table_blocks(filled, header=known))
        yield from inside

    def _row(self, cells: list[Cell], inside: list[Item], depth: int) -> tuple[list[str], bool]:
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


@cache
def _lists_contents(style: str) -> bool:
    """Whether a style by its name is for lines of a contents list."""
    return bool(_CONTENTS_STYLE.fullmatch(style))
