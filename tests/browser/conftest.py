"""Real servers and a real Chromium for the browser tests; without Chromium they are skipped, loudly.

The fixtures live for this package only: Playwright keeps an event loop running in the main thread, in
which no other test could run one of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.doubles import HOSTILE, ScriptedChatbot, answered, passage
from tests.ui.serving import serving
from tests.waiting import MILLISECONDS
from ui import screenshot

HOSTILE_NOTE = f"""仓库管理提示

仓库温度计的校准周期为九十天。{HOSTILE}到期前七天由计量员收回。
"""

# Runs in the server's process before anything else: writes down every name that is looked up and every
# address that is connected to, unless it is this machine.
WATCH = """
import os, socket
_log = open(os.environ["WATCH_LOG"], "a", buffering=1)
_log.write("watching\\n")
_look_up, _connect = socket.getaddrinfo, socket.socket.connect
def getaddrinfo(host, *rest, **options):
    if host not in (None, "", "127.0.0.1", "localhost", "::1"):
        _log.write(f"look up {host}\\n")
    return _look_up(host, *rest, **options)
def connect(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
        _log.write(f"connect {address}\\n")
    return _connect(self, address)
socket.getaddrinfo, socket.socket.connect = getaddrinfo, connect
"""


@pytest.fixture(scope="package")
def chromium() -> Iterator[object]:
    pytest.importorskip("playwright", reason="SKIPPED: playwright is not installed (make test installs it)")
    if not screenshot.CHROMIUM.is_file():
        pytest.skip(f"SKIPPED: no {screenshot.CHROMIUM}; install Debian's package chromium to test the page")
    with screenshot.browser() as browser:
        _watch(browser)
        yield browser


_left: list[str] = []
"""Addresses beyond this machine that any page of the running test has asked for and no policy has kept it from."""


def _watch(browser) -> None:
    """Has every profile that the tests make tell what it asks for."""

    def asked(request) -> None:
        if not request.url.startswith(
            (
                "http://127.0.0.1:",
                "http://localhost:",
                "https://localhost:",
                "file:",
                "data:",
                "blob:",
                "about:",
            )
        ):
            _left.append(request.url)

    def kept_back(request) -> None:
        if request.failure == "csp" and request.url in _left:
            _left.remove(request.url)

    for name in ("new_context", "new_page"):
        make = getattr(browser, name)

        def made(*args, make=make, **options):
            one = make(*args, **options)
            one.on("request", asked)
            one.on("requestfailed", kept_back)
            return one

        setattr(browser, name, made)


@pytest.fixture
def may_ask_outside() -> None:
    """For a control: what its page asks for is wanted."""


@pytest.fixture(autouse=True)
def nothing_leaves(request) -> Iterator[None]:
    """No page of any test asks for anything beyond this machine."""
    _left.clear()
    yield
    if "may_ask_outside" not in request.fixturenames:
        assert _left == []


@pytest.fixture(scope="package")
def watch_log(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("watch") / "network.log"


@pytest.fixture(scope="package")
def address(chromium, watch_log, tmp_path_factory) -> Iterator[str]:
    """A `zhida serve` of its own over the sample corpus and a hostile note."""
    folder = tmp_path_factory.mktemp("served")
    docs = folder / "docs"
    docs.mkdir()
    for file in screenshot.SAMPLE.rglob("*.txt"):
        shutil.copy(file, docs)
    (docs / "提示.txt").write_text(HOSTILE_NOTE, encoding="utf-8")
    (folder / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    environment = {"PYTHONPATH": str(folder), "WATCH_LOG": str(watch_log)}
    with screenshot.served(docs, folder / "home", environment) as address:
        yield address


@pytest.fixture(scope="package")
def scripted(chromium) -> Iterator[tuple[str, ScriptedChatbot]]:
    """The page over a chatbot that answers slowly and says hostile things: (address, chatbot)."""
    from ui.server import create_app

    chatbot = ScriptedChatbot(
        {
            "坏": answered("坏", passage(HOSTILE, article=HOSTILE), HOSTILE),
            "慢": answered("慢", passage("慢。" * 100), "慢。" * 100),
        }
    )
    app = create_app(chatbot)
    chatbot.service = app.state.service
    with serving(app) as address:
        yield address, chatbot


@pytest.fixture(scope="package")
def context(chromium) -> Iterator[object]:
    """One browser profile for all tests, so that Gradio's scripts are loaded once and cached."""
    context = chromium.new_context(locale="zh-CN")
    context.set_default_timeout(MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def outside(context) -> Iterator[list[str]]:
    """Addresses beyond this machine that pages have asked for in this test."""
    asked: list[str] = []

    def watch(request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            asked.append(request.url)

    context.on("request", watch)
    yield asked
    context.remove_listener("request", watch)


@pytest.fixture
def new_page(context) -> Iterator[object]:
    """Opens the chat page at an address; closed after the test."""
    pages = []

    def open_page(url: str):
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(url)
        page.wait_for_selector(".zd-welcome")
        return page

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture(scope="package")
def axe() -> str:
    """axe-core's script, which never comes into the project."""
    package = pytest.importorskip(
        "axe_playwright_python",
        reason="SKIPPED: axe-playwright-python is not installed (make test installs it); accessibility is not checked",
    )
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
