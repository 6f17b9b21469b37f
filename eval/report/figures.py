"""The numbers that the report's charts show and no summary holds: the k-curve and the use of tokens.

Pure functions of a run. Counts are of questions; shares are 0..1 and weighted by the gold items' weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from eval.record import Record, Run

DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Curve:
    """Shares at k = 1, 2, …: evidence recalled, and questions whose evidence is all there; `sent` is the median k sent."""

    recall: tuple[float, ...]
    all_there: tuple[float, ...]
    sent: int


def k_curve(run: Run) -> Curve | None:
    """Evidence recall and all-evidence at each k up to what was retrieved (at most 20); None where nothing was."""
    asked = [score for score in run.scores if score.answerable and score.evidence]
    depth = min(DEEPEST, max((len(record.retrieved) for record in run.records.values()), default=0))
    weight = sum(score.weight for score in asked)
    if not asked or not depth or not weight:
        return None
    recall, all_there = [], []
    for k in range(1, depth + 1):
        hits = [[trace.rank is not None and trace.rank <= k for trace in score.evidence] for score in asked]
        recall.append(
            sum(s.weight * sum(one) / len(one) for s, one in zip(asked, hits, strict=True)) / weight
        )
        all_there.append(sum(s.weight * all(one) for s, one in zip(asked, hits, strict=True)) / weight)
    sent = [record.sent for record in run.records.values() if record.sent]
    return Curve(tuple(recall), tuple(all_there), int(median(sent)) if sent else 0)


def tokens(records: Mapping[str, Record]) -> dict[str, int]:
    """Tokens of the whole run by kind ("input", "output"), empty where no model said so."""
    total: dict[str, int] = {}
    for record in records.values():
        for kind, count in record.tokens.items():
            total[kind] = total.get(kind, 0) + int(count)
    return total
