"""Pages in reading order → paragraphs: hard wraps joined over lines, columns and pages, words mended at line ends.

What stands at the foot of a page (footnotes) or breaks into a paragraph from outside (tables, captions) is set
before or behind the paragraph, never inside. What is a heading is told in index.readers.pdf.style.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from index.lines import ends_sentence
from index.readers.pdf.columns import Item, Table, TextLine, ends_broken, in_order, lines_of
from index.readers.pdf.furniture import drop_furniture
from index.readers.pdf.page import HYPHEN, Page, Run
from index.readers.pdf.style import ITEM, LONGEST_HEADING, Style, is_centred, kind_of, style_of
from index.readers.pdf.tables import find_tables
from index.readers.pdf.words import HAN_OR_MARK, joined, tidied, words_of

ParagraphKind = Literal["title", "heading", "text", "row", "note"]

NOTE_SIZE = 0.93
"""How large beside the body's type footnotes are set, at the most."""

_NOTE_MARK = re.compile(
    r"[①-⑳*∗†‡§¶¹²³⁴⁵※]|[［\[（(CG]{0,2}\d{1,2}[］\]）)]?\s*\D|注[：:\d]|收稿日期|基金项目|作者简介|通[信讯]作者"
)
_NOTE = re.compile(r"注\s*\d?\s*[：:]")
_PART_LABEL = re.compile(r"[（(][a-hA-H][)）]")
_CAPTION = re.compile(r"(?:续?表|图|Table|Fig(?:ure)?\.?|TABLE|FIGURE)\s*[A-Z]?\d+")
_OPEN_END = re.compile(rf"[，、,（《“‘(—–{HYPHEN}]$")
_FIRST_UNIT = re.compile(r"[“‘（《【(]*(?:[A-Za-z0-9.%+\-/]+|\S)[，。、；：！？”’）》】,.;:!?)]*")


@dataclass(slots=True)
class Paragraph:
    """One paragraph, heading or row of a table. `turns` are the offsets in `text` at which a new page begins."""

    text: str
    page: int
    kind: ParagraphKind = "text"
    turns: tuple[int, ...] = ()
    size: float = 0.0
    confidence: float = 100.0


@dataclass(slots=True)
class _Open:
    """A paragraph under way."""

    lines: list[TextLine]
    kind: ParagraphKind = "text"
    waiting: list[Paragraph] = field(default_factory=list)
    """What came after its first line and belongs behind it."""


def paragraphs_of(pages: Sequence[Page]) -> list[Paragraph]:
    """The paragraphs of a document in reading order. Takes running headers and the like out of `pages` first."""
    blocks = _blocks(pages)
    lines = [item for block in blocks for item in block if isinstance(item, TextLine)]
    style = style_of(lines, blocks)
    words = words_of(lines)
    found: list[Paragraph] = []
    current: _Open | None = None
    for block in blocks:
        for item in _without_notes(block, style):
            if not isinstance(item, TextLine):
                _set_aside(item, current, found)
                continue
            if current is not None and _continues(current, item, style):
                current.lines.append(item)
                continue
            found += _close(current, style, words)
            current = _Open([item], kind_of(item, style))
    found += _close(current, style, words)
    return found


def reading_lines(page: Page) -> list[TextLine]:
    """All lines of one page in reading order, those of its tables as they stand."""
    tables, runs = find_tables(page)
    inside = {id(run) for run in runs}
    blocks = in_order(runs, tables)
    lines = []
    for block in blocks:
        for item in block:
            if isinstance(item, TextLine):
                lines.append(item)
            else:
                lines += lines_of([r for r in page.runs if id(r) not in inside and _within(r, item)])
    return lines + [TextLine([run], run.box, run.baseline, run.size) for run in page.aside]


def _within(run: Run, table: Table) -> bool:
    x, y = (run.box.x0 + run.box.x1) / 2, (run.box.y0 + run.box.y1) / 2
    return table.box.x0 - 3 <= x <= table.box.x1 + 3 and table.box.y0 - 3 <= y <= table.box.y1 + 3


@dataclass(slots=True)
class _Rows:
    """What is set before or behind a paragraph that it interrupts."""

    paragraphs: list[Paragraph]


def _blocks(pages: Sequence[Page]) -> list[list[Item | _Rows]]:
    """Blocks of all pages in reading order, tables as rows."""
    parted = []
    for page in pages:
        tables, page.runs = find_tables(page)
        parted.append(tables)
    drop_furniture(pages)
    found: list[list[Item | _Rows]] = []
    for page, tables in zip(pages, parted, strict=True):
        for block in in_order(page.runs, tables):
            items: list[Item | _Rows] = []
            for item in block:
                if isinstance(item, Table):
                    rows = [Paragraph(text, page.number, "row") for text in item.rows]
                    items.append(_Rows(rows))
                else:
                    _place(item, page, len(found))
                    items.append(item)
            found.append(items)
        aside: list[Item | _Rows] = []
        if page.aside:
            aside.append(
                _Rows(
                    [
                        Paragraph(run.text, page.number, "note", confidence=run.confidence)
                        for run in page.aside
                    ]
                )
            )
        found.append(aside)
    return found


def _place(line: TextLine, page: Page, block: int) -> None:
    line.page, line.page_height, line.block = page.number, page.height, block
    line.recognised = page.recognised


def _without_notes(block: Sequence[Item | _Rows], style: Style) -> Iterator[TextLine | _Rows]:
    """The block's items, its footnotes as one that goes before the open paragraph; a table's notes go with it."""
    cut = len(block)
    for n in range(len(block) - 1, -1, -1):
        item = block[n]
        if not isinstance(item, TextLine) or item.size > NOTE_SIZE * style.size:
            break
        if item.baseline < 0.5 * item.page_height:
            break
        above = block[n - 1] if n else None
        if _NOTE_MARK.match(item.text) and _is_set_off(item, above, style):
            cut = n
    body = [item for item in block[:cut] if not isinstance(item, Table)]
    n = 0
    while n < len(body):
        item = body[n]
        n += 1
        if not isinstance(item, TextLine) or not _breaks_in(item, body, n - 1, style):
            yield item
            continue
        lines = [item]
        while n < len(body) and _goes_on(lines[-1], body[n], style):
            lines.append(cast(TextLine, body[n]))
            n += 1
        yield _Rows([_paragraph(lines, "note" if _NOTE.match(item.text) else "text", Counter())])
    notes = [item for item in block[cut:] if isinstance(item, TextLine)]
    groups: list[list[TextLine]] = []
    for line in notes:
        if groups and not _NOTE_MARK.match(line.text):
            groups[-1].append(line)
        else:
            groups.append([line])
    if groups:
        yield _Rows([_paragraph(group, "note", Counter()) for group in groups])


def _breaks_in(line: TextLine, body: Sequence[Item | _Rows], n: int, style: Style) -> bool:
    """Whether a line begins a caption, or the notes right below a table."""
    if _NOTE.match(line.text):
        return bool(n) and isinstance(body[n - 1], _Rows) and line.size < NOTE_SIZE * style.size
    below = body[n + 1] if n + 1 < len(body) else None
    if _PART_LABEL.match(line.text) and isinstance(below, TextLine) and _CAPTION.match(below.text):
        return True
    return bool(_CAPTION.match(line.text)) and _is_apart(line, body, n)


def _is_set_off(line: TextLine, above: Item | _Rows | None, style: Style) -> bool:
    """Whether a small line stands below larger ones, or a wide space or a table."""
    if not isinstance(above, TextLine):
        return isinstance(above, (Table, _Rows))
    if kind_of(above, style) != "text" or re.fullmatch(r"参\s*考\s*文\s*献\W*|References", above.text):
        return False
    return above.size > 1.07 * line.size or line.baseline - above.baseline > 2 * line.size


def _goes_on(above: TextLine, line: Item | _Rows, style: Style) -> bool:
    """Whether a caption goes on in the next line."""
    if (
        not isinstance(line, TextLine)
        or abs(line.size - above.size) > 0.05 * line.size
        or line.bold != above.bold
    ):
        return False
    near = line.baseline - above.baseline < 1.7 * line.size
    return near and line.size < 0.97 * style.size and not _NOTE_MARK.match(line.text)


def _is_apart(line: TextLine, body: Sequence[Item | _Rows], n: int) -> bool:
    """Whether a line that begins as a caption does is one: it does not continue the line above."""
    above = body[n - 1] if n else None
    if not isinstance(above, TextLine):
        return True
    return (
        ends_sentence(above.text)
        or above.box.x1 < above.right - 2 * above.size
        or above.size > 1.05 * line.size
    )


def _set_aside(rows: Item | _Rows, current: _Open | None, found: list[Paragraph]) -> None:
    """Puts rows before the paragraph under way, or behind it if it is complete or began on an earlier page.

    Either way the pages only ever rise.
    """
    if not isinstance(rows, _Rows):
        return
    if current is None:
        found += rows.paragraphs
    elif _is_whole(current) or rows.paragraphs[0].page > current.lines[0].page:
        current.waiting += rows.paragraphs
    else:
        found += rows.paragraphs


def _is_whole(current: _Open) -> bool:
    last = current.lines[-1]
    text = last.text
    return (
        current.kind != "text"
        or ends_sentence(text)
        or text[-1] in "：:"
        or last.box.x1 < last.right - 2 * last.size
    )


def _continues(current: _Open, line: TextLine, style: Style) -> bool:
    """Whether `line` goes on where the paragraph stands."""
    last = current.lines[-1]
    if current.waiting and (current.waiting[-1].page < line.page or _is_whole(current)):
        return False
    kind = kind_of(line, style)
    below = line.block == last.block
    if current.kind in ("title", "heading"):
        near = below and line.baseline - last.baseline < 2.2 * line.size
        return (
            near
            and kind == current.kind
            and abs(line.size - last.size) < 0.06 * line.size
            and line.bold == last.bold
        )
    if kind != "text" or abs(line.size - last.size) > 0.12 * max(line.size, last.size):
        return False
    usual = style.leading * line.size / style.size
    if below and not 0 < line.baseline - last.baseline < max(1.55 * usual, 1.3 * usual + 3):
        return False
    return _runs_on(current, last, line, style)


def _runs_on(current: _Open, last: TextLine, line: TextLine, style: Style) -> bool:
    """Whether the margin alone ended `last`: its line is full, and the next begins no paragraph."""
    above, text = last.text, line.text
    if ends_broken(above) and text[0].islower():
        return True
    if text[0] in "，。、；：！？”’）》】,.;:!?)%℃":
        return True
    size = line.size
    unit = _FIRST_UNIT.match(text)
    needs = _width(unit[0] if unit else text[:1], size)
    slack = (1.6 if last.recognised else 0.6) * size
    room = last.right - last.box.x1
    full = room < needs + slack
    set_in = line.box.x0 - line.left > (1.2 if not line.recognised else 1.5) * size
    first_set_in = last.box.x0 - last.left > 1.2 * size and len(current.lines) == 1
    first = current.lines[0]
    inset = line.box.x0 - line.left - (first.box.x0 - first.left)
    hanging = bool(ITEM.match(first.text)) and inset > 0.5 * size
    if _OPEN_END.search(above) and full:
        return True
    if not full:
        return bool(_OPEN_END.search(above)) and not set_in and room < 6 * size and not ITEM.match(text)
    if set_in and not hanging:
        centred = is_centred(line, 2) and first_set_in
        level = abs(line.box.x0 - line.left - (last.box.x0 - last.left)) < 0.4 * size
        level = level and (len(current.lines) > 1 or not style.indented)
        return (centred or level) and not ends_sentence(above) and not ITEM.match(text)
    if ends_sentence(above):
        if ITEM.match(text) and inset <= 0.5 * size:
            return False
        return style.indented or first_set_in or len(current.lines) > 1 or not _CAPTION.match(text)
    return not (ITEM.match(text) and above[-1] in "；;：:")


def _width(text: str, size: float) -> float:
    """About how wide a text is set, in points."""
    return sum(size if HAN_OR_MARK.match(char) else 0.52 * size for char in text)


def _close(current: _Open | None, style: Style, words: Counter[str]) -> list[Paragraph]:
    if current is None:
        return []
    made = _paragraph(current.lines, current.kind, words)
    if made.kind in ("title", "heading") and len(made.text) > 2 * LONGEST_HEADING:
        made = replace(made, kind="text")
    return [made, *current.waiting]


def _paragraph(lines: Sequence[TextLine], kind: ParagraphKind, words: Counter[str]) -> Paragraph:
    text = tidied(lines[0].text)
    turns: list[int] = []
    for above, below in zip(lines, lines[1:], strict=False):
        text, start = joined(text, tidied(below.text), words)
        turns += [start] * (below.page - above.page)
    text = text.replace(HYPHEN, "-") if text.endswith(HYPHEN) else text.replace(HYPHEN, "")
    count = sum(len(line.text) for line in lines)
    confidence = sum(line.confidence * len(line.text) for line in lines) / max(1, count)
    return Paragraph(text, lines[0].page, kind, tuple(turns), lines[0].size, confidence)
