"""A web page's tree → its main content as blocks: no navigation, advertising, scripts or hidden text.

The page is read once into pieces (a paragraph, an item, a heading, the rows of a table), each with how much
of it is link text and whether it stands in something that calls itself a menu, a footer and the like. The
main content is then the smallest part of the page that holds the running text; what is mostly links in there
goes. When in doubt a piece stays: an answer that is missing costs more than a line too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree

from index.headlines import BREADCRUMB, LEFTOVER
from index.lines import ends_sentence
from index.readers.blocks import Block
from index.readers.hidden import without_invisible
from index.readers.tables import table_blocks
from index.readers.web.tables import SKIPPED, data_table

Element = etree._Element

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rb ruby s samp "
    "small span strike strong sub sup time tt u var center".split()
) - {"center"}
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}

LONG = 60
"""Characters from which a piece without links is surely content."""
PROSE = 24
"""Characters from which a piece counts as running text although it ends like no sentence."""
LINKS = 0.5
"""Share of link text above which a piece is a link, not text."""
MAIN_SHARE = 0.75
"""Least share of the running text that the part has which is taken for the whole."""
MARKED_SHARE = 0.5
"""The same for a part that calls itself the article."""
ASIDE_SHARE = 0.2
"""When less of the running text stands in the page proper, what stands aside is no side matter."""
DEEPEST = 300
"""Elements inside one another that are told apart; below that only their text is taken."""
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
_SMALL_PRINT = (
    *("版权所有", "copyright", "©", "icp备", "icp证", "公网安备", "all rights reserved", "举报电话"),
    *("技术支持:", "技术支持：", "主办单位:", "主办单位：", "网站标识码", "浏览器", "javascript", "cookie"),
)
_UNAUTHORISED = re.compile("未经.{0,12}授权")
_ATTACHMENT = re.compile(r"附件|\.(?:docx?|xlsx?|pptx?|pdf|zip|rar|wps)$", re.IGNORECASE)


@dataclass(slots=True)
class Piece:
    """One line of the page. `linked` counts its characters that are link text; `weak` when it stands aside.

    In the place of a picture it has an empty block, and what the page names the picture by in `picture`.
    """

    blocks: list[Block]
    linked: int = 0
    weak: bool = False
    picture: str = ""
    _running: int = -1  # counted once

    @property
    def text(self) -> str:
        """All its text."""
        return "\n".join(block.text for block in self.blocks)

    @property
    def is_link(self) -> bool:
        """Whether it is mostly links."""
        return self.linked > LINKS * max(1, len(self.text))

    @property
    def prose(self) -> int:
        """Characters of running text or of a table, 0 for menus, labels and small print."""
        return 0 if self.weak else self.running

    @property
    def running(self) -> int:
        """The same, wherever the piece stands."""
        if self._running < 0:
            self._running = self._count_running()
        return self._running

    def _count_running(self) -> int:
        text = self.text
        if self.is_link or self.blocks[0].kind in ("heading", "title") or _is_small_print(text):
            return 0
        if self.blocks[0].kind == "row" or len(text) >= PROSE or (len(text) > 8 and ends_sentence(text)):
            return len(text) - self.linked
        return 0


@dataclass(slots=True)
class Part:
    """An element of the page that holds the pieces first:last, and the parts inside it."""

    first: int
    last: int = 0
    marked: bool = False
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """What a page holds: all its pieces, those of the main content, and how many characters were hidden."""

    pieces: list[Piece]
    first: int
    last: int
    hidden: int
    """Characters of text in the main content that a reader of the page does not see."""
    invisible: str = ""
    """Characters that show nothing, wherever they stood in the text; they were taken out."""

    @property
    def main(self) -> list[Piece]:
        """The pieces of the main content that are content."""
        pieces = [piece for piece in self.pieces[self.first : self.last] if not piece.weak]
        if not sum(piece.prose for piece in pieces):
            return self.pieces  # only links, or all of it stands aside: better than nothing
        return [piece for piece in pieces if _is_content(piece)]


def read_page(root: Element) -> Page:
    """The pieces of a page and where its main content is."""
    walk = _Walk()
    body = root.find("body")
    whole = walk.read(root if body is None else body)
    if sum(piece.prose for piece in walk.pieces) < ASIDE_SHARE * sum(piece.running for piece in walk.pieces):
        for piece in walk.pieces:  # the page wraps all of itself in something called, say, "login"
            piece.weak = False
    main = _main_part(walk.pieces, whole)
    hidden = sum(count for at, count in walk.hidden if main.first <= at <= main.last)
    return Page(walk.pieces, main.first, main.last, hidden, walk.invisible)


def _is_content(piece: Piece) -> bool:
    if piece.picture:
        return True
    text = piece.text
    if piece.blocks[0].kind in ("heading", "row"):
        return not (piece.is_link and piece.blocks[0].kind == "row")
    if len(text) < 4 * LONG and _ATTACHMENT.search(text):
        return True
    if len(text) < LONG and (LEFTOVER.fullmatch(text) or BREADCRUMB.search(text)):
        return False
    if _is_small_print(text) and not ends_sentence(text):
        return False
    return not piece.is_link or len(text) > 2 * LONG


def _is_small_print(text: str) -> bool:
    if len(text) >= 4 * LONG:
        return False
    lowered = text.lower()
    return any(words in lowered for words in _SMALL_PRINT) or bool(_UNAUTHORISED.search(text))


def _main_part(pieces: Sequence[Piece], whole: Part) -> Part:
    """The smallest part that holds the running text."""
    sums = [0]
    for piece in pieces:
        sums.append(sums[-1] + piece.prose)
    strong = [0]
    for piece in pieces:
        strong.append(strong[-1] + (piece.prose >= LONG))

    def weight(part: Part) -> int:
        return sums[part.last] - sums[part.first]

    here = whole
    marked = [
        part for part in _all_parts(whole) if part.marked and weight(part) > MARKED_SHARE * weight(whole)
    ]
    if marked:
        here = min(marked, key=weight)
        # The smallest may be one section of several: take what holds nearly as much as the largest.
        most = max(map(weight, marked))
        here = min(
            (part for part in marked if weight(part) > MAIN_SHARE * most),
            key=lambda part: part.last - part.first,
        )
    while here.parts:
        best = max(here.parts, key=weight)
        lost = (strong[here.last] - strong[here.first]) - (strong[best.last] - strong[best.first])
        if not weight(best) or weight(best) < MAIN_SHARE * weight(here) or lost:
            break
        here = best
    return here


def _all_parts(whole: Part) -> Iterator[Part]:
    waiting = [whole]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += part.parts


class _Walk:
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
        whole = Part(0)
        self._enter(root, whole, 0)
        self._flush()
        whole.last = len(self.pieces)
        return whole

    def _enter(self, element: Element, part: Part, depth: int) -> None:
        """What is inside the element; its tail is for the caller."""
        if depth > DEEPEST:
            self._text("".join(element.itertext()))
            return
        self._text(element.text)
        number = _first_number(element)
        for child in element:
            if isinstance(child.tag, str):
                tag = child.tag.rpartition("}")[2].lower()
                if tag == "li" and number is not None:
                    self._flush()
                    self._marker, number = f"{number}. ", number + 1
                self._child(child, tag, part, depth + 1)
            self._text(child.tail)

    def _child(self, child: Element, tag: str, part: Part, depth: int) -> None:
        if tag == "img" and not _is_hidden(child):
            self._sources += [source] if (source := (child.get("src") or "").strip()) else []
        if tag in SKIPPED:
            return
        if tag == "br":
            self._flush()
        elif _is_hidden(child):
            self.hidden.append((len(self.pieces), sum(len(text.strip()) for text in child.itertext())))
        elif tag in INLINE:
            self._link += tag == "a"
            self._enter(child, part, depth)
            self._link -= tag == "a"
        else:
            self._flush()
            aside = self._is_aside(child, tag)
            self._aside += aside
            self._block(child, tag, part, depth)
            self._aside -= aside

    def _block(self, child: Element, tag: str, part: Part, depth: int) -> None:
        inner = Part(len(self.pieces), marked=_is_marked(child, tag))
        if tag in HEADINGS:
            self._enter(child, inner, depth)
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
            self._enter(child, inner, depth)
            self._pre -= tag == "pre"
            self._flush(joined=tag == "dt")
        inner.last = len(self.pieces)
        if inner.last > inner.first:
            part.parts.append(inner)

    def _is_aside(self, element: Element, tag: str) -> bool:
        if tag in ("article", "main", "body"):
            return False
        if tag in _ASIDE_TAGS or element.get("role") in _ASIDE_ROLES:
            return True
        names = f"{element.get('class', '')} {element.get('id', '')}"
        return bool(_ASIDE.search(names)) and not _MAIN.search(names)

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if self._pre and "\n" in text:
            *lines, text = text.split("\n")
            for line in lines:
                self._put(line)
                self._flush()
        self._put(text)

    def _visible(self, text: str) -> str:
        text, invisible = without_invisible(text)
        self.invisible += invisible
        return text

    def _put(self, text: str) -> None:
        self._buffer.append(text)
        if self._link:
            self._linked += len(text.strip())

    def _flush(self, level: int = 0, joined: bool = False) -> None:
        """What was read so far becomes a piece, with its pictures behind it; see `_flush_text`."""
        self._flush_text(level, joined)
        for source in self._sources:
            self.pieces.append(Piece([Block("text", "")], weak=bool(self._aside), picture=source))
        self._sources = []

    def _flush_text(self, level: int, joined: bool) -> None:
        """The text of a piece; with `joined` (a term) it leads the next one instead."""
        if not self._buffer:
            return
        text = " ".join(self._visible("".join(self._buffer)).split())
        linked, self._buffer, self._linked = self._linked, [], 0
        if not text:
            return
        if joined and len(text) <= LONG:
            self._marker = f"{text.rstrip('：:')}："
            return
        marker, self._marker = self._marker, ""
        block = Block("heading", text, level) if level else Block("text", marker + text)
        self.pieces.append(Piece([block], linked, bool(self._aside)))


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
        tag in ("article", "main")
        or element.get("role") == "main"
        or element.get("itemprop") == "articleBody"
        or bool(_MAIN.search(f"{element.get('class', '')} {element.get('id', '')}"))
    )
