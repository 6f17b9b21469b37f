"""Spreadsheets (XLSX, XLS) and their text forms (CSV, TSV) → Document.

Each sheet with text is an article titled by its name; its rows read on their own, see index.readers.tables. A file is
read as what its bytes are: web systems hand out HTML, text and XLSX under the name of .xls. The text in an XLSX
sheet's pictures follows its rows. Charts, comments, and the pictures of XLS files are left out.
"""

from __future__ import annotations

import csv
import io
import re
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from index.errors import ReadError
from index.passage import Document
from index.readers.blocks import Block, Particulars, document_of
from index.readers.encoding import decode
from index.readers.hidden import invisible_notices, without_invisible
from index.readers.office.number_formats import BUILTIN, format_of, general
from index.readers.office.package import Package, is_ole
from index.readers.office.workbook import MAX_CELLS, Sheet, Workbook, read_workbook
from index.readers.pictures import BRIEF, Pictures
from index.readers.tables import table_blocks

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"

SNIFFED = 50
"""Lines that are looked at to find the separator of a text table."""

_BROKEN_RECORDS = (
    AssertionError, AttributeError, IndexError, KeyError, MemoryError, OverflowError, TypeError, ValueError, struct.error
)  # fmt: skip
"""What xlrd raises when the records of a file are damaged; it checks few of them itself."""

_GENERIC = re.compile(r"(?:sheet|工作表|表|chart)\s*\d*|\d+", re.IGNORECASE)
_HTML = re.compile(rb"\s*(?:<!doctype html|<html|<head|<meta|<table|<style)", re.IGNORECASE)


def read_xlsx(data: bytes, name: str, pictures: Pictures | None = None) -> Document:
    """Reads an XLSX file. Raises ReadError when it is encrypted, damaged, over the limits, or holds no text.

    `pictures` reads the pictures in it; usually as index.readers.pictures does.
    """
    if is_ole(data) and _is_old_workbook(data):
        return read_xls(data, name)
    package = Package(data, name)
    if "xl/workbook.bin" in package:
        raise ReadError(f"{name}: 二进制工作簿（.xlsb）a binary workbook; 请另存为 .xlsx save it as .xlsx")
    book = read_workbook(package)
    pictures = pictures or Pictures(name)
    shown = [
        [block for part in sheet.pictures for block in pictures.blocks(package.read(part))]
        for sheet in book.sheets
    ]
    properties = package.properties()
    notices = (*book.notices(name), *pictures.notices())
    about = Particulars(published=properties.issued, media_type=XLSX, notices=notices)
    return _document(book.sheets, name, about, properties.title, shown)


def read_xls(data: bytes, name: str) -> Document:
    """Reads an XLS file, and what else goes by that name: XLSX, an HTML table, text with tabs."""
    if data.startswith(b"PK"):
        return read_xlsx(data, name, Pictures(name, BRIEF))
    if is_ole(data):
        book = _old_workbook(data, name)
        return _document(book.sheets, name, Particulars(media_type=XLS, notices=book.notices(name)), "")
    if _HTML.match(data.removeprefix(b"\xef\xbb\xbf")):
        from index.readers.web.reader import read_html  # a family of its own, needed by few files only

        return replace(read_html(data, f"{name}.html"), name=name)
    return read_tsv(data, name)


def read_csv(data: bytes, name: str) -> Document:
    """Reads a table in text form, its separator and its encoding found by evidence."""
    return _read_separated(data, name, ",;\t|", "text/csv")


def read_tsv(data: bytes, name: str) -> Document:
    """Like `read_csv`, for tables that are likely to be separated by tabs."""
    return _read_separated(data, name, "\t,;|", "text/tab-separated-values")


def _document(
    sheets: Sequence[Sheet], name: str, about: Particulars, title: str, shown: Sequence[list[Block]] = ()
) -> Document:
    """`shown` is what stands in the pictures of each sheet."""
    blocks: list[Block] = []
    stem = PurePath(name).stem
    for n, sheet in enumerate(sheets):
        pictured = shown[n] if shown else []
        found = [*table_blocks(sheet.rows(), sheet=True), *pictured]
        if found:
            heading = (
                title or stem if _GENERIC.fullmatch(sheet.name.strip()) or not sheet.name else sheet.name
            )
            blocks += [Block("title", heading), *found]
    return replace(document_of(blocks, name, about), title=title or stem)


def _read_separated(data: bytes, name: str, separators: str, media_type: str) -> Document:
    text, encoding = decode(data, name)
    text, invisible = without_invisible(text)
    stem = PurePath(name).stem
    about = Particulars(
        title=stem, media_type=media_type, encoding=encoding, notices=invisible_notices(name, invisible)
    )
    rows = _rows(text, separators, name)
    return document_of([Block("title", stem), *table_blocks(rows, sheet=True)], name, about)


def _rows(text: str, separators: str, name: str) -> list[list[str]]:
    first = text.split("\n", 1)[0].strip().lower()
    if re.fullmatch(r"sep=.", first):  # Excel's own mark
        separators, text = first[-1], text.partition("\n")[2]
    separator = _separator(text, separators)
    limit = csv.field_size_limit(len(text) + 1)  # a field may be as long as the file
    try:
        rows, cells = [], 0
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            rows.append(row)
            cells += len(row)
            if cells > MAX_CELLS:
                raise ReadError(
                    f"{name}: 文件过大，拒绝读取 refused: 超过 {MAX_CELLS} 格 more than {MAX_CELLS} cells"
                )
        return rows
    except csv.Error as error:
        raise ReadError(f"{name}: 表格无法解析 the table cannot be parsed: {error}") from error
    finally:
        csv.field_size_limit(limit)


def _separator(text: str, separators: str) -> str:
    """The separator by which most of the first rows have equally many cells; the first one when none does."""
    best, score = separators[0], 0.0
    sample = text[:100_000].split("\n")[: SNIFFED + 1]
    for separator in separators:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=separator) if row]
        except csv.Error:
            continue
        widths = widths[:-1] if len(widths) > 2 else widths  # the last may be cut off
        width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        found = count / len(widths) * min(width, 4) if width > 1 else 0.0
        if found > score:
            best, score = separator, found
    return best


def _is_old_workbook(data: bytes) -> bool:
    return any(kind.encode("utf-16-le") in data for kind in ("Workbook", "Book\0")) and (
        "EncryptedPackage".encode("utf-16-le") not in data
    )


def _old_workbook(data: bytes, name: str) -> Workbook:
    import xlrd  # heavy, and only for old files
    from xlrd.compdoc import CompDocError

    if not _is_old_workbook(data):
        Package(data, name)  # says what it is
    try:
        source = xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, logfile=io.StringIO()
        )
        return _old_sheets(source, name)
    except (xlrd.XLRDError, CompDocError) as error:
        encrypted = "encrypt" in str(error).lower() or "password" in str(error).lower()
        reason = "文件已加密 the file is encrypted; 请去除密码后再放入 remove the password first"
        damaged = "文件已损坏 the file is damaged; 请用办公软件打开后另存 open and save it again"
        raise ReadError(f"{name}: {reason if encrypted else damaged}") from error
    except _BROKEN_RECORDS as error:
        raise ReadError(
            f"{name}: 文件已损坏 the file is damaged; 请用办公软件打开后另存 open and save it again"
        ) from error


def _old_sheets(source: Any, name: str) -> Workbook:
    book, cells = Workbook(), 0
    for index in range(source.nsheets):
        if source.sheet_by_index(index).visibility:
            book.hidden_sheets += 1
            continue
        found = source.sheet_by_index(index)
        sheet = Sheet(found.name, merges=[(a, c, b - 1, d - 1) for a, b, c, d in found.merged_cells])
        columns = {n for n, column in found.colinfo_map.items() if column.hidden}
        unseen: set[int] = set()
        for number in range(found.nrows):
            if number in found.rowinfo_map and found.rowinfo_map[number].hidden:
                book.hidden_rows += any(cell.ctype not in (0, 6) for cell in found.row(number))
                continue
            texts = {n: text for n, cell in enumerate(found.row(number)) if (text := _old_text(source, cell))}
            row = {n: text for n, text in texts.items() if n not in columns}
            unseen |= texts.keys() - row.keys()
            cells += len(row)
            if cells > MAX_CELLS:
                raise ReadError(
                    f"{name}: 文件过大，拒绝读取 refused: 超过 {MAX_CELLS} 格 more than {MAX_CELLS} cells"
                )
            if row:
                sheet.cells[number] = row
        book.hidden_columns += len(unseen)
        book.sheets.append(sheet)
    return book


def _old_text(source: Any, cell: Any) -> str:
    kind, value = cell.ctype, cell.value
    if kind == 1:  # text
        return str(value).strip()
    if kind == 4:
        return "TRUE" if value else "FALSE"
    if kind not in (2, 3):  # empty, blank, an error
        return ""
    key = source.xf_list[cell.xf_index].format_key if cell.xf_index is not None else 0
    known = source.format_map.get(key)
    code = BUILTIN.get(key, "") if key in BUILTIN else known.format_str if known is not None else ""
    if not code or code == "General":
        return general(float(value))
    return format_of(code, bool(source.datemode))(float(value)).strip()
