"""Questions about the documents themselves, over a small library of a forum, a newsletter and a rule."""

from dataclasses import replace

import pytest

from index.library import Library
from index.passage import Article, Document, Speaker, Where
from index.readers import read
from rag.build import open_chatbot, open_library
from rag.overview import overview
from rag.settings import Settings

SPEECHES = (
    (
        "筑牢计量根基",
        Speaker("张晓启", "潍城计量院", "院长"),
        "计量是工业的眼睛。第一，要建好标准装置。第二，要培养计量人才。第三，要用好计量数据。谢谢大家。",
    ),
    (
        "把检验做到现场",
        Speaker("乔若兰", "远岭重工", "质量总监"),
        "检验要走进车间，离产品越近越好。检验员每天在车间复核首件产品。首件产品合格才能批量生产。"
        "食堂每周更换菜单。车间检验让不合格产品当场返工。去年夏天很热。",
    ),
    ("让认证传递信任", Speaker("陆一帆", "滨海认证中心", "主任"), "认证传递信任，信任带来订单。"),
)
NEWS = (
    ("海岳省开展仪表检查", "来源：海岳质量报\n海岳省近日检查了三百台压力仪表。检查还将继续。"),
    ("新版检定规程施行", "新版检定规程自五月起施行。各单位应当学习。"),
    ("质量月活动启动", "质量月活动在滨海启动。"),
)


def document(name, title, parts):
    """A document of articles: each a title, a speaker or None, and its text; with a speaker it has a head."""
    text, articles = "", []
    for article, speaker, body in parts:
        head = (len(text), len(text))
        if speaker:
            text += f"{article} {speaker.title} {speaker.name}\n"
            head = (head[0], len(text) - 1)
        start = len(text)
        text += body + "\n"
        articles.append(Article(article, start, start + len(body), *head, speaker=speaker))
    return Document(name, text, title=title, articles=tuple(articles))


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Library:
    library = open_library(Settings(home=tmp_path_factory.mktemp("overview")), create=True)
    library.add_many(
        (one, one.text.encode())
        for one in (
            document("论坛.txt", "质量论坛", SPEECHES),
            document("简报.txt", "", [(title, None, body) for title, body in NEWS]),
            document("制度.txt", "考勤制度", [("考勤制度", None, "上班时间为九点。下班时间为五点。")]),
        )
    )
    return library


@pytest.fixture(scope="module")
def bot(library):
    return open_chatbot(Settings(), library)


def quotes(answer):
    return [citation.quote for citation in answer.citations]


def test_who_speaks_is_answered_with_every_byline(bot):
    heads = [f"{title} {speaker.title} {speaker.name}" for title, speaker, _ in SPEECHES]
    for question in ("论坛上都有谁发言？", "一共有几位嘉宾发言", "发言的专家有哪几位？"):
        answer = bot.ask(question)
        assert quotes(answer) == heads and answer.text.count("\n") == 2


def test_a_forum_is_summed_up_by_its_headlines_and_a_newsletter_by_its_articles(bot):
    assert [quote.split()[0] for quote in quotes(bot.ask("总结一下论坛的主要观点"))] == [
        title for title, *_ in SPEECHES
    ]
    wanted = ["海岳省近日检查了三百台压力仪表。", "新版检定规程自五月起施行。", "质量月活动在滨海启动。"]
    for question in ("这份简报主要讲了什么？", "这期简报有哪些文章？"):
        assert quotes(bot.ask(question)) == wanted


def test_a_speech_that_counts_its_points_is_summed_up_by_them(bot):
    for question in ("张晓启讲了什么？", "张晓启院长的主要观点是什么", "请概括一下张晓启的发言"):
        assert quotes(bot.ask(question)) == [
            "筑牢计量根基 潍城计量院院长 张晓启",
            "第一，要建好标准装置。",
            "第二，要培养计量人才。",
            "第三，要用好计量数据。",
        ]


def test_any_other_speech_by_the_sentences_nearest_to_the_whole(bot):
    told = quotes(bot.ask("乔若兰主要讲了什么？"))
    assert told[0] == "把检验做到现场 远岭重工质量总监 乔若兰" and len(told) == 5
    assert "食堂每周更换菜单。" not in told and "去年夏天很热。" not in told


def test_documents_are_listed_within_what_may_be_read(bot):
    assert len(quotes(bot.ask("资料库里有哪些文档？"))) == 3
    one = bot.ask("资料库里有哪些文档？", where=Where(documents=frozenset(["制度.txt"])))
    assert {citation.passage.document for citation in one.citations} == {"制度.txt"}
    assert bot.ask("资料库里有哪些文档？", where=Where(readable=frozenset(["内审"]))).status == "refused"


def test_a_forum_may_be_named_and_what_is_not_listed_is_counted(bot, monkeypatch):
    assert len(quotes(bot.ask("质量论坛上有哪些专家发言？"))) == 3
    monkeypatch.setattr("rag.overview.LISTED", 2)
    answer = bot.ask("论坛上都有谁发言？")
    assert len(answer.citations) == 2 and answer.notices == ("另有 1 项未列出。1 more are not listed.",)
    answer = bot.ask("资料库里有哪些文档？")
    assert len(answer.citations) == 2 and answer.notices == ("另有 1 项未列出。1 more are not listed.",)


def test_a_file_brought_into_the_conversation_is_the_one_that_is_meant_and_nobody_else_s(tmp_path):
    common = document("制度.txt", "考勤制度", [("考勤制度", None, "上班时间为九点。")])
    brought = replace(document("附件.txt", "", [("", None, "本周三停水。周四恢复。")]), collection="~c1")
    with open_library(Settings(home=tmp_path), create=True) as library:
        library.add_many((one, one.text.encode()) for one in (common, brought))
        bot = open_chatbot(Settings(home=tmp_path), library)
        for readable, wanted in (
            (frozenset(["", "~c1"]), "附件.txt"),
            (frozenset([""]), "制度.txt"),
            (None, "制度.txt"),
        ):
            answer = bot.ask("总结一下这份文件", where=Where(readable=readable))
            assert {citation.passage.document for citation in answer.citations} == {wanted}


def test_every_quotation_is_an_exact_stretch_of_its_document(bot, library):
    for question in ("总结一下论坛的主要观点", "乔若兰主要讲了什么？", "资料库里有哪些文档？"):
        for citation in bot.ask(question).citations:
            text = library.document(citation.passage.document).text
            assert citation.quote == text[citation.start : citation.end]


@pytest.mark.parametrize(
    "question",
    [
        "张晓启对计量人才讲了什么？",
        "下班时间是几点？",
        "考勤制度第三条说了什么？",
        "张晓启最喜欢的小说是什么？",
        "刘备讲了什么？",
        "概括一下返工的原因",
        "车间有哪些人参加了发言比赛？",
        "",
    ],
)
def test_a_question_for_anything_more_is_not_about_the_documents(library, bot, question):
    hits = bot.retriever.search(question, 8) if question else []
    assert overview(question, hits, library, None) is None


def test_a_rule_of_chapters_is_summed_up_by_how_each_begins(tmp_path):
    text = """# 潍城仪表厂用印规定

## 第一章 总则

第一条 为规范用印，制定本规定。

## 第二章 申请

第二条 用印应当申请。

第三条 当天批复。

## 第三章 附则

第四条 本规定自印发之日起施行。
"""
    with open_library(Settings(home=tmp_path), create=True) as library:
        library.add(read(text.encode(), "用印.md"), text.encode())
        answer = open_chatbot(Settings(home=tmp_path), library).ask("用印规定的主要内容是什么？")
    assert quotes(answer) == [
        "第一条 为规范用印，制定本规定。",
        "第二条 用印应当申请。",
        "第四条 本规定自印发之日起施行。",
    ]
