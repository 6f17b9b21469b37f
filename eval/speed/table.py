"""The measured figures as a Markdown table, and the growth of a question's cost as an SVG. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

Figures = Mapping[str, float]

ROWS: tuple[tuple[str, str, Callable[[Figures], float], str], ...] = (
    ("段落 passages", "{:,.0f}", lambda f: f["passages"], ""),
    ("文本 text, MB", "{:.2f}", lambda f: f["text_mb"], ""),
    ("建库 index, CPU s", "{:.2f}", lambda f: f["index_s"], ""),
    ("建库÷编码 index / encoding", "{:.1f}", lambda f: f["index_s"] / f["encode_s"], "≤ 2.2 *"),
    ("dense, CPU ms", "{:.2f}", lambda f: f["dense_ms"], ""),
    ("dense / floor", "{:.2f}", lambda f: f["dense_x"], "≤ 1.15"),
    ("lexical, CPU ms", "{:.2f}", lambda f: f["lexical_ms"], ""),
    ("lexical / floor", "{:.2f}", lambda f: f["lexical_x"], ""),
    ("hybrid, CPU ms", "{:.2f}", lambda f: f["hybrid_ms"], ""),
    ("hybrid / floor", "{:.2f}", lambda f: f["hybrid_x"], "≤ 1.7 / 1.5 / 1.4"),
    ("floor, CPU ms", "{:.2f}", lambda f: f["floor_ms"], ""),
    ("recall@10", "{:.3f}", lambda f: f["recall"], "1"),
    ("新增十篇 add 10, CPU s", "{:.3f}", lambda f: f["add_s"], "≤ 0.1"),
    ("更新十篇 update 10, CPU s", "{:.3f}", lambda f: f["update_s"], "≤ 0.05"),
    ("删除十篇 delete 10, CPU s", "{:.3f}", lambda f: f["delete_s"], "≤ 0.05"),
    ("未变再同步 unchanged re-sync", "{:.1%}", lambda f: f["resync_s"] / f["index_s"], "≤ 2%"),
    ("建库前内存 memory before indexing, MB", "{:.0f}", lambda f: f["before_mb"], ""),
    ("建库增加 peak over that, MB", "{:.0f}", lambda f: f["peak_mb"], ""),
    ("其中固定 of it constant, MB †", "{:.0f}", lambda f: f["constant_mb"], ""),
    ("内存峰值÷文本 peak memory / text", "{:.1f}", lambda f: f["peak_mb"] / f["text_mb"], "≤ 7 (50,000)"),
    (
        "不计固定部分 the same without the constant",
        "{:.1f}",
        lambda f: (f["peak_mb"] - f["constant_mb"]) / f["text_mb"],
        "",
    ),
    ("磁盘÷文本 disk / text", "{:.1f}", lambda f: f["disk_mb"] / f["text_mb"], "≤ 4.5 ‡"),
    ("其中向量 of it vectors", "{:.1f}", lambda f: f["vectors_mb"] / f["text_mb"], ""),
    ("首次回答 open + first answer, CPU s", "{:.2f}", lambda f: f["first_answer_s"], "≤ 0.5"),
)

NOTE = """\\* 目标按已分好的词计 the goal is with words given: cutting text into words is in our figure.

† 词典、分词表与写入缓冲 dictionaries, tables of words and the buffers of writing: the peak of a library of 500 passages.

‡ 目标按 256 维向量计 the goal is with vectors of 256 dimensions, which are stored twice, in two bytes a dimension."""

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 96, 36, 52
COLOURS = {"hybrid": "#0f766e", "lexical": "#b45309", "dense": "#4338ca", "floor": "#64748b"}
DASHES = {"floor": "5 4"}


def markdown(measured: Sequence[Figures]) -> str:
    """One column a size, smallest first."""
    sizes = [f"{figures['passages']:,.0f}" for figures in measured]
    lines = [f"| | 目标 goal | {' | '.join(sizes)} |", f"| --- | --- | {' | '.join('---:' for _ in sizes)} |"]
    for name, form, value, goal in ROWS[1:]:
        cells = [form.format(value(figures)) for figures in measured]
        lines.append(f"| {name} | {goal} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", NOTE])


def growth(measured: Sequence[Figures]) -> str:
    """The cost of a question over the size of the library, both axes logarithmic, as an SVG text."""
    sizes = [figures["passages"] for figures in measured]
    lines = {name: [figures[f"{name}_ms"] for figures in measured] for name in COLOURS}
    across = _scale(sizes, LEFT, WIDTH - RIGHT)
    costs = [cost for line in lines.values() for cost in line]
    up = _scale(costs, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        "<title>一个问题的处理器时间 processor time of a question</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 20, "每个问题 CPU 毫秒 CPU ms a question", "start"),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "段落 passages", "middle"),
    ]
    for tick in _decades(costs):
        height = up(tick)
        parts.append(
            f'<path d="M{LEFT} {height:.1f}H{WIDTH - RIGHT}" stroke="#e2e8f0"/>'
            + _text(LEFT - 8, height + 4, f"{tick:g}", "end")
        )
    parts += [_text(across(size), HEIGHT - BOTTOM + 20, f"{size:,.0f}", "middle") for size in sizes]
    for name, place in zip(lines, _apart([up(line[-1]) for line in lines.values()]), strict=True):
        points = " ".join(
            f"{across(size):.1f},{up(cost):.1f}" for size, cost in zip(sizes, lines[name], strict=True)
        )
        dash = f' stroke-dasharray="{DASHES[name]}"' if name in DASHES else ""
        colour = COLOURS[name]
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
            + _text(WIDTH - RIGHT + 8, place + 4, f"{name} {lines[name][-1]:.1f}", "start", colour)
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _scale(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    """From a value to its place between `start` and `end`, by its logarithm."""
    low, high = math.log(min(values)), math.log(max(values))
    span = high - low or 1.0
    return lambda value: start + (end - start) * (math.log(value) - low) / span


def _decades(values: Sequence[float]) -> list[float]:
    """1, 2 and 5 of each power of ten between the least and the greatest value."""
    powers = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    return [tick for tick in ticks if min(values) <= tick <= max(values)]


def _apart(places: Sequence[float], least: float = 16) -> list[float]:
    """The places of labels, moved down where they would stand on each other."""
    moved = list(places)
    order = sorted(range(len(places)), key=lambda at: places[at])
    for before, at in zip(order, order[1:], strict=False):
        moved[at] = max(moved[at], moved[before] + least)
    return moved


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#334155") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
