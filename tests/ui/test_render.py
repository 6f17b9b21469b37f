"""What the page shows: everything foreign escaped, every citation where it belongs."""

import html
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from index.passage import Hit
from rag.answer import Answer, Citation
from tests.ui.doubles import HOSTILE, answered, passage
from ui import render, render_page, render_panel
from ui.texts import EN, ZH, texts_for

KNOWN_TAGS = set("div span a b i br p h2 h3 mark strong article header section ol li button".split())


class Tags(HTMLParser):
    """Collects tags, attributes and text of a fragment."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.links, self.text = set(), set(), [], ""
        self.feed(fragment)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data):
        self.text += data


def cite(source, number, quote, supported=True):
    start = source.start + source.text.index(quote)
    return Citation(number, source, start, start + len(quote), quote, supported)


@given(st.text())
def test_escape_leaves_no_markup_and_loses_nothing_visible(text):
    escaped = render.escape(text)
    bare = re.sub(r"<br>|&#\d+;", "", escaped)
    assert not re.search(r"[!-/:-@\[-`{-~]", bare)
    shown = html.unescape(escaped.replace("<br>", "\n"))
    assert shown == render._UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def test_escape_removes_what_turns_a_line_around():
    assert render.escape("甲\u202e乙\u200b丙\x00") == "甲乙丙"


def test_a_hostile_answer_and_document_are_text_only():
    source = passage(HOSTILE, article=HOSTILE, document=HOSTILE, publisher=HOSTILE, url="javascript:alert(1)")
    answer = answered(HOSTILE, source, HOSTILE)
    pages = [
        render.answered(answer, "1", ZH),
        render.growing(HOSTILE),
        render.stopped(HOSTILE, ZH),
        render.failed(HOSTILE, ZH),
        render_panel.evidence(answer, [render_panel.Source(answer.citations[0], HOSTILE, HOSTILE)], "1", ZH),
        render_page.welcome([HOSTILE], ZH),
        render.answered(Answer(HOSTILE, HOSTILE, "refused", HOSTILE, hits=answer.hits), "1", ZH),
    ]
    for page in pages:
        tags = Tags(page)
        assert tags.tags <= KNOWN_TAGS
        assert not tags.attributes & {"src", "srcset", "action", "style", "onerror"}
        assert all(link.startswith(("sources/", "https://example.org/")) for link in tags.links)
        assert HOSTILE in tags.text or HOSTILE[: render.CARD_LENGTH] in tags.text


def test_marks_become_chips_for_their_citations_only():
    source = passage()
    page = render.answered(answered("问", source, "首句在此。"), "4", ZH)
    assert 'data-do="cite" data-answer="4" data-number="1"' in page
    unknown = Answer("问", "问", "answered", "没有这个编号[9]。")
    assert "[9]" in Tags(render.answered(unknown, "4", ZH)).text
    assert 'class="cite' not in render.answered(unknown, "4", ZH)


def test_the_words_of_an_answer_survive_around_its_chips():
    source = passage("甲句。乙句。")
    answer = Answer(
        "问",
        "问",
        "answered",
        "[1]甲句。[1][2]**乙**句。[2]尾",
        (cite(source, 1, "甲句。"), cite(source, 2, "乙句。")),
    )
    body = render.answered(answer, "1", ZH).split('<div class="zd-cards"')[0]
    assert Tags(body).text == "1甲句。12乙句。2尾"
    assert "<strong>乙</strong>" in body


def test_half_a_mark_is_not_shown_while_streaming():
    assert Tags(render.growing("甲句。[1")).text == "甲句。"


def test_an_unsupported_citation_is_marked_as_such():
    source = passage()
    answer = answered("问", source, "首句在此。", supported=False)
    assert 'class="cite unsupported"' in render.answered(answer, "1", ZH)
    assert ZH.unsupported in render_panel.evidence(
        answer, [render_panel.Source(answer.citations[0])], "1", ZH
    )


def test_the_panel_marks_exactly_the_cited_sentences_of_a_passage():
    source = passage("甲句。乙句。丙句。丁句。")
    citations = (cite(source, 1, "丙句。"), cite(source, 2, "甲句。"))
    answer = Answer("问", "问", "answered", "…[1][2]", citations, (Hit(source, 1.0),))
    panel = render_panel.evidence(answer, [render_panel.Source(citation) for citation in citations], "1", ZH)
    assert panel.count("<article") == 1
    assert '<mark id="cite-1-1">丙句。</mark>' in panel
    assert '<mark id="cite-1-2">甲句。</mark>' in panel
    assert "甲句。</mark>乙句。<mark" in panel


def test_overlapping_citations_stand_in_cards_of_their_own():
    source = passage("甲句。乙句。")
    citations = (cite(source, 1, "甲句。乙句。"), cite(source, 2, "乙句。"))
    answer = Answer("问", "问", "answered", "…[1][2]", citations)
    panel = render_panel.evidence(answer, [render_panel.Source(citation) for citation in citations], "1", ZH)
    assert panel.count("<article") == 2


def test_the_panel_names_speaker_date_publisher_and_a_safe_link():
    answer = answered("问", passage(), "首句在此。")
    text = Tags(
        render_panel.evidence(answer, [render_panel.Source(answer.citations[0], "前文。", "后文。")], "1", ZH)
    )
    for fact in (
        "某市市场监管局局长林晓",
        "2023-09-26",
        "质量周刊",
        "简报.txt",
        "前文。",
        "后文。",
        "example.org",
    ):
        assert fact in text.text
    assert "https://example.org/a?b=1&c=2" in text.links


def test_a_date_that_leans_on_the_day_of_publication_is_told():
    source = passage("今年11月16日，<b>标准</b>发布。去年立项。", published="2023-12-27")
    answer = answered("问", source, source.text)
    for texts, told in (
        (ZH, "文中“今年11月16日”即 2023-11-16"),
        (EN, "“今年11月16日” in the text is 2023-11-16"),
    ):
        panel = render_panel.evidence(answer, [render_panel.Source(answer.citations[0])], "1", texts)
        assert told in Tags(panel).text
        assert panel.count('class="zd-meaning"') == 2
    undated = answered("问", passage("今年11月16日发布。", published=""), "今年11月16日发布。")
    assert "zd-meaning" not in render_panel.evidence(
        undated, [render_panel.Source(undated.citations[0])], "1", ZH
    )


def test_an_empty_library_says_how_documents_get_in():
    for texts in (ZH, EN):
        text = Tags(render_page.no_documents(texts)).text
        assert "make chat DOCS=" in text
        assert "zhida sync" in text
        assert texts.library_empty in text


def test_only_web_addresses_become_links():
    assert render.web_link("https://a.example/b") == ("https://a.example/b", "a.example")
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//a.example",
        "http://",
        "http://a b",
        "ftp://a.example",
        "http://[::1",
    ):
        assert render.web_link(url) is None


def test_a_refusal_offers_the_nearest_passages_and_no_citation():
    hits = tuple(Hit(passage(id=i, article=f"题{i}"), 1.0) for i in range(5))
    page = render.answered(Answer("问", "问", "refused", "资料中没有找到。", hits=hits), "2", ZH)
    assert page.count('class="zd-near"') == render.NEAREST_SHOWN
    assert 'data-do="hit" data-answer="2" data-number="1"' in page
    assert 'class="cite"' not in page


def test_copied_text_lists_the_sources():
    text = render.copy_text(answered("问", passage(), "首句在此。"), ZH)
    assert text.splitlines()[0] == "首句在此。[1]"
    assert text.splitlines()[-1].startswith(
        "[1] 《信用修复见闻》, 某市市场监管局局长林晓, 质量周刊, 2023-09-26, 简报.txt"
    )


def test_titles_inside_a_title_change_their_brackets():
    text = render.copy_text(answered("问", passage(article="解读《行业标准管理办法》"), "首句在此。"), ZH)
    assert "《解读〈行业标准管理办法〉》" in text


def test_chinese_is_the_language_unless_the_browser_wants_another():
    assert texts_for("") is texts_for("zh") is texts_for("zh-CN,zh;q=0.9,en;q=0.8") is ZH
    assert texts_for("en-US,en;q=0.9") is EN


def test_a_reply_to_a_greeting_is_not_headed_as_something_missing():
    assert ZH.refused_title not in render.answered(Answer("你好", "你好", "refused", "您好。"), "3", ZH)
    assert ZH.refused_title in render.answered(Answer("问", "问", "refused", "资料中没有找到。"), "4", ZH)
