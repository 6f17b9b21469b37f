"""The source viewer in a real browser: with and without scripts, light and dark, wide and on a phone."""

import re
from dataclasses import replace

import pytest

from index.library import Library
from index.passage import Article, Document
from tests.browser.test_chat import serious
from tests.conftest import HashingEmbedder
from tests.ui.doubles import HOSTILE, ScriptedChatbot
from tests.ui.serving import serving
from tests.ui.test_viewer import PDF_TEXT, RULES, long_document, pdf, rules
from tests.waiting import MILLISECONDS, until
from ui.server import create_app
from ui.viewer.links import source_link

pytestmark = pytest.mark.browser

SIZES = {"wide": (1280, 800), "phone": (390, 844)}


def handbook() -> Document:
    """A document of several screens, its clauses far apart."""
    clauses = "".join(f"第{n}条 {'检验记录应当保存三年。' * 12}\n" for n in range(20, 80))
    text = RULES.replace("版权所有", clauses + "版权所有")
    given = rules(text=text)
    article = replace(given.articles[0], end=text.index("版权所有"))
    return replace(
        given, name="手册.txt", articles=(article,), notices=("第 3 页未识别 page 3 was not read",)
    )


@pytest.fixture(scope="module")
def documents():
    bad = f"{HOSTILE}\n第一条 {HOSTILE}\n"
    return {
        "handbook": (handbook(), b""),
        "long": (long_document(), b""),
        "hostile": (Document(f"{HOSTILE}.html", bad, HOSTILE, (Article(HOSTILE, 0, len(bad)),)), b""),
        "pdf": (
            Document(
                "报告.pdf",
                PDF_TEXT,
                "报告",
                (Article("校准", 0, len(PDF_TEXT)),),
                media_type="application/pdf",
                pages=(0, PDF_TEXT.index("第二页")),
            ),
            pdf(),
        ),
    }


@pytest.fixture(scope="module")
def sources(documents, tmp_path_factory, chromium):
    """(address, document ids by key) of an application that serves the documents."""
    library = Library.open(tmp_path_factory.mktemp("viewed"), HashingEmbedder(), create=True)
    ids = {
        key: library.add(document, data or document.text.encode()).id
        for key, (document, data) in documents.items()
    }
    with serving(create_app(ScriptedChatbot(library=library), chat=False)) as address:
        yield address, ids


@pytest.fixture
def visit(chromium):
    """Opens an address in a browser of its own; fails when the page complains of anything or asks for something outside."""
    contexts, complaints = [], []

    def open_page(url: str, size: str = "wide", dark: bool = False, scripts: bool = True):
        width, height = SIZES[size]
        context = chromium.new_context(
            locale="zh-CN",
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith("http://127.0.0.1:") else complaints.append(asked.url),
        )
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def link_to(sources, documents, key: str, words: str) -> str:
    address, ids = sources
    start = documents[key][0].text.rindex(words)
    return f"{address}/{source_link(ids[key], start, start + len(words), words)}"


def in_sight(page, selector: str) -> bool:
    """Whether it comes into sight: a browser scrolls to a fragment a moment after the page is there."""
    place = page.locator(selector).first
    until(lambda: 0 <= place.bounding_box()["y"] < page.viewport_size["height"], page=page)
    return True


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_cited_sentence_is_marked_and_in_sight(sources, documents, visit, scripts, size):
    words = "检验记录应当保存三年。"
    page = visit(link_to(sources, documents, "handbook", words), size, scripts=scripts)
    page.wait_for_timeout(100)
    assert page.locator("#mark").inner_text() == words
    assert in_sight(page, "#mark")


def test_the_script_finds_the_sentence_of_an_address_without_a_fragment(sources, documents, visit):
    page = visit(link_to(sources, documents, "handbook", "检验记录应当保存三年。").removesuffix("#mark"))
    page.wait_for_url("**#mark")
    assert in_sight(page, "#mark")
    address, ids = sources
    page.goto(f"{address}/sources/{ids['handbook']}?clause=第六十条")
    page.wait_for_url("**#c-60")
    assert in_sight(page, "#c-60")


@pytest.mark.parametrize("asked", ["#c-55", "?clause=第五十五条#c-55", "?clause=55&lang=en#c-55"])
def test_a_clause_has_an_address(sources, visit, asked):
    address, ids = sources
    page = visit(f"{address}/sources/{ids['handbook']}{asked}", scripts=False)
    assert page.locator("#c-55").text_content().startswith("第55条")
    assert in_sight(page, "#c-55")


@pytest.mark.parametrize(
    ("key", "asked", "size", "dark"),
    [
        ("handbook", "?start=400&end=420#mark", "wide", False),
        ("handbook", "?passage=999999&lang=en", "phone", True),
        ("hostile", "?start=0&end=50#mark", "phone", False),
        ("pdf", "?view=pages&start=3&end=9#page-1", "wide", True),
        ("long", "?article=30#a-30", "phone", True),
    ],
)
def test_nothing_is_wider_than_the_screen_and_axe_finds_nothing(sources, visit, axe, key, asked, size, dark):
    address, ids = sources
    page = visit(f"{address}/sources/{ids[key]}{asked}", size, dark)
    width = page.evaluate_handle("document.documentElement").get_property("scrollWidth").json_value()
    assert width <= SIZES[size][0]
    page.evaluate(axe)
    assert serious(page) == []


def test_the_outline_opens_on_a_phone_without_a_script(sources, visit):
    address, ids = sources
    page = visit(f"{address}/sources/{ids['handbook']}", "phone", scripts=False)
    assert not page.locator("#outline").is_visible()
    page.click(".to-outline")
    page.locator("#outline a[href='#c-60']").click()
    page.locator("#outline").wait_for(state="hidden")
    assert in_sight(page, "#c-60")


def test_the_keyboard_reaches_the_text_and_the_outline(sources, visit):
    address, ids = sources
    page = visit(f"{address}/sources/{ids['handbook']}")
    page.keyboard.press("Tab")
    assert page.locator(".skip:focus").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**#text")
    page.locator(".outline li a").nth(3).focus()
    page.keyboard.press("Enter")
    assert in_sight(page, ":target")


def test_links_are_copied_and_those_of_a_selection_lead_back_to_it(sources, visit):
    address, ids = sources
    page = visit(f"{address}/sources/{ids['handbook']}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.hover("#c-12")
    page.locator("#a-1 .link").click()
    page.wait_for_function("() => document.querySelector('.say').textContent !== ''")
    assert page.url.endswith(f"/sources/{ids['handbook']}?article=1#a-1")
    line = page.locator("#c-12")
    line.scroll_into_view_if_needed()
    line.evaluate_handle(
        """line => { const range = document.createRange(); range.setStart(line.firstChild, 6);
        range.setEnd(line.firstChild, 10); getSelection().removeAllRanges(); getSelection().addRange(range); }"""
    )
    page.locator(".pick").click()
    start = RULES.index("第十二条") + 6
    wanted = re.compile(rf"\?start={start}&end={start + 4}&h=[0-9a-f]{{8}}#mark$")

    def copied() -> str:
        return page.evaluate_handle("navigator.clipboard.readText()").json_value()

    until(lambda: wanted.search(copied()), page=page)
    page.goto(copied())
    assert page.locator("#mark").inner_text() == RULES[start : start + 4]
    assert page.locator(".state").count() == 0


def test_pages_are_loaded_as_they_come_into_sight_and_the_sentence_is_boxed(sources, documents, visit):
    url = link_to(sources, documents, "pdf", "不合格品必须")
    page = visit(url, scripts=False)
    page.locator(".views a").nth(1).click()
    page.wait_for_url("**view=pages**")
    assert in_sight(page, "#page-2")
    sheet, box = page.locator("#page-2 .sheet img").first, page.locator("#page-2 .box")

    def sizes(element) -> list[float]:
        laid = element.bounding_box()
        return [laid["width"], laid["height"]]

    until(lambda: sizes(box) == pytest.approx(sizes(sheet), abs=1), page=page)
    page.wait_for_function(
        "() => [...document.querySelectorAll('#page-2 img')].every(one => one.naturalWidth)"
    )


def test_a_long_document_goes_on_in_the_next_part(sources, visit):
    address, ids = sources
    page = visit(f"{address}/sources/{ids['long']}#a-2")
    assert in_sight(page, "#a-2")
    page.locator(".turn a").first.click()
    page.wait_for_url("**part=2**")
    page.locator(".outline li a").first.click()
    page.wait_for_url("**part=1**")
    assert in_sight(page, "#a-1")


def test_a_hostile_document_does_nothing(sources, visit):
    address, ids = sources
    page = visit(f"{address}/sources/{ids['hostile']}?start=0&end=200")
    page.wait_for_timeout(200)
    assert "<script>" in page.locator("#mark").inner_text()
    # Every link leads back here or to the viewer.
    links = page.locator("a").evaluate_all("links => links.map(link => link.href)")
    assert links and all(link.startswith(address) for link in links)
    assert page.locator("img, form, iframe, object, svg, style").count() == 0
