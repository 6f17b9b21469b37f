"""Intervals, paired tests and power: worked by hand, against SciPy, and by simulation."""

from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eval.statistics import (
    bootstrap_interval,
    holm,
    mcnemar,
    minimal_detectable_difference,
    paired_difference,
    power,
)

NAN = float("nan")
SHARES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=25)


# Intervals


@pytest.mark.parametrize("draw", ["uniform", "lognormal", "beta"])
def test_the_interval_is_scipys_on_random_values(draw):
    rng = np.random.default_rng(3)
    values = {
        "uniform": rng.random(60),
        "lognormal": rng.lognormal(size=60),
        "beta": rng.beta(8, 1, size=200),
    }[draw]
    oracle = stats.bootstrap(
        (values,), np.mean, method="BCa", n_resamples=10_000, rng=np.random.default_rng(0)
    ).confidence_interval
    found = bootstrap_interval(values, seed=0)
    spread = oracle.high - oracle.low
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=0.02 * spread)


def test_the_interval_is_scipys_on_right_and_wrong():
    values = np.repeat([1.0, 0.0], [170, 30])
    oracle = stats.bootstrap(
        (values,), np.mean, method="BCa", n_resamples=10_000, rng=np.random.default_rng(0)
    ).confidence_interval
    found = bootstrap_interval(values)
    assert found.mean == 0.85 and found.n == 200
    # One question of 200 is 0.005, the grain of such a figure.
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=0.0051)


def test_the_interval_of_a_weighted_mean_is_scipys():
    rng = np.random.default_rng(4)
    values, weights = rng.random(80), rng.integers(1, 4, 80).astype(float)

    def weighted(v, w, axis=-1):
        return (v * w).sum(axis) / w.sum(axis)

    oracle = stats.bootstrap(
        (values, weights),
        weighted,
        paired=True,
        method="BCa",
        n_resamples=10_000,
        rng=np.random.default_rng(0),
    ).confidence_interval
    found = bootstrap_interval(values, weights)
    assert found.mean == pytest.approx(np.average(values, weights=weights))
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=0.005)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(5).random(40)
    assert bootstrap_interval(values, seed=1) == bootstrap_interval(values, seed=1)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values, seed=2)


def test_a_share_without_variation_has_wilsons_interval():
    wilson = stats.binomtest(20, 20).proportion_ci(method="wilson")
    found = bootstrap_interval([1.0] * 20)
    assert (found.mean, found.low, found.high) == pytest.approx((1.0, wilson.low, wilson.high))
    wilson = stats.binomtest(0, 20).proportion_ci(method="wilson")
    found = bootstrap_interval([0.0] * 20)
    assert (found.mean, found.low, found.high) == pytest.approx((0.0, wilson.low, wilson.high), abs=1e-12)


def test_one_value_says_little():
    z2 = stats.norm.ppf(0.975) ** 2
    found = bootstrap_interval([1.0])
    assert (found.low, found.high, found.n) == (pytest.approx(1 / (1 + z2)), 1.0, 1)
    # Of times, which have no upper bound, one value says nothing about the others.
    found = bootstrap_interval([120.0], bounds=None)
    assert (found.low, found.mean, found.high) == (120.0, 120.0, 120.0)
    assert bootstrap_interval([0.0, 0.0], bounds=None).high == 0.0


def test_questions_of_one_conversation_count_once():
    talks = [f"k{i}" for i in range(40) for _ in range(5)]
    rng = np.random.default_rng(6)
    values = np.repeat((rng.random(40) < 0.7).astype(float), 5)  # a conversation is all right or all wrong
    once = bootstrap_interval(values[::5])
    clustered = bootstrap_interval(values, clusters=talks)
    alone = bootstrap_interval(values)
    # 200 answers hold no more than 40; taken for independent, the interval would be √5 times too narrow.
    assert (clustered.mean, clustered.low, clustered.high) == pytest.approx(
        (once.mean, once.low, once.high), abs=0.026
    )
    assert (clustered.high - clustered.low) / (alone.high - alone.low) == pytest.approx(sqrt(5), rel=0.15)


def test_a_value_of_no_weight_changes_nothing():
    rng = np.random.default_rng(7)
    values = rng.random(50)
    without = bootstrap_interval(values)
    found = bootstrap_interval([*values, 0.9], [*np.ones(50), 0.0])
    assert (found.mean, found.low, found.high) == pytest.approx((without.mean, without.low, without.high))


def test_ninety_five_percent_of_the_intervals_hold_the_truth():
    rng = np.random.default_rng(8)
    held = 0
    for i in range(300):
        found = bootstrap_interval((rng.random(100) < 0.8).astype(float), seed=i, resamples=2_000)
        held += found.low <= 0.8 <= found.high
    assert held / 300 == pytest.approx(0.95, abs=0.035)


@pytest.mark.parametrize(
    ("values", "weights"),
    [([], None), ([NAN], None), ([1.0], [0.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [2.0, -1.0])],
)
def test_an_interval_of_nothing_is_refused(values, weights):
    with pytest.raises(ValueError):
        bootstrap_interval(values, weights)


@settings(max_examples=40, deadline=None)
@given(SHARES)
def test_an_interval_is_never_nan_and_holds_its_mean(values):
    found = bootstrap_interval(values, resamples=200)
    assert 0 <= found.low <= found.mean <= found.high <= 1


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_difference_is_never_nan(data):
    a = data.draw(SHARES)
    side = st.lists(st.sampled_from([0.0, 0.5, 1.0, NAN]), min_size=len(a), max_size=len(a))
    b = data.draw(side.filter(lambda values: not np.isnan(values).all()))
    found = paired_difference(a, b, resamples=200)
    assert -1 <= found.low <= found.mean <= found.high <= 1
    assert 0 < found.p <= 1


# Differences


def test_three_wins_and_a_loss_by_hand():
    found = paired_difference([0, 0, 0, 1, 1, 0], [1, 1, 1, 0, 1, 0])
    assert found.mean == pytest.approx(2 / 6)
    assert (found.wins, found.ties, found.losses, found.n) == (3, 2, 1, 6)
    # Of the 2⁴ ways to swap the four that differ, 5 leave a sum of at least 2 (4 or 3 wins), 5 at most -2.
    assert found.p == pytest.approx(10 / 16)
    assert mcnemar([0, 0, 0, 1, 1, 0], [1, 1, 1, 0, 1, 0]) == pytest.approx(10 / 16)


def test_p_is_scipys_exactly_where_all_swaps_are_tried():
    rng = np.random.default_rng(9)
    a, b = rng.random(10), rng.random(10) + 0.2
    oracle = stats.permutation_test(
        (a, b), lambda x, y: np.mean(y - x), permutation_type="samples", n_resamples=np.inf
    )
    assert paired_difference(a, b).p == pytest.approx(oracle.pvalue)


def test_p_is_scipys_on_random_runs():
    rng = np.random.default_rng(10)
    for shift in (0.0, 0.03, 0.08):
        a = rng.random(80)
        b = np.clip(a + rng.normal(shift, 0.2, 80), 0, 1)
        oracle = stats.permutation_test(
            (a, b),
            lambda x, y, axis=-1: np.mean(y - x, axis=axis),
            permutation_type="samples",
            n_resamples=10_000,
            vectorized=True,
            rng=np.random.default_rng(1),
        )
        assert paired_difference(a, b).p == pytest.approx(oracle.pvalue, abs=0.02)


def test_p_is_one_over_the_resamples_at_least():
    found = paired_difference(np.zeros(50), np.ones(50), resamples=999)
    assert found.p == 1 / 1000
    assert found.low <= 1.0 == found.mean == found.high


def test_p_on_right_and_wrong_is_mcnemars():
    a = np.repeat([0.0, 1.0, 1.0], [32, 14, 154])
    b = np.repeat([1.0, 0.0, 1.0], [32, 14, 154])
    exact = 2 * sum(comb(46, k) for k in range(15)) / 2**46
    assert mcnemar(a, b) == pytest.approx(exact)
    assert mcnemar(a, b) == pytest.approx(stats.binomtest(14, 46).pvalue)
    assert paired_difference(a, b).p == pytest.approx(exact, abs=0.003)


def test_equal_runs_differ_by_nothing_and_leave_what_was_not_seen():
    found = paired_difference([1.0] * 200, [1.0] * 200)
    z2 = stats.norm.ppf(0.975) ** 2
    assert (found.mean, found.p) == (0.0, 1.0)
    assert (found.low, found.high) == pytest.approx((-z2 / (200 + z2), z2 / (200 + z2)))


def test_conversations_are_swapped_whole():
    # Every one of five conversations gains all of its four questions: 2 of the 2⁵ ways are as extreme.
    talks = [f"k{i}" for i in range(5) for _ in range(4)]
    assert paired_difference(np.zeros(20), np.ones(20), talks).p == pytest.approx(2 / 32)


def test_the_difference_is_that_of_the_two_means_also_where_values_are_missing():
    a, b = [1.0, 0.0, NAN, 1.0], [1.0, NAN, 1.0, 1.0]
    found = paired_difference(a, b)
    assert found.mean == pytest.approx(3 / 3 - 2 / 3)
    assert (found.n, found.ties) == (4, 2)
    # The mean of both sides is 5/6. What each question adds: 0, 0 - (0 - 5/6)/3 = 5/18, (1 - 5/6)/3 = 1/18 and 0; of the
    # four sums ±5 ±1 two are as great as 6.
    assert found.p == 2 / 4


def test_answering_less_often_is_no_difference_in_how_good_the_answers_are():
    # One answer of either is half right; b left out a quarter of the questions that a answered well.
    a, b = np.ones(200), np.ones(200)
    a[0], b[1], b[150:] = 0.5, 0.5, NAN
    assert paired_difference(a, b).p > 0.5


def test_swapping_the_runs_turns_the_difference_around():
    rng = np.random.default_rng(11)
    a, b = rng.random(12), rng.random(12)
    one, other = paired_difference(a, b), paired_difference(b, a)
    assert (one.mean, one.p, one.wins) == (-other.mean, other.p, other.losses)
    with pytest.raises(ValueError, match="paired"):
        paired_difference(a, b[:5])
    with pytest.raises(ValueError, match="each side"):
        paired_difference([NAN], [1.0])


def test_two_equal_runs_give_uniform_p():
    # Values between 0 and 1, as shares of facts or overlaps have: on 0/1 values p takes a few values and cannot be uniform.
    rng = np.random.default_rng(12)
    ps = []
    for i in range(500):
        hard = rng.beta(2, 2, size=60)
        a, b = (np.clip(hard + rng.normal(0, 0.2, 60), 0, 1) for _ in "ab")
        ps.append(paired_difference(a, b, seed=i, resamples=999).p)
    assert stats.kstest(ps, "uniform").pvalue > 0.05
    assert np.mean(np.array(ps) <= 0.05) == pytest.approx(0.05, abs=0.025)


def test_two_equal_runs_of_right_and_wrong_are_told_apart_no_more_often_than_alpha():
    rng = np.random.default_rng(13)
    ps = []
    for _ in range(2_000):
        ps.append(mcnemar(*_two_runs(rng, 200, 0.0)))
    for alpha in (0.01, 0.05, 0.2):
        assert np.mean(np.array(ps) <= alpha) <= alpha + 3 * sqrt(alpha * (1 - alpha) / 2_000)


def _two_runs(rng, n, gain, noise=0.10):
    """Two runs that disagree by chance on a share `noise`, half either way; b is right on `gain` more."""
    kind = rng.choice(3, n, p=[noise / 2 + gain, noise / 2, 1 - noise - gain])
    right = (rng.random(n) < 0.8).astype(float)
    return np.where(kind == 0, 0.0, np.where(kind == 1, 1.0, right)), np.where(
        kind == 0, 1.0, np.where(kind == 1, 0.0, right)
    )


def test_ten_points_are_seen_at_two_hundred_questions_as_often_as_the_specification_says():
    rng = np.random.default_rng(14)
    found = [paired_difference(*_two_runs(rng, 200, 0.10), seed=i, resamples=1_000) for i in range(400)]
    seen = np.mean([one.p < 0.05 and one.mean > 0 for one in found])
    assert seen == pytest.approx(0.86, abs=0.05)
    assert seen == pytest.approx(power(200, 0.10), abs=0.04)
    assert np.mean([one.mean for one in found]) == pytest.approx(0.10, abs=0.01)


# Several tests, and how many questions are needed


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_lowers_a_p_and_keeps_their_order(ps):
    adjusted = holm(ps)
    assert all(p <= after <= 1 for p, after in zip(ps, adjusted, strict=True))
    order = np.argsort(ps, kind="stable")
    assert all(adjusted[i] <= adjusted[j] for i, j in zip(order, order[1:], strict=False))


@pytest.mark.parametrize(
    ("n", "difference", "stated"),
    [
        *((100, 0.05, 0.21), (200, 0.05, 0.41), (400, 0.05, 0.65), (1000, 0.05, 0.98)),
        *((50, 0.10, 0.23), (100, 0.10, 0.53), (200, 0.10, 0.86), (400, 0.10, 0.99)),
    ],
)
def test_power_is_near_what_was_simulated_for_the_specification(n, difference, stated):
    assert power(n, difference) == pytest.approx(stated, abs=0.055)


def test_power_by_hand():
    # Six questions, all disagree and all for b: p = 2/2⁶ ≤ 0.05, so it is seen always. Five: 2/2⁵ > 0.05, never.
    assert power(6, 1.0, discordance=0.0) == pytest.approx(1.0)
    assert power(5, 1.0, discordance=0.0) == 0.0
    # Without a difference it is the rate of false alarms.
    assert 0.02 < power(1000, 0.0) <= 0.05
    assert power(0, 0.1) == 0.0


def test_the_minimal_detectable_difference_is_seen_four_times_in_five():
    rng = np.random.default_rng(15)
    least = minimal_detectable_difference(200)
    seen = np.mean([mcnemar(*_two_runs(rng, 200, least)) < 0.05 for _ in range(1_500)])
    assert seen == pytest.approx(0.80, abs=0.035)


def test_the_minimal_detectable_difference_is_near_the_formula_and_falls_with_n():
    found = {n: minimal_detectable_difference(n) for n in (30, 60, 200, 400, 1_000)}
    assert sorted(found.values(), reverse=True) == list(found.values())
    for n in (200, 400, 1_000):
        d = found[n]
        normal = (1.96 * sqrt(0.10 + d) + 0.8416 * sqrt(0.10 + d - d * d)) / sqrt(n)
        assert normal <= d <= normal + 0.01
    assert minimal_detectable_difference(5) == 1.0 == minimal_detectable_difference(0)
