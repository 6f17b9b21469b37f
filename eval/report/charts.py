"""Charts as SVG text: pure functions of numbers. Colours and fonts are the page's (report.css); no text becomes a path.

Bars stand in table cells beside their figures, so they are hidden from screen readers; curves carry a title and a
description that says their numbers. All lengths are in the units of the viewBox.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval.report.markup import escaped, label
from eval.report.texts import Text

WIDTH, HEIGHT = 460, 270
LEFT, RIGHT, TOP, BOTTOM = 46, 22, 14, 44
_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name, its points as (x, y), and the style it is drawn in ("a" or "b" of report.css)."""

    name: Text
    points: Sequence[tuple[float, float]]
    style: str = "a"
    dots: bool = True


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its name, its ends, where ticks stand, and whether they are shares (shown per cent)."""

    name: Text
    low: float
    high: float
    ticks: Sequence[float]
    share: bool = False

    def at(self, value: float) -> float:
        """Where `value` stands between the ends, 0..1; what is beyond them is drawn at the end."""
        if self.high == self.low:
            return 0.0
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def shown(self, value: float) -> str:
        """A tick's label."""
        return f"{100 * value:.0f}%" if self.share else f"{value:g}"


def bar(share: float, style: str = "a") -> str:
    """A bar filled to `share` (0..1) on a pale ground."""
    return _strip(f'<rect class="ground" width="100" height="10"/>{_rect(0, share, style)}')


def whisker(mean: float, low: float, high: float, reference: float | None = None, faint: bool = False) -> str:
    """A dot at `mean` with a line from `low` to `high`, all 0..1; a thin line at `reference`."""
    parts = ['<line class="rail" x1="0" x2="100" y1="5" y2="5"/>']
    if reference is not None:
        at = _n(100 * _within(reference))
        parts.append(f'<line class="reference" x1="{at}" x2="{at}" y1="0" y2="10"/>')
    ends = f'x1="{_n(100 * _within(low))}" x2="{_n(100 * _within(high))}" y1="5" y2="5"'
    parts.append(f'<line class="whisker" {ends}/>')
    at = _n(100 * _within(mean))
    parts.append(f'<line class="dot" x1="{at}" x2="{at}" y1="5" y2="5"/>')
    return _strip("".join(parts), "faint" if faint else "")


def difference(mean: float, low: float, high: float, reach: float, style: str = "") -> str:
    """A whisker around nought, which stands in the middle; the ends of the strip are -reach and +reach."""

    def place(value: float) -> float:
        return 0.5 + value / (2 * reach) if reach else 0.5

    return whisker(place(mean), place(low), place(high), reference=0.5).replace(
        'class="strip ', f'class="strip {escaped(style)} ', 1
    )


def spread(p50: float, p95: float, p99: float, longest: float) -> str:
    """Times: dark to p50, pale to p95, a line to p99, on a scale that ends at `longest`."""
    scale = longest or 1.0
    return _strip(
        f'<line class="rail" x1="0" x2="{_n(100 * _within(p99 / scale))}" y1="5" y2="5"/>'
        f"{_rect(0, p95 / scale, 'pale')}{_rect(0, p50 / scale, 'a')}"
    )


def curves(
    title: Text, series: Sequence[Series], x: Axis, y: Axis, marker: tuple[float, Text] | None = None
) -> str:
    """A line chart. `marker` is a dashed upright at an x with its label."""
    parts = [_grid(x, y)]
    if marker is not None:
        at = _n(_x(x, marker[0]))
        parts.append(f'<line class="marker" x1="{at}" x2="{at}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        left = x.at(marker[0]) > 0.7
        offset, anchor = (-6, "end") if left else (6, "start")
        parts.append(_words(marker[1], _x(x, marker[0]) + offset, HEIGHT - BOTTOM - 8, anchor, "note"))
    for one in series:
        places = [(_n(_x(x, a)), _n(_y(y, b))) for a, b in one.points]
        path = " ".join(f"{a},{b}" for a, b in places)
        parts.append(f'<polyline class="line {escaped(one.style)}" points="{path}"/>')
        if one.dots:
            parts += [
                f'<circle class="point {escaped(one.style)}" cx="{a}" cy="{b}" r="3.2"/>' for a, b in places
            ]
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label(title)}">'
        f"<title>{label(title)}</title><desc>{escaped(_described(series, x, y))}</desc>{''.join(parts)}</svg>"
    )


def _described(series: Sequence[Series], x: Axis, y: Axis, most: int = 25) -> str:
    """The numbers of a chart in words; of long lines every n-th point."""
    told = []
    for one in series:
        step = max(1, len(one.points) // most)
        points = ", ".join(f"{x.shown(a)}: {y.shown(b)}" for a, b in list(one.points)[::step])
        told.append(f"{one.name.zh} {one.name.en}: {points}")
    return ". ".join(told)


def _grid(x: Axis, y: Axis) -> str:
    parts = []
    for tick in y.ticks:
        at = _n(_y(y, tick))
        parts.append(f'<line class="gridline" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 8}" y="{at}" dy="0.32em" text-anchor="end">{y.shown(tick)}</text>'
        )
    for tick in x.ticks:
        at = _n(_x(x, tick))
        parts.append(
            f'<text class="tick" x="{at}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{x.shown(tick)}</text>'
        )
    parts.append(_words(x.name, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "middle", "axis"))
    return "".join(parts)


def _words(words: Text, x: float, y: float, anchor: str, style: str) -> str:
    place = f'class="{style}" x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"'
    return f'<text lang="zh" {place}>{escaped(words.zh)}</text><text lang="en" {place}>{escaped(words.en)}</text>'


def _strip(inside: str, style: str = "") -> str:
    """A drawing that fills its cell's width; strokes keep their width (report.css)."""
    return f'<svg class="strip {style}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{inside}</svg>'


def _rect(start: float, end: float, style: str) -> str:
    start, end = _within(start), _within(end)
    return f'<rect class="{escaped(style)}" x="{_n(100 * start)}" width="{_n(100 * (end - start))}" height="10"/>'


def _x(axis: Axis, value: float) -> float:
    return LEFT + axis.at(value) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.at(value) * (HEIGHT - TOP - BOTTOM)


def _within(share: float) -> float:
    return min(1.0, max(0.0, share))


def _n(value: float) -> str:
    return f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".") or "0"
