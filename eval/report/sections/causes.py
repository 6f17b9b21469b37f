"""Where questions are lost: the funnel from the documents to the answer, and the counted causes as filters."""

from __future__ import annotations

from collections.abc import Mapping

from eval.record import Run
from eval.report.charts import bar
from eval.report.markup import both, card, escaped, percent, said
from eval.report.texts import Text
from eval.summary import CAUSES, STAGES, Summary


def causes(run: Run, summary: Summary) -> str:
    """The funnel beside the causes."""
    left = _funnel(run, summary) if summary.funnel.get("questions") else ""
    right = f"<div><h3>{said('causes')}</h3>{_list(summary.causes)}</div>"
    return card("funnel", said("funnel"), f'<div class="columns">{left}{right}</div>')


def _funnel(run: Run, summary: Summary) -> str:
    steps = [(stage, count) for stage, count in summary.funnel.items() if count is not None]
    asked = before = steps[0][1]
    rows = []
    for stage, count in steps:
        lost = f'<span class="down">−{before - count:,}</span>' if count < before else ""
        rows.append(
            f'<tr><th scope="row">{both(Text(*STAGES[stage]))}</th><td class="wide">{bar(count / asked)}</td>'
            f'<td class="num">{count:,}</td><td class="num optional">{percent(count / asked)}</td><td class="num">{lost}</td></tr>'
        )
        before = count
    right = sum(score.passed for score in run.scores if score.answerable and score.evidence)
    beside = f" {said('funnel_beside', n=right - before)}" if right > before else ""
    return (
        f'<div><h3>{said("funnel_steps")}</h3><table class="bare"><tbody>{"".join(rows)}</tbody></table>'
        f'<p class="note">{said("funnel_note", n=f"{asked:,}")}{beside}</p></div>'
    )


def _list(counts: Mapping[str, int]) -> str:
    present = [(cause, counts.get(cause, 0)) for cause in CAUSES if counts.get(cause, 0)]
    if not present:
        return f'<p class="note">{said("no_failures")}</p>'
    most = max(count for _, count in present)
    items = "".join(
        f'<li><button type="button" data-filter="cause" data-value="{escaped(cause)}">'
        f"<span>{both(Text(*CAUSES[cause]))}</span>{bar(count / most, 'b')}<b>{count:,}</b></button></li>"
        for cause, count in present
    )
    return f'<ul class="causes">{items}</ul><p class="note screen">{said("causes_note")}</p>'
