"""Covers of standards and official letters: the name is the title, not the number above it."""

import pytest

from index.numbers import is_letter_number, work_number
from index.readers import read
from index.split import split

BODY = "1 范围\n本标准规定了阀门密封试验的方法、设备和结果的记录，适用于工业阀门的出厂检验和型式检验。\n2 术语\n下列术语适用于本标准。\n"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("GB/T 13927—2022", "GB/T 13927—2022"),
        ("GB 4706.1-2005", "GB 4706.1-2005"),
        ("Q/BJFM 0102—2023", "Q/BJFM 0102—2023"),
        ("T/CAQ 10101-2021", "T/CAQ 10101-2021"),
        ("DB33/T 2301—2020", "DB33/T 2301—2020"),
        ("JJG 52", "JJG 52"),
        ("BF-QM-08", "BF-QM-08"),
        ("文件编号：BF-QM-08", "BF-QM-08"),
        ("GB/T 13927—2022 工业阀门 压力试验", ""),
        ("第3章", ""),
        ("2024年5月6日", ""),
        ("ISO", ""),
        ("AQL 2.5", ""),
    ],
)
def test_numbers_of_works(line, number):
    assert work_number(line) == number


def test_numbers_of_letters():
    assert is_letter_number("泊质发〔2024〕12号") and is_letter_number("文号：泊质发[2024]第12号")
    assert not is_letter_number("按泊质发〔2024〕12号办理")


def test_the_cover_of_a_standard():
    cover = (
        "ICS 23.060\nCCS J 16\n中华人民共和国国家标准\nGB/T 13927—2031\n代替 GB/T 13927—2022\n工业阀门 密封试验\n"
        "Industrial valves—Seal testing\n2031-03-01 发布 2031-10-01 实施\n泊江市标准化院 发布\n"
    )
    document = read((cover + BODY).encode(), "阀门.txt")
    assert document.title == "GB/T 13927—2031 工业阀门 密封试验"
    assert (document.published, document.effective) == ("2031-03-01", "2031-10-01")
    assert document.publisher == "泊江市标准化院" and document.status == ""
    head, first = split(document)[:2]
    assert head.kind == "head" and "2031-10-01 实施" in head.text and "GB/T 13927—2031" in head.text
    assert first.text.startswith("本标准规定了") and first.heading == "1 范围"


def test_a_name_on_two_lines():
    cover = "Q/BF 12—2024\n工业阀门\n密封试验方法\n2024年3月1日发布 2024年6月1日实施\n"
    assert read((cover + BODY).encode(), "a.txt").title == "Q/BF 12—2024 工业阀门 密封试验方法"


def test_an_official_letter():
    text = (
        "泊江市质量局文件\n泊质发〔2024〕12号\n关于开展阀门专项检查的通知\n各县局：\n现将检查的安排通知如下，请认真执行。\n"
        "一、时间\n检查从五月开始，到六月底结束。\n泊江市质量局\n2024年5月6日\n"
    )
    document = read(text.encode(), "a.txt")
    assert document.title == "关于开展阀门专项检查的通知"
    assert (document.published, document.publisher) == ("2024-05-06", "泊江市质量局")
    assert any("泊质发〔2024〕12号" in passage.text for passage in split(document))


def test_other_beginnings_are_left_alone():
    text = "阀门密封试验的几点体会\n做了十年试验，最大的体会是先看密封面，再看螺栓，最后才看压力表。\n"
    assert read(text.encode(), "a.txt").title == "阀门密封试验的几点体会"
    bare = "GB/T 13927—2022\n这个标准我们用了很久，里面的压力值要按公称压力来取，不能想当然。\n"
    assert "这个标准" in "".join(passage.text for passage in split(read(bare.encode(), "a.txt")))
