"""The bench of speed: its corpus, its table and its chart; and one tiny library measured through."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from itertools import islice

import pytest

from eval.speed.corpus import made_up, questions, write_documents
from eval.speed.measure import measure
from eval.speed.table import growth, markdown

FIGURES = {
    "passages": 1000,
    "text_mb": 2.0,
    "index_s": 4.0,
    "encode_s": 2.0,
    "resync_s": 0.04,
    "before_mb": 100.0,
    "peak_mb": 14.0,
    "constant_mb": 6.0,
    "disk_mb": 9.0,
    "vectors_mb": 4.0,
    "dense_ms": 1.0,
    "dense_x": 1.1,
    "lexical_ms": 2.0,
    "lexical_x": 2.2,
    "hybrid_ms": 4.0,
    "hybrid_x": 4.4,
    "floor_ms": 0.9,
    "recall": 1.0,
    "add_s": 0.05,
    "update_s": 0.04,
    "delete_s": 0.03,
    "first_answer_s": 0.6,
}


def test_made_up_documents_are_the_same_every_time():
    assert list(islice(made_up(), 2)) == list(islice(made_up(), 2))


def test_documents_of_a_file_or_a_folder(tmp_path):
    data = tmp_path / "data.jsonl"
    data.write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in ("一" * 150, "二" * 150)), encoding="utf-8"
    )
    write_documents(tmp_path / "a", 1, data)
    assert sorted(file.name for file in (tmp_path / "a").iterdir()) == ["000001.txt", "000002.txt"]
    write_documents(tmp_path / "b", 9, tmp_path / "a")
    assert len(list((tmp_path / "b").iterdir())) == 2
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no texts"):
        write_documents(tmp_path / "c", 9, tmp_path / "empty")


def test_questions_are_spread_over_the_texts():
    assert questions(["甲" * 20, "乙" * 20, "丙" * 20, "丁" * 20], 2) == [
        "甲" * 14 + "是什么？",
        "丙" * 14 + "是什么？",
    ]


def test_the_table_has_a_column_a_size():
    lines = markdown([FIGURES, {**FIGURES, "passages": 50_000}]).splitlines()
    assert lines[0] == "| | 目标 goal | 1,000 | 50,000 |"
    rows = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
        for line in lines[2:]
        if line.startswith("|")
    }
    assert rows["建库÷编码 index / encoding"] == ["≤ 2.2 *", "2.0", "2.0"]
    assert rows["未变再同步 unchanged re-sync"] == ["≤ 2%", "1.0%", "1.0%"]
    assert rows["磁盘÷文本 disk / text"] == ["≤ 4.5 ‡", "4.5", "4.5"]
    assert rows["其中向量 of it vectors"] == ["", "2.0", "2.0"]
    assert rows["内存峰值÷文本 peak memory / text"][1:] == ["7.0", "7.0"]
    assert rows["不计固定部分 the same without the constant"][1:] == ["4.0", "4.0"]


@pytest.mark.parametrize("sizes", [[1000], [1000, 10_000, 50_000]])
def test_the_chart_is_an_svg_whose_labels_stand_apart(sizes):
    drawn = ElementTree.fromstring(growth([{**FIGURES, "passages": size} for size in sizes]))
    name = "{http://www.w3.org/2000/svg}"
    assert len(drawn.findall(f"{name}polyline")) == 4
    heights = sorted(float(text.get("y") or 0) for text in drawn.findall(f"{name}text")[-4:])
    assert all(upper - lower >= 15 for lower, upper in zip(heights, heights[1:], strict=False))


@pytest.mark.slow
def test_a_small_library_is_measured_through(tmp_path):
    found = measure(30, tmp_path, None, 5)
    found["constant_mb"] = found["peak_mb"]  # that of another process, else
    assert set(found) == set(FIGURES)
    assert found["recall"] == 1.0
    assert found["passages"] > 10
    markdown([found])
    growth([found])
