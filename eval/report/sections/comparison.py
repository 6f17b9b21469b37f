"""This run against a baseline: what flipped from right to wrong first, then the differences with their intervals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from eval.compare import Compared, Comparison, Flip
from eval.metrics.catalogue import Metric
from eval.report.charts import difference
from eval.report.markup import both, card, escaped, foreign, number, said
from eval.report.texts import Text
from eval.summary import CAUSES, MEASURED, shown

_MOST_FLIPS = 10
_LONGEST_VALUE = 300
_METRICS = {metric.name: metric for metric in MEASURED}
_STYLES = {"better": "", "worse": "worse", "no_difference": "same", "too_few": "same"}


def comparison_block(comparison: Comparison) -> str:
    """Flips, metrics, slices and settings of two runs; differences are this run less the baseline."""
    names = (
        f'<p class="lead"><span>{said("baseline")} {foreign(comparison.name_a)}</span>'
        f"<span>{said('this_run')} {foreign(comparison.name_b)}</span>"
        f"<span>{said('questions_n', n=f'{comparison.questions:,}')}</span>"
        f"<span>{said('mdd')} {said('points', x=f'{100 * comparison.mdd:.1f}')}</span></p>"
    )
    flips = f'<div class="columns flipped">{_flips(comparison.worsened, "worse")}{_flips(comparison.improved, "better")}</div>'
    return card(
        "comparison",
        said("comparison"),
        names,
        flips,
        _metrics(comparison.metrics),
        _slices(comparison.slices),
        _settings(comparison),
        note=said("comparison_note"),
    )


def _flips(flips: Sequence[Flip], kind: str) -> str:
    style, sign = ("down", "▼") if kind == "worse" else ("up", "▲")
    items = "".join(_flip(flip) for flip in flips[:_MOST_FLIPS])
    rest = len(flips) - _MOST_FLIPS
    filtered = f'<button type="button" class="quiet" data-filter="flip" data-value="{kind}">{said("more_flips", n=rest)}</button>'
    return (
        f'<div><h3><span class="{style}">{sign}</span> {said("flips_" + kind)} <b>{len(flips):,}</b></h3>'
        + (f'<ul class="flips">{items}</ul>' if items else f'<p class="note">{said("no_flips")}</p>')
        + (filtered if rest > 0 else "")
        + "</div>"
    )


def _flip(flip: Flip) -> str:
    cause = flip.cause_before if flip.improved else flip.cause_after
    chip = f' <span class="chip">{both(Text(*CAUSES[cause]))}</span>' if cause else ""
    return f'<li><a href="#q={escaped(quote(flip.id, safe="", errors="replace"))}">{foreign(flip.question)}</a>{chip}</li>'


def _metrics(compared: Sequence[Compared]) -> str:
    keys = (
        ("metric", ""),
        ("baseline", "num optional"),
        ("this_run", "num"),
        ("difference", "num"),
        ("interval", ""),
        ("p_value", "num optional"),
    )
    head = "".join(f'<th scope="col" class="{style}">{said(key)}</th>' for key, style in keys)
    reach = _reach(compared)
    rows = "".join(_metric(one, _METRICS[one.name], reach) for one in compared if one.name in _METRICS)
    head += f'<th scope="col" class="num">{said("verdict_of_pair")}</th>'
    return f'<div class="table-wrap"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _metric(one: Compared, metric: Metric, reach: float) -> str:
    change = one.difference
    told = f"{shown(change.low, metric.unit, '+')} – {shown(change.high, metric.unit, '+')}"
    strip = (
        difference(change.mean, change.low, change.high, reach, _STYLES[one.verdict or "too_few"])
        if metric.unit == "share"
        else ""
    )
    style = {"better": "good", "worse": "bad"}.get(one.verdict or "", "")
    verdict = said(f"verdict_{one.verdict}") if one.verdict else ""
    p = "–" if one.holm is None else f"{one.holm:.3f}" if one.holm >= 0.001 else "&lt;0.001"
    return (
        f'<tr><th scope="row">{both(Text(metric.zh, metric.en))}</th><td class="num optional">{number(one.a, metric.unit)}</td>'
        f'<td class="num">{number(one.b, metric.unit)}</td><td class="num">{shown(change.mean, metric.unit, "+")}</td>'
        f'<td class="wide">{strip}<small>{told}</small></td><td class="num optional">{p}</td>'
        f'<td class="num"><span class="chip {style}">{verdict}</span></td></tr>'
    )


def _slices(slices: Sequence[Compared], most: int = 14) -> str:
    reach = _reach(slices)
    rows = "".join(
        f'<tr><th scope="row">{foreign(one.tag)} <small>{one.difference.n:,}</small></th>'
        f'<td class="num">{shown(one.difference.mean, "share", "+")}</td>'
        f'<td class="wide">{difference(one.difference.mean, one.difference.low, one.difference.high, reach, "same")}</td>'
        f'<td class="num optional">{one.gained:,} ▲ {one.lost:,} ▼</td></tr>'
        for one in slices[:most]
    )
    return (
        f"<details><summary>{said('slices_differ')}</summary><table><tbody>{rows}</tbody></table></details>"
        if rows
        else ""
    )


def _settings(comparison: Comparison) -> str:
    if not comparison.configuration:
        return f'<p class="note">{said("config_same")}</p>'
    rows = "".join(
        f'<tr><th scope="row">{foreign(one.name)}</th><td class="code">{_value(one.a)}</td><td class="code">{_value(one.b)}</td></tr>'
        for one in comparison.configuration
    )
    head = f'<tr><th scope="col">{said("setting")}</th><th scope="col">{said("baseline")}</th><th scope="col">{said("this_run")}</th></tr>'
    table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    return f"<details open><summary>{said('config_diff')}</summary>{table}</details>"


def _value(value: Any) -> str:
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return "–" if value is None else foreign(told[:_LONGEST_VALUE])


def _reach(compared: Sequence[Compared]) -> float:
    """The end of the scale: the farthest bound of an interval of a share, at least two points."""
    bounds = [
        abs(bound)
        for one in compared
        if one.name not in _METRICS or _METRICS[one.name].unit == "share"
        for bound in (one.difference.low, one.difference.high)
    ]
    return max([0.02, *bounds])
