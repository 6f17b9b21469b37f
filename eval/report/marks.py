"""Where a gold quotation stands inside a passage, so that it can be marked for a person.

Only shows: whether a quotation counts as found is decided by eval.metrics.matching. Spans are (start, end) in
characters of the passage's text as given.
"""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher

Span = tuple[int, int]

_SHORTEST = 6
"""Fewer characters than this that a passage happens to share with a quotation are not marked."""

_SHARE = 0.3
"""A shared stretch shorter than this share of the quotation is not marked either."""


def whole(quote: str, text: str) -> Span | None:
    """Where all of `quote` stands in `text`, whatever white space, punctuation, width and case do; None if nowhere.

    >>> whole("修复66项。", "共修复 ６６ 项，其中")
    (1, 8)
    """
    start = text.find(quote)
    if quote and start >= 0:
        return start, start + len(quote)
    wanted = _folded(quote)[0]
    there, places = _folded(text)
    start = there.find(wanted) if wanted else -1
    return (places[start], places[start + len(wanted) - 1] + 1) if start >= 0 else None


def nearest(quote: str, text: str) -> Span | None:
    """The longest stretch of `text` that also stands in `quote`: what a passage has of a quotation that it cuts off."""
    wanted = _folded(quote)[0]
    there, places = _folded(text)
    match = SequenceMatcher(None, wanted, there, autojunk=False).find_longest_match()
    if match.size < max(_SHORTEST, _SHARE * len(wanted)):
        return None
    return places[match.b], places[match.b + match.size - 1] + 1


def merged(spans: list[Span]) -> list[Span]:
    """Spans in order, those that touch as one.

    >>> merged([(5, 9), (0, 3), (2, 4)])
    [(0, 4), (5, 9)]
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _folded(text: str) -> tuple[str, list[int]]:
    """Letters and digits of `text` in NFKC and lower case, and where each of them stood."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for one in unicodedata.normalize("NFKC", character).lower():
            if one.isalnum() or one in "%‰":
                folded.append(one)
                places.append(place)
    return "".join(folded), places
