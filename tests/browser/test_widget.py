"""The widget on pages of other origins, in a real Chromium.

The bot is at 127.0.0.1, its hosts at localhost and at 127.0.0.1 with other ports: other sites and other origins. Host
pages have the strictest policy that the README names, unless a test says otherwise.
"""

from __future__ import annotations

import io
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import jwt
import pytest
from PIL import Image, ImageChops

from rag.settings import Settings
from tests.browser.proxies import nginx
from tests.ui.doubles import HOSTILE, ScriptedChatbot, answered, passage
from tests.ui.serving import serving
from tests.waiting import MILLISECONDS, PATIENCE, until
from ui.access.proxy import BasePath
from ui.access.sessions import COOKIE
from ui.access.widgets import Limits, sign

pytestmark = pytest.mark.browser

SOURCE = passage("首句在此。𠮷日二零二三年共修复六十六项。末句在此。")
QUOTE = "𠮷日二零二三年共修复六十六项。"
QUESTION, NEXT, BAD = "修复了多少项？", "后来呢？", "坏"
UNLIMITED = Limits(100_000, 100_000)

HOSTILE_CSS = """
* { all: unset !important; background: red !important; color: lime !important; }
html * { display: none !important; }
html { font-size: 40px !important; visibility: hidden !important; color: lime !important; cursor: wait !important; }
body { transform: rotate(20deg) scale(.5) !important; filter: invert(1) !important; opacity: .2 !important; }
html > * , zhida-widget, zhida-widget * { position: static !important; opacity: .1 !important; width: 3px !important; }
button, div, iframe, svg, path { fill: red !important; stroke: red !important; transform: scale(3) !important; }
"""


@dataclass
class Host:
    """A host's web server; `pages` are path → (html, headers), `token` makes what /token answers."""

    port: int
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    token: object = None
    fetched: int = 0

    @property
    def site(self) -> str:
        """Under the name by which it is another site than the bot."""
        return f"http://localhost:{self.port}"

    @property
    def address(self) -> str:
        """Under the address by which it is the same site, and another origin."""
        return f"http://127.0.0.1:{self.port}"


@dataclass
class Stage:
    """The bot, a host, and what the tests need of both."""

    bot: str
    app: object
    chatbot: ScriptedChatbot
    host: Host
    secret: str

    def sign(self, user: str = "lin", origin: str = "", **options) -> str:
        return sign(self.secret, "portal", user, origin=origin or self.host.site, **options)

    def page(self, html: str = "", css: str = "", base: str = "", **data: str) -> str:
        """The path of a new host page with a widget for each of `data`; html comes before it."""
        attributes = " ".join(f'data-{name}="{value}"' for name, value in data.items())
        script = f'<script src="{base or self.bot}/widget.js" {attributes} defer></script>' if data else ""
        style = f"<style>{css}</style>" if css else ""
        policy = (
            f"default-src 'none'; script-src {self.bot}; frame-src {self.bot}; connect-src 'self'; "
            f"style-src {chr(39)}{'unsafe-inline' if css else 'none'}{chr(39)}; require-trusted-types-for 'script'"
        )
        path = f"/{secrets.token_hex(4)}"
        body = f'<!doctype html><html lang="zh"><title>门户</title>{style}<h1>门户</h1><p>正文</p>{html}{script}</html>'
        self.host.pages[path] = (body, {"Content-Security-Policy": policy})
        return path


@contextmanager
def hosting() -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/token":
                host.fetched += 1
                body, headers = json.dumps({"token": host.token()}), {"Content-Type": "application/json"}
            elif path in host.pages:
                body, headers = host.pages[path]
                headers = {"Content-Type": "text/html; charset=utf-8", **headers}
            else:
                self.send_response(404)
                self.end_headers()
                return
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = Host(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield host
    server.shutdown()
    server.server_close()
    thread.join(PATIENCE)


@pytest.fixture(scope="module")
def stage(chromium, tmp_path_factory):
    from ui.server import create_app

    chatbot = ScriptedChatbot(
        {
            QUESTION: answered(QUESTION, SOURCE, QUOTE),
            NEXT: answered(NEXT, SOURCE, "末句在此。"),
            BAD: answered(BAD, passage(HOSTILE, article=HOSTILE, url="javascript:alert(1)", id=9), HOSTILE),
        }
    )
    chatbot.library.stored = {SOURCE.id: SOURCE}
    home = chatbot.library.home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, auth="password", trusted_proxies="127.0.0.1")
    app = create_app(chatbot, settings, chat=False)
    widgets = app.state.service.access.widgets
    with hosting() as host, serving(app) as bot:
        secret = widgets.add("portal", [host.site, "http://127.0.0.1:9"], limits=UNLIMITED)
        widgets.add("public", [host.site, host.address], anonymous=True, limits=UNLIMITED)
        host.token = lambda: stage.sign()
        stage = Stage(bot, app, chatbot, host, secret)
        yield stage


@pytest.fixture(scope="module")
def profile(chromium):
    context = chromium.new_context(
        locale="zh-CN", color_scheme="light", viewport={"width": 1000, "height": 760}
    )
    context.set_default_timeout(MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def visit(profile, stage):
    """Opens a path of the host; on the page, `heard` is every event of the widget, and `page.said` the console's errors."""
    pages = []

    def open_page(path: str, origin: str = ""):
        page = profile.new_page()
        pages.append(page)
        page.said, page.requests = [], []
        page.on("console", lambda line: page.said.append(line.text) if complains(line) else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.requests.append(request))
        page.goto((origin or stage.host.site) + path)
        page.evaluate(
            """() => { window.heard = []; if (!window.Zhida) return;
            for (const type of ['ready', 'open', 'close', 'answer', 'error', 'token-needed'])
              Zhida.on(type, (detail) => heard.push([type, detail])); }"""
        )
        return page

    yield open_page
    for page in pages:
        page.close()


def complains(line) -> bool:
    """Whether a line of the console is an error or a warning; a host without an icon is neither."""
    return line.type in ("error", "warning") and not line.location["url"].endswith("/favicon.ico")


def launcher(page):
    return page.locator("zhida-widget").first.locator("button")


def chat(page, index: int = 0):
    """The frame of the widget, opened."""
    if not page.locator("zhida-widget iframe").nth(index).is_visible():
        page.evaluate("index => Zhida.all[index].open()", index)
    frame = page.frame_locator("zhida-widget iframe >> nth=" + str(index))
    frame.locator("#question").wait_for()
    return frame


def ask(frame, question: str = QUESTION) -> None:
    """Asks by hand and waits for the end of the answer."""
    frame.locator("#question").fill(question)
    frame.locator("#question").press("Enter")
    frame.locator(".turn").last.locator(".acts").wait_for()


def growing(stage, page, frame) -> list[str]:
    """Asks, and what is read of the answer while its chatbot waits for that: three beginnings of the quotation."""
    steps = threading.Semaphore(1)
    stage.chatbot.hold = lambda: steps.acquire(timeout=PATIENCE)
    try:
        frame.locator("#question").fill(QUESTION)
        frame.locator("#question").press("Enter")
        read, reply = [""], frame.locator(".reply").last

        def has_grown() -> bool:
            text = reply.inner_text()
            return QUOTE.startswith(text) and len(text) > len(read[-1])

        for _ in range(3):
            steps.release()
            until(has_grown, page=page)
            read.append(reply.inner_text())
    finally:
        stage.chatbot.hold = None
        steps.release(1000)
    frame.locator(".turn").last.locator(".acts").wait_for()
    return read[1:]


def events(page, type: str) -> list[dict]:
    return [detail for name, detail in page.evaluate("heard") if name == type]


def wait_for(page, type: str, count: int = 1) -> list[dict]:
    page.wait_for_function(
        "([type, count]) => heard.filter(([name]) => name === type).length >= count", arg=[type, count]
    )
    return events(page, type)


# Asking from another site's page


def test_an_answer_streams_on_another_site_and_its_source_opens(stage, visit):
    page = visit(stage.page(widget="portal", token="/token"))
    assert not any("/widget?" in request.url for request in page.requests)  # nothing before the first click
    launcher(page).click()
    frame = chat(page)
    assert len(set(growing(stage, page, frame))) == 3
    assert wait_for(page, "answer")[0]["status"] == "answered"

    frame.locator("button.cite").click()
    frame.locator(".near").first.wait_for()
    assert frame.locator("#sheet mark").inner_text() == QUOTE
    assert frame.locator(".passage").inner_text() == SOURCE.text
    assert frame.locator("#source").inner_text() == SOURCE.article
    with page.context.expect_page() as opened:
        frame.get_by_text("在新标签页打开").click()
    alone = opened.value
    assert alone.locator("mark").inner_text() == QUOTE
    assert alone.locator("h1").evaluate("node => getComputedStyle(node).fontSize") == "22px"
    alone.close()

    called = [request for request in page.requests if "/api/" in request.url]
    assert called
    for request in called:
        assert request.headers["authorization"].startswith("Bearer ")
        assert "cookie" not in request.all_headers()
    token = called[0].headers["authorization"].removeprefix("Bearer ")
    assert not any(token in request.url for request in page.requests)
    at_home = (stage.bot, stage.host.site, "data:", "blob:")
    assert [request.url for request in page.requests if not request.url.startswith(at_home)] == []
    assert page.said == []


def test_a_page_of_another_origin_is_blocked_by_the_browser(stage, visit):
    page = visit(stage.page(widget="portal", token="/token"), stage.host.address)
    launcher(page).click()
    until(lambda: any("frame-ancestors" in line for line in page.said), page=page)
    assert stage.host.fetched == 0 or events(page, "token-needed") == []
    assert events(page, "answer") == []


def test_what_documents_say_is_text_and_nothing_else(stage, visit):
    page = visit(stage.page(widget="portal", token="/token"))
    frame = chat(page)
    ask(frame, BAD)
    assert HOSTILE in frame.locator(".reply").inner_text()
    frame.locator("button.cite").click()
    assert frame.locator("#sheet mark").inner_text() == HOSTILE
    assert frame.locator(".links a").count() == 1  # no link to javascript:
    for tag in ("img", "style", "form", "script:not([src])"):
        assert frame.locator(tag).count() == 0
    assert not frame.locator("body").evaluate("() => window.hacked")


def test_a_stranger_to_the_protocol_is_not_heard(stage, visit):
    page = visit(stage.page(widget="portal"))
    frame = chat(page)
    stranger = """(message) => { const other = document.createElement('iframe'); document.body.append(other);
      const frame = document.querySelector('zhida-widget').shadowRoot.querySelector('iframe').contentWindow;
      other.contentWindow.postMessage.call(window, message, '*');
      window.dispatchEvent(new MessageEvent('message', {data: message, origin: 'http://evil.example', source: frame}));
      window.dispatchEvent(new MessageEvent('message', {data: message, origin: new URL(document.scripts[0].src).origin, source: window}));
      frame.postMessage({...message, zhida: 2}, '*'); }"""
    page.evaluate(stranger, {"zhida": 1, "type": "close"})
    page.evaluate(stranger, {"zhida": 1, "type": "answer", "detail": {"status": "false"}})
    page.wait_for_timeout(100)
    assert events(page, "close") == events(page, "answer") == []
    assert frame.locator("#question").is_visible()


# Tokens


def worn_out(stage) -> str:
    now = int(time.time())
    claims = {
        "aud": "portal",
        "sub": "lin",
        "origin": stage.host.site,
        "iat": now - 200,
        "exp": now - 100,
        "jti": "1",
    }
    return jwt.encode(claims, stage.secret, algorithm="HS256")


@pytest.mark.parametrize("kind", ["none", "wrong", "expired", "replayed"])
def test_a_token_that_is_no_good_is_refused_and_a_good_one_goes_on(stage, visit, kind):
    page = visit(stage.page(widget="portal"))
    bad = {
        "none": lambda: "",
        "wrong": lambda: sign("x" * 48, "portal", "lin", origin=stage.host.site),
        "expired": lambda: worn_out(stage),
        "replayed": lambda: stage.sign(origin="http://127.0.0.1:9"),
    }[kind]()
    answers = []
    page.on("response", lambda response: answers.append(response.status) if "/api/" in response.url else None)
    page.evaluate("token => Zhida.setUser(token)", bad)
    page.evaluate("text => Zhida.ask(text)", QUESTION)
    assert wait_for(page, "token-needed")[0]["reason"] == ("missing" if kind == "none" else "expired")
    assert set(answers) <= {401}
    assert events(page, "answer") == []
    page.evaluate("token => Zhida.setUser(token)", stage.sign())
    assert wait_for(page, "answer")[0]["status"] == "answered"


def test_a_token_that_stays_bad_ends_in_an_error(stage, visit):
    page = visit(stage.page(widget="portal"))
    bad = stage.sign(origin="http://127.0.0.1:9")
    page.evaluate(
        "token => { Zhida.on('token-needed', () => Zhida.setUser(token)); Zhida.setUser(token); }", bad
    )
    page.evaluate("text => Zhida.ask(text)", QUESTION)
    assert "令牌无效" in wait_for(page, "error")[0]["message"]
    assert chat(page).get_by_text("重试").is_visible()


def test_a_new_token_keeps_the_conversation_and_another_user_ends_it(stage, visit):
    page = visit(stage.page(widget="portal", token="/token"))
    frame = chat(page)
    ask(frame)
    fetched = stage.host.fetched
    stage.secret = stage.app.state.service.access.widgets.rotate("portal", now_only=True)
    ask(frame, NEXT)
    assert stage.host.fetched == fetched + 1
    first, second = wait_for(page, "answer", 2)
    assert first["conversation_id"] == second["conversation_id"] != ""
    assert frame.locator(".turn").count() == 2
    assert len(stage.chatbot.asked[-1][1]) == 1  # the first exchange went along
    page.evaluate("token => Zhida.setUser(token)", stage.sign("bo"))
    frame.locator(".turn").first.wait_for(state="detached")
    ask(frame)
    assert wait_for(page, "answer", 3)[2]["conversation_id"] != first["conversation_id"]


def test_the_conversation_goes_on_on_the_hosts_next_page(stage, visit):
    page = visit(stage.page(widget="portal", token="/token"))
    ask(chat(page))
    page.goto(stage.host.site + stage.page(widget="portal", token="/token"))
    frame = chat(page)
    frame.locator("button.cite").click()
    frame.locator(".near").first.wait_for()
    assert frame.locator("#sheet mark").inner_text() == QUOTE
    page.keyboard.press("Escape")
    ask(frame, NEXT)
    assert frame.locator(".turn").count() == 2
    assert len(stage.chatbot.asked[-1][1]) == 1
    frame.locator("#fresh").click()
    assert frame.locator(".turn").count() == 0
    page.reload()
    chat(page).locator("#welcome").wait_for()
    assert chat(page).locator(".turn").count() == 0


@pytest.mark.parametrize("same_site", [False, True])
def test_an_anonymous_widget_needs_nothing_of_the_host(stage, visit, same_site):
    page = visit(stage.page(widget="public"), stage.host.address if same_site else "")
    frame = chat(page)
    ask(frame)
    assert frame.locator("button.cite").count() == 1
    assert events(page, "token-needed") == []
    assert page.said == []


def test_a_plain_frame_works_for_visitors(stage, visit):
    html = f'<iframe src="{stage.bot}/widget?widget=public&lang=en" width="400" height="600" referrerpolicy="origin"></iframe>'
    page = visit(stage.page(html))
    frame = page.frame_locator("iframe")
    ask(frame)
    assert frame.locator("button.cite").get_attribute("aria-label").startswith("Citation 1: ")
    assert not frame.locator("#close").is_visible()


# On the host's page


def test_theme_and_language_follow_and_change_while_it_is_open(stage, visit):
    page = visit(stage.page(widget="public", theme="dark", lang="en"))
    frame = chat(page)
    ask(frame)
    shown = "() => [document.documentElement.dataset.theme, document.documentElement.lang, getComputedStyle(document.body).backgroundColor]"
    assert frame.locator("body").evaluate(shown) == ["dark", "en", "rgb(23, 22, 19)"]
    assert launcher(page).get_attribute("aria-label") == "Close the assistant"
    page.evaluate("Zhida.set({theme: 'light', lang: 'zh'})")
    frame.get_by_placeholder("输入问题").wait_for()
    assert frame.locator(".acts").inner_text().split() == ["有帮助", "没帮助"]
    assert frame.locator("button.cite").get_attribute("aria-label") == f"引用 1：{SOURCE.article}"
    assert frame.locator("body").evaluate(shown) == ["light", "zh-CN", "rgb(247, 246, 242)"]
    assert launcher(page).get_attribute("aria-label") == "关闭问答助手"
    page.evaluate("Zhida.set({theme: 'auto'})")
    page.emulate_media(color_scheme="dark")
    frame.locator("html[data-theme=dark]").wait_for()


def test_the_hosts_style_changes_nothing(stage, visit):
    def picture(css: str) -> Image.Image:
        page = visit(stage.page(css=css, widget="public"))
        page.evaluate("document.body.hidden = true")
        return Image.open(
            io.BytesIO(page.screenshot(clip={"x": 900, "y": 660, "width": 100, "height": 100}))
        ).convert("RGB")

    plain, hostile = (
        picture("html { background: #fff }"),
        picture(HOSTILE_CSS + "html { background: #fff !important }"),
    )
    assert len(plain.getcolors(10_000)) > 10  # there is a button at all
    assert ImageChops.difference(plain, hostile).getbbox() is None


def test_two_widgets_stand_above_each_other_and_know_their_own(stage, visit):
    second = f'<script src="{stage.bot}/widget.js" data-widget="portal" data-token="/token" data-lang="en" defer></script>'
    page = visit(stage.page(second, widget="public", lang="zh"))
    boxes = [page.locator("zhida-widget button").nth(index).bounding_box() for index in (0, 1)]
    assert boxes[1]["y"] + boxes[1]["height"] <= boxes[0]["y"]
    assert page.evaluate("[window.Zhida === Zhida.all[0], Zhida.all.length]") == [True, 2]
    page.evaluate("text => Zhida.all[1].ask(text)", QUESTION)  # the public one
    page.frame_locator("zhida-widget iframe").locator("button.cite").wait_for()
    assert [frame.url.partition("?")[2] for frame in page.frames[1:]] == ["widget=public&theme=light&lang=zh"]
    page.evaluate("Zhida.destroy()")
    assert page.evaluate("Zhida.all.length") == 1
    page.evaluate("Zhida.destroy()")
    assert page.locator("zhida-widget").count() == 0
    assert page.evaluate("window.Zhida === undefined")


def test_the_hosts_page_can_say_what_it_is_about_and_nothing_is_sent_by_itself(stage, visit):
    page = visit(stage.page(widget="public"))
    frame = chat(page)
    assert not frame.locator("#context").is_visible()
    page.evaluate("Zhida.setContext({title: '校准规程', selection: '<b>九十天</b>'})")
    frame.get_by_text("关于《校准规程》").click()
    assert frame.locator("#question").input_value() == "《校准规程》"
    frame.get_by_text("“<b>九十天</b>”").wait_for()
    assert not any("/api/" in request.url for request in page.requests)


def test_it_fills_a_phone(stage, visit):
    page = visit(stage.page(widget="public"))
    page.set_viewport_size({"width": 390, "height": 700})
    frame = chat(page)
    assert page.locator("zhida-widget iframe").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 700}
    assert not launcher(page).is_visible()
    box = frame.locator("#send").bounding_box()
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 700
    frame.locator("#close").click()
    assert launcher(page).is_visible()


def test_everything_can_be_done_by_keyboard(stage, visit):
    page = visit(stage.page(widget="public"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") == "zhida-widget"
    page.keyboard.press("Enter")
    frame = chat(page)
    frame.locator("#question:focus").wait_for()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    frame.locator("button.cite").wait_for()
    assert frame.locator("#say").inner_text() == f"回答完毕。 {QUOTE}"
    focused = []
    for _ in range(12):
        page.keyboard.press("Tab")
        focused.append(
            frame.locator(":focus").evaluate("node => node.id || node.className || node.textContent")
        )
    assert len(set(focused)) < len(focused)  # it goes around within the frame
    assert {"fresh", "close", "log", "cite", "question"} <= set(focused)
    frame.locator("button.cite").focus()
    page.keyboard.press("Enter")
    frame.locator("#source:focus").wait_for()
    page.keyboard.press("Shift+Tab")
    assert frame.locator(":focus").evaluate("node => !!node.closest('#sheet')")
    page.keyboard.press("Escape")
    frame.locator("button.cite:focus").wait_for()
    page.keyboard.press("Escape")
    page.locator("zhida-widget iframe").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.localName") == "zhida-widget"
    assert [name for name, _ in page.evaluate("heard")] == ["ready", "open", "answer", "close"]


def test_screen_readers_find_names_and_contrast(stage, visit, axe):
    page = visit(stage.page(widget="public"))
    frame = chat(page)
    ask(frame)
    inner = page.frames[1]
    for theme in ("light", "dark"):
        page.evaluate("theme => Zhida.set({theme})", theme)
        frame.locator(f"html[data-theme={theme}]").wait_for()
        for sheet in (False, True):
            if sheet:
                frame.locator("button.cite").click()
            for where in (page, inner):
                where.evaluate(f"() => {{ if (!window.axe) {{ {axe} }} }}")
                found = where.evaluate(
                    "() => axe.run(document, {iframes: false, resultTypes: ['violations']})"
                )
                shown = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
                hosts = ("landmark-one-main", "region", "html-has-lang")  # of the bare host page
                assert [one for one in shown if where is inner or one[0] not in hosts] == []
        page.keyboard.press("Escape")


# Behind a proxy, and our own page


def test_behind_nginx_below_a_path_over_https(stage, chromium, tmp_path):
    with (
        serving(BasePath(stage.app, "/bot")) as below,
        nginx(below, stage.host.address, tmp_path) as origin,
    ):
        widgets = stage.app.state.service.access.widgets
        secret = widgets.add("secure", [origin], limits=UNLIMITED)
        stage.host.token = lambda: sign(secret, "secure", "lin", origin=origin)
        context = chromium.new_context(ignore_https_errors=True, locale="zh-CN")
        context.set_default_timeout(MILLISECONDS)
        path = stage.page(base=f"{origin}/bot", widget="secure", token="/token")
        html, headers = stage.host.pages[path]
        policy = headers["Content-Security-Policy"].replace(stage.bot, origin)
        stage.host.pages[path] = (html, {"Content-Security-Policy": policy})
        try:
            page = context.new_page()
            page.goto(origin + path)
            launcher(page).click()
            assert len(set(growing(stage, page, chat(page)))) == 3  # not buffered
            assert all(frame.url.startswith(f"{origin}/bot/widget?") for frame in page.frames[1:])
        finally:
            stage.host.token = lambda: stage.sign()
            context.close()


def test_the_snippet_page_previews_what_it_writes(stage, chromium):
    access = stage.app.state.service.access
    access.accounts.add("boss", "", "admin", [])
    session = access.sessions.begin("boss", "password")
    context = chromium.new_context(locale="zh-CN")
    context.set_default_timeout(MILLISECONDS)
    context.add_cookies([{"name": COOKIE, "value": session, "url": stage.bot}])
    try:
        page = context.new_page()
        said = []
        page.on("console", lambda line: said.append(line.text) if complains(line) else None)
        page.goto(f"{stage.bot}/widget/demo")
        page.select_option("#widget", "portal")
        script = page.locator("#script").input_value()
        assert script.startswith(
            f'<script src="{stage.bot}/widget.js"\n        data-widget="portal" data-theme="auto" data-lang="zh"'
        )
        assert 'data-token="/zhida-token" defer></script>' in script
        page.select_option("#widget", "public")
        assert f'src="{stage.bot}/widget?widget=public&amp;' in page.locator("#frame").input_value()
        launcher(page).click()
        frame = chat(page)
        ask(frame)
        page.select_option("#lang", "en")
        frame.get_by_placeholder("Type a question").wait_for()
        page.select_option("#position", "left")
        assert launcher(page).bounding_box()["x"] < 50
        assert said == []
    finally:
        context.close()


# What it costs


def test_a_widget_costs_a_page_little_beside_a_stock_gradio_page(stage, chromium, may_ask_outside):
    import gradio as gr
    from fastapi import FastAPI

    stock = gr.mount_gradio_app(FastAPI(), gr.ChatInterface(lambda message, history: message), path="/")
    with weighed(chromium) as (page, asked):
        page.goto(stage.host.site + stage.page(widget="public"))
        launcher(page).wait_for()
        page.wait_for_load_state("networkidle")
        before = [size for url, size in asked if url.startswith(stage.bot)]
        chat(page).get_by_role("textbox").wait_for()
        page.wait_for_load_state("networkidle")
        after = [size for url, size in asked if url.startswith(stage.bot)][len(before) :]
        assert [url for url, _ in asked if not url.startswith((stage.bot, stage.host.site))] == []
    with serving(stock) as gradio, weighed(chromium) as (page, asked):

        def of_gradio() -> list[int]:
            return [size for url, size in asked if url.startswith(gradio)]

        page.goto(gradio, wait_until="load")
        page.get_by_role("textbox").first.wait_for()
        until(lambda: sum(of_gradio()) > 10 * sum(before + after), page=page)
        plain = of_gradio()
        outside = {urlsplit(url).hostname for url, _ in asked if not url.startswith(gradio)}
    print("\n                        bytes  requests  (as they come over the wire, with headers)")
    for name, sizes in (
        ("before the click", before),
        ("after the click", after),
        ("stock Gradio page", plain),
    ):
        print(f"{name:20}{sum(sizes):9}{len(sizes):10}")
    print(f"{'':20}and asks {', '.join(sorted(map(str, outside))) or 'nobody'} outside")
    assert sum(before) <= 8_000
    assert sum(after) <= 60_000


@contextmanager
def weighed(chromium):
    """A page without a cache, and (url, bytes) of every request of it and its frames."""
    context = chromium.new_context(locale="zh-CN")
    # A stock Gradio page asks for fonts elsewhere: that is told, and not done.
    context.route(re.compile(r"https?://(?!127\.0\.0\.1|localhost)"), lambda route: route.abort())
    page, finished, asked = context.new_page(), [], []
    page.on("requestfinished", lambda request: finished.append(request))
    page.on("requestfailed", lambda request: asked.append((request.url, 0)))

    class Weights:
        """Playwright may be asked for sizes only when no event is being handled."""

        def __iter__(self):
            while finished:
                request = finished.pop(0)
                sizes = request.sizes()
                asked.append((request.url, sizes["responseBodySize"] + sizes["responseHeadersSize"]))
            return iter(list(asked))

    yield page, Weights()
    context.close()
