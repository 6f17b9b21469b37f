"""The contents list at the top of a document, and through it the titles below.

A list counts as contents when its entries come again further down as lines of their own, in the same
order, with running text between them. Bullets, leader dots and page numbers of entries are looked past.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from index.furniture import MAX_SECTION, MAX_TITLE, Marks, Title
from index.lines import HAN, Line, ends_sentence, squeeze

MASTHEAD_LINES = 12
"""How far down the contents may begin."""

ENTRY_LINES = 4
"""Lines that one entry may take."""

HEAD = 4
"""Characters by which a line is recognised at a glance; no entry has fewer."""

MAX_ENTRIES = 500
"""Entries after which a list is no longer read as contents: looking each up costs a pass over the text."""

_BULLET = re.compile(rf"^[^\w“‘《（(「【{HAN}]+\s*|^[\ue000-\uf8ff]\s*")
_LEADER_BACKWARDS = re.compile(r"\s*(?:\d+\s*)?(?:[.．…·]\s*){2,}|\s*\d{1,3}\s{2,}")
"""Leader dots with a page number, matched from the end of the reversed line: a search for an end takes
quadratic time on a line of dots."""

_CONTENTS_HEAD = re.compile(r"(?:目录|目次|本期(?:导读|要目|目录|看点)|要目|内容提要|(?i:contents))[:：]?")


def mark_contents(marks: Marks) -> None:
    """A contents list at the top: entries that come again below, in the same order, as lines of their own.

    Marks entries, the section names among them, and the titles below, each with its section.
    """
    text = [i for i, kind in enumerate(marks.kinds) if kind == "text"]
    entries = _find_entries(marks, text)
    if not entries:
        return
    headed = any(_CONTENTS_HEAD.fullmatch(marks.lines[text[m]].key) for m in range(entries[0][0]))
    least = 2 if marks.width else 3
    if len(entries) >= (1 if headed else least) and _is_list(marks, text, entries):
        _apply_contents(marks, text, entries)


Entry = tuple[int, int, int, int]
"""First and last line of a contents entry, first and last line of the title it names (as places in `text`)."""


def _find_entries(marks: Marks, text: Sequence[int]) -> list[Entry]:
    """Entries from the top on, as long as no more than two lines between them are something else."""
    lines = [marks.lines[i] for i in text]
    finder = _TitleFinder(lines)
    entries: list[Entry] = []
    k, missed, after = 0, 0, 0
    while k < len(lines) and missed <= (2 if entries else MASTHEAD_LINES) and len(entries) < MAX_ENTRIES:
        entry = _entry_at(lines, k, finder, after)
        if entry and lines[k].width <= MAX_SECTION:
            below = _entry_at(lines, k + 1, finder, after)
            if below and (below[3] == entry[3] or (entry[1] == k and below[2] <= entry[3] + 2)):
                entry = None  # a section's name, found as a running header over its first title
        if entry:
            entries.append(entry)
            k, missed, after = entry[1] + 1, 0, entry[3] + 1
        else:
            k, missed = k + 1, missed + 1
    return entries


def _entry_at(lines: Sequence[Line], k: int, finder: _TitleFinder, after: int) -> Entry | None:
    """The entry that begins at line `k` and whose title stands at or below line `after`; the longest if several do."""
    if lines[k].text[0] == "#" or not finder.may_name(k):
        return None
    for length in range(min(ENTRY_LINES, len(lines) - k), 0, -1):
        key = _entry_key([line.text for line in lines[k : k + length]])
        if not HEAD <= len(key) <= MAX_TITLE or key[-1] in "：:" or finder.count(key, k + length) > 1:
            continue
        found = finder.find(key, max(after, k + length))
        if found:
            return k, k + length - 1, *found
    return None


class _TitleFinder:
    """Finds a run of whole lines by its text without white space."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._last = {_head(line.text): i for i, line in enumerate(lines)}
        """The last line with each head: all that a text without contents is looked at for."""

    def may_name(self, k: int) -> bool:
        """Whether some line below `k` begins as an entry on line `k` does, as far as its head tells."""
        head = _head(_BULLET.sub("", self._lines[k].text))
        if len(head) < HEAD:
            return True
        return self._last.get(head, -1) > k or self._last.get(head[0], -1) > k

    @cached_property
    def keys(self) -> list[str]:
        """The lines without white space."""
        return [line.key for line in self._lines]

    @cached_property
    def text(self) -> str:
        """All of them as one."""
        return "".join(self.keys)

    @cached_property
    def starts(self) -> list[int]:
        """Where in `text` each line begins, and behind them its end."""
        return list(accumulate(map(len, self.keys), initial=0))

    @cached_property
    def line_at(self) -> dict[int, int]:
        """The number of the line that begins at each of `starts`."""
        return {at: i for i, at in enumerate(self.starts)}

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """The numbers of the lines that read the same."""
        places: dict[str, list[int]] = defaultdict(list)
        for i, key in enumerate(self.keys):
            places[key].append(i)
        return places

    def find(self, key: str, first: int) -> tuple[int, int] | None:
        """First and last line of the first run at or after line `first` that reads `key`."""
        at = self.text.find(key, self.starts[first]) if first < len(self.starts) else -1
        while at >= 0:
            begin, end = self.line_at.get(at), self.line_at.get(at + len(key))
            if begin is not None and end is not None:
                return begin, end - 1
            following = bisect_right(self.starts, at)
            at = self.text.find(key, self.starts[following]) if following < len(self.starts) else -1
        return None

    def count(self, key: str, first: int) -> int:
        """How many single lines at or after line `first` read `key`."""
        places = self.places.get(key, [])
        return len(places) - bisect_left(places, first)


def _head(text: str) -> str:
    """The first HEAD characters of a text when they are no white space, else the first one; "" for an empty text."""
    head = text[:HEAD]
    whole = len(head) == HEAD and (head.isalnum() or head.split() == [head])
    return head if whole else text[:1]


def _entry_key(parts: Sequence[str]) -> str:
    """A contents entry as its title would read: without bullet, leader dots, page number and white space."""
    entry = _BULLET.sub("", "".join(parts))
    leader = _LEADER_BACKWARDS.match(entry[::-1])
    return squeeze(entry[: len(entry) - leader.end()] if leader else entry)


def _is_list(marks: Marks, text: Sequence[int], entries: Sequence[Entry]) -> bool:
    """Whether the entries stand together at the top while long lines part the titles that they name."""
    long = marks.width or 60
    last_entry = entries[-1][1]
    if entries[0][2] <= last_entry:
        return False
    if any(
        ends_sentence(marks.lines[text[m]].text) and marks.lines[text[m]].text[-1] == "。"
        for m in range(last_entry + 1)
    ):
        return False
    full = [marks.lines[text[entry[3]]] for entry in entries if marks.lines[text[entry[3]]].width > long - 4]
    running = sum(1 for line in full if not ends_sentence(line.text))  # titles do not fill the page
    if running >= 0.5 * len(entries):
        return False
    parted = sum(
        1
        for this, following in zip(entries, [*entries[1:], (0, 0, len(text), 0)], strict=True)
        if any(marks.lines[text[m]].width >= 0.7 * long for m in range(this[3] + 1, following[2]))
    )
    return parted >= 0.7 * len(entries)


def _apply_contents(marks: Marks, text: Sequence[int], entries: Sequence[Entry]) -> None:
    section, at = "", 0
    for k, (first, last, title_first, title_last) in enumerate(entries):
        between = [m for m in range(at, first) if marks.lines[text[m]].width <= MAX_SECTION]
        if k == 0:
            between = between[-1:] if at < first and between and between[-1] == first - 1 else []
        for m in between:
            line = marks.lines[text[m]]
            if not _CONTENTS_HEAD.fullmatch(line.key):
                section = line.text
            marks.kinds[text[m]] = "section"
        for m in range(first, last + 1):
            marks.kinds[text[m]] = "contents"
        marks.entry_starts.add(text[first])
        for m in range(title_first, title_last + 1):
            marks.kinds[text[m]] = "title"
        marks.add_title(Title(text[title_first], text[title_last], section, entry=(text[first], text[last])))
        at = last + 1
