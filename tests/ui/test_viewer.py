"""The source viewer: every part of a document is shown, the right sentence is marked, and nothing of it does anything."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from index.library import Library
from index.passage import Article, Document, Speaker
from tests.conftest import HashingEmbedder
from tests.index.readers.press import Press
from tests.ui.doubles import HOSTILE, ScriptedChatbot
from ui.access import Subject, private_collection
from ui.access.guard import action_of
from ui.admission import Overloaded
from ui.server import create_app
from ui.viewer import pictures, routes
from ui.viewer.layout import LONGEST_BLOCK, PART, WHOLE, clause_key, lay_out
from ui.viewer.links import source_link, stamp_of
from ui.viewer.page import text_page
from ui.viewer.place import find_place
from ui.viewer.routes import disposition
from ui.viewer.shown import Shown
from ui.viewer.texts import EN, ZH

RULES = """不合格品管理规定
远岭重工 2024年9月12日
第一章 总则
第一条 为防止不合格品非预期使用，制定本规定。
第十二条 隔离应当在二十四小时内完成。逾期的，由质量部通报。
第十二条之一 返修品按本规定执行。
8.5.1 生产和服务提供的控制
版权所有
"""


def rules(**changes: object) -> Document:
    at = {line: RULES.index(line) for line in RULES.split("\n") if line}
    chapter, end = at["第一章 总则"], at["版权所有"]
    speaker = Speaker("何敏", "质量部", "部长")
    article = Article(
        "不合格品管理规定",
        chapter,
        end,
        0,
        chapter - 1,
        section="制度",
        speaker=speaker,
        url="https://example.org/a?b=1&c=2",
        headings=((chapter, "第一章 总则"),),
    )
    given = Document(
        "制度/不合格品.txt",
        RULES,
        "不合格品管理规定",
        (article,),
        published="2024-09-12",
        effective="2024-10-01",
        status="现行",
        publisher="远岭重工",
    )
    return replace(given, **changes)


def long_document(articles: int = 40, size: int = 20_000) -> Document:
    text, found = "", []
    for i in range(articles):
        head = f"第{i}篇文章的标题"
        body = f"第{i}篇的第一句。" + "质量是企业的生命。" * (size // 9)
        start = len(text)
        found.append(
            Article(head, start + len(head) + 1, start + len(head) + 1 + len(body), start, start + len(head))
        )
        text += f"{head}\n{body}\n"
    return Document("长.txt", text, "长", tuple(found))


def shown(document: Document, **asked: str) -> str:
    layout = lay_out(document)
    return text_page(Shown(document, layout, find_place(document, layout, asked, None), ZH))


def text_of(html: str) -> str:
    """What a reader sees of the text, without the links at headings."""
    inside = html.partition('<div class="text"')[2].partition(">")[2].partition("</div>")[0]
    inside = re.sub(r'<p class="about">.*?</p>|<a class="link".*?</a>', "", inside)
    return unescape(re.sub("<[^>]*>", "", re.sub("</(?:p|h2|h3)>", "\n", inside)))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def marked(html: str) -> str:
    return "".join(unescape(re.sub("<[^>]*>", "", m)) for m in re.findall("<mark.*?</mark>", html))


# The layout


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("第十二条", "12"),
        ("第 12 条", "12"),
        ("12", "12"),
        ("第十二条之一", "12-1"),
        ("第十二条之十三", "12-13"),
        ("第二十条之二十一", "20-21"),
        ("8.5.1", "8.5.1"),
        ("第8.5.1条", "8.5.1"),
        ("A.1.2", "a.1.2"),
        ("<b>", ""),
        ("", ""),
        ("之一", ""),
    ],
)
def test_a_clause_has_one_key_however_it_is_written(asked, key):
    assert clause_key(asked) == key


def test_every_line_is_a_block_and_headings_and_clauses_have_anchors():
    document = rules()
    layout = lay_out(document)
    lines = [
        (block.kind, document.text[block.start : block.end][:6], block.anchor) for block in layout.blocks
    ]
    assert lines == [
        ("title", "不合格品管理", "a-1"),
        ("byline", "远岭重工 2", ""),
        ("heading", "第一章 总则", "h-1"),
        ("text", "第一条 为防", "c-1"),
        ("text", "第十二条 隔", "c-12"),
        ("text", "第十二条之一", "c-12-1"),
        ("text", "8.5.1 ", "c-8.5.1"),
        ("outside", "版权所有", ""),
    ]
    assert [(entry.depth, entry.anchor) for entry in layout.outline][:3] == [(0, ""), (0, "a-1"), (1, "h-1")]
    assert layout.outline[1].note == "质量部部长何敏"


def test_a_headline_of_several_lines_is_one_and_what_follows_it_is_not():
    text = "Q/YL 0315—2024\n供应商要求\n2024年发布\n1 范围\n正文。\n"
    article = Article("Q/YL 0315—2024 供应商要求", 31, len(text), 0, 30)
    first, second = lay_out(Document("a.txt", text, articles=(article,))).blocks[:2]
    assert text[first.start : first.end] == "Q/YL 0315—2024\n供应商要求"
    assert (second.kind, text[second.start : second.end]) == ("byline", "2024年发布")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("第一二条章\n #1.8。<&\u202e\t", max_size=30), min_size=1, max_size=6),
    st.lists(st.integers(0, 60), min_size=4, max_size=4),
)
def test_all_of_the_text_is_shown_wherever_articles_begin_and_end(pieces, numbers):
    text = "\n".join(pieces)
    a, b, c, d = sorted(min(number, len(text)) for number in numbers)
    articles = (Article("甲", b, c, a, b, headings=((c, "乙"),)), Article("丙", d, len(text), d, d))
    document = Document("a.txt", text, articles=articles)
    layout = lay_out(document)
    covered = "".join(text[block.start : block.end] for block in layout.blocks)
    # Only the signs of Markdown before a heading are left out.
    assert squeezed(covered).replace("#", "") == squeezed(text).replace("#", "")
    assert [block.anchor for block in layout.blocks if block.anchor] == list(layout.anchors)
    assert all(entry.anchor in layout.anchors for entry in layout.outline if entry.anchor)
    assert "\u202e" not in shown(document)


def test_a_long_document_is_shown_in_parts_that_end_with_articles():
    document = long_document()
    layout = lay_out(document)
    assert len(document.text) > WHOLE
    sizes = [sum(layout.blocks[i].end - layout.blocks[i].start for i in part) for part in layout.parts]
    assert max(sizes) <= PART and min(sizes[:-1]) >= PART / 2
    assert all(layout.blocks[part.start].kind == "title" for part in layout.parts)
    assert [i for part in layout.parts for i in part] == list(range(len(layout.blocks)))
    start = document.text.index("第33篇的第一句")
    html = shown(document, start=str(start), end=str(start + 8))
    assert marked(html) == "第33篇的第一句"[:8] and 'id="a-34"' in html and 'id="a-1"' not in html
    assert f"{document.id}?part=1#a-1" in unescape(html)
    assert 'id="a-20"' in shown(document, article="20")
    assert 'id="a-40"' in shown(document, part=str(len(layout.parts)))


def test_a_line_without_end_is_broken_at_sentences():
    blocks = lay_out(Document("a.txt", "质量第一。" * 3000)).blocks
    assert len(blocks) > 3 and all(block.end - block.start <= LONGEST_BLOCK for block in blocks)
    assert all((block.end - block.start) % 5 == 0 for block in blocks)


# The place


def test_the_sentence_is_marked_exactly_and_across_lines():
    document = rules()
    start = RULES.index("隔离")
    end = RULES.index("8.5.1")
    html = shown(document, start=str(start), end=str(end))
    assert squeezed(marked(html)) == squeezed(RULES[start:end])
    assert html.count('id="mark"') == 1
    assert squeezed(text_of(html)) == squeezed(RULES)


@pytest.mark.parametrize(
    ("before", "state"),
    [("", "found"), ("新增的一段。\n", "moved"), ("\n\n", "moved")],
)
def test_a_sentence_is_found_again_when_the_text_before_it_has_grown(before, state):
    start = RULES.index("逾期的")
    link = source_link(7, start, start + 11, RULES[start : start + 11])
    asked = dict(pair.split("=") for pair in link.partition("?")[2].partition("#")[0].split("&"))
    document = replace(rules(), text=before + RULES, articles=())
    layout = lay_out(document)
    place = find_place(document, layout, asked, None)
    assert place.state == state
    assert document.text[place.start : place.end] == RULES[start : start + 11]


@pytest.mark.parametrize(
    "asked",
    [
        {"start": "5", "end": "9", "h": stamp_of("不在这里")},
        {"start": "5", "end": "99999"},
        {"start": "9", "end": "5"},
        {"start": "x", "end": "5"},
        {"start": "9" * 400, "end": "9" * 400},
        {"passage": "77"},
        {"passage": "77", "start": "1", "end": "5"},
    ],
)
def test_what_is_no_longer_there_is_told_and_the_text_is_shown(asked):
    html = shown(rules(), **asked)
    assert ZH.lost in html and "<mark" not in html
    assert squeezed(text_of(html)) == squeezed(RULES)


def test_a_clause_is_found_by_its_number_or_said_to_be_missing():
    document = rules()
    layout = lay_out(document)
    for asked, anchor in [("第十二条", "c-12"), ("8.5.1", "c-8.5.1"), ("十二", "")]:
        assert find_place(document, layout, {"clause": asked}, None).anchor == anchor
    assert ZH.no_clause in shown(document, clause="第九十九条")


# The page


def test_what_a_reader_has_to_know_stands_in_the_head():
    document = rules(status="废止", notices=("第 3 页未识别",), unsure=((20, 24),))
    html = unescape(shown(document))
    for words in (
        "废止",
        ZH.out_of_force,
        "2024-10-01 起施行",
        "远岭重工",
        "第 3 页未识别",
        ZH.unsure,
        "制度/不合格品.txt",
    ):
        assert words in html
    assert f'title="{ZH.unsure_here}">{RULES[20:24]}' in html
    assert 'href="https://example.org/a?b=1&c=2" rel="noopener noreferrer"' in html


def test_nothing_of_a_document_becomes_markup():
    bad = HOSTILE + "\u202e\x00\u200b]]>--><!--\n第一条 " + HOSTILE
    speaker = Speaker(HOSTILE, HOSTILE, HOSTILE)
    article = Article(
        bad, 0, len(bad), 0, 0, HOSTILE, HOSTILE, "javascript:alert(1)", "", speaker, ((0, HOSTILE),)
    )
    document = Document(
        f"{HOSTILE}.html",
        bad,
        bad,
        (article,),
        publisher=HOSTILE,
        status=HOSTILE,
        notices=(HOSTILE,),
        published=HOSTILE,
    )
    html = shown(document, start="3", end="60", lang=HOSTILE, clause=HOSTILE)
    tags = set(re.findall(r"<(/?[a-z0-9!]+)", html))
    allowed = "html head meta title link script body a header nav h1 h2 h3 div ul li main p bdi span details summary mark small"
    assert {tag.strip("/!") for tag in tags} <= {*allowed.split(), "doctype"}
    assert "javascript:" not in html and "\u202e" not in html and "\x00" not in html
    assert not re.search(r"<[^>]* (?:on\w+|style|src=\"http)", html)
    assert html.count("<script") == 1


# Over HTTP


def pdf() -> bytes:
    press = Press()
    press.line(70, 100, "第一页：仓库温度计的校准周期为九十天。")
    press.turn()
    press.line(70, 100, "第二页：不合格品必须在二十四小时内隔离。")
    return press.data()


PDF_TEXT = "第一页：仓库温度计的校准周期为九十天。\n第二页：不合格品必须在二十四小时内隔离。"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    library = Library.open(tmp_path_factory.mktemp("viewer"), HashingEmbedder(), create=True)
    body = Article("校准", 0, len(PDF_TEXT))
    report = Document(
        "报告.pdf",
        PDF_TEXT,
        "报告",
        (body,),
        media_type="application/pdf",
        pages=(0, PDF_TEXT.index("第二页")),
    )
    page = Document("网页.html", "网页正文在此。", articles=(Article("", 0, 7),), media_type="text/html")
    library.add(rules(), RULES.encode())
    library.add(report, pdf())
    library.add(page, b"<script>alert(1)</script>")
    library.add(replace(page, name="私.txt", collection=private_collection("q" * 22)), b"1")
    return library


@pytest.fixture(scope="module")
def ids(library):
    names = [
        ("制度/不合格品.txt", ""),
        ("报告.pdf", ""),
        ("网页.html", ""),
        ("私.txt", private_collection("q" * 22)),
    ]
    return [library.document(*name).id for name in names]


@pytest.fixture(scope="module")
def client(library):
    app = create_app(ScriptedChatbot(library=library), chat=False)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        yield client


def test_a_document_comes_with_a_strict_policy_in_the_language_asked_for(client, ids):
    response = client.get(f"/sources/{ids[0]}")
    assert response.status_code == 200 and squeezed(text_of(response.text)) == squeezed(RULES)
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert EN.original in client.get(f"/sources/{ids[0]}?lang=en").text
    assert EN.original in client.get(f"/sources/{ids[0]}", headers={"Accept-Language": "en-GB,zh;q=0.5"}).text
    for name, kind in (("viewer.css", "text/css"), ("viewer.js", "text/javascript")):
        assert client.get(f"/sources/{name}").headers["content-type"].startswith(kind)


def test_a_passage_is_marked_and_one_that_is_gone_is_told(client, library, ids):
    passage = next(
        found for found in library.all_passages() if found.document_id == ids[0] and "逾期" in found.text
    )
    html = client.get(f"/sources/{ids[0]}?passage={passage.id}").text
    assert marked(html) == squeezed(passage.text) or squeezed(marked(html)) == squeezed(passage.text)
    start = passage.start + passage.text.index("逾期")
    html = client.get(f"/sources/{ids[0]}?passage={passage.id}&start={start}&end={start + 4}").text
    assert marked(html) == RULES[start : start + 4] and 'class="around"' in html
    other = next(found.id for found in library.all_passages() if found.document_id == ids[1])
    for gone in (other, 10**9):
        response = client.get(f"/sources/{ids[0]}?passage={gone}")
        assert response.status_code == 200 and ZH.lost in response.text


@pytest.mark.parametrize(
    "id", ["0", "99999", "9" * 50, "-1", "x", "%00", "..%2f..%2fetc", "1%0d%0aX: y", "１"]
)
def test_what_is_not_there_is_a_page_that_says_so(client, id):
    response = client.get(f"/sources/{id}")
    assert response.status_code == 404 and "x" not in response.headers
    if "%2f" not in id:
        assert ZH.gone_title in response.text
    assert client.get(f"/sources/{id}/original").status_code == 404
    assert client.get(f"/sources/{id}/pages/1.png").status_code == 404


def test_what_may_not_be_read_looks_like_what_is_not_there(client, ids):
    there, nowhere = (client.get(f"/sources/{id}") for id in (ids[3], 99999))
    assert (there.status_code, there.text) == (404, nowhere.text)
    for way in ("original", "pages/1.png", "pages/1.svg?start=0&end=4"):
        there, nowhere = (client.get(f"/sources/{id}/{way}") for id in (ids[3], 99999))
        assert (there.status_code, there.text) == (404, nowhere.text)
    private = {"name": "私.txt", "collection": private_collection("q" * 22)}
    assert client.get("/sources", params=private).status_code == 404


@pytest.mark.parametrize(
    ("reads", "status"), [(frozenset({""}), 404), (frozenset({"", "人事"}), 200), (None, 200)]
)
def test_a_collection_is_open_to_those_only_who_may_read_it(client, library, monkeypatch, reads, status):
    text = "薪酬等级。"
    id = library.add(
        Document("薪酬.txt", text, articles=(Article("", 0, 5),), collection="人事"), text.encode()
    ).id
    monkeypatch.setattr(
        routes, "subject_of", lambda request: Subject("陈", role="reader", via="password", reads=reads)
    )
    assert client.get(f"/sources/{id}").status_code == status
    assert client.get(f"/sources/{id}/original").status_code == status
    by_name = client.get("/sources", params={"name": "薪酬.txt", "collection": "人事"})
    assert (by_name.status_code == 303) == (status == 200)


def test_every_address_says_what_it_needs(client):
    ours = routes.viewer_routes(client.app.state.service).routes
    assert len(ours) == 8 and all(action_of(route) for route in ours)


async def test_pictures_are_kept_and_too_many_are_refused(monkeypatch):
    drawn = []

    def draw(data, number, name):
        drawn.append(number)
        return b"x" * 10

    monkeypatch.setattr(pictures, "picture_of_page", draw)
    monkeypatch.setattr(pictures, "KEPT", 25)
    ours = pictures.Pictures()
    for number in (1, 2, 1, 3, 1, 2):
        assert await ours.picture(lambda: b"", "a", number) == b"x" * 10
    assert drawn == [1, 2, 3, 2]  # the third pushed out the second, which had not been used for longest
    ours._waiting = pictures.WAITING
    with pytest.raises(Overloaded):
        await ours.picture(lambda: b"", "b", 1)


def test_what_was_uploaded_into_a_conversation_is_shown_to_its_owner(client, library, ids):
    history = client.app.state.service.dialogue.history
    conversation = history.start("").id
    document = Document("我的.txt", "我的正文。", collection=private_collection(conversation))
    id = library.add(document, "我的正文。".encode()).id
    assert "我的正文。" in client.get(f"/sources/{id}").text


def test_a_document_is_found_by_its_name(client, ids):
    response = client.get("/sources", params={"name": "制度/不合格品.txt", "clause": "8.5.1"})
    assert response.status_code == 303 and response.headers["location"] == f"sources/{ids[0]}?clause=8.5.1"
    assert client.get("/sources", params={"name": "没有.txt"}).status_code == 404
    nothing = client.get("/sources")
    assert nothing.status_code == 404 and 'href="sources/viewer.css?' in nothing.text


def test_the_original_is_saved_and_never_shown(client, ids):
    response = client.get(f"/sources/{ids[2]}/original")
    assert response.content == b"<script>alert(1)</script>"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in response.headers["content-security-policy"]
    assert client.get(f"/sources/{ids[1]}/original").headers["content-type"] == "application/pdf"


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("制度/不合格品.txt", "不合格品.txt"),
        ("..\\..\\a.html", "a.html"),
        ('a"; filename=b.exe\r\nSet-Cookie: x.txt', "a; filename=b.exe Set-Cookie x.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("", "document"),
        ("../..", "document"),
        ("名" * 500 + ".pdf", "名" * 120 + ".pdf"),
    ],
)
def test_a_saved_file_has_a_harmless_name(name, saved):
    header = disposition(name)
    assert header.isascii() and "\n" not in header and "\r" not in header
    assert unquote(header.partition("UTF-8''")[2]) == saved
    assert quote(saved, safe="") in header


def test_pages_of_a_pdf_are_pictures_and_the_sentence_is_boxed(client, ids):
    start = PDF_TEXT.index("不合格品")
    query = f"start={start}&end={start + 12}"
    html = client.get(f"/sources/{ids[1]}?view=pages&{query}").text
    assert html.count("<figure") == 2 and html.count('class="box"') == 1
    assert f'src="{ids[1]}/pages/2.svg?' in html
    picture = client.get(f"/sources/{ids[1]}/pages/2.png")
    assert picture.content.startswith(b"\x89PNG") and picture.headers["content-type"] == "image/png"
    again = {"If-None-Match": picture.headers["etag"]}
    assert client.get(f"/sources/{ids[1]}/pages/2.png", headers=again).status_code == 304
    boxes = client.get(f"/sources/{ids[1]}/pages/2.svg?{query}").text
    x, y = map(float, re.findall(r'<rect x="([\d.]+)" y="([\d.]+)"', boxes)[0])
    assert 100 < x < 120 and 80 < y < 100  # the line begins at 70 and has four characters of 10.5 before
    assert "<rect" not in client.get(f"/sources/{ids[1]}/pages/1.svg?{query}").text
    for gone in ("pages/3.png", "pages/0.png", "pages/x.png", "pages/2.svg", "pages/99999999999.png"):
        assert client.get(f"/sources/{ids[1]}/{gone}").status_code == 404
    assert client.get(f"/sources/{ids[0]}/pages/1.png").status_code == 404
