"""Widgets on other pages: which there are, where they may stand, and the tokens by which they say who asks.

    host's back end     token = sign(secret, widget id, user, name, groups, origin)          at most ten minutes
    host's page         hands it to the frame by postMessage; nothing in a URL, no cookie
    frame               sends it as `Authorization: Bearer`, and the origin that the message came from as ORIGIN_HEADER
    here                Widgets.subject(token, origin) → Subject, or Refused

A token is a JWT (RFC 7519) signed by HS256 and nothing else, with a secret that serves this widget and this purpose only:
aud the widget, sub the user, name what to call him, groups, origin where the host's page stands, iat, exp, jti.
The widget and its user are looked up each time, so that revoking the one or disabling the other works at once.
An anonymous widget gets its tokens from here (`visit`); its visitors read what the group "public" may.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from urllib.parse import urlsplit

import jwt
from sqlalchemy import Row, insert, select, update

from index.errors import NotThere, SettingsError
from ui.access.accounts import Accounts
from ui.access.store import Store, now, widgets
from ui.access.subject import EVERYONE, PUBLIC, RESERVED, Subject, is_name

ORIGIN_HEADER = "X-Zhida-Origin"
"""In which the frame says the origin that its token was handed over from (`event.origin`)."""

ALGORITHM = "HS256"
LONGEST = 600  # seconds between iat and exp
LEEWAY = 30  # seconds that two clocks may differ
ID_LENGTH = 64
MOST_GROUPS = 500
SECRETS = 2  # the newest and the one before it, while hosts change over
CLAIMS = ["aud", "sub", "origin", "iat", "exp", "jti"]
WIDGET_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Refused(Exception):
    """A token that does not open anything. `reason` is for the log and a developer, in a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """How many questions a widget takes, of one user a minute and of all together a day."""

    per_minute: int = 10
    per_day: int = 5000


@dataclass(frozen=True, slots=True)
class Widget:
    """One widget. `origins` are exact (https://portal.example:8443); an empty `collections` offers all that its user may read."""

    id: str
    origins: frozenset[str]
    collections: frozenset[str] = frozenset()
    anonymous: bool = False
    limits: Limits = Limits()
    created: str = ""
    revoked: str = ""

    @property
    def frame_ancestors(self) -> str:
        """The value of the CSP directive for its page: who may put it into a frame."""
        return " ".join(sorted(self.origins)) if self.origins and not self.revoked else "'none'"


class Widgets:
    """The registry, and the check of tokens. Lives as long as the application; the counts of its limits do too."""

    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts
        self._asked: dict[str, deque[float]] = {}
        self._days: dict[str, tuple[int, int]] = {}

    def add(
        self,
        id: str,
        origins: list[str],
        collections: list[str] | None = None,
        *,
        anonymous: bool = False,
        limits: Limits = Limits(),
    ) -> str:
        """A new widget; returns its secret, which is shown this once. Raises SettingsError."""
        if not WIDGET_ID.fullmatch(id):
            raise SettingsError(
                f"挂件名只能有字母、数字、-、_ a widget's name has letters, digits, - and _ only: {id[:80]!r}"
            )
        if not origins:
            raise SettingsError(
                "至少要有一个网页来源 name at least one origin: --origin https://portal.example"
            )
        if self.known(id) is not None:
            raise SettingsError(f"已有此挂件 there is a widget of this name already: {id}")
        secret = secrets.token_urlsafe(48)
        row = {
            "id": id,
            "secrets": [secret],
            "origins": sorted({checked_origin(origin) for origin in origins}),
            "collections": sorted(set(collections or [])),
            "anonymous": anonymous,
            "per_minute": limits.per_minute,
            "per_day": limits.per_day,
            "created": now(),
            "revoked": "",
        }
        with self._store.writing() as connection:
            connection.execute(insert(widgets), row)
        return secret

    def listed(self) -> list[Widget]:
        """All widgets by name, the revoked ones among them."""
        with self._store.reading() as connection:
            rows = connection.execute(select(widgets).order_by(widgets.c.id)).all()
        return [_widget(row) for row in rows]

    def known(self, id: str) -> Widget | None:
        """The widget of this id, None if there is none; it may be revoked."""
        row = self._row(id)
        return None if row is None else _widget(row)

    def usable(self, id: str) -> Widget:
        """The widget of this id, not revoked. Raises NotThere."""
        widget = self.known(id)
        if widget is None or widget.revoked:
            raise NotThere("没有这个挂件 no such widget")
        return widget

    def rotate(self, id: str, *, now_only: bool = False) -> str:
        """A new secret, returned; the one before it stays good until the next rotation unless `now_only`. Raises NotThere."""
        row = self._needed(id)
        secret = secrets.token_urlsafe(48)
        kept = [secret] if now_only else [secret, *row.secrets][:SECRETS]
        self._change(id, secrets=kept)
        return secret

    def revoke(self, id: str) -> None:
        """Ends a widget: its tokens and its page are refused from now on. Raises NotThere."""
        self._needed(id)
        self._change(id, revoked=now(), secrets=[])

    def subject(self, token: str, origin: str) -> Subject:
        """Who a token says asks, from a page of `origin`. Raises Refused."""
        row, claims = self._checked(token)
        widget = _widget(row)
        if claims["origin"] != origin or origin not in widget.origins:
            raise Refused("origin")
        user, groups = claims["sub"], claims.get("groups", [])
        if claims.get("visitor") is True:
            if not widget.anonymous:
                raise Refused("anonymous")
            name, groups = f"widget/{widget.id}/~{user}", [PUBLIC]
        else:
            if self._accounts.is_disabled(user):
                raise Refused("disabled")
            name, groups = f"widget/{widget.id}/{user}", [*groups, EVERYONE, PUBLIC]
        reads = self._accounts.collections_of(frozenset(groups))
        if widget.collections:
            reads &= widget.collections
        return Subject(name, frozenset(groups), "reader", "widget", widget.id, reads)

    def visit(self, id: str, origin: str, token: str = "") -> str:
        """A token for a visitor of an anonymous widget; with his last one, even if it is over, he stays the same visitor.

        Raises NotThere for a widget that is not anonymous or not for this origin.
        """
        row = self._needed(id)
        widget = _widget(row)
        if widget.revoked or not widget.anonymous or origin not in widget.origins:
            raise NotThere("没有这个挂件 no such widget")
        visitor = secrets.token_urlsafe(16)
        if token:
            try:
                known, claims = self._checked(token, over=True)
                if known.id == id and claims.get("visitor") is True:
                    visitor = claims["sub"]
            except Refused:
                pass  # he is a new visitor, then
        return sign(row.secrets[0], id, visitor, origin=origin, visitor=True)

    def wait(self, subject: Subject) -> int:
        """Counts a question of a widget's user; 0 if he may ask, else the seconds after which he may."""
        widget = self.usable(subject.widget)
        moment, today = time.time(), int(time.time() // 86_400)
        recent = self._asked.setdefault(subject.name, deque())
        while recent and recent[0] <= moment - 60:
            recent.popleft()
        day, count = self._days.get(widget.id, (today, 0))
        count = count if day == today else 0
        if count >= widget.limits.per_day:
            return int((today + 1) * 86_400 - moment) + 1
        if len(recent) >= widget.limits.per_minute:
            return int(recent[0] + 60 - moment) + 1
        recent.append(moment)
        self._days[widget.id] = (today, count + 1)
        for name in [name for name, times in self._asked.items() if not times or times[-1] <= moment - 60]:
            del self._asked[name]
        return 0

    def _checked(self, token: str, *, over: bool = False) -> tuple[Row[Any], dict[str, Any]]:
        """The widget's row and what the token says. Raises Refused. With `over`, it may have expired."""
        try:
            # Unchecked, only to find whose secret to check it with.
            audience = jwt.decode(token, options={"verify_signature": False}).get("aud")
        except (jwt.PyJWTError, ValueError):
            raise Refused("malformed") from None
        row = self._row(audience) if isinstance(audience, str) else None
        if row is None or row.revoked:
            raise Refused("widget")
        reason = "signature"
        for secret in row.secrets:
            try:
                claims = jwt.decode(
                    token,
                    secret,
                    algorithms=[ALGORITHM],
                    audience=row.id,
                    leeway=LEEWAY,
                    options={"require": CLAIMS, "verify_exp": not over},
                )
            except jwt.ExpiredSignatureError:
                reason = "expired"
            except jwt.InvalidSignatureError:
                continue
            except (jwt.PyJWTError, ValueError):
                reason = "claims"
            else:
                _check_claims(claims)
                return row, claims
        raise Refused(reason)

    def _row(self, id: str) -> Row[Any] | None:
        if not self._store.exists or not WIDGET_ID.fullmatch(id):
            return None
        with self._store.reading() as connection:
            return connection.execute(select(widgets).where(widgets.c.id == id)).one_or_none()

    def _needed(self, id: str) -> Row[Any]:
        row = self._row(id)
        if row is None:
            raise NotThere(f"没有这个挂件 no such widget: {id[:ID_LENGTH]}")
        return row

    def _change(self, id: str, **values: object) -> None:
        with self._store.writing() as connection:
            connection.execute(update(widgets).where(widgets.c.id == id).values(**values))


class Further(TypedDict, total=False):
    """What a token may say of its user besides his id."""

    name: str
    groups: tuple[str, ...]
    visitor: bool


def sign(
    secret: str,
    widget: str,
    user: str,
    *,
    origin: str,
    seconds: int = LONGEST,
    **further: Unpack[Further],
) -> str:
    """A token as the back end of a host makes it; also the reference for those in other languages."""
    moment = int(time.time())
    claims: dict[str, Any] = {"aud": widget, "sub": user, "name": "", "groups": (), **further}
    claims |= {"origin": origin, "iat": moment, "exp": moment + seconds, "jti": secrets.token_urlsafe(16)}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def checked_origin(text: str) -> str:
    """An origin as browsers write it: scheme, host in lower case, port unless it is the usual one. Raises SettingsError."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = (parts.hostname or "").lower()
    rest = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in ("http", "https") or rest or not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]+", host):
        raise SettingsError(
            f"网页来源应如 an origin is scheme, host and port, such as https://portal.example:8443: {text[:100]!r}"
        )
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, usual) else "")


def _check_claims(claims: dict[str, Any]) -> None:
    """What JWT itself does not ask for: how long a token may live, and what its fields are. Raises Refused."""
    groups = claims.get("groups", [])
    if not isinstance(groups, list) or len(groups) > MOST_GROUPS:
        raise Refused("claims")
    texts = [claims["sub"], claims["origin"], claims["jti"], claims.get("name", ""), *groups]
    numbers = [claims["iat"], claims["exp"]]
    if not all(isinstance(text, str) for text in texts) or not all(
        isinstance(number, int) and not isinstance(number, bool) for number in numbers
    ):
        raise Refused("claims")
    if not is_name(claims["sub"]) or any(not is_name(group) or group in RESERVED for group in groups):
        raise Refused("claims")
    if not 0 < claims["exp"] - claims["iat"] <= LONGEST:
        raise Refused("lifetime")


def _widget(row: Row[Any]) -> Widget:
    limits = Limits(row.per_minute, row.per_day)
    origins, collections = frozenset(row.origins), frozenset(row.collections)
    return Widget(row.id, origins, collections, row.anonymous, limits, row.created, row.revoked)
