"""Markdown whose title is a plain line above its first heading."""

from index.readers import read
from index.split import split

LAW = "青澜市电梯安全管理办法\n\n# 第一章 总则\n\n第一条 为了加强电梯安全管理，制定本办法。\n\n# 第二章 使用\n\n第二条 使用单位负责电梯的日常管理。\n"


def test_a_plain_title_above_the_headings_is_the_documents_and_they_are_its_own():
    document = read(LAW.encode(), "办法.md")
    (article,) = document.articles
    assert document.title == article.title == "青澜市电梯安全管理办法"
    assert [heading for _, heading in article.headings] == ["第一章 总则", "第二章 使用"]
    assert [passage.heading for passage in split(document)] == ["第一章 总则", "第二章 使用"]


def test_a_sentence_above_the_headings_is_an_introduction():
    document = read(("这是一份说明，请先阅读。\n\n" + LAW.split("\n\n", 1)[1]).encode(), "a.md")
    assert [article.title for article in document.articles] == ["", "第一章 总则", "第二章 使用"]
