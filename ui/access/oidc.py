"""Signing in at an OpenID Connect provider: code flow with PKCE (RFC 7636), state and nonce.

OpenID Connect Core 1.0, sections 3.1 and 5.3. The ID token's signature, issuer, audience, time and nonce are checked with
the provider's own keys; what it does not tell of name and groups is asked for at the userinfo endpoint. The access token
is used for that and forgotten. The provider is the only other machine that the service speaks to, and only for this.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import jwt
from sqlalchemy import delete, insert, select

from index.errors import ZhidaError
from rag.settings import Settings
from ui.access.identify import clean_groups
from ui.access.sessions import hashed
from ui.access.store import Store, logins
from ui.access.subject import is_name
from ui.loopback import is_loopback

CALLBACK = "/login/callback"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
PATIENCE = 600.0  # seconds that somebody may take at the provider
KEPT = 3600.0  # seconds that the provider's description and keys are kept
TIMEOUT = 10.0
LEEWAY = 60
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class SignInFailed(ZhidaError):
    """The provider did not let somebody in, or what it said does not hold."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says it was, and where he wanted to go."""

    name: str
    groups: frozenset[str]
    next: str


class Provider:
    """The provider of the settings."""

    def __init__(
        self, settings: Settings, store: Store, client: Callable[[], httpx.Client] | None = None
    ) -> None:
        self._settings = settings
        self._store = store
        self._client = client or (lambda: httpx.Client(timeout=TIMEOUT, follow_redirects=False))
        self._described: tuple[float, dict[str, Any]] = (0.0, {})
        self._keys: tuple[float, list[jwt.PyJWK]] = (0.0, [])

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back to; it has to be registered there."""
        return self._settings.public_url.rstrip("/") + CALLBACK

    def begin(self, next: str) -> tuple[str, str]:
        """The provider's address to go to, and the state that the browser keeps meanwhile. Raises SignInFailed."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        moment = time.time()
        row = {"hash": hashed(state), "nonce": nonce, "verifier": verifier, "next": next, "begun": moment}
        described = self._description()
        with self._store.writing() as connection:
            connection.execute(delete(logins).where(logins.c.begun < moment - PATIENCE))
            connection.execute(insert(logins), row)
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self._settings.oidc_scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        endpoint = described["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}", state

    def finish(self, state: str, code: str, issuer: str = "") -> Identity:
        """Who came back with this state and code; a state serves once. Raises SignInFailed."""
        with self._store.writing() as connection:
            row = connection.execute(select(logins).where(logins.c.hash == hashed(state))).one_or_none()
            connection.execute(delete(logins).where(logins.c.hash == hashed(state)))
        if row is None or row.begun < time.time() - PATIENCE:
            raise SignInFailed("登录超时，请再试一次 signing in took too long, try again")
        if issuer and issuer != self._settings.oidc_issuer:
            raise SignInFailed("登录来自别的提供方 the answer is from another provider")  # RFC 9207
        with self._client() as client:
            tokens = self._tokens(client, code, row.verifier)
            claims = self._claims(client, str(tokens.get("id_token", "")), row.nonce)
            wanted = {self._settings.oidc_user_claim, self._settings.oidc_groups_claim} - {""}
            if wanted - claims.keys():
                claims = {**self._userinfo(client, tokens, str(claims["sub"])), **claims}
        name = claims.get(self._settings.oidc_user_claim)
        if not isinstance(name, str) or not is_name(name):
            raise SignInFailed(
                f"提供方没有给出可用的名字 the provider gave no usable name in {self._settings.oidc_user_claim!r}"
            )
        groups = clean_groups(claims.get(self._settings.oidc_groups_claim))
        return Identity(name, groups, row.next)

    def _description(self) -> dict[str, Any]:
        """The provider's own description, kept for an hour."""
        if self._described[0] > time.monotonic():
            return self._described[1]
        issuer = self._settings.oidc_issuer
        _check_address(issuer)
        with self._client() as client:
            described = _json(client, "GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
        if described.get("issuer") != issuer:
            raise SignInFailed(
                f"oidc_issuer 与提供方自称的不同 is not what the provider calls itself: {str(described.get('issuer'))[:200]}"
            )
        for name in ENDPOINTS:
            _check_address(str(described.get(name, "")))
        self._described = (time.monotonic() + KEPT, described)
        return described

    def _tokens(self, client: httpx.Client, code: str, verifier: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        form["code_verifier"] = verifier
        id, secret = self._settings.oidc_client_id, self._settings.oidc_client_secret
        auth = httpx.BasicAuth(quote(id, safe=""), quote(secret, safe="")) if secret else None
        if auth is None:
            form["client_id"] = id
        return _json(client, "POST", self._description()["token_endpoint"], data=form, auth=auth)

    def _claims(self, client: httpx.Client, token: str, nonce: str) -> dict[str, Any]:
        """What a valid ID token says."""
        try:
            header = jwt.get_unverified_header(token)
            key = self._key(client, header)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._settings.oidc_client_id,
                issuer=self._settings.oidc_issuer,
                leeway=LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise SignInFailed(
                f"提供方的令牌无效 the provider's token is not valid: {type(error).__name__}"
            ) from None
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise SignInFailed("提供方的令牌不是给这次登录的 the token is not for this sign-in (nonce)")
        if claims.get("azp", self._settings.oidc_client_id) != self._settings.oidc_client_id:
            raise SignInFailed("提供方的令牌是给别人的 the token is for another client (azp)")
        return claims

    def _key(self, client: httpx.Client, header: dict[str, Any]) -> jwt.PyJWK:
        """The provider's key of this token; they are fetched again when it is not among them, as providers change keys."""
        for fresh in (False, True):
            if fresh or self._keys[0] <= time.monotonic():
                found = _json(client, "GET", self._description()["jwks_uri"])
                self._keys = (time.monotonic() + KEPT, jwt.PyJWKSet.from_dict(found).keys)
            fit = [key for key in self._keys[1] if header.get("kid") in (None, key.key_id)]
            # Its own type of key decides the algorithm, never the token alone.
            fit = [key for key in fit if key.algorithm_name == header.get("alg") in ALGORITHMS]
            if fit:
                return fit[0]
        raise jwt.InvalidKeyError("no key")

    def _userinfo(self, client: httpx.Client, tokens: dict[str, Any], subject: str) -> dict[str, Any]:
        endpoint = self._description().get("userinfo_endpoint")
        if not isinstance(endpoint, str) or not isinstance(tokens.get("access_token"), str):
            return {}
        _check_address(endpoint)
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        claims = _json(client, "GET", endpoint, headers=headers)
        if claims.get("sub") != subject:
            raise SignInFailed("提供方前后说的不是同一个人 the provider speaks of two different people")
        return claims


def challenge(verifier: str) -> str:
    """The S256 challenge of RFC 7636.

    >>> challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _check_address(url: str) -> None:
    """Raises SignInFailed for an endpoint to which secrets would go in the clear."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise SignInFailed(f"提供方的地址应为 https the provider's addresses must be https: {url[:200]!r}")


def _json(client: httpx.Client, method: str, url: str, **options: Any) -> dict[str, Any]:
    try:
        options.setdefault("headers", {})["Accept"] = "application/json"
        response = client.request(method, url, **options)
        content = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise SignInFailed(f"联系不上登录提供方 cannot reach the provider: {type(error).__name__}") from None
    if response.status_code != 200 or not isinstance(content, dict):
        raise SignInFailed(f"登录提供方拒绝了 the provider refused: {response.status_code}")
    return content
