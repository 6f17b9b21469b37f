"""Tables of a PDF page as rows that read on their own: `表头：值；表头：值`.

Three shapes are read: a grid of rules, the table of three level rules (head, body, end) that journals print, and
without any rule, lines whose parts stand in the same three or more columns. What merges cells over rows is repeated
in each row. Tables within tables, and tables that lie on their side, are not told apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from index.readers.pdf.columns import Table, TextLine, lines_of
from index.readers.pdf.page import Box, Page, Run

NEAR = 3.0
"""Points within which two rules are one, or touch."""
MOST_RULES = 3000
"""Rules above which a page is a drawing, whose rules are not looked at."""
MOST_CELLS = 20_000
APART, CLOSE = 0.9, 0.5
"""Gap between two cells, in sizes of the type: without any rules, and between rules."""

Cells = list[list[str]]


def find_tables(page: Page) -> tuple[list[Table], list[Run]]:
    """(tables of a page, the runs that are in none)."""
    runs = list(page.runs)
    tables: list[Table] = []
    if len(page.level) + len(page.upright) <= MOST_RULES:
        for level, upright in _groups(page.level, page.upright):
            table, inside = _grid(level, upright, runs)
            if table is not None:
                tables.append(table)
                runs = [run for run in runs if id(run) not in inside]
        for top, head, end in _three_rules(page.level, tables):
            inner = [rule for rule in page.level if top.y0 + NEAR < rule.y0 < head.y0 - NEAR]
            table, inside = _ruled((top, head, end), inner, runs)
            if table is not None:
                tables.append(table)
                runs = [run for run in runs if id(run) not in inside]
    found, runs = _aligned(runs)
    return tables + found, runs


def _groups(level: Sequence[Box], upright: Sequence[Box]) -> list[tuple[list[Box], list[Box]]]:
    """Rules that touch each other, where some are level and some upright."""
    rules = [*level, *upright]
    group = list(range(len(rules)))

    def top(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    for i, a in enumerate(level):
        for j, b in enumerate(upright, len(level)):
            if b.x0 - NEAR <= a.x1 and a.x0 - NEAR <= b.x1 and b.y0 - NEAR <= a.y1 and a.y0 - NEAR <= b.y1:
                group[top(i)] = top(j)
    members: dict[int, tuple[list[Box], list[Box]]] = {}
    for i, rule in enumerate(rules):
        members.setdefault(top(i), ([], []))[0 if i < len(level) else 1].append(rule)
    return [(a, b) for a, b in members.values() if a and b]


def _places(values: Sequence[float]) -> list[float]:
    """Different values in order; what is nearer than NEAR is one."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > NEAR:
            found.append(value)
    return found


def _grid(level: Sequence[Box], upright: Sequence[Box], runs: Sequence[Run]) -> tuple[Table | None, set[int]]:
    xs = _places(
        [rule.x0 for rule in upright] + [min(rule.x0 for rule in level), max(rule.x1 for rule in level)]
    )
    ys = _places(
        [rule.y0 for rule in level] + [min(rule.y0 for rule in upright), max(rule.y1 for rule in upright)]
    )
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows < 2 or columns < 2 or rows * columns > MOST_CELLS:
        return None, set()
    box = Box(xs[0], ys[0], xs[-1], ys[-1])
    inside = [run for run in runs if _contains(box, run)]
    owner = _merged(xs, ys, level, upright)
    held: dict[int, list[Run]] = {}
    for run in inside:
        x, y = (run.box.x0 + run.box.x1) / 2, (run.box.y0 + run.box.y1) / 2
        column = max(0, sum(1 for edge in xs[1:-1] if edge <= x))
        row = max(0, sum(1 for edge in ys[1:-1] if edge <= y))
        held.setdefault(owner[row * columns + column], []).append(run)
    texts = {cell: _text(found) for cell, found in held.items()}
    cells = [[texts.get(owner[r * columns + c], "") for c in range(columns)] for r in range(rows)]
    spans = [[owner[r * columns + c] for c in range(columns)] for r in range(rows)]
    if sum(1 for text in texts.values() if text) < 3:
        return None, set()
    return Table(box, rows_of(cells, spans)), {id(run) for run in inside}


def _merged(
    xs: Sequence[float], ys: Sequence[float], level: Sequence[Box], upright: Sequence[Box]
) -> list[int]:
    """For each cell of the grid, the number of the cell that it is one with: those that no rule parts."""
    rows, columns = len(ys) - 1, len(xs) - 1
    owner = list(range(rows * columns))
    for row in range(rows):
        y = (ys[row] + ys[row + 1]) / 2
        for column in range(columns):
            cell = row * columns + column
            x = (xs[column] + xs[column + 1]) / 2
            above = row and not any(
                abs(rule.y0 - ys[row]) <= NEAR and rule.x0 - NEAR <= x <= rule.x1 + NEAR for rule in level
            )
            beside = column and not any(
                abs(rule.x0 - xs[column]) <= NEAR and rule.y0 - NEAR <= y <= rule.y1 + NEAR
                for rule in upright
            )
            if above:
                owner[cell] = owner[cell - columns]
            elif beside:
                owner[cell] = owner[cell - 1]
    return owner


def _contains(box: Box, run: Run) -> bool:
    x, y = (run.box.x0 + run.box.x1) / 2, (run.box.y0 + run.box.y1) / 2
    return box.x0 - 1 <= x <= box.x1 + 1 and box.y0 - 1 <= y <= box.y1 + 1


def _text(runs: Sequence[Run]) -> str:
    """The lines of a cell as one."""
    text = ""
    for line in lines_of(runs):
        piece = line.text
        latin = bool(text) and text[-1].isascii() and piece[0].isascii() and text[-1].isalnum()
        text += (" " if latin else "") + piece
    return text.strip()


def _three_rules(level: Sequence[Box], tables: Sequence[Table]) -> list[tuple[Box, Box, Box]]:
    """Rules of one extent, one below another: (top, below the head, end) of each table that they may be."""
    wide: list[Box] = []
    for rule in sorted(level, key=lambda rule: rule.y0):
        if any(table.box.y0 - NEAR <= rule.y0 <= table.box.y1 + NEAR for table in tables):
            continue
        if (
            wide
            and rule.y0 - wide[-1].y0 <= NEAR
            and rule.x0 - wide[-1].x1 <= 2 * NEAR
            and rule.x1 > wide[-1].x1
        ):
            wide[-1] = Box(wide[-1].x0, wide[-1].y0, rule.x1, wide[-1].y1)  # a rule that is drawn in pieces
        else:
            wide.append(rule)
    found, i = [], 0
    while i + 2 < len(wide):
        top = wide[i]
        same = [rule for rule in wide[i + 1 :] if abs(rule.x0 - top.x0) <= 6 and abs(rule.x1 - top.x1) <= 6]
        if top.width >= 80 and len(same) >= 2 and same[0].y0 - top.y0 >= 8 and same[1].y0 - same[0].y0 >= 8:
            found.append((top, same[0], same[1]))
            i = wide.index(same[1])
        i += 1
    return found


def _ruled(
    rules: tuple[Box, Box, Box], inner: Sequence[Box], runs: Sequence[Run]
) -> tuple[Table | None, set[int]]:
    """The table of three rules; `inner` rules in its head stand below what names several columns."""
    top, head, end = rules
    heads = [run for run in runs if _contains(Box(top.x0, top.y0, top.x1, head.y0), run)]
    body = [run for run in runs if _contains(Box(top.x0, head.y0, top.x1, end.y0), run)]
    if not heads or not body or len(lines_of(heads)) > 6:
        return None, set()
    lines = lines_of(body)
    spans = _column_spans(lines, CLOSE)
    if len(spans) < 2 or sum(1 for line in lines if len(line.parts(CLOSE)) > 1) < 0.5 * len(lines):
        return None, set()
    edges = [(a[1] + b[0]) / 2 for a, b in pairwise(spans)]
    bounds = list(zip([top.x0 - 2, *edges], [*edges, top.x1 + 2], strict=True))
    reach = {id(run): _reach(run, inner) for run in heads}
    header = [_text([run for run in heads if _meets(reach[id(run)], span)]) for span in bounds]
    cells = [header]
    for line in lines:
        row = [
            _text([run for run in line.runs if left <= (run.box.x0 + run.box.x1) / 2 < right])
            for left, right in bounds
        ]
        if len(cells) > 1 and not row[0] and 2 * sum(map(bool, row)) < len(row):
            cells[-1] = [f"{above}{below}" for above, below in zip(cells[-1], row, strict=True)]
        else:
            row[0] = row[0] or (cells[-1][0] if len(cells) > 1 else "")
            cells.append(row)
    box = Box(top.x0, top.y0, top.x1, end.y0)
    return Table(box, rows_of(cells)), {id(run) for run in (*heads, *body)}


def _reach(run: Run, inner: Sequence[Box]) -> Box:
    """Where the columns are that a piece of the head names: as far as the rule right below it goes."""
    below = [
        rule
        for rule in inner
        if rule.y0 > run.baseline - 2 and rule.y0 - run.baseline < run.size and rule.x0 - 2 <= run.box.x0
    ]
    return min(
        (rule for rule in below if run.box.x1 <= rule.x1 + 2), key=lambda rule: rule.y0, default=run.box
    )


def _meets(box: Box, span: tuple[float, float]) -> bool:
    shared = min(box.x1, span[1]) - max(box.x0, span[0])
    return shared > 0.5 * min(box.width, span[1] - span[0])


def _column_spans(lines: Sequence[TextLine], gap: float = APART) -> list[tuple[float, float]]:
    """The stretches of the width that text stands in, over all lines together."""
    size = median(line.size for line in lines)
    spans: list[list[float]] = []
    for part in sorted((part for line in lines for part in line.parts(gap)), key=lambda part: part.x0):
        if spans and part.x0 - spans[-1][1] < 0.35 * size:
            spans[-1][1] = max(spans[-1][1], part.x1)
        else:
            spans.append([part.x0, part.x1])
    return [(left, right) for left, right in spans]


def _aligned(runs: Sequence[Run]) -> tuple[list[Table], list[Run]]:
    """Three or more lines below each other, all in the same three or more columns, of which the first is the head."""
    lines = lines_of(runs)
    tables: list[Table] = []
    inside: set[int] = set()
    i = 0
    while i < len(lines):
        j = i
        while (
            j < len(lines)
            and len(lines[j].parts(APART)) >= 3
            and (j == i or lines[j].baseline - lines[j - 1].baseline < 3 * lines[j].size)
        ):
            j += 1
        block = lines[i:j]
        if len(block) >= 3:
            spans = _column_spans(block)
            least = max(len(line.parts(APART)) for line in block)
            if len(spans) >= 3 and len(spans) == least and _are_short(block):
                cells = [
                    [_text([run for run in line.runs if _meets(run.box, span)]) for span in spans]
                    for line in block
                ]
                box = block[0].box
                for line in block[1:]:
                    box = box.around(line.box)
                tables.append(Table(box, rows_of(cells)))
                inside |= {id(run) for line in block for run in line.runs}
        i = max(j, i + 1)
    return tables, [run for run in runs if id(run) not in inside]


def _are_short(lines: Sequence[TextLine]) -> bool:
    """Whether the parts are cells, and not the lines of three columns of running text."""
    widths = [part.width / line.size for line in lines for part in line.parts(APART)]
    return median(widths) <= 8


def rows_of(cells: Cells, spans: Sequence[Sequence[int]] | None = None) -> list[str]:
    """Rows as text, the head's words before each value; `spans` numbers the cells, equal where they are merged.

    A first row with one text all over is the table's title. A table of two columns whose first is a label for the
    second (a form) has no head.

    >>> rows_of([["级别", "标准"], ["部门主管", "500"]])
    ['级别：部门主管；标准：500']
    """
    rows = [row for row in cells if any(row)]
    if spans is not None:
        spans = [span for span, row in zip(spans, cells, strict=True) if any(row)]
    found: list[str] = []
    while len(rows) > 1 and len({text for text in rows[0] if text}) == 1 and len(rows[0]) > 1:
        found.append(next(text for text in rows[0] if text))
        rows, spans = rows[1:], spans[1:] if spans is not None else None
    if not rows:
        return found
    header, depth = _header(rows, spans)
    if not header:
        return found + [_plain(row) for row in rows]
    for row in rows[depth:]:
        if row == rows[0]:
            continue
        pairs = []
        for n, (name, value) in enumerate(zip(header, row, strict=True)):
            merged = n and spans is not None and value == row[n - 1] and name == header[n - 1]
            if value and not merged:
                pairs.append(f"{name}：{value}" if name else value)
        if pairs:
            found.append("；".join(pairs))
    return found or [_plain(rows[0])]


def _header(rows: Cells, spans: Sequence[Sequence[int]] | None) -> tuple[list[str], int]:
    """(names of the columns, how many rows they take); ([], 0) for a table without a head."""
    first = rows[0]
    if len(first) < 2 or len(rows) < 2:
        return [], 0
    if sum(1 for text in first if re.search(r"\d{2}|[。；]", text)) > len(first) / 2:
        return [], 0
    filled = sum(map(bool, first))
    if len(first) == 2 and first[0] and all(_is_label(row[0]) for row in rows) and not _is_label(first[1]):
        return [], 0
    if filled < 0.5 * len(first):
        return [], 0
    if len({text for text in first if text}) < filled and len(rows) > 2 and _goes_on(first, rows[1], spans):
        names = [a if a == b or not b else f"{a}{b}" for a, b in zip(first, rows[1], strict=True)]
        return names, 2
    return list(first), 1


def _goes_on(first: Sequence[str], second: Sequence[str], spans: Sequence[Sequence[int]] | None) -> bool:
    """Whether the second row names the parts of columns that the first names together."""
    if spans is None:
        return False
    parted = any(
        spans[0][n] == spans[0][n - 1] and spans[1][n] != spans[1][n - 1] for n in range(1, len(first))
    )
    return parted and not any(re.search(r"\d", text) for text in second)


def _is_label(text: str) -> bool:
    return bool(text) and len(text) <= 12 and not re.search(r"\d{2}|[。；，]", text)


def _plain(row: Sequence[str]) -> str:
    """A row without a head: a label and its value if it has two parts, else its parts."""
    parts = [text for n, text in enumerate(row) if text and (not n or text != row[n - 1])]
    return f"{parts[0]}：{parts[1]}" if len(parts) == 2 and _is_label(parts[0]) else " ".join(parts)
