"""What differs between a gold answer and an answer, character by character.

A longest common subsequence found with one big integer a row, so that even texts of thousands of characters take
milliseconds: H. Hyyrö, "Bit-parallel LCS-length computation revisited" (AWOCA 2004). Says what differs, not what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from eval.text import lcs_length

Edit = tuple[Literal["=", "-", "+"], str]
"""A stretch that both texts have (=), only the first (-), or only the second (+)."""

_SHORT = 2
"""Equal runs of fewer characters than this between two changes are chance, and are shown as changed."""


def closest(answer: str, golds: Sequence[str]) -> str:
    """The gold answer that shares most with `answer` (2·common/(sum of lengths), the first of equals); "" of none."""

    def likeness(gold: str) -> float:
        return 2 * lcs_length(gold, answer) / max(1, len(gold) + len(answer))

    return max(golds, key=likeness, default="")


def edits(first: str, second: str) -> list[Edit]:
    """How `first` becomes `second`, readably: no two neighbours of one kind, no crumbs of chance matches.

    Joining what is not "+" gives `first`, joining what is not "-" gives `second`.

    >>> edits("截至2023年", "截至2022年")
    [('=', '截至202'), ('-', '3'), ('+', '2'), ('=', '年')]
    """
    return list(_joined(_without_crumbs(_joined(_aligned(first, second)))))


def _rows(first: str, second: str) -> list[int]:
    """For each character of `second` an integer whose bit i is 0 where the common length grows at first[i]."""
    everywhere = (1 << len(first)) - 1
    places: dict[str, int] = {}
    for i, character in enumerate(first):
        places[character] = places.get(character, 0) | 1 << i
    row, rows = everywhere, []
    for character in second:
        matching = row & places.get(character, 0)
        row = ((row + matching) | (row - matching)) & everywhere
        rows.append(row)
    return rows


def _aligned(first: str, second: str) -> list[Edit]:
    """One edit a character, in order; walks back through the rows from the end of both texts."""
    rows = _rows(first, second)
    i, j = len(first), len(second)
    found: list[Edit] = []
    while i and j:
        if rows[j - 1] >> (i - 1) & 1:
            i -= 1
            found.append(("-", first[i]))
        elif j > 1 and not rows[j - 2] >> (i - 1) & 1:
            j -= 1
            found.append(("+", second[j]))
        else:
            i, j = i - 1, j - 1
            found.append(("=", first[i]))
    found += [("-", character) for character in reversed(first[:i])]
    found += [("+", character) for character in reversed(second[:j])]
    return found[::-1]


def _without_crumbs(found: Iterator[Edit]) -> Iterator[Edit]:
    """The same edits with short equal runs between changes told as removed and added."""
    whole = list(found)
    for i, (kind, text) in enumerate(whole):
        inside = 0 < i < len(whole) - 1
        # A crumb that joins two single changed characters reads better as it is.
        if kind == "=" and inside and len(text) < _SHORT and _changed(whole, i) > 2 * len(text) + 2:
            yield ("-", text)
            yield ("+", text)
        else:
            yield (kind, text)


def _changed(whole: Sequence[Edit], i: int) -> int:
    """How many characters are changed right before and after the run at `i`."""
    before = sum(len(text) for kind, text in whole[max(0, i - 2) : i] if kind != "=")
    after = sum(len(text) for kind, text in whole[i + 1 : i + 3] if kind != "=")
    return before + after


def _joined(found: Sequence[Edit] | Iterator[Edit]) -> Iterator[Edit]:
    """Neighbours of one kind as one, what is removed before what is added between two equal runs."""
    removed = added = same = ""
    for kind, text in found:
        if kind == "=":
            yield from _pending(removed, added)
            removed = added = ""
            same += text
        else:
            if same:
                yield ("=", same)
                same = ""
            removed += text if kind == "-" else ""
            added += text if kind == "+" else ""
    yield from _pending(removed, added)
    if same:
        yield ("=", same)


def _pending(removed: str, added: str) -> Iterator[Edit]:
    if removed:
        yield ("-", removed)
    if added:
        yield ("+", added)
