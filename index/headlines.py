"""What the lines of a document say about themselves: titles, sub-headings, lines with date and source.

Shared by the outlines of all shapes (index.outline, index.newsletter, index.report).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from index.clean import Cleaned, Paragraph
from index.dates import find_date
from index.lines import HAN, columns, ends_sentence
from index.passage import Article, Hygiene

TITLE_COLUMNS = 80
"""A line wider than this is no title."""

BREADCRUMB = re.compile(r"当前位置|您的位置|您现在的位置|首页\s*[>＞»/]|>>|＞＞")
SOURCE = re.compile(r"(?:信息来源|文章来源|新闻来源|来源|稿源|出处|发布机构)\s*[:：]\s*([^\s|｜，。]+)")
LEFTOVER = re.compile(
    r"打印(?:本页)?|关闭(?:窗口|本页)?|返回(?:顶部|首页|列表)|分享(?:到.{0,6})?|收藏|上一篇.{0,40}|下一篇.{0,40}|"
    r"扫一扫.{0,20}|纠错|字体.{0,12}|相关(?:链接|阅读|新闻)|版权所有.{0,60}|Baidu|map"
)
"""What a saved web page leaves at its end."""

_DATELINE = re.compile(r"((?:19|20)\d{2}年\d{1,2}月\d{1,2}日)\s*(?:讯|电|报道)")
_ENUMERATED = re.compile(
    r"第[一二三四五六七八九十百零〇\d]+[编章节部篇]|[一二三四五六七八九十]{1,3}、|"
    r"[（(][一二三四五六七八九十]{1,3}[)）]|\d{1,2}(?:\.\d{1,2}){0,3}[.、．\s]\s*(?=\D)"
)
_NUMERAL = re.compile(r"[一二三四五六七八九十]{1,3}|[（(][一二三四五六七八九十]{1,3}[)）]|[IVX]{1,4}|\*{3}")
_OPEN_END = re.compile(r"[，、；：,;:—–\-…]$")
_PAREN_LINE = re.compile(r"[（(].*[)）]$")
_KEY_AND_VALUE = re.compile(r"[^：:]{1,12}[：:]\s*\S|(?:\d+月)?\d+日$")


@dataclass(frozen=True, slots=True)
class Outline:
    """A document's articles in order, and what holds for the whole file."""

    articles: tuple[Article, ...]
    title: str = ""
    published: str = ""
    publisher: str = ""

    def counted(self, hygiene: Hygiene) -> Hygiene:
        """`hygiene` with the articles and the different speakers counted."""
        speakers = {article.speaker for article in self.articles if article.speaker}
        return replace(hygiene, articles=len(self.articles), speakers=len(speakers))


class TextLine(NamedTuple):
    """A line of the cleaned text, where it stands, and what it was on the page."""

    text: str
    start: int
    end: int
    mark: Paragraph

    @property
    def prose(self) -> bool:
        """Whether it is running text: a sentence, or too long for a title."""
        return ends_sentence(self.text) or _is_wide(self.text, TITLE_COLUMNS)


def _is_wide(text: str, most: float) -> bool:
    """Whether a text takes more than `most` columns; no character takes less than one."""
    return len(text) > most or columns(text) > most


def text_lines(cleaned: Cleaned) -> list[TextLine]:
    """The lines of a cleaned text."""
    text = cleaned.text
    return [TextLine(text[p.start : p.end], p.start, p.end, p) for p in cleaned.paragraphs]


def read_dateline(lines: Sequence[TextLine]) -> tuple[str, str]:
    """(published, publisher) that the first lines below a title state."""
    published = publisher = ""
    for line in lines:
        match = _DATELINE.search(line.text[:60])
        if match:
            published = find_date(match[1])
        elif not ends_sentence(line.text) and columns(line.text) <= TITLE_COLUMNS:
            source = SOURCE.search(line.text)
            publisher = source[1] if source else publisher
            published = find_date(line.text) if source or is_date_line(line.text) else published
    return published, publisher


def is_date_line(text: str) -> bool:
    """Whether a line is little more than a date."""
    return (
        bool(find_date(text)) and len(re.findall(f"[{HAN}]", text)) <= 24 and not re.search("[，。；]", text)
    )


def is_title(text: str, most: int = TITLE_COLUMNS) -> bool:
    """Whether a line of at most `most` columns reads like a title: short, complete in itself, no sentence."""
    if len(text) < 4 or _is_wide(text, most) or _OPEN_END.search(text) or BREADCRUMB.search(text):
        return False
    if text[-1] in "。！!.…" or text[0] in "，。、；：？！）)”’》】,.;:?!-•·*|":
        return False
    return (
        bool(re.match(f"[{HAN}A-Za-z0-9《“【「‘]", text))
        and not re.search(r"[。；]", text)
        and not re.match(r"\d+$", text)
    )


def find_headings(body: Sequence[TextLine], width: int) -> tuple[tuple[int, str], ...]:
    """Sub-headings among the lines of a body.

    A heading is short, ends like no sentence, and has running text below it. A bare line counts only
    between stretches of running text; a numbered one also right under another heading.
    """
    widest = 0.75 * width if width else 60
    found: list[tuple[int, str]] = []
    for n, line in enumerate(body[:-1]):
        text = line.text
        if (
            len(text) > widest
            or columns(text) > widest
            or ends_sentence(text)
            or _OPEN_END.search(text)
            or _PAREN_LINE.match(text)
        ):
            continue
        above, below = body[n - 1] if n else None, body[n + 1]
        if _ENUMERATED.match(text):
            item = above is not None and not above.prose and _level(above.text) == _level(text)
            if not item and (_runs(below) or _level(below.text) not in ("", _level(text))):
                found.append((line.start, text))
        elif _NUMERAL.fullmatch(text):
            if below.prose:
                found.append((line.start, text))
        elif not width and _KEY_AND_VALUE.match(text):
            continue
        elif below.prose and (above is None or _closes(above, found, width)) and is_title(text):
            found.append((line.start, text))
    return tuple(found)


def _runs(line: TextLine) -> bool:
    """Whether a line is running text, or leads in a list."""
    return line.prose or line.text[-1] in "：:；;"


def _closes(above: TextLine, found: Sequence[tuple[int, str]], width: int) -> bool:
    """Whether the line above a bare heading ends running text: a sentence, or another heading."""
    if found and found[-1][0] == above.start:
        return True
    return ends_sentence(above.text) and (width > 0 or columns(above.text) > 16)


def _level(text: str) -> str:
    """The kind of numbering a line begins with: 第#章, #、, （#） or #. ; "" for none."""
    match = _ENUMERATED.match(text)
    return re.sub(r"[一二三四五六七八九十百零〇\d\s]+", "#", match[0]) if match else ""
