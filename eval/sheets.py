"""Gold sets as tables: CSV and XLSX in, CSV and XLSX out, exactly the same items after a round trip.

One row is one question; the cells are written as eval.sheet_cells says. Columns may stand in any order, under their
English or Chinese names, and all but the question may be missing. A row without an id gets one made from its question;
rows of one conversation carry its id in the column `conversation` and are its turns in the order of the rows.
Only the first worksheet is read. Formulas are read as the values that the spreadsheet program stored.
"""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from eval import sheet_cells as cells
from eval.gold import GoldError, GoldItem, GoldSet, gold_error, item_of
from eval.gold_fields import ItemError, identifier

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("编号", "题号"),
    "question": ("问题", "提问"),
    "answers": ("答案", "参考答案", "answer"),
    "key_facts": ("要点", "关键点", "facts"),
    "evidence_quote": ("证据原文", "证据原句", "引文"),
    "evidence_doc": ("证据文档", "证据文件", "文档"),
    "unanswerable": ("无答案", "不可回答"),
    "tags": ("标签",),
    "notes": ("备注", "说明"),
    "conversation": ("对话", "会话"),
    "history": ("上文", "历史"),
    "forbidden": ("禁语", "不得出现"),
    "difficulty": ("难度",),
    "split": ("划分", "数据划分"),
    "weight": ("权重",),
    "status": ("状态",),
    "author": ("作者", "出题人"),
    "reviewer": ("审核人", "复核人"),
    "source": ("来源",),
    "created": ("创建日期", "创建时间"),
}
"""The columns in the order in which they are written, with their other names; the first of these is the Chinese one."""

CELL_LENGTH = 32767  # characters; a spreadsheet cuts longer cells off without a word
_WIDE = {"question": 44, "answers": 36, "key_facts": 36, "evidence_quote": 50, "evidence_doc": 28}
_FIELDS = {"facts": "key_facts", "evidence": "evidence_doc", "answerable": "unanswerable"}
_STATUS = {"草稿": "draft", "已审核": "approved", "已批准": "approved", "通过": "approved"}
_PLAIN = ("question", "notes", "split", "author", "reviewer", "source", "created")
_LARGEST = 100_000_000  # characters of a CSV field

Row = Mapping[str, str]


def read_csv(file: Path) -> GoldSet:
    """The items of a CSV file in UTF-8 (with or without BOM) or GB18030, with commas, semicolons or tabs."""
    text = _decoded(file)
    csv.field_size_limit(_LARGEST)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise GoldError(
            f"{file} 第 {len(rows) + 1} 行不是有效的 CSV row {len(rows) + 1} is not valid CSV: {error}; "
            "引号是否成对 are the quotes in pairs?"
        ) from None
    return _read(rows, file)


def read_xlsx(file: Path) -> GoldSet:
    """The items of the first worksheet of an XLSX file."""
    from openpyxl import load_workbook  # 0.2 s to import, and only tables need it
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except FileNotFoundError:
        raise _missing(file) from None
    except (BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError, OSError) as error:
        raise GoldError(f"{file} 不是有效的 XLSX 文件 is not a valid XLSX file: {error}") from None
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some programs write wrong ones, which would cut rows off
        rows = [[_shown(cell.value, cell.number_format) for cell in row] for row in sheet.iter_rows()]
    except (IndexError, KeyError, ValueError, SyntaxError) as error:
        raise GoldError(f"{file} 的工作表读不了 its worksheet cannot be read: {error}") from None
    finally:
        book.close()
    return _read(rows, file)


def write_csv(gold: GoldSet, file: Path, *, chinese: bool = False) -> None:
    """Writes a CSV file in UTF-8 with a BOM, by which Excel knows it; with Chinese column names if `chinese`."""
    with _partial(file).open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(_names(chinese))
        writer.writerows(map(_row, gold.items))
    _partial(file).replace(file)


def write_xlsx(gold: GoldSet, file: Path, *, chinese: bool = False) -> None:
    """Writes an XLSX file. Raises GoldError for a cell that is longer than a spreadsheet can hold."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    rows = [_row(item) for item in gold.items]
    long = [
        f"第 {number} 行“{column}”列有 {len(cell)} 字，超过 {CELL_LENGTH} (row {number} is too long for a cell)"
        for number, row in enumerate(rows, 2)
        for column, cell in zip(COLUMNS, row, strict=True)
        if len(cell) > CELL_LENGTH
    ]
    if long:
        raise gold_error(file, long)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("gold")
    sheet.freeze_panes = "C2"
    for number, column in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDE.get(column, 14)
    for number, row in enumerate([_names(chinese), *rows]):
        line = []
        for value in row:
            cell = WriteOnlyCell(sheet, value)
            cell.data_type = "s"  # openpyxl takes #REF! and the like for errors
            cell.number_format = "@"  # text: what is typed over it isn't taken for a date or a formula
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 0:
                cell.font = Font(bold=True)
            line.append(cell)
        sheet.append(line)
    # Packed in memory: on a full disk openpyxl would leave tracebacks of its own behind the error.
    packed = io.BytesIO()
    book.save(packed)
    _partial(file).write_bytes(packed.getvalue())
    _partial(file).replace(file)


def _row(item: GoldItem) -> list[str]:
    """The cells of an item in the order of COLUMNS."""
    quotes, documents = cells.write_evidence(item.evidence)
    made = {
        "id": item.id,
        "answers": cells.write_list(item.answers),
        "key_facts": cells.write_facts(item.facts),
        "evidence_quote": quotes,
        "evidence_doc": documents,
        "unanswerable": "" if item.answerable else "是",
        "tags": cells.write_list(item.tags),
        "conversation": cells.write_plain(item.conversation),
        "history": cells.write_history(item.history),
        "forbidden": cells.write_list(item.forbidden),
        "difficulty": "" if item.difficulty is None else str(item.difficulty),
        "weight": "" if item.weight == 1 else cells.write_number(float(item.weight)),
        "status": "" if item.status == "approved" else item.status,
        **{name: cells.write_plain(getattr(item, name)) for name in _PLAIN},
    }
    made["id"] = cells.write_plain(item.id)
    return [cells.guard(made[column]) for column in COLUMNS]


def _read(rows: Sequence[Sequence[str]], file: Path) -> GoldSet:
    """The items of a table whose first row that is not empty names the columns."""
    numbered = [(number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not numbered:
        raise GoldError(f"{file} 是空表 the table is empty")
    header = _header(numbered[0][1], file)
    problems: list[str] = []
    items: list[GoldItem] = []
    seen: dict[str, int] = {}
    turns: dict[str, int] = {}
    for number, row in numbered[1:]:
        problems += [
            f"第 {number} 行第 {place} 列有内容而没有列名 row {number} has a cell without a column name: {cell.strip()[:20]!r}"
            for place, (name, cell) in enumerate(zip_longest(header, row, fillvalue=""), 1)
            if cell.strip() and not name
        ]
        by_name = {name: cells.unguard(cell.strip()) for name, cell in zip(header, row, strict=False) if name}
        try:
            item = _item(by_name, turns)
        except ItemError as error:
            shown = {
                name: row_header.strip() for name, row_header in zip(header, numbered[0][1], strict=False)
            }
            problems += [_problem(number, shown.get(name, name), reason) for name, reason in error.problems]
            continue
        if item.id in seen:
            reason = f"与第 {seen[item.id]} 行重复 the same as in row {seen[item.id]}: {item.id}"
            problems.append(_problem(number, "id", reason))
        seen.setdefault(item.id, number)
        items.append(item)
    if problems:
        raise gold_error(file, problems)
    return GoldSet(tuple(items), file.name)


def _header(row: Sequence[str], file: Path) -> list[str]:
    """The column that each cell of the header names, "" for an empty one."""
    known = {_folded(name): column for column, others in COLUMNS.items() for name in (column, *others)}
    header = [known.get(_folded(cell), "") for cell in row]
    problems = [
        f"不认识的列 unknown column {cell.strip()!r}"
        for cell, name in zip(row, header, strict=True)
        if cell.strip() and not name
    ]
    problems += [
        f"“{name}”列出现多次 column {name} stands there twice" for name in COLUMNS if header.count(name) > 1
    ]
    if "question" not in header:
        problems.append("缺少“question”（问题）列 there is no column `question`")
    if problems:
        names = ", ".join(f"{column} {others[0]}" for column, others in COLUMNS.items())
        raise gold_error(file, [*problems, f"可用的列 columns are: {names}"])
    return header


def _item(row: Row, turns: dict[str, int]) -> GoldItem:
    """The item of one row; `turns` counts those of each conversation so far. Raises ItemError by column."""
    problems: list[tuple[str, str]] = []
    record: dict[str, Any] = {}

    def take(field: str, column: str, read: Callable[[str], Any]) -> None:
        if row.get(column):
            try:
                record[field] = read(row[column])
            except ValueError as error:
                problems.append((column, str(error)))

    for name in _PLAIN:
        take(name, name, cells.read_plain)
    for name in ("answers", "tags", "forbidden"):
        take(name, name, cells.read_list)
    for name in ("difficulty", "weight"):
        take(name, name, cells.read_number)
    take("history", "history", cells.read_history)
    take("facts", "key_facts", cells.read_facts)
    take("answerable", "unanswerable", lambda cell: not cells.read_flag(cell))
    take("status", "status", lambda cell: _STATUS.get(cell, cell.lower()))
    if row.get("evidence_quote") or row.get("evidence_doc"):
        try:
            record["evidence"] = cells.read_evidence(
                row.get("evidence_quote", ""), row.get("evidence_doc", "")
            )
        except ValueError as error:
            problems.append(("evidence_doc", str(error)))
    item_id, conversation = _id(row, record, turns, problems)
    try:
        item = item_of(record, item_id)
    except ItemError as error:
        wrong = {column for column, _ in problems}
        found = [(_FIELDS.get(field, field), reason) for field, reason in error.problems]
        problems += [(column, reason) for column, reason in found if column not in wrong]
    if problems:
        raise ItemError(problems)
    return replace(item, conversation=conversation)


def _id(
    row: Row, record: Mapping[str, Any], turns: dict[str, int], problems: list[tuple[str, str]]
) -> tuple[str, str]:
    """The id of a row and that of its conversation."""
    given = {name: cells.read_plain(row.get(name, "")) for name in ("id", "conversation")}
    for name, value in given.items():
        try:
            identifier(value or "-")
        except ValueError as error:
            problems.append((name, str(error)))
    conversation = given["conversation"]
    if not conversation:
        digest = hashlib.sha256(str(record.get("question", "")).encode("utf-8", "replace")).hexdigest()
        return given["id"] or f"q-{digest[:8]}", ""
    expected = f"{conversation}#{turns.setdefault(conversation, 0)}"
    turns[conversation] += 1
    if given["id"] not in ("", expected):
        problems.append(("id", f"对话的这一轮应为 this turn must be {expected!r}, 得到 got {given['id']!r}"))
    return expected, conversation


def _problem(row: int, column: str, reason: str) -> str:
    return f"第 {row} 行“{column}”列：{reason} (row {row}, column {column})"


def _names(chinese: bool) -> list[str]:
    return [others[0] if chinese else column for column, others in COLUMNS.items()]


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).lower().split()).replace("-", "_").lstrip("\ufeff")


def _shown(value: object, number_format: str | None) -> str:
    """The text of a spreadsheet's cell whatever its type: 30.0 as 30, 0.075 shown in percent as 7.5%, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if "%" in (number_format or ""):
            return f"{cells.write_number(round(float(value) * 100, 10))}%"
        return cells.write_number(float(value)) if isinstance(value, float) else str(value)
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    return str(value)


def _decoded(file: Path) -> str:
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise _missing(file) from None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise GoldError(f"{file} 是 UTF-16 编码 is in UTF-16: 请另存为“CSV UTF-8” save it as CSV UTF-8")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise GoldError(f"{file} 既不是 UTF-8 也不是 GB18030 编码 is neither in UTF-8 nor in GB18030")


def _missing(file: Path) -> GoldError:
    return GoldError(f"评测集文件不存在 gold file not found: {file}")


def _partial(file: Path) -> Path:
    return file.with_name(file.name + ".partial")
