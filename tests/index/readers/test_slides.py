"""PPTX: slides as pages, titles as headings, text from top to bottom, tables, charts, notes."""

import io

import pptx
import pytest
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm, Pt

from index.errors import ReadError
from index.readers.office.slides import read_pptx
from index.split import split
from tests.index.readers.test_pictures import Told

BLANK, TITLED = 6, 1


def saved(deck):
    file = io.BytesIO()
    deck.save(file)
    return file.getvalue()


def box(shapes, text, left, top):
    shapes.add_textbox(Cm(left), Cm(top), Cm(5), Cm(1)).text_frame.text = text


def slide_of(deck, layout=BLANK, title=""):
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    if title:
        slide.shapes.title.text = title
    return slide


def test_title_body_and_notes_of_a_slide():
    deck = pptx.Presentation()
    slide = slide_of(deck, TITLED, "质量月报")
    slide.placeholders[1].text = "合格率上升。\n投诉下降。"
    slide.notes_slide.notes_text_frame.text = "讲解时举例。"
    second = slide_of(deck, TITLED, "下月计划")
    second.placeholders[1].text = "抽查五家企业。"
    document = read_pptx(saved(deck), "a.pptx")
    assert document.title == "质量月报"
    assert document.text.split("\n") == [
        "质量月报", "合格率上升。", "投诉下降。", "讲解时举例。", "下月计划", "抽查五家企业。",
    ]  # fmt: skip
    assert [(passage.page, passage.heading) for passage in split(document)] == [
        (1, "质量月报"),
        (2, "下月计划"),
    ]


def test_text_is_read_from_top_to_bottom_and_left_to_right_also_in_groups():
    deck = pptx.Presentation()
    shapes = slide_of(deck, 5, "顺序").shapes
    box(shapes, "第四处文字", 1, 15)
    box(shapes, "第二处文字", 12, 6)
    box(shapes, "第一处文字", 1, 6.2)
    box(shapes.add_group_shape().shapes, "第三处文字", 1, 10)
    assert read_pptx(saved(deck), "a.pptx").text.split("\n") == [
        "顺序",
        "第一处文字",
        "第二处文字",
        "第三处文字",
        "第四处文字",
    ]


def test_a_slide_without_title_is_headed_by_its_top_line():
    deck = pptx.Presentation()
    for number, title in (("1", "召回模块"), ("2", "抽取模块")):
        shapes = slide_of(deck).shapes
        box(shapes, number, 1, 1)
        box(shapes, title, 1, 3)
        box(shapes, f"{title}的内容在这里。", 1, 6)
    found = split(read_pptx(saved(deck), "a.pptx"))
    assert [(p.page, p.heading, p.text) for p in found] == [
        (1, "1 召回模块", "召回模块的内容在这里。"),
        (2, "2 抽取模块", "抽取模块的内容在这里。"),
    ]


def test_tables_with_merged_cells_and_charts():
    deck = pptx.Presentation()
    shapes = slide_of(deck, 5, "数据").shapes
    table = shapes.add_table(3, 2, Cm(1), Cm(5), Cm(10), Cm(3)).table
    for row, cells in zip(table.rows, (("类别", "得分"), ("甲", "0.8388"), ("", "0.9")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    data = CategoryChartData()
    data.categories = ["一季度", "二季度"]
    data.add_series("产量", (12, 15.5))
    shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(1), Cm(12), Cm(10), Cm(5), data)
    assert read_pptx(saved(deck), "a.pptx").text.split("\n") == [
        "数据", "类别：甲；得分：0.8388", "类别：甲；得分：0.9", "一季度；产量：12", "二季度；产量：15.5",
    ]  # fmt: skip


def test_hidden_slides_and_slide_numbers_are_left_out():
    deck = pptx.Presentation()
    slide_of(deck, TITLED, "看得见").placeholders[1].text = "内容一。"
    hidden = slide_of(deck, TITLED, "看不见")
    hidden.placeholders[1].text = "内容二。"
    hidden._element.set("show", "0")
    assert read_pptx(saved(deck), "a.pptx").text == "看得见\n内容一。"


def test_the_text_of_a_picture_stands_where_the_picture_does():
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    deck = pptx.Presentation()
    shapes = slide_of(deck, 5, "图").shapes
    shapes.add_picture(picture, Cm(1), Cm(5))
    box(shapes, "图下的文字", 1, 12)
    document = read_pptx(saved(deck), "a.pptx", Told("图中的字"))
    assert document.text.split("\n") == ["图", "图中的字", "图下的文字"]
    assert [document.text[start:end] for start, end in document.unsure] == ["图中的字"]


def test_what_is_not_seen_on_a_slide_is_left_out_and_told():
    deck = pptx.Presentation()
    shapes = slide_of(deck, 5, "标题").shapes
    box(shapes, "看得见的文字", 1, 6)
    box(shapes, "幻灯片旁边的", 200, 6)
    box(shapes, "隐藏的形状", 1, 8)
    shapes[-1]._element.find(".//{*}cNvPr").set("hidden", "1")
    box(shapes, "小字", 1, 10)
    shapes[-1].text_frame.paragraphs[0].runs[0].font.size = Pt(1)
    box(slide_of(deck).shapes, "隐藏的幻灯片", 1, 1)
    deck.slides[1]._element.set("show", "0")
    document = read_pptx(saved(deck), "a.pptx")
    assert document.text == "标题\n看得见的文字"
    assert [notice.split()[2] for notice in document.notices] == ["张隐藏的幻灯片未收入", "13"]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", saved(pptx.Presentation()), b""]
)
def test_what_cannot_be_read_says_why(data):
    with pytest.raises(ReadError) as caught:
        read_pptx(data, "a.pptx")
    assert "\n" not in str(caught.value)


def test_cut_files_end_in_a_document_or_a_reason():
    deck = pptx.Presentation()
    slide_of(deck, TITLED, "标题").placeholders[1].text = "内容。"
    data = saved(deck)
    for size in range(0, len(data), len(data) // 20):
        with pytest.raises(ReadError):
            read_pptx(data[:size], "a.pptx")
