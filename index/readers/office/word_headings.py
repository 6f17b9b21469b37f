"""Which paragraphs of a DOCX are its title and its headings, and where its date is printed.

Headings are what styles and outline levels say, and where an author used neither, numbered or bold short lines
(第一章, 一、).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from index.dates import find_date
from index.headlines import is_date_line
from index.lines import ends_sentence
from index.readers.blocks import Block
from index.readers.office.word_parts import Paragraph

HEADING = 80
"""A paragraph with more characters is no heading, whatever its style: outline levels are set by mistake."""

BOLD_HEADING = 40
"""Characters of a line that is a heading by its look only."""

HEAD = 8
"""So many blocks from the top is the title looked for, and the date below it."""

_HEADING_STYLE = re.compile(r"(?:heading|标题)\s*([1-9])(?: char)?", re.IGNORECASE)
_TITLE_STYLE = re.compile(r"title|标题|文档标题|公文标题|大标题", re.IGNORECASE)
_CONTENTS = re.compile(r"目\s*[录次]|contents", re.IGNORECASE)
_ENUMERATED = (
    re.compile(r"第[一二三四五六七八九十百零〇\d]{1,4}[编章篇部](?:分)?(?![^\s]{0,2}[，。])"),
    re.compile(
        r"第[一二三四五六七八九十百零〇\d]{1,4}节|[一二三四五六七八九十]{1,3}\s*、|附录\s*[A-Z]|附件\s*\d"
    ),
    re.compile(r"[（(][一二三四五六七八九十]{1,3}[)）]|\d{1,2}\.\d{1,2}(?![\d%])"),
    re.compile(r"\d{1,2}\s*[.、．](?=\D)|\d{1,2}(?:\.\d{1,2}){2,3}(?!\d)|\d{1,2}\s{1,2}(?=[\u4e00-\u9fff])"),
)
_ARTICLE = re.compile(r"第[一二三四五六七八九十百零〇\d]+条")
_LETTERHEAD = re.compile(r".*文件$|.*〔\d{4}〕.*号.*|密级.*|.*签发人.*")
_CLOSED = re.compile(r"[，、；：,;:]$")


@dataclass(slots=True)
class Item:
    """A piece of the body: a paragraph that may be a heading, or a block that is what it is."""

    block: Block
    paragraph: Paragraph | None = None
    level: int = 0
    """Of a heading, 1 to 9; 0 for what is none, or may only look like one."""


def level_of(paragraph: Paragraph, text: str) -> int:
    """The level of a heading that its style or outline level makes it, from 1; 0 for none."""
    level = _level_named(paragraph.style.name) or (0 if paragraph.outline is None else paragraph.outline + 1)
    if not level or len(text) > HEADING or ends_sentence(text) or _CLOSED.search(text):
        return 0
    return 0 if _ARTICLE.match(text) and len(text) > BOLD_HEADING // 2 else level


@cache
def _level_named(style: str) -> int:
    """The level that a style's name gives; 0 for none."""
    named = _HEADING_STYLE.fullmatch(style)
    return int(named[1]) if named else 0


def with_headings(items: list[Item]) -> list[Block]:
    """The blocks, with the title found and the headings that only look like it."""
    items = [item for item in items if not _CONTENTS.fullmatch(item.block.text)]
    first, last, title = _title(items)
    styled = any(item.level for item in items)
    marked = [item.block for item in items]
    for i, item in enumerate(items):
        if not item.level and item.paragraph is not None and not first <= i < last:
            below = items[i + 1] if i + 1 < len(items) else None
            level = _looks_like(item, below, styled)
            if level:
                marked[i] = Block("heading", item.block.text, level)
    if not title:
        return marked
    # What stands above the title (the letterhead, the number of the document) belongs to its article.
    return [Block("title", title), *marked[:first], *marked[last:]]


def _title(items: list[Item]) -> tuple[int, int, str]:
    """(first, last + 1, text) of the paragraphs at the top that are the title; the text is "" when none are."""
    head = items[:HEAD]
    for i, item in enumerate(head):
        if item.paragraph is not None and _TITLE_STYLE.fullmatch(item.paragraph.style.name):
            return i, i + 1, item.block.text
    best, size = -1, 0
    for i, item in enumerate(head):
        paragraph = item.paragraph
        if paragraph is None or not _stands_out(item):
            if paragraph is None or ends_sentence(item.block.text):
                break
            continue
        if paragraph.size > size and not _LETTERHEAD.fullmatch(item.block.text):
            best, size = i, paragraph.size
    if best < 0:
        return 0, 0, ""
    last = best + 1
    text = items[best].block.text
    while last < len(head):
        paragraph = items[last].paragraph
        if paragraph is None or paragraph.size != size or not _stands_out(items[last]):
            break
        text += items[last].block.text
        last += 1
    return (best, last, text) if len(text) <= HEADING else (best, best + 1, items[best].block.text)


def _stands_out(item: Item) -> bool:
    """Whether a paragraph at the top can be the title: centred, short, no sentence, no date."""
    paragraph, text = item.paragraph, item.block.text
    return (
        paragraph is not None
        and paragraph.centred
        and not paragraph.numbered
        and 2 <= len(text) <= HEADING
        and not ends_sentence(text)
        and not is_date_line(text)
        and not any(pattern.match(text) for pattern in _ENUMERATED)
    )


def _looks_like(item: Item, below: Item | None, styled: bool) -> int:
    """The level of a heading by its look: a number before a short line, or bold letters; 0 for none.

    In a document that uses styles only what is numbered as a chapter is taken for a heading besides.
    """
    paragraph, text = item.paragraph, item.block.text
    if paragraph is None or below is None or len(text) > BOLD_HEADING or ends_sentence(text):
        return 0
    if _CLOSED.search(text) or _ARTICLE.match(text) or is_date_line(text):
        return 0
    rank = next((rank for rank, pattern in enumerate(_ENUMERATED, 1) if pattern.match(text)), 0)
    if rank == 1:
        return rank
    if styled:
        return 0
    prose = below.paragraph is not None and (
        ends_sentence(below.block.text) or len(below.block.text) > BOLD_HEADING
    )
    deeper = below.block.text != text and any(
        pattern.match(below.block.text) for pattern in _ENUMERATED[rank:]
    )
    if rank:
        return rank if paragraph.bold or ((prose or deeper) and rank < 4) else 0
    follows = below.paragraph is None or not below.paragraph.bold
    return 4 if paragraph.bold and follows and not paragraph.numbered and len(text) > 1 else 0


def printed_date(marked: list[Block]) -> str:
    """The date printed on a line of its own: below the title, else at the end."""
    lines = [block.text for block in marked if block.kind == "text"]
    for text in (*lines[:HEAD], *reversed(lines[-4:])):
        if is_date_line(text):
            return find_date(text)
    return ""
