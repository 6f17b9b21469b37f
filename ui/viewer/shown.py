"""What one page of the viewer shows, and the addresses that stand on it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import urlencode

from index.passage import Document
from ui.viewer.layout import Block, Layout
from ui.viewer.links import address, sentence_query
from ui.viewer.place import Place
from ui.viewer.texts import Words


@dataclass(frozen=True, slots=True)
class Shown:
    """All that one page of the viewer is made of. `lang` is the language if the address asks for one."""

    document: Document
    layout: Layout
    place: Place
    words: Words
    lang: str = ""
    stamp: str = ""
    """Of the style sheet and the script, so that browsers keep them as long as they stay the same."""

    @property
    def has_pages(self) -> bool:
        """Whether pictures of its pages can be shown."""
        return self.document.media_type == "application/pdf" and bool(self.document.pages)

    @property
    def title(self) -> str:
        """What the document is called: its title, else its file's name."""
        return self.document.title or PurePosixPath(self.document.name).name

    @property
    def marked_pages(self) -> range:
        """The pages, from 1, that the marked sentence stands on; none where nothing is marked."""
        pages, place = self.document.pages, self.place
        if not place.marks or not pages:
            return range(0)
        first = max(1, bisect_right(pages, place.start))
        return range(first, max(first, bisect_left(pages, place.end)) + 1)

    def query(self, **values: object) -> str:
        """A query with these values, and with the language that was asked for."""
        given = {**values, **({"lang": self.lang} if self.lang else {})}
        return urlencode({name: str(value) for name, value in given.items() if value not in ("", None)})

    def address(self, target: str, query: str) -> str:
        """Of a place in this document, from its own address."""
        return address(self.document.id, query, target)

    def place_query(self) -> str:
        """The query for the place that is shown, in this language."""
        place = self.place
        if not place.marks:
            return self.query(part=place.part + 1 if len(self.layout.parts) > 1 else "")
        sentence = sentence_query(place.start, place.end, self.document.text[place.start : place.end])
        further = self.query()
        return sentence + (f"&{further}" if further else "")

    def place_link(self) -> str:
        """An address for the place that is shown, in the text."""
        target = "mark" if self.place.marks else self.place.anchor or "text"
        return self.address(target, self.place_query())

    def pages_link(self, page: int) -> str:
        """An address for a page, with the place boxed."""
        query = self.place_query()
        return self.address(
            f"page-{page}", "&".join(part for part in (query, f"view=pages&page={page}") if part)
        )

    def other_language(self, view: str) -> str:
        """An address for the same place and view in the other language."""
        other = replace(self, lang=self.words.other_lang)
        if view == "pages":
            return other.pages_link(next(iter(self.marked_pages), 1))
        return other.place_link()

    def link_to(self, target: str, view: str) -> str:
        """An address for an anchor of the text, in the same view. It is the bare fragment where it is on this page, so that
        nothing is loaded."""
        layout = self.layout
        if view == "pages":
            start = layout.blocks[layout.anchors[target]].start
            return self.pages_link(max(1, bisect_right(self.document.pages, start)))
        part = layout.part_of(target)
        if part == self.place.part:
            return f"#{target}"
        return self.address(target, self.query(part=part + 1))

    def permanent(self, block: Block) -> str:
        """An address for an article, heading or clause to give to others: found by its number."""
        if block.anchor.startswith("c-") and "~" not in block.anchor:
            return self.address(block.anchor, self.query(clause=block.anchor[2:]))
        if block.anchor.startswith("a-"):
            return self.address(block.anchor, self.query(article=block.anchor[2:]))
        parts = len(self.layout.parts)
        return self.address(block.anchor, self.query(part=self.place.part + 1 if parts > 1 else ""))
