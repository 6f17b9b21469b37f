"""Hostile texts in six places of the product, in a real browser: none runs, asks for anything, or is more than text.

The places: answers; the source panel; the viewer; names of files; questions and conversations; what is exported.
ZHIDA_PAYLOADS=all takes every payload, otherwise a sample of all kinds is taken. The same texts are also shown without
our walls: there they do run, and the same watch notices.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from contextlib import nullcontext, suppress
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Error

from eval.report import write_all
from index.passage import Article, Document, Hygiene, Speaker
from index.sync import SyncReport
from rag.history_types import Conversation, Entry
from tests.eval import report_run
from tests.ui.serving import serving
from tests.waiting import MILLISECONDS, until
from tests.walls import payloads as made
from tests.walls.hostile import answer_of, batches, chatbot_of
from tests.walls.watching import INSPECT, LAYERS, Canary, Watch, missing, watched_browser
from ui import render, render_page, screenshot
from ui.page.export import as_markdown, as_word
from ui.server import create_app
from ui.sync_report import Occasion, report_page
from ui.texts import ZH
from ui.viewer import page as viewer
from ui.viewer.layout import lay_out
from ui.viewer.place import find_place
from ui.viewer.shown import Shown
from ui.viewer.texts import words_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
]

AT_ONCE = 200
"""Texts in one answer, one document, one question."""
OWN = {
    ".zd-turns": ["table"],
    ".zd-side": [],
    ".zd-list": [],
    ".zd-hover": [],
    ".zd-files": [],
    ".zd-picker": ["input"],
    ".zd-welcome": [],
}
"""Places of the chat page, and the elements that foreign markup would bring but that are its own there."""


@pytest.fixture(scope="module")
def canary():
    canary = Canary()
    yield canary
    canary.close()


@pytest.fixture(scope="module")
def texts(canary):
    if os.environ.get("ZHIDA_PAYLOADS") == "all":
        return made.payloads(canary.address)
    return made.sample(canary.address)


@pytest.fixture(scope="module")
def chromium(canary):
    if not screenshot.CHROMIUM.is_file():
        pytest.skip(f"SKIPPED: no {screenshot.CHROMIUM}; install Debian's package chromium to test the walls")
    with watched_browser(canary) as browser:
        yield browser


@pytest.fixture
def open_watched(chromium, canary):
    """A fresh profile: (a page, the watch over it); `own` is the only address that it may ask for."""
    contexts = []

    def open_page(own: str):
        canary.heard.clear()
        context = chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
        contexts.append(context)
        context.set_default_timeout(MILLISECONDS)
        watch = Watch(context, canary, lambda url: url.startswith(own))
        return context.new_page(), watch

    yield open_page
    for context in contexts:
        context.close()


def shown_at(page, html: str, address: str = "http://127.0.0.1:1/page") -> None:
    """Puts a page of ours before the browser without the policy that it is served with: the first wall alone."""
    page.route(address, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto(address)
    page.wait_for_timeout(200)


# The chat page: answers, the source panel, names of files, questions and conversations


@pytest.fixture(scope="module")
def chat(texts):
    """The chat page, served; its chatbot says everything when asked 第0批, 第1批, …: (address, service, questions)."""
    questions = {f"第{i}批": said for i, said in enumerate(batches(texts, AT_ONCE))}
    patch = pytest.MonkeyPatch()
    patch.setattr("ui.page.desk.choose", lambda *_, **__: texts[:60])
    patch.setattr("ui.page.desk.follow_ups", lambda *_: texts[60:120])
    app = create_app(chatbot_of(questions, texts))
    with serving(app) as address:
        yield address, app.state.service, questions
    patch.undo()


def start(page, address: str) -> list[str]:
    """Opens the chat page; what lies over it when nothing has been asked."""
    page.goto(address)
    page.wait_for_selector(".zd-welcome, .zd-turn")
    return page.evaluate(LAYERS)


def inspect(page) -> list[str]:
    return [one for place, own in OWN.items() for one in page.evaluate(INSPECT, [place, own])]


def text_of(page, selector: str) -> str:
    return page.eval_on_selector_all(selector, "all => all.map(one => one.textContent).join('\\n')")


def look_around(page) -> None:
    """Opens the evidence of the last answer in both tabs and every hover card."""
    page.evaluate(
        """() => {
          const turn = Zhida.turns.at(-1);
          Zhida.show(turn, '', 'all', null);
          Zhida.show(turn, '', 'cited', null);
          for (const chip of turn.element.querySelectorAll('.zd-answer button.cite')) Zhida.hover(chip);
        }"""
    )


def test_answers_and_the_source_panel(chat, open_watched):
    address, _, questions = chat
    page, watch = open_watched(address)
    layers = start(page, address)
    assert missing(questions["第0批"][:60], text_of(page, ".zd-welcome")) == []
    for question, said in questions.items():
        screenshot.ask(page, question)
        look_around(page)
        assert missing(said, text_of(page, ".zd-turn:last-child .zd-text")) == []
        assert missing(said, text_of(page, ".zd-cited .zd-passage")) == []
        assert missing(said, text_of(page, ".zd-all .zd-passage")) == []
        assert missing(said, text_of(page, ".zd-all h3")) == []  # names of files
        assert inspect(page) == []
    page.locator(".zd-turn:last-child .zd-follow").first.wait_for()
    page.wait_for_timeout(300)
    assert inspect(page) == []
    assert page.evaluate(LAYERS) == layers
    watch.assert_silent()


def test_questions_conversations_and_names_of_files(chat, open_watched, texts, monkeypatch):
    address, service, _ = chat
    history = service.dialogue.history
    conversation = history.start("", texts[0])
    for said in batches(texts, AT_ONCE):
        service.dialogue.chatbot.answers["\n".join(said)] = answer_of("\n".join(said), said)
        service.dialogue.ask("\n".join(said), conversation.id)
    library = service.library
    library.generation += 1
    library.conversation, library.files = conversation.id, texts
    titled = [replace_title(conversation, title) for title in texts]
    monkeypatch.setattr(history, "conversations", lambda *_: titled)
    page, watch = open_watched(address)
    layers = start(page, address)
    page.evaluate("id => Zhida.open(id)", conversation.id)
    page.locator(".zd-turn .zd-foot").last.wait_for()
    look_around(page)
    assert missing(texts, text_of(page, ".zd-words")) == []
    assert missing(texts, text_of(page, ".zd-turn .zd-text")) == []
    assert missing(texts, text_of(page, ".zd-file-name")) == []
    assert missing(texts[-AT_ONCE:][-1:], text_of(page, ".zd-asked")) == []
    assert missing(texts[:100], text_of(page, ".zd-picker label")) == []
    page.evaluate("Zhida.openDrawer()")
    page.locator(".zd-list li").last.wait_for()
    assert missing(texts, text_of(page, ".zd-open b")) == []
    page.evaluate("Zhida.openDrawer(false)")
    assert inspect(page) == []
    assert page.evaluate(LAYERS) == layers
    # A question as long as may be, typed.
    page.evaluate("Zhida.startAnew()")
    typed = "".join(texts)[:2000].replace("\r", " ")
    page.fill("#zd-question", typed)
    page.press("#zd-question", "Enter")
    page.locator(".zd-foot").wait_for()
    page.reload()
    page.locator(".zd-foot").wait_for()
    assert inspect(page) == []
    watch.assert_silent()


def replace_title(conversation: Conversation, title: str) -> Conversation:
    return Conversation(conversation.id, "", title, conversation.created, title)


def test_addresses_of_the_service_are_not_markup(chat, open_watched, texts):
    address, _, _ = chat
    page, watch = open_watched(address)
    start(page, address)
    for text in texts[:: len(texts) // 6]:
        quoted = made.quote(text.replace("\x00", ""), safe="")
        for place in (
            f"/sources/{quoted}",
            f"/api/sources/{quoted}",
            f"/sources?name={quoted}",
            f"/{quoted}",
        ):
            page.goto(address + place)
            assert page.evaluate(INSPECT, ["body", []]) == []
        page.goto(f"{address}/?lang={quoted}&__theme={quoted}#c/{quoted}")
    page.wait_for_selector(".zd-welcome")
    assert inspect(page) == []
    watch.assert_silent()


SHOW = """html => {
  const box = document.createElement('div');
  document.querySelector('.zd-welcome').replaceChildren(box);
  box.append(Zhida.wall(html));
}"""


@pytest.mark.parametrize("wall", ["page", "none"])
def test_without_our_escaping(chat, open_watched, texts, monkeypatch, wall):
    """The first wall switched off: the page's own still holds. Both switched off: the texts run, and it is noticed."""
    address, _, _ = chat
    escape = render.escape
    assert escape("<b>") != "<b>"
    for module in (render, render_page):
        monkeypatch.setattr(module, "escape", lambda text: text)
    page, watch = open_watched(address)
    start(page, address)
    if wall == "none":
        page.evaluate(
            """Zhida.wall = (html) => {
              const range = document.createRange();
              range.selectNode(document.body);
              return range.createContextualFragment(html);
            }"""
        )
    for text in texts[:: max(1, len(texts) // 60)]:
        html = render.answered(answer_of("问", [text] * 12), "x", ZH) + render_page.suggestions([text], ZH)
        # Without any wall a text may lead the page elsewhere, which ends the call.
        with nullcontext() if wall == "page" else suppress(Error):
            page.evaluate(SHOW, html)
    if wall == "page":
        page.wait_for_timeout(500)
        watch.assert_silent()
    else:
        until(lambda: watch.hits, page=page)


# The viewer


def document_of(texts: list[str]) -> Document:
    """A document whose text, headings, titles, notices and particulars are all hostile."""
    text, articles = "", []
    for part in batches(texts, max(1, len(texts) // 3)):
        said = [part[i % len(part)] for i in range(7)]
        head = len(text)
        text += " ".join(part[0].split()) + "\n"
        start = len(text)
        heading = (len(text), " ".join(part[-1].split())[:60])
        text += "\n".join(part) + "\n"
        articles.append(
            Article(
                " ".join(part[0].split()),
                start,
                len(text),
                section=part[-1],
                speaker=Speaker(said[1], said[2], said[3]),
                publisher=said[4],
                published=said[5],
                url=said[6],
                headings=(heading,),
                head_start=head,
                head_end=start,
            )
        )
    return Document(
        texts[0],
        text,
        title=texts[1],
        articles=tuple(articles),
        published=texts[2],
        publisher=texts[3],
        status=texts[4],
        notices=tuple(texts),
        unsure=((3, 60), (100, 300)),
        effective=texts[5],
        id=7,
    )


def viewer_page(texts: list[str]) -> str:
    document = document_of(texts)
    layout = lay_out(document)
    asked = {"start": "5", "end": "40"}
    place = find_place(document, layout, asked, None)
    return viewer.text_page(Shown(document, layout, place, words_for("", "zh-CN"), stamp="1"))


def test_the_viewer(open_watched, texts):
    for number, said in enumerate(batches(texts, AT_ONCE)):
        page, watch = open_watched("http://127.0.0.1:1/")
        shown_at(page, viewer_page(said))
        assert missing(said, text_of(page, ".text")) == [], number
        assert page.evaluate(INSPECT, ["main, nav, .bar", []]) == []
        assert page.evaluate(LAYERS) == []
        page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
        page.wait_for_timeout(100)
        watch.assert_silent()
        page.context.close()


def test_the_viewer_without_our_escaping(open_watched, texts, monkeypatch):
    monkeypatch.setattr(viewer, "escape", lambda text: text)
    watches = []
    for said in batches(texts, AT_ONCE)[:3]:
        page, watch = open_watched("http://127.0.0.1:1/")
        shown_at(page, viewer_page(said))
        watches.append(watch)
    until(lambda: any(watch.hits for watch in watches), page=page)
    until(lambda: any(watch.outside for watch in watches), page=page)


def test_the_texts_are_of_the_kind_that_runs(open_watched, texts, canary):
    """The control: every text as a page of its own. A good part of them calls or asks for something by itself."""
    page, watch = open_watched("http://127.0.0.1:1/")
    chosen = texts[:: max(1, len(texts) // 150)]
    for part in batches(chosen, 40):
        frames = "".join(
            f'<iframe srcdoc="{text.replace("&", "&amp;").replace(chr(34), "&quot;")}"></iframe>'
            for text in part
        )
        shown_at(page, "<!doctype html>" + frames)
        page.wait_for_timeout(300)
    until(lambda: min(len(watch.hits), len(watch.outside)) > len(chosen) / 15 and canary.heard, page=page)


# What is exported


@pytest.fixture(scope="module")
def conversation(chat, texts) -> tuple[Conversation, list[Entry]]:
    _, service, questions = chat
    kept = service.dialogue.history.start("", texts[3])
    for said in questions.values():
        asked = "\n".join(said)
        service.dialogue.chatbot.answers[asked] = answer_of(asked, said)
        service.dialogue.ask(asked, kept.id)
    entries = service.dialogue.history.entries(kept.id, "")
    return kept, entries


def test_a_conversation_in_markdown(open_watched, conversation, texts):
    written = as_markdown(*conversation, ZH)
    assert not re.search(r"(?i)(https?|ftp|javascript)://|\bwww\.\w", written)
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page, watch = open_watched("http://127.0.0.1:1/")
    shown_at(page, f"<!doctype html><main>{reader.render(written)}</main>")
    assert missing(texts, text_of(page, "p")) == []
    assert page.evaluate(INSPECT, ["body", []]) == []
    kinds = page.evaluate(
        "() => [...new Set([...document.querySelectorAll('main *')].map(one => one.localName))]"
    )
    assert set(kinds) <= {"h1", "h2", "p", "br", "blockquote"}
    watch.assert_silent()


def test_a_conversation_in_word(conversation, texts):
    file = zipfile.ZipFile(io.BytesIO(as_word(*conversation, ZH)))
    assert set(file.namelist()) == {
        "[Content_Types].xml",
        "_rels/.rels",
        "word/_rels/document.xml.rels",
        "word/styles.xml",
        "word/document.xml",
    }
    for name in file.namelist():
        assert b"External" not in file.read(name)
    root = ElementTree.fromstring(file.read("word/document.xml"))
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    kinds = {element.tag.removeprefix(space) for element in root.iter()}
    assert kinds <= {"document", "body", "p", "pPr", "pStyle", "r", "t", "br", "sectPr", "pgSz", "pgMar"}
    paragraphs = "\n".join("".join(p.itertext()) for p in root.iter(f"{space}p"))
    assert missing(texts, paragraphs) == []


def test_the_report_of_a_sync(open_watched, texts, tmp_path):
    report = SyncReport(
        added=texts,
        failed=[(text, f"{text}: {other}") for text, other in zip(texts, reversed(texts), strict=True)],
        files=dict.fromkeys(texts, Hygiene()),
        message=texts[0],
    )
    occasion = Occasion(datetime(2026, 11, 21), Path("家"), [Path("文件")], {t: [t] for t in texts}, [texts])
    file = tmp_path / "sync.html"
    html = report_page(report, occasion)
    for policy in (True, False):
        kept = html if policy else re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
        file.write_text(kept, encoding="utf-8", errors="replace")
        page, watch = open_watched(file.as_uri())
        page.goto(file.as_uri())
        page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.evaluate(INSPECT, ["main", ["table"]]) == []
        assert page.evaluate(LAYERS) == []
        watch.assert_silent()


def packed(texts: list[str], length: int) -> list[str]:
    """The texts, joined by line breaks as long as that makes no more than `length` characters."""
    joined = [""]
    for text in texts:
        if len(joined[-1]) + len(text) > length:
            joined.append("")
        joined[-1] += text + "\n"
    return joined


def test_the_report_of_an_evaluation(open_watched, texts, tmp_path, monkeypatch):
    joined = tuple(packed(texts, 1500))  # a title shows two thousand characters
    monkeypatch.setattr(report_run, "HOSTILE", joined)
    count = 3 * len(joined)
    write_all(report_run.make_run(count), tmp_path)
    address = (tmp_path / "report.html").as_uri()
    page, watch = open_watched(address)
    page.goto(address)
    page.wait_for_function("() => performance.getEntriesByName('zhida-interactive').length > 0")
    shown = page.evaluate(
        """() => { const all = [];
          for (const question of DATA.questions) { show(question); all.push(document.querySelector('#question-title').textContent); }
          return all.join('\\n'); }"""
    )
    assert missing(texts, shown) == []
    own = ["svg", "table", "input", "select", "dialog"]
    assert page.evaluate(INSPECT, ["main, dialog", own]) == []
    watch.assert_silent()
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    html = reader.render((tmp_path / "report.md").read_text(encoding="utf-8"))
    page, watch = open_watched("http://127.0.0.1:1/")
    shown_at(page, f"<!doctype html><main>{html}</main>")
    assert page.evaluate(INSPECT, ["main", ["table"]]) == []
    watch.assert_silent()
    ElementTree.fromstring((tmp_path / "junit.xml").read_text(encoding="utf-8"))
