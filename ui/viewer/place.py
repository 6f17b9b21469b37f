"""What of a document an address asks for, and whether it still stands there.

    ?start=120&end=141&h=5f0c…   a sentence; `h` is its stamp (ui.viewer.links), so that it is found again in an edited text
    ?passage=93                  a passage of the library, perhaps with start and end of a sentence in it
    ?clause=第十二条              a clause, or 8.5.1
    ?article=2, ?part=3          an article or a part by its number

Whatever is asked for wrongly or is no longer there leaves a state to be told, and never an error: the document is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from index.passage import Document, Passage
from ui.viewer.layout import Layout, clause_key
from ui.viewer.links import STAMP_LENGTH, stamp_of

State = Literal["none", "found", "moved", "lost", "no-clause"]

LAST_ID = 2**63 - 1
_BEGINS = re.compile(r"(?:^|(?<=[。！？；!?;”’」』）)\n])|(?<=\s))(?=\S)")


@dataclass(frozen=True, slots=True)
class Place:
    """What is to be shown: text[start:end] marked if end > start, around[0]:around[1] behind it, on part `part`."""

    state: State = "none"
    start: int = 0
    end: int = 0
    around: tuple[int, int] = (0, 0)
    part: int = 0
    anchor: str = ""

    @property
    def marks(self) -> bool:
        """Whether a sentence is marked."""
        return self.end > self.start


def number(text: str, most: int = LAST_ID) -> int | None:
    """`text` as a number from 0 to `most`; None for anything else."""
    value = int(text) if re.fullmatch(r"[0-9]{1,19}", text) else -1
    return value if 0 <= value <= most else None


def find_place(
    document: Document, layout: Layout, asked: Mapping[str, str], passage: Passage | None
) -> Place:
    """The place that a query asks for. `passage` is the one of ?passage=, None if it is not of this document any more."""
    place = _sentence(document, asked, passage)
    if place.marks:
        return _at(place, layout.part_at(place.start))
    if place.state == "none" and asked.get("clause"):
        anchor = layout.clauses.get(clause_key(asked["clause"]), "")
        if not anchor:
            return Place("no-clause")
        return Place("found", part=layout.part_of(anchor), anchor=anchor)
    anchor = f"a-{number(asked.get('article', '')) or 0}"
    if anchor in layout.anchors:
        return _at(place, layout.part_of(anchor), anchor)
    part = number(asked.get("part", ""), len(layout.parts)) or 1
    return _at(place, part - 1)


def _at(place: Place, part: int, anchor: str = "") -> Place:
    return Place(place.state, place.start, place.end, place.around, part, anchor)


def _sentence(document: Document, asked: Mapping[str, str], passage: Passage | None) -> Place:
    text = document.text
    start, end = (number(asked.get(name, "")) for name in ("start", "end"))
    wants_passage, stamp = bool(asked.get("passage")), asked.get("h", "")
    if start is None or end is None or not start < end:
        if passage is not None:
            return Place("found", passage.start, passage.end)
        return Place("lost" if wants_passage or "start" in asked else "none")
    around = (passage.start, passage.end) if passage is not None else (0, 0)
    inside = around[0] <= start and end <= around[1]
    if re.fullmatch(rf"[0-9a-f]{{{STAMP_LENGTH}}}", stamp):
        if end <= len(text) and stamp_of(text[start:end]) == stamp:
            return Place("found", start, end, around if inside else (0, 0))
        return _found_again(text, end - start, stamp)
    if wants_passage:
        if passage is None:
            return Place("lost")
        # The passage has moved with what stands before it: the numbers are those of an earlier text.
        return Place("found", start, end, around) if inside else Place("found", *around)
    return Place("found", start, end) if end <= len(text) else Place("lost")


def _found_again(text: str, length: int, stamp: str) -> Place:
    """The stretch of this length and stamp, if it stands elsewhere: where a sentence, or a clause of one, begins."""
    for begin in _BEGINS.finditer(text):
        at = begin.start()
        if at + length <= len(text) and stamp_of(text[at : at + length]) == stamp:
            return Place("moved", at, at + length)
    return Place("lost")
