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
_COMMA = re.compile(r"[，、,（《“‘(—–]$")
_WEAK_END = re.compile(r"[；：;:]$")
_HAN = re.compile(f"[{HAN}]")
_PAIRS = {"（": "）", "《": "》", "(": ")", "〈": "〉"}


@dataclass(frozen=True, slots=True)
class Break:
    """A line break between two lines of running text, `a` above and `b` below."""

    a: Line
    b: Line
    interrupted: bool
    """Whether something that is no running text (header, number, link) or a new page lies between."""


def page_width(lines: Sequence[Line]) -> int:
    """The width in columns at which `lines` are hard-wrapped; 0 when they are not.

    Wrapped text has many lines of nearly one width that stop mid-sentence.
    """
    different = {line.text: line for line in lines}.values()  # what repeats is a table's or a header's
    widths = [line.width for line in different]
    long = [line for line, width in zip(different, widths, strict=True) if width >= MIN_WIDTH]
    latin = sum(1 for line in long if not _HAN.search(line.text)) > len(long) / 2
    slack = 12 if latin else 7
    width = _densest(Counter(line.width for line in long if _is_open(line.text)), slack)
    full = [line for line in long if width - slack < line.width <= width + 2]
    open_full = sum(1 for line in full if _is_open(line.text))
    marked = sum(1 for line in full if _INNER_MARK.search(line.text))
    nearly = sum(1 for size in widths if width - 2 * slack < size <= width - slack)
    wider = sum(1 for size in widths if size > width + 4)
    wrapped = (
        MIN_WIDTH <= width <= MAX_WIDTH
        and open_full >= max(3, 0.6 * len(full), 0.3 * (len(long) - open_full))
        and marked >= 0.5 * len(full)
        and len(full) >= 2.5 * nearly  # lines of a list have any width; those of a page pile up at its margin
        and wider <= 0.1 * len(long)
        and sum(line.width for line in full) >= 0.35 * sum(widths)
    )
    return width if wrapped else 0


def _is_open(text: str) -> bool:
    """Whether a line stops where no sentence or clause ends."""
    return not ends_sentence(text) and not _WEAK_END.search(text)


def _densest(widths: Counter[int], slack: int) -> int:
    """The width that has most lines within `slack` columns below it; 0 without any lines."""
    best, densest = 0, 0
    for candidate in sorted(widths):
        near = sum(count for size, count in widths.items() if candidate - slack < size <= candidate)
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
    joined: list[bool] = []
    for i, brk in enumerate(breaks):
        begins = i == 0 or breaks[i - 1].b is not brk.a or not joined[-1]
        evidence = firm[i]
        if begins and deficit:
            evidence = _evidence(brk, local[i] - deficit) + _before_heading(breaks, firm, i)
        joined.append(prior + evidence + sum(learnt.get(habit, 0.0) for habit in habits[i]) < 0)
    return joined


def _local_widths(breaks: Sequence[Break], width: int) -> list[int]:
    """The page's width around each break: fonts and margins change from page to page."""
    widths = [brk.a.width if not ends_sentence(brk.a.text) else 0 for brk in breaks]
    local = []
    for i in range(len(breaks)):
        near = max(widths[max(0, i - 8) : i + 9])
        local.append(min(max(near, width - 8), width + 4))
    return local


def _room(line: Line, following: str, width: int) -> int:
    """Columns that would be left on `line` had the first unit of `following` been put on it."""
    space = 1 if line.text[-1].isascii() and following[:1].isascii() else 0
    return width - line.width - space - columns(first_unit(following))


def _evidence(brk: Break, width: int) -> float:
    """Log-odds that the break ends a paragraph, from width and punctuation alone."""
    a, b = brk.a.text, brk.b.text
    if b[0] in "，。、；：！？”’）》】〉」』,.;:!?)%℃":
        return -9.0
    if _MARKUP.match(b) or _MARKUP_LINE.match(a):
        return 9.0
    room = _room(brk.a, b, width)
    if _COMMA.search(a):
        score = -6.0
    elif _WEAK_END.search(a):
        score = 0.5
    elif a[-1] in ")）":
        score = -0.5
    else:
        score = 3.0 if ends_sentence(a) else -3.5
    for least, weight in (
        (0.4 * width, 10.0),
        (0.25 * width, 8.0),
        (12, 7.0),
        (8, 5.5),
        (4, 3.0),
        (1, 1.0),
        (0, 0.0),
    ):
        if room >= least:
            score += weight
            break
    else:
        score -= 2.8
    if score > -3 and _OPENING.match(b) and not _COMMA.search(a):
        score += 2.0
    if any(a.rfind(opened) > a.rfind(closed) and closed in b for opened, closed in _PAIRS.items()):
        score -= 3.0
    return score


def _before_heading(breaks: Sequence[Break], firm: Sequence[float], i: int) -> float:
    """Log-odds from what comes below: after a whole sentence, a short line that ends like none is a heading."""
    if i + 1 == len(breaks) or breaks[i + 1].a is not breaks[i].b or firm[i + 1] < CLEAR:
        return 0.0
    return 4.0 if ends_sentence(breaks[i].a.text) and _is_open(breaks[i].b.text) else 0.0


def _habits(brk: Break, following: Break | None, width: int) -> list[str]:
    """The signs at this break whose meaning differs from document to document."""
    a, b = brk.a, brk.b
    latin = a.text[-1].isascii() and b.text[0].isascii()  # white space may be the words' own
    habits = [] if latin else [f"trail{'-latin' * a.text[-1].isascii()} {a.trailed}"]
    if not brk.interrupted:
        habits.append(f"blank {min(b.blanks, 2)}")
        habits.append(f"indent {b.indent >= 2}")
    elif b.indent >= 3:
        habits.append("indent True")
    if following is not None and following.a is b and not ends_sentence(b.text) and b.width > 0.6 * width:
        full = b.width > width - FIRST_LINE_INDENT + 1
        habits.append(f"short {'no' if full else _room(b, following.b.text, width) >= 1}")
    return habits


def _prior(firm: Sequence[float]) -> float:
    """Log-odds of paragraph ends among the document's line breaks, from the clear ones; at least -2."""
    ends = sum(1 for score in firm if score >= CLEAR)
    runs = sum(1 for score in firm if score <= -CLEAR)
    return max(-2.0, math.log((ends + 1) / (runs + 1)))


def _learn(firm: Sequence[float], habits: Sequence[list[str]]) -> dict[str, float]:
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


def breaks_between(lines: Sequence[Line], interrupted: Sequence[bool]) -> list[Break]:
    """The breaks of consecutive `lines`; `interrupted[i]` says whether something lies before line i."""
    return [Break(a, b, interrupted[i + 1] or b.new_page) for i, (a, b) in enumerate(pairwise(lines))]
