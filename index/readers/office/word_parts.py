"""Paragraphs and tables of a DOCX body, as a reader sees them: text with its numbers, and what it looks like.

Text that is marked as hidden, in white on nothing, or smaller than anybody can read is counted and left out.

Insertions are kept and deletions left out, as are comments, hidden runs, field codes and phonetic guides. Text boxes
come once, although Word writes them twice. What a paragraph is – a heading, a title – is for index.readers.office.word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from index.readers.office.charts import DGM
from index.readers.office.package import Element, R
from index.readers.office.word_numbering import VAL, Numbering, W
from index.readers.office.word_styles import (
    BASE_SIZE,
    Style,
    Styles,
    flag,
    is_shaded,
    number_of,
    numbering_of,
    outline_of,
    size_of,
    value,
)

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
V = "{urn:schemas-microsoft-com:vml}"

MAX_SPAN = 64
"""Columns of a table, one more than Word allows."""

LOOKED_AT = 120
"""A longer paragraph is no heading, so that how its letters look does not matter."""

UNREADABLE = 4
"""Half points up to which letters cannot be read."""

_T, _MATH_T, _TAB, _BREAK, _CARRIAGE = f"{W}t", f"{M}t", f"{W}tab", f"{W}br", f"{W}cr"
_HYPHEN, _SYMBOL = f"{W}noBreakHyphen", f"{W}sym"
_FOOTNOTE, _ENDNOTE = f"{W}footnoteReference", f"{W}endnoteReference"
_BLIP, _IMAGE, _CHART, _DIAGRAM = f"{A}blip", f"{V}imagedata", f"{C}chart", f"{DGM}relIds"
_FRACTION, _POWER, _RAISED = f"{M}f", f"{M}sSup", f"{W}vertAlign"
_BOX, _ALTERNATE, _CHOICE = f"{W}txbxContent", f"{MC}AlternateContent", f"{MC}Choice"
_VANISH = f"{W}vanish"
_SKIPPED = frozenset(
    (f"{W}del", f"{W}moveFrom", f"{W}rt", f"{W}pPr", f"{W}instrText", f"{W}delText", f"{MC}Fallback")
)
_RARE = frozenset(
    (_BOX, _ALTERNATE, _VANISH, f"{W}moveFrom", f"{W}del", f"{W}rt", _BLIP, _IMAGE, _CHART, _DIAGRAM)
) | {_FRACTION, _POWER, _RAISED}
_DIGITS = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
"""Raised digits, so that 10 and 6 do not become 106."""
_PLAIN = {_TAB: " ", _BREAK: "\n", _CARRIAGE: "\n", _HYPHEN: "-"}
_WANTED = (_T, _MATH_T, _SYMBOL, _FOOTNOTE, _ENDNOTE, *_PLAIN, *_RARE)
_INLINE = frozenset((f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins", f"{W}moveTo", f"{W}smartTag"))
"""What stands around rows and cells without meaning anything for the reader."""

_TICKED = {
    "f0fe": "☑",
    "f0fd": "☒",
    "f052": "☑",
    "f053": "☒",
    "f0a8": "□",
    "f06f": "□",
    "f0a3": "□",
    "f06e": "■",
}
_HIDES = re.compile(
    rb'<w:(?:vanish|specVanish)\b|<w:color [^>]{0,80}w:val="(?:FFFFFF|ffffff)"|<w:sz w:val="[0-4]"'
)
_SHORT_NUMBER = re.compile(r"[+\-−–]?\d{1,3}")
_OPERANDS = frozenset(f"{M}{name}" for name in ("num", "den", "e", "sup"))


@dataclass(slots=True)
class Paragraph:
    """A paragraph: `text` begins with its number, and has \\n at line breaks. `bold` means all of it is."""

    text: str
    style: Style = field(default_factory=Style)
    outline: int | None = None
    bold: bool = False
    centred: bool = False
    size: int = BASE_SIZE
    notes: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)
    diagrams: list[str] = field(default_factory=list)
    numbered: bool = False
    runs_on: bool = False
    """Whether its end was deleted, so that the next paragraph goes on with its last line."""


@dataclass(slots=True)
class Cell:
    """A cell of a table. `above` means that it goes on with the cell above it."""

    element: Element
    span: int
    above: bool


class Reading:
    """Reads the paragraphs and tables of one document, counting its lists as it goes."""

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        self._styles = styles
        self._numbering = numbering
        self.hidden = 0
        self.may_hide = False
        """Whether runs have to be looked at for hidden text; see `hides`."""

    def paragraph(self, element: Element) -> Paragraph:
        """One `w:p`, with its number before it."""
        properties = element.find(f"{W}pPr")
        key = value(properties, "pStyle") or self._styles.default
        style = self._styles.style(key)
        found = Paragraph("", style, style.outline, centred=style.centred)
        text = self._text(element, found)
        if properties is not None:
            self._own(properties, found)
        found.text = self._label(properties, style, key, found) + text if text.strip() else ""
        if 0 < len(text) <= LOOKED_AT:
            found.bold, found.size = _look(element, style)
        return found

    def _own(self, properties: Element, found: Paragraph) -> None:
        """What a paragraph says itself, over its style."""
        outline, alignment = outline_of(properties), value(properties, "jc")
        if outline != -1:
            found.outline = outline
        if alignment:
            found.centred = alignment == "center"
        mark = properties.find(f"{W}rPr")
        found.runs_on = mark is not None and mark.find(f"{W}del") is not None

    def _label(self, properties: Element | None, style: Style, key: str, found: Paragraph) -> str:
        number, depth = numbering_of(properties)
        if not number and style.number:
            number = style.number
            depth = style.depth if style.depth is not None else self._numbering.level_of_style(number, key)
        if not number or number == "0":
            return ""
        found.numbered = True
        return self._numbering.label(number, depth or 0)

    def _text(self, element: Element, found: Paragraph) -> str:
        pieces: list[str] = []
        if self.may_hide:
            self._walk(element, found, pieces)
            return "".join(pieces)
        for node in element.iter(_WANTED):
            tag = node.tag
            if tag in (_T, _MATH_T):
                pieces.append(node.text or "")
            elif tag in _RARE:
                pieces.clear()
                found.notes.clear()
                self._walk(element, found, pieces)
                break
            else:
                _mark(node, tag, found, pieces)
        return "".join(pieces)

    def _walk(self, element: Element, found: Paragraph, pieces: list[str]) -> None:
        """The text below an element that has parts to leave out; lxml bounds how deep XML may nest (256)."""
        for node in element:
            tag = node.tag
            if tag in (_T, _MATH_T):
                pieces.append(node.text or "")
            elif tag == _BOX:
                found.boxes.append(node)
            elif tag in (_BLIP, _IMAGE):
                found.pictures.append(node.get(f"{R}embed") or node.get(f"{R}id") or "")
            elif tag == _CHART:
                found.charts.append(node.get(f"{R}id", ""))
            elif tag == _DIAGRAM:
                found.diagrams.append(node.get(f"{R}dm", ""))
            elif tag in (_FRACTION, _POWER):
                self._formula(node, "/" if tag == _FRACTION else "^", found, pieces)
            elif tag == _ALTERNATE:
                choice = node.find(_CHOICE)
                self._walk(choice if choice is not None else node[0] if len(node) else node, found, pieces)
            elif tag == f"{W}r" and self._is_hidden(node):
                self.hidden += sum(len(text.text or "") for text in node.iter(_T))
            elif tag == f"{W}r" and value(node.find(f"{W}rPr"), "vertAlign") == "superscript":
                inside: list[str] = []
                self._walk(node, found, inside)
                text = "".join(inside)
                pieces.append(text.translate(_DIGITS) if _SHORT_NUMBER.fullmatch(text) else text)
            elif tag not in _SKIPPED and not _mark(node, tag, found, pieces):
                self._walk(node, found, pieces)

    def _formula(self, node: Element, sign: str, found: Paragraph, pieces: list[str]) -> None:
        """A fraction or a power in one line, `(a+b)/c`, without its properties."""
        for n, part in enumerate(part for part in node if part.tag in _OPERANDS):
            inside: list[str] = []
            self._walk(part, found, inside)
            text = "".join(inside)
            pieces += [sign] if n else []
            pieces.append(f"({text})" if len(text) > 1 and not text.isalnum() else text)

    def _is_hidden(self, run: Element) -> bool:
        """Whether the letters of a run cannot be seen."""
        own = run.find(f"{W}rPr")
        if own is None:
            return False
        styled = self._styles.look(key) if (key := value(own, "rStyle")) else None
        if flag(own, "vanish", flag(styled, "vanish", False)):
            return True
        if size_of(own, size_of(styled, BASE_SIZE)) <= UNREADABLE:
            return True
        colour = value(own, "color") or value(styled, "color")
        return colour.upper() == "FFFFFF" and not (is_shaded(own) or self._is_on_colour(run))

    def _is_on_colour(self, run: Element) -> bool:
        """Whether something is set behind a run: by its paragraph, cell, table, a box or the page."""
        for around in run.iterancestors():
            if around.tag in (_BOX, f"{MC}Fallback"):
                return True  # the fill of a drawing says so in many ways
            own = around.find(_PROPERTIES.get(around.tag, "")) if around.tag in _PROPERTIES else None
            if own is not None and (is_shaded(own) or self._styles.shades(_style_of(own))):
                return True
            if around.tag == f"{W}document":
                return around.find(f"{W}background") is not None
        return False


def hides(source: bytes) -> bool:
    """Whether a part, as its file has it, may hold hidden text."""
    return bool(_HIDES.search(source))


_PROPERTIES = {f"{W}p": f"{W}pPr", f"{W}tc": f"{W}tcPr", f"{W}tbl": f"{W}tblPr"}
"""Where an element says what it looks like."""


def _style_of(properties: Element) -> str:
    return value(properties, "pStyle") or value(properties, "tblStyle")


def rows(table: Element) -> Iterator[tuple[list[Cell], bool]]:
    """(cells, whether it is a row of the header) of a `w:tbl`, without deleted rows."""
    for row in _children(table, f"{W}tr"):
        properties = row.find(f"{W}trPr")
        if properties is not None and properties.find(f"{W}del") is not None:
            continue
        cells = []
        before = number_of(value(properties, "gridBefore"), 0)
        if before:
            cells.append(Cell(None, before, False))
        for element in _children(row, f"{W}tc"):
            own = element.find(f"{W}tcPr")
            merge = own.find(f"{W}vMerge") if own is not None else None
            above = merge is not None and merge.get(VAL, "continue") == "continue"
            cells.append(Cell(element, max(1, number_of(value(own, "gridSpan"), 1)), above))
        yield cells, flag(properties, "tblHeader", False)


def blocks(parent: Element) -> Iterator[Element]:
    """The paragraphs and tables right inside a body, a cell or a text box."""
    return _children(parent, f"{W}p", f"{W}tbl")


def _children(parent: Element, *tags: str) -> Iterator[Element]:
    for child in parent:
        if child.tag in tags:
            yield child
        elif child.tag in _INLINE:
            yield from _children(child, *tags)


def _mark(node: Element, tag: str, found: Paragraph, pieces: list[str]) -> bool:
    """Adds what a single sign stands for; False when `tag` is none."""
    if tag in _PLAIN:
        # A tab that only defines a tab stop has attributes, and stands in the properties of its paragraph.
        if not (tag == _TAB and node.get(VAL)) and node.get(f"{W}type") not in ("page", "column"):
            pieces.append(_PLAIN[tag])
    elif tag == _SYMBOL:
        pieces.append(_TICKED.get(node.get(f"{W}char", "").lower(), ""))
    elif tag in (_FOOTNOTE, _ENDNOTE):
        kind = "footnote" if tag == _FOOTNOTE else "endnote"
        found.notes.append(f"{kind}{node.get(f'{W}id', '')}")
    else:
        return False
    return True


def _look(element: Element, style: Style) -> tuple[bool, int]:
    """(whether all runs with text are bold, the size of the largest)."""
    bold, size, seen = True, 0, False
    for run in element.iterchildren(f"{W}r"):
        text = run.find(_T)
        if text is None or not (text.text or "").strip():
            continue
        look = run.find(f"{W}rPr")
        seen = True
        bold = bold and flag(look, "b", style.bold)
        size = max(size, size_of(look, style.size))
    return (bold, size) if seen else (style.bold, style.size)
