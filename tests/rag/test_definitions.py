import pytest

from index.passage import Passage
from index.sections import STEP
from rag.definitions import IN_GLOSSARY, SAYS, definition_of
from rag.matching import comparable


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("什么是关键特性？", "关键特性"),
        ("请问什么是关键特性", "关键特性"),
        ("“首批”是指前几批？", "首批"),
        ("静默变更是什么意思？", "静默变更"),
        ("NQI的全称是什么？", "nqi"),
        ("法律上说的“缺陷”指什么？", "缺陷"),
    ],
)
def test_the_word_whose_meaning_is_asked_for(question, word):
    definition = definition_of(comparable(question))
    assert definition is not None and definition.word == word


def test_other_questions_ask_for_no_meaning():
    assert definition_of("滨海有多少家检测站") is None


def worth(text, heading="", start=0):
    definition = definition_of(comparable("什么是关键特性？"))
    return definition.worth(Passage("a.txt", 0, len(text), text, heading=heading), start, comparable(text))


def test_the_first_sentence_below_the_word_in_a_glossary_defines_it():
    text = "可能影响人身安全的特性。"
    assert worth(text, f"3 术语和定义{STEP}3.1 关键特性") == IN_GLOSSARY
    assert worth(text, f"3 术语和定义{STEP}3.2 重要特性") == 0
    assert worth(text, f"5 检验{STEP}5.1 关键特性") == 0
    assert worth(text, f"3 术语和定义{STEP}3.1 关键特性", start=20) == 0


def test_a_sentence_says_what_a_thing_is():
    assert worth("关键特性，是指影响安全的特性。") == SAYS and worth("检验关键特性。") == 0
