"""Times and usage, the table of all metrics, and what is needed to run the same again."""

from __future__ import annotations

import json
from collections.abc import Mapping

from eval.metrics.catalogue import METRICS
from eval.metrics.operations import latencies
from eval.record import Run
from eval.report.charts import spread
from eval.report.figures import tokens
from eval.report.markup import both, card, foreign, interval_words, number, said
from eval.report.texts import STAGES, Text
from eval.statistics import Interval


def usage(run: Run, metrics: Mapping[str, Interval]) -> str:
    """Percentiles of each stage's time; tokens and cost where they are known."""
    stages = latencies(run.records.values())
    if not stages:
        return card("latency", said("latency"), f'<p class="note">{said("latency_none")}</p>')
    ranked = sorted(stages.items(), key=lambda pair: pair[0] != "total")
    longest = max(latency.p99 for _, latency in ranked)
    rows = "".join(
        f'<tr><th scope="row">{_stage(stage)}</th><td class="wide">{spread(one.p50, one.p95, one.p99, longest)}</td>'
        f'<td class="num">{_ms(one.p50)}</td><td class="num">{_ms(one.p95)}</td><td class="num">{_ms(one.p99)}</td></tr>'
        for stage, one in ranked
    )
    head = '<tr><td></td><td></td><th class="num" scope="col">p50</th><th class="num" scope="col">p95</th><th class="num" scope="col">p99</th></tr>'
    table = f'<table class="bare"><thead>{head}</thead><tbody>{rows}</tbody></table>'
    return card("latency", said("latency"), table, _tokens(run, metrics), note=said("latency_note"))


def _tokens(run: Run, metrics: Mapping[str, Interval]) -> str:
    used = tokens(run.records)
    parts = [f"<li>{_kind(kind)} <b>{count:,}</b></li>" for kind, count in used.items()]
    if "cost" in metrics:
        cost = metrics["cost"]
        parts.append(
            f"<li>{said('cost')} <b>{number(cost.mean * cost.n, 'money')}</b> · {said('per_question', x=number(cost.mean, 'money'))}</li>"
        )
    return f'<ul class="facts-line usage">{"".join(parts)}</ul>' if parts else ""


def _kind(kind: str) -> str:
    known = {"input": "tokens_in", "output": "tokens_out"}
    return said(known[kind]) if kind in known else foreign(kind)


def _stage(stage: str) -> str:
    return both(STAGES.get(stage, Text(stage, stage)))


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def metrics_table(metrics: Mapping[str, Interval]) -> str:
    """Every metric that this run has, in the order of the catalogue."""
    rows = "".join(
        f'<tr><th scope="row">{both(Text(metric.zh, metric.en))}</th><td class="num">{number(one.mean, metric.unit)}</td>'
        f'<td class="num"><small>{interval_words(one.low, one.high, metric.unit)}</small></td><td class="num">{one.n:,}</td>'
        f'<td class="num optional"><small>{said(metric.better)}</small></td></tr>'
        for metric in METRICS
        if (one := metrics.get(metric.name)) is not None
    )
    heads = (
        ("metric", ""),
        ("value", "num"),
        ("interval", "num"),
        ("n", "num"),
        ("direction", "num optional"),
    )
    head = "".join(f'<th scope="col" class="{style}">{said(key)}</th>' for key, style in heads)
    table = (
        f'<div class="table-wrap"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
    return card("metrics", said("metrics"), table, note=said("never_gating"))


def reproduce(run: Run) -> str:
    """Everything that a person needs to make the same run again."""
    info = run.info
    facts = [
        ("gold", info.gold_name),
        ("gold_hash", info.gold_hash),
        ("system", info.system),
        ("config_hash", info.config_hash),
        ("generation", info.generation),
        ("seed", info.seed),
        ("created", info.created),
        ("seconds", f"{info.seconds:,.1f}"),
        ("library", _flat(info.library)),
        ("host", _flat(info.host)),
        ("versions", _flat(info.versions)),
        ("settings", _flat(info.settings)),
    ]
    rows = "".join(
        f'<tr><th scope="row">{said(key)}</th><td class="code">{foreign(value)}</td></tr>'
        for key, value in facts
        if value not in ("", None)
    )
    return card("reproduce", said("reproduce"), f'<table class="facts-table"><tbody>{rows}</tbody></table>')


def _flat(values: Mapping[str, object]) -> str:
    """Names and values in one line each, nested ones as JSON."""
    shown = (
        f"{name} = {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)}"
        for name, value in values.items()
    )
    return "; ".join(shown)
