"""Where the pages of a text begin, as far as form feeds, running headers and page numbers still show it.

Nothing is guessed: when the traces contradict each other, or the printed numbers, the text has no pages.
"""

from __future__ import annotations

import re
from itertools import pairwise

from index.furniture import Marks
from index.lines import Line

_NO_DIGIT = re.compile(r"\D")


def page_ends(text: str, marks: Marks) -> dict[int, int]:
    """Line → how many pages end right above it; empty when in doubt, since a wrong page is worse than none.

    From form feeds that stand at every header and number, or from other traces that the printed numbers bear out.
    """
    feeds = _form_feeds(text, marks)
    if feeds and _bear_out(marks, feeds):
        return feeds
    return dict.fromkeys(_page_tops(marks), 1)


def _form_feeds(text: str, marks: Marks) -> dict[int, int]:
    """Line → how many pages end between it and the line above; two, say, around an empty page."""
    if "\f" not in text:
        return {}
    return {
        i: text.count("\f", above.end, line.start)
        for i, (above, line) in enumerate(pairwise(marks.lines), 1)
        if line.new_page
    }


def _bear_out(marks: Marks, feeds: dict[int, int]) -> bool:
    """Whether headers and page numbers stand at form feeds only, and the printed numbers go on by one a page."""
    offsets: set[int] = set()  # how far each printed number is from our count
    page, traced, fed, begun = 1, False, True, False
    for i, kind in enumerate(marks.kinds):
        page += feeds.get(i, 0)
        fed = fed or i in feeds
        if kind in ("header", "number"):
            traced = True
        if kind == "number":
            offsets.add(_printed(marks.lines[i]) - page)
        elif kind not in ("header", "url"):
            if begun and traced and not fed:
                return False
            traced, fed, begun = False, False, True
    return len(offsets) <= 1


def _page_tops(marks: Marks) -> set[int]:
    """Lines at which a page begins by its header, its number, or a first line that is set in; empty when in doubt."""
    if "number" not in marks.kinds:
        return set()
    tops: set[int] = set()
    printed: list[int] = []  # how far each printed number is from our count
    fresh = True
    spaced = sum(1 for line in marks.lines if line.blanks) > 0.7 * len(marks.lines)
    for i, line in enumerate(marks.lines):
        kind = marks.kinds[i]
        inset = spaced and kind in ("text", "title") and line.indent > 0 and not line.blanks
        top = inset or line.new_page or kind in ("header", "number")
        if top and not fresh:
            tops.add(i)
            fresh = True
        if kind == "number":
            printed.append(_printed(line) - len(tops) - 1)
        elif kind not in ("header", "url"):
            fresh = False
    bounds = [0, *sorted(tops), len(marks.lines)]
    sizes = sorted(below - above for above, below in pairwise(bounds))
    even = sizes[-1] <= 1.5 * sizes[len(sizes) // 2]  # else one holds two pages, whose border we missed
    return tops if even and not any(printed) else set()


def _printed(line: Line) -> int:
    """The number of a page that its line gives first."""
    return int(_NO_DIGIT.sub(" ", line.text).split()[0])
