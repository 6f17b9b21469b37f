"""Words: one spelling for what means the same, and jieba's own cuts."""

from __future__ import annotations

import logging
import os
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import word_batches, words
from index.segmenter import JIEBA_TOTAL, Segmenter, jieba_dictionary, read_words

DOMAIN = read_words(words.DICTIONARIES / "domain.txt")

PARAGRAPH = """企业应当建立健全产品质量追溯体系，明确首席质量官的岗位职责，并把过程能力指数、不确定度评定和量值溯源的结果写进年度报告。
市场监管部门对重点工业产品开展监督抽查，发现不合格品的，责令召回并公示行政处罚决定；对主动消除危害后果的经营主体，可以依法从轻处理。
在粤港澳大湾区，检验检测机构的数量三年里翻了一番，服务的小微企业超过两万家，光伏电池、储能系统与民用无人机的检测需求增长最快。
他说这话的时候天已经黑了，南京市长江大桥上的灯一盏一盏亮起来，研究生命起源的人和结婚的和尚未结婚的人都在桥上走。"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＧＢ／Ｔ　１９００１", "gb/t 19001"),
        ("質量管理體系認證標準", "质量管理体系认证标准"),
        ("19001—2016 – － ― −", "19001-2016 - - - -"),
        ("100，200", "100, 200"),
        ("ISO", "iso"),
        ("", ""),
    ],
)
def test_normalize(text: str, expected: str) -> None:
    assert words.normalize(text) == expected


@given(st.text(max_size=60))
def test_normalize_is_stable(text: str) -> None:
    once = words.normalize(text)
    assert words.normalize(once) == once


@pytest.mark.parametrize(
    ("text", "named", "also"),
    [
        ("GB/T 19001—2016", ["gb/t19001", "2016"], ["19001", "gb/t19001-2016"]),
        ("GB∕T19001-2016", ["gb/t19001", "2016"], ["19001", "gb/t19001-2016"]),
        ("ＧＢ／Ｔ １９００１－２０１６", ["gb/t19001", "2016"], ["19001", "gb/t19001-2016"]),
        ("GBT 19001", ["gb/t19001"], ["19001"]),
        ("ISO 9001:2015", ["iso9001", "2015"], ["9001", "iso9001-2015"]),
        ("ISO9001：2015", ["iso9001", "2015"], ["9001", "iso9001-2015"]),
        ("ISO/IEC 17025:2017", ["iso/iec17025", "2017"], ["17025", "iso/iec17025-2017"]),
        ("GB/T 2828.1-2012", ["gb/t2828.1", "2012"], ["2828.1", "gb/t2828.1-2012"]),
        ("IEC 61215-1-1:2021", ["iec61215-1-1", "2021"], ["61215", "iec61215", "iec61215-1-1-2021"]),
        ("UL1741", ["ul1741"], ["1741"]),
        ("UL 1741", ["ul1741"], ["1741"]),
        ("JJF 1001-2011", ["jjf1001", "2011"], ["1001", "jjf1001-2011"]),
        ("T/CAS 100", ["t/cas100"], ["100"]),
        ("DB34/T 1234—2020", ["db34/t1234", "2020"], ["1234", "db34/t1234-2020"]),
        ("GBZ 2.1", ["gbz2.1"], ["2.1"]),
    ],
)
def test_standard_numbers_are_whole_and_canonical(text: str, named: list[str], also: list[str]) -> None:
    assert words.words(f"按照{text}的要求")[1:-2] == named
    assert words.tokenize(text) == named + also


def test_a_question_without_the_year_meets_the_standard_with_it() -> None:
    assert set(words.words("GB/T 19001")) <= set(words.words("GB/T 19001—2016标准"))
    assert set(words.tokenize("19001")) <= set(words.tokenize("GB/T 19001—2016标准"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第十二条", ["第12条"]),
        ("第12条", ["第12条"]),
        ("第 12 条", ["第12条"]),
        ("第一百二十条第二款", ["第120条", "第2款"]),
        ("第一千零七条", ["第1007条"]),
        ("第三十章", ["第30章"]),
        ("第二〇二四号", ["第2024号"]),
        ("第8.5.1条", ["第8.5.1条"]),
        ("见8.5.1", ["见", "8.5.1"]),
        ("第三方", ["第三方"]),
        ("第一项目", ["第一", "项目"]),
    ],
)
def test_clause_numbers_are_whole_and_arabic(text: str, expected: list[str]) -> None:
    assert words.words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.5元", ["1234.5", "元"]),
        ("100，200", ["100", "200"]),
        ("2019，100家", ["2019", "100", "家"]),
        ("二〇二四年", ["2024", "年"]),
        ("10mm", ["10", "mm"]),
        ("12.5%", ["12.5"]),
        ("C919与RK3588", ["c919", "与", "rk3588"]),
        ("samr.gov.cn", ["samr", "gov", "cn"]),
        ('+-* ()":^~[]{}\\/ 。，、？', []),
    ],
)
def test_numbers_and_latin_words(text: str, expected: list[str]) -> None:
    assert words.words(text) == expected


def test_long_words_bring_their_parts() -> None:
    assert words.tokenize("国家标准") == ["国家", "标准", "国家标准"]
    assert words.words("国家标准") == ["国家标准"]


def test_bigrams_stay_inside_a_run() -> None:
    assert words.bigrams("光伏，电池板66项ISO 9001:2015好") == [
        "光伏", "电池", "池板", "66", "项", "iso9001", "2015", "好",
    ]  # fmt: skip


@given(st.text(max_size=60))
def test_tokens_and_bigrams_in_one_reading(text: str) -> None:
    assert words.tokens_and_bigrams(text) == (words.tokenize(text), words.bigrams(text))


def test_question_words_are_stop_words() -> None:
    assert {"什么", "多少", "哪", "怎么", "是", "的", "了"} <= words.STOPWORDS
    assert "质量" not in words.STOPWORDS


@pytest.fixture(scope="module")
def stock() -> jieba.Tokenizer:
    """jieba as it comes, with our words added."""
    jieba.setLogLevel(logging.CRITICAL)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    for word, frequency in DOMAIN.items():
        tokenizer.add_word(word, frequency)
    return tokenizer


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(jieba_dictionary(), DOMAIN)


def stock_for_search(stock: Any, run: str) -> list[str]:
    return list(stock.cut_for_search(run, HMM=False))


def our_for_search(segmenter: Segmenter, run: str) -> list[str]:
    return [part for word in segmenter.cut(run) for part in (*segmenter.subwords(word), word)]


def test_the_total_is_the_sum_of_jiebas_frequencies() -> None:
    lines = jieba_dictionary().read_text(encoding="utf-8").splitlines()
    assert sum(int(line.split(" ")[1]) for line in lines) == JIEBA_TOTAL


def test_cuts_equal_jieba_on_running_text(stock: Any, segmenter: Segmenter) -> None:
    runs = re.findall("[\u4e00-\u9fd5]+", PARAGRAPH)
    assert len(runs) > 15
    for run in runs:
        assert our_for_search(segmenter, run) == stock_for_search(stock, run)


def test_cuts_equal_jieba_on_words_run_together(stock: Any, segmenter: Segmenter) -> None:
    """Random sequences of dictionary words: ambiguous everywhere, and over the whole dictionary."""
    choose = random.Random(1)
    listed = [word for word in stock.FREQ if re.fullmatch("[\u4e00-\u9fd5]+", word)]
    for _ in range(1500):
        run = "".join(choose.choices(listed, k=choose.randint(1, 8)))
        assert our_for_search(segmenter, run) == stock_for_search(stock, run)


@given(run=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5), min_size=1, max_size=12))
def test_cuts_equal_jieba_on_any_characters(stock: Any, segmenter: Segmenter, run: str) -> None:
    assert our_for_search(segmenter, run) == stock_for_search(stock, run)


@given(st.text(max_size=80))
def test_any_text_gives_tokens_without_spaces(text: str) -> None:
    for token in words.tokenize(text) + words.bigrams(text) + words.words(text):
        assert token
        assert token == "".join(token.split())


@given(st.text(st.sampled_from("第一二十百千万零条款9.1-:/gbtISO 年。质量"), max_size=30))
def test_any_mixture_of_numbers_is_read(text: str) -> None:
    assert set(words.words(text)) <= set(words.tokenize(text))


def test_domain_words_are_cut_whole() -> None:
    assert [word for word in DOMAIN if words.words(word) != [word]] == []


def test_threads_read_the_dictionary_together() -> None:
    fresh = Segmenter(jieba_dictionary(), DOMAIN)
    runs = re.findall("[\u4e00-\u9fd5]+", PARAGRAPH)
    with ThreadPoolExecutor(8) as pool:
        cuts = list(pool.map(fresh.cut, runs * 8))
    assert cuts == [words.words(run) for run in runs] * 8


def test_a_first_question_reads_little_and_is_silent(tmp_path: Path) -> None:
    code = (
        "import sys; from index import words; print(words.words('量值溯源由谁负责？'));"
        "assert 'jieba' not in sys.modules and 'numpy' not in sys.modules;"
        "assert len(words._segmenter()._weights) < 20_000"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True)
    assert run.stdout.decode() == "['量值溯源', '由', '谁', '负责']" + os.linesep
    assert run.stderr == b""
    assert list(tmp_path.iterdir()) == []


def test_the_fingerprint_is_short_and_stable() -> None:
    assert re.fullmatch("[0-9a-f]{16}", words.fingerprint())
    assert words.fingerprint() == words.fingerprint()


@settings(deadline=None)  # the first one makes the lattice
@given(
    st.lists(
        st.text(
            st.sampled_from("第12一二条款gb/t 19001-2016,，.年号iso中国标准质量管理体系abcmm\u3000３"),
            max_size=40,
        )
    )
)
def test_many_texts_at_once_have_the_tokens_of_each(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_batches, "MANY", 0)
        patch.setattr(word_batches, "SOME", 0)
        patch.setattr(word_batches, "LONGEST_RUN", 6)
        at_once = list(word_batches.tokens_and_bigrams_of(texts))
    found = [(sorted(tokens.split()), sorted(pairs.split())) for tokens, pairs in at_once]
    assert found == [(sorted(words.tokenize(text)), sorted(words.bigrams(text))) for text in texts]


def test_the_sample_has_the_same_tokens_one_text_at_a_time() -> None:
    folder = Path(__file__).parents[2] / "eval" / "sets" / "sample" / "documents"
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.txt"))] + [
        "",
        "𠮷野家 第三条第1.2款 é１2ａ",
    ]
    for text, (tokens, pairs) in zip(texts, word_batches.tokens_and_bigrams_of(texts), strict=True):
        assert sorted(tokens.split()) == sorted(words.tokenize(text))
        assert sorted(pairs.split()) == sorted(words.bigrams(text))


def test_tags_are_those_of_the_last_line_of_a_word(tmp_path):
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("质量 9 n\n质 5 g\n体系 7 n\n质量 9 vn\n", encoding="utf-8")
    segmenter = Segmenter(dictionary, {"质检": 5})
    assert [segmenter.tag(word) for word in ("质量", "质", "体系", "质检", "系", "", "质量\ud800")] == [
        *("vn", "g", "n", "", "", "", "")
    ]
