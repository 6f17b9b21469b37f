"""What the paragraph styles of a DOCX say, and how the properties of an element are read.

A style has what it inherits. What a paragraph says itself, over its style, is for index.readers.office.word_parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.readers.office.package import Element
from index.readers.office.word_numbering import VAL, W

BASE_SIZE = 21
"""Half points of ordinary text, 五号, where a style says nothing."""

_OFF = ("0", "false", "none", "off")
_SHADES = (f"{W}shd", f"{W}highlight")


@dataclass(slots=True)
class Style:
    """What a paragraph style says, its ancestors' words included. `outline` is 0 to 8, or None for body text."""

    name: str = ""
    outline: int | None = None
    number: str = ""
    depth: int | None = None
    bold: bool = False
    centred: bool = False
    size: int = BASE_SIZE


class Styles:
    """The paragraph styles of a document, by id."""

    def __init__(self, root: Element | None) -> None:
        self._items: dict[str, Element] = {}
        self._known: dict[str, Style] = {}
        self.default = ""
        if root is None:
            return
        for item in root.iterchildren(f"{W}style"):
            key = item.get(f"{W}styleId", "")
            self._items[key] = item
            if item.get(f"{W}type") == "paragraph" and item.get(f"{W}default") in ("1", "true"):
                self.default = key

    def look(self, key: str) -> Element | None:
        """What a style of letters says of them itself; None when there is no such style."""
        item = self._items.get(key)
        return item.find(f"{W}rPr") if item is not None else None

    def shades(self, key: str) -> bool:
        """Whether a style of paragraphs or tables, or one that it is based on, sets something behind its text."""
        for _ in range(20):
            item = self._items.get(key)
            if item is None:
                return False
            if is_shaded(item):
                return True
            key = value(item, "basedOn")
        return True

    def style(self, key: str, depth: int = 0) -> Style:
        """The style of this id, with what it inherits; an empty one when there is none."""
        known = self._known.get(key)
        if known is not None:
            return known
        item = self._items.get(key)
        if item is None or depth > 20:  # styles that are based on one another in a circle
            return Style()
        base = value(item, "basedOn")
        parent = self.style(base, depth + 1) if base else Style()
        own, look = item.find(f"{W}pPr"), item.find(f"{W}rPr")
        number, level = numbering_of(own)
        outline = outline_of(own)
        found = Style(
            name=value(item, "name"),
            outline=parent.outline if outline == -1 else outline,
            number=number or parent.number,
            depth=parent.depth if level is None else level,
            bold=flag(look, "b", parent.bold),
            centred=value(own, "jc") == "center" if value(own, "jc") else parent.centred,
            size=size_of(look, parent.size),
        )
        self._known[key] = found
        return found


def is_shaded(element: Element) -> bool:
    """Whether an element, or one inside it, has a colour behind its text."""
    for node in element.iter(*_SHADES):
        fill = node.get(f"{W}fill", "auto") if node.tag == _SHADES[0] else node.get(VAL, "none")
        if fill.upper() not in ("AUTO", "NONE", "FFFFFF") or node.get(f"{W}themeFill"):
            return True
    return False


def value(parent: Element | None, tag: str) -> str:
    """The value of the property `tag` below `parent`; "" where there is none."""
    found = parent.find(f"{W}{tag}") if parent is not None else None
    return str(found.get(VAL, "")) if found is not None else ""


def flag(parent: Element | None, tag: str, usual: bool) -> bool:
    """Whether the property `tag` below `parent` is on; `usual` where it isn't there."""
    found = parent.find(f"{W}{tag}") if parent is not None else None
    return usual if found is None else found.get(VAL, "1") not in _OFF


def outline_of(properties: Element | None) -> int | None:
    """The outline level, 0 to 8; None for body text; -1 where nothing is said."""
    found = number_of(value(properties, "outlineLvl"), -1)
    return None if found > 8 else found


def numbering_of(properties: Element | None) -> tuple[str, int | None]:
    """(id of a list, level in it), "" and None where nothing is said."""
    found = properties.find(f"{W}numPr") if properties is not None else None
    if found is None:
        return "", None
    depth = value(found, "ilvl")
    return value(found, "numId"), number_of(depth, 0) if depth else None


def size_of(look: Element | None, usual: int) -> int:
    """The size of letters in half points."""
    return number_of(value(look, "sz"), usual)


def number_of(text: str, usual: int) -> int:
    """`text` as a number of at most six digits; `usual` for any other."""
    return int(text) if re.fullmatch(r"\d{1,6}", text) else usual
