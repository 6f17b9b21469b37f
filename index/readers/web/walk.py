"""A web page's tree → its pieces, in reading order, less what a reader of the page does not see."""

from __future__ import annotations

import re

from lxml import etree

from index.readers.blocks import Block
from index.readers.hidden import shows_all, without_invisible
from index.readers.tables import table_blocks
from index.readers.web.pieces import LONG, Part, Piece
from index.readers.web.tables import SKIPPED, data_table

Element = etree._Element

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rb ruby s samp "
    "small span strike strong sub sup time tt u var center".split()
) - {"center"}
_LEAVES = frozenset(("p", "div", "li"))
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}

DEEPEST = 300
"""Elements inside one another that are told apart; below that only their text is taken."""
_MAIN_TAGS = frozenset(("article", "main"))
_ASIDE_TAGS = frozenset(("nav", "footer", "aside", "menu"))
_ASIDE_ROLES = frozenset(
    ("navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar", "toolbar")
)
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|sidebar|side|footer|foot|breadcrumbs?|crumbs?|location|share|sharing|bdshare\w*|"
    r"social|related|recommend(?:ed)?|hot(?:news|list)?|rank(?:ing)?|toolbar|tools|pager|pagination|pagenav|copyright|"
    r"advert\w*|ads?|adv|banner|sponsor\w*|promo|popup|modal|cookie\w*|login|search\w*|comments?|subscribe|newsletter|"
    r"qrcode|ewm|friendlink|links|skip-?links?|wm-ipp\w*|disclaimer|toc|print-only|sitemap|topbar|backtop)(?=$|[\s_-])",
    re.IGNORECASE,
)
_MAIN = re.compile(
    r"(?:^|[\s_-])(?:article(?:-?(?:body|content|text))?|content|main(?:-?content)?|post|entry|story(?:-?body)?|text|detail|zoom|"
    r"trs_editor\w*|news_?content|con_text|rich_media_content)(?=$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*(?:0(?![.\d])|[01]px|1pt)|opacity\s*:\s*0(?![.\d])|"
    r"mso-hide\s*:\s*all|(?<![-\w])(?:left|top|text-indent)\s*:\s*-\d{4}",
    re.IGNORECASE,
)
_NO_SIZE = re.compile(r"(?<![-\w])(?:max-)?(?:height|width)\s*:\s*0(?![.\d])", re.IGNORECASE)
_WHITE = re.compile(
    r"(?<![-\w])color\s*:\s*(?:#fff(?:fff)?\b|white\b|transparent\b|rgba?\(\s*255\s*,\s*255\s*,\s*255\b)",
    re.IGNORECASE,
)
_WHITE_FONT = re.compile(r"#?fff(?:fff)?|white", re.IGNORECASE)


class Walk:
    """Reads a tree into pieces."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.hidden: list[tuple[int, int]] = []  # (pieces before it, characters)
        self.invisible = ""
        self._buffer: list[str] = []
        self._linked = 0
        self._aside = 0
        self._link = 0
        self._pre = 0
        self._marker = ""
        self._sources: list[str] = []  # pictures that stand in the piece under way

    def read(self, root: Element) -> Part:
        """The part that is all of the page; its pieces are in `pieces`."""
        whole = Part(0)
        self._enter(root, _local(str(root.tag)), whole, 0)
        self._flush()
        whole.last = len(self.pieces)
        return whole

    def _enter(self, element: Element, tag: str, part: Part, depth: int) -> None:
        """What is inside the element; its tail is for the caller."""
        if depth > DEEPEST:
            self._text("".join(element.itertext()))
            return
        if text := element.text:
            self._text(text)
        number = _first_number(element) if tag == "ol" else None
        for child in element:
            name = child.tag
            if isinstance(name, str):
                name = _local(name)
                if number is not None and name == "li":
                    self._flush()
                    self._marker, number = f"{number}. ", number + 1
                if name in _LEAVES and not len(child) and not self._pre and not child.keys():
                    self._leaf(child, part)
                else:
                    self._child(child, name, part, depth + 1)
            if text := child.tail:
                self._text(text)

    def _leaf(self, child: Element, part: Part) -> None:
        """As `_child` for what a page holds most of: a paragraph that is nothing but text."""
        self._flush()
        first = len(self.pieces)
        if text := child.text:
            self._put(text)
            self._flush_text(0, joined=False)
        if len(self.pieces) > first:
            part.parts.append(Part(first, len(self.pieces)))

    def _child(self, child: Element, tag: str, part: Part, depth: int) -> None:
        if tag in SKIPPED:
            if tag == "img" and not _is_hidden(child):
                self._sources += [source] if (source := (child.get("src") or "").strip()) else []
            return
        says = bool(child.keys())  # whether it has attributes, which few elements have
        if tag == "br":
            self._flush()
        elif says and _is_hidden(child):
            self.hidden.append((len(self.pieces), sum(len(text.strip()) for text in child.itertext())))
        elif tag in INLINE:
            self._link += tag == "a"
            self._enter(child, tag, part, depth)
            self._link -= tag == "a"
        else:
            self._flush()
            aside = _is_aside(child, tag) if says else tag in _ASIDE_TAGS
            self._aside += aside
            self._block(child, tag, part, depth, _is_marked(child, tag) if says else tag in _MAIN_TAGS)
            self._aside -= aside

    def _block(self, child: Element, tag: str, part: Part, depth: int, marked: bool) -> None:
        inner = Part(len(self.pieces), marked=marked)
        if tag in HEADINGS:
            self._enter(child, tag, inner, depth)
            self._flush(HEADINGS[tag])
        elif tag == "table" and (grid := data_table(child)):
            rows, header = grid
            linked = sum(len("".join(a.itertext()).strip()) for a in child.iter("{*}a"))
            blocks = [
                Block(b.kind, self._visible(b.text), b.level)
                for b in table_blocks(rows, header=header or None)
            ]
            if blocks:
                self.pieces.append(Piece(blocks, linked, bool(self._aside)))
        else:
            self._pre += tag == "pre"
            self._enter(child, tag, inner, depth)
            self._pre -= tag == "pre"
            self._flush(joined=tag == "dt")
        inner.last = len(self.pieces)
        if inner.last > inner.first:
            part.parts.append(inner)

    def _text(self, text: str) -> None:
        if self._pre and "\n" in text:
            *lines, text = text.split("\n")
            for line in lines:
                self._put(line)
                self._flush()
        self._put(text)

    def _put(self, text: str) -> None:
        self._buffer.append(text)
        if self._link:
            self._linked += len(text.strip())

    def _visible(self, text: str) -> str:
        text, invisible = without_invisible(text)
        self.invisible += invisible
        return text

    def _flush(self, level: int = 0, joined: bool = False) -> None:
        """What was read so far becomes a piece, with its pictures behind it; see `_flush_text`."""
        if self._buffer:
            self._flush_text(level, joined)
        if self._sources:
            for source in self._sources:
                self.pieces.append(Piece([Block("text", "")], weak=bool(self._aside), picture=source))
            self._sources = []

    def _flush_text(self, level: int, joined: bool) -> None:
        """The text of a piece; with `joined` (a term) it leads the next one instead."""
        raw = "".join(self._buffer)
        linked, self._buffer, self._linked = self._linked, [], 0
        text = " ".join(raw.split())
        if not text:
            return
        if not shows_all(text):
            text = " ".join(self._visible(raw).split())
            if not text:
                return
        if joined and len(text) <= LONG:
            self._marker = f"{text.rstrip('：:')}："
            return
        marker, self._marker = self._marker, ""
        block = Block("heading", text, level) if level else Block("text", marker + text)
        self.pieces.append(Piece([block], linked, bool(self._aside)))


def _local(name: str) -> str:
    """An element's name in small letters, without its namespace."""
    return (name.rpartition("}")[2] if "}" in name else name).lower()


def _is_aside(element: Element, tag: str) -> bool:
    """Whether an element calls itself a menu, a footer and the like."""
    if tag in ("article", "main", "body"):
        return False
    if tag in _ASIDE_TAGS or element.get("role") in _ASIDE_ROLES:
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return bool(_ASIDE.search(names)) and not _MAIN.search(names)


def _first_number(element: Element) -> int | None:
    """The number of an ordered list's first item; None for other elements, and where letters count."""
    if (
        not isinstance(element.tag, str)
        or element.tag.rpartition("}")[2] != "ol"
        or element.get("type", "1") != "1"
    ):
        return None
    start = element.get("start", "1")
    return int(start) if start.isascii() and start.isdecimal() and len(start) < 7 else 1


def _is_hidden(element: Element) -> bool:
    style = element.get("style") or ""
    if element.get("hidden") is not None or (style and _HIDDEN.search(style)):
        return True
    if style and "overflow" in style and _NO_SIZE.search(style):
        return True
    white = _WHITE.search(style) if style else _WHITE_FONT.fullmatch(element.get("color") or "")
    return bool(white) and not _has_background(element)


def _has_background(element: Element) -> bool:
    """Whether the page may set something dark behind an element, as far as it says so without style sheets.

    A class may stand for that; white letters with a class around them are taken for a design.
    """
    here: Element | None = element
    while here is not None and here.tag not in ("body", "html"):
        if here.get("bgcolor") or here.get("background") or here.get("class") or here.get("id"):
            return True
        if "background" in (here.get("style") or "").lower():
            return True
        here = here.getparent()
    return here is not None and bool(here.get("bgcolor") or "background" in (here.get("style") or ""))


def _is_marked(element: Element, tag: str) -> bool:
    """Whether an element calls itself the article or the page's main content."""
    return (
        tag in _MAIN_TAGS
        or element.get("role") == "main"
        or element.get("itemprop") == "articleBody"
        or bool(_MAIN.search(f"{element.get('class', '')} {element.get('id', '')}"))
    )
