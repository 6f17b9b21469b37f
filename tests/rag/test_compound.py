"""Questions that hold several, and those that are one."""

import pytest

from rag.compound import compares, questions_in


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("青澜市局的电话是多少，明湖市局的电话是多少", ("青澜市局的电话是多少", "明湖市局的电话是多少")),
        (
            "信达百货和喜乐娱乐集团在2021年和2017年的净利润分别是多少？",
            ("信达百货在2021年的净利润是多少？", "喜乐娱乐集团在2017年的净利润是多少？"),
        ),
        (
            "比较2017年绿源环保有限公司和2021年蓝天旅游有限公司的排放量，哪家公司的排放量更高？",
            ("2017年绿源环保有限公司的排放量", "2021年蓝天旅游有限公司的排放量"),
        ),
        ("电饭煲抽查了多少批次，不合格率是多少？", ()),
        ("远岭重工和宏绵密封件签了什么协议？", ()),
    ],
)
def test_what_is_asked_at_once(question, parts):
    assert questions_in(question) == parts


def test_the_second_question_takes_its_subject_from_the_first():
    first, second = questions_in("奇瑞要建多少个实验室？现在有多少个？")
    assert first == "奇瑞要建多少个实验室？" and "奇瑞" in second


def test_a_comparison_needs_both():
    assert compares("甲厂和乙厂哪家的产量更高？") and not compares("甲厂和乙厂的产量各是多少？")
