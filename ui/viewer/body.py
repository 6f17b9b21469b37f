"""The text of a document as HTML: blocks with their permanent links, bylines, and what is marked in the text.

Pure functions like those of ui.viewer.page; everything foreign is escaped.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from index.passage import Article, Document
from ui.render import escape, web_link
from ui.viewer.layout import Block, in_order
from ui.viewer.place import Place
from ui.viewer.shown import Shown
from ui.viewer.texts import Words


def blocks_html(shown: Shown, blocks: Sequence[Block]) -> Iterator[str]:
    """Each block as an element, articles with their bylines."""
    articles = in_order(shown.document)
    marker = _Marker(shown.document, shown.place, shown.words)
    for block in blocks:
        inner = marker.html(block.start, block.end)
        if block.kind == "title":
            article = articles[block.article]
            yield _block(shown, block, "h2", inner or escape(one_line(article.title)))
            yield _about(article, shown)
        elif block.kind == "heading":
            yield _block(shown, block, "h3", inner)
        else:
            yield _block(shown, block, "p", inner)


def _block(shown: Shown, block: Block, tag: str, inner: str) -> str:
    """A block as an element that says what it is, and where its text stands in the document."""
    kind: str = "" if block.kind in ("title", "heading", "text") else block.kind
    if block.kind == "text" and shown.document.text.startswith(("- ", "* ", "|"), block.start):
        kind = "list"
    look = f' class="{kind}"' if kind else ""
    place = f' data-s="{block.start}" data-e="{block.end}"' if block.end > block.start else ""
    if not block.anchor:
        return f"<{tag}{look}{place}>{inner}</{tag}>"
    address = escape(shown.permanent(block))
    link = f'<a class="link" href="{address}" data-copy aria-label="{shown.words.here}">¶</a>'
    return f'<{tag} id="{block.anchor}"{look}{place}>{inner}{link}</{tag}>'


def _about(article: Article, shown: Shown) -> str:
    """Who speaks in an article, where and when it was published, so far as neither its headline nor the document says it."""
    document, words = shown.document, shown.words
    who, head = article.speaker, document.text[article.head_start : article.head_end]
    speaker = f"{who.title}{who.name}" if who and who.name not in head else ""
    facts = [
        speaker,
        article.publisher if article.publisher != document.publisher else "",
        article.published if article.published != document.published else "",
    ]
    told = "".join(f"<span><bdi>{escape(one_line(fact))}</bdi></span>" for fact in facts if fact)
    link = web_link(article.url)
    if link is not None:
        address, host = (escape(part) for part in link)
        told += (
            f'<a href="{address}" rel="noopener noreferrer" target="_blank">{words.web_page} · {host} ↗</a>'
        )
    return f'<p class="about">{told}</p>' if told else ""


class _Marker:
    """Text of the document as HTML, with what is marked, around the mark, or unsure."""

    def __init__(self, document: Document, place: Place, words: Words) -> None:
        self.text = document.text
        self.mark = (place.start, place.end)
        self.around = place.around
        self.unsure = sorted(span for span in document.unsure if span[0] < span[1])
        self.words = words
        self._ends = [end for _, end in self.unsure]
        self._marked = False

    def html(self, start: int, end: int) -> str:
        """text[start:end]."""
        spans = self.unsure[bisect_right(self._ends, start) :] if self.unsure else []
        touching = [span for span in (self.mark, self.around) if max(start, span[0]) < min(end, span[1])]
        for span in spans:
            if span[0] >= end:
                break
            touching.append(span)
        if not touching:
            return escape(self.text[start:end])
        cuts = sorted({start, end, *(cut for span in touching for cut in span if start < cut < end)})
        return "".join(self._piece(a, b, touching) for a, b in zip(cuts, cuts[1:], strict=False))

    def _piece(self, start: int, end: int, touching: Sequence[tuple[int, int]]) -> str:
        html = escape(self.text[start:end])
        inside = [span for span in touching if span[0] <= start and end <= span[1]]
        if any(span in self.unsure for span in inside):
            html = f'<span class="unsure" title="{self.words.unsure_here}">{html}</span>'
        if self.mark in inside:
            id = "" if self._marked else ' id="mark" tabindex="-1"'
            self._marked = True
            return f"<mark{id}>{html}</mark>"
        return f'<span class="around">{html}</span>' if self.around in inside else html


def one_line(text: str) -> str:
    """`text` without line breaks, for places that have one line."""
    return " ".join(text.split())
