from math import log2

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, P, R, nDCG

from eval.gold import Evidence, GoldItem
from eval.metrics.matching import first_rank, quote_in, same_document
from eval.metrics.retrieval import (
    all_evidence,
    context_precision,
    evidence_recall,
    evidence_share,
    ndcg,
    reciprocal_rank,
    retrieval_values,
)
from eval.record import Found
from tests.waiting import costs_less

QUOTE = "全省共有检验检测机构1706家，年营收139.6亿元"


def found(text, document="a.txt", start=0):
    return Found(document, text, start, start + len(text) if start or text else 0)


def item(*groups):
    return GoldItem("q", "多少？", evidence=tuple(tuple(Evidence(*one) for one in group) for group in groups))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.txt", "a.txt", True),
        ("docs/2024/a.txt", "2024/a.txt", True),
        ("docs\\a.txt", "a.txt", True),
        ("2023/a.txt", "2024/a.txt", False),
        ("ba.txt", "a.txt", False),
        ("", "a.txt", False),
    ],
)
def test_documents_are_the_same_by_the_end_of_their_path(one, other, same):
    assert same_document(one, other) is same
    assert same_document(other, one) is same


@pytest.mark.parametrize(
    ("text", "there"),
    [
        (f"他介绍，{QUOTE}。", True),
        (QUOTE.replace("，", "\n"), True),
        (
            QUOTE.replace("检验检测", "检验与检测等").replace("年营收", "年度营收"),
            True,
        ),  # 0.8 in order and all numbers
        (QUOTE.replace("1706", "1760"), False),  # one number changed is another sentence
        (
            "全省共有企业。检验很多。检测机构也多，1706家。" + "别的话。" * 30 + "年营收139.6亿元",
            False,
        ),  # too far apart
        ("全省质量工作会议召开", False),
    ],
)
def test_where_a_quotation_stands(text, there):
    assert quote_in(QUOTE, text) is there


def test_short_quotations_stand_exactly_or_not():
    assert quote_in("最高工资", "全市最高工资")
    assert not quote_in("国际权威冠军", "国际上的权威机构评出冠军")


def test_an_empty_quote_is_any_passage_of_the_document():
    group = [Evidence("a.txt", "")]
    assert first_rank(group, [found("甲", "b.txt"), found("乙", "lib/a.txt")]) == 2


def test_the_first_rank_of_any_alternative_counts():
    retrieved = [found("无关"), found("其中甲有三家企业获奖", "b.txt"), found(QUOTE)]
    assert first_rank([Evidence("a.txt", QUOTE), Evidence("b.txt", "甲有三家企业获奖")], retrieved) == 2
    assert first_rank([Evidence("c.txt", QUOTE)], retrieved) is None


def test_a_quotation_split_over_two_passages_is_complete_at_the_later_one():
    first = Found("a.txt", "全省共有检验检测", 100, 108)
    second = Found("a.txt", "机构1706家，年营收139.6亿元", 108, 126)
    other = found("无关", start=500)
    assert first_rank([Evidence("a.txt", QUOTE)], [second, other, first]) == 3
    assert first_rank([Evidence("a.txt", QUOTE)], [second, other]) is None
    far = Found("a.txt", first.text, 900, 908)
    assert first_rank([Evidence("a.txt", QUOTE)], [second, far]) is None


def test_passages_that_overlap_are_joined_once():
    text = f"开头的话。{QUOTE}。"
    halves = [Found("a.txt", text[i:j], 200 + i, 200 + j) for i, j in ((0, 20), (12, len(text)))]
    assert first_rank([Evidence("a.txt", QUOTE)], halves) == 2


def test_passages_without_offsets_are_joined_only_where_the_words_run_on():
    halves = [Found("a.txt", "机构1706家，年营收139.6亿元"), Found("a.txt", "全省共有检验检测")]
    assert first_rank([Evidence("a.txt", QUOTE)], halves) == 2
    assert first_rank([Evidence("a.txt", QUOTE)], [halves[0], Found("a.txt", "全省共有检验的")]) is None


def test_hand_worked_figures():
    ranks = [2, None, 4]
    assert [evidence_recall(ranks, k) for k in (1, 3, 5)] == [0, 1 / 3, 2 / 3]
    assert all_evidence([1, 3], 3) == 1.0 and all_evidence(ranks, 10) == 0.0
    assert reciprocal_rank(ranks) == 1 / 2 and reciprocal_rank([None]) == 0.0
    best = 1 + 1 / log2(3) + 1 / log2(4)
    assert ndcg(ranks, 10) == pytest.approx((1 / log2(3) + 1 / log2(5)) / best)


def test_no_double_credit():
    # One passage that holds both groups is the best there is; it is not worth more than 1.
    assert ndcg([1, 1], 10) == pytest.approx(1.0)
    assert ndcg([1, 1], 1) == 1.0
    # Both at rank 2: credited at 2 and 3.
    assert ndcg([2, 2], 10) == pytest.approx((1 / log2(3) + 1 / log2(4)) / (1 + 1 / log2(3)))
    # A second passage for the same group earns nothing.
    twice = [found(QUOTE), found(QUOTE, start=900)]
    assert [first_rank([Evidence("a.txt", QUOTE)], twice)] == [1]


@given(st.integers(1, 6), st.permutations(range(20)), st.integers(0, 20))
def test_equal_to_ir_measures_where_each_passage_serves_one_group(groups, order, shown):
    """The relevant documents 0..groups-1, one a group, in a random ranking of which `shown` are retrieved."""
    run = {f"d{document}": float(100 - rank) for rank, document in enumerate(order[:shown])}
    ranks = [order.index(g) + 1 if order.index(g) < shown else None for g in range(groups)]
    qrels = {"q": {f"d{g}": 1 for g in range(groups)}}
    measures = [nDCG @ 10, nDCG @ 3, RR, R @ 5, R @ 10, P @ 5]
    theirs = ir_measures.calc_aggregate(measures, qrels, {"q": run or {"none": 1.0}})
    assert ndcg(ranks, 10) == pytest.approx(theirs[nDCG @ 10])
    assert ndcg(ranks, 3) == pytest.approx(theirs[nDCG @ 3])
    assert reciprocal_rank(ranks) == pytest.approx(theirs[RR])
    assert evidence_recall(ranks, 5) == pytest.approx(theirs[R @ 5])
    assert evidence_recall(ranks, 10) == pytest.approx(theirs[R @ 10])


@given(st.permutations(range(8)), st.integers(1, 4), st.integers(1, 8))
def test_context_precision_equals_precision(order, groups, sent):
    asked = item(*[[("a.txt", f"第{g}句证据写在这里")] for g in range(groups)])
    passages = [found(f"前文。第{n}句证据写在这里。", start=n * 100 + 1) for n in order]
    run = {f"d{n}": float(50 - rank) for rank, n in enumerate(order)}
    theirs = ir_measures.calc_aggregate([P @ sent], {"q": {f"d{g}": 1 for g in range(groups)}}, {"q": run})
    assert context_precision(asked, passages[:sent]) == pytest.approx(theirs[P @ sent])


@given(
    st.lists(st.one_of(st.none(), st.integers(1, 30)), min_size=1, max_size=6),
    st.integers(1, 12),
    st.randoms(),
)
def test_shares_do_not_depend_on_the_order_of_groups(ranks, k, random):
    shuffled = ranks[:]
    random.shuffle(shuffled)
    for measure in (evidence_recall, all_evidence, ndcg):
        assert 0.0 <= measure(ranks, k) <= 1.0 + 1e-9
        assert measure(ranks, k) == pytest.approx(measure(shuffled, k))
    assert 0.0 <= reciprocal_rank(ranks) <= 1.0


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6))
def test_more_passages_never_hurt(ranks):
    for measure in (evidence_recall, all_evidence):
        values = [measure(ranks, k) for k in range(1, 31)]
        assert values == sorted(values)


def test_evidence_share_counts_characters_in_normal_form():
    asked = item([("a.txt", "甲乙丙丁。")])
    assert evidence_share(asked, [found("前甲乙丙丁，后。"), found("戊己庚辛", start=50)]) == 4 / 10
    assert evidence_share(asked, []) == 0.0
    both = item([("a.txt", "甲乙丙丁")], [("a.txt", "乙丙丁")])
    assert evidence_share(both, [found("甲乙丙丁")]) == 1.0


def test_questions_without_evidence_have_no_retrieval_figures():
    assert retrieval_values(item(), [found("甲")], 1, []) == {}


def test_a_thousand_questions_of_twenty_passages_take_seconds():
    sentence = "{0}年{1}月，第{2}批监督抽查共检验{3}家企业的产品，发现不合格{4}批次，有关部门已依法作出处理。"
    passages = [
        found(
            "".join(sentence.format(2000 + n, i + 1, n, n * 37, i * 3 + n) for i in range(7)),
            start=n * 400 + 1,
        )
        for n in range(200)
    ]

    def work() -> None:
        for n in range(200):
            group = [Evidence("a.txt", f"第{n}批监督抽检一共检验{n * 37 + 1}家企业的产品，有关部门作了处理")]
            first_rank(group, [passages[(n * 7 + i) % 200] for i in range(20)])

    costs_less(3, work)
