"""Which line breaks are only the page's width: the breaks inside a paragraph of hard-wrapped text.

A break is judged by how full its line is, whether its sentence is complete, and by the document's own
habits (white space behind a paragraph, indents, blank lines, shorter first lines). Nobody tells us the
habits, so they are learnt from the breaks that width and punctuation alone make clear.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.lines import HAN, Line, columns, ends_sentence, first_unit

MIN_WIDTH, MAX_WIDTH = 24, 160
"""Columns between which a page can be wide; narrower lines are verse, lists or tables."""

LEAST_OPEN = 3
"""Lines of the page's width that stop mid-sentence; fewer don't show that a text is wrapped."""

FIRST_LINE_INDENT = 4
"""Columns by which a paragraph's first line is shorter where its indent was lost: two Chinese characters."""

CLEAR = 5.0
"""Log-odds from which a break is clear enough to learn from."""

_INNER_MARK = re.compile(r"[，。；、：,;]|[a-z] [a-z]")
_OPENING = re.compile(
    r"[（(]?(?:[一二三四五六七八九十]+[、）)]|第[一二三四五六七八九十百零\d]+[章节条款编]|[0-9]{1,2}(?:[、）)]|[.．](?![0-9]))|[•●◆■▪·])"
)
_MARKUP = re.compile(r"[-*+] |#{1,6} |> |\||```|~~~")
_MARKUP_LINE = re.compile(r"#{1,6} |\||```|~~~")
_MARKUP_BEGINS = frozenset("-*+#>|`~")
_GOES_ON = frozenset("，。、；：！？”’）》】〉」』,.;:!?)%℃")
_COMMAS = frozenset("，、,（《“‘(—–")
_WEAK_ENDS = frozenset("；：;:")
_HAN = re.compile(f"[{HAN}]")
_PAIRS = (("（", "）"), ("《", "》"), ("(", ")"), ("〈", "〉"))
_TRAILS = (("trail False", "trail True"), ("trail-latin False", "trail-latin True"))
_BLANKS = ("blank 0", "blank 1", "blank 2")
_INDENTS = ("indent False", "indent True")
_SHORTS = ("short False", "short True")


@dataclass(frozen=True, slots=True)
class Break:
    """A line break between two lines of running text, `a` above and `b` below."""

    a: Line
    b: Line
    interrupted: bool
    """Whether something that is no running text (header, number, link) or a new page lies between."""
    needs: int
    """Columns that the first unit of `b` would take up behind `a`."""

    def room(self, width: int) -> int:
        """Columns that would be left on a page of `width` had the first unit of `b` been put behind `a`."""
        return width - self.a.width - self.needs


def breaks_between(lines: Sequence[Line], interrupted: Sequence[bool]) -> list[Break]:
    """The breaks of consecutive `lines`; `interrupted[i]` says whether something lies before line i."""
    return [
        Break(a, b, interrupted[i] or b.new_page, _needs(a.text, b.text))
        for i, (a, b) in enumerate(pairwise(lines), 1)
    ]


def _needs(above: str, below: str) -> int:
    space = 1 if above[-1].isascii() and below[0].isascii() else 0
    return space + columns(first_unit(below))


def page_width(lines: Sequence[Line]) -> int:
    """The width in columns at which `lines` are hard-wrapped; 0 when they are not.

    Wrapped text has many lines of nearly one width that stop mid-sentence.
    """
    if sum(line.width >= MIN_WIDTH and _is_open(line.text) for line in lines) < LEAST_OPEN:
        return 0
    different = {line.text: line for line in lines}.values()  # what repeats is a table's or a header's
    widths = [line.width for line in different]
    long = [line for line in different if line.width >= MIN_WIDTH]
    open_widths = [line.width for line in long if _is_open(line.text)]
    latin = sum(1 for line in long if not _HAN.search(line.text)) > len(long) / 2
    slack = 12 if latin else 7
    width = _densest(Counter(open_widths), slack)
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        return 0
    full = [line for line in long if width - slack < line.width <= width + 2]
    open_full = sum(1 for size in open_widths if width - slack < size <= width + 2)
    marked = sum(1 for line in full if _INNER_MARK.search(line.text))
    nearly = sum(1 for size in widths if width - 2 * slack < size <= width - slack)
    wider = sum(1 for size in widths if size > width + 4)
    wrapped = (
        open_full >= max(LEAST_OPEN, 0.6 * len(full), 0.3 * (len(long) - open_full))
        and marked >= 0.5 * len(full)
        and len(full) >= 2.5 * nearly  # lines of a list have any width; those of a page pile up at its margin
        and wider <= 0.1 * len(long)
        and sum(line.width for line in full) >= 0.35 * sum(widths)
    )
    return width if wrapped else 0


def _is_open(text: str) -> bool:
    """Whether a line stops where no sentence or clause ends."""
    return text[-1] not in _WEAK_ENDS and not ends_sentence(text)


def _densest(widths: Counter[int], slack: int) -> int:
    """The width that has most lines within `slack` columns below it; 0 without any lines."""
    best, densest, near = 0, 0, 0
    sizes = sorted(widths)
    first = 0  # of the sizes near the candidate
    for candidate in sizes:
        near += widths[candidate]
        while sizes[first] <= candidate - slack:
            near -= widths[sizes[first]]
            first += 1
        if near >= best:
            best, densest = near, candidate
    return densest


def joins(breaks: Sequence[Break], width: int) -> list[bool]:
    """For each break, whether its two lines belong to one paragraph."""
    if not breaks:
        return []
    local = _local_widths(breaks, width)
    firm = [_evidence(brk, local[i]) for i, brk in enumerate(breaks)]
    habits = [
        _habits(brk, breaks[i + 1] if i + 1 < len(breaks) else None, local[i]) for i, brk in enumerate(breaks)
    ]
    firm = [score + _before_heading(breaks, firm, i) for i, score in enumerate(firm)]
    learnt = _learn(firm, habits)
    prior = _prior(firm)
    deficit = FIRST_LINE_INDENT if learnt.get("short True", 0.0) > 1 else 0
    weights: dict[tuple[str, ...], float] = {}  # there are few different sets of habits
    for signs in set(habits):
        weights[signs] = sum(learnt.get(sign, 0.0) for sign in signs)
    joined: list[bool] = []
    for i, brk in enumerate(breaks):
        begins = i == 0 or breaks[i - 1].b is not brk.a or not joined[-1]
        evidence = firm[i]
        if begins and deficit:
            evidence = _evidence(brk, local[i] - deficit) + _before_heading(breaks, firm, i)
        joined.append(prior + evidence + weights[habits[i]] < 0)
    return joined


def _local_widths(breaks: Sequence[Break], width: int) -> list[int]:
    """The page's width around each break: fonts and margins change from page to page."""
    widths = [brk.a.width if not ends_sentence(brk.a.text) else 0 for brk in breaks]
    local = []
    for i in range(len(breaks)):
        near = max(widths[max(0, i - 8) : i + 9])
        local.append(min(max(near, width - 8), width + 4))
    return local


def _evidence(brk: Break, width: int) -> float:
    """Log-odds that the break ends a paragraph, from width and punctuation alone."""
    a, b = brk.a.text, brk.b.text
    if b[0] in _GOES_ON:
        return -9.0
    if (b[0] in _MARKUP_BEGINS and _MARKUP.match(b)) or (a[0] in _MARKUP_BEGINS and _MARKUP_LINE.match(a)):
        return 9.0
    last = a[-1]
    if last in _COMMAS:
        score = -6.0
    elif last in _WEAK_ENDS:
        score = 0.5
    elif last in ")）":
        score = -0.5
    else:
        score = 3.0 if ends_sentence(a) else -3.5
    score += _weight_of_room(brk.room(width), width)
    if score > -3 and last not in _COMMAS and _OPENING.match(b):
        score += 2.0
    for opened, closed in _PAIRS:
        if closed in b and a.rfind(opened) > a.rfind(closed):
            return score - 3.0
    return score


def _weight_of_room(room: int, width: int) -> float:
    """Log-odds that a paragraph ends where `room` columns of `width` are left."""
    if room < 0:
        return -2.8
    if room >= 0.25 * width:
        return 10.0 if room >= 0.4 * width else 8.0
    return 0.0 if room < 1 else 1.0 if room < 4 else 3.0 if room < 8 else 5.5 if room < 12 else 7.0


def _before_heading(breaks: Sequence[Break], firm: Sequence[float], i: int) -> float:
    """Log-odds from what comes below: after a whole sentence, a short line that ends like none is a heading."""
    if i + 1 == len(breaks) or breaks[i + 1].a is not breaks[i].b or firm[i + 1] < CLEAR:
        return 0.0
    return 4.0 if ends_sentence(breaks[i].a.text) and _is_open(breaks[i].b.text) else 0.0


def _habits(brk: Break, following: Break | None, width: int) -> tuple[str, ...]:
    """The signs at this break whose meaning differs from document to document."""
    a, b = brk.a, brk.b
    habits: list[str] = []
    ascii_end = a.text[-1].isascii()
    if not ascii_end or not b.text[0].isascii():  # else white space may be the words' own
        habits.append(_TRAILS[ascii_end][a.trailed])
    if not brk.interrupted:
        habits += _BLANKS[min(b.blanks, 2)], _INDENTS[b.indent >= 2]
    elif b.indent >= 3:
        habits.append(_INDENTS[True])
    if following is not None and following.a is b and b.width > 0.6 * width and not ends_sentence(b.text):
        full = b.width > width - FIRST_LINE_INDENT + 1
        habits.append("short no" if full else _SHORTS[following.room(width) >= 1])
    return tuple(habits)


def _prior(firm: Sequence[float]) -> float:
    """Log-odds of paragraph ends among the document's line breaks, from the clear ones; at least -2."""
    ends = sum(1 for score in firm if score >= CLEAR)
    runs = sum(1 for score in firm if score <= -CLEAR)
    return max(-2.0, math.log((ends + 1) / (runs + 1)))


def _learn(firm: Sequence[float], habits: Sequence[tuple[str, ...]]) -> dict[str, float]:
    """Log-odds for each sign, from the breaks that are clear without it; at most 4 either way.

    One clear break is added on each side and shared out, so that a sign seen once proves little.
    """
    ends: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    for score, signs in zip(firm, habits, strict=True):
        if abs(score) >= CLEAR:
            (ends if score > 0 else runs).update(signs)
    kinds = {sign.split()[0] for sign in (*ends, *runs)}
    learnt = {}
    for kind in kinds:
        of_kind = {sign for sign in (*ends, *runs) if sign.startswith(kind + " ")}
        all_ends, all_runs = sum(ends[sign] for sign in of_kind), sum(runs[sign] for sign in of_kind)
        for sign in of_kind:
            share_ends = (ends[sign] + 0.5) / (all_ends + 1)
            share_runs = (runs[sign] + 0.5) / (all_runs + 1)
            learnt[sign] = max(-4.0, min(4.0, math.log(share_ends / share_runs)))
    return learnt
