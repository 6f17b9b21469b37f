"""gates.toml: what a run must reach to be let through, and whether it does.

    [correct]
    min = 0.85              # the mean is at least this
    max_drop = 0.03         # shown not to have dropped by more, against --baseline
    [over_refusal]
    max = 0.05              # for metrics that are better when lower
    max_rise = 0.03
    [total_ms.p95]
    max = 1500              # milliseconds
    max_ratio = 1.3         # times the baseline's
    [slice."数字".correct]
    min = 0.80
    [questions]
    min = 200               # the set has not shrunk
    [errors]
    max = 0.02              # share of questions without an answer; 0.05 where nothing is said

`max_drop` and `max_rise` go by the bound of the paired difference's 95% interval that lies on the bad side: for max_drop
the lower bound of run less baseline must not be below -max_drop, for max_rise (metrics that are better when lower) the
upper one not above it. That bound and not the mean, because a gate should let through what is *shown* to be no worse (a
test of non-inferiority, 2.5% one-sided); the mean of a small set says so by luck half of the time, and the other bound
only stops what is certainly worse. A set that is too small for its margin therefore fails, and says so: two runs that
agree on all of n questions leave ±3.84/(n + 3.84), so 3 points need at least 125. `max_drop_mean` and `max_rise_mean` go
by the mean alone: for systems that always answer alike, on a set that stands for itself.

A gate that cannot be evaluated (no question has the metric) fails. Likeness to a reference answer never gates: see
eval.metrics.answers.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from eval.compare import difference_of, pair
from eval.metrics.catalogue import Metric
from eval.record import Run, Score
from eval.statistics import Interval
from eval.summary import MEASURED, clusters_of, interval_of, shown, value_of
from index.errors import ZhidaError

GATES_PASSED, GATE_FAILED, BAD_INPUT, INCOMPLETE, NOTHING_EVALUATED = 0, 1, 2, 3, 4
"""Exit codes. An incomplete run is no verdict on its gates, so 3 comes before 1."""

ERRORS_ALLOWED = 0.05

Kind = Literal["min", "max", "max_drop", "max_drop_mean", "max_rise", "max_rise_mean", "max_ratio"]
_FOR_HIGHER: tuple[Kind, ...] = ("min", "max_drop", "max_drop_mean")
_FOR_LOWER: tuple[Kind, ...] = ("max", "max_rise", "max_rise_mean")
_FOR_PERCENTILE: tuple[Kind, ...] = ("max", "max_ratio")
_AGAINST_BASELINE = ("max_drop", "max_drop_mean", "max_rise", "max_rise_mean", "max_ratio")
_BY_NAME = {metric.name: metric for metric in MEASURED}
_ROUNDING = 1e-9  # 170 of 200 is 0.85, whichever way its sum was rounded


class GateError(ZhidaError):
    """A gates file cannot be read, names what is not known, or needs a baseline that was not given."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: `kind` with its `limit` on a metric, on one percentile of it, or on the questions of one tag."""

    metric: str
    kind: Kind
    limit: float
    tag: str = ""
    percentile: int | None = None

    @property
    def name(self) -> str:
        """As it stands in the file, on one line."""
        parts = [self.metric, *([f"p{self.percentile}"] if self.percentile else []), self.kind]
        return ".".join([*(["slice", f'"{self.tag}"'] if self.tag else []), *parts])


@dataclass(frozen=True, slots=True)
class Gates:
    """All conditions of one file. `errors` is the share of questions without an answer above which a run is incomplete."""

    gates: tuple[Gate, ...]
    questions: int = 0
    errors: float = ERRORS_ALLOWED


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether one gate let the run through. `value` is what was held against `limit`, None where there was nothing."""

    name: str
    passed: bool
    value: float | None
    limit: float
    detail: str

    def __str__(self) -> str:
        return f"{'通过 pass' if self.passed else '未过 FAIL'}  {self.name}  {self.detail}"


def read_gates(file: Path) -> Gates:
    """The gates of a TOML file. Raises GateError, in one line, for whatever is wrong with it."""
    try:
        record = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise GateError(f"门槛文件不存在 gates file not found: {file}") from None
    except (OSError, ValueError) as error:
        raise GateError(f"门槛文件不是有效的 TOML gates file is not valid TOML: {file}: {error}") from None
    try:
        return gates_of(record)
    except GateError as error:
        raise GateError(f"{file}: {error}") from None


def gates_of(record: Mapping[str, Any]) -> Gates:
    """The gates that a table describes. Raises GateError naming the nearest known key for one that is not known."""
    gates: list[Gate] = []
    questions, errors = 0, ERRORS_ALLOWED
    for section, given in record.items():
        if section == "questions":
            questions = int(_only(given, "questions", "min", share=False))
        elif section == "errors":
            errors = _only(given, "errors", "max", share=True)
        elif section == "slice":
            for tag, metrics in _table(given, "slice").items():
                for name, conditions in _table(metrics, f'slice."{tag}"').items():
                    gates += _conditions(name, conditions, tag)
        else:
            gates += _conditions(section, given)
    if not gates and not questions and "errors" not in record:
        raise GateError("没有任何门槛 no gate in it; 例如 such as: [correct] min = 0.85")
    return Gates(tuple(gates), questions, errors)


def check(
    gates: Gates, run: Run, baseline: Run | None = None, *, intersect: bool = False
) -> list[GateResult]:
    """Every gate held against `run`, in the order of the file; those of a maximum drop against `baseline`.

    Raises GateError where a gate needs a baseline and there is none, and for a tag that no question has; RunError where
    the baseline has another gold set (and `intersect` is not given).
    """
    tags = dict.fromkeys(tag for score in run.scores for tag in score.tags)
    require_usable(gates, baseline, tags if run.scores else None)
    results = []
    if gates.questions:
        n = len(run.scores)
        detail = f"{n} {'≥' if n >= gates.questions else '<'} {gates.questions} 题 questions"
        results.append(GateResult("questions.min", n >= gates.questions, n, gates.questions, detail))
    return results + [_check_one(gate, run, baseline, intersect) for gate in gates.gates]


def require_usable(gates: Gates, baseline: Run | None, tags: Collection[str] | None) -> None:
    """Raises GateError for a gate that needs a baseline where there is none, or a tag that is not among `tags`.

    Both can be told before anything is asked. `tags` is None where they are not known.
    """
    for gate in gates.gates:
        if gate.kind in _AGAINST_BASELINE and baseline is None:
            raise GateError(f"{gate.name} 要与基线相比 needs a baseline: --baseline RUN")
        if tags is not None and gate.tag and gate.tag not in tags:
            raise GateError(f"没有题带此标签 no question has the tag {gate.tag!r}{_nearest(gate.tag, tags)}")


def exit_code(gates: Gates, run: Run, results: Iterable[GateResult]) -> int:
    """4 where nothing was evaluated, 3 where the run is incomplete, 1 where a gate failed, else 0."""
    if not run.scores:
        return NOTHING_EVALUATED
    if incomplete(gates, run):
        return INCOMPLETE
    return GATES_PASSED if all(result.passed for result in results) else GATE_FAILED


def incomplete(gates: Gates, run: Run) -> str:
    """Why the run's figures are no verdict: it was not finished, or has more errors than are allowed; "" for neither."""
    errors = sum(bool(score.values.get("error")) for score in run.scores)
    if not run.info.finished or len(run.scores) < len(run.gold.items):
        return f"评测未完成 the run is not finished: {len(run.records)}/{len(run.gold.items)}"
    if errors > gates.errors * len(run.scores) + _ROUNDING:
        return (
            f"出错 {errors}/{len(run.scores)} 题，超过上限 errors above the limit of "
            f"{100 * gates.errors:g}% ([errors] max)"
        )
    return ""


def _check_one(gate: Gate, run: Run, baseline: Run | None, intersect: bool) -> GateResult:
    metric = _BY_NAME[gate.metric]
    if gate.percentile is not None:
        return _check_percentile(gate, metric, run, baseline)
    if gate.kind in _AGAINST_BASELINE and baseline is not None:
        return _check_change(gate, metric, run, baseline, intersect)
    clusters = clusters_of(run.scores)
    kept = [i for i, score in enumerate(run.scores) if not gate.tag or gate.tag in score.tags]
    interval = interval_of([run.scores[i] for i in kept], [clusters[i] for i in kept], metric, run.info.seed)
    if interval is None:
        return _nothing(gate)
    return _result(gate, metric, interval.mean, f"(95% {_span(interval, metric.unit)}, n={interval.n})")


def _check_change(gate: Gate, metric: Metric, run: Run, baseline: Run, intersect: bool) -> GateResult:
    pairs = pair(baseline, run, intersect)
    clusters = clusters_of([one.b for one in pairs])
    kept = [i for i, one in enumerate(pairs) if not gate.tag or gate.tag in one.item.tags]
    found = difference_of([pairs[i] for i in kept], [clusters[i] for i in kept], metric, run.info.seed)
    if found is None:
        return _nothing(gate)
    change = found.difference
    # As a loss, whichever way the metric runs: what it fell by, or rose by where lower is better.
    sign = -1.0 if metric.better == "higher" else 1.0
    by_mean, worst = sign * change.mean, max(sign * change.low, sign * change.high)
    span = f"[{shown(change.low, metric.unit, '+')}, {shown(change.high, metric.unit, '+')}]"
    about = f"(变化 change {shown(change.mean, metric.unit, '+')}, 95% {span}, n={change.n})"
    result = _result(gate, metric, by_mean if gate.kind.endswith("_mean") else worst, about)
    if not result.passed and by_mean <= gate.limit:
        few = "题数不足以证明未超限 too few questions to show that it is within the limit"
        result = replace(result, detail=f"{result.detail}; {few}")
    return result


def _check_percentile(gate: Gate, metric: Metric, run: Run, baseline: Run | None) -> GateResult:
    measured = _percentile(run.scores, gate)
    if measured is None:
        return _nothing(gate)
    if gate.kind == "max":
        return _result(gate, metric, measured, f"(p{gate.percentile})")
    before = _percentile(baseline.scores, gate) if baseline else None
    if before is None:
        return _nothing(gate)
    ratio = measured / before if before > 0 else 1.0 if measured == 0 else float("inf")
    about = f"(p{gate.percentile} {shown(measured, metric.unit)}, 基线 baseline {shown(before, metric.unit)})"
    passed = ratio <= gate.limit + _ROUNDING
    detail = f"{ratio:.2f} {'≤' if passed else '>'} {gate.limit:g} {about}"
    return GateResult(gate.name, passed, ratio if math.isfinite(ratio) else None, gate.limit, detail)


def _percentile(scores: Iterable[Score], gate: Gate) -> float | None:
    """A percentile of a metric, with linear interpolation; answers that ended in an error are left out."""
    tagged = (score for score in scores if not gate.tag or gate.tag in score.tags)
    values = [value_of(score, gate.metric) for score in tagged if not score.values.get("error")]
    known = [value for value in values if value is not None]
    return float(np.percentile(known, gate.percentile or 0)) if known else None


def _result(gate: Gate, metric: Metric, value: float, about: str) -> GateResult:
    """`value` held against the limit: at least it for `min`, at most it for every other kind."""
    if gate.kind == "min":
        passed = value >= gate.limit - _ROUNDING
        sign = "≥" if passed else "<"
    else:
        passed = value <= gate.limit + _ROUNDING
        sign = "≤" if passed else ">"
    against = gate.kind in _AGAINST_BASELINE
    what = (
        ("最多可能 possibly " if not gate.kind.endswith("_mean") else "")
        if against
        else f"{metric.zh} {metric.en} "
    )
    way = "下降 drop " if gate.kind.startswith("max_drop") else "上升 rise " if against else ""
    figure = f"{what}{way}{shown(value, metric.unit)} {sign} {shown(gate.limit, metric.unit)}"
    return GateResult(gate.name, passed, value, gate.limit, f"{figure} {about}")


def _nothing(gate: Gate) -> GateResult:
    return GateResult(gate.name, False, None, gate.limit, "没有题有此指标 no question has this metric")


def _span(interval: Interval, unit: str) -> str:
    return f"[{shown(interval.low, unit)}, {shown(interval.high, unit)}]"


def _conditions(name: str, given: object, tag: str = "") -> list[Gate]:
    """The gates of one metric's table."""
    metric = _BY_NAME.get(name)
    if metric is None:
        known = [*_BY_NAME, *([] if tag else ["slice", "errors", "questions"])]
        raise GateError(f"未知指标 unknown metric {name!r}{_nearest(name, known)}")
    if not metric.gating:
        raise GateError(
            f"{name} 不能作门槛 must not gate: 与参考答案相似不等于答对，改错一个年份它几乎不变 likeness is not correctness, "
            "one wrong year hardly moves it; 请用 use [correct]"
        )
    gates: list[Gate] = []
    for key, value in _table(given, name).items():
        found = re.fullmatch(r"p([1-9][0-9]?)", key)
        if found and isinstance(value, dict):
            if metric.unit == "share":
                raise GateError(f"{name} 是比例，没有百分位 is a share and has no percentiles: {key}")
            percentile = int(found[1])
            gates += [
                _condition(metric, kind, limit, tag=tag, percentile=percentile)
                for kind, limit in value.items()
            ]
        else:
            gates.append(_condition(metric, key, value, tag=tag))
    return gates


def _condition(metric: Metric, kind: str, limit: object, *, tag: str, percentile: int | None = None) -> Gate:
    """One gate; refuses what does not fit the metric's direction and unit."""
    where = f"{metric.name}.p{percentile}" if percentile else metric.name
    fitting = _FOR_PERCENTILE if percentile else _FOR_HIGHER if metric.better == "higher" else _FOR_LOWER
    for known in fitting:
        if kind == known:
            value = _number(limit, f"{where}.{kind}", share=metric.unit == "share")
            return Gate(metric.name, known, value, tag, percentile)
    if kind in get_args(Kind):
        better = "越高越好 better when higher" if metric.better == "higher" else "越低越好 better when lower"
        raise GateError(
            f"{where} {better}，不能用 does not take {kind!r}; 可用 it takes {', '.join(fitting)}"
        )
    percentiles = () if percentile or metric.unit == "share" else ("p50", "p95", "p99")
    raise GateError(f"未知门槛 unknown gate {where}.{kind}{_nearest(kind, (*fitting, *percentiles))}")


def _only(given: object, section: str, key: str, *, share: bool) -> float:
    """The one number that a section other than a metric's may hold."""
    table = _table(given, section)
    for name in table:
        if name != key:
            raise GateError(f"未知门槛 unknown gate {section}.{name}{_nearest(name, [key])}")
    if key not in table:
        raise GateError(f"[{section}] 要有 needs {key}")
    return _number(table[key], f"{section}.{key}", share)


def _number(value: object, name: str, share: bool) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise GateError(f"{name} 应为不小于 0 的数 must be a number of at least 0, not {value!r}")
    if share and value > 1:
        raise GateError(
            f"{name} 是比例，应在 0 到 1 之间 is a share, 0 to 1; 得到 got {value:g}"
            + (f"; 是否指 did you mean {value / 100:g}?" if value <= 100 else "")
        )
    return float(value)


def _table(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise GateError(f"{name} 应为一节 must be a table such as [{name}] min = 0.85, not {value!r}")
    return value


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"; 最接近的是 did you mean {near[0]!r}?" if near else ""
