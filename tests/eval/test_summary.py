"""A run's figures: means by hand, what counts as one unit, the way of the evidence, and the table for a terminal."""

import json
import math
from dataclasses import replace

import pytest

from eval.metrics.catalogue import BY_NAME
from eval.record import EvidenceTrace, Score
from eval.statistics import minimal_detectable_difference
from eval.summary import CAUSES, Summary, clusters_of, columns, summarise, table
from tests.eval.made_runs import score


def refused(item_id: str, answerable: bool = False) -> Score:
    values = {"refusal_recall": 1.0, "refusal_precision": float(not answerable), "error": 0.0}
    return Score(item_id, answerable, True, values, tags=("无答案",), cluster=item_id)


SCORES = (
    score("a", 1.0, tags=("数字",), values={"total_ms": 100.0}),
    score("b", 0.0, tags=("数字", "多跳"), values={"total_ms": 200.0}, weight=3.0),
    score("c", 1.0, values={"total_ms": 300.0}),
    refused("d"),
)


def test_means_are_weighted_and_over_the_questions_that_have_the_metric():
    found = summarise(SCORES)
    assert (found.questions, found.answerable, found.units) == (4, 3, 4)
    assert found.metrics["correct"].mean == pytest.approx((1 + 0 * 3 + 1) / 5)
    assert found.metrics["passed"].mean == pytest.approx((1 + 0 * 3 + 1 + 1) / 6)
    assert found.metrics["refusal_recall"].n == 1
    assert found.metrics["total_ms"].mean == pytest.approx((100 + 3 * 200 + 300) / 5)
    assert "mrr" not in found.metrics and "cost" not in found.metrics
    assert list(found.metrics)[0] == "passed"


def test_causes_slices_and_percentiles():
    found = summarise(SCORES)
    assert found.causes == {"wrong_answer": 1}
    assert list(found.slices) == ["数字", "多跳", "无答案"]
    assert found.slices["数字"]["correct"].mean == pytest.approx(1 / 4)
    assert found.slices["无答案"]["passed"].mean == 1.0 and "correct" not in found.slices["无答案"]
    assert found.latency["total_ms"]["p50"] == 200.0
    assert found.latency["total_ms"]["p95"] == pytest.approx(290.0)


def test_the_summary_comes_back_from_json_and_holds_no_nan():
    found = summarise(SCORES)
    text = json.dumps(found.as_dict(), allow_nan=False)
    assert Summary.from_dict({**json.loads(text), "newer": 1}) == found
    assert summarise(SCORES) == found


def test_nothing_evaluated_has_no_figures():
    found = summarise(())
    assert (found.questions, found.metrics, found.mdd) == (0, {}, None)
    assert "nothing evaluated" in table(found)
    assert summarise([replace(SCORES[0], weight=0.0)]).metrics == {}


def test_every_interval_holds_its_mean_and_shares_stay_shares():
    for name, interval in summarise(SCORES).metrics.items():
        assert interval.low <= interval.mean <= interval.high
        assert all(math.isfinite(value) for value in (interval.low, interval.mean, interval.high))
        if name not in BY_NAME or BY_NAME[name].unit == "share":
            assert interval.low >= 0 and interval.high <= 1


def test_turns_of_a_conversation_are_one_unit():
    turns = [score(f"k#{i}", cluster="k") for i in range(3)]
    assert clusters_of([*turns, score("a")]) == ["k", "k", "k", "a"]
    assert summarise([*turns, score("a")]).units == 2
    assert summarise([*turns, score("a")]).mdd == minimal_detectable_difference(2)


def test_questions_are_drawn_by_document_only_where_there_are_many_documents():
    few = [score(f"q{i}", cluster=f"{i % 2}.txt") for i in range(40)]
    assert clusters_of(few) == [one.id for one in few]
    many = [score(f"q{i}", cluster=f"{i % 20}.txt") for i in range(40)]
    assert clusters_of(many) == [one.cluster for one in many]


def traced(item_id: str, right: float, *traces: EvidenceTrace, sent: float = 1.0) -> Score:
    return score(item_id, right, evidence=traces, values={"all_evidence@sent": sent, "evidence_cited": 1.0})


def test_the_funnel_counts_questions_with_all_their_evidence():
    whole, uncited = EvidenceTrace(1, True, "whole"), EvidenceTrace(1, False, "whole")
    scores = [
        traced("all", 1.0, whole, whole),
        traced("wrong", 0.0, whole),
        traced("uncited", 1.0, whole, uncited),
        traced("low", 0.0, EvidenceTrace(40, False, "whole"), sent=0.0),
        traced("not found", 0.0, whole, EvidenceTrace(None, False, "whole"), sent=0.0),
        traced("split", 0.0, EvidenceTrace(None, False, "split"), sent=0.0),
        traced("lost", 0.0, EvidenceTrace(None, False, "lost"), sent=0.0),
        traced("missing", 0.0, whole, EvidenceTrace(None, False, "missing"), sent=0.0),
        score("without evidence"),
        refused("unanswerable"),
    ]
    assert summarise(scores).funnel == {
        "questions": 8,
        "documents": 7,
        "reading": 6,
        "passage": 5,
        "retrieved": 4,
        "sent": 3,
        "cited": 2,
        "correct": 1,
    }


def test_a_foreign_systems_funnel_leaves_out_what_it_does_not_tell():
    scores = [score(str(i), float(i), evidence=(EvidenceTrace(None, False),)) for i in range(2)]
    found = summarise(scores).funnel
    assert found["questions"] == 2 and found["correct"] == 1
    assert {found[stage] for stage in ("documents", "reading", "passage", "retrieved", "sent", "cited")} == {
        None
    }


def test_the_table_says_all_in_both_languages_and_what_the_set_can_show():
    text = table(summarise(SCORES))
    assert "答对率" in text and "correct" in text and "40.0%" in text
    assert "答错" in text and "wrong answer" in text
    assert "p95 290 ms" in text
    assert "minimal detectable difference" in text and "exploratory" in text
    assert "少于" in text  # every slice is small
    assert "答对率" not in table(summarise(SCORES), "en") and "refusal recall" not in table(
        summarise(SCORES), "zh"
    )


def test_columns_count_a_chinese_character_double():
    assert columns([["质量", "1"], ["abc", "22"]]).split("\n") == ["  质量  1", "  abc   22"]
    assert columns([]) == ""


def test_every_cause_of_a_record_has_a_name():
    from typing import get_args

    from eval.record import Cause

    assert set(CAUSES) == set(get_args(Cause)) - {""}
