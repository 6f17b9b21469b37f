"""Sentences, clauses and passages: whole, exact, in order, nothing twice and nothing lost."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.passage import Article, Document, Speaker
from index.readers import read
from index.split import IDEAL, LEAST, MOST, clauses, sentences, split


def texts(text, cut=sentences):
    """The sentences of `text` as strings."""
    return [text[start:end] for start, end in cut(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲。乙！丙？丁", ["甲。", "乙！", "丙？", "丁"]),
        ("第一行\n第二行。 第三句。", ["第一行", "第二行。", "第三句。"]),
        ("他说：“先测量。再调整。”大家同意。", ["他说：“先测量。再调整。”", "大家同意。"]),
        ("“合格吗？”他问。", ["“合格吗？”", "他问。"]),
        ("“合格吗？”的问题没有答案。", ["“合格吗？”的问题没有答案。"]),
        ("“测得准”，他说。然后走了。", ["“测得准”，他说。", "然后走了。"]),
        (
            "先生说：“实业为本。”“久安在实业。”如今实现了。",
            ["先生说：“实业为本。”", "“久安在实业。”", "如今实现了。"],
        ),
        ("样品（共3件。均合格。）已归档。完毕。", ["样品（共3件。均合格。）已归档。", "完毕。"]),
        ("《谁动了标准？》出版了。", ["《谁动了标准？》出版了。"]),
        (
            "合格率为99.4%。共1.5万件，见https://a.cn/?x=1。",
            ["合格率为99.4%。", "共1.5万件，见https://a.cn/?x=1。"],
        ),
        ("危机……乌云密布。走着瞧……", ["危机……乌云密布。", "走着瞧……"]),
        ("真的吗?是的!好", ["真的吗?", "是的!", "好"]),
        (
            "The k factor is 2. See Fig. 3 for more, e.g. the mean. Done.",
            ["The k factor is 2.", "See Fig. 3 for more, e.g. the mean.", "Done."],
        ),
        ("未闭合的“引号。下一句。", ["未闭合的“引号。", "下一句。"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text, expected):
    assert texts(text) == expected


def test_sentences_of_a_part_count_in_the_whole_text():
    text = "甲甲。乙乙。丙丙。"
    assert sentences(text, 3, 9) == [(3, 6), (6, 9)]


def test_clauses_break_only_long_sentences():
    short, long = "一是培训；二是考核。", "一是" + "培训" * 50 + "；二是" + "考核" * 50 + "。"
    assert texts(short, clauses) == [short]
    assert texts(long, clauses) == ["一是" + "培训" * 50 + "；", "二是" + "考核" * 50 + "。"]


def make(text, *articles):
    """A document of these articles, or of one that covers everything."""
    return Document("a.txt", text, articles=articles or (Article("题", 0, len(text)),))


SENTENCE = "检定周期由使用单位自己确定，但是最长不得超过一年。"


def test_passages_end_with_paragraphs_where_they_can():
    paragraphs = [SENTENCE * 8, SENTENCE * 7, SENTENCE * 8]
    passages = split(make("\n".join(paragraphs)))
    assert [passage.text for passage in passages] == paragraphs


def test_short_paragraphs_are_put_together_and_long_ones_parted():
    passages = split(make("\n".join([SENTENCE] * 40)))
    assert all(LEAST <= len(passage.text) <= MOST for passage in passages)
    passages = split(make(SENTENCE * 40))
    assert all(LEAST <= len(passage.text) <= MOST for passage in passages)
    assert "".join(passage.text for passage in passages) == SENTENCE * 40


def test_a_line_that_leads_in_a_list_stays_with_it():
    text = "\n".join([SENTENCE * 7, "应当具备以下条件：", SENTENCE * 4, SENTENCE * 4])
    assert all(not passage.text.endswith("：") for passage in split(make(text)))


def test_clauses_of_a_statute_begin_passages():
    articles = [f"第{n}条 {SENTENCE * 3}\n{SENTENCE * 2}" for n in "一二三四"]
    passages = split(make("\n".join(articles)))
    assert all(passage.text.startswith("第") for passage in passages)


def test_numbered_clauses_of_a_standard_stay_apart():
    text = f"# 要求\n\n## 8.5 生产\n\n### 8.5.1 控制\n\n{SENTENCE}\n\n### 8.5.2 标识\n\n{SENTENCE}\n"
    found = [(one.heading, one.text) for one in split(read(text.encode(), "a.md")) if one.kind == "body"]
    assert found == [("8.5 生产 › 8.5.1 控制", SENTENCE), ("8.5 生产 › 8.5.2 标识", SENTENCE)]


def test_headings_part_passages_and_are_in_none():
    text = f"{SENTENCE}\n周期\n{SENTENCE}\n费用\n{SENTENCE}"
    article = Article(
        "题", 0, len(text), headings=((text.index("周期\n"), "周期"), (text.index("费用\n"), "费用"))
    )
    passages = split(make(text, article))
    assert [(passage.heading, passage.text) for passage in passages] == [
        ("", SENTENCE),
        ("周期", SENTENCE),
        ("费用", SENTENCE),
    ]


def test_a_heading_that_holds_a_date_can_be_quoted():
    text = f"2023年3月10日 17:30\n{SENTENCE}"
    passages = split(make(text, Article("题", 0, len(text), headings=((0, "2023年3月10日 17:30"),))))
    assert [(passage.kind, passage.text) for passage in passages] == [
        ("head", "2023年3月10日 17:30"),
        ("body", SENTENCE),
    ]


def test_context_comes_from_the_article_and_then_from_the_document():
    head = "主旨演讲 测得准 青澜市计量所所长 郑以恒"
    text = f"{head}\n{SENTENCE}\f{SENTENCE}"
    speaker = Speaker("郑以恒", "青澜市计量所", "所长")
    article = Article(
        "测得准", len(head) + 1, len(text), 0, len(head), "主旨演讲", speaker=speaker, url="https://a.cn/1"
    )
    document = Document(
        "a.txt", text, articles=(article,), published="2025-05", publisher="海岳质量报", pages=(0, 50)
    )
    first, *_, last = split(document)
    assert (first.kind, first.text) == ("head", "测得准 青澜市计量所所长 郑以恒")
    assert (last.kind, last.article, last.section, last.speaker) == ("body", "测得准", "主旨演讲", speaker)
    assert (last.published, last.publisher, last.url, first.page) == (
        "2025-05",
        "海岳质量报",
        "https://a.cn/1",
        1,
    )


def test_bare_titles_are_no_passages():
    passages = split(read(f"质量月通知\n{SENTENCE}\n{SENTENCE}".encode(), "a.txt"))
    assert [passage.kind for passage in passages] == ["body"]
    assert passages[0].article == "质量月通知"


def assert_sound(document):
    """What every citation stands on; returns the passages."""
    passages = split(document)
    for passage in passages:
        assert passage.text == document.text[passage.start : passage.end] == passage.text.strip() != ""
    bodies = [passage for passage in passages if passage.kind == "body"]
    assert all(a.end <= b.start for a, b in zip(bodies, bodies[1:], strict=False))
    for article in document.articles:
        lines = {offset for offset, _ in article.headings}
        for start, end in sentences(document.text, article.start, article.end):
            line = document.text.rfind("\n", 0, start) + 1
            if line not in lines and end - start <= MOST:
                assert sum(1 for p in bodies if p.start <= start and end <= p.end) == 1
    return passages


PIECES = st.sampled_from(
    [*"。，；？“”（）《》\n ：", "质量", "合格率99.5%", "！”", "……", "a.b", "一、", SENTENCE, SENTENCE * 9]
)


@given(st.lists(PIECES, max_size=80).map("".join))
@settings(max_examples=200, deadline=None)
def test_any_text_is_split_soundly(text):
    if not text.strip():
        return
    assert_sound(read(text.encode(), "a.txt"))


def test_passages_grow_with_the_length_they_aim_at():
    text = "计量器具应当按照规定的周期送检。" * 200  # sentences of 16 characters
    document = Document("长.txt", text, articles=(Article("长", 0, len(text)),))
    means = {length: len(text) / len(split(document, length)) for length in (32, 128, 230, 512, 1024)}
    assert all(length * LEAST <= mean * IDEAL <= length * MOST for length, mean in means.items()), means
    assert split(document, IDEAL) == split(document)


@given(st.integers(1, 2000), st.text("甲乙。；\n，", max_size=800))
@settings(deadline=None)
def test_passages_of_every_length_are_exact_and_lose_no_sentence(length, text):
    document = Document("某.txt", text, articles=(Article("某", 0, len(text)),))
    passages = split(document, length)
    assert all(passage.text == text[passage.start : passage.end] for passage in passages)
    assert all(one.end <= other.start for one, other in pairwise(passages))
    left, right = [passage.start for passage in passages], [passage.end for passage in passages]
    assert {start for start, _ in sentences(text)} >= set(left)
    assert {end for _, end in sentences(text)} >= set(right)
    assert sum(len("".join(passage.text.split())) for passage in passages) == len("".join(text.split()))
