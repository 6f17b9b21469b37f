"""What an answer took: time, tokens, money, and whether there was one at all. Percentiles over a run by stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.record import Record


def operations_values(record: Record, prices: Mapping[str, float]) -> dict[str, float]:
    """`error` always; times in milliseconds, tokens and their cost where the record tells them.

    Times are the stages "total" and "first" (or "total_ms" and "first_ms") of the record: to the end of the answer, and
    to its first piece of text.
    `prices` holds the price of a million tokens, by "input" and "output", in any one currency.
    """
    values = {"error": float(record.status == "error")}
    for stage in ("total", "first"):
        taken = record.timings_ms.get(f"{stage}_ms", record.timings_ms.get(stage))
        if taken is not None:
            values[f"{stage}_ms"] = float(taken)
    if record.tokens:
        values["tokens"] = float(sum(record.tokens.values()))
        if prices:
            values["cost"] = sum(prices.get(kind, 0.0) * count for kind, count in record.tokens.items()) / 1e6
    return values


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one stage over `n` questions; percentiles with linear interpolation."""

    p50: float
    p95: float
    p99: float
    n: int


def latencies(records: Iterable[Record]) -> dict[str, Latency]:
    """Percentiles of every stage that a record times, in the order in which stages are first seen. Errors are left out."""
    times: dict[str, list[float]] = {}
    for record in records:
        if record.status != "error":
            for stage, value in record.timings_ms.items():
                times.setdefault(stage, []).append(float(value))
    return {stage: _latency(values) for stage, values in times.items()}


def _latency(values: Sequence[float]) -> Latency:
    p50, p95, p99 = (float(value) for value in np.percentile(values, (50, 95, 99)))
    return Latency(p50, p95, p99, len(values))
