"""Signing in and out over HTTP, requests from other sites, the header of a reverse proxy, and a failing file of rights."""

import re
from pathlib import Path

import pytest
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from index.errors import SettingsError
from rag.settings import Settings
from tests.ui.doubles import ScriptedChatbot
from ui.access.identify import Access
from ui.access.policy import Forbidden, SignInNeeded, authorize
from ui.access.proxy import PEER, TrustedProxies
from ui.access.sessions import COOKIE
from ui.access.signin import local
from ui.access.subject import ANYBODY_HERE, NOBODY
from ui.commands.serve import bind
from ui.server import create_app

PASSWORD = "correct horse battery"
BOT = "http://127.0.0.1:7860"


def served(**settings):
    chatbot = ScriptedChatbot()
    app = create_app(chatbot, Settings(home=chatbot.library.home, **settings), chat=False)
    return app.state.service.access, TestClient(app, base_url=BOT, follow_redirects=False)


@pytest.fixture
def password():
    access, client = served(auth="password", allowed_hosts="bot.example")
    access.accounts.add("amei", PASSWORD)
    with client:
        yield access, client


def sign_in(client, name="amei", secret=PASSWORD, next="/", **options):
    return client.post("/login", data={"name": name, "password": secret, "next": next}, **options)


def test_signing_in_and_out(password):
    access, client = password
    assert client.get("/api/conversations").status_code == 401
    entered = sign_in(client, next="/api/conversations?limit=5")
    assert (entered.status_code, entered.headers["location"]) == (303, "/api/conversations?limit=5")
    cookie = entered.headers["set-cookie"]
    assert re.match(rf"{COOKIE}=[\w-]{{43}};", cookie)
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "Secure" not in cookie
    assert client.get("/api/conversations").status_code == 200
    assert "amei" in client.get("/logout").text
    kept = client.cookies[COOKIE]
    assert client.post("/logout").headers["location"] == "/login"
    assert client.get("/api/conversations").status_code == 401
    client.cookies.set(COOKIE, kept)
    assert client.get("/api/conversations").status_code == 401
    log = [(event.who, event.action, event.outcome) for event in access.audit.last()]
    assert log == [("amei", "sign-out", "ok"), ("amei", "sign-in", "ok")]


def test_disabling_ends_what_is_open(password):
    access, client = password
    sign_in(client)
    assert client.get("/api/conversations").status_code == 200
    access.accounts.disable("amei")
    assert client.get("/api/conversations").status_code == 401
    assert sign_in(client).status_code == 401


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(password):
    _, client = password
    wrong, unknown = sign_in(client, secret="wrong"), sign_in(client, name="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("amei", "") == unknown.text.replace("nobody", "")
    assert (
        "set-cookie" not in {**wrong.headers, **unknown.headers} or COOKIE not in wrong.headers["set-cookie"]
    )


def test_the_page_has_no_script_and_escapes_what_it_is_given(password):
    _, client = password
    page = sign_in(client, name='"><script>alert(1)</script>', next='/"><img src=x>')
    policy = page.headers["content-security-policy"]
    assert "<script" not in page.text and "<img" not in page.text
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy and "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.text.index("用户名") < page.text.index("name</small>")


def test_a_browser_is_led_to_the_page_and_back(password):
    _, client = password
    led = client.get("/some/page?a=1&b=%E4%B8%AD", headers={"Accept": "text/html,*/*"})
    assert (led.status_code, led.headers["location"]) == (
        303,
        "/login?next=/some/page%3Fa%3D1%26b%3D%25E4%25B8%25AD",
    )
    assert 'value="/some/page?a=1&amp;b=%E4%B8%AD"' in client.get(led.headers["location"]).text
    assert client.get("/some/page").status_code == 401


@pytest.mark.parametrize(
    "next",
    [
        "",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/a\\b",
        "/a\r\nSet-Cookie: x",
        "/login",
        "/" + "x" * 3000,
    ],
)
def test_nobody_is_led_elsewhere(next):
    assert local(next) == "/"


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Sec-Fetch-Site": "cross-site", "Origin": BOT},
]
OURS = [{}, {"Origin": BOT}, {"Sec-Fetch-Site": "same-origin", "Origin": BOT}, {"Sec-Fetch-Site": "none"}]


@pytest.mark.parametrize("auth", ["none", "password"])
def test_another_site_changes_nothing(auth):
    access, client = served(auth=auth)
    with client:
        if auth == "password":
            access.accounts.add("amei", PASSWORD)
            for headers in FOREIGN:
                assert sign_in(client, headers=headers).status_code == 403
            sign_in(client)
        for headers in FOREIGN:
            assert client.post("/api/conversations", json={}, headers=headers).status_code == 403
            assert client.get("/api/conversations", headers=headers).json() == {"conversations": []}
        for headers in OURS:
            assert client.post("/api/conversations", json={}, headers=headers).status_code == 201


def test_hosts(password):
    _, client = password
    answers = {
        host: client.get("/healthz", headers={"Host": host}).status_code
        for host in (
            "bot.example",
            "BOT.example:7860",
            "10.1.2.3:7860",
            "[fd00::1]",
            "localhost",
            "evil.example",
            "bot.example.evil.example",
        )
    }
    assert [host for host, status in answers.items() if status == 200] == [
        "bot.example",
        "BOT.example:7860",
        "10.1.2.3:7860",
        "[fd00::1]",
        "localhost",
    ]


def test_a_file_of_rights_that_is_damaged_shuts_everybody_out_but_says_it_lives(password, caplog):
    access, client = password
    sign_in(client)
    access.store.close()
    for file in access.store.file.parent.glob("access.db*"):
        file.unlink()
    access.store.file.write_bytes(b"garbage" * 1000)
    assert client.get("/api/conversations").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_who_is_at_the_other_end_of_a_proxy():
    trusted = TrustedProxies("127.0.0.1, 10.0.0.0/8 ::1")
    assert trusted.client("10.0.0.1", "203.0.113.9") == "203.0.113.9"
    assert trusted.client("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2") == "203.0.113.9"
    assert trusted.client("203.0.113.9", "1.2.3.4") == "203.0.113.9"  # no proxy of ours: its word is nothing
    assert trusted.client("10.0.0.1", "garbage") == "10.0.0.1"
    assert "::ffff:10.0.0.1" in trusted and "" not in trusted and "x" not in trusted
    with pytest.raises(SettingsError):
        TrustedProxies("proxy.example")


def asked(peer, headers):
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    return HTTPConnection({"type": "http", "headers": raw, PEER: peer, "client": (peer, 1)})


def test_the_header_of_a_trusted_proxy(tmp_path):
    settings = Settings(home=tmp_path, auth="header", trusted_proxies="10.0.0.0/8", admin_group="bot-admins")
    access = Access(settings)
    access.accounts.allow("研发", ["研发部"])
    user = ("X-Forwarded-User", "amei@corp.example")
    subject = access.identify(asked("10.0.0.1", [user, ("X-Forwarded-Groups", "研发部, everyone; a b")]))
    assert (subject.name, subject.role, subject.via) == ("amei@corp.example", "reader", "header")
    assert subject.groups == {"研发部", "everyone", "public"} and subject.reads == {"", "研发"}
    assert access.identify(asked("10.0.0.1", [user, ("X-Forwarded-Groups", "bot-admins")])).reads is None
    assert access.identify(asked("192.168.0.1", [user])) == NOBODY
    assert access.identify(asked("", [user])) == NOBODY
    assert access.identify(asked("10.0.0.1", [user, ("X-Forwarded-User", "admin")])) == NOBODY
    assert access.identify(asked("10.0.0.1", [("X-Forwarded-User", "widget/portal/amei")])) == NOBODY
    assert access.identify(asked("10.0.0.1", [("X-Forwarded-User", "")])) == NOBODY
    access.accounts.disable("amei@corp.example")
    assert access.identify(asked("10.0.0.1", [user])) == NOBODY


def test_without_signing_in_a_proxy_opens_nothing(tmp_path):
    access = Access(Settings(home=tmp_path))
    assert access.identify(asked("127.0.0.1", [])) == ANYBODY_HERE
    assert access.identify(asked("127.0.0.1", [("X-Forwarded-For", "127.0.0.1")])) == ANYBODY_HERE
    assert access.identify(asked("127.0.0.1", [("X-Forwarded-For", "10.0.0.7")])) == NOBODY
    assert access.identify(asked("127.0.0.1", [("Authorization", "Bearer sk-any")])) == ANYBODY_HERE


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": "nonsense"},
        {"auth": ""},
        {"auth": "header"},
        {"auth": "oidc"},
        {"auth": "header", "trusted_proxies": "proxy"},
    ],
)
def test_settings_that_do_not_go_together(settings, tmp_path):
    with pytest.raises(SettingsError):
        Access(Settings(home=tmp_path, **settings))


def test_nobody_is_served_before_somebody_can_sign_in(tmp_path):
    with pytest.raises(SettingsError, match="zhida user add"):
        Access(Settings(home=tmp_path, auth="password")).check()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1"])
def test_other_machines_may_connect_only_where_people_sign_in(host):
    with pytest.raises(SettingsError):
        bind(host, 0)
    if host == "0.0.0.0":
        bind(host, 0, "password").close()


def test_actions_and_roles():
    with pytest.raises(SignInNeeded):
        authorize(NOBODY, "ask")
    with pytest.raises(KeyError):
        authorize(ANYBODY_HERE, "no-such-action")
    authorize(ANYBODY_HERE, "manage-users")
    assert Forbidden.__doc__


def test_no_other_way_in_is_compiled_into_the_package():
    # `subject_of` knows nobody unless the guard said who: nothing but ui.access.guard may put a subject into a scope.
    writers = [
        file.name for file in Path("ui").rglob("*.py") if "scope[SCOPE] =" in file.read_text(encoding="utf-8")
    ]
    assert writers == ["guard.py"]
