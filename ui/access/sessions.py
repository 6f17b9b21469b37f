"""Signed-in browsers: a cookie with 256 random bits, of which only the SHA-256 is kept.

A session ends after IDLE seconds without a request, after LONGEST seconds in any case, when its user signs out, is
disabled or gets another password. What its user may do is looked up with every request, never remembered.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from ui.access.store import Store, sessions
from ui.access.subject import Via

COOKIE = "zhida_session"
IDLE = 12 * 3600.0
LONGEST = {"password": 7 * 86_400.0, "oidc": 12 * 3600.0}
"""Seconds; short where the groups are those of the moment of signing in."""

TOUCH = 60.0
"""Seconds after which a request is noted as the last one: not every request writes."""

LENGTH = 43  # characters of the cookie


@dataclass(frozen=True, slots=True)
class Session:
    """Whose it is, how he signed in, and the groups that the identity provider told then."""

    user: str
    via: Via
    groups: frozenset[str]


class Sessions:
    """The sessions of one access.db."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def begin(self, user: str, via: Via, groups: Iterable[str] = ()) -> str:
        """A new session; returns what its cookie holds."""
        id, moment = secrets.token_urlsafe(32), self._clock()
        row = {"hash": hashed(id), "user": user, "via": via, "groups": sorted(groups)}
        with self._store.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.seen < moment - IDLE))
            connection.execute(insert(sessions), row | {"begun": moment, "seen": moment})
        return id

    def get(self, id: str) -> Session | None:
        """The session of this cookie, None if there is none any more."""
        if len(id) != LENGTH or not self._store.exists:
            return None
        moment = self._clock()
        with self._store.reading() as connection:
            row = connection.execute(select(sessions).where(sessions.c.hash == hashed(id))).one_or_none()
        if row is None or row.seen < moment - IDLE or row.begun < moment - LONGEST.get(row.via, 0.0):
            return None
        if row.seen < moment - TOUCH:
            with self._store.writing() as connection:
                connection.execute(update(sessions).where(sessions.c.hash == row.hash).values(seen=moment))
        return Session(row.user, row.via, frozenset(row.groups))

    def end(self, id: str) -> None:
        """Signs out; harmless when repeated."""
        if self._store.exists:
            with self._store.writing() as connection:
                connection.execute(delete(sessions).where(sessions.c.hash == hashed(id)))


def hashed(id: str) -> str:
    """What is kept of a random value that a browser holds. It has 256 bits, so one round is enough."""
    return hashlib.sha256(id.encode()).hexdigest()
