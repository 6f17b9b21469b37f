"""Names of firms and institutions: which words make one, what stands for it, and whose passages are quoted."""

import pytest

from index.passage import Article, Document
from rag.build import open_chatbot, open_library
from rag.matching import comparable
from rag.named import names_in, of_others
from rag.settings import Settings


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("宏绵公司采取了哪些纠正措施？", ["宏绵公司"]),
        ("远岭电器的供应商分几级？", ["远岭电器"]),
        ("请问泊江市宏绵密封件有限公司的地址？", ["泊江市宏绵密封件有限公司"]),
        ("和润电器发出多少套检具？", ["和润电器"]),
        ("华为公司的年假有几天？", ["华为公司"]),
        ("海岳大学有多少名教授？", ["海岳大学"]),
        ("霜叶市第一人民医院在哪里？", ["霜叶市第一人民医院"]),
        ("我们宏绵公司的年假有几天？", []),
        ("该公司何时成立？", []),
        ("上市公司要披露什么？", []),
        ("检验机构和生产企业有什么责任？", []),
        ("质量管理委员会的职责是什么？", []),
    ],
)
def test_a_name_is_told_by_its_form(question, names):
    assert [name.shown for name in names_in(question)] == names


@pytest.mark.parametrize(
    ("asked", "text", "stands"),
    [
        ("远岭公司", "远岭重工股份有限公司的规定", True),
        ("远岭重工股份有限公司", "远岭的供应商", True),
        ("远岭重工", "远岭重工的供应商", True),
        ("远岭电器", "远岭重工的供应商", False),
        ("宏绵公司", "远岭重工的供应商", False),
        ("泊江市宏绵密封件有限公司", "宏绵的来函", True),
        ("海岳大学", "海岳理工大学教授", False),
        ("海岳省计量院", "海岳省计量科学研究院", True),
        ("青澜市市场监管局", "明湖市市场监管局", False),
    ],
)
def test_what_stands_for_a_name(asked, text, stands):
    (name,) = names_in(asked)
    assert name.stands_in(comparable(text)) is stands


@pytest.fixture
def chatbot(tmp_path):
    """One library of two firms' rules."""
    texts = {
        "远岭重工供应商规定": "远岭重工的供应商分为三级。评分低于60分的供应商退出。",
        "和润电器供应商规定": "供应商分为五级。供应商由采购部评价，每年一次。",
    }
    with open_library(Settings(home=tmp_path), create=True) as library:
        for title, text in texts.items():
            article = Article(title, 0, len(text))
            library.add(Document(f"{title}.txt", text, title=title, articles=(article,)), text.encode())
        yield open_chatbot(Settings(home=tmp_path), library)


def test_a_rule_of_another_firm_is_not_quoted(chatbot):
    answer = chatbot.ask("和润电器的供应商分为几级？")
    assert "五级" in answer.text and "三级" not in answer.text, answer.text
    for nobody in ("恒沛公司", "远岭电器"):
        refused = chatbot.ask(f"{nobody}的供应商分为几级？")
        assert refused.status == "refused" and nobody in refused.text and "最接近的资料" in refused.text


def test_each_of_two_questions_is_answered_or_named(chatbot):
    both = chatbot.ask("远岭重工和和润电器的供应商分别分为几级？")
    assert "三级" in both.text and "五级" in both.text
    one = chatbot.ask("远岭重工的供应商分为几级，恒沛公司的供应商分为几级？")
    assert "三级" in one.text and any("恒沛公司" in notice for notice in one.notices)


def test_without_a_name_everybody_is_quoted(chatbot):
    hits = chatbot.retriever.search("供应商分为几级？", 4)
    assert of_others("供应商分为几级？", hits, chatbot.library) == (set(), [])
