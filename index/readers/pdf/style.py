"""The type that a document's body is set in, and what a line set beside it is: a title, a heading or text.

Told by size, weight and place alone; what the words of a heading mean is for index.outline to say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from index.lines import ends_sentence
from index.readers.pdf.columns import TextLine, leading

LineKind = Literal["title", "heading", "text"]

HEADING_SIZE, TITLE_SIZE = 1.12, 1.35
"""How much larger than the body's type headings and titles are set, at the least."""

LONGEST_HEADING = 60  # characters of one line; a title may be set in two

ITEM = re.compile(
    r"[（(]?(?:[一二三四五六七八九十]{1,3}[、）)]|第[一二三四五六七八九十百零〇\d]+[章节条款编]|\d{1,2}(?:[、）)]|[.．](?!\d))|[a-h][）)])"
    r"|[•●◆■▪□➢✓❖·–—] ?|\d{1,2}(?:\.\d{1,2}){1,3}\s|[①-⑳]|【|[［\[]\d{1,3}[］\]]"
)
"""How an item of a list begins: a number, a letter or a bullet."""


@dataclass(frozen=True, slots=True)
class Style:
    """The body's type: its size and its usual distance of lines in points, whether first lines are set in."""

    size: float
    leading: float
    indented: bool
    bold: bool


def style_of(lines: Sequence[TextLine], blocks: Sequence[Sequence[object]]) -> Style:
    """The style of a document: of all its `lines`, and of `blocks` the lines of text in each block of a column."""
    sizes: Counter[float] = Counter()
    bold = total = 0
    for line in lines:
        count = len(line.text)
        sizes[round(line.size * 2) / 2] += count
        total += count
        bold += count * line.bold
    size = max(sizes, key=lambda one: sizes[one]) if sizes else 10.0
    steps, inner, set_in = [], 0, 0
    for block in blocks:
        own = [item for item in block if isinstance(item, TextLine) and abs(item.size - size) < 0.1 * size]
        if len(own) >= 3:
            steps.append(leading(own))
        inner += len(own)
        set_in += sum(1 for line in own if 1.2 * size <= line.box.x0 - line.left <= 4 * size)
    return Style(
        size, median(steps) if steps else 1.5 * size, set_in >= max(2, 0.03 * inner), bold > 0.6 * total
    )


def kind_of(line: TextLine, style: Style) -> LineKind:
    """What one line is beside the body; headings are short and end as no sentence does."""
    text = line.text
    if line.recognised or len(text) > LONGEST_HEADING * 2 or not re.search(r"[^\W\d_]", text):
        return "text"
    if line.size >= TITLE_SIZE * style.size and len(text) <= LONGEST_HEADING * 2:
        return "title"
    short = (
        len(text) <= LONGEST_HEADING
        and len(text) > 1
        and not ends_sentence(text)
        and text[-1] not in "，；,;：:"
    )
    if line.size >= HEADING_SIZE * style.size and short:
        return "heading"
    alone = line.box.x1 < line.right - 2 * line.size
    if line.bold and not style.bold and short and alone and line.size >= 0.97 * style.size:
        return "heading"
    large = line.size >= 0.97 * style.size or bool(re.fullmatch(r"参\s*考\s*文\s*献|附\s*录.{0,20}", text))
    return (
        "heading"
        if large and short and len(text) <= 20 and is_centred(line, 6) and not ITEM.match(text)
        else "text"
    )


def is_centred(line: TextLine, least: float) -> bool:
    """Whether a line stands in the middle of its column, with `least` times its size free at both sides."""
    left, right = line.box.x0 - line.left, line.right - line.box.x1
    return abs(left - right) < 1.2 * line.size and min(left, right) > least * line.size
