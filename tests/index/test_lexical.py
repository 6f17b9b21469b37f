"""The lexical index: what it finds, what it forgets, and that nothing in a question can break it."""

from __future__ import annotations

import multiprocessing
from math import log
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import words
from index.errors import LibraryBusy, LibraryError
from index.lexical import LexicalIndex, LexicalRow

TEXTS = {
    1: "首席质量官由企业法定代表人任命，对产品质量负责。",
    2: "计量器具应当定期检定，检定周期为十二个月。",
    3: "GB/T 19001—2016规定了质量管理体系的要求。",
    4: "第十二条 生产者应当对其生产的产品质量负责。",
    5: "光伏组件的功率衰减每年不超过百分之一。",
}


def row(row_id: int, text: str, document: int = 1, context: str = "") -> LexicalRow:
    return LexicalRow(row_id, document, text, context)


def index_of(*rows: LexicalRow, folder: Path | None = None) -> LexicalIndex:
    index = LexicalIndex(folder, create=folder is not None)
    index.add(rows)
    index.commit()
    return index


@pytest.fixture(scope="module")
def five() -> LexicalIndex:
    return index_of(*(row(row_id, text, document=row_id % 2) for row_id, text in TEXTS.items()))


def ids(hits: list[tuple[int, float]]) -> list[int]:
    return [row_id for row_id, _ in hits]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("谁任命首席质量官？", 1),
        ("計量器具多久檢定一次？", 2),
        ("GB/T 19001有什么要求？", 3),
        ("GB/T19001-2016", 3),
        ("ISO 19001", 3),
        ("第12条说了什么", 4),
        ("组件衰减多少", 5),
    ],
)
def test_finds_the_row(five: LexicalIndex, question: str, best: int) -> None:
    assert ids(five.search(question, 3))[0] == best


def test_scores_fall_and_only_rows_that_share_something_come(five: LexicalIndex) -> None:
    hits = five.search("产品质量由谁负责", 10)
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)
    assert all(score > 0 for _, score in hits)
    assert set(ids(hits)) == {1, 3, 4}
    assert five.search("xyzzy", 10) == []


def test_k_limits_and_the_filter_works_inside(five: LexicalIndex) -> None:
    assert len(five.search("产品质量", 1)) == 1
    assert five.search("产品质量", 0) == []
    assert ids(five.search("产品质量负责", 1, documents={0})) == [4]
    assert five.search("产品质量", 5, documents=set()) == []
    assert five.search("产品质量", 5, documents={77}) == []


def test_the_filter_leaves_the_scores_alone(five: LexicalIndex) -> None:
    everywhere = dict(five.search("产品质量负责", 5))
    for row_id, score in five.search("产品质量负责", 5, documents={0}):
        assert score == pytest.approx(everywhere[row_id])


def test_context_helps_but_less_than_text() -> None:
    index = index_of(
        row(1, "他表示将加强监管。", context="电梯安全条例解读"),
        row(2, "电梯安全由使用单位负责。", context="通知"),
        row(3, "他表示将加强监管。", context="食品安全"),
    )
    assert ids(index.search("电梯", 3)) == [2, 1]


def test_a_clause_number_leads_to_that_clause() -> None:
    clauses = [row(number, "国家支持其发展。", context=f"合作社法第{number}条") for number in range(1, 41)]
    index = index_of(*clauses, row(41, "公告的内容与第三十条一致。", context="公告"))
    assert ids(index.search("合作社法第三十条的内容是什么？", 3))[0] == 30


def test_question_words_do_not_decide() -> None:
    index = index_of(row(1, "什么是什么，多少是多少，怎么样？"), row(2, "量值溯源的责任在计量院。"))
    assert ids(index.search("什么是量值溯源？", 2))[0] == 2
    assert ids(index.search("什么是多少？", 2))[0] == 1  # nothing else to go by


def test_an_id_given_again_is_replaced_also_before_the_commit() -> None:
    index = index_of(row(1, "旧的光伏"), row(1, "新的风电"))
    assert len(index) == 1
    assert index.search("光伏", 5) == []
    index.add([row(1, "后来的核电")])
    index.commit()
    assert len(index) == 1
    assert index.search("风电", 5) == []
    assert ids(index.search("核电", 5)) == [1]


def test_removed_rows_are_gone_and_unknown_ones_passed_over() -> None:
    index = index_of(row(1, "光伏"), row(12, "光伏"), row(-3, "光伏"))
    index.remove([1, 99])
    index.commit()
    assert ids(index.search("光伏", 5)) == [-3, 12]
    assert len(index) == 2


def test_nothing_is_seen_before_the_commit() -> None:
    index = LexicalIndex(None)
    index.commit()
    index.add([row(1, "光伏")])
    assert (len(index), index.search("光伏", 5)) == (0, [])
    index.close()
    index.commit()
    assert len(index) == 0


def test_rarity_is_the_idf_of_bm25() -> None:
    index = index_of(row(1, "光伏 风电"), row(2, "光伏"), row(3, "光伏"))
    rarity = index.rarity(["光伏", "风电", "核电"])
    assert rarity == pytest.approx(
        {"光伏": log(1 + 0.5 / 3.5), "风电": log(1 + 2.5 / 1.5), "核电": log(1 + 3.5 / 0.5)}
    )
    assert index.rarity([]) == {}


def test_ranks_like_bm25_written_out() -> None:
    """One field, one token: idf · tf·(k1+1) / (tf + k1·(1-b+b·len/mean)), k1 = 1.2, b = 0.75."""
    texts = {1: "solar", 2: "solar solar wind", 3: "wind"}
    index = index_of(*(row(row_id, text) for row_id, text in texts.items()))
    idf = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    mean = 5 / 3
    expected = {}
    for row_id, tf, length in ((1, 1, 1), (2, 2, 3)):
        bm25 = idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / mean))
        expected[row_id] = bm25 * (1.0 + 0.3)  # a Latin word stands in the words and the bigrams field
    assert dict(index.search("solar", 5)) == pytest.approx(expected, rel=1e-5)


def test_a_pasted_page_is_only_words(five: LexicalIndex) -> None:
    page = "关于产品质量责任的说明，" * 60
    assert ids(five.search(page, 5))[0] in (1, 4)


def test_long_tokens_and_capitals_are_kept() -> None:
    index = index_of(row(1, "编号 " + "A1B2" * 60), row(2, "RoHS"))
    assert ids(index.search("a1b2" * 60, 5)) == [1]
    assert ids(index.search("rohs", 5)) == [2]


@pytest.mark.parametrize(
    "question", ["", " ", "？！", '" OR * AND (', "words:光伏 +-~^3 [a TO b] \\", "{}/.*/", "\x00\n\t"]
)
def test_query_syntax_is_harmless(five: LexicalIndex, question: str) -> None:
    assert all(row_id in TEXTS for row_id, _ in five.search(question, 5))


@settings(max_examples=50)
@given(st.text(max_size=300))
def test_any_question_is_answered(five: LexicalIndex, question: str) -> None:
    assert len(five.search(question, 5)) <= 5


def test_saved_reopened_and_reloaded(tmp_path: Path) -> None:
    writer = index_of(row(1, "光伏"), folder=tmp_path)
    reader = LexicalIndex(tmp_path)
    writer.add([row(2, "光伏发电")])
    assert len(reader) == 1  # a reader needs no lock
    writer.commit()
    reader.reload()
    assert len(reader) == 2
    again = index_of(row(3, "光伏电站"), folder=tmp_path)  # create keeps what is there
    assert len(again) == 3


def _read_in_another_process(folder: str) -> list[int]:
    return ids(LexicalIndex(Path(folder)).search("光伏", 5))


def test_another_process_reads_while_one_writes(tmp_path: Path) -> None:
    index = index_of(row(1, "光伏"), folder=tmp_path)
    index.add([row(2, "光伏")])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_read_in_another_process, (str(tmp_path),)) == [1]
        index.commit()
        assert pool.apply(_read_in_another_process, (str(tmp_path),)) == [1, 2]


def test_one_writer_at_a_time_and_none_after_the_commit(tmp_path: Path) -> None:
    first, second = LexicalIndex(tmp_path, create=True), LexicalIndex(tmp_path)
    first.add([row(1, "光伏")])
    with pytest.raises(LibraryBusy, match="another process"):
        second.add([row(2, "风电")])
    first.commit()
    second.add([row(2, "风电")])
    second.commit()
    first.reload()
    assert len(first) == 2


def test_a_missing_folder_or_index_is_a_library_error(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="nowhere"):
        LexicalIndex(tmp_path / "nowhere")
    with pytest.raises(LibraryError, match="cannot open"):
        LexicalIndex(tmp_path)


@pytest.mark.parametrize("pattern", ["meta.json", "*.term", "*.idx", "*.fast"])
@pytest.mark.parametrize("damage", ["cut", "missing"])
def test_a_damaged_index_is_a_library_error(tmp_path: Path, pattern: str, damage: str) -> None:
    index_of(*(row(row_id, text) for row_id, text in TEXTS.items()), folder=tmp_path).close()
    for file in tmp_path.glob(pattern):
        if damage == "cut":
            file.write_bytes(file.read_bytes()[:20])
        else:
            file.unlink()
    with pytest.raises(LibraryError, match="cannot open"):
        LexicalIndex(tmp_path)


def test_tokens_of_the_index_are_those_of_words(five: LexicalIndex) -> None:
    for text in TEXTS.values():
        nowhere = five.rarity(["没有这个词"])["没有这个词"]
        assert all(rarity < nowhere for rarity in five.rarity(words.tokenize(text)).values())
