"""How sure a figure is: intervals for a mean, paired differences of two runs, and what a set of questions can show.

Works on plain arrays and knows nothing of metrics or runs. Every random draw comes from a given seed, so that the same
scores always give the same figures. It offers no test for unpaired runs: two systems are held against each other on the
same questions, which is worth several times as many questions.

What is drawn again is the *cluster*: questions that share a conversation (or a document) stand or fall together, and
treating them as independent would make intervals too narrow. Where no clusters are given each question is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import binom

RESAMPLES = 10_000
CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
DISCORDANCE = 0.10
"""Share of questions on which two systems that are equally good disagree by chance."""
POWER = 0.80

_Z = float(ndtri(1 - ALPHA / 2))  # 1.96
_EXACT_UP_TO = 13  # 2^13 = 8,192 ways to swap: all of them are fewer than RESAMPLES
_AT_ONCE = 2_000_000  # random numbers held in memory at a time
_SAME = 1e-12  # relative difference below which two figures count as equal: sums round differently

Bounds = tuple[float, float] | None
Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A weighted mean over `n` values with its 95% interval: low ≤ mean ≤ high, in the unit of the values."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of b less the mean of a, with its 95% interval and two-sided p.

    `n` counts the questions on which either has a value; wins, ties and losses are those where both have one and b's
    is greater, equal or smaller.
    """

    mean: float
    low: float
    high: float
    p: float
    n: int
    wins: int
    ties: int
    losses: int


def bootstrap_interval(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    clusters: Sequence[str] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    bounds: Bounds = (0.0, 1.0),
) -> Interval:
    """Weighted mean of `values`, shape (n,), with the bias-corrected and accelerated bootstrap interval (BCa).

    Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987) 171–185; Efron & Tibshirani, An Introduction to the
    Bootstrap (1993), chapter 14. Clusters are drawn with replacement; the weight of a value travels with it.

    Values that show no variation (all equal, or one cluster) leave nothing to draw from. What none of m clusters
    showed may still make up z²/(m + z²) of all that could be asked: Wilson's upper limit for 0 of m. The interval then
    reaches from the mean that share of the way to each of `bounds`; for 0/1 values this is Wilson's interval. Where
    `bounds` is None, or a value lies outside them, the interval is the mean alone.

    Raises ValueError for no values, and for weights that are negative or all 0.
    """
    kept = _array(values)
    weighed = np.ones_like(kept) if weights is None else _array(weights)
    if not kept.size or np.isnan(kept).any():
        raise ValueError(f"values must be numbers, at least one; got {kept.size} values")
    if weighed.shape != kept.shape or (weighed < 0).any() or not weighed.sum() > 0:
        raise ValueError("weights must be one for each value, none negative and not all 0")
    rows = _by_cluster(np.stack([kept * weighed, weighed], axis=1), clusters)
    rows = rows[rows[:, 1] > 0]
    if bounds is not None and (kept.min() < bounds[0] or kept.max() > bounds[1]):
        bounds = None
    return Interval(*_bca(rows, _mean_of, seed, resamples, bounds), n=int(kept.size))


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    clusters: Sequence[str] | None = None,
    *,
    weights: ArrayLike | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Difference:
    """How much greater the mean of `b` is than that of `a`, question by question; both of shape (n,).

    NaN stands for a question without a value on that side (the precision of refusals has one only where there was a
    refusal). The difference is always that of the two means, each over the values it has.

    The interval is BCa over clusters, as in `bootstrap_interval`. The test flips the signs of what the clusters add to the
    difference, which for complete data swaps a and b within clusters (Fisher 1935), and asks how often the sum is at least
    as great either way: over all flips where there are few enough, which is exact, else p = (1 + #) / (resamples + 1),
    which is never 0 (Phipson & Smyth 2010). A value without a partner adds its distance from the mean of both sides.
    On 0/1 values p takes few distinct values and is at most conservative: P(p ≤ α) ≤ α.

    Raises ValueError where one side has no value at all.
    """
    before, after = _array(a), _array(b)
    if before.shape != after.shape:
        raise ValueError(f"a and b must be paired; got {before.size} and {after.size} values")
    weighed = np.ones_like(before) if weights is None else _array(weights)
    has_a, has_b = ~np.isnan(before), ~np.isnan(after)
    both = after[has_a & has_b] - before[has_a & has_b]
    weight_a, weight_b = np.where(has_a, weighed, 0.0), np.where(has_b, weighed, 0.0)
    if not (weight_a.sum() > 0 and weight_b.sum() > 0):
        raise ValueError("each side must have a value of positive weight")
    columns = [
        np.where(has_a, before, 0.0) * weighed,
        weight_a,
        np.where(has_b, after, 0.0) * weighed,
        weight_b,
    ]
    rows = _by_cluster(np.stack(columns, axis=1), clusters)
    rows = rows[rows[:, 1] + rows[:, 3] > 0]
    shares = all(((side >= 0) & (side <= 1)).all() for side in (before[has_a], after[has_b]))
    mean, low, high = _bca(rows, _difference_of, seed, resamples, (-1.0, 1.0) if shares else None)
    return Difference(
        mean,
        low,
        high,
        p=_swap_test(rows, np.random.default_rng(seed), resamples),
        n=int((has_a | has_b).sum()),
        wins=int((both > 0).sum()),
        ties=int((both == 0).sum()),
        losses=int((both < 0).sum()),
    )


def mcnemar(a: ArrayLike, b: ArrayLike) -> float:
    """Two-sided exact p of McNemar's test for paired 0/1 values: a fair coin for each question on which they differ."""
    difference = _array(b) - _array(a)
    wins, losses = int((difference > 0).sum()), int((difference < 0).sum())
    return float(min(1.0, 2 * binom.cdf(min(wins, losses), wins + losses, 0.5))) if wins + losses else 1.0


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """The p values adjusted for being looked at together, in the order given (Holm 1979).

    The smallest of m is multiplied by m, the next by m - 1 and so on; none is smaller than the one before, none over 1.

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    adjusted = [0.0] * len(ps)
    least = 0.0
    for rank, i in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        least = max(least, min(1.0, ps[i] * (len(ps) - rank)))
        adjusted[i] = least
    return tuple(adjusted)


def power(n: int, difference: float, discordance: float = DISCORDANCE, alpha: float = ALPHA) -> float:
    """Chance that a true `difference` (0..1) between two shares is found at level `alpha` with `n` paired questions.

    Two systems disagree by chance on a share `discordance` of the questions, half of it either way; the better one is
    right on a further `difference`. Exact for McNemar's test, whose p is that of the swap test on 0/1 values:
    K ~ Binomial(n, discordance + difference) questions disagree, and Binomial(K, wins / (wins + losses)) of them are
    wins; K is summed over all but 1e-9 of its probability.
    """
    disagree = discordance + difference
    if n <= 0 or disagree <= 0:
        return 0.0
    if disagree > 1:
        raise ValueError(f"discordance and difference must not exceed 1 together; got {disagree}")
    first, last = binom.ppf(0.5e-9, n, disagree), binom.ppf(1 - 0.5e-9, n, disagree)
    count = np.arange(max(0, int(first)), int(last) + 1)
    # The test rejects when at most `edge` of `count` fair coins lie on one side: the most for which 2 P(X ≤ edge) ≤ α.
    edge = binom.ppf(alpha / 2, count, 0.5) - 1
    edge = np.where(2 * binom.cdf(edge + 1, count, 0.5) <= alpha, edge + 1, edge)
    win = (discordance / 2 + difference) / disagree
    found = binom.cdf(edge, count, win) + binom.sf(count - edge - 1, count, win)
    return float(np.clip((binom.pmf(count, n, disagree) * found).sum(), 0.0, 1.0))


def minimal_detectable_difference(
    n: int, discordance: float = DISCORDANCE, alpha: float = ALPHA, wanted: float = POWER
) -> float:
    """The smallest true difference of two shares that `n` paired questions show with probability `wanted`.

    The difference at which `power` reaches `wanted`, found by halving. It is near the d that solves
    d = (z₁₋α/₂ √(c + d) + z_wanted √(c + d - d²)) / √n with c = discordance, and a little greater, because the exact
    test is conservative. 1 where even the greatest difference possible would not be found so often.
    """
    low, high = 0.0, 1.0 - discordance
    if power(n, high, discordance, alpha) < wanted:
        return 1.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if power(n, middle, discordance, alpha) >= wanted else (middle, high)
    return high


def _array(values: ArrayLike) -> Figures:
    return np.asarray(values, dtype=np.float64).reshape(-1)


def _by_cluster(rows: Figures, clusters: Sequence[str] | None) -> Figures:
    """The sums of the rows of each cluster, shape (clusters, columns)."""
    if clusters is None:
        return rows
    if len(clusters) != len(rows):
        raise ValueError(f"clusters must be one for each value; got {len(clusters)} for {len(rows)}")
    names, index = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, index.reshape(-1), rows)
    return sums


def _mean_of(sums: Figures) -> Figures:
    """Weighted mean from (…, 2) sums of value × weight and weight; NaN where nothing weighs."""
    weight = sums[..., 1]
    mean: Figures = np.divide(sums[..., 0], weight, out=np.full(weight.shape, np.nan), where=weight > _SAME)
    return mean


def _difference_of(sums: Figures) -> Figures:
    """Mean of b less mean of a from (…, 4) sums: a × weight, weight of a, b × weight, weight of b."""
    return _mean_of(sums[..., 2:]) - _mean_of(sums[..., :2])


def _bca(
    rows: Figures, statistic: Callable[[Figures], Figures], seed: int, resamples: int, bounds: Bounds
) -> tuple[float, float, float]:
    """The statistic of all rows together, and the ends of its interval. `rows` has one row for each cluster."""
    total = rows.sum(axis=0)
    observed = float(statistic(total))
    drawn = (
        statistic(_redrawn(rows, np.random.default_rng(seed), resamples)) if len(rows) > 1 else np.empty(0)
    )
    drawn = drawn[~np.isnan(drawn)]
    same = _SAME * max(1.0, abs(observed))
    if not drawn.size or np.ptp(drawn) <= same:
        return observed, *_unseen(observed, len(rows), bounds)
    # Bias: where the observed figure stands among those drawn, ties counting half.
    below = ((drawn < observed - same).mean() + (drawn <= observed + same).mean()) / 2
    bias = ndtri(np.clip(below, 0.5 / drawn.size, 1 - 0.5 / drawn.size))
    # Acceleration: skewness of the figure without each cluster in turn.
    without = statistic(total - rows)
    influence = np.nanmean(without) - without[~np.isnan(without)]
    spread = float((influence**2).sum()) ** 1.5
    acceleration = float((influence**3).sum()) / (6 * spread) if spread > 0 else 0.0
    shifted = bias + np.array([-_Z, _Z])
    room = 1 - acceleration * shifted
    # Beyond a pole of the formula (extreme skewness in a handful of clusters) only the correction of bias is kept.
    ends = ndtr(bias + (shifted / room if (room > 0).all() else shifted))
    low, high = np.quantile(drawn, ends)
    return observed, min(float(low), observed), max(float(high), observed)


def _redrawn(rows: Figures, rng: np.random.Generator, resamples: int) -> Figures:
    """Sums of as many rows as there are, drawn with replacement, `resamples` times: shape (resamples, columns)."""
    kinds, counts = np.unique(rows, axis=0, return_counts=True)
    if 8 * len(kinds) <= len(rows):
        # Where many rows are alike (0/1 values) it is enough to draw how many there are of each kind.
        return np.asarray(rng.multinomial(len(rows), counts / len(rows), size=resamples) @ kinds)
    sums = []
    for size in _batches(resamples, len(rows)):
        index = rng.integers(0, len(rows), (size, len(rows)))
        sums.append(
            np.stack([column.take(index).sum(axis=1) for column in np.ascontiguousarray(rows.T)], axis=1)
        )
    return np.concatenate(sums)


def _batches(resamples: int, width: int) -> Iterator[int]:
    """Sizes that add up to `resamples`, each with at most _AT_ONCE numbers of `width` a draw."""
    most = max(1, _AT_ONCE // max(1, width))
    for start in range(0, resamples, most):
        yield min(most, resamples - start)


def _unseen(observed: float, clusters: int, bounds: Bounds) -> tuple[float, float]:
    """The interval of a figure that shows no variation; see `bootstrap_interval`."""
    if bounds is None:
        return observed, observed
    share = _Z**2 / (clusters + _Z**2)
    return observed - share * (observed - bounds[0]), observed + share * (bounds[1] - observed)


def _swap_test(rows: Figures, rng: np.random.Generator, resamples: int) -> float:
    """Two-sided p of the difference under flipping the sign of what each cluster adds to it; rows as in `_difference_of`."""
    total = rows.sum(axis=0)
    # Taken from the mean of both, so that a value without a partner counts by how unusual it is, not by being there.
    common = (total[0] + total[2]) / (total[1] + total[3])
    parts = (rows[:, 2] - common * rows[:, 3]) / total[3] - (rows[:, 0] - common * rows[:, 1]) / total[1]
    parts = parts[np.abs(parts) > _SAME * max(1e-300, np.abs(parts).max())]
    if not len(parts):
        return 1.0
    least = abs(float(parts.sum())) - _SAME * float(np.abs(parts).sum())

    def reached(signs: NDArray[np.int8]) -> int:
        return int((np.abs((2.0 * signs - 1.0) @ parts) >= least).sum())

    if len(parts) <= _EXACT_UP_TO:
        ways = np.arange(2 ** len(parts))[:, None] >> np.arange(len(parts)) & 1
        return reached(ways.astype(np.int8)) / len(ways)
    count = sum(
        reached(rng.integers(0, 2, (size, len(parts)), dtype=np.int8))
        for size in _batches(resamples, len(parts))
    )
    return (1 + count) / (resamples + 1)
