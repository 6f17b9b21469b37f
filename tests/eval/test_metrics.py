"""Scores as a whole: which metrics apply to which question, refusals, errors, what a run's curve says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from eval.gold import Evidence, Fact, GoldItem, GoldSet
from eval.metrics.catalogue import BY_NAME
from eval.metrics.operations import latencies
from eval.metrics.refusals import (
    RefusalMatrix,
    auroc,
    best_threshold,
    is_refusal,
    refusal_matrix,
    risk_coverage,
)
from eval.metrics.score import ScoreOptions, score_all, score_record
from eval.record import Found, Record, Score, as_line

ITEM = GoldItem(
    "q1",
    "多少家？",
    answers=("42家，营收增长",),
    facts=(Fact(any=("42家", "42 家")), Fact(any=("营收",))),
    evidence=((Evidence("a.txt", "检测机构42家"),),),
    tags=("数字",),
    weight=2.0,
)
NOTHING = GoldItem("q2", "董事长是谁？", answerable=False)


def answer(text="全市检测机构42家[1]。营收好[1]。", status="answered", document="a.txt", item="q1", **fields):
    passage = "全市检测机构42家。营收好。"
    cited = ({"number": 1, "document": document, "quote": "全市检测机构42家。", "passage": passage},)
    return Record(
        item,
        "多少家？",
        status,
        text,
        citations=cited if status == "answered" else (),
        retrieved=(Found(document, passage),),
        sent=1,
        **fields,
    )


def test_a_right_answer():
    score = score_record(ITEM, answer())
    assert score.passed and score.cause == ""
    assert score.values["correct"] == score.values["evidence_cited"] == score.values["evidence_quoted"] == 1
    assert score.values["citation_recall"] == score.values["ndcg@10"] == 1
    assert score.values["over_refusal"] == score.values["error"] == 0
    assert (score.tags, score.weight, score.cluster) == (("数字",), 2.0, "a.txt")


def test_evidence_counts_only_from_its_document():
    score = score_record(ITEM, answer(document="b.txt"))
    assert score.values["evidence_cited"] == score.values["evidence_quoted"] == score.values["mrr"] == 0


def test_a_refusal_is_wrong_where_an_answer_exists_and_right_where_none_does():
    refused = score_record(ITEM, answer("资料中没有找到。", "refused"))
    assert not refused.passed and refused.refused
    assert refused.values["correct"] == refused.values["refusal_precision"] == 0
    assert refused.values["over_refusal"] == 1 and "citation_recall" not in refused.values
    due = score_record(NOTHING, answer("资料中没有找到。", "refused", item="q2"))
    assert due.passed and due.values["refusal_recall"] == due.values["refusal_precision"] == 1
    wrong = score_record(NOTHING, answer(item="q2"))
    assert not wrong.passed and wrong.values["refusal_recall"] == 0 and "correct" not in wrong.values


def test_an_error_is_wrong_and_no_refusal():
    score = score_record(ITEM, Record("q1", "多少家？", "error", "", error="time limit"))
    assert score.values["error"] == 1 and score.values["over_refusal"] == 0
    assert {score.values[name] for name in ("correct", "evidence_cited", "mrr", "char_f1")} == {0.0}
    assert score.cause == "error" and not score.passed


def test_a_missing_record_is_an_error():
    scores = score_all(GoldSet((ITEM, NOTHING)), {"q1": answer()})
    assert [one.id for one in scores] == ["q1", "q2"]
    assert [one.values["error"] for one in scores] == [0, 1]
    assert scores[1].values["refusal_recall"] == 0


def test_every_value_is_in_the_catalogue_and_in_its_range():
    options = ScoreOptions(prices={"input": 2.0, "output": 8.0})
    timed = answer(
        timings_ms={"total": 12.5, "first": 3.0, "retrieve": 9.0}, tokens={"input": 1000, "output": 500}
    )
    for item, record in ((ITEM, timed), (NOTHING, answer(item="q2")), (ITEM, answer("没有。", "refused"))):
        score = score_record(item, record, options=options)
        assert Score.from_dict(json.loads(as_line(score))) == score
        for name, value in score.values.items():
            assert BY_NAME[name].unit != "share" or 0 <= value <= 1
            assert BY_NAME[name].of in ("all", "answerable" if item.answerable else "unanswerable")
    values = score_record(ITEM, timed, options=options).values
    assert (values["total_ms"], values["first_ms"], values["tokens"]) == (12.5, 3.0, 1500)
    assert values["cost"] == pytest.approx((1000 * 2 + 500 * 8) / 1e6)


def test_latencies_by_stage():
    records = [answer(timings_ms={"retrieve": float(n)}) for n in range(101)]
    stage = latencies([*records, answer(status="error", timings_ms={"retrieve": 9e9})])["retrieve"]
    assert (stage.p50, stage.p95, stage.p99, stage.n) == (50, 95, 99, 101)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "资料中没有找到这个问题的答案。",
        "抱歉，根据提供的资料，无法回答该问题。",
        "文中未提及董事长的姓名。",
        "由于文档信息不足，无法回答。",
        "未能在知识库中找到相关内容。",
        "I don't know.",
        "The documents do not mention the chairman.",
        "根据上下文，没有足够的信息来确定。",
        "暂无相关信息。",
    ],
)
def test_refusals_of_other_systems(text):
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "韩永生[1]。",
        "企业无法提供合格证明的，责令改正[1]。",
        "没有。该办法不适用于个体户[1]。",
        "资料没有提到营收；但检测机构共42家[1]。另有5家在建[2]。",
        "现场没有发现不合格产品。",
        "未找到丢失的仪器前不得开工。",
    ],
)
def test_answers_are_no_refusals(text):
    assert not is_refusal(text)


def test_a_text_only_system_refuses_by_its_words():
    bare = Record("q1", "多少家？", "answered", "抱歉，资料中没有提到。")
    assert score_record(ITEM, bare).refused
    assert not score_record(ITEM, answer("资料中没有提到营收[1]。")).refused


def made(confidence, answerable, refused=False, correct=1.0, error=0.0):
    return (
        confidence,
        answerable,
        refused,
        {"correct": correct, "error": error} if answerable else {"error": error},
    )


def run_of(rows):
    scores = [Score(str(n), one[1], one[2], one[3]) for n, one in enumerate(rows)]
    records = {str(n): Record(str(n), "？", "answered", "", confidence=one[0]) for n, one in enumerate(rows)}
    return scores, records


def test_the_matrix_counts_each_question_once():
    rows = [
        made(0.9, True),
        made(0.8, True, correct=0.0),
        made(0.2, True, refused=True, correct=0.0),
        made(0.1, False, refused=True),
        made(0.7, False),
        made(None, True, correct=0.0, error=1.0),
    ]
    scores, _ = run_of(rows)
    matrix = refusal_matrix(scores)
    assert matrix == RefusalMatrix(1, 1, 1, 1, 1, 1)
    assert (matrix.precision, matrix.recall, matrix.f1) == (0.5, 0.5, 0.5)
    assert refusal_matrix([]).precision is None


def test_risk_and_coverage_by_hand():
    rows = [
        made(0.9, True),
        made(0.8, False),
        made(0.8, True),
        made(0.3, True, correct=0.0),
        made(0.1, False, True),
    ]
    points = risk_coverage(*run_of(rows))
    assert [(p.threshold, p.coverage, p.risk) for p in points] == [
        (0.9, 1 / 5, 0.0),
        (0.8, 3 / 5, 1 / 3),  # equals stand or fall together
        (0.3, 4 / 5, 2 / 4),
    ]
    assert best_threshold(*run_of(rows)) == 0.3
    assert auroc(*run_of(rows[:1])) is None and best_threshold(*run_of([])) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auroc_equals_another_implementation(rows):
    scores, records = run_of([made(confidence / 5, answerable) for confidence, answerable in rows])
    labels = [answerable for _, answerable in rows]
    if len(set(labels)) < 2:
        assert auroc(scores, records) is None
    else:
        assert auroc(scores, records) == pytest.approx(roc_auc_score(labels, [c for c, _ in rows]))


@given(st.permutations(range(4)))
def test_scores_do_not_depend_on_the_order_of_records(order):
    items = tuple(GoldItem(f"i{n}", "多少家？", facts=ITEM.facts) for n in range(4))
    records = {f"i{n}": answer(item=f"i{n}") for n in order}
    assert [one.values["correct"] for one in score_all(GoldSet(items), records)] == [1.0] * 4


words_of = st.text(alphabet="甲乙丙12年月日家。；，[]“”0万%", max_size=40)
passages = st.builds(
    Found, st.sampled_from(["a.txt", "b.txt"]), words_of, st.integers(0, 50), st.integers(0, 90)
)
citations = st.fixed_dictionaries(
    {
        "number": st.integers(1, 3),
        "document": st.sampled_from(["a.txt", "b.txt"]),
        "quote": words_of,
        "passage": words_of,
    }
)
items = st.builds(
    GoldItem,
    st.just("q"),
    words_of,
    answerable=st.booleans(),
    answers=st.lists(words_of, max_size=2).map(tuple),
    facts=st.lists(
        st.builds(lambda text: Fact(any=(text,)), words_of)
        | st.builds(lambda n: Fact(type="number", value=n, unit="家"), st.integers(0, 30)),
        max_size=3,
    ).map(tuple),
    evidence=st.lists(
        st.lists(
            st.builds(Evidence, st.sampled_from(["a.txt", "b.txt"]), words_of), min_size=1, max_size=2
        ).map(tuple),
        max_size=2,
    ).map(tuple),
)


@given(
    items,
    words_of,
    st.sampled_from(["answered", "refused", "error"]),
    st.lists(passages, max_size=5),
    st.lists(citations, max_size=3),
    st.integers(0, 5),
)
def test_whatever_comes_shares_are_shares(item, text, status, retrieved, cited, sent):
    record = Record("q", "？", status, text, citations=tuple(cited), retrieved=tuple(retrieved), sent=sent)
    score = score_record(item, record)
    for name, value in score.values.items():
        assert BY_NAME[name].unit != "share" or 0 <= value <= 1, name
        assert BY_NAME[name].of in ("all", "answerable" if item.answerable else "unanswerable")
    assert score.passed == (score.cause == "")
    assert Score.from_dict(json.loads(as_line(score))) == score


def test_what_nothing_can_grade_is_no_failure():
    bare = GoldItem("q", "？", evidence=ITEM.evidence)
    assert score_record(bare, answer(item="q")).passed
    assert score_record(bare, answer("没有。", "refused", item="q")).cause == "refused_wrongly"
