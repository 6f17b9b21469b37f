"""The service below a path of its own, and what is believed of a proxy before it. No browser: see tests.browser.test_base_path."""

import pytest
from starlette.testclient import TestClient

from index.errors import SettingsError
from rag.settings import Settings
from tests.ui.doubles import ScriptedChatbot, answered, passage
from ui.access.identify import Access
from ui.access.proxy import base_path
from ui.access.sessions import COOKIE
from ui.access.subject import VISITOR_COOKIE
from ui.server import create_app

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client():
    chatbot = ScriptedChatbot({"问": answered("问", passage(url=""), "首句在此。")})
    settings = Settings(home=chatbot.library.home, auth="password", base_path="/bot/")
    app = create_app(chatbot, settings, chat=False)
    app.state.service.access.accounts.add("lin", "a long enough secret", "editor", [])
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        yield client


@pytest.fixture
def session(client):
    """The headers of somebody who is signed in."""
    sessions = client.app.state.service.access.sessions
    return {"Cookie": f"{COOKIE}={sessions.begin('lin', 'password')}"}


def test_everything_is_below_the_path_and_nothing_beside_it(client, session):
    for path in ("/healthz", "/readyz", "/api/conversations", "/api/docs", "/widget.js", "/login"):
        assert client.get(f"/bot{path}", headers=session).status_code in (200, 303), path
        for wrong in (path, f"/botany{path}", f"/other{path}"):
            assert client.get(wrong, headers=session).status_code == 404, wrong
    assert "/bot/" in client.get("/healthz").json()["error"]


def test_the_path_itself_leads_below_it(client):
    for path in ("/", "/bot"):
        answer = client.get(f"{path}?lang=en")
        assert (answer.status_code, answer.headers["location"]) == (307, "/bot/?lang=en")


def test_signing_in_stays_below_the_path_with_its_cookie(client):
    answer = client.get("/bot/sources/7?start=1", headers=HTML)
    assert answer.headers["location"] == "/bot/login?next=/sources/7%3Fstart%3D1"
    page = client.get(answer.headers["location"], headers=HTML)
    assert 'action="/bot/login"' in page.text and 'value="/sources/7?start=1"' in page.text
    form = {"name": "lin", "password": "a long enough secret", "next": "/sources/7?start=1"}
    entered = client.post("/bot/login", data=form)
    assert (entered.status_code, entered.headers["location"]) == (303, "/bot/sources/7?start=1")
    cookies = [value for name, value in entered.headers.multi_items() if name == "set-cookie"]
    assert any(cookie.startswith(COOKIE) and "Path=/bot;" in cookie for cookie in cookies)
    gone = client.post("/bot/logout")
    assert gone.headers["location"] == "/bot/login"


def test_the_visitors_cookie_is_for_pages_below_the_path_and_no_widget_has_it(client):
    client.cookies.clear()
    cookie = client.get("/bot/login", headers=HTML).headers["set-cookie"]
    assert cookie.startswith(VISITOR_COOKIE) and "Path=/bot;" in cookie
    for path in ("/widget", "/widget?widget=none", "/widget.js", "/widget/chat.js", "/widget/demo"):
        client.cookies.clear()
        assert "set-cookie" not in client.get(f"/bot{path}", headers=HTML).headers, path


def test_errors_keep_their_shape_and_links_of_answers_the_path(client, session):
    assert "message" in client.get("/bot/v1/nothing", headers=session).json()["error"]
    body = {"model": "zhida", "messages": [{"role": "user", "content": "问"}]}
    told = client.post("/bot/v1/chat/completions", json=body, headers=session).json()
    (note,) = told["choices"][0]["message"]["annotations"]
    assert note["url_citation"]["url"] == "/bot/api/sources/7"


def test_files_may_be_as_large_below_a_path(client, session):
    size = 3 * 1024 * 1024  # more than any other request may bring
    files = {"files": ("大.txt", b"0" * size, "text/plain")}
    assert client.post("/bot/api/documents", files=files, headers=session).status_code != 413
    assert client.post("/bot/api/ask", content=b"0" * size, headers=session).status_code == 413


def test_what_gradio_would_believe_of_anybody_does_not_reach_it():
    from ui.access.proxy import Forwarded, TrustedProxies

    seen = {}

    async def inner(scope, receive, send):
        seen.update(scope)

    def ask(trusted):
        headers = {
            "host": "127.0.0.1",
            "x-forwarded-host": "bot.example",
            "x-forwarded-proto": "https",
            "x-gradio-server": "http://evil.example",
        }
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "client": ("10.0.0.1", 1), "scheme": "http", "headers": raw}
        with pytest.raises(StopIteration):
            Forwarded(inner, TrustedProxies(trusted))(scope, None, None).__await__().send(None)
        return seen["scheme"], seen["headers"]

    assert ask("10.0.0.1") == ("https", [(b"host", b"bot.example")])
    assert ask("10.0.0.2") == ("http", [(b"host", b"127.0.0.1")])


def test_only_plain_paths_are_taken():
    assert [base_path(given) for given in ("", "/", "/bot", "/bot/", "/a/b-c_1.d")] == [
        "",
        "",
        "/bot",
        "/bot",
        "/a/b-c_1.d",
    ]
    for wrong in ("bot", "//bot", "/a//b", "/../x", "/a b", "/a?b", "/a\n", "/文", "http://a/b", "/a;b"):
        with pytest.raises(SettingsError):
            base_path(wrong)


def test_the_public_address_has_to_end_with_the_path(tmp_path):
    for url, fine in (
        ("https://a.example/bot", True),
        ("https://a.example/bot/", True),
        ("https://a.example", False),
    ):
        settings = Settings(home=tmp_path, base_path="/bot", public_url=url)
        if fine:
            Access(settings)
        else:
            with pytest.raises(SettingsError):
                Access(settings)
