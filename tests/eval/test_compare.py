"""Two runs beside each other: what flipped, what the verdicts are, what must not be compared."""

import json
from dataclasses import replace

import numpy as np
import pytest

from eval.compare import compare, pair
from eval.compare_table import table
from eval.gold import GoldSet
from eval.record import RunError
from tests.eval.made_runs import made_run


def named(comparison, name):
    return next(one for one in comparison.metrics if one.name == name)


def run_with(items, run):
    """`run` with other gold items of the same ids."""
    gold = GoldSet(tuple(items), "other.jsonl")
    return replace(run, gold=gold, info=replace(run.info, gold_hash=gold.hash))


def test_flips_come_first_from_right_to_wrong_with_causes_and_answers():
    a = made_run([1, 0, 1, 1, 0], "A")
    b = made_run([1, 1, 0, 1, 1], "B")
    found = compare(a, b)
    assert [(flip.id, flip.improved) for flip in found.flips] == [("q2", False), ("q1", True), ("q4", True)]
    worse = found.worsened[0]
    assert (worse.question, worse.cause_before, worse.cause_after) == ("题2？", "", "wrong_answer")
    assert (worse.answer_before, worse.answer_after) == ("A 答 q2", "B 答 q2")
    assert [flip.cause_before for flip in found.improved] == ["wrong_answer", "wrong_answer"]


def test_the_difference_is_that_of_the_two_means():
    a, b = made_run([1, 0, 1, 1, 0], "A"), made_run([1, 1, 0, 1, 1], "B")
    correct = named(compare(a, b), "correct")
    assert (correct.a, correct.b) == (3 / 5, 4 / 5)
    assert correct.difference.mean == pytest.approx(1 / 5)
    assert (correct.gained, correct.difference.ties, correct.lost) == (2, 2, 1)
    # Of three that differ, two against one or worse, either way: every one of the 2³ ways.
    assert correct.difference.p == correct.mcnemar == 1.0
    assert correct.verdict == "too_few" and correct.holm is None


def test_ten_points_at_two_hundred_questions_are_better_and_equal_runs_are_not():
    right = np.repeat([0, 1, 0, 1], [30, 8, 20, 142])
    wrong = np.repeat([1, 0, 0, 1], [30, 8, 20, 142])
    a, b = made_run(right, "A"), made_run(wrong, "B")
    better, worse, same = compare(a, b), compare(b, a), compare(a, a)
    assert named(better, "correct").verdict == "better" and named(worse, "correct").verdict == "worse"
    assert named(better, "correct").difference.mean == pytest.approx(0.11)
    assert named(same, "correct").verdict == "no_difference" and not same.flips
    assert better.chance == pytest.approx(2 * 8 / 200) and better.mdd < same.mdd + 0.10


def test_lower_is_better_where_the_catalogue_says_so():
    slow = [{"total_ms": 900.0 + i, "over_refusal": 1.0} for i in range(40)]
    fast = [{"total_ms": 500.0 + i, "over_refusal": 0.0} for i in range(40)]
    found = compare(made_run([1] * 40, "A", slow), made_run([1] * 40, "B", fast))
    for name in ("total_ms", "over_refusal"):
        one = named(found, name)
        assert one.difference.mean < 0 and one.verdict == "better"
        assert (one.gained, one.lost) == (40, 0)


def test_holm_is_over_all_metrics_but_the_headline():
    rng = np.random.default_rng(0)
    kinds = ("fact_recall", "mrr", "ndcg@10")
    values = [[{kind: float(rng.random()) for kind in kinds} for _ in range(60)] for _ in "ab"]
    found = compare(*(made_run([1] * 60, name, one) for name, one in zip("AB", values, strict=True)))
    assert named(found, "correct").holm == named(found, "correct").difference.p
    least = min((named(found, kind) for kind in kinds), key=lambda one: one.difference.p)
    # The family: passed, over_refusal, error (all 1.0) and the three above.
    assert least.holm == pytest.approx(min(1.0, 6 * least.difference.p))
    narrowed = compare(
        *(made_run([1] * 60, name, one) for name, one in zip("AB", values, strict=True)), metrics=["mrr"]
    )
    assert [one.name for one in narrowed.metrics] == ["mrr"]
    assert narrowed.metrics[0].holm == narrowed.metrics[0].difference.p


def test_slices_have_figures_and_no_verdict():
    tags = [["数字"] if i < 35 else ["多跳"] for i in range(50)]
    found = compare(made_run([1] * 50, "A", tags=tags), made_run([0] * 50, "B", tags=tags))
    assert [one.tag for one in found.slices] == ["数字", "多跳"]
    assert all(one.difference.mean == -1.0 and one.verdict is None for one in found.slices)


def test_other_questions_are_refused_unless_only_the_shared_ones_count():
    a, b = made_run([1, 1, 0, 1], "A"), made_run([0, 1, 1, 1], "B")
    items = list(b.gold.items)
    items[1] = replace(items[1], question="换了问法？")
    items[2] = replace(items[2], notes="只改了备注", tags=("口语",))
    b = run_with(items, b)
    with pytest.raises(RunError, match="--intersect"):
        compare(a, b)
    found = compare(a, b, intersect=True)
    assert found.questions == 3 and found.only_a == found.only_b == ("q1",)
    assert [flip.id for flip in found.flips] == ["q0", "q2"]


def test_a_turn_counts_as_the_same_only_in_the_same_conversation():
    a = made_run([1, 1, 1], "A")
    talk = [replace(item, conversation="k") for item in a.gold.items[:2]]
    a = run_with([*talk, a.gold.items[2]], a)
    b = run_with([replace(talk[0], question="前一问变了？"), talk[1], a.gold.items[2]], a)
    assert [one.item.id for one in pair(a, b, intersect=True)] == ["q2"]


def test_runs_with_no_question_in_common_are_refused():
    a = made_run([1, 1], "A")
    b = run_with([replace(item, question="别的？") for item in a.gold.items], a)
    with pytest.raises(RunError, match="no question in common"):
        compare(a, b, intersect=True)
    with pytest.raises(RunError, match="did you mean 'correct'"):
        compare(a, a, metrics=["corect"])


def test_the_configuration_is_compared_by_dotted_names():
    a = made_run(
        [1], "A", settings={"passages": 8, "model": {"name": "x"}}, versions={"zhida": "1"}, generation=3
    )
    b = made_run(
        [1], "B", settings={"passages": 4, "model": {"name": "y"}}, versions={"zhida": "1"}, generation=4
    )
    found = {change.name: (change.a, change.b) for change in compare(a, b).configuration}
    assert found == {"settings.passages": (8, 4), "settings.model.name": ("x", "y"), "generation": (3, 4)}


def test_a_precision_with_values_in_one_run_only_keeps_the_runs_own_figures():
    # A refuses four, two of them rightly; B refuses two of these, both rightly.
    a = made_run([1] * 6, "A", [{"refusal_precision": one} for one in (1.0, 1.0, 0.0, 0.0)] + [{}, {}])
    b = made_run([1] * 6, "B", [{"refusal_precision": 1.0}] * 2 + [{}] * 4)
    found = named(compare(a, b), "refusal_precision")
    assert (found.a, found.b) == (0.5, 1.0) and found.difference.mean == pytest.approx(0.5)
    assert found.mcnemar is None and found.difference.n == 4


def test_a_metric_of_one_run_only_is_left_out():
    a = made_run([1] * 3, "A", [{"cost": 1.0}] * 3)
    assert not [one for one in compare(a, made_run([1] * 3, "B")).metrics if one.name == "cost"]


def test_the_comparison_is_plain_json_without_nan_and_reads_well():
    a, b = made_run([1, 0, 1] * 20, "A", settings={"k": 1}), made_run([1, 1, 0] * 20, "B", settings={"k": 2})
    found = compare(a, b)
    back = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert back["flips"][0]["improved"] is False and len(back["flips"]) == 40
    text = table(found)
    assert text.index("right → wrong") < text.index("wrong → right") < text.index("答对率")
    assert "settings.k" in text and "no difference shown" in text and "minimal detectable" in text


def test_an_unfinished_run_is_named():
    found = compare(made_run([1], "A"), made_run([1], "B", finished=False))
    assert found.unfinished == ("B",)
