"""Bytes in, documents out: encodings by evidence, and one clear line for what cannot be read."""

import pytest

from index.errors import ReadError
from index.readers import READERS, read
from index.readers.encoding import decode

SIMPLIFIED = "检定周期由使用单位自己确定，但是最长不得超过一年。这是新办法里最重要的一条，请大家记住。"
TRADITIONAL = "檢定週期由使用單位自己確定，但是最長不得超過一年。這是新辦法裡最重要的一條，請大家記住。"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_simplified_text_comes_out_the_same_from_any_encoding(encoding):
    document = read(SIMPLIFIED.encode(encoding), "办法.txt")
    assert document.text == SIMPLIFIED


def test_big5_is_not_taken_for_gb18030_although_it_decodes_without_an_error():
    data = TRADITIONAL.encode("big5")
    assert data.decode("gb18030") != TRADITIONAL  # the trap: no error, only garbage
    text, encoding = decode(data, "辦法.txt")
    assert text == TRADITIONAL
    assert encoding == "big5hkscs"


def test_traditional_text_in_gbk_is_not_taken_for_big5():
    assert decode(TRADITIONAL.encode("gbk"), "x") == (TRADITIONAL, "gb18030")


@pytest.mark.parametrize("word", ["标准", "质量", "第一章", "ok"])
def test_a_single_word_is_enough(word):
    assert decode(word.encode("gbk"), "x")[0] == word
    assert decode("ok".encode("utf-16-le"), "x")[0] == "ok"


def test_latin_text_of_an_old_windows_program():
    assert decode("The caf\xe9 is closed on Mondays, they said.".encode("cp1252"), "x")[0].startswith(
        "The café"
    )


def test_a_few_bad_bytes_do_not_make_a_file_unreadable():
    data = (SIMPLIFIED * 20).encode() + b"\xff" + SIMPLIFIED.encode()
    text, encoding = decode(data, "x")
    assert encoding == "utf-8"
    assert text == SIMPLIFIED * 20 + "\ufffd" + SIMPLIFIED


def test_line_ends_become_newlines():
    assert decode("甲。\r\n乙。\r丙。".encode(), "x")[0] == "甲。\n乙。\n丙。"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "binary"),
        (b"%PDF-1.7\n" + bytes(range(1, 256)) * 4, "binary"),
        ("文字\x00文字".encode(), "binary"),
        (b"\xef\xbb\xbf\xff\xfe\xfd", "UTF-8"),
        (bytes(range(0x80, 0x100)) * 3, "encoding"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line_that_names_the_file(data, reason):
    with pytest.raises(ReadError) as caught:
        read(data, "附件/来文.txt")
    message = str(caught.value)
    assert message.startswith("附件/来文.txt: ")
    assert reason in message
    assert "\n" not in message


def test_only_page_furniture_is_no_text():
    with pytest.raises(ReadError, match="no text"):
        read("\f第 1 页\f第 2 页\f".encode(), "x.txt")


@pytest.mark.parametrize(
    "name", ["a.txt", "a.TXT", "a.text", "a.md", "a.markdown", "README", "2024.年报/说明"]
)
def test_names_that_are_read(name):
    assert read(b"Hello.", name).name == name


def test_an_unknown_suffix_is_refused_and_the_known_ones_named():
    with pytest.raises(ReadError, match=r"b\.xyz.*\.xyz.*\.md.*\.txt"):
        read(b"Hello.", "b.xyz")
    assert {".txt", ".text", ".md", ".markdown", ""} <= set(READERS)


def test_the_document_carries_what_was_found():
    text = "抽查结果\n2025年3月7日 09:30 来源：青澜日报\n本次抽查儿童鞋48批次，不合格2批次。\n"
    document = read(text.encode("gbk"), "a.txt")
    assert (document.title, document.published, document.publisher) == ("抽查结果", "2025-03-07", "青澜日报")
    assert document.encoding == "gb18030"
    assert document.hygiene.articles == 1
