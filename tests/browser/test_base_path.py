"""The whole page below a path, behind Debian's nginx with HTTPS: signing in, asking, opening a citation, signing out."""

import pytest

from rag.settings import Settings
from tests.browser.proxies import nginx
from tests.ui.doubles import ScriptedChatbot, answered, passage
from tests.ui.serving import serving
from tests.waiting import MILLISECONDS
from ui.screenshot import ask
from ui.texts import ZH

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
]

PASSWORD = "a long enough secret"


def complains(line) -> bool:
    return line.type == "error" and not line.location["url"].endswith("/favicon.ico")


@pytest.fixture
def below(chromium, tmp_path):
    """(origin, a page there that keeps what it asks for): the service at /bot/ with a reader called 林."""
    from ui.server import create_app

    source = passage()
    chatbot = ScriptedChatbot({"问": answered("问", source, "首句在此。")}, pause=0.05)
    chatbot.library.stored = {source.id: source}
    settings = Settings(
        home=chatbot.library.home, auth="password", base_path="/bot", trusted_proxies="127.0.0.1"
    )
    app = create_app(chatbot, settings)
    app.state.service.access.accounts.add("林", PASSWORD)
    app.state.service.access.accounts.allow("", ["everyone"])
    context = chromium.new_context(ignore_https_errors=True, locale="zh-CN")
    context.set_default_timeout(MILLISECONDS)
    with serving(app) as direct, nginx(direct, direct, tmp_path) as origin:
        page = context.new_page()
        page.answers, page.said = [], []
        page.on("response", lambda response: page.answers.append((response.status, response.url)))
        page.on("console", lambda line: page.said.append(line.text) if complains(line) else None)
        yield origin, page
        context.close()


def test_signing_in_asking_and_leaving_below_a_path(below):
    origin, page = below
    page.goto(f"{origin}/bot")
    assert page.url == f"{origin}/bot/login?next=/"
    page.fill("#name", "林")
    page.fill("#password", PASSWORD)
    page.click("button")
    page.wait_for_selector(".zd-welcome")
    assert page.url == f"{origin}/bot/"
    assert page.locator(".zd-who").inner_text() == "林"
    ask(page, "问")
    page.locator(".zd-answer button.cite").first.click()
    assert "首句在此。" in page.locator(".zd-panel mark").first.inner_text()
    for cookie in page.context.cookies():
        assert (cookie["path"], cookie["httpOnly"]) == ("/bot", True), cookie
        assert cookie["secure"] or cookie["name"] == "zhida_visitor"
    assert page.said == []
    beside = {url for _, url in page.answers if not url.startswith(f"{origin}/bot/")}
    assert beside <= {f"{origin}/bot", f"{origin}/favicon.ico"}  # browsers ask for an icon by themselves
    assert [answer for answer in page.answers if answer[0] >= 400 and answer[1] not in beside] == []
    page.click(f"text={ZH.sign_out}")
    page.wait_for_url(f"{origin}/bot/logout")
    page.click("button")
    page.wait_for_url(f"{origin}/bot/login")
    page.goto(f"{origin}/bot/")
    assert page.url == f"{origin}/bot/login?next=/"
