"""Rows of a table → blocks that read on their own: `表头：值；表头：值`.

For tables of every format. A caller hands over rows of cells as a person reads them, with merged cells filled in.
Found here: the header (of one row or several), forms whose labels stand beside their values, tables that are only
layout, lists of questions and answers (index.readers.faq). What a cell's number looks like is for the caller to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from index.readers.blocks import Block
from index.readers.faq import faq_blocks, faq_columns

Row = list[str]

LABEL = 40
"""A cell with more characters is no label of a column."""

FORM_LABEL = 16
"""A cell with more characters is no label beside its value."""

FORM_ROWS = 40
"""A longer table is no form of labels and values, unless its cells are merged as only a form's are."""

HEADER_ROWS = 4
"""A header has at most so many rows."""

LONG_ROW = 200
"""Characters of a row that fills a passage by itself."""

KEY = 60
"""A cell with more characters does not name its row."""

_NUMBER = re.compile(
    r"[<>≤≥≈~±+\-−(（]{0,2}[¥￥$€£]?\s*[\d０-９][\d０-９,，.\s]*(?:[-~～—–/:：至][\d.,:]+)*\s*"
    r"(?:%|％|‰|[万亿千百]*元?|[人个家项件条批次吨天岁分]|[a-zA-Zμ℃°³²/]{1,6})?[)）]?"
)
_DATE = re.compile(
    r"(?:\d{4}[-/.年]\d{1,2}(?:[-/.月](?:\d{1,2}日?)?)?|\d{1,2}[-/.月]\d{1,2}日?)(?:\s*\d{1,2}:\d\d(?::\d\d)?)?"
)
_NOTHING = frozenset(("", "-", "—", "－", "--", "——", "/", "\\", "无", "N/A", "n/a", "NA"))
_HEADER_WORD = re.compile(
    r"^(?:序号|编号|项目|内容|名称|类别|类型|指标|备注|说明|单位|数量|日期|时间|姓名|部门|标题|问题|答案|答复|要求|标准|条款|金额|"
    r"责任(?:人|部门|单位)|频次|结果|状态|等级|措施|参数|型号|规格|字段|含义|key|value|name|item|no\.?|id|title|date|type|question|"
    r"answer|description)$|.(?:名称|类别|类型|编号|内容|要求|标准|情况|说明|时间|日期|金额|数量|比例|率|（.{1,8}）|\(.{1,8}\))$",
    re.IGNORECASE,
)
_FORM_WORD = re.compile(
    r"姓\s*名|性\s*别|单位|地址|住所|电话|手机|传真|邮编|邮箱|日期|时间|编号|名称|联系|负责人|法定代表人|签字|签名|盖章|意见|"
    r"型号|规格|学历|职务|职称|部门|身份证|民族|年龄|出生|备注|结论|[:：]$"
)
_SERIAL = re.compile(r"(?:序号|编号|行号|no\.?|#|id|index)?", re.IGNORECASE)
_NAMING = re.compile(r"名称|标题|项目|事项|主题|问题|title|name|subject|question", re.IGNORECASE)
_NOTE = re.compile(
    r"[(（]?(?:注|备注|说明|附注|单位|制表|填表|审核|日期|数据来源|来源|合计|总计|小计|note)", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[。！？!?；;，,：:]$")
_TWO_SENTENCES = re.compile(r"[。！？!?].{2}", re.DOTALL)


def table_blocks(
    rows: Sequence[Sequence[str]], *, header: int | None = None, page: int | None = None, sheet: bool = False
) -> list[Block]:
    """The blocks of one table, in reading order.

    `rows` hold the cells' texts, which may have line breaks, with merged cells filled in; they may differ in length.
    `header` is how many rows of labels stand on top, if the format says so. A `sheet` stands alone: its long rows and
    its questions become headings of their own, which in running text would go on to head what follows the table.
    """
    grid = _compact(rows)
    if not grid:
        return []
    if len(grid[0]) == 1 or (len(grid) == 1 and not header):
        return _layout(grid, page)
    banners, body = _banners(grid) if header is None else ([], grid)
    blocks = [Block("text", line, page=page) for text in banners for line in _lines(text)]
    if not body:
        return blocks
    if header is None:
        header = 0 if is_form(body) else header_rows(body, sure=sheet)
    labels, body = _labels(body, header), body[header:]
    if not any(labels):
        return blocks + [Block("row", _pairs(row), page=page) for row in body]
    labels, body = _side_by_side(labels, body)
    labels, body = _without_index(labels, [row for row in body if row != labels])
    found = faq_columns(labels) if sheet else None
    if found:
        return blocks + faq_blocks(labels, body, found)
    return blocks + _body(labels, body, page, sheet)


def header_rows(rows: Sequence[Row], sure: bool = False) -> int:
    """How many rows on top are labels of columns, 0 to 4. `rows` are of one length; with `sure`, a first row of
    labels counts even where nothing below it bears that out, as in a list that somebody exported."""
    first = rows[0]
    if len(rows) < 2 or not _is_labels(first) or not _is_borne_out(rows, sure):
        return 0
    count = 1
    while count < min(HEADER_ROWS, len(rows) - 1) and _goes_on(rows, count):
        count += 1
    return count


def row_line(labels: Sequence[str], row: Sequence[str]) -> str:
    """`表头：值；表头：值`, without the empty cells.

    >>> row_line(["职务", "住宿费", "备注"], ["部门主管", "500", ""])
    '职务：部门主管；住宿费：500'
    """
    pieces = [_piece(label, value) for label, value in zip(labels, row, strict=False) if value]
    return "；".join(dict.fromkeys(pieces))


def _piece(label: str, value: str) -> str:
    value = " ".join(value.split()).rstrip("；;，,。 ") or value
    return f"{label}：{value}" if label and label != value else value


def _compact(rows: Sequence[Sequence[str]]) -> list[Row]:
    """Rows of one length, without the rows and columns that are empty."""
    cells = [[cell.strip() for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    width = max(map(len, cells), default=0)
    used = sorted({i for row in cells for i, cell in enumerate(row) if cell})
    if len(used) == width and all(len(row) == width for row in cells):
        return cells
    return [[row[i] if i < len(row) else "" for i in used] for row in cells]


def _layout(grid: Sequence[Row], page: int | None) -> list[Block]:
    """A table of one column or one row only places text on the page."""
    texts = list(dict.fromkeys(cell for row in grid for cell in row if cell)) if len(grid) == 1 else None
    texts = texts if texts is not None else [row[0] for row in grid]
    return [Block("text", line, page=page) for text in texts for line in _lines(text)]


def _lines(text: str) -> list[str]:
    return [line for line in (" ".join(line.split()) for line in text.split("\n")) if line]


def _banners(grid: list[Row]) -> tuple[list[str], list[Row]]:
    """(captions, remarks and the like above the header, the rest)."""
    for i, row in enumerate(grid):
        if not _alone(row):
            return [_alone(above) for above in grid[:i]], grid[i:]
    return [_alone(row) for row in grid], []


def _alone(row: Row) -> str:
    """The text of a row that holds only one, in one cell or in merged ones; "" for any other."""
    values = {cell for cell in row if cell}
    return values.pop() if len(values) == 1 else ""


def _banner(row: Row) -> str:
    """Like `_alone`, for a row below the header, where one cell of two may just be empty."""
    return _alone(row) if len(row) > 2 or row[0] == row[-1] else ""


def _is_value(cell: str) -> bool:
    return len(cell) <= LABEL and bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))


def _is_label(cell: str) -> bool:
    return len(cell) <= LABEL and not _is_value(cell) and "。" not in cell and cell not in _NOTHING


def _is_labels(row: Row) -> bool:
    """Whether a row can be a header: at least half of it is filled, and only with labels."""
    filled = [cell for cell in row if cell]
    years = [cell for cell in filled if re.fullmatch(r"(?:19|20)\d\d年?", cell)]
    return len(filled) * 2 >= len(row) and all(_is_label(cell) or cell in years for cell in filled)


def _is_borne_out(rows: Sequence[Row], sure: bool) -> bool:
    """Whether what stands below the first row shows that it is the header."""
    first, body = rows[0], rows[1:50]
    words = sum(bool(_HEADER_WORD.search(cell)) for cell in first)
    if words * 2 >= len(first) or (sure and len(set(first)) == len(first)):
        return True
    for i, label in enumerate(first):
        below = [row[i] for row in body if row[i] not in _NOTHING]
        if label and not _is_value(label) and sum(map(_is_value, below)) * 2 > len(body):
            return True
    if len(first) == 2 and len(body) > 1 and sum(len(row[0]) for row in body) > FORM_LABEL * len(body):
        return True  # too long to be labels of what stands beside them
    return words > 0 or (
        len(first) > 2 and len(set(first)) == len(first) and all(len(c) <= 20 for c in first)
    )


def _goes_on(rows: Sequence[Row], count: int) -> bool:
    """Whether row `count` still belongs to the header: it tells apart columns that the rows above do not."""
    above, row = rows[count - 1], rows[count]
    joint = ["".join(cells) for cells in zip(*rows[:count], strict=True)]
    split = [i for i, (left, right) in enumerate(pairwise(joint), 1) if left == right or not right]
    told = any(row[i] and row[i] != row[i - 1] and row[i] != above[i] for i in split)
    return told and _is_labels(row)


def _labels(rows: Sequence[Row], count: int) -> Row:
    """One label a column, of the `count` header rows: `2023年 一季度`."""
    if not count:
        return [""] * len(rows[0])
    above = [list(row) for row in rows[:count]]
    for row, below in pairwise(above):
        for i in range(1, len(row)):
            if not row[i] and row[i - 1] and below[i]:  # merged by eye only: a label over empty cells
                row[i] = row[i - 1]
    return [
        " ".join(dict.fromkeys(" ".join(cell.split()) for cell in cells if cell))
        for cells in zip(*above, strict=True)
    ]


def is_form(rows: Sequence[Row]) -> bool:
    """Whether labels stand beside their values, `姓名 | 张三 | 性别 | 男`, also below the first row."""
    if _is_ragged(rows):
        return True
    if not 2 <= len(rows) <= FORM_ROWS:
        return False
    lines = [_merged(row) for row in rows[1:]]
    words = sum(bool(line and len(line[0]) <= FORM_LABEL and _FORM_WORD.search(line[0])) for line in lines)
    first = _merged(rows[0])
    # A header names all its columns; the first line of a form has a value beside its label.
    leads = bool(_FORM_WORD.search(first[0])) and not all(
        _HEADER_WORD.search(cell) or _FORM_WORD.search(cell) for cell in first
    )
    return leads and words * 2 >= len(lines)


def _is_ragged(rows: Sequence[Row]) -> bool:
    """Whether most rows have merged cells, not as the header has them: only a form is ruled so."""
    lines = [row for row in rows[1:] if not _alone(row)]
    merged = [row for row in lines if any(left and left == right for left, right in pairwise(row))]
    widths = {len(_merged(row)) for row in merged}
    return len(lines) > 2 and len(merged) * 2 > len(lines) and len(widths) > 1


def _merged(row: Row) -> Row:
    """The filled cells of a row, what was merged taken once."""
    return [cell for i, cell in enumerate(row) if cell and (not i or cell != row[i - 1])]


def _pairs(row: Row) -> str:
    """A row without header: label beside value where it looks so, else one after the other."""
    cells = [" ".join(cell.split()) for i, cell in enumerate(row) if not i or cell != row[i - 1]]
    if len(cells) % 2 == 0 and all(
        0 < len(cell) <= FORM_LABEL and not _is_value(cell) for cell in cells[::2]
    ):
        labels = [cell.rstrip("：: ") for cell in cells[::2]]
        pairs = zip(labels, cells[1::2], strict=True)
        return "；".join(_piece(label, value) if value else label for label, value in pairs)
    cells = [cell for cell in cells if cell]
    if len(cells) > 1 and len(cells[0]) <= FORM_LABEL and not _is_value(cells[0]):
        return f"{cells[0].rstrip('：: ')}：{'；'.join(cells[1:])}"
    return "；".join(cells)


def _side_by_side(labels: Row, body: list[Row]) -> tuple[Row, list[Row]]:
    """A long list that was set in two or three columns, `姓名 电话 姓名 电话`, in one."""
    for times in (2, 3):
        width, rest = divmod(len(labels), times)
        if not rest and width > 1 and labels == labels[:width] * times and all(labels):
            parts = range(0, len(labels), width)
            return labels[:width], [
                row[i : i + width] for i in parts for row in body if any(row[i : i + width])
            ]
    return labels, body


def _without_index(labels: Row, body: list[Row]) -> tuple[Row, list[Row]]:
    """Leaves out a first column that has no label and only counts the rows, as exports write it."""
    if len(body) < 2 or len(labels) < 3 or labels[0] or not all(row[0].isdecimal() for row in body):
        return labels, body
    first = int(body[0][0])
    if first > 1 or any(int(row[0]) != first + i for i, row in enumerate(body)):
        return labels, body
    return labels[1:], [row[1:] for row in body]


def _body(labels: Row, body: list[Row], page: int | None, sheet: bool) -> list[Block]:
    lines = [row_line(labels, row) for row in body]
    if sheet and _are_records(lines):
        return _records(labels, body, lines)
    blocks: list[Block] = []
    for i, (row, line) in enumerate(zip(body, lines, strict=True)):
        alone = _banner(row)
        if not alone:
            blocks.append(Block("row", line, page=page))
        elif sheet and _heads(alone, i, len(body)):
            blocks.append(Block("heading", alone, 2, page))
        else:
            blocks += [Block("text", text, page=page) for text in _lines(alone)]
    return blocks


def _heads(text: str, i: int, count: int) -> bool:
    """Whether a row with one text heads the rows below it."""
    return i < count - 1 and len(text) <= LABEL and not _SENTENCE_END.search(text) and not _NOTE.match(text)


def _are_records(lines: Sequence[str]) -> bool:
    """Whether the rows are too long to share passages: each then stands under a heading of its own."""
    long = sum(1 for line in lines if len(line) > LONG_ROW or _TWO_SENTENCES.search(line))
    return long * 5 >= len(lines) > 1


def _records(labels: Row, body: Sequence[Row], lines: Sequence[str]) -> list[Block]:
    key = _key_column(labels, body)
    blocks: list[Block] = []
    notes: list[Block] = []
    section = ""
    for i, (row, line) in enumerate(zip(body, lines, strict=True)):
        alone = _banner(row)
        if alone and _heads(alone, i, len(body)):
            section = alone
            continue
        if alone and i and len(alone) > KEY:
            notes += [Block("text", text) for text in _lines(alone)]
            continue
        name = next((cell for cell in (row[key], *row) if cell and len(cell) <= KEY), "")
        heading = " ".join(filter(None, (section, " ".join(name.split()))))
        blocks.append(Block("heading", heading or line[:KEY], 2))
        blocks += _record(labels, row, line)
    return notes + blocks  # notes first: below the last record they would stand under its heading


def _record(labels: Row, row: Row, line: str) -> list[Block]:
    """The lines of one long row: its short cells together, then each long one."""
    if len(line) <= LONG_ROW:
        return [Block("row", line)]
    short = [value if len(value) <= KEY and "\n" not in value else "" for value in row]
    blocks = [Block("row", row_line(labels, short))]
    for label, value, brief in zip(labels, row, short, strict=True):
        if value and not brief:
            first, *rest = _lines(value)
            blocks.append(Block("text", f"{label}：{first}" if label else first))
            blocks += [Block("text", text) for text in rest]
    return blocks


def _key_column(labels: Row, body: Sequence[Row]) -> int:
    """The column whose cells name the rows: by its label, else the first that holds different short texts."""
    for i, label in enumerate(labels):
        if _NAMING.search(label):
            return i
    for i, label in enumerate(labels):
        values = [row[i] for row in body[:200]]
        texts = [value for value in values if value and len(value) <= KEY and not _is_value(value)]
        if not _SERIAL.fullmatch(label) and len(texts) * 2 > len(values) and len(set(texts)) * 2 > len(texts):
            return i
    return 0
