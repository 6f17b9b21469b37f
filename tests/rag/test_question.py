import pytest

from rag.question import constraints, content_terms, head_noun, understand, wording


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


def test_a_deputy_is_another_office_than_its_superior():
    assert content_terms("滨海市的副市长是谁？")[-1] == "副市长"
    assert head_noun("滨海市的副市长是谁？") == "副市长"
    assert "副眼镜" not in content_terms("一副眼镜多少钱？")


def test_a_year_behind_a_latin_name_is_no_version_of_it():
    asked = understand("BHJ2024年查了多少家？")
    assert [one.key for one in asked.constraints] == ["2024"]
    assert "bhj" in asked.terms


def test_greetings_are_not_looked_for():
    assert content_terms("早上好！请教一下，卡尺为啥不准？") == content_terms("卡尺不准")


def test_the_level_that_is_asked_for_is_one_word():
    assert "级别" in content_terms("这家厂是什么级别的供应商？")


def test_the_wording_is_what_the_question_has_of_it():
    for text in ("张伟在哪家企业推行iPhone2024年标准？", "什么是QC？"):
        whole = understand(text, ["张伟"])
        assert wording(text, ["张伟"]) == (whole.standalone, whole.terms)


def test_a_unit_behind_a_number_begins_no_name():
    assert {"年", "云翼"} <= set(content_terms("2019年云翼航空的营业收入是多少？"))


def test_a_word_with_synonyms_is_one_term():
    assert content_terms("召回的充电宝有多少？") == ("召回", "充电宝")
