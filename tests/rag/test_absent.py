"""Clauses that a question names: there, spoken of by somebody else, or absent."""

from collections.abc import Iterator, Sequence

import pytest

from index.library import Library
from index.passage import Passage
from rag.absent import absent
from rag.answer import Turn
from rag.build import open_chatbot, open_library
from rag.chatbot import Chatbot
from rag.evidence import Evidence
from rag.question import Question
from rag.retrieve import Retriever
from rag.settings import Settings


def passage(text: str, article: str = "", document: str = "a.txt", heading: str = "") -> Passage:
    return Passage(document, 0, len(text), text, article=article, heading=heading)


LAMPS = "《灯具质量法》第二十六条规定了什么？"


@pytest.mark.parametrize(
    "found",
    [
        passage("第二十六条 甲。", "中华人民共和国灯具质量法"),
        passage("第二十六条 甲。", document="法规/灯具质量法（2018年修正）.md"),
        passage("甲。", "灯具质量法释义", heading="第三章 › 第二十六条"),
        passage("甲。", "法规汇编", heading="灯具质量法 › 第二十六条"),
        passage("根据《灯具质量法》第二十六条，罚款12万元。", "质量简报"),
        passage("违反灯具质量法第26条的，罚款。", "质量简报"),
        passage("依照《灯具质量法》第二十五条、第二十六条处罚。", "质量简报"),
        passage("第二十六条讲的是责任。", "《灯具质量法》解读"),
    ],
)
def test_a_clause_that_stands_there_or_is_named_is_not_absent(found: Passage) -> None:
    assert absent(LAMPS, [found]) == ((), False)


@pytest.mark.parametrize(
    "found",
    [
        passage("第二十六条 甲。", "中华人民共和国计量法"),
        passage("第二十六条 甲。", "灯具质量法实施条例"),
        passage("第二十六条 甲。", "海洋灯具质量法"),
        passage("第二十五条 甲。", "中华人民共和国灯具质量法"),
        passage("第五十条 违反本法第二十六条的，罚款。", "中华人民共和国灯具质量法"),
        passage("根据《灯具质量法》，罚款。根据《计量法》第二十六条，没收。", "质量简报"),
        passage("《灯具质量法》第十条和《计量法》第二十六条都适用。", "质量简报"),
        passage("根据《灯具质量法》第二十六条之一，罚款。", "质量简报"),
        passage("根据《灯具质量法》第一百二十六条，罚款。", "质量简报"),
    ],
)
def test_another_clause_or_work_does_not_stand_in(found: Passage) -> None:
    assert absent(LAMPS, [found]) == (("《灯具质量法》第二十六条",), True)


def test_who_asks_more_than_the_wording_is_helped_by_the_law_s_own_mention() -> None:
    fine = passage("第五十条 违反本法第二十六条的，罚款。", "中华人民共和国灯具质量法")
    assert absent("违反《灯具质量法》第二十六条怎么处罚？", [fine]) == ((), False)


@pytest.mark.parametrize(
    ("found", "is_absent"),
    [
        (passage("8.5.1 控制", "GB/T 19001—2016 质量管理体系 要求"), False),
        (passage("甲。", document="GBT 19001-2016.pdf", heading="8.5 生产 › 8.5.1 控制"), False),
        (passage("车间未按GB/T 19001标准8.5.1的要求标识。", "内审报告"), False),
        (passage("8.5.1 应按GB/T 19001管理。", "供应商要求", heading="8.5 生产 › 8.5.1"), True),
        (passage("8.5.11 控制", "GB/T 19001"), True),
        (passage("8.5.1 控制", "GB/T 19001—2008 质量管理体系 要求"), True),
        (passage("8.5.1 控制", "GB/T 24001 环境管理体系"), True),
    ],
)
def test_points_of_a_standard(found: Passage, is_absent: bool) -> None:
    shown = ("GB/T 19001-2016 8.5.1",) if is_absent else ()
    assert absent("GB/T 19001—2016 的 8.5.1 要求什么？", [found]) == (shown, is_absent)


def test_a_standard_inside_a_collection_is_found_by_its_title_line() -> None:
    title = passage("GB/T 19001 质量管理体系 要求\n前言", "标准汇编")
    assert absent("GB/T 19001 8.5.1", [title, passage("8.5.1 控制", "标准汇编")]) == ((), False)


def test_a_title_inside_a_title_may_be_marked_otherwise() -> None:
    explained = passage("第三条 甲。", "某院关于适用《中华人民共和国灯具质量法》的解释（一）")
    question = "《某院关于适用〈中华人民共和国灯具质量法〉的解释（一）》第三条规定了什么？"
    assert absent(question, [explained]) == ((), False)
    assert absent("《灯具质量法》第三条规定了什么？", [explained]) == (("《灯具质量法》第三条",), True)


def test_one_of_two_may_be_absent() -> None:
    found = [passage("第九条 甲。", "计量法")]
    assert absent("《灯具质量法》第3条和《计量法》第九条有什么不同？", found) == (
        ("《灯具质量法》第3条",),
        False,
    )


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("请问灯具质量法第26条怎么说", ("《灯具质量法》第26条",)),
        ("供应商的管理要求第3条是什么", ()),
        ("《质量报告》8.5亿元是什么？", ()),
        ("《灯具质量法》第三章讲什么？", ()),
        ("第二十六条规定了什么？", ()),
    ],
)
def test_only_addresses_can_be_absent(question: str, shown: tuple[str, ...]) -> None:
    assert absent(question, [])[0] == shown


def test_a_name_without_marks_counts_where_its_document_was_found() -> None:
    rules = [passage("第一条 甲。", "远岭员工考勤管理制度")]
    assert absent("考勤制度第一条规定了什么", rules) == ((), False)
    assert absent("考勤制度第九条规定了什么", rules) == (("《考勤制度》第九条",), True)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("laws")
    lines = [f"第{n}条 计量器具第{n}款，违者罚款{n}万元。" for n in "一二三四五"]
    (folder / "计量法.md").write_text("# 中华人民共和国计量法\n\n" + "\n\n".join(lines), encoding="utf-8")
    news = "根据《灯具质量法》第四十九条，海岳局对销售不合格灯具的企业罚款12万元。"
    (folder / "简报.md").write_text(f"# 质量简报\n\n{news}\n", encoding="utf-8")
    library = open_library(Settings(home=tmp_path_factory.mktemp("home")), create=True)
    library.sync([folder])
    return library


def test_the_chatbot_names_the_absent_clause_and_answers_where_it_is_spoken_of(library: Library) -> None:
    chatbot = open_chatbot(Settings(), library)
    refused = chatbot.ask("《灯具质量法》第二条规定了什么？")
    assert (refused.status, refused.citations) == ("refused", ())
    assert refused.text.startswith("资料中没有找到《灯具质量法》第二条。最接近的资料是《")
    assert chatbot.ask("《计量法》第九条规定了什么？").text.startswith("资料中没有找到《计量法》第九条。")
    assert chatbot.ask("《计量法》第二条规定了什么？").text == "第二条 计量器具第二款，违者罚款二万元。[1]"
    told = chatbot.ask("《灯具质量法》第四十九条规定了什么？")
    assert told.text == "根据《灯具质量法》第四十九条，海岳局对销售不合格灯具的企业罚款12万元。[1]"


class Never:
    """A language model that must not be asked."""

    mode = "model"
    reads = "passages"

    def stream(
        self, question: Question, evidence: Sequence[Evidence], turns: Sequence[Turn]
    ) -> Iterator[str]:
        raise AssertionError(question)


def test_a_language_model_is_not_asked_for_an_absent_clause(library: Library) -> None:
    answer = Chatbot(Retriever(library), Never()).ask("《灯具质量法》第二条规定了什么？")
    assert answer.status == "refused" and "《灯具质量法》第二条" in answer.text
