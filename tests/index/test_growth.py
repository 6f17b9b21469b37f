"""Reading and splitting take time in proportion to the text, also of texts that were made to hurt."""

import itertools

import pytest

from index.clean import clean
from index.dates import resolve
from index.passage import Article, Document
from index.readers import read
from index.split import OVERLONG, clauses, split
from tests.layout import render_plain
from tests.waiting import costs_less

CHARACTERS = 15_000
SECONDS = 2.0
"""Seconds of the processor: several times what the slowest takes; what is quadratic takes longer than that."""

UNITS = [
    ". ",
    "…",
    "·",
    "1",
    "一",
    "《",
    "“",
    "(",
    "（",
    "、",
    "，",
    "。",
    "!",
    "?x",
    "2023年",
    "第一",
    "第1页",
    "A.",
    "a-",
]
UNITS += [
    "http://a",
    "www.a[",
    " ",
    "\t",
    "\u3000",
    "\xa0",
    "的",
    "的。",
    "张三 ",
    "- ",
    "# ",
    "#",
    "|",
    "GB/T",
    "1.1.",
]
UNITS += [
    "(a.",
    "来源：",
    "首页 ",
    "副",
    "首席",
    "首席技术官 ",
    "\f",
    "a\f",
    "\x0b",
    "1 年",
    "今年 ",
    "``",
    "a b-",
    "目录",
]
PROSE = render_plain(
    "检定周期由使用单位自己确定，但是最长不得超过一年，到期以后必须重新检定才能够继续使用。" * 12, 22
)

SHAPES = {
    "one line": "{}",
    "between": "甲{}b",
    "a heading": "# a{}b\n正文。",
    "spaced heading": "#{}b\n## 乙\n# 丙\n正文。",
    "below prose": PROSE + "\n第1页{}x\n",
    "a link": "题目文字\n题目文字{}\n题目文字-站点{} (a.cn)\n正文。",
    "a byline": "主旨演讲 测得准 市计量所所长 郑以恒\n{}。\n主旨演讲 量得准 市质检所所长 周启明\n{}。",
}


def read_and_split(text: str, name: str) -> None:
    def work() -> None:
        document = read(("题" + text).encode(), name)
        passages = split(document)
        for passage in passages:
            assert len(passage.text) <= OVERLONG
            assert len(passage.context) < 2000
            clauses(passage.text)

    costs_less(SECONDS, work)


@pytest.mark.parametrize("unit", UNITS, ids=repr)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_one_long_line(shape: str, unit: str) -> None:
    read_and_split(shape.replace("{}", unit * (CHARACTERS // len(unit) // shape.count("{}"))), "a.md")


LINES = [
    *(f"{unit}\n" for unit in UNITS),
    "   1\n",
    "1\n\n\n",
    "题目文字\n题目文字 (a.cn)\n",
    "甲{}题目文字\na(a.cn)\n",
]
LINES += [
    "http://a.cn/{}\n",
    "题目{}文字\n题目{}文字-站点 (a.cn)\nhttp://a.cn/{}\n",
    "# 题{}\n正文。\n",
    "第{}条\n",
    "甲乙丙{}\n",
]
LINES += [
    "    页眉 \n正文。\n",
    "甲市乙局局长 张三\n",
    "发言 题{} 甲市乙局局长 张三\n正文文字。\n",
    "张三 | 题{}\n",
    "Title {}\nSite - A\n",
]


@pytest.mark.parametrize("line", LINES, ids=repr)
@pytest.mark.parametrize("before", ["", PROSE + "\n"], ids=["alone", "below prose"])
def test_many_short_lines(before: str, line: str) -> None:
    text, count = before, CHARACTERS // len(line)
    read_and_split(text + "".join(line.replace("{}", str(i)) for i in range(count)), "a.txt")


def test_a_text_that_comes_twice() -> None:
    lines = "".join(f"第{i}篇文章的题目\n" for i in range(1500))
    read_and_split(f"目录\n{lines}\n{lines}", "a.txt")
    read_and_split(f"目录\n{lines}\n" + lines.replace("\n", f"\n{PROSE[:120]}。\n"), "a.txt")


@pytest.mark.parametrize("pair", list(itertools.combinations(UNITS[:30], 2))[::15], ids=repr)
def test_mixed_lines(pair: tuple[str, str]) -> None:
    one, other = pair
    n = CHARACTERS // (len(one) + len(other))
    read_and_split(one * n + other * n + "b", "a.txt")
    read_and_split((one + other) * n + "b", "a.txt")


def test_a_date_among_spaces() -> None:
    spaces = " " * 20_000
    assert costs_less(1, lambda: resolve(f"今年{spaces}x", "2023-12-27")) is None
    assert resolve("今年 11 月 16 日", "2023-12-27") == "2023-11-16"


def test_a_line_of_leader_dots_is_read_as_before() -> None:
    cleaned = clean("目录\n计量管理…… 12\n质量管理 . . . . 3\n采购管理   7\n" + "计量管理\n" + PROSE)
    assert cleaned.hygiene.contents_entries == 1


@pytest.mark.parametrize(
    "text", ["汉" * 100_000, "汉字，" * 30_000, "汉" * 599 + "，" + "字" * 900, "a" * 5000]
)
def test_no_passage_and_no_clause_is_overlong(text: str) -> None:
    passages = split(Document("a.txt", text, articles=(Article("题", 0, len(text)),)))
    assert "".join(passage.text for passage in passages) == text
    assert max(len(passage.text) for passage in passages) <= OVERLONG
    spans = clauses(text)
    assert max(end - start for start, end in spans) <= 300
    assert "".join(text[start:end] for start, end in spans) == text
