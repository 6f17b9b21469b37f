import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.matching import Texts, comparable, holds, longest_common, weigh


@pytest.mark.parametrize(
    ("term", "text", "share"),
    [
        ("检测机构", "全市检测机构42家", 1.0),
        ("总经理", "公司副总经理周岚", 0.3),
        ("总经理", "副总经理周岚和总经理吴明", 1.0),
        ("螺狮粉", "柳州螺蛳粉", 0.8),
        ("董事长", "总经理", 0.0),
        ("局", "天气", 0.0),
        ("wos", "潍柴wos管理", 1.0),
        ("w", "潍柴wos管理", 0.0),
        ("20", "共2023项", 0.0),
    ],
)
def test_how_far_a_text_speaks_of_a_term(term, text, share):
    assert holds(term, text) == share


def test_a_dictionary_word_is_no_misspelling_of_another():
    assert holds("党委书记", "党组书记") == 0.0


def test_a_standard_number_is_found_with_and_without_its_space():
    assert holds("gb17761", comparable("按GB 17761—2024执行")) == 1.0


def test_nouns_weigh_more_than_verbs_of_the_same_rarity():
    weights = weigh({"机构": 2.0, "打算": 2.0}, ("机构", "打算"))
    assert weights == {"机构": 2.0, "打算": 1.0}


@pytest.mark.parametrize(
    ("one", "other", "length"), [("检测机构", "全市检测", 2), ("", "甲", 0), ("甲乙丙", "乙丙丁", 2)]
)
def test_the_longest_common_stretch(one, other, length):
    assert longest_common(one, other) == length


@given(st.text(alphabet="甲乙丙丁戊", max_size=12), st.text(alphabet="甲乙丙丁戊", max_size=12))
def test_the_longest_common_stretch_stands_in_both(one, other):
    length = longest_common(one, other)
    stretches = {one[i : i + length] for i in range(len(one) - length + 1)}
    assert any(stretch in other for stretch in stretches)
    longer = {one[i : i + length + 1] for i in range(len(one) - length)}
    assert not any(stretch in other for stretch in longer)


def test_latin_words_and_numbers_count_whole_only():
    text = comparable("标准19001.5、219001、v9001，9001.）和9001。")
    assert holds("9001", text) == 1.0
    assert [holds("9001", comparable(one)) for one in ("19001", "9001.5", "9001a", ".9001", "9001.")] == [
        0,
        0,
        0,
        0,
        1,
    ]
    assert Texts(["19001", "iso 9001", "9001.5", "9001. 9001"]).holding("9001") == [0, 1, 0, 1]
