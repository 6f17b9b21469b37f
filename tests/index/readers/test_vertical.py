"""PDF pages whose Chinese text runs from top to bottom: read in order, or told where that is in doubt."""

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from index.readers.pdf.boxes import boxes
from index.readers.pdf.reader import read_pdf
from tests.index.readers.press import HEIGHT, SONG, WIDTH, Press, wrap

FIRST = "质量是企业的生命，也是一座城市的名片。海岳市的灯具厂家从上世纪八十年代起步，如今已有四百二十家，产品销往全国各地。"
SECOND = (
    "检测中心每季度抽查一次，不合格的批次一律下架，并在三十日内复检；复检仍不合格的，移交市场监管部门处理。"
)
SIZE, STEP, GAP = 12, 12.6, 20


def columns(text, tall=26):
    """A paragraph set in by two characters, in columns of `tall`."""
    return [
        line.rjust(tall) if n == 0 and len(line) == tall - 2 else line
        for n, line in enumerate(_cut(text, tall))
    ]


def _cut(text, tall):
    return [text[: tall - 2], *(text[at : at + tall] for at in range(tall - 2, len(text), tall))]


def set_down(press, x, top, text, size=SIZE):
    """Each character below the one before it, in the middle of a column at `x`; an indent is of spaces."""
    for n, char in enumerate(text):
        if char != " ":
            press.line(x, top + n * STEP * size / SIZE, char, size)


def test_columns_are_read_from_right_to_left():
    press, x = Press(), WIDTH - 90
    for text in (FIRST, SECOND):
        for column in columns(text):
            set_down(press, x, 100, column)
            x -= GAP
    press.line(WIDTH / 2, HEIGHT - 40, "12", 9)
    document = read_pdf(press.data(), "a.pdf")
    assert document.text == f"{FIRST}\n{SECOND}" and not document.notices


def test_the_vertical_writing_mode_of_a_font_is_read():
    press, x = Press(), WIDTH - 90
    font = UnicodeCIDFont(SONG, isVertical=True)
    name = "Vertical-Song"
    font.fontName = font.name = name
    pdfmetrics.registerFont(font)
    press.canvas.setFont(name, SIZE)
    for n, column in enumerate(columns(FIRST)):
        press.canvas.drawString(x, HEIGHT - 100 - (2 * SIZE if n == 0 else 0), column.strip())
        x -= GAP
    assert read_pdf(press.data(), "a.pdf").text == FIRST


def test_words_on_their_side_numbers_and_printed_forms_of_punctuation_in_a_column():
    press, x = Press(), WIDTH - 90
    set_down(press, x, 100, "本厂于三月通过了认证审核︐证书编号见附件︒")
    x -= GAP
    set_down(press, x, 100, "共有 日的准备期，依据的标准是")
    press.line(x, 100 + 2 * STEP, "25", SIZE)
    press.canvas.saveState()
    press.canvas.translate(x + 2, HEIGHT - 100 - 13.2 * STEP)
    press.canvas.rotate(-90)
    press.canvas.setFont("Helvetica", SIZE)
    press.canvas.drawString(0, 0, "ISO 9001")
    press.canvas.restoreState()
    text = read_pdf(press.data(), "a.pdf").text
    assert text.startswith("本厂于三月通过了认证审核，证书编号见附件。")
    assert "共有25日的准备期，依据的标准是" in text and "ISO 9001" in text


def test_a_quotation_is_boxed_where_it_is_shown():
    press, x = Press(), WIDTH - 90
    for column in columns(FIRST):
        set_down(press, x, 100, column)
        x -= GAP
    (box,) = boxes(press.data(), 1, "质量是企业的生命")
    assert box.x0 == pytest.approx(WIDTH - 90, abs=3) and box.width == pytest.approx(SIZE, abs=3)
    assert box.y0 == pytest.approx(100 + 2 * STEP - SIZE, abs=5) and box.height == pytest.approx(
        8 * STEP, abs=6
    )


def test_lines_and_columns_on_one_page_are_told():
    press = Press()
    press.lines(70, 100, wrap(SECOND * 4, 260, 10.5))
    for n, column in enumerate(columns(FIRST, 18)):
        set_down(press, WIDTH - 90 - n * GAP, 300, column)
    document = read_pdf(press.data(), "a.pdf")
    (notice,) = document.notices
    assert notice.startswith("a.pdf: 第 1 页部分文字为竖排，阅读顺序可能有误")


def test_labels_stacked_in_a_table_do_not_make_a_page_vertical():
    press = Press()
    press.lines(110, 100, wrap(SECOND * 6, 400, 10.5))
    set_down(press, 70, 100, "一般项目检验记录")
    document = read_pdf(press.data(), "a.pdf")
    assert not document.notices and "检测中心每季度抽查一次，不合格的批次一律下架" in document.text
