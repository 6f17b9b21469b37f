"""A document's articles: their titles, speakers, dates, sources, and sub-headings.

Four shapes are told apart by what is in them: a collection of articles with source lines
(index.newsletter), a report whose head lines name speakers (index.report), Markdown, and plain text.
Whatever the shape, contents lists, photo captions and a web page's leftovers are in no article's body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from index.bylines import read_author
from index.clean import Cleaned
from index.cover import Cover, read_cover
from index.dates import date_in_url
from index.headlines import (
    BREADCRUMB,
    LEFTOVER,
    SOURCE,
    Outline,
    TextLine,
    find_headings,
    is_date_line,
    is_title,
    read_dateline,
    text_lines,
)
from index.lines import HAN
from index.newsletter import outline_collection
from index.passage import Article
from index.report import find_speeches, outline_report

__all__ = ["Outline", "outline"]

FILE_TITLE_COLUMNS = 120
"""A first line right above running text that is wider than this is no title."""

_MARKDOWN = re.compile(r"(#{1,6})\s+(?!\s)(?=.{1,300}$)(\S.*?)\s*#*$")
_FENCE = re.compile(r"```|~~~")


def outline(cleaned: Cleaned, name: str) -> Outline:
    """The articles of a cleaned text; `name` is the file's name, whose suffix may say that it is Markdown."""
    lines = text_lines(cleaned)
    if not lines:
        return Outline(())
    if any(line.mark.kind == "title" for line in lines):
        return outline_collection(cleaned, lines)
    speeches = find_speeches(lines)
    if speeches:
        return outline_report(lines, speeches)
    if _is_markdown(lines, name):
        return _markdown(lines)
    return _plain(cleaned, lines)


def _is_markdown(lines: Sequence[TextLine], name: str) -> bool:
    """Whether `#` lines are headings: by the file's name, or by two of them in Chinese."""
    found = [match[2] for line in lines if (match := _MARKDOWN.match(line.text))]
    if PurePath(name).suffix.lower() in (".md", ".markdown"):
        return bool(found)
    return len(found) >= 2 and sum(1 for text in found if re.search(f"[{HAN}]", text)) >= 2


def _markdown(lines: Sequence[TextLine]) -> Outline:
    """One article per heading of the top level, or one for the whole file when that level has a single one, or
    when a plain line above the first heading is the title."""
    marked = [(i, len(match[1]), match[2]) for i, match in _markdown_headings(lines)]
    if marked[0][0] > 0 and is_title(lines[0].text) and not lines[0].prose:
        return _titled_markdown(lines, [(lines[i].start, text) for i, _, text in marked])
    top = min(level for _, level, _ in marked)
    tops = [(i, text) for i, level, text in marked if level == top]
    articles: list[Article] = []
    if tops[0][0] > 0:
        intro = lines[: tops[0][0]]
        articles.append(Article("", intro[0].start, intro[-1].end, intro[0].start, intro[0].start))
    for (i, text), (following, _) in zip(tops, [*tops[1:], (len(lines), "")], strict=True):
        body = lines[i + 1 : following]
        if not body:
            continue
        inner = tuple((lines[n].start, title) for n, _, title in marked if i < n < following)
        published, publisher = read_dateline(body[:3])
        articles.append(
            Article(
                text,
                body[0].start,
                body[-1].end,
                lines[i].start,
                lines[i].end,
                "",
                publisher,
                "",
                published,
                None,
                inner,
            )
        )
    title = tops[0][1] if len(tops) == 1 else ""
    only = articles[-1] if len(tops) == 1 and articles else Article("", 0, 0)
    return Outline(tuple(articles), title, only.published, only.publisher)


def _titled_markdown(lines: Sequence[TextLine], headings: Sequence[tuple[int, str]]) -> Outline:
    """One article, titled by its first line; the headings are its own."""
    title, body = lines[0], lines[1:]
    published, publisher = read_dateline(body[:3])
    article = Article(
        title.text,
        body[0].start,
        body[-1].end,
        title.start,
        title.end,
        publisher=publisher,
        published=published,
        headings=tuple(headings),
    )
    return Outline((article,), title.text, published, publisher)


def _markdown_headings(lines: Sequence[TextLine]) -> list[tuple[int, re.Match[str]]]:
    """(line, match) of the headings outside code."""
    found, fenced = [], False
    for i, line in enumerate(lines):
        if _FENCE.match(line.text):
            fenced = not fenced
        match = None if fenced else _MARKDOWN.match(line.text)
        if match:
            found.append((i, match))
    return found


def _heads_file(lines: Sequence[TextLine]) -> bool:
    """Whether the first of `lines`, a file's first, is its title.

    Right above running text a title may be one word (稻), wider than elsewhere, or end in a mark.
    """
    text = lines[0].text
    if is_title(text):
        return True
    if not lines[1].prose:
        return False
    if len(text) < 4:
        return bool(re.fullmatch(f"[{HAN}A-Za-z0-9]*[{HAN}A-Za-z][{HAN}A-Za-z0-9]*", text))
    return is_title(text.rstrip("！!？?"), FILE_TITLE_COLUMNS)


def _covered(cover: Cover, lines: Sequence[TextLine], cleaned: Cleaned) -> Outline:
    """One article below a cover, which is its head."""
    body = lines[cover.lines :]
    published, publisher = read_dateline(body[:3])
    article = Article(
        title=cover.title,
        start=body[0].start,
        end=body[-1].end,
        head_start=lines[0].start,
        head_end=lines[cover.lines - 1].end,
        publisher=cover.publisher or publisher,
        published=cover.published or published,
        headings=find_headings(body, cleaned.width),
    )
    return Outline((article,), article.title, article.published, article.publisher)


def _plain(cleaned: Cleaned, lines: Sequence[TextLine]) -> Outline:
    """One article, titled by its first line when that is a title; date and source may stand below it."""
    kept = list(lines)
    while kept and LEFTOVER.fullmatch(kept[-1].text):
        kept.pop()
    kept = kept or list(lines)
    cover = read_cover(kept)
    if cover is not None:
        return _covered(cover, kept, cleaned)
    first = 1 if len(kept) > 1 and BREADCRUMB.search(kept[0].text) else 0
    at, title = first, ""
    if len(kept) > first + 1 and any(line.prose for line in kept[first + 1 :]) and _heads_file(kept[first:]):
        title, at = kept[first].text, first + 1
    published, publisher = read_dateline(kept[at : at + 3])
    while (
        at < min(first + 4, len(kept) - 1)
        and (is_date_line(kept[at].text) or SOURCE.match(kept[at].text))
        and not kept[at].prose
    ):
        at += 1
    body = kept[at:]
    head_start = kept[first].start
    article = Article(
        title=title,
        start=body[0].start,
        end=body[-1].end,
        head_start=head_start,
        head_end=kept[at - 1].end if at > first else head_start,
        publisher=publisher,
        published=published,
        url=cleaned.urls[0].text if len(cleaned.urls) == 1 else "",
        speaker=read_author(title),
        headings=find_headings(body, cleaned.width),
    )
    if article.url and not article.published:
        article = replace(article, published=date_in_url(article.url))
    return Outline((article,), title, article.published, publisher)
