import pytest

from rag.answer import Turn
from rag.question import constraints, content_terms, head_noun, stand_alone, understand


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("质检院的院长是谁？", "who"),
        ("《计量办法》哪天施行？", "when"),
        ("全市有多少家检测机构？", "number"),
        ("哪些城市建了服务站？", "list"),
        ("为什么要召回？", "why"),
        ("怎样校准压力表？", "how"),
        ("介绍一下质量月", "other"),
    ],
)
def test_what_is_asked(text, asks):
    assert understand(text).asks == asks


def test_question_words_are_not_content():
    terms = content_terms("滨海市有多少家检测机构？")
    assert "检测" in "".join(terms) and not {"有", "多少", "家"} & set(terms)


def test_constraints_are_titles_standards_places_and_years():
    found = {
        (one.kind, one.key) for one in constraints("2023年江苏按《计量办法》和GB/T 19001-2016认证了多少家？")
    }
    assert {
        ("year", "2023"),
        ("place", "江苏"),
        ("title", "计量办法"),
        ("standard", "gb/t19001"),
    } <= found


def test_the_year_of_a_standard_is_no_year_asked_about():
    assert [one.kind for one in constraints("GB/T 19001—2016规定了什么？")] == ["standard"]


@pytest.mark.parametrize(
    ("text", "noun"),
    [
        ("潍城动力的净利润是多少？", "净利润"),
        ("明湖市抽查了多少批次儿童餐具？", "餐具"),
        ("质检院的院长是谁？", "院长"),
        ("为什么要召回？", ""),
        ("可靠性工程的三个阶段分别侧重什么？", ""),
    ],
)
def test_the_noun_that_is_asked_about(text, noun):
    assert head_noun(text) == noun


def test_a_known_name_is_one_term():
    assert content_terms("张斯光是什么职务？", ["张斯光"])[0] == "张斯光"


def test_a_first_question_stands_alone():
    assert stand_alone("年营收呢？", []) == "年营收呢？"


def test_an_elliptic_question_takes_the_last_subject():
    turns = [Turn("安徽有多少家检测机构？", "42家。")]
    assert "安徽" in stand_alone("年营收呢？", turns) and "年营收" in stand_alone("年营收呢？", turns)


def test_another_place_takes_the_place_of_the_last():
    turns = [Turn("浙江在标准国际化上做了什么？", "…")]
    assert stand_alone("黑龙江呢？", turns) == "黑龙江在标准国际化上做了什么？"


def test_a_pronoun_brings_in_the_last_subject():
    turns = [Turn("《行业办法》什么时候施行？", "6月1日。")]
    assert "《行业办法》" in stand_alone("它怎么防范限制竞争？", turns)


def test_a_full_question_after_others_stays_as_it_is():
    turns = [Turn("安徽有多少家检测机构？", "42家。")]
    assert stand_alone("潍坊的质量奖评选标准有哪些要求？", turns) == "潍坊的质量奖评选标准有哪些要求？"
