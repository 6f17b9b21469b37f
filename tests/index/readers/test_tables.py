"""Rows that read on their own: headers, forms, captions, long rows, questions and answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers.blocks import Particulars, document_of
from index.readers.faq import faq_columns
from index.readers.tables import header_rows, row_line, table_blocks
from index.split import split


def lines(rows, **options):
    return [block.text for block in table_blocks(rows, **options)]


def test_the_header_is_repeated_in_every_row():
    rows = [["职务", "报销类型", "一线（元）"], ["普通员工", "住宿费", "500"], ["部门主管", "住宿费", ""]]
    assert lines(rows) == [
        "职务：普通员工；报销类型：住宿费；一线（元）：500",
        "职务：部门主管；报销类型：住宿费",
    ]


def test_a_header_of_two_rows_is_joined_with_merged_cells_filled_or_left_empty():
    below = ["产值", "1", "2", "3", "4"]
    filled = [
        ["指标", "2023年", "2023年", "2024年", "2024年"],
        ["指标", "上半年", "下半年", "上半年", "下半年"],
        below,
    ]
    empty = [["指标", "2023年", "", "2024年", ""], ["", "上半年", "下半年", "上半年", "下半年"], below]
    expected = ["指标：产值；2023年 上半年：1；2023年 下半年：2；2024年 上半年：3；2024年 下半年：4"]
    assert lines(filled) == lines(empty) == expected


def test_a_form_is_read_as_labels_beside_values():
    assert lines([["姓名", "张三", "性别", "男"], ["单位", "质检院", "电话", "0571-123"]]) == [
        "姓名：张三；性别：男",
        "单位：质检院；电话：0571-123",
    ]
    assert lines([["单位名称", "甲公司"], ["地址", "北京"]]) == ["单位名称：甲公司", "地址：北京"]


def test_captions_above_the_header_and_notes_below_stay_text():
    rows = [["年度统计表"] * 3, ["地区", "数额", "占比"], ["北京", "2", "5%"], ["注：数额以万元计。"] * 3]
    assert [(b.kind, b.text) for b in table_blocks(rows)] == [
        ("text", "年度统计表"),
        ("row", "地区：北京；数额：2；占比：5%"),
        ("text", "注：数额以万元计。"),
    ]


def test_a_list_set_in_two_columns_becomes_one():
    rows = [["姓名", "电话", "姓名", "电话"], ["甲", "1", "乙", "2"], ["丙", "3", "", ""]]
    assert sorted(lines(rows)) == ["姓名：丙；电话：3", "姓名：乙；电话：2", "姓名：甲；电话：1"]


def test_a_layout_table_is_text():
    assert [(b.kind, b.text) for b in table_blocks([["左栏\n第二段", "右栏"]])] == [
        ("text", "左栏"),
        ("text", "第二段"),
        ("text", "右栏"),
    ]


def test_an_export_without_header_words_still_has_a_header_in_a_sheet():
    assert lines([["甲", "乙", "丙"], ["一", "二", "三"]], sheet=True) == ["甲：一；乙：二；丙：三"]


def test_a_column_that_only_counts_is_left_out():
    assert lines([["", "title", "url"], ["0", "甲", "u1"], ["1", "乙", "u2"]]) == [
        "title：甲；url：u1",
        "title：乙；url：u2",
    ]


def test_repeated_headers_of_a_table_over_several_pages_go():
    assert lines([["名称", "数量"], ["甲", "1"], ["名称", "数量"], ["乙", "2"]]) == [
        "名称：甲；数量：1",
        "名称：乙；数量：2",
    ]


def test_long_rows_of_a_sheet_share_no_passage():
    text = "先核对证书编号，再抽取样品送检。检验合格后放行。" * 5
    rows = [["标题", "详情"], ["甲事", text], ["乙事", text]]
    document = document_of(table_blocks(rows, sheet=True), "x", Particulars())
    found = split(document)
    assert {passage.heading for passage in found} == {"甲事", "乙事"}
    assert not any("甲事" in passage.text and "乙事" in passage.text for passage in found)


@pytest.mark.parametrize(
    ("labels", "questions", "answer"),
    [
        (["问题", "答案"], (0,), 1),
        (["科室", "标题", "提问", "答复"], (1, 2), 3),
        (["department", "title", "ask", "answer"], (1, 2), 3),
        (["分段标题（选填）", "分段内容（必填，问题答案）", "问题（选填，单元格内一行一个）"], (0, 2), 1),
        (["问题类型", "Q", "A"], (1,), 2),
    ],
)
def test_tables_of_questions_and_answers_are_known_by_their_header(labels, questions, answer):
    found = faq_columns(labels)
    assert (found.questions, found.answer) == (questions, answer)


@pytest.mark.parametrize(
    "labels", [["存在问题", "整改措施", "责任人"], ["姓名", "电话"], ["答复时间", "答复人"]]
)
def test_other_tables_are_not(labels):
    assert faq_columns(labels) is None


def test_the_answer_is_quotable_and_its_question_is_the_heading():
    rows = [
        ["分类", "问题", "答案"],
        ["检定", "检定周期多长？", "一年。\n强制检定除外。"],
        ["投诉", "怎么投诉？", "拨打12315。"],
    ]
    document = document_of(table_blocks(rows, sheet=True), "x", Particulars())
    assert [(p.heading, p.text) for p in split(document)] == [
        ("检定周期多长？", "一年。\n强制检定除外。\n分类：检定"),
        ("怎么投诉？", "拨打12315。\n分类：投诉"),
    ]


CELL = st.text(alphabet="甲乙丙问题答案姓名12.%。；： \n-年月", max_size=12)


@given(st.lists(st.lists(CELL, max_size=5), max_size=10), st.booleans())
def test_only_labels_of_empty_columns_are_lost_and_passages_are_exact(rows, sheet):
    blocks = table_blocks(rows, sheet=sheet)
    text = "".join("".join(block.text.split()) for block in blocks)
    lost = set()
    for i, row in enumerate(rows):
        for k, cell in enumerate(row):
            squeezed = "".join(cell.split()).rstrip("；;，,。：:")
            counts = (
                k == min((n for r in rows for n, c in enumerate(r) if c.strip()), default=0)
                and cell.strip().isdecimal()
            )
            if squeezed not in text and not counts:
                lost.add(i)
    assert len(lost) <= 4  # the rows of a header
    if any(block.kind in ("text", "row") for block in blocks):
        document = document_of(blocks, "x", Particulars())
        for passage in split(document):
            assert passage.text == document.text[passage.start : passage.end]


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_a_header_never_takes_all_rows(rows):
    assert 0 <= header_rows(rows) <= min(4, len(rows) - 1)


def test_row_line_says_a_thing_once():
    assert row_line(["备注", "备注", "值"], ["合格", "合格", ""]) == "备注：合格"
