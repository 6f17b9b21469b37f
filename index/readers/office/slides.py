"""PPTX → Document: slide by slide, the title as heading, then text, tables and charts from top to bottom, then notes.

A page is a slide. Text in groups stands where it is seen; places that a slide takes from its layout are looked up
there. Left out: headers, footers, slide numbers and dates, comments, text of layouts; and, told in a notice, hidden
slides and shapes, shapes beside the slide, letters too small to be seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from index.dates import find_date
from index.headlines import is_date_line
from index.lines import ends_sentence
from index.passage import Document
from index.readers.blocks import Block, Particulars, document_of
from index.readers.hidden import hidden_notices
from index.readers.office.charts import DGM, chart_blocks, diagram_blocks
from index.readers.office.package import Element, Package, R, Relation
from index.readers.pictures import Pictures
from index.readers.tables import table_blocks

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

MAX_SLIDES = 3_000
"""Slides of a deck; the longest training decks have a few hundred."""

MAX_SHAPES = 5_000
"""Shapes of one slide that are looked at."""

MAX_COLUMNS = 64
"""Columns of a table on a slide."""

UNREADABLE = 200
"""Hundredths of a point up to which letters cannot be read."""

HEADING = 80
"""A title with more characters, or which is a sentence, is text."""

SHORT = 30
"""Characters of a line on top of a slide that is its title without being marked as one."""

LINE = 0.04
"""Shapes whose tops are nearer than this share of the slide's height stand in one line, left to right."""

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_TITLES = ("title", "ctrTitle")
_FURNITURE = ("ftr", "sldNum", "dt", "hdr", "sldImg")
_CONTENTS = re.compile(r"目\s*[录次]|contents|agenda|catalog(?:ue)?", re.IGNORECASE)


def read_pptx(data: bytes, name: str, pictures: Pictures | None = None) -> Document:
    """Reads a PPTX file. Raises ReadError when it is encrypted, damaged, over the limits, or holds no text.

    `pictures` reads the pictures in it; usually as index.readers.pictures does.
    """
    package = Package(data, name)
    deck = _Deck(package, pictures or Pictures(name))
    blocks = list(deck.blocks())
    properties = package.properties()
    title = _title(blocks) or properties.title
    dated = next((block.text for block in blocks if (block.page or 1) == 1 and is_date_line(block.text)), "")
    about = Particulars(
        title=title,
        published=find_date(dated) or properties.issued,
        media_type=MEDIA_TYPE,
        notices=deck.notices(),
    )
    return document_of(blocks, name, about)


def _title(blocks: list[Block]) -> str:
    """The title of the first slide."""
    first = [block for block in blocks if block.page == 1]
    head = next((block.text for block in first if block.kind == "heading"), "")
    return "" if _CONTENTS.fullmatch(head) else head


@dataclass(frozen=True, slots=True)
class _Box:
    """Where something stands on a slide, in EMU: its upper left corner."""

    left: float = 0.0
    top: float = 0.0


@dataclass(frozen=True, slots=True)
class _Frame:
    """How the coordinates inside groups lead to those of the slide: x * scale + shift."""

    scale_x: float = 1.0
    scale_y: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0

    def place(self, x: float, y: float) -> _Box:
        return _Box(x * self.scale_x + self.shift_x, y * self.scale_y + self.shift_y)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A shape of a slide, and where it stands."""

    element: Element
    box: _Box
    role: str
    """Of a placeholder: title, body, ftr…; "" for what is none."""


def _look_of_title(blocks: list[Block]) -> tuple[int, str]:
    """(how many blocks it takes, text) of a title that is no placeholder: a short line on top, after its number."""
    count = 1 if blocks[0].kind == "text" and blocks[0].text.isdecimal() and len(blocks) > 1 else 0
    top = blocks[count]
    if (
        top.kind != "text"
        or not 2 <= len(top.text) <= SHORT
        or ends_sentence(top.text)
        or len(blocks) == count + 1
    ):
        return 0, ""
    return count + 1, " ".join(block.text for block in blocks[: count + 1])


class _Deck:
    """Walks the slides of one package."""

    def __init__(self, package: Package, pictures: Pictures) -> None:
        self._package = package
        self._pictures = pictures
        self._layouts: dict[str, dict[str, _Box]] = {}
        self._hidden_slides = self._hidden = 0

    @cached_property
    def _size(self) -> tuple[float, float]:
        """Width and height of the slides in EMU."""
        root = self._package.xml(self._main)
        size = root.find(f"{P}sldSz") if root is not None else None
        width, height = (_number(size.get(key)) if size is not None else 0.0 for key in ("cx", "cy"))
        return width or 12192000.0, height or 6858000.0

    @cached_property
    def _main(self) -> str:
        return self._package.main("ppt/presentation.xml")

    def notices(self) -> tuple[str, ...]:
        """What was left out, for the report."""
        name, slides = self._package.name, self._hidden_slides
        told = [f"{name}: {slides} 张隐藏的幻灯片未收入 {slides} hidden slides left out"] if slides else []
        return (*told, *hidden_notices(name, self._hidden), *self._pictures.notices())

    def blocks(self) -> Iterator[Block]:
        root, links = self._package.xml(self._main), self._package.relations(self._main)
        if root is None or root.tag != f"{P}presentation":
            raise self._package.broken()
        slides = list(root.iter(f"{P}sldId"))
        if len(slides) > MAX_SLIDES:
            raise self._package.over(f"超过 {MAX_SLIDES} 张幻灯片 more than {MAX_SLIDES} slides")
        for page, item in enumerate(slides, 1):
            link = links.get(item.get(f"{R}id", ""))
            slide = self._package.xml(link.target) if link is not None and not link.external else None
            if link is None or slide is None:
                continue
            if slide.get("show") in ("0", "false"):
                self._hidden_slides += 1
                continue
            yield from self._slide(slide, link.target, page)

    def _slide(self, slide: Element, part: str, page: int) -> Iterator[Block]:
        links = self._package.relations(part)
        layout = next((link.target for link in links.values() if link.kind == "slideLayout"), "")
        tree = slide.find(f"{P}cSld/{P}spTree")
        shapes = list(_shapes(tree, _Frame(), self._places(layout))) if tree is not None else []
        shapes = [shape for shape in shapes if shape.role not in _FURNITURE and self._is_shown(shape)]
        self._hidden += _empty_tiny(slide)
        titles = [shape for shape in shapes if shape.role in _TITLES and _lines(shape.element)]
        for shape in titles[:1]:
            lines = _lines(shape.element)
            text = " ".join(lines)
            if len(text) <= HEADING and not (ends_sentence(text) and text[-1] in "。；;"):
                yield Block("heading", text, 1, page)
            else:
                yield from (Block("text", line, page=page) for line in lines)
        rest = self._ordered([shape for shape in shapes if shape not in titles[:1]])
        body = [block for shape in rest for block in self._shape(shape, links, page)]
        notes = next((link.target for link in links.values() if link.kind == "notesSlide"), "")
        body += self._notes(notes, page)
        if body and not titles:
            count, text = _look_of_title(body)
            yield Block(
                "heading", text or f"第{page}页", 1, page
            )  # else the slide before would head this one
            body = body[count:]
        yield from body

    def _is_shown(self, shape: _Shape) -> bool:
        """Whether a shape is seen on the slide; one that is not is counted."""
        element, (width, height) = shape.element, self._size
        named = element.find(f"*/{P}cNvPr")
        left, top = shape.box.left, shape.box.top
        size = element.find(f"{P}spPr/{A}xfrm/{A}ext")
        right, bottom = (
            place + (_number(size.get(key)) if size is not None else 1.0)
            for place, key in ((left, "cx"), (top, "cy"))
        )
        hidden = named is not None and named.get("hidden") in ("1", "true")
        if not hidden and left < width and top < height and (size is None or min(right, bottom) >= 0):
            return True
        self._hidden += sum(map(len, _lines(element)))
        return False

    def _places(self, layout: str) -> dict[str, _Box]:
        """Placeholder (its number, else its role) → where the layout, or the master, puts it."""
        if layout not in self._layouts:
            found: dict[str, _Box] = {}
            self._layouts[layout] = found
            root = self._package.xml(layout) if layout else None
            if root is not None:
                masters = self._package.relations(layout).values() if "slideMaster" not in layout else ()
                for link in masters:
                    if link.kind == "slideMaster":
                        found.update(self._places(link.target))
                for shape in root.iter(f"{P}sp"):
                    corner = shape.find(f"{P}spPr/{A}xfrm/{A}off")
                    holder = shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
                    if corner is not None and holder is not None:
                        box = _Box(_number(corner.get("x")), _number(corner.get("y")))
                        found[f"#{holder.get('idx')}"] = found[holder.get("type", "body")] = box
        return self._layouts[layout]

    def _ordered(self, shapes: list[_Shape]) -> list[_Shape]:
        """Shapes from top to bottom, and in one line from left to right."""
        lines: list[list[_Shape]] = []
        for shape in sorted(shapes, key=lambda shape: shape.box.top):
            if lines and shape.box.top - lines[-1][0].box.top < LINE * self._size[1]:
                lines[-1].append(shape)
            else:
                lines.append([shape])
        return [shape for line in lines for shape in sorted(line, key=lambda shape: shape.box.left)]

    def _shape(self, shape: _Shape, links: Mapping[str, Relation], page: int) -> Iterator[Block]:
        element = shape.element
        if element.tag == f"{P}pic":
            blip = element.find(f".//{A}blip")
            yield from self._picture(links.get(blip.get(f"{R}embed", "")) if blip is not None else None, page)
            return
        preview = element.find(f".//{P}oleObj//{A}blip")
        if preview is not None:
            yield from self._picture(links.get(preview.get(f"{R}embed", "")), page)
        table = element.find(f".//{A}tbl")
        if table is not None:
            yield from table_blocks(_table(table), page=page)
            return
        for tag, key in ((f"{C}chart", f"{R}id"), (f"{DGM}relIds", f"{R}dm")):
            found = element.find(f".//{tag}")
            link = links.get(found.get(key, "")) if found is not None else None
            if link is not None and not link.external:
                root = self._package.xml(link.target)
                yield from chart_blocks(root, page) if tag == f"{C}chart" else diagram_blocks(root, page)
        yield from (Block("text", line, page=page) for line in _lines(element))

    def _picture(self, link: Relation | None, page: int) -> Iterator[Block]:
        if link is not None and not link.external:
            yield from self._pictures.blocks(self._package.read(link.target), page)

    def _notes(self, part: str, page: int) -> Iterator[Block]:
        root = self._package.xml(part) if part else None
        for shape in root.iter(f"{P}sp") if root is not None else ():
            holder = shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
            if holder is not None and holder.get("type") == "body":
                yield from (Block("text", line, page=page) for line in _lines(shape))


def _shapes(tree: Element, frame: _Frame, places: dict[str, _Box], depth: int = 0) -> Iterator[_Shape]:
    """The shapes of a tree, those in groups placed as on the slide; lxml bounds how deep groups may nest."""
    for element in tree[:MAX_SHAPES]:
        if element.tag == f"{MC}AlternateContent":
            choice = element.find(f"{MC}Choice")
            yield from _shapes(choice if choice is not None else element, frame, places, depth + 1)
        elif element.tag == f"{P}grpSp":
            yield from _shapes(element, _inside(element, frame), places, depth + 1)
        elif element.tag in (f"{P}sp", f"{P}graphicFrame", f"{P}pic", f"{P}cxnSp"):
            holder = element.find(f"*/{P}nvPr/{P}ph")
            role = holder.get("type", "body") if holder is not None else ""
            corner = element.find(f"{P}spPr/{A}xfrm/{A}off")
            corner = element.find(f"{P}xfrm/{A}off") if corner is None else corner
            if corner is not None:
                box = frame.place(_number(corner.get("x")), _number(corner.get("y")))
            elif holder is not None:
                box = places.get(f"#{holder.get('idx')}") or places.get(role) or _Box()
            else:
                box = frame.place(0, 0)
            yield _Shape(element, box, role)


def _inside(group: Element, frame: _Frame) -> _Frame:
    """The frame of what stands in a group."""
    place = group.find(f"{P}grpSpPr/{A}xfrm")
    found = [
        place.find(f"{A}{tag}") if place is not None else None for tag in ("off", "ext", "chOff", "chExt")
    ]
    parts = [part for part in found if part is not None]
    if len(parts) < 4:
        return frame
    off, size, inner_off, inner_size = parts
    scale_x = _number(size.get("cx")) / (_number(inner_size.get("cx")) or 1)
    scale_y = _number(size.get("cy")) / (_number(inner_size.get("cy")) or 1)
    shift_x = _number(off.get("x")) - _number(inner_off.get("x")) * scale_x
    shift_y = _number(off.get("y")) - _number(inner_off.get("y")) * scale_y
    corner = frame.place(shift_x, shift_y)
    return _Frame(frame.scale_x * scale_x, frame.scale_y * scale_y, corner.left, corner.top)


def _lines(shape: Element) -> list[str]:
    """The paragraphs of a shape; a line break ends one, too."""
    found = []
    for paragraph in shape.iter(f"{A}p"):
        pieces = [
            "\n" if node.tag == f"{A}br" else " " if node.tag == f"{A}tab" else node.text or ""
            for node in paragraph.iter(f"{A}t", f"{A}br", f"{A}tab")
            if node.tag != f"{A}tab" or node.get("pos") is None
        ]
        found += [" ".join(line.split()) for line in re.split(r"[\n\v]", "".join(pieces))]
    return [line for line in found if line]


def _empty_tiny(slide: Element) -> int:
    """Takes out the letters that are too small to be seen; returns how many."""
    count = 0
    for look in slide.iter(f"{A}rPr"):
        text = look.getparent().find(f"{A}t") if 0 < _number(look.get("sz")) <= UNREADABLE else None
        if text is not None:
            count += len(text.text or "")
            text.text = ""
    return count


def _table(table: Element) -> list[list[str]]:
    """The rows of a table, with merged cells filled in."""
    rows: list[list[str]] = []
    for row in table.iterchildren(f"{A}tr"):
        cells: list[str] = []
        for cell in list(row.iterchildren(f"{A}tc"))[:MAX_COLUMNS]:
            text = "\n".join(_lines(cell))
            if cell.get("hMerge") in ("1", "true") and cells:
                text = cells[-1]
            elif cell.get("vMerge") in ("1", "true") and rows and len(cells) < len(rows[-1]):
                text = rows[-1][len(cells)]
            cells.append(text)
        rows.append(cells)
    return rows


def _number(text: str | None) -> float:
    return float(text) if text and re.fullmatch(r"-?\d{1,12}", text) else 0.0
