import pytest

from rag.answer import Done, Turn
from rag.courtesy import FAREWELL, GREETING, THANKS, reply_to


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("你好", GREETING),
        ("您好！", GREETING),
        ("早上好呀", GREETING),
        ("在吗？", GREETING),
        ("Hello!", GREETING),
        ("你是谁？", GREETING),
        ("你好，你能做什么", GREETING),
        ("怎么用", GREETING),
        ("谢谢你！", THANKS),
        ("好的，谢谢", THANKS),
        ("嗯嗯", THANKS),
        ("好", THANKS),
        ("再见~", FAREWELL),
    ],
)
def test_what_is_no_question_is_replied_to(said, reply):
    assert reply_to(said) == reply


@pytest.mark.parametrize(
    "said",
    [
        "",
        "你好，哪天放假？",
        "谢谢，电话是多少",
        "怎么用游标卡尺",
        "你公司是谁",
        "帮助台电话",
        "再见面时间",
    ],
)
def test_a_question_stays_one(said):
    assert reply_to(said) == ""


def test_the_chat_replies_without_citing_or_searching(chatbot):
    answer = chatbot.ask("你好")
    assert (answer.text, answer.citations, answer.hits) == (GREETING, (), ())
    assert isinstance(list(chatbot.stream("谢谢"))[-1], Done)


def test_a_question_after_thanks_goes_on_with_what_was_asked_before(chatbot):
    turns = [Turn("海岳省有多少家检验检测机构？", "1706家。[1]"), Turn("谢谢", THANKS)]
    assert "海岳省" in chatbot.ask("年营收呢？", turns).standalone_question
