import pytest

from rag.pairs import each_of


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("滨海和潍城各有多少家检测站？", "滨海各有多少家检测站？", "潍城各有多少家检测站？"),
        ("铸铁件与铝铸件的废品率分别是多少？", "铸铁件的废品率分别是多少？", "铝铸件的废品率分别是多少？"),
        ("窄义的检具和广义的检具有什么区别？", "窄义的检具有什么区别？", "广义的检具有什么区别？"),
        (
            "今年上半年和去年上半年的产量各是多少？",
            "今年上半年的产量各是多少？",
            "去年上半年的产量各是多少？",
        ),
    ],
)
def test_what_is_asked_of_two_things_is_asked_of_each(question, first, second):
    assert each_of(question) == (first, second)


@pytest.mark.parametrize(
    "question",
    [
        "质量和安全部的部长是谁？",  # one name
        "滨海有多少家检测站？",
        "滨海、潍城和云岭各有多少家检测站？",  # three
        "和谁分别？",
        "",
    ],
)
def test_other_questions_are_one(question):
    assert each_of(question) == ()
