"""Widgets' tokens: what opens, what is refused and why; the limits of a widget."""

import time

import jwt
import pytest

from index.errors import NotThere, SettingsError
from ui.access.accounts import Accounts
from ui.access.store import Store
from ui.access.subject import Subject
from ui.access.widgets import LEEWAY, LONGEST, Limits, Refused, Widgets, checked_origin, sign

ORIGIN = "https://portal.example"


@pytest.fixture
def accounts(tmp_path):
    return Accounts(Store(tmp_path))


@pytest.fixture
def widgets(tmp_path, accounts):
    return Widgets(Store(tmp_path), accounts)


@pytest.fixture
def secret(widgets):
    return widgets.add("portal", [ORIGIN, "http://localhost:8080"])


def claims(**changes):
    now = int(time.time())
    given = {"aud": "portal", "sub": "amei", "origin": ORIGIN, "iat": now, "exp": now + 300, "jti": "1"}
    given |= {"name": "阿梅", "groups": ["rd"]} | changes
    return {name: value for name, value in given.items() if value is not None}


def reason(widgets, token, origin=ORIGIN):
    with pytest.raises(Refused) as refused:
        widgets.subject(token, origin)
    return refused.value.reason


def test_a_token_says_who_asks(widgets, accounts, secret):
    accounts.allow("研发", ["rd"])
    token = sign(secret, "portal", "amei", origin=ORIGIN, groups=("rd",))
    assert widgets.subject(token, ORIGIN) == Subject(
        "widget/portal/amei",
        frozenset({"rd", "everyone", "public"}),
        "reader",
        "widget",
        "portal",
        frozenset({"", "研发"}),
    )


def test_a_widget_offers_no_more_than_its_collections(widgets, accounts):
    accounts.allow("研发", ["rd"])
    accounts.allow("人事", ["rd"])
    secret = widgets.add("small", [ORIGIN], ["研发"])
    token = sign(secret, "small", "amei", origin=ORIGIN, groups=("rd",))
    assert widgets.subject(token, ORIGIN).reads == {"研发"}


def test_what_is_refused(widgets, secret):
    now = int(time.time())
    other = widgets.add("other", [ORIGIN])

    def made(key=secret, algorithm="HS256", **changes):
        return jwt.encode(claims(**changes), key, algorithm=algorithm)

    assert widgets.subject(made(), ORIGIN).name == "widget/portal/amei"
    assert reason(widgets, "") == "malformed"
    assert reason(widgets, "a.b.c") == "malformed"
    assert reason(widgets, made(other)) == "signature"
    assert reason(widgets, made(other, aud="other"), "https://elsewhere.example") == "origin"
    assert reason(widgets, made(aud="nonesuch")) == "widget"
    assert reason(widgets, made(aud=["portal"])) == "widget"
    assert reason(widgets, made(exp=now - LEEWAY - 5, iat=now - 300)) == "expired"
    assert reason(widgets, made(iat=now + LEEWAY + 60, exp=now + 300)) == "claims"
    assert reason(widgets, made(exp=now + LONGEST + 100)) == "lifetime"
    assert reason(widgets, made(exp=now - 1, iat=now + 1)) == "lifetime"
    assert reason(widgets, made(algorithm="HS512")) == "claims"
    assert reason(widgets, jwt.encode(claims(), "", algorithm="none")) == "claims"
    for missing in ("sub", "origin", "iat", "exp", "jti"):
        assert reason(widgets, made(**{missing: None})) == "claims", missing
    for sub in ("", "~visitor", "a/b", 7, "x" * 200):
        assert reason(widgets, made(sub=sub)) == "claims", sub
    for groups in ("rd", [1], ["everyone"], ["a b"], ["g"] * 501):
        assert reason(widgets, made(groups=groups)) == "claims", groups


def test_a_token_does_not_travel_to_another_origin(widgets, secret):
    token = sign(secret, "portal", "amei", origin=ORIGIN)
    for origin in (
        "http://localhost:8080",
        "https://portal.example:444",
        "http://portal.example",
        "null",
        "",
    ):
        assert reason(widgets, token, origin) == "origin"
    elsewhere = sign(secret, "portal", "amei", origin="https://evil.example")
    assert reason(widgets, elsewhere, "https://evil.example") == "origin"


def test_disabling_and_revoking_work_at_once(widgets, accounts, secret):
    token = sign(secret, "portal", "amei", origin=ORIGIN)
    accounts.disable("amei")
    assert reason(widgets, token) == "disabled"
    accounts.enable("amei")
    assert widgets.subject(token, ORIGIN)
    assert widgets.known("portal").frame_ancestors == f"http://localhost:8080 {ORIGIN}"
    widgets.revoke("portal")
    assert reason(widgets, token) == "widget"
    assert widgets.known("portal").frame_ancestors == "'none'"
    with pytest.raises(NotThere):
        widgets.usable("portal")


def test_a_rotated_secret_stays_good_until_the_next(widgets, secret):
    tokens = [sign(secret, "portal", "amei", origin=ORIGIN)]
    for _ in range(2):
        tokens.append(sign(widgets.rotate("portal"), "portal", "amei", origin=ORIGIN))
    assert reason(widgets, tokens[0]) == "signature"
    assert widgets.subject(tokens[1], ORIGIN) == widgets.subject(tokens[2], ORIGIN)
    widgets.rotate("portal", now_only=True)
    assert reason(widgets, tokens[2]) == "signature"


def test_a_visitor_stays_the_same_and_reads_what_is_public(widgets, accounts):
    accounts.allow("公开", ["public"])
    accounts.allow("内网", ["everyone"])
    secret = widgets.add("help", [ORIGIN], anonymous=True)
    first = widgets.visit("help", ORIGIN)
    subject = widgets.subject(first, ORIGIN)
    assert (subject.reads, subject.groups, subject.signed_in) == (
        frozenset({"公开"}),
        frozenset({"public"}),
        False,
    )
    assert widgets.subject(widgets.visit("help", ORIGIN, first), ORIGIN).name == subject.name
    assert widgets.subject(widgets.visit("help", ORIGIN), ORIGIN).name != subject.name
    # Another's name is not to be had by asking for it.
    named = sign(secret, "help", "amei", origin=ORIGIN)
    assert widgets.subject(widgets.visit("help", ORIGIN, named), ORIGIN).name.startswith("widget/help/~")
    for id, origin in (("help", "https://evil.example"), ("nonesuch", ORIGIN)):
        with pytest.raises(NotThere):
            widgets.visit(id, origin)


def test_a_widget_for_known_people_has_no_visitors(widgets, secret):
    with pytest.raises(NotThere):
        widgets.visit("portal", ORIGIN)
    assert reason(widgets, sign(secret, "portal", "v", origin=ORIGIN, visitor=True)) == "anonymous"


def test_the_limits_of_a_user_and_of_all(widgets, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: moment[0])
    moment = [1_800_000_000.0]
    widgets.add("help", [ORIGIN], limits=Limits(per_minute=2, per_day=5))

    def wait(user):
        return widgets.wait(Subject(f"widget/help/{user}", role="reader", via="widget", widget="help"))

    assert [wait("a"), wait("a"), wait("a")] == [0, 0, 61]
    assert wait("b") == 0
    moment[0] += 61
    assert [wait("a"), wait("a")] == [0, 0]
    assert wait("c") > 60  # the day's five are used up


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Portal.Example/", ORIGIN),
        ("https://portal.example:443", ORIGIN),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origins_as_browsers_write_them(given, kept):
    assert checked_origin(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "*",
        "https://*.example",
        "portal.example",
        "https://a.example/path",
        "https://u@a.example",
        "null",
        "https://",
        "ftp://a.example",
        "https://a.example:x",
        "https://a b",
        "https://a.example;script-src *",
    ],
)
def test_what_is_no_origin(given):
    with pytest.raises(SettingsError):
        checked_origin(given)


@pytest.mark.parametrize("id", ["", "a b", "a/b", "中", "x" * 65])
def test_names_of_widgets(widgets, id):
    with pytest.raises(SettingsError):
        widgets.add(id, [ORIGIN])
