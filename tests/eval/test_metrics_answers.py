import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gold import Fact, GoldItem
from eval.metrics.answers import (
    answer_values,
    char_f1,
    exact_match,
    fact_recall,
    number_precision,
    rouge_l,
    similarity,
    tick,
)
from eval.metrics.quantities import amounts, dates, unit_of
from eval.record import Record


def number(value, unit, tolerance=0.0, kind="number"):
    return Fact(type=kind, value=value, unit=unit, tolerance=tolerance)


def date(value):
    return Fact(type="date", value=value)


def score(item, answer, status="answered", **options):
    values, _ = answer_values(
        item, Record("q", item.question, status, answer), status == "refused", **options
    )
    return values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("共1708万户", [(17_080_000, "户")]),
        ("约占三成，提高3.5个百分点", [(30, "%"), (3.5, "百分点")]),
        ("3—5万元", [(30_000, "元"), (50_000, "元")]),
        ("1亿2000万元、￥30万", [(120_000_000, "元"), (300_000, "元")]),
        ("1.5公里；300克；90分钟", [(1500, "米"), (300, "克"), (5400, "秒")]),
        ("1,300多家企业，十五个工作日", [(1300, "家"), (15, "工作日")]),
        ("2023年9月30日发布5项", [(5, "项")]),
        ("5千瓦时", [(5, "千瓦时")]),
        ("统一项目", []),
        ("-5℃，5万亿元", [(-5, "°c"), (5e12, "元")]),
        ("60km/h", [(60, "")]),
    ],
)
def test_amounts(text, expected):
    assert [(one.value, one.unit) for one in amounts(text)] == [
        (pytest.approx(value), unit) for value, unit in expected
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023年9月5日至8日", ["2023-09-05", "2023-09-08"]),
        ("二〇二二年十月", ["2022-10"]),
        ("2024-01-02，2024/3/4，2024.5.6", ["2024-01-02", "2024-03-04", "2024-05-06"]),
        ("2023年度，其中9月", ["2023", "2023-09"]),
        ("9月5日", []),
        ("GB/T 2023-2019", []),
    ],
)
def test_dates(text, expected):
    assert [one.iso for one in dates(text)] == expected


def test_units_are_converted():
    assert unit_of("万元") == ("元", 10_000.0)
    assert unit_of("小时") == ("秒", 3600.0)
    assert unit_of("颗星") == ("颗星", 1.0)


@pytest.mark.parametrize(
    ("fact", "answer", "found"),
    [
        (number(30, "日"), "应在三十日内答复", True),
        (number(30, "日"), "应在30天内答复", True),
        (number(30, "日"), "应在30个工作日内答复", False),
        (number(1708, "万户"), "修复17080000户", True),
        (number(0.86, "亿元"), "授信8600万元", True),
        (number(66, "项"), "共166项", False),
        (number(66, "项"), "共66个", True),  # 个 stands for any counter
        (number(66, "项"), "66", True),  # nothing behind it: what was asked for
        (number(66, "项"), "66家", False),
        (number(66, "项"), "共66项，其中强制性标准12项", True),  # other values do no harm
        (number(66, "项"), "不是66项", False),
        (number(66, "项"), "共66项或56项", False),
        (number(66, "项"), "发布标准66项。后文又说发布标准，发布标准56项", False),
        (number(66, "项", 1), "约67项", True),
        (number(9, "位"), "居全国第9位", True),
        (number(26, "届"), "第26届", True),
        (number(3, "条"), "按第3条办理", False),
        (number(3, "条"), "按第三条办理", False),
        (number(3, "条"), "共3条", True),
        (number(1, "次"), "一次性合格率", False),
        (number(30, "日"), "130日内", False),
        (number(7.5, "%", kind="percent"), "17.5%", False),
        (number(7.5, "%", kind="percent"), "百分之七点五", True),
        (number(1.5, "万元"), "共15000元", True),
        (number(1.5, "万元"), "一万五千元", True),
        (number(1.5, "亿元"), "1.2亿3千万元", True),
        (number(5, "℃"), "零下5℃", False),
        (number(5, "℃"), "温度为负5℃", False),
        (number(-5, "℃"), "零下五度", True),
        (number(5, "%", kind="percent"), "正负5%", True),
        (number(3, "年"), "三至五年", True),
        (number(5, "年"), "三到五年", True),
        (number(5, "日"), "2023年9月3—5日", False),  # a date is no length of time
        (date("2023-09-03"), "2023年9月3—5日", True),
        (date("2023-09-05"), "2023年9月3—5日", True),
        (date("2023"), "编号12023年", False),
        (number(5, "%", kind="percent"), "增长百分之五", True),
        (number(5, "%", kind="percent"), "提高5个百分点", False),
        (number(30, "%", kind="percent"), "约占三成", True),
        (number(3.5, "百分点"), "下降3.5个百分点", True),
        (date("2023-09"), "自2023年9月5日起", True),
        (date("2023-09"), "二〇二三年九月", True),
        (date("2023-09-05"), "2023年9月", False),
        (date("2023"), "2022年", False),
        (date("2023-10"), "2023年9月开幕，10月闭幕", True),
    ],
)
def test_facts_by_value(fact, answer, found):
    assert tick(fact, answer).found == found


@pytest.mark.parametrize(
    ("text", "answer", "found"),
    [
        ("3条", "按第3条办理", False),
        ("第3条", "按第三条办理", True),
        ("第3条", "按第13条办理", False),
        ("三分之一", "约占三分之一", True),
        ("三分之一", "约占十三分之一", False),
    ],
)
def test_texts_with_numbers_count_whole(text, answer, found):
    assert tick(Fact(any=(text,)), answer).found == found


def test_a_missing_year_is_that_of_the_question():
    assert tick(date("2023-09-05"), "9月5日", "2023年质量大会是哪天开的？").found == 1
    assert tick(date("2023-09-05"), "9月5日", "2022年和2023年各是哪天？").found == 0


def test_other_ways_to_say_a_number_count_too():
    assert tick(Fact(type="number", value=0.5, unit="", any=("一半",)), "占了一半").found == 1


def test_lists_count_by_share():
    fact = Fact(type="list", members=(("河北", "冀"), ("江苏",), ("湖北",)))
    assert tick(fact, "河北、江苏").found == pytest.approx(2 / 3)
    assert tick(Fact(type="list", members=fact.members, least=2), "冀和湖北").found == 1
    assert tick(fact, "").found == 0


def test_every_vital_fact_and_nothing_forbidden_makes_an_answer_correct():
    item = GoldItem(
        "q", "多少？", facts=(Fact(any=("42家",)), Fact(any=("去年",), vital=False)), forbidden=("2022年",)
    )
    assert score(item, "共42 家[1]。") == {
        "correct": 1.0,
        "fact_recall": 1.0,
        "fact_recall_all": 0.5,
        "forbidden": 0.0,
    }
    assert score(item, "42家，与2022年相同")["correct"] == 0
    assert score(item, "没有找到", "refused") == {
        "correct": 0.0,
        "fact_recall": 0.0,
        "fact_recall_all": 0.0,
        "forbidden": 0.0,
    }
    assert score(item, "42家", "error")["correct"] == 0


def test_facts_behind_the_limit_do_not_count():
    item = GoldItem("q", "多少？", facts=(Fact(any=("42家",)),))
    late = "无" * 200 + "42家"
    assert score(item, late)["correct"] == 0
    assert score(item, late, limit=0)["correct"] == 1
    assert score(item, "无[1]" * 190 + "42家")["correct"] == 1  # marks are no part of the answer


@pytest.mark.parametrize(
    ("answers", "said", "correct"),
    [
        (("韩永生",), "发言的是局长韩永生。", 1),
        (("1706家",), "11706家", 0),
        (("增强质量意识，推进质量强国建设",), "推进质量强国建设", 1),
        (("增强质量意识，推进质量强国建设",), "质量", 0),
        (("2023年9月在北京举行",), "在北京举行的", 0),
        (("是",), "是的，可以。", 1),
        (("是",), "不是。", 0),
        (("甲", "乙厂"), "乙厂", 1),
    ],
)
def test_without_facts_a_reference_answer_decides(answers, said, correct):
    assert score(GoldItem("q", "谁？", answers=answers), said)["correct"] == correct


def test_what_nothing_can_grade_has_no_correct():
    assert "correct" not in score(GoldItem("q", "谁？"), "某人")
    assert score(GoldItem("q", "谁？", forbidden=("甲",)), "甲")["correct"] == 0


def test_one_changed_year_is_wrong_however_alike():
    answer = (
        "2023年全国质量月的主题是增强质量意识、推进质量强国建设，活动由市场监管总局会同多个部门共同组织开展。"
    )
    item = GoldItem("q", "主题？", answers=(answer,), facts=(date("2023"), Fact(any=("增强质量意识",))))
    assert score(item, answer)["correct"] == 1
    swapped = score(item, answer.replace("2023", "2022"))
    assert swapped["correct"] == 0
    assert swapped["char_f1"] > 0.97 and swapped["rouge_l"] > 0.97


def test_likeness_by_hand():
    assert char_f1("甲乙丙", "甲乙丁戊") == 2 * 2 / 7
    assert rouge_l("丙乙甲", "甲乙丙") == 2 * 1 / 6  # a character salad: character F1 is 1
    assert char_f1("丙乙甲", "甲乙丙") == 1
    assert exact_match("1,300家。", "1300 家") == 1
    assert char_f1("", "甲") == 0 and char_f1("", "") == 1


@given(st.text(alphabet="甲乙1。[]", max_size=20), st.text(alphabet="甲乙1。[]", max_size=20))
def test_likeness_is_a_share_and_symmetric(one, other):
    for measure in (char_f1, rouge_l, exact_match):
        assert 0 <= measure(one, other) <= 1
        assert measure(one, other) == measure(other, one)
        assert measure(one, one) == 1


def test_similarity_needs_an_embedder():
    def embed(texts):
        return np.array([[1.0, 0.0] if "甲" in text else [0.6, 0.8] for text in texts], dtype=np.float32)

    assert similarity("甲", ["乙", "丙"], embed) == pytest.approx(0.6)
    item = GoldItem("q", "？", answers=("甲",))
    assert score(item, "甲", embed=embed)["similarity"] == 1
    assert score(item, "", "refused", embed=embed)["similarity"] == 0
    assert "similarity" not in score(item, "甲")


def test_number_precision():
    assert number_precision("2023年共42家，增长5%[1]", ["2023年", "有四十二家"]) == pytest.approx(2 / 3)
    assert number_precision("1. 共42家\n2. 增长", ["42家"]) == 1.0
    quoted = "4. 9月底前完成另外3台的排查"
    assert number_precision(f"{quoted}。[1]", [quoted]) == 1.0
    assert number_precision("没有数字", ["42"]) is None
    assert number_precision("各类零件", []) is None


@given(st.permutations([Fact(any=("甲",)), Fact(any=("乙",), vital=False), number(5, "家")]))
def test_fact_recall_does_not_depend_on_order(facts):
    ticks = [tick(fact, "甲有5家") for fact in facts]
    assert fact_recall(ticks, vital_only=True) == 1.0
    assert fact_recall(ticks, vital_only=False) == pytest.approx(2 / 3)


@given(st.text(max_size=60), st.floats(-1e6, 1e6), st.sampled_from(["项", "万元", "%", "", "颗星"]))
def test_any_text_can_be_read(text, value, unit):
    assert tick(number(value, unit), text).found in (0.0, 1.0)
    assert tick(date("2023-09"), text).found in (0.0, 1.0)
