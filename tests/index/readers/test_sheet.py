"""XLSX, XLS, CSV and TSV: what a person sees in the cells, within limits."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from index.errors import ReadError
from index.readers.office import workbook
from index.readers.office.number_formats import format_of, general
from index.readers.office.sheet import read_csv, read_tsv, read_xls, read_xlsx

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def saved(book):
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def book_of(rows, title="Sheet1"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def raw(sheet):
    """An XLSX of one sheet, its XML made by hand."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{LINKS}"><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{LINKS}"><Relationship Id="a" Type="x/worksheet" Target="worksheets/s.xml"/></Relationships>',
        )
        package.writestr(
            "xl/workbook.xml",
            f'<workbook {MAIN} xmlns:r="{R}"><sheets><sheet name="数据" r:id="a"/></sheets></workbook>',
        )
        package.writestr("xl/worksheets/s.xml", f"<worksheet {MAIN}>{sheet}</worksheet>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("code", "number", "seen"),
    [
        ("0.00%", 0.1256, "12.56%"),
        ("#,##0.00", -1234.5, "-1,234.50"),
        ("#,##0.00_);(#,##0.00)", -1234.5, "(1,234.50)"),
        ('"¥"#,##0.00', 12.5, "¥12.50"),
        ("[$￥-804]#,##0", 1234, "￥1,234"),
        ('0.0,"千"', 12345, "12.3千"),
        ("000000", 123, "000123"),
        ("0.##", 1.5, "1.5"),
        ("0.00E+00", 12345, "1.23E+04"),
        ('_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', 0, "-"),
        ("yyyy-mm-dd", 45356, "2024-03-05"),
        ('yyyy"年"m"月"d"日"', 45356.5, "2024年3月5日"),
        ("yyyy/m/d h:mm", 45356.75, "2024/3/5 18:00"),
        ("h:mm AM/PM", 0.75, "6:00 PM"),
        ("[h]:mm", 1.5, "36:00"),
        ("mm:ss", 0.5 / 24, "30:00"),
        ("yyyy-mm-dd", 1, "1900-01-01"),
        (";;;", 5, ""),
    ],
)
def test_numbers_look_as_in_the_cell(code, number, seen):
    assert format_of(code)(number) == seen


def test_numbers_without_a_format():
    assert [general(n) for n in (500.0, 0.1 + 0.2, -2.5, 1e20, 1e-7)] == [
        "500",
        "0.3",
        "-2.5",
        "1e+20",
        "0.0000001",
    ]


def test_1904_dates():
    assert format_of("yyyy-mm-dd", True)(45356 - 1462) == "2024-03-05"


def test_sheets_are_articles_and_cells_are_as_seen():
    book = book_of(
        [["产品", "日期", "合格率", "数量"], ["仪表", date(2024, 3, 5), 0.985, 1200.0]], "抽检结果"
    )
    book.active["B2"].number_format = "yyyy-mm-dd"
    book.active["C2"].number_format = "0.0%"
    book.active["D2"].number_format = "#,##0"
    book.create_sheet("空表")
    document = read_xlsx(saved(book), "台账.xlsx")
    assert document.title == "台账"
    assert [article.title for article in document.articles] == ["抽检结果"]
    assert document.text == "抽检结果\n产品：仪表；日期：2024-03-05；合格率：98.5%；数量：1,200"


def test_merged_cells_are_filled_and_hidden_things_left_out():
    book = book_of(
        [
            ["类别", "项目", "密", "数额"],
            ["甲类", "一项", "x", 1],
            [None, "二项", "x", 2],
            ["乙类", "三项", "x", 3],
        ]
    )
    sheet = book.active
    sheet.merge_cells("A2:A3")
    sheet.column_dimensions["C"].hidden = True
    sheet.row_dimensions[4].hidden = True
    book.create_sheet("底稿").append(["秘密", "内容"])
    book["底稿"].sheet_state = "hidden"
    text = read_xlsx(saved(book), "a.xlsx").text
    assert text == "a\n类别：甲类；项目：一项；数额：1\n类别：甲类；项目：二项；数额：2"


def test_a_formula_gives_its_stored_value():
    cells = '<row r="1"><c r="A1" t="inlineStr"><is><t>合计</t></is></c><c r="B1"><f>SUM(C1:C9)</f><v>42</v></c></row>'
    assert "合计" in read_xlsx(raw(f"<sheetData>{cells}</sheetData>"), "a.xlsx").text
    assert "42" in read_xlsx(raw(f"<sheetData>{cells}</sheetData>"), "a.xlsx").text


def test_a_claimed_size_and_a_cell_in_the_last_corner_cost_nothing():
    cell = '<c r="XFD1048576" t="inlineStr"><is><t>远方</t></is></c>'
    sheet = f'<dimension ref="A1:XFD1048576"/><sheetData><row r="1048576">{cell}</row></sheetData>'
    sheet += '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    assert read_xlsx(raw(sheet), "a.xlsx").text == "数据\n远方"


def test_too_many_cells_are_refused(monkeypatch):
    monkeypatch.setattr(workbook, "MAX_CELLS", 5)
    with pytest.raises(ReadError, match="more than 5 cells"):
        read_xlsx(saved(book_of([["甲", "乙"]] * 3)), "a.xlsx")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04broken", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (raw("<sheetData/>"), "no text"),
        (raw("<sheetData><row><c>"), "damaged"),
        (raw("").replace(b"PK\x01\x02", b"PK\x01\x03"), "damaged"),
    ],
)
def test_what_cannot_be_read_says_why(data, reason):
    with pytest.raises(ReadError, match=reason) as caught:
        read_xlsx(data, "a.xlsx")
    assert "\n" not in str(caught.value)


def test_an_xls_is_read_as_what_it_is():
    rows = [["名称", "数量"], ["甲", 1]]
    assert read_xls(saved(book_of(rows)), "a.xls").text == "a\n名称：甲；数量：1"
    assert read_xls("名称\t数量\n甲\t1\n".encode("gbk"), "a.xls").text == "a\n名称：甲；数量：1"
    with pytest.raises(ReadError):
        read_xls(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") + bytes(2000), "a.xls")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_encodings_of_text_tables_are_found(separator, encoding):
    text = "\r\n".join(
        separator.join(row)
        for row in (["名称", "数量", "说明"], ["仪表", "3", '"检定合格，可以使用"'], ["天平", "4", "无"])
    )
    document = read_csv(text.encode(encoding), "a.csv")
    assert document.text == "a\n名称：仪表；数量：3；说明：检定合格，可以使用\n名称：天平；数量：4；说明：无"
    assert read_tsv(text.encode(encoding), "a.tsv").text == document.text


def test_a_quoted_cell_may_hold_line_breaks_and_separators():
    text = '问题,答案\n检定周期？,"一年，\n最长不超过两年。"\n怎么投诉？,拨打12315。\n'
    assert read_csv(text.encode(), "常见问题.csv").text.split("\n") == [
        "常见问题", "检定周期？", "一年，", "最长不超过两年。", "怎么投诉？", "拨打12315。",
    ]  # fmt: skip


def test_ten_thousand_rows_are_read_whole():
    text = "序号,名称\n" + "".join(f"{i},产品{i}\n" for i in range(10_000))
    assert read_csv(text.encode(), "a.csv").text.count("\n") == 10_000


def test_a_time_stamp_keeps_its_time():
    book = book_of([["事项", "时间"], ["放行", datetime(2024, 3, 5, 8, 30)]])
    book.active["B2"].number_format = "yyyy-mm-dd hh:mm"
    assert "时间：2024-03-05 08:30" in read_xlsx(saved(book), "a.xlsx").text
