"""Addresses in questions, and the passages that stand there."""

import pytest

from index.passage import Passage
from index.readers import read
from index.split import split
from rag.lookup import EXACT, GOES_ON, WITHIN, Address, addresses, asks_wording, score, span, wording


@pytest.mark.parametrize(
    ("question", "work", "clause"),
    [
        ("《产品质量法》第二十六条规定了什么？", "产品质量法", "第26条"),
        ("《中华人民共和国产品质量法（2018年修正）》第26条", "产品质量法", "第26条"),
        ("劳动合同法第八十二条是什么内容", "劳动合同法", "第82条"),
        ("请问刑法第一百三十三条之一怎么说", "请问刑法", "第133条之一"),
        ("《供应商质量管理要求》8.5.1 讲什么？", "供应商质量管理要求", "8.5.1"),
        ("GB/T 19001—2016 第8.5.1条要求什么？", "gb/t19001-2016", "8.5.1"),
        ("《產品質量法》第二十六條", "产品质量法", "第26条"),
        ("《刑法》第120条之一规定了什么？", "刑法", "第120条之一"),
        ("《中华人民共和国刑法》第 一百二十 条之一", "刑法", "第120条之一"),
    ],
)
def test_addresses_are_read_in_any_spelling(question: str, work: str, clause: str) -> None:
    assert addresses(question) == [Address(work, clause, loose="《" not in question and "GB" not in question)]


@pytest.mark.parametrize(
    "question", ["产品质量法的立法目的？", "第二十六条", "合格率是8.5%吗？", "安徽第3季度的办法？"]
)
def test_a_question_without_work_and_clause_has_none(question: str) -> None:
    assert addresses(question) == []


def passage(text: str, article: str = "", document: str = "a.txt", heading: str = "") -> Passage:
    return Passage(document, 0, len(text), text, article=article, heading=heading)


LAW = addresses("《产品质量法》第二十六条")


@pytest.mark.parametrize(
    ("found", "worth"),
    [
        (passage("生产者应当负责。", "中华人民共和国产品质量法第二十六条"), EXACT),
        (passage("第二十六条 生产者应当负责。", "中华人民共和国产品质量法"), EXACT),
        (passage("第二十五条 甲。\n第二十六条　乙。", document="法规/产品质量法.md"), EXACT),
        (passage("生产者应当负责。", "产品质量法", heading="第二十六条 生产者"), EXACT),
        (passage("第二十六条 细则。", "海岳省产品质量法实施细则"), WITHIN),
        (passage("第二十六条 解释。", "关于适用《产品质量法》的解释"), 0.0),
        (passage("依照第二十六条处罚。", "中华人民共和国产品质量法"), 0.0),
        (passage("第二十六条之一 甲。", "中华人民共和国产品质量法"), 0.0),
        (passage("第一百二十六条 甲。", "中华人民共和国产品质量法"), 0.0),
        (passage("第二十六条 甲。", "中华人民共和国计量法"), 0.0),
        (passage("生产者应当负责。", "中华人民共和国产品质量法第一百二十六条"), 0.0),
    ],
)
def test_only_the_passage_at_the_address_scores(found: Passage, worth: float) -> None:
    assert score(LAW, found) == worth


def test_a_name_without_marks_may_have_other_words_before_it() -> None:
    asked = addresses("请问刑法第一百三十三条之一怎么说")
    assert score(asked, passage("第一百三十三条之一 甲。", "中华人民共和国刑法")) == EXACT
    assert score(asked, passage("第一百三十三条 甲。", "中华人民共和国刑法")) == 0.0
    assert score(asked, passage("第一百三十三条之一 甲。", "中华人民共和国民法典")) == 0.0


def test_points_of_a_standard_are_told_from_their_neighbours() -> None:
    asked = addresses("GB/T 19001 的 8.5.1 条")
    assert (
        score(asked, passage("8.5.1 生产和服务提供的控制", document="GBT 19001.txt", article="GB/T 19001"))
        == EXACT
    )
    assert score(asked, passage("8.5.11 其他", article="GB/T 19001")) == 0.0
    assert score(asked, passage("8.5.1.2 其他", article="GB/T 19001")) == 0.0
    assert score([], passage("8.5.1 生产", article="GB/T 19001")) == 0.0


@pytest.mark.parametrize(
    "asked", ["《灯具质量法》第二条", "中华人民共和国灯具质量法第2条", "《中华人民共和国灯具质量法》第2条"]
)
def test_an_address_is_one_clause_in_all_its_parts_beginning_first(asked: str) -> None:
    clause = "本法所称灯具，是指经过加工、制作，用于照明的产品。" * 30
    text = f"中华人民共和国灯具质量法\n第一条　{clause}\n第二条　{clause}\n第二条之一　乙。\n第三条　依照第二条处罚。\n"
    passages = split(read(text.encode(), "灯具质量法.txt"))
    begins, *others = [one for one in passages if score(addresses(asked), one)]
    assert begins.text.startswith("第二条　") and score(addresses(asked), begins) == EXACT
    assert [one.heading for one in others] == ["第二条"] * len(others) and len(others) > 1
    assert all(score(addresses(asked), one) == EXACT * GOES_ON for one in others)
    (one,) = [one for one in passages if score(addresses("《灯具质量法》第2条之一"), one)]
    assert one.text == "第二条之一　乙。"


LAW_2 = [Address("法", "第2条")]


def quoted(question: str, found: list[Passage]) -> str:
    return "|".join(one.text[start:end] for one, start, end in wording(addresses(question), found))


@pytest.mark.parametrize("name", ["灯具质量法.txt", "灯具质量法.md"])
def test_the_wording_of_a_clause_is_all_its_parts_in_order_and_nothing_else(name: str) -> None:
    clause = "本法所称灯具，是指经过加工、制作，用于照明的产品。" * 30
    text = f"灯具质量法\n第一条　{clause}\n第二条　{clause}\n第二条之一　乙。\n第三条　依照第二条处罚。\n"
    if name.endswith(".md"):
        text = "\n\n".join(["# 灯具质量法", *text.split("\n")[1:]])
    passages = split(read(text.encode(), name))
    other = split(read(text.replace("照明", "装饰").encode(), "旧灯具质量法.txt"))
    begin = next(one for one in passages if one.text.startswith("第二条　"))
    found = [begin, *other, *reversed(passages)]
    assert quoted("《灯具质量法》第二条", found).replace("|", "") == f"第二条　{clause}"
    last = passages[-1]
    assert quoted("《灯具质量法》第三条", [last, *passages]) == "第三条　依照第二条处罚。"
    assert quoted("《灯具质量法》第三条", [begin, *passages]) == ""


def test_the_wording_of_a_headed_clause_stands_below_its_heading() -> None:
    text = "# 要求\n\n## 8.5 生产\n\n### 8.5.1 控制\n\n应当受控。\n\n### 8.5.2 标识\n\n应当标识。\n\n## 8.6 放行\n\n应当批准。\n"
    passages = [one for one in split(read(text.encode(), "要求.md")) if one.kind == "body"]
    assert quoted("《要求》8.5.1", passages) == "应当受控。"
    assert quoted("《要求》8.5", passages) == "应当受控。|应当标识。"
    assert quoted("《要求》8.6", passages) == ""


def test_the_wording_ends_where_a_part_is_missing() -> None:
    parts = [Passage("法.md", at, at + 200, "甲" * 200, heading="第二条") for at in (200, 400, 900)]
    first = Passage("法.md", 0, 200, "第二条 " + "甲" * 196, heading="第二条")
    assert [one.start for one, _, _ in wording(LAW_2, [first, *parts])] == [0, 200, 400]


def test_who_asks_what_a_clause_says_wants_its_wording():
    assert asks_wording("《计量器具管理办法》第二十六条规定了什么？")
    assert asks_wording("请问《计量器具管理办法》第26条的内容是什么")
    assert not asks_wording("《计量器具管理办法》第二十六条规定罚款多少？")
    assert not asks_wording("计量器具由谁检定？")


def test_a_clause_is_found_inside_its_passage():
    text = "第三条 检定每年一次。\n第四条 下列器具免检：\n（一）卷尺；\n（二）秤。\n第五条 本办法解释权归计量室。"
    passage = Passage("办法.md", 0, len(text), text, article="计量器具管理办法")
    first, last = span(addresses("《计量器具管理办法》第4条规定了什么？"), passage)
    assert text[first:last] == "第四条 下列器具免检：\n（一）卷尺；\n（二）秤。\n"
    assert span(addresses("《计量器具管理办法》第9条规定了什么？"), passage) is None


def test_a_part_of_a_standard_is_no_clause_of_another():
    assert addresses("GB/T 2828.1是什么标准？") == []
    assert [one.clause for one in addresses("GB/T 2828.1 的 8.5.1 说什么？")] == ["8.5.1"]
