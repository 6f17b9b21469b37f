"""Signing in at an identity provider: the whole flow against a small one in the tests, with every lie it could tell."""

import json
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI
from starlette.testclient import TestClient

from rag.settings import Settings
from ui.access.guard import Guard
from ui.access.identify import Access
from ui.access.oidc import Provider, SignInFailed, challenge
from ui.access.sessions import COOKIE
from ui.access.signin import STATE_COOKIE, signin_routes

ISSUER = "https://login.example"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class FakeProvider:
    """Answers as a provider does; `lies` change what it says."""

    def __init__(self):
        self.lies = {}
        self.codes = {}
        self.calls = []

    def authorize(self, address):
        """What the browser brings back: the state, and a code for the query that it came with."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.codes["code-1"] = query
        return query["state"]

    def __call__(self, request):
        self.calls.append(request)
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            named = {"authorization": "/auth", "token": "/token", "userinfo": "/me"}
            described = {f"{name}_endpoint": ISSUER + path for name, path in named.items()}
            return httpx.Response(
                200,
                json={"issuer": ISSUER, "jwks_uri": ISSUER + "/jwks"}
                | described
                | self.lies.get("description", {}),
            )
        if path == "/jwks":
            key = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
            return httpx.Response(200, json={"keys": [key | {"kid": "k1", "alg": "RS256", "use": "sig"}]})
        if path == "/me":
            assert request.headers["authorization"] == "Bearer at"
            return httpx.Response(
                200, json={"sub": "u-17", "name": "阿梅", "groups": ["rd"]} | self.lies.get("userinfo", {})
            )
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        query = self.codes.pop(form["code"], None)
        if query is None or challenge(form["code_verifier"]) != query["code_challenge"]:
            return httpx.Response(400, json={"error": "invalid_grant"})
        assert form["redirect_uri"] == query["redirect_uri"] == "https://bot.example/login/callback"
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": "u-17",
            "aud": "zhida",
            "iat": now,
            "exp": now + 300,
            "nonce": query["nonce"],
        }
        claims = {
            name: value for name, value in (claims | self.lies.get("claims", {})).items() if value is not None
        }
        token = jwt.encode(
            claims,
            self.lies.get("key", KEY),
            self.lies.get("algorithm", "RS256"),
            {"kid": self.lies.get("kid", "k1")},
        )
        return httpx.Response(200, json={"access_token": "at", "token_type": "Bearer", "id_token": token})


@pytest.fixture
def fake():
    return FakeProvider()


@pytest.fixture
def access(tmp_path):
    settings = Settings(
        home=tmp_path,
        auth="oidc",
        oidc_issuer=ISSUER,
        oidc_client_id="zhida",
        oidc_client_secret="s/e:cret",
        public_url="https://bot.example",
        admin_group="bot-admins",
    )
    return Access(settings)


@pytest.fixture
def provider(access, fake):
    return Provider(access.settings, access.store, lambda: httpx.Client(transport=httpx.MockTransport(fake)))


@pytest.fixture
def client(access, provider):
    router, app = signin_routes(access, provider), FastAPI()
    app.add_middleware(Guard, access=access, routes=router.routes)
    app.include_router(router)
    return TestClient(app, base_url="https://bot.example", follow_redirects=False)


def test_the_whole_flow(access, client, fake):
    access.accounts.allow("研发", ["rd"])
    assert 'href="/login/start?next=/api/docs"' in client.get("/login?next=/api/docs").text
    start = client.get("/login/start?next=/api/docs")
    query = parse_qs(urlsplit(start.headers["location"]).query)
    assert query["response_type"] == ["code"] and query["code_challenge_method"] == ["S256"]
    state = fake.authorize(start.headers["location"])
    back = client.get("/login/callback", params={"state": state, "code": "code-1", "iss": ISSUER})
    assert (back.status_code, back.headers["location"]) == (303, "/api/docs")
    (cookie,) = [line for line in back.headers.get_list("set-cookie") if line.startswith(COOKIE)]
    assert "HttpOnly" in cookie and "Secure" in cookie and "SameSite=lax" in cookie
    subject = access._from_session(client.cookies[COOKIE])
    assert (subject.name, subject.via, subject.role) == ("u-17", "oidc", "reader")
    assert subject.reads == {"", "研发"}
    token = next(call for call in fake.calls if call.url.path == "/token")
    assert token.headers["authorization"] == httpx.BasicAuth("zhida", "s%2Fe%3Acret")._auth_header
    access.accounts.disable("u-17")
    assert access._from_session(client.cookies[COOKIE]).role == "nobody"


def test_a_group_makes_an_administrator(provider, fake, access):
    fake.lies["userinfo"] = {"groups": ["bot-admins"]}
    identity = provider.finish(fake.authorize(provider.begin("/")[0]), "code-1")
    assert access.subject(identity.name, "oidc", identity.groups, None).role == "admin"


def test_the_disabled_are_not_let_in(access, client, fake):
    access.accounts.disable("u-17")
    state = fake.authorize(client.get("/login/start").headers["location"])
    assert client.get("/login/callback", params={"state": state, "code": "code-1"}).status_code == 403
    assert COOKIE not in client.cookies


@pytest.mark.parametrize(
    "lies",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another-client"}},
        {"claims": {"aud": ["zhida", "another"], "azp": "another"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"exp": 1_000_000_000}},
        {"claims": {"exp": None}},
        {"claims": {"sub": "widget/portal/amei"}},
        {"claims": {"sub": ""}},
        {"key": OTHER_KEY},
        {"kid": "unknown"},
        {"key": ec.generate_private_key(ec.SECP256R1()), "algorithm": "ES256"},
        {"key": "s/e:cret-and-then-some-more-of-it-to-be-long", "algorithm": "HS256"},
        {"key": None, "algorithm": "none"},
        {"userinfo": {"sub": "somebody-else"}},
        {"description": {"issuer": "https://evil.example"}},
        {"description": {"token_endpoint": "http://login.example/token"}},
    ],
    ids=lambda lies: json.dumps(lies, default=lambda _: "…"),
)
def test_a_provider_that_lies_lets_nobody_in(lies, provider, fake):
    fake.lies = lies
    with pytest.raises(SignInFailed):
        provider.finish(fake.authorize(provider.begin("/")[0]), "code-1")


def test_a_state_serves_once_and_only_in_its_browser(client, provider, fake):
    state = fake.authorize(client.get("/login/start").headers["location"])
    assert client.get("/login/callback", params={"state": state, "code": "wrong"}).status_code == 403
    assert client.get("/login/callback", params={"state": state, "code": "code-1"}).status_code == 403
    state = fake.authorize(client.get("/login/start").headers["location"])
    client.cookies.delete(STATE_COOKIE)  # another browser, led here with somebody's code
    assert client.get("/login/callback", params={"state": state, "code": "code-1"}).status_code == 400
    for query in ({}, {"state": state}, {"error": "<script>"}):
        answer = client.get("/login/callback", params=query)
        assert answer.status_code == 400 and "<script>" not in answer.text
    with pytest.raises(SignInFailed):
        provider.finish(fake.authorize(provider.begin("/")[0]), "code-1", "https://mixed-up.example")


def test_a_provider_that_is_away(client, fake):
    fake.lies["description"] = {"issuer": "x"}
    assert client.get("/login/start").status_code == 502
