import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.facts import chinese_value, missing, names, numbers


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("三十六", 36),
        ("十二", 12),
        ("二〇二三", 2023),
        ("一千零五", 1005),
        ("两百", 200),
        ("个", None),
        ("", None),
    ],
)
def test_chinese_numerals(numeral, value):
    assert chinese_value(numeral) == value


def test_numbers_are_compared_by_value():
    assert numbers("13.1万张") == {"131000"}
    assert numbers("131,000 张") == {"131000"}
    assert numbers("同比增长 110.6%") == {"110.6%"}
    assert numbers("三项标准，12个月") == {"3", "12"}
    assert numbers("1.5亿元") == {"150000000"}


def test_the_number_of_a_point_is_no_part_of_the_date_behind_it():
    assert numbers("4. 9月底前完成另外3台的排查") == {"4", "9", "3"}
    assert numbers("4．９月底") == {"4.9"} and numbers("4． ９月底") == {"4", "9"}
    assert missing("9月底前完成排查", "3. 已完成\n4. 9月底前完成排查") == []
    assert missing("占4.9%", "4. 9%") == ["4.9%"]


def test_a_percentage_is_not_the_bare_number():
    assert missing("增长20%", "增长20") == ["20%"]


def test_names_are_titles_standards_and_latin_words():
    assert names("按《标准化法》和GB/T 19001—2016，NQI很重要") >= {"标准化法", "gb/t19001-2016", "nqi"}


def test_spaces_and_full_width_do_not_matter():
    assert missing("2024年6月1日起施行", "将于 ２０２４ 年 6 月 1 日起正式施行") == []


def test_a_changed_year_is_missing():
    assert missing("2022年出台", "2023年出台") == ["2022"]


@given(st.integers(min_value=0, max_value=10**9))
def test_every_integer_is_read_back(value):
    assert numbers(f"共{value}件") == {str(value)}


def test_a_word_that_begins_with_zero_is_no_number():
    assert numbers("零部件和零件") == set() and numbers("三个零件") == {"3"}
