"""Layout repair: what is joined, what is dropped, what is left alone, and the way back to the original."""

import json
import random
import textwrap
from bisect import bisect_right
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.clean import clean
from index.lines import SENTENCE_END, columns, ends_sentence, first_unit, squeeze
from index.readers import read
from tests import layout
from tests.layout import render_plain

PARAGRAPHS = [
    "为了弄清楚轴承为什么提前失效，检验员把三个批次的样品拆开，逐一测量了滚道的圆度和表面粗糙度，又查了热处理的记录。结果发现，问题出在回火温度上。",
    "“温度差了二十度，寿命就差了一半。”质检科的老周说。他建议每炉都留样。",
    "车间采纳了建议，从6月起每炉留样3件，保存期为2年。到年底，一共留样1260件，复检合格率为99.4%，客户投诉由上一年的17起降到了2起，全部在48小时内答复。",
    "这件事也写进了新版的作业指导书，由标准化室负责解释，培训由人事科组织，全厂一共有236人参加了考试，只有4个人需要补考。",
]


def wrapped(width=22, gap="\n\n"):
    """The paragraphs, hard-wrapped at `width` Chinese characters, with `gap` at every line end."""
    lines = render_plain("\n".join(PARAGRAPHS), width).split("\n")
    return gap.join(lines) + "\n"


def test_columns_and_first_unit():
    assert columns("GB/T 1，好") == 10  # six ASCII characters, and two columns for each of the others
    assert first_unit("“好，的") == "“好，"
    assert first_unit("2G/3G网络") == "2G/3G"


@given(st.text(st.sampled_from("。.！…a1%)”」\n 好")))
def test_the_end_of_a_sentence_is_told_by_its_last_character_first(text):
    assert ends_sentence(text) == bool(SENTENCE_END.search(text[-8:]))


@pytest.mark.parametrize("width", [20, 22, 26, 31, 40])
@pytest.mark.parametrize("gap", ["\n", "\n\n", " \n"])
def test_hard_wraps_are_joined_also_across_blank_lines(width, gap):
    cleaned = clean(wrapped(width, gap))
    assert cleaned.text.split("\n") == PARAGRAPHS
    assert cleaned.width


def test_a_sentence_goes_on_over_page_end_link_number_and_header():
    lines = render_plain("\n".join(PARAGRAPHS * 2), 22).split("\n")
    lines[1] += (
        "\n\nhttps://zlb.example.cn/2025-03/07/c_1.htm\nhttps://zlb.example.cn/2025-03/07/c_1.htm\n\n \n\n2 \n   质量快讯 "
    )
    lines[-3] += "\n\n    质量快讯 "
    cleaned = clean("\n\n".join(lines))
    assert cleaned.text.split("\n") == PARAGRAPHS * 2
    assert [url.text for url in cleaned.urls] == ["https://zlb.example.cn/2025-03/07/c_1.htm"]
    assert cleaned.text[cleaned.urls[0].offset - 4 : cleaned.urls[0].offset] == lines[1].split("\n")[0][-4:]
    hygiene = cleaned.hygiene
    assert (hygiene.urls_dropped, hygiene.page_numbers_dropped, hygiene.headers_dropped) == (2, 1, 2)


@pytest.mark.parametrize("number", ["- 3 -", "— 3 —", "第 3 页", "第3页 共9页", "Page 3 of 9", "·3·"])
def test_page_numbers_of_every_kind_are_dropped(number):
    lines = wrapped().split("\n\n")
    lines.insert(2, number)
    cleaned = clean("\n\n".join(lines))
    assert cleaned.text.split("\n") == PARAGRAPHS
    assert cleaned.hygiene.page_numbers_dropped == 1


def test_a_number_in_a_table_is_no_page_number():
    text = "类别\n男\n2\n女\n7\n合计\n9"
    assert clean(text).text == text


def test_form_feeds_give_the_pages():
    cleaned = clean("第一页的话。\f第二页的话。\n还在第二页。\n\f\n第三页的话。")
    assert [cleaned.text[start:][:3] for start in cleaned.pages] == ["第一页", "第二页", "第三页"]


ENGLISH = (
    "The calibration laboratory measures the gauge blocks twice and reports the mean value together with "
    "its uncertainty, because a result without its uncertainty cannot be compared with any tolerance."
)


def test_latin_words_get_one_space_at_a_joint():
    assert clean("\n".join(textwrap.wrap(ENGLISH, 44))).text == ENGLISH


def test_a_latin_word_broken_at_the_line_end_is_mended():
    lines = textwrap.wrap(ENGLISH.replace("laboratory", "labora- tory"), 36)
    assert lines[0] == "The calibration labora- tory"[: len(lines[0])]
    lines[0:2] = ["The calibration labora-", "tory measures the gauge blocks twice"]
    assert clean("\n".join(lines)).text.startswith("The calibration laboratory measures the gauge")


def test_spaces_that_the_layout_put_between_chinese_and_latin_go_and_others_stay():
    text = (
        "从 6 月起每炉留样 3 件，由 QC 小组保管，依据 GB/T 19001 执行，直到复检结束为\n"
        "止。到 2024 年底一共留样 1260 件，合格率为 99.4%，投诉由 17 起降到 2 起，全\n"
        "部在 48 小时内答复，其中“稳中求进 以质取胜”一条由车间 A 提出，后来写进了作\n"
        "业指导书。"
    )
    cleaned = clean(text).text
    assert "从6月起每炉留样3件，由QC小组保管，依据GB/T 19001执行" in cleaned
    assert "稳中求进 以质取胜" in cleaned


def test_notes_keep_their_lines():
    text = "# 实验记录\n\n- 样品 A：合格\n- 样品 B：不合格\n\n```\nx = 1\n```\n\n| 项目 | 结果 |\n|---|---|\n| 圆度 | 0.5 |\n"
    assert clean(text).text.split("\n") == [line for line in text.split("\n") if line]


@pytest.mark.parametrize(
    "text",
    [
        "白日依山尽，\n黄河入海流。\n欲穷千里目，\n更上一层楼。",
        "一、报名时间\n3月1日至3月10日。\n二、报名条件\n（一）年满18周岁；\n（二）身体健康。",
        "联系电话：010-62510000\n通讯地址：海岳省青澜市长江路59号\n邮政编码：100872\n电子邮箱：zs@example.cn",
        "\n".join(PARAGRAPHS),
        "\n\n".join(PARAGRAPHS),
        "官网：\nhttps://www.example.cn/a\n欢迎访问。",
        "",
        "甲",
    ],
)
def test_text_that_is_not_wrapped_stays_as_it_is(text):
    cleaned = clean(text)
    assert cleaned.text == "\n".join(line for line in text.split("\n") if line.strip())
    assert cleaned.hygiene.wraps_joined == 0


def assert_exact(original):
    """The result is made of the original's characters, in order; apart from white space nothing is added."""
    cleaned = clean(original)
    places = [cleaned.origin.original(i) for i in range(len(cleaned.text))]
    assert all(
        char.isspace() or original[place] == char for char, place in zip(cleaned.text, places, strict=True)
    )
    assert all(
        original[place].isspace() for char, place in zip(cleaned.text, places, strict=True) if char.isspace()
    )
    kept = [place for char, place in zip(cleaned.text, places, strict=True) if not char.isspace()]
    assert all(a < b for a, b in zip(kept, kept[1:], strict=False))
    for paragraph in cleaned.paragraphs:
        assert (
            cleaned.text[paragraph.start : paragraph.end]
            == cleaned.text[paragraph.start : paragraph.end].strip()
        )
    return cleaned


ALPHABET = st.sampled_from([*"质量标准。，（）“”aB7 \n\f-　", "\n\n", "https://a.cn/1", "第 2 页"])


@given(st.lists(ALPHABET, max_size=120).map("".join))
@settings(max_examples=150, deadline=None)
def test_the_map_is_exact_on_any_text(text):
    cleaned = assert_exact(text)
    if not cleaned.width and not cleaned.hygiene.page_numbers_dropped and not cleaned.hygiene.headers_dropped:
        assert squeeze(cleaned.text) == squeeze(text)


@pytest.mark.parametrize("seed", range(8))
def test_the_map_is_exact_on_wrapped_pages(seed):
    draw = random.Random(seed)
    lines = wrapped(draw.randint(16, 40)).split("\n\n")
    for furniture in ("https://zlb.example.cn/1.htm", "    质量快讯 ", "3 ", " "):
        lines.insert(draw.randint(1, len(lines)), furniture)
    assert_exact("\n\n".join(lines))


SAMPLE = Path(__file__).parents[2] / "eval" / "sets" / "sample"


def test_titles_of_the_sample_are_the_truth_to_the_letter():
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    file = SAMPLE / "documents" / truth["newsletter"]["file"]
    found = [article.title for article in read(file.read_bytes(), file.name).articles]
    assert found == [article["title"] for article in truth["newsletter"]["articles"]]


def test_pages_are_right_or_there_are_none(monkeypatch):
    placed = []
    put = layout._Press.put

    def noting(press, line, gap="\n\n"):
        put(press, line, gap)
        placed.append((squeeze(line), press.number))

    monkeypatch.setattr(layout._Press, "put", noting)
    checked = 0
    for seed in range(24):
        placed.clear()
        text = layout.render_newsletter(layout.random_truth(seed), width=30, seed=seed)
        cleaned = clean(text)
        places = [place for place, char in enumerate(cleaned.text) if not char.isspace()]
        running = squeeze(cleaned.text)
        for line, page in placed if cleaned.pages else []:
            if len(line) > 12 and running.count(line) == 1:
                assert bisect_right(cleaned.pages, places[running.index(line)]) == page
                checked += 1
    assert checked > 1000


def test_form_feeds_that_miss_a_header_give_no_pages():
    page = "    质量快讯 \n\n" + "\n\n".join(render_plain("\n".join(PARAGRAPHS), 22).split("\n")[:-3]) + "\n"
    assert len(clean("\f".join([page] * 3)).pages) == 3
    assert clean(page + page + "\f" + page).pages == ()


def test_an_empty_page_is_counted():
    assert clean("第一页的话。\f\f第三页的话。").pages == (0, 7, 7)


WIDTH, PER_PAGE = 34, 20


def pages_of(paragraphs, header="", foot=""):
    """The paragraphs on pages as a PDF gives them: header, full lines, foot, number in the middle; and how many."""
    lines = [p[at : at + WIDTH] for p in paragraphs for at in range(0, len(p), WIDTH)]
    pages = [lines[at : at + PER_PAGE] for at in range(0, len(lines), PER_PAGE)]
    drawn = [
        "\n".join([*([header] if header else []), *page, *(["", foot] if foot else []), "", f"{n:>30}", ""])
        for n, page in enumerate(pages, 1)
    ]
    return "\n".join(drawn), len(pages)


def clauses(count):
    chance = random.Random(count)
    parts = [
        "阀门在出厂以前应当逐台做密封试验",
        "试验压力取公称压力的一点一倍",
        "保压时间不少于六十秒",
        "期间读数不得下降",
    ]
    parts += ["密封面不得有可见的渗漏", "试验用水的温度应当在五度到四十度之间", "记录由检验员签字以后归档"]
    return [f"{n}.1 " + "，".join(chance.sample(parts, 5)) + "。" for n in range(1, count + 1)]


@pytest.mark.parametrize("count", [10, 20, 33, 40])
def test_the_number_of_a_standard_above_every_page_is_in_no_sentence(count):
    number, body = "Q/BF 12—2024", ["工业阀门密封试验方法", "1 范围", *clauses(count)]
    text, pages = pages_of([number, *body], number)
    cleaned = clean(text)
    assert pages > 1 and cleaned.text.count(number) == 1 and cleaned.text.startswith(number)
    assert (cleaned.hygiene.headers_dropped, cleaned.hygiene.page_numbers_dropped) == (pages, pages)
    assert squeeze(cleaned.text) == squeeze(number + "".join(body))


@pytest.mark.parametrize("count", [9, 10, 11, 12])
def test_the_number_of_the_last_page_goes_after_a_whole_sentence(count):
    text, pages = pages_of(clauses(count))
    cleaned = clean(text)
    assert cleaned.hygiene.page_numbers_dropped == pages and cleaned.text.endswith("。")


def test_a_number_that_does_not_go_on_is_no_page_number():
    text, pages = pages_of(clauses(10))
    assert clean(text.rstrip().rstrip("0123456789") + "97").text.endswith("\n97") and pages < 90


@pytest.mark.parametrize("count", [20, 33])
def test_a_running_footer_is_in_no_sentence(count):
    foot = "泊江阀门有限公司 内部资料"
    text, pages = pages_of(clauses(count), foot=foot)
    cleaned = clean(text)
    assert pages > 2 and foot not in cleaned.text
    assert squeeze(cleaned.text) == squeeze("".join(clauses(count)))
