"""The runs of a page in reading order, as lines: columns found, raised and lowered marks put back into their lines.

A column's left edge is where many runs begin and which few cross. What crosses it (a title, a wide table) parts the
page into bands, and within a band the columns are read one after the other, each of them in the same way again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from index.readers.pdf.chars import raised
from index.readers.pdf.page import HYPHEN, Box, Run

LEAST_LINES = 3
"""Lines that each of two columns has side by side; fewer are a list of names, or a table."""
GUTTER = 0.75
"""Least distance of two columns, in sizes of the type."""
DEEPEST = 4
"""How often a column may be parted into columns again."""


@dataclass(slots=True)
class Table:
    """Rows of a table, each to be read on its own, and where it stands."""

    box: Box
    rows: list[str]


@dataclass(slots=True)
class TextLine:
    """A line of text, and the edges of the column that it stands in, in points."""

    runs: list[Run]
    box: Box
    baseline: float
    size: float
    left: float = 0.0
    right: float = 0.0
    page: int = 0
    page_height: float = 0.0
    recognised: bool = False
    block: int = 0
    """Number of its stretch of a column, counted over the document: lines of one block stand one below another."""

    @property
    def text(self) -> str:
        """What the line says; a run that stands apart is parted by a space."""
        return "".join(piece for piece, _ in self.pieces())

    def pieces(self) -> Iterator[tuple[str, Run | None]]:
        """The texts of the runs from left to right, and the spaces between them (without a run)."""
        before: Run | None = None
        for run in self.runs:
            if before is not None and _parted(before, run):
                yield " ", None
            text = run.text
            if before is not None and text[0].isdigit() | (text[0] in "-−–") and _raises(run, before, self):
                text = raised(text)
            yield text, run
            before = run

    def parts(self, gap: float) -> list[Box]:
        """The stretches of the line between gaps of `gap` times its size or more."""
        parts: list[Box] = []
        for run in self.runs:
            if parts and run.box.x0 - parts[-1].x1 < gap * self.size:
                parts[-1] = parts[-1].around(run.box)
            else:
                parts.append(run.box)
        return parts

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return all(run.bold for run in self.runs)

    @property
    def confidence(self) -> float:
        """The mean over its characters, 0 to 100."""
        count = sum(len(run.text) for run in self.runs)
        return sum(run.confidence * len(run.text) for run in self.runs) / max(1, count)


Item = TextLine | Table


@dataclass(slots=True)
class _Region:
    runs: list[Run]
    tables: list[Table] = field(default_factory=list)


def _parted(a: Run, b: Run) -> bool:
    gap, size = b.box.x0 - a.box.x1, max(a.size, b.size)
    latin = a.text[-1].isascii() and b.text[0].isascii()
    same = abs(a.size - b.size) < 0.12 * size
    return gap > (0.2 if latin and same else 0.5) * size


def _raises(run: Run, before: Run, line: TextLine) -> bool:
    """Whether a run of digits is raised right behind a digit, which would make another number of both."""
    small = run.size < 0.8 * line.size and before.size > 1.2 * run.size
    return small and run.baseline < line.baseline - 0.1 * line.size and before.text[-1].isdigit()


def in_order(runs: Sequence[Run], tables: Sequence[Table] = ()) -> list[list[Item]]:
    """The blocks of a page in reading order: each a stretch of one column, its lines and tables from top to bottom."""
    return list(_order(_Region(list(runs), list(tables)), DEEPEST))


def _order(region: _Region, depth: int) -> Iterator[list[Item]]:
    edge = _column_edge(region) if depth else None
    if edge is None:
        yield from _one_column(region)
        return
    for band, parted in _bands(region, edge, _parts_of(region.runs)):
        if parted:
            left, right = _sides(band, edge)
            yield from _order(left, depth - 1)
            yield from _order(right, depth - 1)
        else:
            yield from _one_column(band)


def _one_column(region: _Region) -> Iterator[list[Item]]:
    lines = lines_of(region.runs)
    if not lines and not region.tables:
        return
    items: list[Item] = [*lines, *region.tables]
    items.sort(key=lambda item: item.box.y0 if isinstance(item, Table) else item.baseline - 0.86 * item.size)
    if lines:
        left, right = _edges(lines)
        for line in lines:
            line.left, line.right = left, right
    yield items


def _edges(lines: Sequence[TextLine]) -> tuple[float, float]:
    """Left and right edge of a column: where its lines begin and end, but for a stray one in many."""
    lefts = sorted(line.box.x0 for line in lines)
    rights = sorted(line.box.x1 for line in lines)
    return lefts[len(lefts) // 20], rights[-1 - len(rights) // 20]


def _column_edge(region: _Region) -> float | None:
    """The left edge of the right one of two columns; None when there is one column."""
    runs = region.runs
    if len(runs) < 2 * LEAST_LINES:
        return None
    left, right = min(run.box.x0 for run in runs), max(run.box.x1 for run in runs)
    size = median(run.size for run in runs)
    starts = Counter(round(run.box.x0 / 3) for run in runs if run.box.width > 4 * size)
    parts = _parts_of(runs)
    best, most = None, 0.0
    for place, count in starts.most_common(12):
        edge = min(
            (run.box.x0 for run in runs if round(run.box.x0 / 3) in (place - 1, place)), default=place * 3.0
        )
        if count < LEAST_LINES or not left + 0.15 * (right - left) < edge < right - 0.15 * (right - left):
            continue
        gain = 0.0
        for band, parted in _bands(region, edge, parts):
            if parted:
                gain += sum(run.box.width * run.size for run in band.runs)
        if gain > most:
            best, most = edge, gain
    return best


def _crosses(box: Box, edge: float, slack: float) -> bool:
    return box.x0 < edge - slack - 1 and box.x1 > edge - slack


def _parts_of(runs: Sequence[Run]) -> list[tuple[Box, float]]:
    """(box, size) of the stretches of each line that no gap as wide as a gutter parts."""
    return [(box, line.size) for line in lines_of(runs) for box in line.parts(GUTTER)]


def _bands(
    region: _Region, edge: float, parts: Sequence[tuple[Box, float]]
) -> Iterator[tuple[_Region, bool]]:
    """From top to bottom: what crosses the edge and what lies between; and whether it is two columns."""
    crossing = [(box.y0, box.y1) for box, size in parts if _crosses(box, edge, 0.35 * size)]
    crossing += [(table.box.y0, table.box.y1) for table in region.tables if _crosses(table.box, edge, 3)]
    spans: list[list[float]] = []
    for y0, y1 in sorted(crossing):
        if spans and y0 <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], y1)
        else:
            spans.append([y0, y1])
    tops, bottoms = [span[0] for span in spans], [span[1] for span in spans]
    bands: dict[int, _Region] = {}
    for run in region.runs:
        bands.setdefault(_band(run.box, tops, bottoms), _Region([])).runs.append(run)
    for table in region.tables:
        bands.setdefault(_band(table.box, tops, bottoms), _Region([])).tables.append(table)
    merged: _Region | None = None
    for number in sorted(bands):
        band = bands[number]
        if number % 2 == 0 and _are_columns(*_sides(band, edge)):
            if merged is not None:
                yield merged, False
            merged = None
            yield band, True
        elif merged is None:
            merged = band
        else:
            merged = _Region(merged.runs + band.runs, merged.tables + band.tables)
    if merged is not None:
        yield merged, False


def _band(box: Box, tops: Sequence[float], bottoms: Sequence[float]) -> int:
    """Odd for what stands beside the crossing span n = (number - 1) / 2, even for what stands between two."""
    middle = (box.y0 + box.y1) / 2
    n = bisect_right(tops, middle) - 1
    return 2 * n + 1 if n >= 0 and middle <= bottoms[n] else 2 * n + 2


def _sides(region: _Region, edge: float) -> tuple[_Region, _Region]:
    left, right = _Region([]), _Region([])
    for run in region.runs:
        (right if run.box.x0 > edge - 0.6 * run.size - 1 else left).runs.append(run)
    for table in region.tables:
        (right if (table.box.x0 + table.box.x1) / 2 > edge else left).tables.append(table)
    return left, right


def _are_columns(left: _Region, right: _Region) -> bool:
    """Whether both sides are running text: several lines, most of them nearly as wide as the side."""
    if len(left.runs) < LEAST_LINES or len(right.runs) < LEAST_LINES:
        return False
    return _is_column(left) and _is_column(right)


def _is_column(side: _Region) -> bool:
    lines = lines_of(side.runs)
    if len(lines) < LEAST_LINES:
        return False
    left, right = min(line.box.x0 for line in lines), max(line.box.x1 for line in lines)
    filled = sorted(sum(run.box.width for run in line.runs) for line in lines)
    wide = median(filled)
    return wide >= 8 * median(line.size for line in lines) and wide >= 0.5 * (right - left)


def lines_of(runs: Sequence[Run]) -> list[TextLine]:
    """Puts runs on lines, from top to bottom; a small run beside a line is its index or exponent."""
    lines: list[TextLine] = []
    by_place: dict[int, list[TextLine]] = {}
    for run in sorted(runs, key=lambda run: -run.size):
        line = _line_for(run, by_place)
        if line is None:
            line = TextLine([run], run.box, run.baseline, run.size)
            lines.append(line)
            for place in range(int(run.box.y0) // 8 - 1, int(run.box.y1) // 8 + 2):
                by_place.setdefault(place, []).append(line)
        else:
            line.runs.append(run)
            line.box = line.box.around(run.box)
    for line in lines:
        line.runs.sort(key=lambda run: run.box.x0)
    lines.sort(key=lambda line: (line.baseline, line.box.x0))
    return lines


def _line_for(run: Run, by_place: dict[int, list[TextLine]]) -> TextLine | None:
    """The line that a run belongs to; None when it begins one."""
    best, least = None, 1e9
    for line in by_place.get(int((run.box.y0 + run.box.y1) / 2) // 8, ()):
        off = abs(run.baseline - line.baseline)
        if run.size > 0.8 * line.size:
            fits = off <= 0.35 * line.size
        else:
            top, bottom = line.baseline - 1.15 * line.size, line.baseline + 0.45 * line.size
            beside = any(
                -0.6 * line.size <= other.box.x0 - run.box.x1 <= 0.7 * line.size
                or -0.6 * line.size <= run.box.x0 - other.box.x1 <= 0.7 * line.size
                for other in line.runs
            )
            fits = (
                top <= run.box.y0 + 0.3 * run.size
                and run.baseline <= bottom
                and (beside or off < 0.1 * line.size)
            )
        if fits and off < least:
            best, least = line, off
    return best


def ends_broken(text: str) -> bool:
    """Whether a line ends within a word, at a hyphen."""
    return text.endswith(HYPHEN) or (
        len(text) > 2 and text[-1] == "-" and text[-2].isalpha() and text[-2].isascii()
    )


def leading(lines: Sequence[TextLine]) -> float:
    """The usual distance of two baselines, in points; 0 for fewer than two lines."""
    steps = [b.baseline - a.baseline for a, b in pairwise(lines) if 0 < b.baseline - a.baseline < 4 * b.size]
    return median(steps) if steps else 0.0
