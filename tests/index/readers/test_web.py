"""Web pages: the main content and nothing else, whatever the page says of its encoding; feeds as articles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import ReadError
from index.passage import Speaker
from index.readers import read
from index.readers.encoding import decode, known_codec
from index.readers.web.reader import parse_html
from index.split import split
from tests.index.readers.samples import OTHER, SENTENCE, atom, feed, mhtml, page

LINES = [
    "关于开展质量月活动的通知",
    "来源：质量处 作者：李明",
    SENTENCE,
    "一、检定周期",
    OTHER,
    "3. 填写登记表后交质量处。",
    "4. 逾期不报的，视为放弃。",
    "产品：儿童鞋；批次：48；不合格：2",
    "产品：儿童鞋；批次：36；不合格：1",
    "質量第一…。",
    "附件：登记表.docx",
]


@pytest.mark.parametrize(
    ("charset", "declared"),
    [
        ("utf-8", ""),
        ("gb18030", "gb2312"),
        ("gb18030", "utf-8"),
        ("utf-8", "gb2312"),
        ("utf-8", "iso-8859-1"),
        ("gb18030", "iso-8859-1"),
        ("gb18030", "big5"),
        ("gb18030", "no-such-encoding"),
        ("utf-8-sig", "gbk"),
        ("utf-16", "utf-8"),
    ],
)
def test_the_main_content_comes_out_whatever_is_declared(charset, declared):
    document = read(page(charset, declared), "通知.html")
    assert document.text.split("\n") == LINES


def test_what_the_head_says_is_kept_and_hidden_text_is_noticed():
    document = read(page(), "通知.html")
    assert (document.title, document.published) == ("关于开展质量月活动的通知", "2024-09-01")
    assert document.publisher == "青澜市市场监督管理局"
    (article,) = document.articles
    assert [text for _, text in article.headings] == ["一、检定周期"]
    assert any("hidden text" in notice for notice in document.notices)
    for passage in split(document):
        assert passage.text == document.text[passage.start : passage.end]


def body(inner: str) -> list[str]:
    return read(f"<html><body>{inner}</body></html>".encode(), "a.html").text.split("\n")


def test_a_page_without_prose_keeps_its_rows():
    rows = "<table><tr><th>职务</th><th>住宿费</th></tr><tr><td>部门主管</td><td>500</td></tr><tr><td>总经理</td><td>800</td></tr></table>"
    assert body(rows) == ["职务：部门主管；住宿费：500", "职务：总经理；住宿费：800"]


def test_a_table_that_is_layout_is_read_cell_by_cell():
    menu = "".join(f"<a href=/{i}>栏目{i}</a><br>" for i in range(9))
    assert body(f"<table><tr><td>{menu}</td><td>{SENTENCE}<br>{OTHER}</td></tr></table>") == [SENTENCE, OTHER]


def test_short_paragraphs_beside_long_ones_stay():
    assert body(f"<div><p>各单位：</p><p>{SENTENCE}</p><p>特此通知。</p><p>{OTHER}</p></div>") == [
        "各单位：",
        SENTENCE,
        "特此通知。",
        OTHER,
    ]


def test_content_in_two_places_is_all_kept():
    assert body(f"<div><p>{SENTENCE * 3}</p></div><div><p>{OTHER * 3}</p></div>") == [SENTENCE * 3, OTHER * 3]


def test_terms_lead_their_definitions_and_lines_of_code_stay_lines():
    assert body(
        f"<p>{SENTENCE}</p><dl><dt>不合格品</dt><dd>未满足要求的产品。</dd></dl><pre>a = 1\nb = 2</pre>"
    ) == [
        SENTENCE,
        "不合格品：未满足要求的产品。",
        "a = 1",
        "b = 2",
    ]


def test_characters_that_cannot_be_seen_are_left_out():
    assert body(f"<p>{SENTENCE[:5]}\u200b\u202e{SENTENCE[5:]}</p>") == [SENTENCE]


def test_a_page_that_wraps_everything_in_something_called_login_is_still_read():
    assert body(f"<div id=login><p>{SENTENCE}</p></div>") == [SENTENCE]


@pytest.mark.parametrize("data", [b"<html><body></body></html>", b"<!-- nothing -->", b"<script>1</script>"])
def test_a_page_without_text_is_refused(data):
    with pytest.raises(ReadError, match="no text|no web page"):
        read(data, "a.html")


def test_a_saved_page_is_its_page():
    document = read(mhtml(), "网页.mht")
    assert document.text.split("\n") == LINES
    assert document.articles[0].url == "http://a.cn/tz.html"
    assert document.encoding == "gb18030"


def test_a_feed_is_a_collection_of_articles():
    document = read(feed(), "快报.xml")
    first, second = document.articles
    assert document.title == "质量快报"
    assert (first.title, first.published, first.url) == ("抽查结果公布", "2024-09-06", "http://a.cn/1.html")
    assert first.speaker == Speaker("王芳")
    assert document.text[first.start : first.end] == f"{SENTENCE}\n{OTHER}"
    assert document.text[second.start : second.end] == "只有标题的一条"


def test_an_atom_feed_too():
    (article,) = read(atom(), "动态.xml").articles
    assert (article.title, article.published, article.url) == ("新标准发布", "2024-05-01", "http://a.cn/3")
    assert article.speaker == Speaker("张三")


def test_other_xml_is_read_as_paragraphs():
    assert read(f"<a><b>{SENTENCE}</b>尾<c/></a>".encode(), "a.xml").text == f"{SENTENCE}\n尾"


def test_named_entities_of_html_in_a_feed_are_no_reason_to_stop():
    text = f"<rss><channel><item><title>一&nbsp;二</title><description>{SENTENCE}&mdash;</description></item></channel></rss>"
    document = read(text.encode(), "a.xml")
    assert SENTENCE in document.text


@given(
    st.lists(st.text("a。<>&;/\"'= \n标准pdivtable", max_size=30), max_size=8),
    st.sampled_from(["html", "xml"]),
)
def test_any_text_is_read_or_refused_and_offsets_hold(pieces, suffix):
    data = ("<p>" + "<td>".join(pieces)).encode()
    try:
        document = read(data, f"a.{suffix}")
    except ReadError:
        return
    for passage in split(document):
        assert passage.text == document.text[passage.start : passage.end]


@given(st.binary(max_size=200))
def test_any_bytes_make_a_tree_or_none(data):
    text = data.decode("latin-1")
    root = parse_html(text)
    assert root is None or root.tag is not None


@pytest.mark.parametrize(
    ("text", "charset", "declared"),
    [
        ("目录", "gb18030", ""),  # valid UTF-8 by chance
        ("目录", "gb18030", "gb2312"),
        ("日本語の文章です。", "shift_jis", "Shift_JIS"),
        ("한국어 문장입니다.", "euc_kr", "euc-kr"),
        ("Привет, мир", "cp1251", "windows-1251"),
        ("Élan à côté", "cp1252", "iso-8859-1"),
        ("Élan à côté", "utf-8", ""),
    ],
)
def test_evidence_first_then_the_declaration(text, charset, declared):
    assert decode(text.encode(charset), "x", declared)[0] == text


def test_declared_names_that_are_no_encodings_of_files_are_no_help():
    assert [known_codec(name) for name in ("hex", "base64", "idna", "utf-7", "", "\x00", "GB_2312-80")] == [
        *[""] * 6,
        "gb18030",
    ]
