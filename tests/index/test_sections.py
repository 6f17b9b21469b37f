"""Ways down to a passage, and questions that stay with their answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.clauses import find_clauses
from index.lines import squeeze
from index.passage import Article, Document
from index.readers import read
from index.sections import is_question, questions, sections
from index.split import split


def paths(*titles):
    text = "\n".join(f"{title}\n正文。" for title in titles)
    at, headings = 0, []
    for title in titles:
        headings.append((at, title))
        at += len(title) + 5
    return [
        heading for heading, _, _ in sections(text, Article("题", 0, len(text), headings=tuple(headings)))
    ]


@pytest.mark.parametrize(
    ("titles", "last"),
    [
        (("第一章 总则", "第二章 监督", "第一节 抽查"), "第二章 监督 › 第一节 抽查"),
        (("第一编 总则", "第一章 原则", "第二编 分则"), "第二编 分则"),
        (("8 运行", "8.5 生产", "8.5.1 控制"), "8 运行 › 8.5 生产 › 8.5.1 控制"),
        (("8 运行", "8.5 生产", "9 评价"), "9 评价"),
        (("一、要求", "（一）时间", "（二）地点"), "一、要求 › （二）地点"),
        (("一、要求", "（一）时间", "二、其他"), "二、其他"),
        (("第三章 检验", "3.1 抽样"), "第三章 检验 › 3.1 抽样"),
        (("概况", "展望"), "展望"),
        (("一、概况", "几点体会"), "几点体会"),
        (("几点体会", "二、展望"), "二、展望"),
        (("# 手册", "## 检验", "### 抽样"), "# 手册 › ## 检验 › ### 抽样"),
        (("9 评价", "附录A 符号"), "附录A 符号"),
    ],
)
def test_the_way_down(titles, last):
    assert paths(*titles)[-1] == last


def test_levels_of_markdown():
    text = "# 手册\n\n## 检验\n\n### 抽样\n\n每批抽取五件样品。\n\n## 记录\n\n记录保存三年。\n"
    assert [p.heading for p in split(read(text.encode(), "a.md"))] == ["检验 › 抽样", "记录"]


def under(text, *headings):
    """(heading, text) of the stretches of a text with these sub-headings and its clauses."""
    article = Article("题", 0, len(text), headings=tuple((text.index(title), title) for title in headings))
    return [(above, text[a:b].strip()) for above, a, b in sections(text, article, find_clauses(text), 60)]


def test_clauses_stand_below_the_headings_above_them():
    text = "第一章 总则\n第一条 甲。\n第二条 乙。\n第二章 罚则\n第三条 丙。\n附件：\n表。"
    assert under(text, "第一章 总则", "第二章 罚则") == [
        ("第一章 总则 › 第一条", "第一条 甲。"),
        ("第一章 总则 › 第二条", "第二条 乙。"),
        ("第二章 罚则 › 第三条", "第三条 丙。"),
        ("第二章 罚则", "附件：\n表。"),
    ]


def test_points_stand_below_those_they_belong_to():
    text = "4 准入\n4.1 资格\n4.1.1 甲。\n4.1.2 乙。\n4.2 审核由两人做。\n4.2.1 丙。\n5 样件\n5.1 丁。"
    assert [above for above, _ in under(text, "4 准入", "4.1 资格", "5 样件")] == [
        "4 准入 › 4.1 资格 › 4.1.1",
        "4 准入 › 4.1 资格 › 4.1.2",
        "4 准入 › 4.2",
        "4 准入 › 4.2 › 4.2.1",
        "5 样件 › 5.1",
    ]


def test_points_of_an_article_stand_below_it():
    text = "第一条 甲。\n第二条 质量\n2.1 乙。\n2.2 丙。\n2.3 丁。\n第三条 戊。"
    assert [above for above, _ in under(text)] == [
        "第一条",
        "第二条",
        "第二条 › 2.1",
        "第二条 › 2.2",
        "第二条 › 2.3",
        "第三条",
    ]


@pytest.mark.parametrize(("times", "kept"), [(1, 1), (9, 3)])
def test_items_of_a_short_clause_stay_in_it(times, kept):
    text = f"第一条 甲。\n第二条 如下：\n（一）职责\n{'乙丙丁。' * times}\n（二）权限\n{'戊己庚。' * times}\n第三条 辛。"
    found = under(text, "（一）职责", "（二）权限")
    assert sum("第二条" in above for above, _ in found) == kept
    assert (found[0][0], found[-1]) == ("第一条", ("第三条", "第三条 辛。"))


FAQ = [
    ("校准证书过期了还能用吗？", "不能。证书过期的仪器要停用，贴上黄色标签，送校合格以后再用。"),
    ("送校要多久？", "一般七个工作日，加急三天。"),
    ("费用由谁出？", "由使用部门承担，每年十二月统一结算。"),
    ("证书丢了怎么办？", "可以凭证书编号在系统里补打，不收费。"),
]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("问：{}", "答：{}"),
        ("问题{n}：{}", "解答：{}"),
        ("Q{n}: {}", "A{n}: {}"),
        ("Q：{}", "A：{}"),
        ("{n}. 问：{}", "答：{}"),
        ("{n}、{}", "{}"),
    ],
)
def test_a_question_stays_with_its_answer(question, answer):
    pairs = [f"{question.format(q, n=n)}\n{answer.format(a, n=n)}" for n, (q, a) in enumerate(FAQ, 1)]
    document = read(
        ("校准常见问题\n质量部编写的问题解答，每年更新一次。\n" + "\n\n".join(pairs)).encode(), "a.txt"
    )
    bodies = [passage.text for passage in split(document, 60) if passage.kind == "body"]
    assert [sum(pair in text for text in bodies) for pair in pairs] == [1, 1, 1, 1] and len(bodies) > 1
    # No passage begins inside a pair, whatever length it aims at.
    for length in (40, 100, 230):
        starts = [p.text.split("\n")[0] for p in split(document, length) if p.kind == "body"]
        assert not any(start == answer.format(a, n=n) for start in starts for n, (_, a) in enumerate(FAQ, 1))


def test_a_long_answer_keeps_the_question_above_its_parts():
    answer = "答：" + "仪器要先停用，再贴标签，然后送到计量室登记。" * 30
    text = f"问：怎么送校？\n{answer}\n问：多久？\n答：七天。"
    found = split(Document("a.txt", text, articles=(Article("", 0, len(text)),)))
    assert found[0].text.startswith("问：怎么送校？\n答：仪器") and found[0].heading == ""
    assert len(found) > 1 and all(p.heading == "怎么送校？" for p in found[1:] if not p.text.startswith("问"))
    assert found[-1].text.endswith("问：多久？\n答：七天。")


@pytest.mark.parametrize(
    "line", ["问题是时间不够。", "答：七天。", "Quality first", "提问环节开始了", "1. 先停用仪器。"]
)
def test_other_lines_are_no_questions(line):
    assert not is_question(line)


def test_a_single_question_in_prose_heads_nothing():
    text = "问：为什么？\n答：因为快。\n后来大家都不再问了。"
    (found,) = split(Document("a.txt", text, articles=(Article("", 0, len(text)),)))
    assert (found.text, found.heading) == (text, "")


@given(
    st.lists(
        st.sampled_from(["问：甲？", "答：乙。", "正文。", "", "1. 丙？", "一、丁", "Q1 戊"]), max_size=12
    )
)
def test_lists_of_questions_lose_nothing(lines):
    text = "\n".join(lines)
    for asked in questions(text, 0, len(text)):
        assert asked.text in text[asked.start : asked.end] and text[asked.start - 1 : asked.start] in (
            "",
            "\n",
        )
    found = split(Document("a.txt", text, articles=(Article("", 0, len(text)),)))
    assert squeeze("".join(passage.text for passage in found)) == squeeze(text)
