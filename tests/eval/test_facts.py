"""Facts that have to be in what is read of a folder's files."""

import json

import pytest

from eval.facts import Fact, facts_in, main, squeezed


def write(folder, *facts):
    (folder / "a.txt").write_text("检定周期为（12）个月。\n温度为20~25 ℃。", encoding="utf-8")
    lines = [json.dumps(fact, ensure_ascii=False) for fact in facts]
    (folder / "facts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def fact(*strings, file="a.txt", needs_ocr=False):
    return {"file": file, "question": "周期？", "must_contain": strings, "needs_ocr": needs_ocr}


def test_white_space_widths_and_tildes_are_set_aside():
    assert squeezed("（１２） 个\n月 20～25") == squeezed("(12)个月20~25") == squeezed("(12)个月20〜25")


def test_the_table_says_what_is_found_and_what_is_missing(tmp_path, capsys):
    write(
        tmp_path, fact("(12) 个月", "20～25"), fact("周期", "每年"), fact("x", file="b.txt", needs_ocr=True)
    )
    assert main([str(tmp_path)]) == 1
    said = capsys.readouterr().out
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in said.splitlines() if "txt |" in row]
    assert [(row[0], row[3], row[4], row[5]) for row in rows] == [
        ("a.txt", "1/2", "0/0", "每年"),
        ("b.txt", "0/1", "0/1", "x"),
    ]
    assert "found: 1/3" in said and "b.txt" in said.splitlines()[-1]


def test_all_found_is_success(tmp_path, capsys):
    write(tmp_path, fact("个月"))
    assert main([str(tmp_path)]) == 0
    assert facts_in(tmp_path) == [Fact("a.txt", "周期？", ("个月",), False)]


@pytest.mark.parametrize("line", ["{", '{"file": "a.txt"}', "3"])
def test_a_line_that_is_no_fact_is_named(tmp_path, capsys, line):
    (tmp_path / "facts.jsonl").write_text("\n" + line, encoding="utf-8")
    assert main([str(tmp_path)]) == 2
    assert "facts.jsonl:2" in capsys.readouterr().err
    assert main([str(tmp_path / "none")]) == 2
