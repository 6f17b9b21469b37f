"""How deep the evidence stands among the retrieved passages, and how the questions of each tag fare."""

from __future__ import annotations

from collections.abc import Mapping

from eval.record import Run
from eval.report.charts import Axis, Series, curves, whisker
from eval.report.figures import k_curve
from eval.report.markup import card, foreign, interval_words, percent, said
from eval.report.texts import text
from eval.statistics import Interval
from eval.summary import ENOUGH

MOST_TAGS = 14


def retrieval(run: Run) -> str:
    """The curves of evidence recall@k and all evidence@k."""
    curve = k_curve(run)
    if curve is None:
        return card("retrieval", said("retrieval"), f'<p class="note">{said("k_none")}</p>')
    depth = len(curve.recall)
    ks = range(1, depth + 1)
    lines = [
        Series(text("recall_at"), list(zip(ks, curve.recall, strict=True))),
        Series(text("all_at"), list(zip(ks, curve.all_there, strict=True)), "b"),
    ]
    ticks = sorted({1, depth, *(k for k in (5, 10, 15, 20) if k <= depth)})
    x = Axis(text("k_axis"), 1, max(2, depth), ticks)
    y = Axis(text("recall_at"), 0, 1, (0, 0.25, 0.5, 0.75, 1), share=True)
    marker = (curve.sent, text("sent_at", k=curve.sent)) if 0 < curve.sent <= depth else None
    legend = f'<ul class="legend"><li>{said("recall_at")}</li><li class="b">{said("all_at")}</li></ul>'
    return card("retrieval", said("retrieval"), legend, curves(text("k_curve"), lines, x, y, marker))


def slices(tags: Mapping[str, Interval], overall: float) -> str:
    """The share passed under each tag, those with most questions first; `overall` is drawn as a line."""
    if not tags:
        return ""
    ranked = sorted(tags.items(), key=lambda pair: -pair[1].n)
    rows = "".join(_row(tag, interval, overall) for tag, interval in ranked[:MOST_TAGS])
    rest = len(ranked) - MOST_TAGS
    more = f" {said('more_tags', n=rest)}" if rest > 0 else ""
    table = f'<table class="bare"><tbody>{rows}</tbody></table>'
    return card("slices", said("slices"), table, note=said("slices_note", n=ENOUGH) + more)


def _row(tag: str, interval: Interval, overall: float) -> str:
    few = interval.n < ENOUGH
    chip = f' <span class="chip">{said("few")}</span>' if few else ""
    strip = whisker(interval.mean, interval.low, interval.high, overall, faint=few)
    return (
        f'<tr><th scope="row">{foreign(tag)} <small>{interval.n:,}</small>{chip}</th><td class="wide">{strip}</td>'
        f'<td class="num">{percent(interval.mean)}</td>'
        f'<td class="num optional"><small>{interval_words(interval.low, interval.high)}</small></td></tr>'
    )
