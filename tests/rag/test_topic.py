"""Questions for a whole section of a rule, by its heading."""

import pytest

from index.library import Library
from index.readers import read
from rag.build import open_chatbot, open_library
from rag.settings import Settings

RULE = """# 潍城仪表厂压力表管理规定

## 一、采购与验收

压力表由设备科统一采购。到货后三日内验收。

## 二、送检

压力表每半年送检一次。送检单由班组长填写。

## 三、报废时间

指针不能回零的压力表当天报废。

## 四、有关要求

各车间不得自行拆修压力表。
附件：1. 送检单
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Library:
    library = open_library(Settings(home=tmp_path_factory.mktemp("topic")), create=True)
    library.add(read(RULE.encode(), "压力表管理规定.md"), RULE.encode())
    return library


@pytest.fixture(scope="module")
def bot(library):
    return open_chatbot(Settings(), library)


def quoted(answer):
    return "".join(citation.quote for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("压力表怎么送检？", "压力表每半年送检一次。送检单由班组长填写。"),
        ("压力表如何验收？", "压力表由设备科统一采购。到货后三日内验收。"),
        ("压力表的采购流程是什么", "压力表由设备科统一采购。到货后三日内验收。"),
        ("压力表管理有什么要求？", "各车间不得自行拆修压力表。"),
    ],
)
def test_a_section_is_quoted_whole_when_its_heading_is_asked_for(bot, question, section):
    assert quoted(bot.ask(question)) == section


def test_every_quotation_is_an_exact_stretch_of_its_document(bot, library):
    text = library.document("压力表管理规定.md").text
    answer = bot.ask("压力表怎么送检？")
    assert all(one.quote == text[one.start : one.end] for one in answer.citations) and answer.citations


@pytest.mark.parametrize(
    "question",
    [
        "送检单由谁填写？",  # a detail
        "压力表怎么报废？",  # the section is about the time only
        "温度计怎么送检？",  # of something else
        "压力表怎么送检，多久一次？",  # two things
    ],
)
def test_a_question_for_anything_else_is_answered_by_sentences(bot, question):
    assert not any(citation.quote == "压力表由设备科统一采购。" for citation in bot.ask(question).citations)
    assert quoted(bot.ask(question)) != "压力表每半年送检一次。送检单由班组长填写。"
