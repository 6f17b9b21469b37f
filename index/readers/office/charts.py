"""Charts and SmartArt of office files → blocks: a chart is a table of its categories and values, as rows that read
on their own; a SmartArt drawing is its texts in the order of its outline.
"""

from __future__ import annotations

import re

from index.readers.blocks import Block
from index.readers.office.number_formats import general
from index.readers.office.package import Element
from index.readers.tables import row_line

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"

DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"

MAX_SERIES, MAX_POINTS = 50, 500
"""Series and points of one chart; what has more is a curve, which nobody reads off."""


def diagram_blocks(root: Element | None, page: int | None = None) -> list[Block]:
    """The texts of a SmartArt drawing (the root of its data part), in the order of its outline."""
    if root is None:
        return []
    points = (point for point in root.iter(f"{DGM}pt") if point.get("type", "node") in ("node", "asst"))
    lines = ("".join(line.itertext(f"{A}t")) for point in points for line in point.iter(f"{A}p"))
    return [Block("text", line, page=page) for line in lines if line.strip()]


def chart_blocks(root: Element | None, page: int | None = None) -> list[Block]:
    """The title of a chart and a row for each category: `季度：一季度；产量：12`; [] where it holds no values."""
    if root is None:
        return []
    title = root.find(f".//{C}chart/{C}title")
    caption = "".join(title.itertext(f"{A}t")) if title is not None else ""
    labels, columns = [""], []
    categories: dict[int, str] = {}
    for series in list(root.iter(f"{C}ser"))[:MAX_SERIES]:
        name = series.find(f"{C}tx")
        labels.append("".join(name.itertext(f"{C}v")) if name is not None else "")
        categories = categories or _points(series.find(f"{C}cat"))
        values = series.find(f"{C}val")
        columns.append(_points(values if values is not None else series.find(f"{C}yVal")))
    count = max((max(column, default=-1) + 1 for column in columns), default=0)
    if not 0 < count <= MAX_POINTS:
        return [Block("text", caption, page=page)] if caption else []
    blocks = [Block("text", caption, page=page)] if caption else []
    for i in range(count):
        row = [categories.get(i, str(i + 1)), *(column.get(i, "") for column in columns)]
        blocks.append(Block("row", row_line(labels, row), page=page))
    return blocks


def _points(parent: Element | None) -> dict[int, str]:
    """Index → text of the points that are stored with a chart."""
    points: dict[int, str] = {}
    for point in parent.iter(f"{C}pt") if parent is not None else ():
        at, value = point.get("idx", ""), point.findtext(f"{C}v") or ""
        if at.isdecimal() and int(at) <= MAX_POINTS:
            points[int(at)] = (
                general(float(value)) if re.fullmatch(r"-?\d+(?:\.\d+)?(?:E[+-]?\d+)?", value) else value
            )
    return points
