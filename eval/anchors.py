"""Where each gold quotation stands in the library: tells what reading or splitting has lost from what search misses.

    missing   in no document of that name
    lost      in the file as it came, but not in its cleaned text
    split     in the cleaned text, but in no passage and in no two adjacent ones
    whole     in a passage, or in two adjacent ones

Compared in the metrics' normal form (eval.text.normal), which ignores white space, width and punctuation; a quotation
that stands nowhere exactly may stand there nearly, as eval.metrics.matching allows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from eval.gold import Evidence, GoldSet
from eval.metrics.matching import GAP, SHORTEST, quote_in, same_document
from eval.record import Anchor
from eval.text import normal
from index.catalog import DocumentInfo
from index.errors import LibraryError, ReadError
from index.library import Library
from index.passage import Passage
from index.readers.encoding import decode

_SPACE = re.compile(r"\s+")
ORDER: tuple[Anchor, ...] = ("missing", "lost", "split", "whole")
"""From the worst to the best."""


def find_anchors(gold: GoldSet, library: Library) -> dict[str, list[list[Anchor]]]:
    """{id of the item: for each group of its evidence, the anchor of each alternative}, for items with evidence.

    Of several documents that a name may mean, the best anchor counts.
    """
    infos = library.documents()
    wanted = {one.document for item in gold.items for group in item.evidence for one in group}
    named = {name: [info for info in infos if _means(name, info)] for name in wanted}
    needed = {info.name for found in named.values() for info in found}
    passages: dict[str, list[Passage]] = {name: [] for name in needed}
    for passage in library.all_passages() if needed else ():
        if passage.document in needed:
            passages[passage.document].append(passage)
    texts = {name: _Texts(library, name, of_document) for name, of_document in passages.items()}

    def anchor(evidence: Evidence) -> Anchor:
        found = [texts[info.name].anchor(evidence.quote) for info in named[evidence.document]]
        return max(found, key=ORDER.index, default="missing")

    return {
        item.id: [[anchor(one) for one in group] for group in item.evidence]
        for item in gold.items
        if item.evidence
    }


def _means(name: str, info: DocumentInfo) -> bool:
    """Whether a gold item's name of a document, or its `sha256:…`, means this one."""
    if name.startswith("sha256:"):
        return len(name) > len("sha256:") and info.sha256.startswith(name.removeprefix("sha256:"))
    return same_document(name, info.name)


class _Texts:
    """The texts of one document, in the forms in which a quotation may stand there; each is made when first needed."""

    def __init__(self, library: Library, name: str, passages: list[Passage]) -> None:
        self._library = library
        self._name = name
        self._passages = sorted(passages, key=lambda passage: (passage.start, passage.end))
        self._known: dict[str, Anchor] = {}
        self._made: dict[Anchor, tuple[str, list[str]]] = {}

    def anchor(self, quote: str) -> Anchor:
        if not normal(quote):
            return "whole"  # evidence that names a document only
        if quote not in self._known:
            self._known[quote] = self._find(quote)
        return self._known[quote]

    def _find(self, quote: str) -> Anchor:
        steps: tuple[tuple[Anchor, Callable[[], Iterator[str]]], ...] = (
            ("whole", self._stretches),
            ("split", self._cleaned),
            ("lost", self._original),
        )
        for anchor, texts in steps:
            if anchor not in self._made:
                pieces = [_SPACE.sub("", text) for text in texts()]
                # One long text to search in; the line breaks stand in no quotation's normal form.
                self._made[anchor] = "\n".join(map(normal, pieces)), pieces
            joined, pieces = self._made[anchor]
            if normal(quote) in joined or _stands_nearly(quote, pieces):
                return anchor
        return "missing"

    def _stretches(self) -> Iterator[str]:
        """Each two adjacent passages as one text; a passage by itself where it has no neighbour."""
        joined: set[int] = set()
        text = self._library.document(self._name).text
        for first, second in pairwise(self._passages):
            if -len(second.text) < second.start - first.end <= GAP:
                joined |= {first.id, second.id}
                yield text[first.start : max(first.end, second.end)]
        yield from (passage.text for passage in self._passages if passage.id not in joined)

    def _cleaned(self) -> Iterator[str]:
        yield self._library.document(self._name).text

    def _original(self) -> Iterator[str]:
        """The file as it came; formats that are not text have none that could be searched."""
        try:
            yield decode(self._library.original(self._name), self._name)[0]
        except (LibraryError, ReadError):
            return


def _stands_nearly(quote: str, pieces: list[str]) -> bool:
    """Whether some stretch of the texts nearly holds the quotation, which must share half of its pairs of characters."""
    wanted = _SPACE.sub("", quote)
    if len(wanted) < SHORTEST:
        return False
    pairs = set(map("".join, pairwise(wanted)))
    width = 3 * len(wanted)
    for piece in pieces:
        for start in range(0, max(1, len(piece) - len(wanted)), len(wanted)):
            window = piece[start : start + width]
            if sum(pair in window for pair in pairs) >= len(pairs) / 2 and quote_in(quote, window):
                return True
    return False
