"""report.md: the same run for a merge request, short enough to be read there.

Texts of documents, questions and models are written so that no Markdown, HTML or mention in them takes effect.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.compare import Comparison
from eval.gate import GateResult
from eval.metrics.catalogue import METRICS
from eval.record import Run, Score
from eval.report.markup import clean, interval_words, number, percent
from eval.report.texts import text
from eval.statistics import Interval
from eval.summary import CAUSES, ENOUGH, PASSED, Summary, detectable, shown

MOST_FAILURES = 50
_LONGEST = 160
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@")
_HEADLINES = ("correct", "passed", "refusal_recall")


def markdown(
    run: Run, summary: Summary, comparison: Comparison | None = None, gates: Sequence[GateResult] = ()
) -> str:
    """The file's text: headline, gates, comparison, causes, metrics, the first failures."""
    blocks = [
        _headline(run, summary),
        _gates(gates),
        _comparison(comparison),
        _causes(summary),
        _metrics(summary),
        _failures(run),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def inline(value: str, longest: int = _LONGEST) -> str:
    """Foreign text on one line, cut, with everything that Markdown or HTML would obey made plain.

    >>> inline("a|b <i> @you")
    'a\\\\|b &lt;i&gt; @\\u200byou'
    """
    line = " ".join(clean(value).split())
    line = line if len(line) <= longest else line[:longest] + "…"
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A zero-width space keeps mentions and bare addresses from becoming links that somebody is called by.
    line = _MENTION.sub("@\u200b", line).replace("://", ":\u200b//").replace("www.", "www\u200b.")
    return _SPECIAL.sub(r"\\\1", line)


def _headline(run: Run, summary: Summary) -> str:
    info = run.info
    lines = [
        f"# 质答评测报告 Zhida evaluation: {inline(info.name)}",
        f"{inline(info.system)} · {inline(info.gold_name)} · {summary.questions:,} 题 questions · {inline(info.created)}",
    ]
    if not info.finished:
        lines.append(
            f"**{text('unfinished', done=len(run.records), n=len(run.gold.items)).zh} The run is unfinished.**"
        )
    rows = [
        f"| {' '.join(text(name))} | **{percent(one.mean)}** | {interval_words(one.low, one.high)} | {one.n:,}{_few(one)} |"
        for name in _HEADLINES
        if (one := summary.metrics.get(name))
    ]
    table = "\n".join(["| 结论 headline | 值 value | 95% 区间 interval | n |", "|---|---:|---:|---:|", *rows])
    return "\n\n".join([*lines, table, detectable(summary.mdd, summary.units)])


def _few(interval: Interval) -> str:
    return f" (< {ENOUGH})" if interval.n < ENOUGH else ""


def _gates(gates: Sequence[GateResult]) -> str:
    if not gates:
        return ""
    rows = [
        f"| {'✅' if gate.passed else '❌'} | {inline(gate.name)} | {inline(gate.detail, 300)} |"
        for gate in gates
    ]
    return "\n".join(["## 门槛 gates", "", "| | 条件 condition | 实测 measured |", "|---|---|---|", *rows])


def _comparison(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    lines = [
        f"## 与基线相比 against {inline(comparison.name_a)}",
        "",
        f"由对变错 right → wrong: **{len(comparison.worsened)}** · 由错变对 wrong → right: **{len(comparison.improved)}**",
        "",
        *(f"- ▼ `{_code(flip.id)}` {inline(flip.question)}" for flip in comparison.worsened[:MOST_FAILURES]),
        "",
        "| 指标 metric | 基线 baseline | 本次 this run | 差异 difference | 95% 区间 interval | p | 判定 verdict |",
        "|---|---:|---:|---:|---|---:|---|",
    ]
    units = {metric.name: metric for metric in (PASSED, *METRICS)}
    for one in comparison.metrics:
        metric, change = units[one.name], one.difference
        p = "–" if one.holm is None else f"{one.holm:.3f}" if one.holm >= 0.001 else "&lt;0.001"
        verdict = " ".join(text(f"verdict_{one.verdict}")) if one.verdict else "–"
        told = f"{shown(change.low, metric.unit, '+')} – {shown(change.high, metric.unit, '+')}"
        lines.append(
            f"| {metric.zh} {metric.en} | {number(one.a, metric.unit)} | {number(one.b, metric.unit)} "
            f"| {shown(change.mean, metric.unit, '+')} | {told} | {p} | {verdict} |"
        )
    return "\n".join(lines)


def _causes(summary: Summary) -> str:
    if not summary.causes:
        return ""
    rows = [f"| {' '.join(CAUSES[cause])} | {count:,} |" for cause, count in summary.causes.items()]
    return "\n".join(
        ["## 未通过的原因 why questions failed", "", "| 原因 cause | 题数 n |", "|---|---:|", *rows]
    )


def _metrics(summary: Summary) -> str:
    rows = [
        f"| {metric.zh} {metric.en} | {number(one.mean, metric.unit)} | {interval_words(one.low, one.high, metric.unit)} | {one.n:,} |"
        for metric in METRICS
        if (one := summary.metrics.get(metric.name))
    ]
    head = [
        "## 全部指标 all metrics",
        "",
        "| 指标 metric | 值 value | 95% 区间 interval | n |",
        "|---|---:|---:|---:|",
    ]
    return "\n".join([*head, *rows, "", text("never_gating").zh, text("never_gating").en])


def _failures(run: Run) -> str:
    failed = [score for score in run.scores if not score.passed]
    if not failed:
        return "## 未通过的题 failed questions\n\n没有 none"
    questions = {item.id: item.question for item in run.gold.items}
    rows = [_failure(run, score, questions.get(score.id, "")) for score in failed[:MOST_FAILURES]]
    title = f"## 未通过的题 failed questions ({min(len(failed), MOST_FAILURES)} / {len(failed)})"
    return "\n".join(
        [
            title,
            "",
            "| id | 问题 question | 原因 cause | 缺少要点 missed | 回答 answer |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def _failure(run: Run, score: Score, question: str) -> str:
    record = run.records.get(score.id)
    missed = "；".join(tick.shown for tick in score.facts if tick.vital and tick.found < 1)
    answer = (record.error or record.answer) if record else ""
    cause = " ".join(CAUSES.get(score.cause, ("", "")))
    return f"| `{_code(score.id)}` | {inline(question)} | {cause} | {inline(missed, 80)} | {inline(answer, 100)} |"


def _code(value: str) -> str:
    """An id inside back quotes inside a table: neither may end there."""
    return " ".join(clean(value).split()).replace("`", "'").replace("|", "¦")[:_LONGEST] or "–"
