"""XLSX parts → sheets of rows of texts, as a person sees them.

Rows are read one at a time, and only cells that hold something count, so that neither a claimed size (A1:XFD1048576)
nor a single cell in the last corner costs anything. Formulas give the value that was stored with them. What a person
does not see is left out and counted: hidden sheets, rows (also those that a filter hides) and columns that hold text,
and cells in white on nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from index.readers.office.number_formats import BUILTIN, Format, format_of, general
from index.readers.office.package import Element, Package, R
from index.readers.office.sheet_pictures import IN_CELL, pictures_in_cells, pictures_over

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

MAX_CELLS = 3_000_000
"""Cells with something in them, of all sheets; 100,000 rows of 30 columns."""

MAX_CHARACTERS = 60_000_000
"""Characters of all cells, each shared string counted as often as it is used."""

MAX_COLUMNS = 16_384
"""Columns that Excel knows."""

MAX_FILLED = 500_000
"""Cells that merged ranges may fill in."""

_VALUE, _FORMULA = f"{S}v", f"{S}f"
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column of a merged range, all from 0 up and inclusive."""


@dataclass(slots=True)
class Sheet:
    """One visible sheet: row number → column number → text, both from 0 up; what is empty is not in it."""

    name: str
    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    """Names of the parts of its pictures, each once: those laid over the cells, and then those in cells."""

    def rows(self) -> list[list[str]]:
        """The rows that hold text, top to bottom, in the columns that do, with merged cells filled in."""
        self._fill()
        used = sorted({column for row in self.cells.values() for column in row})
        return [[row.get(column, "") for column in used] for _, row in sorted(self.cells.items())]

    def _fill(self) -> None:
        """Writes the text of a merged range into its cells, in rows and columns that exist."""
        numbers = sorted(self.cells)
        used = {column for row in self.cells.values() for column in row}
        left = MAX_FILLED
        for top, first, bottom, last in self.merges:
            text = self.cells.get(top, {}).get(first, "")
            if not text:
                continue
            columns = [c for c in range(first, min(last, first + MAX_COLUMNS) + 1) if c in used]
            for number in numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]:
                left -= len(columns)
                if left < 0:
                    return
                row = self.cells[number]
                for column in columns:
                    row.setdefault(column, text)


@dataclass(slots=True)
class Workbook:
    """The visible sheets of a file, and how many sheets, rows, columns and single cells with text were hidden."""

    sheets: list[Sheet] = field(default_factory=list)
    hidden_sheets: int = 0
    hidden_rows: int = 0
    hidden_columns: int = 0
    hidden_cells: int = 0
    unvalued: int = 0

    def notices(self, name: str) -> tuple[str, ...]:
        """What was left out of the file `name`, for the report."""
        counts = (
            (self.hidden_sheets, "个隐藏的工作表未收入", "hidden sheets left out"),
            (self.hidden_rows, "个隐藏（或筛选掉）的行未收入", "hidden or filtered rows left out"),
            (self.hidden_columns, "个隐藏的列未收入", "hidden columns left out"),
            (self.hidden_cells, "个白色文字的单元格未收入", "cells in white left out"),
            (
                self.unvalued,
                "个公式没有保存结果，请用 Excel 或 WPS 打开后保存",
                "formulas have no stored value, please open and save the file",
            ),
        )
        return tuple(f"{name}: {count} {chinese} {count} {text}" for count, chinese, text in counts if count)


def read_workbook(package: Package) -> Workbook:
    """All visible sheets. Raises ReadError for a damaged file, and for one with more cells than MAX_CELLS."""
    main = package.main("xl/workbook.xml")
    root, links = package.xml(main), package.relations(main)
    if root is None or root.tag != f"{S}workbook":
        raise package.broken()
    parts = {link.kind: link.target for link in links.values()}
    settings = root.find(f"{S}workbookPr")
    since_1904 = settings is not None and settings.get("date1904") in ("1", "true")
    reader = _Sheets(package, parts, since_1904, pictures_in_cells(package, main))
    for item in root.iter(f"{S}sheet"):
        link = links.get(item.get(f"{R}id", ""))
        if item.get("state", "visible") != "visible":
            reader.book.hidden_sheets += 1
        elif link is not None and link.kind == "worksheet" and link.target in package:
            reader.read(item.get("name", ""), link.target)
    return reader.book


class _Sheets:
    """Reads the sheets of one package, and counts what all of them hold."""

    def __init__(
        self, package: Package, parts: dict[str, str], since_1904: bool, pictures: dict[str, str]
    ) -> None:
        self.book = Workbook()
        self._package = package
        self._pictures = pictures
        self._strings = [
            _string(item) for item in _emptied(package, parts.get("sharedStrings", ""), f"{S}si")
        ]
        styles = package.xml(parts["styles"]) if "styles" in parts else None
        self._formats = _formats(styles, since_1904)
        self._white = _white(styles)
        self._hidden_columns: set[int] = set()
        self._cells = self._characters = 0

    def read(self, name: str, part: str) -> None:
        sheet = Sheet(name, pictures=list(pictures_over(self._package, part)))
        hidden: set[int] = set()
        self._hidden_columns = set()
        number = -1
        tags = (f"{S}row", f"{S}mergeCell", f"{S}col")
        for element in self._package.elements(part, tags):
            if element.tag == f"{S}row":
                number = _row_number(element, number + 1)
                if element.get("hidden") in ("1", "true"):
                    self.book.hidden_rows += any(child.tag == _VALUE for cell in element for child in cell)
                else:
                    self._row(element, sheet, number, hidden)
                _drop(element)
            elif element.tag == f"{S}col":
                if element.get("hidden") in ("1", "true") and len(hidden) < MAX_COLUMNS:
                    first, last = (_integer(element.get(key)) for key in ("min", "max"))
                    hidden.update(range(first - 1, min(last, MAX_COLUMNS)))
            else:
                merge = _merge(element.get("ref", ""))
                if merge:
                    sheet.merges.append(merge)
        self.book.hidden_columns += len(self._hidden_columns)
        sheet.pictures = list(dict.fromkeys(sheet.pictures))
        self.book.sheets.append(sheet)

    def _row(self, element: Element, sheet: Sheet, number: int, hidden: set[int]) -> None:
        row: dict[int, str] = {}
        column = -1
        for cell in element:
            reference = cell.get("r")
            column = _column(reference.rstrip("0123456789")) if reference else column + 1
            text = self._text(cell).strip()
            if not text:
                continue
            if column in hidden:
                self._hidden_columns.add(column)
            elif self._white and _integer(cell.get("s")) in self._white:
                self.book.hidden_cells += 1
            elif (held := IN_CELL.fullmatch(text)) and held[1] in self._pictures:
                sheet.pictures.append(self._pictures[held[1]])
            else:
                row[column] = text
                self._characters += len(text)
        if row:
            sheet.cells[number] = row
            self._cells += len(row)
            if self._cells > MAX_CELLS or self._characters > MAX_CHARACTERS:
                raise self._package.over(
                    f"超过 {MAX_CELLS} 个单元格 more than {MAX_CELLS} cells, or too much text"
                )

    def _text(self, cell: Element) -> str:
        kind = cell.get("t")
        if kind == "inlineStr":
            inline = cell.find(f"{S}is")
            return _string(inline) if inline is not None else ""
        value: str | None = next((child.text for child in cell if child.tag == _VALUE), None)
        if not value:
            self.book.unvalued += any(child.tag == _FORMULA for child in cell)
            return ""
        if kind == "s":
            at = _integer(value)
            return self._strings[at] if 0 <= at < len(self._strings) else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if kind in ("str", "e", "d"):
            return "" if kind == "e" else _unescaped(value)
        try:
            number = float(value)
        except ValueError:
            return value
        style = _integer(cell.get("s"))
        write = self._formats[style] if 0 <= style < len(self._formats) else general
        return write(number)


def _formats(root: Element | None, since_1904: bool) -> list[Format]:
    """How the numbers of each cell style are written."""
    if root is None:
        return []
    codes = dict(BUILTIN)
    for item in root.iter(f"{S}numFmt"):
        codes[_integer(item.get("numFmtId"))] = item.get("formatCode", "General")[:200]
    styles = root.find(f"{S}cellXfs")
    numbers = [_integer(item.get("numFmtId")) for item in styles] if styles is not None else []
    found = [codes.get(number, "General") for number in numbers]
    return [general if code == "General" else format_of(code, since_1904) for code in found]


def _white(root: Element | None) -> frozenset[int]:
    """The cell styles with white letters and nothing behind them."""
    fonts, fills, styles = (
        root.find(f"{S}{tag}") if root is not None else None for tag in ("fonts", "fills", "cellXfs")
    )
    if fonts is None or styles is None:
        return frozenset()
    white = {
        n
        for n, font in enumerate(fonts)
        if (colour := font.find(f"{S}color")) is not None
        and colour.get("rgb", "").upper() in ("FFFFFFFF", "00FFFFFF", "FFFFFF")
    }
    plain = {
        n
        for n, fill in enumerate(fills if fills is not None else ())
        if all(pattern.get("patternType", "none") == "none" for pattern in fill.iter(f"{S}patternFill"))
        and fill.find(f"{S}gradientFill") is None
    }
    return frozenset(
        n
        for n, style in enumerate(styles)
        if _integer(style.get("fontId")) in white and _integer(style.get("fillId")) in plain
    )


def _emptied(package: Package, part: str, tag: str) -> Iterator[Element]:
    """The elements of a part, each dropped when it has been used."""
    for element in package.elements(part, (tag,)) if part else ():
        yield element
        _drop(element)


def _drop(element: Element) -> None:
    """Frees an element and what stands before it."""
    element.clear()
    parent = element.getparent()
    while element.getprevious() is not None:
        del parent[0]


def _string(item: Element) -> str:
    """The text of a shared or inline string, without phonetic guides."""
    runs = (node.text or "" for node in item.iter(f"{S}t") if node.getparent().tag != f"{S}rPh")
    return _unescaped("".join(runs))


def _unescaped(text: str) -> str:
    return (
        _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text).replace("\r", "") if "_x" in text else text
    )


def _row_number(element: Element, usual: int) -> int:
    number = element.get("r")
    return _integer(number) - 1 if number else usual


@lru_cache(MAX_COLUMNS)
def _column(letters: str) -> int:
    """The column, from 0 up, that letters such as AB name; the last one for what is none."""
    column = 0
    for char in letters[:4]:
        column = column * 26 + max(0, min(ord(char) - 64, 26))
    return min(max(column, 1), MAX_COLUMNS) - 1


def _merge(reference: str) -> Merge | None:
    found = [(int(row) - 1, _column(letters)) for letters, row in _REFERENCE.findall(reference)]
    if len(found) != 2:
        return None
    (top, first), (bottom, last) = found
    return top, first, bottom, last


def _integer(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,9}", text) else 0
