from rag.matching import comparable, holds
from rag.synonyms import SAID_OTHERWISE, WORDS, says, synonyms, whole


def test_a_colloquial_word_is_spoken_of_in_other_words():
    text = comparable("本月共投入12万元，其中3万元由承运方支付。")
    assert holds("花", text) == 0 and says("花", text) == SAID_OTHERWISE


def test_the_word_itself_is_worth_more():
    assert says("员工", "全体员工") == 1.0 and says("员工", "全体职工") == SAID_OTHERWISE


def test_what_is_near_in_meaning_but_not_the_same_is_no_synonym():
    for one, other in (("利润", "营业收入"), ("总经理", "副总经理"), ("电话", "地址"), ("校长", "院长")):
        assert other not in synonyms(one) and one not in synonyms(other)


def test_a_word_of_the_list_is_one_word_however_it_is_cut():
    assert whole(["问题", "充电", "宝", "多"]) == ["问题", "充电宝", "多"]
    assert whole([]) == []


def test_the_list_is_in_order():
    lines = WORDS.read_text(encoding="utf-8").splitlines()[1:]
    assert lines == sorted(lines) and len(lines) == len(set(lines))
    assert all(len(line.split()) > 1 and len(set(line.split())) == len(line.split()) for line in lines)
