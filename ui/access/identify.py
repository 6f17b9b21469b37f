"""A request → its subject, by the setting `auth`; whatever is not certain makes nobody of it.

    none       whoever reaches the service, which then listens to this machine alone, is its administrator
    password   a session cookie, begun at /login with name and password
    oidc       a session cookie, begun at the identity provider
    header     name and groups from a reverse proxy, if the connection comes from a trusted one

Beside each of them widgets bring tokens. A request with a token is that token's, whatever cookies it has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from index.errors import SettingsError
from rag.settings import Settings
from ui.access.accounts import Accounts, User
from ui.access.audit import Audit
from ui.access.policy import RANK
from ui.access.proxy import PEER, TrustedProxies, base_path
from ui.access.sessions import COOKIE, Sessions
from ui.access.store import Store
from ui.access.subject import (
    ANYBODY_HERE,
    EVERYONE,
    NOBODY,
    PUBLIC,
    RESERVED,
    Role,
    Subject,
    Via,
    is_name,
)
from ui.access.widgets import ORIGIN_HEADER, Refused, Widgets
from ui.loopback import is_loopback

Mode = Literal["none", "password", "header", "oidc"]
MOST_GROUPS = 1000


class Access:
    """All that decides who comes in, for the library in `home`."""

    def __init__(self, settings: Settings, home: Path | None = None) -> None:
        """Raises SettingsError for settings that do not go together."""
        if settings.auth not in get_args(Mode):
            raise SettingsError(
                f"设置 auth 应为 must be one of {', '.join(get_args(Mode))}: {settings.auth!r}"
            )
        self.settings = settings
        self.mode = cast(Mode, settings.auth)
        self.trusted = TrustedProxies(settings.trusted_proxies)
        if self.mode == "header" and not self.trusted:
            raise SettingsError(
                "auth=header 要求设置 trusted_proxies: auth=header needs trusted_proxies, the addresses of the proxy"
            )
        if self.mode == "oidc" and not (
            settings.oidc_issuer and settings.oidc_client_id and settings.public_url
        ):
            raise SettingsError(
                "auth=oidc 要求设置 oidc_issuer、oidc_client_id、public_url: auth=oidc needs these settings"
            )
        base = base_path(settings.base_path)
        if base and settings.public_url and urlsplit(settings.public_url).path.rstrip("/") != base:
            raise SettingsError(
                f"public_url 应以 base_path 结尾 public_url must end with base_path: {base!r}, {settings.public_url!r}"
            )
        self.store = Store(settings.home if home is None else home)
        self.accounts = Accounts(self.store)
        self.sessions = Sessions(self.store)
        self.widgets = Widgets(self.store, self.accounts)
        self.audit = Audit(self.store)

    @property
    def signs_in(self) -> bool:
        """Whether people sign in on a page of ours."""
        return self.mode in ("password", "oidc")

    def check(self) -> None:
        """Raises SettingsError if nobody could sign in."""
        if self.mode == "password" and not self.accounts.listed():
            raise SettingsError(
                "还没有用户 there is no user yet: 请先 first `zhida user add NAME --role admin`"
            )

    def identify(self, request: HTTPConnection) -> Subject:
        """Who makes this request. Raises Refused for a token that is no good, and AccessUnavailable."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        origin = request.headers.get(ORIGIN_HEADER, "")
        if scheme.lower() == "bearer" and (origin or token.count(".") == 2 or self.mode != "none"):
            return self.widgets.subject(token.strip(), origin)
        if self.mode == "none":
            # Bound to loopback and asked for under its names; see ui.commands.serve and ui.security.
            return ANYBODY_HERE if _from_here(request) else NOBODY
        if self.mode == "header":
            return self._from_headers(request)
        return self._from_session(request.cookies.get(COOKIE, ""))

    def subject(self, name: str, via: Via, groups: frozenset[str], user: User | None) -> Subject:
        """The subject of somebody who has proved his name; nobody if he is disabled."""
        if user is not None and user.disabled:
            return NOBODY
        held = groups | (user.groups if user is not None else frozenset())
        role: Role = user.role if user is not None else "reader"
        if via in ("header", "oidc"):
            role = max(role, self._role_of(held), key=RANK.__getitem__)
        named = held | {EVERYONE, PUBLIC}
        reads = None if role == "admin" else self.accounts.collections_of(named)
        return Subject(name, named, role, via, reads=reads)

    def _from_session(self, id: str) -> Subject:
        session = self.sessions.get(id) if id else None
        if session is None or session.via != self.mode:
            return NOBODY
        user = self.accounts.known(session.user)
        if user is None and session.via == "password":
            return NOBODY
        return self.subject(session.user, session.via, session.groups, user)

    def _from_headers(self, request: HTTPConnection) -> Subject:
        names = request.headers.getlist(self.settings.user_header)
        if request.scope.get(PEER, "") not in self.trusted or len(names) != 1:
            return NOBODY  # two names are a proxy that adds its own to the client's
        name = decoded(names[0]).strip()
        if not is_name(name):
            return NOBODY
        groups: set[str] = set()
        for line in request.headers.getlist(self.settings.groups_header):
            groups |= clean_groups(decoded(line).replace(";", ",").split(","))
        return self.subject(name, "header", frozenset(groups), self.accounts.known(name))

    def _role_of(self, groups: frozenset[str]) -> Role:
        """The role that groups of the proxy or the identity provider stand for."""
        if self.settings.admin_group and self.settings.admin_group in groups:
            return "admin"
        return "editor" if self.settings.editor_group and self.settings.editor_group in groups else "reader"


def clean_groups(groups: object) -> frozenset[str]:
    """The groups in what a proxy or an identity provider sent that can be groups here."""
    if isinstance(groups, str):
        groups = [groups]
    if not isinstance(groups, list | tuple):
        return frozenset()
    named = {group.strip() for group in groups[:MOST_GROUPS] if isinstance(group, str)}
    return frozenset(group for group in named if is_name(group) and group not in RESERVED)


def _from_here(request: HTTPConnection) -> bool:
    """Whether no proxy says that a request comes from another machine."""
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    return all(is_loopback(hop.strip()) for hop in hops if hop.strip())


def decoded(value: str) -> str:
    """A header's text: starlette reads Latin-1, proxies send UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


__all__ = ["Access", "Refused", "clean_groups"]
