"""A web page's tree → its main content as blocks: no navigation, advertising, scripts or hidden text.

The page is read once into pieces (a paragraph, an item, a heading, the rows of a table), each with how much
of it is link text and whether it stands in something that calls itself a menu, a footer and the like. The
main content is then the smallest part of the page that holds the running text; what is mostly links in there
goes. When in doubt a piece stays: an answer that is missing costs more than a line too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from index.headlines import BREADCRUMB, LEFTOVER
from index.lines import ends_sentence
from index.readers.web.pieces import LONG, Part, Piece, is_small_print
from index.readers.web.walk import Element, Walk

MAIN_SHARE = 0.75
"""Least share of the running text that the part has which is taken for the whole."""
MARKED_SHARE = 0.5
"""The same for a part that calls itself the article."""
ASIDE_SHARE = 0.2
"""When less of the running text stands in the page proper, what stands aside is no side matter."""
_ATTACHMENT = re.compile(r"附件|\.(?:docx?|xlsx?|pptx?|pdf|zip|rar|wps)$", re.IGNORECASE)


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
        if not any(piece.prose for piece in pieces):
            return self.pieces  # only links, or all of it stands aside: better than nothing
        return [piece for piece in pieces if _is_content(piece)]


def read_page(root: Element) -> Page:
    """The pieces of a page and where its main content is."""
    walk = Walk()
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
    if len(text) < 4 * LONG and ("附件" in text or "." in text[-6:]) and _ATTACHMENT.search(text):
        return True
    if len(text) < LONG and (LEFTOVER.fullmatch(text) or BREADCRUMB.search(text)):
        return False
    if not ends_sentence(text) and is_small_print(text):
        return False
    return not piece.is_link or len(text) > 2 * LONG


def _main_part(pieces: Sequence[Piece], whole: Part) -> Part:
    """The smallest part that holds the running text."""
    prose = [piece.prose for piece in pieces]
    sums = list(accumulate(prose, initial=0))
    strong = list(accumulate((size >= LONG for size in prose), initial=0))

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
