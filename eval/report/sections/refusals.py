"""Refusals: the matrix of what should and did happen, and what answering only when sure would give."""

from __future__ import annotations

from eval.metrics.refusals import RiskPoint, auroc, refusal_matrix, risk_coverage
from eval.record import Run
from eval.report.charts import Axis, Series, curves
from eval.report.markup import both, card, escaped, said
from eval.report.texts import OUTCOMES, text

_MOST_POINTS = 200
_LEAST_POINTS = 3


def refusals(run: Run) -> str:
    """The matrix beside the risk-coverage curve."""
    points = risk_coverage(run.scores, run.records)
    curve = (
        _curve(points) if len(points) >= _LEAST_POINTS else f'<p class="note">{said("confidence_none")}</p>'
    )
    area = auroc(run.scores, run.records)
    note = f'<p class="note">{said("auroc", x=f"{area:.3f}")}</p>' if area is not None else ""
    return card(
        "refusals",
        said("refusals"),
        f'<div class="columns"><div><h3>{said("matrix")}</h3>{_matrix(run)}</div>'
        f"<div><h3>{said('risk_coverage')}</h3>{curve}{note}</div></div>",
    )


def _matrix(run: Run) -> str:
    counts = refusal_matrix(run.scores)

    def cell(outcome: str, count: int, good: bool) -> str:
        style = ("good" if good else "bad") if count else ""
        return (
            f'<button type="button" class="{style}" data-filter="verdict" data-value="{escaped(outcome)}">'
            f"<b>{count:,}</b><span>{both(OUTCOMES[outcome])}</span></button>"
        )

    answered = cell("answered_right", counts.answered_right, True) + cell(
        "answered_wrong", counts.answered_wrong, False
    )
    rows = (
        f'<tr><th scope="row">{said("should_answer")}</th><td><div class="two">{answered}</div></td>'
        f"<td>{cell('refused_wrongly', counts.refused_wrongly, False)}</td></tr>"
        f'<tr><th scope="row">{said("should_refuse")}</th>'
        f"<td>{cell('should_have_refused', counts.should_have_refused, False)}</td>"
        f"<td>{cell('refused_rightly', counts.refused_rightly, True)}</td></tr>"
    )
    head = f'<tr><td></td><th scope="col">{said("did_answer")}</th><th scope="col">{said("did_refuse")}</th></tr>'
    errors = f'<p class="note">{said("errors", n=counts.errors)}</p>' if counts.errors else ""
    return f'<table class="matrix"><thead>{head}</thead><tbody>{rows}</tbody></table>{errors}'


def _curve(points: list[RiskPoint]) -> str:
    """At most 200 points, so that a run of any size draws in the same time."""
    step = max(1, len(points) // _MOST_POINTS)
    kept = points[::step] + ([points[-1]] if (len(points) - 1) % step else [])
    line = Series(text("risk"), [(point.coverage, point.risk) for point in kept], dots=False)
    highest = max(0.05, max(point.risk for point in kept))
    top = next(limit for limit in (0.08, 0.12, 0.2, 0.4, 0.6, 0.8, 1.0) if highest <= limit)
    x = Axis(text("coverage"), 0, 1, (0, 0.25, 0.5, 0.75, 1), share=True)
    y = Axis(text("risk"), 0, top, [top * i / 4 for i in range(5)], share=True)
    legend = f'<ul class="legend"><li>{said("risk")}</li></ul>'
    return legend + curves(text("risk_coverage"), [line], x, y)
