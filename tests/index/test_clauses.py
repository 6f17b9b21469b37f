"""Clauses are told from whatever else begins a line with a number; no passage crosses one."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.clauses import LEAST_CLAUSES, clauses_between, find_clauses, is_clause_number
from index.passage import Article, Document
from index.readers import read
from index.split import MOST, split


def numbers(lines):
    return [clause.number for clause in find_clauses(lines.replace("|", "\n"))]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("第一条 甲。|第二条 乙。|第三条 丙。", ["第一条", "第二条", "第三条"]),
        ("第一条为了。|第二条在我国。|第三条生产者。", ["第一条", "第二条", "第三条"]),
        ("第25条 甲|第 26 条 乙|第２７条 丙", ["第25条", "第26条", "第２７条"]),
        (
            "第九条　甲|第九条之一　乙|第九条之二　丙|第十条　丁",
            ["第九条", "第九条之一", "第九条之二", "第十条"],
        ),
        ("**第一条** 甲|**第二条** 乙|**第三条** 丙", ["第一条", "第二条", "第三条"]),
        ("第一条 【目的】|第二条：乙|第五条 丙|附件1|表", ["第一条", "第二条", "第五条", ""]),
        (
            "第一条 甲|第二条规定，乙|第三条、第四条|第五条 丙|第六条第二款|第八条 丁",
            ["第一条", "第五条", "第八条"],
        ),
        ("第一条 甲|第二条 乙", []),
        ("第三条 甲|第二条 乙|第一条 丙|附件", []),
        ("记者从第一条生产线|第三条的处罚|据第一条、第二条、第三条", []),
    ],
)
def test_articles_of_a_law_are_told_from_mentions(lines, found):
    assert numbers(lines) == found


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("8.5.1 组织应当甲。|8.5.2 组织应当乙。|8.6 丙。", ["8.5.1", "8.5.2", "8.6"]),
        ("4.1 总则|4.1.1组织应当甲。|4.1.2组织应当乙。|5.1 丙", ["4.1", "4.1.1", "4.1.2", "5.1"]),
        ("4．1 甲|4．2 乙|4．3 丙", ["4.1", "4.2", "4.3"]),
        ("**4.1** 甲|**4.2** 乙|**4.3** 丙", ["4.1", "4.2", "4.3"]),
        ("9.1 每季度一次。|9.2 90分以上为A级。|9.3 A级供应商。", ["9.1", "9.2", "9.3"]),
        ("3.1 年度计划|3.2 日常检查|3.3 元件|3.4 A类不合格", ["3.1", "3.2", "3.3", "3.4"]),
        ("A.1 总则|A.2 要求|A.2.1 甲|B.1 记录", ["A.1", "A.2", "A.2.1", "B.1"]),
        ("5.1 甲|5.2 乙|8.5.1的要求见上。|5.3 丙|附录A|A.1 丁", ["5.1", "5.2", "5.3", "A.1"]),
        ("5.1 甲|5.2 乙|9.9 版以前的不算|5.3 丙", ["5.1", "5.2", "5.3"]),
        ("5.1 甲|5.2 乙", []),
        ("3.5 mm|3.6 mm|3.7 mm", []),
        ("1.2万元|1.3万元|1.4万元，", []),
        ("1.1%的样品|1.2%的样品|1.3%的样品", []),
        ("2023.5.6 开会|2023.5.7 开会|2023.5.8 开会", []),
        ("0.5 甲|0.6 乙|0.7 丙", []),
        ("1.2 3.4 5.6|1.3 3.5 5.7|1.4 3.6 5.8", []),
        ("| 3.1 | 甲 |\n| 3.2 | 乙 |\n| 3.3 | 丙 |".replace("|", "│"), []),
        ("7.8 甲|3.1 乙|9.9 丙|1.1 丁", []),
    ],
)
def test_points_of_a_standard_are_told_from_values(lines, found):
    assert numbers(lines) == found


@pytest.mark.parametrize("before", ["", "　　", "  ", "**"])
def test_a_clause_begins_behind_its_indent(before):
    text = "\n".join(f"{before}{number} 甲。" for number in ("第一条", "第二条", "第三条"))
    found = find_clauses(text)
    assert [text[one.start :].startswith(before.strip() + one.number) for one in found] == [True] * 3
    assert [one.number for one in clauses_between(found, 1, found[2].start)] == [
        one.number for one in found[:2] if one.start >= 1
    ]


@pytest.mark.parametrize("step", ["第二十六条", "第120条之一", "8.5.1", "A.2"])
def test_a_bare_number_is_told_from_a_heading(step):
    assert is_clause_number(step)
    assert (
        not is_clause_number(f"{step} 总则") and not is_clause_number("第三章") and not is_clause_number("8")
    )


SENTENCE = "检定周期由使用单位自己确定，但是最长不得超过一年。"
PART = st.sampled_from(
    [
        SENTENCE,
        SENTENCE * 9,
        SENTENCE * 30,
        "（一）甲；\n（二）乙。",
        "第九条规定，乙。",
        "8.5.1的要求，丙。",
        "见表：\n3.5 mm\n2024.1.5",
        "",
    ]
)


@given(st.lists(PART, max_size=14), st.booleans(), st.integers(60, 400))
@settings(max_examples=100, deadline=None)
def test_no_passage_crosses_a_clause_and_nothing_is_lost(parts, is_law, length):
    parts = [SENTENCE] * LEAST_CLAUSES + parts
    names = [f"第{n}条" if is_law else f"{1 + n // 9}.{1 + n % 9}" for n in range(1, len(parts) + 1)]
    text = "\n".join(f"{name} {SENTENCE}{part}" for name, part in zip(names, parts, strict=True))
    passages = split(Document("a.txt", text, articles=(Article("题", 0, len(text)),)), length)
    assert all(one.text == text[one.start : one.end] for one in passages)
    starts = [text.index(f"{name} {SENTENCE}") for name in names]
    assert not any(one.start < start < one.end for one in passages for start in starts)
    # Every part says which clause it is of, and each clause begins once.
    assert list(dict.fromkeys(one.heading for one in passages)) == names
    assert [one.heading for one in passages if one.text.startswith(f"{one.heading} {SENTENCE}")] == names
    assert "".join("".join(one.text for one in passages).split()) == "".join(text.split())


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_each_clause_of_a_by_law_is_a_passage_under_its_chapter(name):
    mark = "## " if name == "a.md" else ""
    text = (
        f"灯具质量管理规定\n{mark}第一章 总则\n第一条　为了加强监督管理，制定本规定。\n"
        "第二条　灯具生产、销售活动应当遵守本规定。\n下列产品不适用本规定：\n（一）信号灯；\n（二）障碍灯。\n"
        f"{mark}第二章 责任\n第三条　依照本规定第一条处理。\n第三条之一　{SENTENCE * 30}\n"
        "第四条　本规定自发布之日起施行。\n附件：\n1. 申请表\n"
    )
    found = {}
    for one in split(read(text.encode(), name)):
        if one.kind == "body":
            found.setdefault(one.heading, []).append(one.text)
    long = found.pop("第二章 责任 › 第三条之一")
    assert len(long) > 2 and long[0].startswith("第三条之一　") and all(len(part) <= MOST for part in long)
    assert found == {
        "第一章 总则 › 第一条": ["第一条　为了加强监督管理，制定本规定。"],
        "第一章 总则 › 第二条": [
            "第二条　灯具生产、销售活动应当遵守本规定。\n下列产品不适用本规定：\n（一）信号灯；\n（二）障碍灯。"
        ],
        "第二章 责任 › 第三条": ["第三条　依照本规定第一条处理。"],
        "第二章 责任 › 第四条": ["第四条　本规定自发布之日起施行。"],
        "第二章 责任": ["附件：\n1. 申请表"],
    }


def test_articles_of_markdown_may_hold_few_clauses_each():
    chapters = [f"# 第{n}章 章名\n\n第{n}条 {SENTENCE}\n\n第{n}条之一 {SENTENCE}\n" for n in "一二三"]
    bodies = [one for one in split(read("\n".join(chapters).encode(), "a.md")) if one.kind == "body"]
    assert [re.findall("第.条(?:之一)? ", one.text) for one in bodies] == [
        [f"第{n}条{part} "] for n in "一二三" for part in ("", "之一")
    ]
