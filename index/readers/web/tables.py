"""Tables of a web page: which hold data and which only place things, and the grid of those that do."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

Element = etree._Element

SKIPPED = frozenset(
    "script style noscript template head title meta link base svg math canvas object embed applet iframe frame audio "
    "video map area button select option datalist input textarea progress meter dialog rp rt rtc wbr img picture "
    "source track param col colgroup".split()
)
"""Elements whose text is none of the page's."""
SPAN = 100
"""Most columns or rows that one cell of a table may claim to span."""
CELLS = 200_000
"""Most cells of one table, with those that spanning cells fill."""


def data_table(table: Element) -> tuple[list[list[str]], int] | None:
    """(rows with merged cells filled in, rows of header) of a table of data; None for one that is layout."""
    if (
        table.get("role") in ("presentation", "none")
        or next(table.iterdescendants("table"), None) is not None
    ):
        return None
    rows = list(table.iter("tr"))
    cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
    if len(cells) < 2 or max(map(len, cells)) < 2:
        return None
    texts = [[_cell_text(cell) for cell in row] for row in cells]
    lengths = [len(text) for row in texts for text in row if text]
    is_headed = any(cell.tag == "th" for row in cells for cell in row)
    if not lengths or (not is_headed and (max(lengths) > 800 or sum(lengths) / len(lengths) > 200)):
        return None
    if sum(1 for _ in table.iter("p", "div", "ul")) > 4 * sum(map(len, cells)):
        return None
    header = 0
    for row in cells:
        in_head = bool(row) and next(row[0].iterancestors("thead"), None) is not None
        if not row or not (in_head or all(cell.tag == "th" for cell in row)):
            break
        header += 1
    return _filled(cells, texts), header if header < len(cells) else 0


def _cell_text(cell: Element) -> str:
    pieces: list[str] = []
    for element in cell.iter():
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in ("br", "p", "div", "li") and pieces:
            pieces.append("\n")
        if element.text and tag and tag not in SKIPPED:
            pieces.append(element.text.replace("\n", " "))
        if element.tail and element is not cell:
            pieces.append(element.tail.replace("\n", " "))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _filled(cells: Sequence[Sequence[Element]], texts: Sequence[Sequence[str]]) -> list[list[str]]:
    """The grid of a table: cells that span rows or columns stand in all of them."""
    grid: list[dict[int, str]] = [{} for _ in cells]
    count = 0
    for y, row in enumerate(cells):
        x = 0
        for cell, text in zip(row, texts[y], strict=True):
            while x in grid[y]:
                x += 1
            wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
            for below in range(y, min(y + high, len(grid))):
                for column in range(x, x + wide):
                    grid[below].setdefault(column, text)
                    count += 1
            if count > CELLS:
                return [list(row) for row in texts]
            x += wide
    return [[row.get(x, "") for x in range(max(row) + 1)] if row else [] for row in grid]


def _span(cell: Element, which: str) -> int:
    value = cell.get(which, "1").strip()
    return min(SPAN, max(1, int(value))) if value.isascii() and value.isdecimal() and len(value) < 7 else 1
