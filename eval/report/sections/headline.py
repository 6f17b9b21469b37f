"""The first block: how good, how sure, on how many questions."""

from __future__ import annotations

from eval.record import Run
from eval.report.charts import whisker
from eval.report.markup import escaped, foreign, interval_words, percent, said
from eval.statistics import Interval
from eval.summary import ENOUGH, Summary

_TILES = ("correct", "passed", "refusal_recall")


def headline(run: Run, summary: Summary) -> str:
    """Name of the run, the headline metrics with their intervals, and the difference that the set can tell."""
    info = run.info
    facts = (
        f"<span>{said('system')} {foreign(info.system)}</span>"
        f"<span>{said('gold')} {foreign(info.gold_name)} · {said('questions_n', n=f'{len(run.scores):,}')}</span>"
        f"<span>{said('created')} {foreign(info.created[:16].replace('T', ' '))}</span>"
    )
    tiles = "".join(_tile(name, summary.metrics[name]) for name in _TILES if name in summary.metrics)
    return (
        '<section id="headline" class="card" aria-labelledby="headline-title">'
        f'<h1 id="headline-title">{foreign(info.name)}</h1><p class="lead">{facts}</p>'
        f'{_alerts(run)}<div class="tiles">{tiles}{_detectable(summary)}</div></section>'
    )


def _tile(name: str, interval: Interval) -> str:
    low, high = interval.low, interval.high
    few = f' <span class="chip warn">{said("too_few")}</span>' if interval.n < ENOUGH else ""
    return (
        f'<div class="tile"><h3>{said(name)}</h3><b>{percent(interval.mean)}</b>{whisker(interval.mean, low, high)}'
        f"<p>{said('interval')} {interval_words(low, high)}</p>"
        f"<p>{said('questions_n', n=f'{interval.n:,}')} · {said(name + '_of')}{few}</p></div>"
    )


def _detectable(summary: Summary) -> str:
    if summary.mdd is None:
        return ""
    return (
        f'<div class="tile"><h3>{said("mdd")}</h3><b>{100 * summary.mdd:.1f}<small> pt</small></b>'
        f"<p>{said('mdd_of')}</p></div>"
    )


def _alerts(run: Run) -> str:
    alerts = []
    if not run.info.finished:
        alerts.append(("", said("unfinished", done=len(run.records), n=len(run.gold.items))))
    errors = sum(1 for score in run.scores if score.values.get("error"))
    if errors:
        alerts.append(("bad", said("errors", n=errors)))
    return "".join(f'<p class="alert {escaped(style)}">{words}</p>' for style, words in alerts)
