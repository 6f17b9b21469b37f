"""A tab that is closed in the middle of an answer: its slot is free at once, and the answerer is told to stop."""

from __future__ import annotations

import time

import pytest

from rag.answer import Retrieved, Text
from tests.ui.doubles import ScriptedChatbot
from tests.ui.serving import serving
from tests.waiting import MILLISECONDS, PATIENCE, until
from ui import screenshot
from ui.server import create_app

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
]

LASTS = 5 * PATIENCE


class SlowChatbot(ScriptedChatbot):
    """Writes a word in each tenth of a second, or when asked 无声 nothing at all, for longer than any test waits."""

    under_way = 0
    over = False

    def stream(self, question, turns=(), where=None):
        if question.endswith("？"):  # the warm-up's
            yield Retrieved(question, ())
            return
        type(self).under_way += 1
        try:
            yield Retrieved(question, ())
            for _ in range(int(10 * LASTS)):
                if self.over:
                    return
                time.sleep(0.1)
                yield Text("" if question == "无声" else "字")
        finally:
            type(self).under_way -= 1


@pytest.fixture(scope="module")
def slow():
    app = create_app(SlowChatbot())
    with serving(app) as address:
        yield address, app.state.service.admission
        SlowChatbot.over = True


@pytest.fixture(scope="module")
def chromium():
    if not screenshot.CHROMIUM.is_file():
        pytest.skip(f"SKIPPED: no {screenshot.CHROMIUM}; install Debian's package chromium to close a tab")
    with screenshot.browser() as browser:
        yield browser


def asking(chromium, address, question, count=1):
    """A visitor of his own with so many tabs, in each of which he has just asked."""
    context = chromium.new_context(locale="zh-CN")
    context.set_default_timeout(MILLISECONDS)
    pages = []
    for _ in range(count):
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector(".zd-welcome")
        page.fill("#zd-question", question)
        page.press("#zd-question", "Enter")
        page.wait_for_selector(".zd-stage")
        pages.append(page)
    return context, pages


@pytest.mark.parametrize("question", ["慢慢写", "无声"])
@pytest.mark.parametrize("way", ["close", "leave"])
def test_a_closed_tab_frees_its_slot(chromium, slow, question, way):
    address, admission = slow
    context, (page,) = asking(chromium, address, question)
    until(lambda: admission.running == 1)
    page.wait_for_timeout(500)
    if way == "close":
        page.close()
    else:
        page.goto("about:blank")
    until(lambda: admission.running == 0 and SlowChatbot.under_way == 0)
    context.close()


def test_tabs_that_wait_leave_the_queue(chromium, slow):
    address, admission = slow
    context, pages = asking(chromium, address, "慢慢写", count=3)
    until(lambda: (admission.running, admission.waiting) == (1, 2))
    pages[1].close()
    until(lambda: admission.waiting == 1)
    pages[0].close()
    until(lambda: (admission.running, admission.waiting) == (1, 0))
    context.close()
    until(lambda: (admission.running, admission.waiting) == (0, 0))
