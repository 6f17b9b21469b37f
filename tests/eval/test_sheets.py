"""Gold sets as CSV and XLSX: exact round trips, what a clerk may type, and errors by row and column."""

import csv
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from eval import sheet_cells as cells
from eval.gold import Evidence, Fact, GoldError, GoldItem, GoldSet, PastTurn
from eval.gold_files import read_any, write_any
from eval.sheets import COLUMNS, write_xlsx
from tests.eval.gold_items import ANY_TEXT, CALM, EVIDENCE, FACTS, PHRASES, TEXT, gold_sets

KINDS = (".csv", ".xlsx")


def sheet(folder, *rows, encoding="utf-8", delimiter=",") -> Path:
    file = folder / "gold.csv"
    with file.open("w", encoding=encoding, newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows(rows)
    return file


def one(folder, **given_cells) -> GoldItem:
    """The item of a table with one row."""
    row = {"id": "q", "question": "问？", **given_cells}
    (item,) = read_any(sheet(folder, list(row), list(row.values()))).items
    return item


@pytest.mark.parametrize("kind", KINDS)
@CALM
@given(gold=gold_sets(), chinese=st.booleans())
def test_any_items_come_back_exactly(kind, gold, chinese, tmp_path_factory):
    file = tmp_path_factory.mktemp("gold") / f"gold{kind}"
    write_any(gold, file, chinese=chinese)
    back = read_any(file)
    assert back.items == gold.items
    assert back.hash == gold.hash


@pytest.mark.parametrize("kind", KINDS)
def test_phrases_that_look_like_syntax_come_back_exactly(kind, tmp_path):
    texts = tuple(text for text in PHRASES if text.strip())
    items = [
        GoldItem(
            f"q{i}",
            text,
            history=(PastTurn(text, text),),
            answers=texts,
            facts=(
                Fact(any=(text, text)),
                Fact("number", (text,), 3.0, text),
                Fact("list", members=((text, text),)),
            ),
            forbidden=(text,),
            evidence=((Evidence(text, text), Evidence(text, "", 2)),),
            tags=(text,),
            notes=text,
        )
        for i, text in enumerate(texts)
    ]
    write_any(GoldSet(tuple(items)), tmp_path / f"gold{kind}")
    assert read_any(tmp_path / f"gold{kind}").items == tuple(items)


@CALM
@given(ANY_TEXT)
@example("\\" * 3 + "u0041")
def test_plain_cells_undo_themselves_and_are_never_formulas(text):
    cell = cells.guard(cells.write_plain(text))
    assert cells.read_plain(cells.unguard(cell)) == text
    assert not cell or cell[0] not in "=+-@＝＋－＠\t\r\n"
    assert cell == cell.strip()


@CALM
@given(st.lists(TEXT, max_size=4))
def test_lists_undo_themselves(texts):
    assert cells.read_list(cells.write_list(texts)) == texts


@CALM
@given(FACTS)
def test_a_fact_undoes_itself(fact):
    (record,) = cells.read_facts(cells.write_facts([fact]))
    default = {"type": "text", "any": [], "value": "", "unit": "", "tol": 0, "members": [], "least": 0}
    shown = {**default, "vital": True, "id": "", **record}
    assert shown == {
        **{name: getattr(fact, name) for name in ("type", "value", "unit", "least", "vital", "id")},
        "any": list(fact.any),
        "tol": fact.tolerance,
        "members": [list(member) for member in fact.members],
    }


@CALM
@given(st.lists(st.lists(EVIDENCE, min_size=1, max_size=3), max_size=3))
def test_evidence_undoes_itself(groups):
    read = cells.read_evidence(*cells.write_evidence(groups))
    assert [
        [Evidence(one["doc"], one.get("quote", ""), one.get("page")) for one in group] for group in read
    ] == groups


@CALM
@given(st.text(max_size=30))
def test_no_cell_makes_the_reader_fail_otherwise_than_by_saying_so(cell):
    for read in (cells.read_facts, cells.read_list, cells.read_history, cells.read_plain):
        try:
            read(cell)
        except ValueError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("cell", "facts"),
    [
        ("增强质量意识|提高质量意识", [Fact(any=("增强质量意识", "提高质量意识"))]),
        ("甲；乙;丙\n丁；", [Fact(any=(one,)) for one in "甲乙丙丁"]),
        ("数字:30 日", [Fact("number", value=30.0, unit="日")]),
        ("数字：1,708万户|一千七百万户", [Fact("number", ("一千七百万户",), 1708.0, "万户")]),
        ("数字:30±2 日", [Fact("number", value=30.0, unit="日", tolerance=2.0)]),
        ("number:-3.5 ℃", [Fact("number", value=-3.5, unit="℃")]),
        ("日期:2023-09", [Fact("date", value="2023-09")]),
        ("日期:2023年9月5日", [Fact("date", value="2023-09-05")]),
        ("日期:2023/9/5", [Fact("date", value="2023-09-05")]),
        ("百分比:7.5", [Fact("percent", value=7.5)]),
        ("百分比:7.5%", [Fact("percent", value=7.5)]),
        ("列表:甲/乙", [Fact("list", members=(("甲",), ("乙",)))]),
        ("列表（至少2）：甲|子/乙/丙", [Fact("list", members=(("甲", "子"), ("乙",), ("丙",)), least=2)]),
        ("列表：甲、乙／丙", [Fact("list", members=(("甲",), ("乙",), ("丙",)))]),
        (
            "百分比：７．５％；数字：－５ ℃",
            [Fact("percent", value=7.5), Fact("number", value=-5.0, unit="℃")],
        ),
        ("2023-09-05", [Fact("date", value="2023-09-05")]),  # as a cell of type date is read
        ("文本:2023-09-05", [Fact(any=("2023-09-05",))]),
        (
            "(次要)甲；（次要）日期:2023",
            [Fact(any=("甲",), vital=False), Fact("date", value="2023", vital=False)],
        ),
        ("[f1](次要)甲", [Fact(any=("甲",), vital=False, id="f1")]),
        ("文本:数字:30", [Fact(any=("数字:30",))]),
        (r"甲\；乙", [Fact(any=("甲；乙",))]),
        ("GB/T 19001", [Fact(any=("GB/T 19001",))]),
    ],
)
def test_facts_as_a_clerk_types_them(cell, facts, tmp_path):
    assert list(one(tmp_path, key_facts=cell).facts) == facts


@pytest.mark.parametrize("cell", ["数字:3—5 年", "数字:3～5年", "数字:约30日"])
def test_what_is_no_single_number_is_told(cell, tmp_path):
    with pytest.raises(GoldError, match="30±2 日"):
        one(tmp_path, key_facts=cell)


@pytest.mark.parametrize(
    ("quotes", "documents", "groups"),
    [
        ("甲", "a.txt", [[Evidence("a.txt", "甲")]]),
        ("甲；乙", "a.txt", [[Evidence("a.txt", "甲")], [Evidence("a.txt", "乙")]]),
        ("甲|乙；丙", "a|b；c 第2页", [[Evidence("a", "甲"), Evidence("b", "乙")], [Evidence("c", "丙", 2)]]),
        ("", "a.txt；b.txt", [[Evidence("a.txt", "")], [Evidence("b.txt", "")]]),
        ("*|甲", "a|b", [[Evidence("a", ""), Evidence("b", "甲")]]),
    ],
)
def test_evidence_as_a_clerk_types_it(quotes, documents, groups, tmp_path):
    item = one(tmp_path, evidence_quote=quotes, evidence_doc=documents)
    assert [list(group) for group in item.evidence] == groups


def test_every_column_in_chinese(tmp_path):
    row = {
        **{
            "编号": "q",
            "问题": "问？",
            "答案": "甲；乙",
            "要点": "甲",
            "证据原文": "甲乙",
            "证据文档": "a.txt",
        },
        **{
            "无答案": "否",
            "标签": "数字",
            "备注": "无",
            "上文": "谁？|他",
            "禁语": "丁",
            "难度": "2",
            "划分": "test",
        },
        **{
            "权重": "1.5",
            "状态": "草稿",
            "出题人": "王",
            "复核人": "李",
            "来源": "手工",
            "创建日期": "2025-01-01",
        },
    }
    (item,) = read_any(sheet(tmp_path, list(row), list(row.values()))).items
    assert item == GoldItem(
        *("q", "问？", (PastTurn("谁？", "他"),), True, ("甲", "乙"), (Fact(any=("甲",)),), ("丁",)),
        *(
            ((Evidence("a.txt", "甲乙"),),),
            ("数字",),
            2,
            "test",
            1.5,
            "draft",
            "王",
            "李",
            "手工",
            "2025-01-01",
            "无",
        ),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding, delimiter, tmp_path):
    file = sheet(
        tmp_path, ["编号", "问题"], ["q", "何时施行，何处？"], encoding=encoding, delimiter=delimiter
    )
    assert read_any(file).items == (GoldItem("q", "何时施行，何处？"),)


def test_csv_is_written_for_excel(tmp_path):
    write_any(GoldSet((GoldItem("q", "=1+1"),)), tmp_path / "gold.csv")
    data = (tmp_path / "gold.csv").read_bytes()
    assert data.startswith(
        b"\xef\xbb\xbfid,question,answers,key_facts,evidence_quote,evidence_doc,unanswerable,tags,notes"
    )
    assert b"'=1+1" in data


def test_xlsx_holds_texts_and_no_formula(tmp_path):
    write_any(GoldSet((GoldItem("001", "=1+1", notes="@x"),)), tmp_path / "gold.xlsx")
    rows = list(load_workbook(tmp_path / "gold.xlsx").active.iter_rows())
    assert [cell.value for cell in rows[1]][:2] == ["001", "'=1+1"]
    assert {cell.data_type for cell in rows[1] if cell.value} == {"s"}


def test_cells_of_other_types_are_tolerated(tmp_path):
    book = Workbook()
    book.active.append(
        ["id", "question", "answers", "difficulty", "weight", "unanswerable", "created", "key_facts"]
    )
    book.active.append([7, "问？", 30, 2, 1.5, True, datetime(2025, 1, 2), 0.075])
    book.active["H2"].number_format = "0.0%"
    book.active.append([None] * 8)
    book.active.append([8.0, "否？", None, None, None, False, datetime(2025, 1, 2, 3, 4), 42.0])
    book.save(tmp_path / "gold.xlsx")
    first, second = read_any(tmp_path / "gold.xlsx").items
    assert (first.id, first.answers, first.difficulty, first.weight, first.answerable, first.created) == (
        *("7", ("30",), 2, 1.5, False, "2025-01-02"),
    )
    assert first.facts == (Fact(any=("7.5%",)),)
    assert (second.id, second.answerable, second.created) == ("8", True, "2025-01-02 03:04:00")
    assert second.facts == (Fact(any=("42",)),)


def test_ids_and_turns_are_numbered_where_they_are_left_out(tmp_path):
    file = sheet(
        tmp_path, ["question", "conversation"], ["甲？", ""], ["乙？", "c"], [], ["丙？", "c"], ["甲甲？", ""]
    )
    alone, first, second, other = read_any(file).items
    assert (first.id, second.id, second.conversation) == ("c#0", "c#1", "c")
    assert alone.id.startswith("q-") and alone.id != other.id
    again = sheet(tmp_path, ["question"], ["甲甲？"], ["甲？"])
    assert [item.id for item in read_any(again).items] == [other.id, alone.id]


def test_all_problems_are_told_by_row_and_column(tmp_path):
    file = sheet(
        tmp_path,
        ["id", "问题", "要点", "无答案", "weight", "证据原文", "evidence_doc", "status"],
        ["a", "问？", "数字:三十 日", "", "", "", "", ""],
        ["b", "", "日期:去年", "也许", "重", "甲；乙；丙", "a；b", "done"],
        ["a", "问？", "", "", "", "", "", ""],
        ["c", "问？", "", "", "", "甲", "", "", "多出的"],
    )
    with pytest.raises(GoldError) as caught:
        read_any(file)
    told = caught.value.problems
    assert "第 2 行“要点”列" in told[0] and "(row 2, column 要点)" in told[0]
    assert {
        f"第 3 行“{name}”列" for name in ("问题", "要点", "无答案", "weight", "evidence_doc", "status")
    } == {line.split("：")[0] for line in told if line.startswith("第 3 行")}
    assert any(line.startswith("第 4 行“id”列") for line in told) is False  # row 2 was not taken
    assert any("第 5 行第 9 列" in line for line in told)
    assert any(line.startswith("第 5 行“evidence_doc”列") for line in told)


def test_twenty_problems_are_enough(tmp_path):
    with pytest.raises(GoldError) as caught:
        read_any(sheet(tmp_path, ["id", "question", "weight"], *[[f"q{i}", "问？", "-1"] for i in range(30)]))
    assert len(caught.value.problems) == 21
    assert "10" in caught.value.problems[-1]


def test_a_repeated_id_and_a_wrong_turn_are_told(tmp_path):
    file = sheet(
        tmp_path, ["id", "question", "conversation"], ["a", "甲？", ""], ["a", "乙？", ""], ["b", "丙？", "c"]
    )
    with pytest.raises(GoldError) as caught:
        read_any(file)
    assert "第 3 行“id”列：与第 2 行重复" in caught.value.problems[0] + caught.value.problems[1]
    assert any("c#0" in line for line in caught.value.problems)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (["id", "答案"], "question"),
        (["id", "question", "部门"], "部门"),
        (["id", "question", "问题"], "多次"),
    ],
)
def test_headers_that_cannot_be_understood(header, reason, tmp_path):
    with pytest.raises(GoldError, match=reason):
        read_any(sheet(tmp_path, header, ["q", "问？", "x"]))


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("gold.xlsx", b"PK no", "XLSX"),
        ("gold.csv", b"\xff\xfei\0d\0", "UTF-16"),
        ("gold.csv", b"id,question\nq,\x80\xff\xff", "编码"),
        ("gold.csv", b"", "空表"),
        ("gold.csv", '编号,问题\nq,"没有结束\n'.encode(), "CSV"),
        ("gold.xls", b"", "另存为"),
        ("gold.txt", b"", "不认识"),
    ],
)
def test_files_that_cannot_be_read_are_one_clear_line(name, data, reason, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(GoldError, match=reason):
        read_any(tmp_path / name)


@pytest.mark.parametrize("kind", [".csv", ".xlsx", ".jsonl"])
def test_a_missing_file_is_one_clear_line(kind, tmp_path):
    with pytest.raises(GoldError, match="不存在"):
        read_any(tmp_path / f"none{kind}")


def test_a_cell_that_excel_would_cut_off_is_refused(tmp_path):
    with pytest.raises(GoldError, match="第 2 行“notes”列有 32768 字"):
        write_xlsx(GoldSet((GoldItem("q", "问？", notes="长" * 32768),)), tmp_path / "gold.xlsx")
    assert not list(tmp_path.iterdir())


def test_a_csv_cell_may_be_very_long(tmp_path):
    gold = GoldSet((GoldItem("q", "问？", notes="长" * 200_000),))
    write_any(gold, tmp_path / "gold.csv")
    assert read_any(tmp_path / "gold.csv").items == gold.items


def test_no_two_columns_share_a_name():
    names = [name for column, others in COLUMNS.items() for name in (column, *others)]
    assert len(names) == len(set(names))
