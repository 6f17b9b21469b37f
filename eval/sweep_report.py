"""What a sweep leaves for people: sweep.json, a table, the picture of quality against latency, and zhida.toml.

`write_sweep` writes what the pure functions beside it make of a result. No key or other secret is in any of it: only
settings that may be swept are told.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

from eval.metrics.catalogue import BY_NAME
from eval.statistics import Interval
from eval.sweep import SweepResult
from eval.sweep_rounds import Tried, frontier, worth
from eval.sweep_space import SWEEPABLE, public
from rag.settings import Settings

SCHEMA = "zhida-sweep/1"
WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 30, 56, 60
NAMES = {
    "passed": "通过 passed",
    "correct": "答对 correct",
    "all_evidence@2000c": "证据齐全@2000字 all evidence@2000 characters",
    "evidence_recall@2000c": "证据召回@2000字 evidence recall@2000 characters",
}


def write_sweep(result: SweepResult, folder: Path) -> None:
    """sweep.json, sweep.txt, pareto.svg and zhida.toml under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    texts: dict[str, Any] = {
        "pareto.svg": pareto_svg(result),
        "sweep.txt": table(result, most=10_000) + "\n",
        "zhida.toml": zhida_toml(result),
        "sweep.json": json.dumps(as_dict(result), ensure_ascii=False, indent=1) + "\n",
    }
    for name, text in texts.items():
        partial = folder / f"{name}.partial"
        partial.write_text(text, encoding="utf-8")
        partial.replace(folder / name)


def as_dict(result: SweepResult) -> dict[str, Any]:
    """Everything that was measured, for sweep.json."""
    ahead = on_frontier(result)
    return {
        "schema": SCHEMA,
        "gold": {"name": result.gold_name, "hash": result.gold_hash},
        "split": {"dev": result.dev, "test": result.test_questions, "given": result.split_given},
        "space": asdict(result.space) | {"values": public(result.space.values)},
        "objective": result.objective,
        "retrieval": [_tried(one) for one in result.retrieval],
        "candidates": [_tried(one) | {"frontier": one.candidate.key in ahead} for one in result.final],
        "winner": public(result.winner.changes),
        "adopted": result.adopted,
        "test": asdict(result.test) | {"shown": result.test.shown},
        "verdict": verdict(result),
    }


def on_frontier(result: SweepResult) -> set[str]:
    """Keys of the candidates that had every question and that no other beats in both quality and latency."""
    finished = [one for one in result.final if one.finished]
    best = frontier([(one.p50_ms, worth(one, result.objective)) for one in finished])
    return {one.candidate.key for one, on in zip(finished, best, strict=True) if on}


def verdict(result: SweepResult) -> str:
    """What came out, in one line."""
    test = result.test
    if not result.winner.changes:
        return "当前设置在选择集上已是最好，保持不变 the settings as they are were the best on dev and stay"
    points = f"{test.difference.mean:+.1%} [{test.difference.low:+.1%}, {test.difference.high:+.1%}]"
    if result.adopted:
        return (
            f"测试集 {test.difference.n} 题上 {name_of(test.objective)} {points}，可检出差 {test.detectable:.1%}："
            f"采用 adopted on {test.difference.n} test questions: {result.winner.label}"
        )
    what = "没有显示出差异 no difference shown"
    if test.beyond_chance:
        what = (
            "差异小于可检出差，宜加题再比 better, but by less than so many questions show reliably: ask more"
        )
    return (
        f"{what}；保持当前设置 the settings stay: {result.winner.label}: {name_of(test.objective)} {points}，"
        f"可检出差 minimal detectable difference {test.detectable:.1%}，测试题 test questions {test.difference.n}"
    )


def table(result: SweepResult, most: int = 30) -> str:
    """The result for a terminal: ways of retrieving, candidates, the test, the verdict."""
    how = (
        "按评测集的 split as the gold set says"
        if result.split_given
        else "按问题哈希对半分 halves by hash of the question"
    )
    lines = [f"选择集 dev {result.dev} · 测试集 test {result.test_questions}（{how}）"]
    if not result.retrieval_only:
        lines += ["", f"检索 retrieval, dev, {result.space.retrieval_objective}"]
        lines += _rows(result.retrieval[:most], [result.space.retrieval_objective, "mrr"], set())
    lines += ["", f"候选 candidates, dev, {name_of(result.objective)}（* 前沿 frontier）"]
    shown = [
        result.objective,
        *(("mrr",) if result.retrieval_only else ("correct", "refusal_recall", "over_refusal")),
    ]
    lines += _rows(result.final[:most], list(dict.fromkeys(shown)), on_frontier(result))
    if len(result.final) > most:
        lines.append(f"… 其余 {len(result.final) - most} 个见 the others are in sweep.json")
    lines += [
        "",
        "测试集 test: 当前设置 as set | 选出的 chosen（耗时随本机负载而变 latency moves with the load of this machine）",
    ]
    for metric, (base, winner) in result.test.intervals.items():
        lines.append(f"  {name_of(metric)}: {_interval(base)} | {_interval(winner)}")
    lines.append(f"  p50: {result.test.p50_ms[0]:.0f} ms | {result.test.p50_ms[1]:.0f} ms")
    return "\n".join([*lines, "", verdict(result)])


def zhida_toml(result: SweepResult) -> str:
    """The settings to use, as a zhida.toml: keys that differ from the defaults, and what was measured."""
    settings = result.winner.settings if result.adopted else result.base
    default = Settings()
    lines = [f"# zhida eval sweep, {result.gold_name} ({result.gold_hash[:12]})"]
    lines += [f"# {line}" for line in _measured(result)]
    lines.append(f"# {verdict(result)}")
    chosen = [name for name in SWEEPABLE if getattr(settings, name) != getattr(default, name)]
    if not chosen:
        lines.append("# 全部为默认值 all settings are at their defaults")
    lines += [
        f"{name} = {_toml(value)}"
        for name, value in public({name: getattr(settings, name) for name in chosen}).items()
    ]
    return "\n".join(lines) + "\n"


def pareto_svg(result: SweepResult) -> str:
    """Quality against the median latency of the candidates that had every question, with the frontier marked."""
    tried = [one for one in result.final if one.finished and one.value(result.objective) is not None]
    across = _scale([one.p50_ms for one in tried], LEFT, WIDTH - RIGHT)
    up = _scale([one.value(result.objective) or 0.0 for one in tried], HEIGHT - BOTTOM, TOP)
    title = "质量与耗时 quality against latency"
    about = f"{name_of(result.objective)} · dev {result.dev} 题 questions"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{title}: {escape(about)}" font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" fill="#1a1a1a">{title}</text>',
        f'<text x="{LEFT}" y="40" fill="#555">{escape(about)}</text>',
        *_axes(across, up, result.objective),
        *_marks(result, tried, across, up),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Axis:
    """A linear scale from values to picture units, with round ticks."""

    def __init__(self, low: float, high: float, step: float, begin: float, end: float) -> None:
        self.low, self.high, self.step = low, high, step
        self.begin, self.end = begin, end

    def at(self, value: float) -> float:
        """Where a value stands."""
        return round(self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin), 1)

    @property
    def ticks(self) -> list[float]:
        """The round values from end to end."""
        return [self.low + self.step * i for i in range(round((self.high - self.low) / self.step) + 1)]


def _scale(values: Sequence[float], begin: float, end: float) -> _Axis:
    """About five round steps around all values; one value alone gets a step to each side."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    rough = (high - low) / 5 or abs(high) / 5 or 0.2
    unit = 10.0 ** floor(log10(rough))
    step = next(unit * n for n in (1, 2, 5, 10) if unit * n >= rough * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    if first == last:
        first, last = first - 1, last + 1
    return _Axis(first * step, last * step, step, begin, end)


def _axes(across: _Axis, up: _Axis, objective: str) -> list[str]:
    lines = []
    for value in up.ticks:
        y = up.at(value)
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#e3e3e3"/>')
        lines.append(
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" fill="#555">{_quality(objective, value)}</text>'
        )
    for value in across.ticks:
        x = across.at(value)
        lines.append(f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#f0f0f0"/>')
        lines.append(
            f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#555">{value:g}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(
        f'<text x="{middle}" y="{HEIGHT - 18}" text-anchor="middle" fill="#333">耗时中位数 median latency (ms)</text>'
    )
    return lines


def _marks(result: SweepResult, tried: Sequence[Tried], across: _Axis, up: _Axis) -> list[str]:
    """The frontier as steps, every candidate as a dot with its settings as tooltip, names beside those that matter."""
    ahead = on_frontier(result)
    places = {
        one.candidate.key: (across.at(one.p50_ms), up.at(one.value(result.objective) or 0.0)) for one in tried
    }
    path, height = "", 0.0
    for x, y in sorted(place for key, place in places.items() if key in ahead):
        path += f"L{x} {height}L{x} {y}" if path else f"M{x} {y}"
        height = y
    lines = [f'<path d="{path}" fill="none" stroke="#0b6e4f" stroke-width="1.5" stroke-dasharray="5 3"/>']
    for one in tried:
        x, y = places[one.candidate.key]
        chosen, base = one.candidate.key == result.winner.key, not one.candidate.changes
        fill = "#c0392b" if base else "#0b6e4f" if one.candidate.key in ahead else "#b8bfc6"
        ring = ' stroke="#1a1a1a" stroke-width="2"' if chosen else ""
        quality = _shown(result.objective, one.value(result.objective))
        note = escape(f"{one.candidate.label}: {quality}, {one.p50_ms:.0f} ms")
        lines.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{fill}"{ring}><title>{note}</title></circle>')
        if chosen or base:
            lines.append(_name(x, y, one, chosen))
    return lines


def _name(x: float, y: float, one: Tried, chosen: bool) -> str:
    """The settings beside a dot: above it for the chosen one, below it for the settings as they are."""
    shift, anchor = (-9, "end") if x > WIDTH * 0.6 else (9, "start")
    words = ("选出 chosen: " if chosen and one.candidate.changes else "") + one.candidate.label
    return (
        f'<text x="{x + shift}" y="{y - 8 if chosen else y + 16}" text-anchor="{anchor}" fill="#1a1a1a">'
        f"{escape(_cut(words, 46))}</text>"
    )


def _measured(result: SweepResult) -> list[str]:
    """What was measured, for the comments of zhida.toml."""
    lines = [
        f"{len(result.final)} 个候选 candidates · dev {result.dev} · test {result.test_questions} 题 questions"
    ]
    base, winner = result.test.intervals[result.objective]
    lines.append(
        f"test {name_of(result.objective)}: 原设置 as it was {_interval(base)} · 选出的 chosen {_interval(winner)} · "
        f"p50 {result.test.p50_ms[0]:.0f} → {result.test.p50_ms[1]:.0f} ms"
    )
    return lines


def _rows(tried: Sequence[Tried], metrics: Sequence[str], marked: set[str]) -> list[str]:
    """A line a candidate: mark, questions, metrics, median latency, settings."""
    rows = [f"    n     {'  '.join(metrics)}  p50"]
    for one in tried:
        figures = "  ".join(_shown(metric, one.value(metric)).rjust(len(metric)) for metric in metrics)
        mark = "*" if one.candidate.key in marked else " "
        rows.append(f"  {mark} {len(one.outcomes):<5} {figures}  {one.p50_ms:.0f} ms  {one.candidate.label}")
    return rows


def _tried(one: Tried) -> dict[str, Any]:
    names = dict.fromkeys(name for outcome in one.outcomes for name in outcome.values)
    values = {name: round(value, 6) for name in names if (value := one.value(name)) is not None}
    return {
        "key": one.candidate.key,
        "changes": public(one.candidate.changes),
        "questions": len(one.outcomes),
        "finished": one.finished,
        "values": values,
        "p50_ms": round(one.p50_ms, 1),
    }


def name_of(metric: str) -> str:
    """A metric's name in both languages."""
    known = BY_NAME.get(metric)
    return NAMES.get(metric) or (f"{known.zh} {known.en}" if known else metric)


def _quality(metric: str, value: float) -> str:
    known = BY_NAME.get(metric)
    return f"{value:.0%}" if known is None or known.unit == "share" else f"{value:g}"


def _shown(metric: str, value: float | None) -> str:
    if value is None:
        return "–"
    known = BY_NAME.get(metric)
    return f"{value:.1%}" if known is None or known.unit == "share" else f"{value:.4g}"


def _interval(interval: Interval) -> str:
    return f"{interval.mean:.1%} [{interval.low:.1%}, {interval.high:.1%}] n={interval.n}"


def _toml(value: Any) -> str:
    """A TOML value; JSON's strings and numbers are TOML's too."""
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
