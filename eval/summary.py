"""The figures of one run: means with intervals, causes of failure, slices by tag, and how far the evidence came.

summary.json is `Summary.as_dict`; `table` writes the same for a terminal. Knows nothing of how answers are scored, and
holds no figure without saying how many questions it stands on.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from eval.metrics.catalogue import METRICS, Metric
from eval.record import Anchor, Score
from eval.statistics import DISCORDANCE, Interval, bootstrap_interval, minimal_detectable_difference

Lang = Literal["both", "zh", "en"]

PASSED = Metric("passed", "通过率", "passed", of="all")
"""Right answers and right refusals together: `Score.passed`. Not in a score's values, so not in the catalogue."""

MEASURED: tuple[Metric, ...] = (PASSED, *METRICS)

ENOUGH = 30
"""Questions below which a figure is shown and no verdict is given."""

ENOUGH_DOCUMENTS = 20
"""Documents below which they are not taken as a sample of documents; see `clusters_of`."""

CAUSES: Mapping[str, tuple[str, str]] = {
    "not_in_documents": ("资料缺失", "not in the documents"),
    "lost_in_reading": ("读取丢失", "lost in reading"),
    "split_apart": ("切分断裂", "split apart"),
    "not_retrieved": ("检索未中", "not retrieved"),
    "ranked_low": ("排名靠后", "ranked low"),
    "not_cited": ("未引用证据", "not cited"),
    "wrong_answer": ("答错", "wrong answer"),
    "refused_wrongly": ("误拒", "refused wrongly"),
    "should_have_refused": ("应拒未拒", "should have refused"),
    "error": ("出错", "error"),
}
"""Every cause of failure by its Chinese and its English name, in the order in which they are looked for."""

STAGES: Mapping[str, tuple[str, str]] = {
    "questions": ("有证据的题", "questions with evidence"),
    "documents": ("资料中有", "in the documents"),
    "reading": ("读入后仍在", "in the text as read"),
    "passage": ("段落中完整", "whole in a passage"),
    "retrieved": ("检索到", "retrieved"),
    "sent": ("送入", "sent to the answerer"),
    "cited": ("引用", "cited"),
    "correct": ("答对", "correct"),
}
"""The way of the evidence, by its Chinese and its English name."""

_REACHED: Mapping[Anchor, int] = {"missing": 0, "lost": 1, "split": 2, "whole": 3}
_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run comes to. Shares are 0..1, times milliseconds.

    `metrics`   weighted mean with its 95% interval, by the names of the catalogue and "passed"; none that no question has
    `causes`    how many questions failed of each cause
    `slices`    "passed" and, where questions have answers, "correct", by tag; exploratory: there are many of them
    `funnel`    how many answerable questions had all their evidence up to each stage and all before it; None where the
                run does not tell
    `latency`   percentiles (p50, p95, p99) of total_ms and first_ms over the answers that were no error
    `mdd`       minimal detectable difference of two runs on as many independent questions as `passed` has (`units`),
                for 80% power at the 5% level if 10% flip by chance; None for no questions
    """

    questions: int
    answerable: int
    units: int
    metrics: Mapping[str, Interval]
    causes: Mapping[str, int] = field(default_factory=dict)
    slices: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    funnel: Mapping[str, int | None] = field(default_factory=dict)
    latency: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    mdd: float | None = None
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for summary.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Summary:
        """The summary that `as_dict` gave; unknown keys are ignored, so that newer files can be read."""
        known = {name: record[name] for name in cls.__slots__ if name in record}
        known["metrics"] = _intervals(known["metrics"])
        known["slices"] = {tag: _intervals(one) for tag, one in known.get("slices", {}).items()}
        return cls(**known)


def summarise(scores: Sequence[Score], seed: int = 0) -> Summary:
    """The figures of all `scores`; the same for the same scores and seed, whatever else runs beside it."""
    clusters = clusters_of(scores)
    units = len(set(clusters))
    metrics = {metric.name: interval_of(scores, clusters, metric, seed) for metric in MEASURED}
    return Summary(
        questions=len(scores),
        answerable=sum(score.answerable for score in scores),
        units=units,
        metrics={name: interval for name, interval in metrics.items() if interval},
        causes=_causes(scores),
        slices=_slices(scores, clusters, seed),
        funnel=funnel(scores),
        latency=latency(scores),
        mdd=minimal_detectable_difference(units) if units else None,
        seed=seed,
    )


def value_of(score: Score, name: str) -> float | None:
    """A metric's value for one question, None where it does not apply."""
    return float(score.passed) if name == PASSED.name else score.values.get(name)


def clusters_of(scores: Sequence[Score]) -> list[str]:
    """What is drawn again together, a name for each score: its conversation; its document, where there are enough.

    Questions about one document are alike, and a sample of many documents should be drawn by document. A handful is no
    sample of documents: intervals from a few clusters are far too narrow (Cameron, Gelbach & Miller, Review of Economics
    and Statistics 90 (2008) 414–427), and swapping two of them can show nothing. Below ENOUGH_DOCUMENTS the questions are
    what was sampled, and a figure speaks of further questions about the same documents.
    """
    talks = [score.id.startswith(f"{score.cluster}#") for score in scores]
    documents = {
        score.cluster
        for score, talk in zip(scores, talks, strict=True)
        if not talk and score.cluster != score.id
    }
    by_document = len(documents - {""}) >= ENOUGH_DOCUMENTS
    return [
        score.cluster if score.cluster and (talk or by_document) else score.id
        for score, talk in zip(scores, talks, strict=True)
    ]


def interval_of(
    scores: Sequence[Score], clusters: Sequence[str], metric: Metric, seed: int = 0
) -> Interval | None:
    """The mean of a metric over the scores that have it, None if none has."""
    having = [
        (value, score.weight, cluster)
        for score, cluster in zip(scores, clusters, strict=True)
        if (value := value_of(score, metric.name)) is not None and score.weight > 0
    ]
    if not having:
        return None
    values, weights, kept = zip(*having, strict=True)
    bounds = (0.0, 1.0) if metric.unit == "share" else None
    return bootstrap_interval(values, weights, kept, seed=seed, bounds=bounds)


def funnel(scores: Sequence[Score]) -> dict[str, int | None]:
    """How many answerable questions had all their evidence at each stage of STAGES and at every stage before it.

    A stage that no question tells of (a foreign system shows no passages, or its documents are not known) is None and
    is passed over. Questions without evidence are not counted.
    """
    traced = [_stages_of(score) for score in scores if score.answerable and score.evidence]
    counts: dict[str, int | None] = {"questions": len(traced)}
    standing = [True] * len(traced)
    for stage in list(STAGES)[1:]:
        told = [stages.get(stage) for stages in traced]
        if all(one is None for one in told):
            counts[stage] = None
            continue
        standing = [so_far and one is not False for so_far, one in zip(standing, told, strict=True)]
        counts[stage] = sum(standing)
    return counts


def _stages_of(score: Score) -> dict[str, bool | None]:
    """Whether all evidence of a question was there at each stage; None where it is not known."""
    anchors = [trace.anchor for trace in score.evidence]
    reached = None if None in anchors else min(_REACHED[anchor] for anchor in anchors if anchor)
    sent = score.values.get("all_evidence@sent")
    shows_passages, shows_citations = sent is not None, "evidence_cited" in score.values
    return {
        "documents": None if reached is None else reached >= 1,
        "reading": None if reached is None else reached >= 2,
        "passage": None if reached is None else reached >= 3,
        "retrieved": all(trace.rank is not None for trace in score.evidence) if shows_passages else None,
        "sent": sent == 1 if shows_passages else None,
        "cited": all(trace.cited for trace in score.evidence) if shows_citations else None,
        "correct": score.passed,
    }


def latency(scores: Sequence[Score]) -> dict[str, dict[str, float]]:
    """Percentiles of total_ms and first_ms, with linear interpolation; answers that ended in an error are left out."""
    found = {}
    for name in ("total_ms", "first_ms"):
        times = [
            score.values[name] for score in scores if name in score.values and not score.values.get("error")
        ]
        if times:
            found[name] = {f"p{q}": float(np.percentile(times, q)) for q in _PERCENTILES}
    return found


def table(summary: Summary, lang: Lang = "both") -> str:
    """The summary for a terminal: metrics, then causes, the way of the evidence, slices, and what the set can show."""
    names = {metric.name: (metric.zh, metric.en) for metric in MEASURED}
    units = {metric.name: metric.unit for metric in MEASURED}
    blocks = [
        f"{summary.questions} 题 questions · 有答案 answerable {summary.answerable} · "
        f"应拒答 unanswerable {summary.questions - summary.answerable}"
    ]
    rows = [
        [*_names(names.get(name, (name, name)), lang), *figures(interval, units.get(name, "share"))]
        for name, interval in summary.metrics.items()
    ]
    blocks.append(columns([[*_names(("指标", "metric"), lang), "值 mean", "95% 区间 interval", "n"], *rows]))
    if summary.latency:
        times = [
            [*_names(names[name], lang), *(f"{q} {shown(value, 'ms')}" for q, value in found.items())]
            for name, found in summary.latency.items()
        ]
        blocks.append("耗时百分位 percentiles of time\n" + columns(times))
    if summary.causes:
        failed = [[*_names(CAUSES[cause], lang), str(count)] for cause, count in summary.causes.items()]
        blocks.append("失败原因 why questions failed\n" + columns(failed))
    way = [
        [*_names(STAGES[stage], lang), str(count)]
        for stage, count in summary.funnel.items()
        if count is not None
    ]
    if summary.funnel.get("questions"):
        blocks.append("证据去向（证据齐全的题数） how far all the evidence came\n" + columns(way))
    if summary.slices:
        sliced = [
            [tag, *figures(one["passed"], "share"), _few(one["passed"].n)]
            for tag, one in summary.slices.items()
        ]
        blocks.append("按标签的通过率（仅供探索） passed by tag (exploratory)\n" + columns(sliced))
    return "\n\n".join([*blocks, detectable(summary.mdd, summary.units)])


def detectable(mdd: float | None, units: int, chance: float = DISCORDANCE) -> str:
    """One line on the smallest difference that a comparison on this set can be relied on to show."""
    if mdd is None:
        return "没有评测 nothing evaluated"
    return (
        f"可检出差 minimal detectable difference: {100 * mdd:.1f} 个百分点 points "
        f"(n={units}, 功效 power 80%, α 5%, 随机翻转 flips by chance {100 * chance:.0f}%)"
    )


def figures(interval: Interval, unit: str) -> list[str]:
    """Mean, interval and n as a person reads them: shares in percent."""
    return [
        shown(interval.mean, unit),
        f"[{shown(interval.low, unit)}, {shown(interval.high, unit)}]",
        f"n={interval.n}",
    ]


def shown(value: float, unit: str, sign: str = "") -> str:
    """One figure of a metric of `unit`; with sign "+" also gains carry theirs."""
    if unit == "share":
        return f"{100 * value:{sign}.1f}%"
    if unit == "ms":
        return f"{value:{sign}.0f} ms"
    return f"{value:{sign}.1f}" if unit == "count" else f"{value:{sign}.4g}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text in columns, each as wide as its widest cell; a Chinese character is two columns wide."""
    widths = [max(_width(row[i]) for row in rows) for i in range(max(map(len, rows), default=0))]
    lines = []
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    """Columns of a terminal that `text` takes: wide and full-width characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def _names(names: tuple[str, str], lang: Lang) -> list[str]:
    return {"zh": [names[0]], "en": [names[1]], "both": list(names)}[lang]


def _few(n: int) -> str:
    return "" if n >= ENOUGH else f"少于 fewer than {ENOUGH}"


def _causes(scores: Sequence[Score]) -> dict[str, int]:
    """Counts in the order in which causes are looked for; none that did not occur."""
    counts = Counter(str(score.cause) for score in scores)
    return {cause: counts[cause] for cause in CAUSES if counts[cause]}


def _slices(scores: Sequence[Score], clusters: Sequence[str], seed: int) -> dict[str, dict[str, Interval]]:
    """Intervals of "passed" and "correct" by tag, the commonest tag first."""
    tags = Counter(tag for score in scores for tag in dict.fromkeys(score.tags))
    headline = [metric for metric in MEASURED if metric.name in ("passed", "correct")]
    found = {}
    for tag, _ in tags.most_common():
        pairs = [(score, one) for score, one in zip(scores, clusters, strict=True) if tag in score.tags]
        kept, within = [score for score, _ in pairs], [one for _, one in pairs]
        intervals = {metric.name: interval_of(kept, within, metric, seed) for metric in headline}
        found[tag] = {name: interval for name, interval in intervals.items() if interval}
    return {tag: one for tag, one in found.items() if one}


def _intervals(record: Mapping[str, Mapping[str, Any]]) -> dict[str, Interval]:
    return {name: Interval(**one) for name, one in record.items()}
