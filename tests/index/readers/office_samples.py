"""Samples of office files, PDF, pictures and plain text for tests that go through all formats; made once a run."""

import io
from functools import cache

import docx
import openpyxl
import pptx
from pptx.util import Cm

from tests.index.readers.old_sheet import biff5
from tests.index.readers.press import Press, as_file, prose, scan
from tests.index.readers.samples import OTHER, SENTENCE, samples

ROWS = [["产品", "批次", "不合格", "检验日期"], ["儿童鞋", 48, 2, 45292], ["校服", 36, 1, 45300]]


def _saved(made: object) -> bytes:
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def document() -> bytes:
    """A notice with headings, a list, a table, a picture."""
    made = docx.Document()
    made.add_heading("质量管理办法", 0)
    made.add_heading("第一章 总则", 1)
    made.add_paragraph(SENTENCE)
    made.add_paragraph("第一项。", style="List Number")
    table = made.add_table(rows=0, cols=4)
    for row in ROWS:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = str(value)
    made.add_picture(io.BytesIO(as_file(scan([], size=(40, 30)))))
    made.add_paragraph(OTHER)
    return _saved(made)


def deck() -> bytes:
    """Two slides with a table and notes."""
    made = pptx.Presentation()
    for number in range(2):
        slide = made.slides.add_slide(made.slide_layouts[5])
        slide.shapes.title.text = f"第{number}季度"
        slide.shapes.add_textbox(Cm(1), Cm(5), Cm(9), Cm(2)).text_frame.text = SENTENCE
        table = slide.shapes.add_table(3, 4, Cm(1), Cm(8), Cm(20), Cm(4)).table
        for y, row in enumerate(ROWS):
            for x, value in enumerate(row):
                table.cell(y, x).text = str(value)
        slide.notes_slide.notes_text_frame.text = OTHER
    return _saved(made)


def workbook() -> bytes:
    """Two sheets, one with merged cells and dates."""
    made = openpyxl.Workbook()
    for row in ROWS:
        made.active.append(row)
    made.active["D2"].number_format = "yyyy-mm-dd"
    other = made.create_sheet("汇总")
    other.merge_cells("A1:C1")
    other["A1"] = "合计"
    for row in ROWS:
        other.append(row)
    return _saved(made)


def pdf() -> bytes:
    """Two pages of text, and a table with rules."""
    press = Press(invariant=1)
    for page in range(2):
        y = press.paragraph(80, 100, prose(page, 6))
        for row in range(4):
            press.rule(80, y + 20 * row, 400)
            press.line(90, y + 14 + 20 * row, f"项目{row}")
            press.line(290, y + 14 + 20 * row, f"{row}.5")
        press.turn()
    return press.data()


@cache
def all_samples() -> dict[str, bytes]:
    """One file of each kind that is read here, by name."""
    table = "\r\n".join(",".join(map(str, row)) for row in ROWS)
    return samples() | {
        "办法.docx": document(),
        "季报.pptx": deck(),
        "台账.xlsx": workbook(),
        "旧账.xls": biff5([*ROWS, ["合计", 84, 3, 45301]], dated=3),
        "公报.pdf": pdf(),
        "扫描.png": as_file(scan([SENTENCE[:12]], size=(900, 200), top=40)),
        "表.csv": table.encode("gbk"),
        "表.tsv": table.replace(",", "\t").encode("utf-16"),
        "注.txt": f"{SENTENCE}\n{OTHER}".encode("big5hkscs", "ignore"),
        "注.md": f"# 标题\n\n{SENTENCE}\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n\n<!-- 注 -->\n- {OTHER}".encode(),
    }
