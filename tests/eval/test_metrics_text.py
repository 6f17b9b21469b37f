import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.text import Statement, arabic, holds, lcs_length, mark_numbers, normal, statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("共1,971项，增长 110.6%[1]。", "共1971项增长110.6%"),
        ("2023、24", "2023 24"),
        ("100，200", "100 200"),
        ("標準“化”（試點）", "标准化试点"),
        ("The ISO 9001 standard【2】", "the iso9001standard"),
        ("A、B级", "a b级"),
        ("①甲●乙［12］ ", "1甲乙"),
    ],
)
def test_normal_form(text, expected):
    assert normal(text) == expected


@given(st.text(alphabet="甲乙標ab12２，。、.,[]［］【】% ·　-—●①“”\n"))
def test_the_normal_form_is_its_own(text):
    assert normal(normal(text)) == normal(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三十日内", "30日内"),
        ("二〇二三年九月五日", "2023年9月5日"),
        ("百分之五点三", "5.3%"),
        ("三千万户", "3000万户"),
        ("统一部署，一些零件", "统一部署，一些零件"),
        ("3千克、5百万元", "3千克、5百万元"),
    ],
)
def test_numerals_that_count_something_become_digits(text, expected):
    assert arabic(text) == expected


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("共66 项", "66项", True),
        ("共66项", "6项", False),
        ("有2023家", "20", False),
        ("9.5个", "9", False),
        ("占1.5", "5", False),
        ("三十日内答复", "30日", True),
        ("一共三个", "三", True),
        ("The chairman", "chair", False),
        ("ISO9001认证", "ISO 9001", True),
        ("随便什么", "……", False),
    ],
)
def test_numbers_and_words_only_count_whole(text, part, expected):
    assert holds(text, part) is expected


def naive_lcs(one, other):
    row = [0] * (len(other) + 1)
    for a in one:
        before = row[:]
        for j, b in enumerate(other, start=1):
            row[j] = before[j - 1] + 1 if a == b else max(before[j], row[j - 1])
    return row[-1]


@given(st.text(alphabet="甲乙丙12", max_size=40), st.text(alphabet="甲乙丙12", max_size=40))
def test_common_subsequence_equals_the_table_of_dynamic_programming(one, other):
    assert lcs_length(one, other) == lcs_length(other, one) == naive_lcs(one, other)


def test_common_subsequence_of_a_worked_example():
    assert lcs_length("abcbdab", "bdcaba") == 4  # bcba: Cormen et al., section 15.4


def test_a_mark_belongs_to_the_sentence_before_it():
    assert statements("甲很好[1]。乙不错。[2][3]丙多[4,5]") == [
        Statement("甲很好。", (1,)),
        Statement("乙不错。", (2, 3)),
        Statement("丙多", (4, 5)),
    ]


def test_parts_at_semicolons_share_the_mark_behind_them():
    assert statements("甲3项；乙5项[1]。") == [Statement("甲3项；", (1,)), Statement("乙5项。", (1,))]
    assert statements("甲3项[1]；乙5项[2]。") == [Statement("甲3项；", (1,)), Statement("乙5项。", (2,))]


def test_nothing_is_parted_inside_quotes_and_numbers():
    assert [one.text for one in statements("他说：“好；坏。”增长3.5%[1]。")] == [
        "他说：“好；坏。”",
        "增长3.5%。",
    ]
    assert [one.text for one in statements("“没有收尾；于是分开[1]。")] == ["“没有收尾；", "于是分开。"]


def test_headings_and_lead_ins_are_no_claims():
    assert [one.text for one in statements("## 主要情况\n主要有以下几点：\n1. 抽查了312家企业[1]。")] == [
        "抽查了312家企业。"
    ]
    assert [one.text for one in statements("三家")] == ["三家"]  # all there is of an answer is a claim


@given(st.text(alphabet="甲乙。；[]12“”（）\n，", max_size=60))
def test_no_mark_is_lost_or_invented(answer):
    marks = {mark for one in statements(answer) for mark in one.marks}
    assert marks <= set(mark_numbers(answer))
