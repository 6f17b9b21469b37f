"""Who there is, with what password, role and groups, and which groups may read which collection; in home/access.db.

Passwords are hashed with argon2id (argon2-cffi's defaults, RFC 9106's second recommendation). After FAILURES wrong ones
in a row an account is locked for LOCKED seconds, twice as long after each further one. An account that is not there, is
disabled or locked takes as long to refuse as a wrong password, and is refused in the same words.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from index.errors import NotThere, SettingsError
from index.passage import is_private
from ui.access.store import Store, grants, now, sessions, users
from ui.access.subject import EVERYONE, PUBLIC, RESERVED, ROLES, Role, checked_name, is_name

FAILURES = 5
LOCKED = 15 * 60.0
LONGEST_LOCK = 24 * 3600.0
PASSWORD_SHORTEST = 10
PASSWORD_LONGEST = 1000
"""Characters; argon2 would take far more, and longer for it."""

HASHES_AT_ONCE = 2
"""Each takes 64 MiB and a core for a twentieth of a second: those who sign in wait for each other, not the answers for them."""


@dataclass(frozen=True, slots=True)
class User:
    """One account. Somebody who signs in elsewhere has one only to be disabled or to have a role here."""

    name: str
    role: Role = "reader"
    groups: frozenset[str] = frozenset()
    disabled: bool = False
    has_password: bool = False
    locked_until: float = 0.0
    created: str = ""


class Accounts:
    """The users and grants of one access.db."""

    def __init__(
        self,
        store: Store,
        hasher: PasswordHasher | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._hasher = hasher or PasswordHasher()
        self._clock = clock
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._nobody = ""

    # Users

    def add(self, name: str, password: str, role: Role = "reader", groups: Iterable[str] = ()) -> None:
        """A new user; an empty password is somebody's who signs in elsewhere. Raises SettingsError."""
        checked_name(name, "用户 a user")
        row = {
            "name": name,
            "password": self._hashed(password) if password else "",
            "groups": _checked_groups(groups),
            "role": _checked_role(role),
            "disabled": False,
            "failures": 0,
            "locked_until": 0.0,
            "created": now(),
        }
        with self._store.writing() as connection:
            if connection.execute(select(users.c.name).where(users.c.name == name)).first() is not None:
                raise SettingsError(f"已有此用户 there is a user of this name already: {name}")
            connection.execute(insert(users), row)

    def listed(self) -> list[User]:
        """All users by name."""
        if not self._store.exists:
            return []
        with self._store.reading() as connection:
            return [_user(row) for row in connection.execute(select(users).order_by(users.c.name))]

    def known(self, name: str) -> User | None:
        """The user of this name, None if there is none."""
        if not self._store.exists:
            return None
        with self._store.reading() as connection:
            row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
        return None if row is None else _user(row)

    def is_disabled(self, name: str) -> bool:
        """Whether this user may not come in, wherever he signs in; one who is not known here may."""
        user = self.known(name)
        return user is not None and user.disabled

    def disable(self, name: str) -> None:
        """Shuts a user out and ends all his sessions. One who signs in elsewhere and is not known here yet is noted."""
        checked_name(name, "用户 a user")
        with self._store.writing() as connection:
            row = {"name": name, "password": "", "groups": [], "role": "reader", "disabled": True}
            row |= {"failures": 0, "locked_until": 0.0, "created": now()}
            shut = upsert(users).values(row).on_conflict_do_update(["name"], set_={"disabled": True})
            connection.execute(shut)
            _end_sessions(connection, name)

    def enable(self, name: str) -> None:
        """Lets a user in again, and unlocks the account. Raises NotThere."""
        self._change(name, disabled=False, failures=0, locked_until=0.0)

    def set_password(self, name: str, password: str) -> None:
        """Another password; all sessions of the user end. Raises NotThere and SettingsError."""
        self._change(name, end_sessions=True, password=self._hashed(password), failures=0, locked_until=0.0)

    def set_groups(self, name: str, groups: Sequence[str]) -> None:
        """The groups that a user is in, in place of those before. Raises NotThere and SettingsError."""
        self._change(name, groups=_checked_groups(groups))

    def set_role(self, name: str, role: Role) -> None:
        """Another role. Raises NotThere and SettingsError."""
        self._change(name, role=_checked_role(role))

    def sign_in(self, name: str, password: str) -> User | None:
        """The user whose name and password these are; None for any reason why he cannot come in."""
        row = None
        if is_name(name):
            with self._store.reading() as connection:
                row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
        usable = row is not None and row.password and not row.disabled and row.locked_until <= self._clock()
        # Something is verified in every case, so that the time does not tell who has an account.
        right = self._verified(row.password if row is not None and usable else self._decoy(), password)
        if row is None or not usable:
            return None
        if not right:
            self._failed(name)
            return None
        with self._store.writing() as connection:
            # As it is now: somebody may have been disabled while his password was looked at.
            row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
            if row is None or row.disabled or row.locked_until > self._clock():
                return None
            values: dict[str, Any] = {"failures": 0, "locked_until": 0.0}
            if self._hasher.check_needs_rehash(row.password):
                values["password"] = self._hasher.hash(password)
            connection.execute(update(users).where(users.c.name == name).values(**values))
        return _user(row)

    # Grants

    def allow(self, collection: str, groups: Iterable[str]) -> None:
        """Lets these groups read a collection; "everyone" are all who are signed in, "public" visitors as well."""
        if is_private(collection):
            raise SettingsError(
                "对话里上传的文件只属于那个对话 what was uploaded into a conversation belongs to it alone"
            )
        named = [checked_name(group, "组 a group") for group in groups]
        with self._store.writing() as connection:
            for group in named:
                row = {"collection": collection, "group": group}
                connection.execute(upsert(grants).values(row).on_conflict_do_nothing())

    def deny(self, collection: str, groups: Iterable[str]) -> None:
        """Takes that back. Raises NotThere if none of them may read it anyhow."""
        with self._store.writing() as connection:
            these = (grants.c.collection == collection) & grants.c.group.in_(list(groups))
            if not connection.execute(delete(grants).where(these)).rowcount:
                raise NotThere("没有这样的授权 no such grant")

    def granted(self) -> dict[str, frozenset[str]]:
        """The groups that may read each collection that is granted to any."""
        if not self._store.exists:
            return {}
        found: dict[str, set[str]] = {}
        with self._store.reading() as connection:
            for row in connection.execute(select(grants.c.collection, grants.c.group.label("name"))):
                found.setdefault(row.collection, set()).add(row.name)
        return {collection: frozenset(groups) for collection, groups in found.items()}

    def collections_of(self, groups: frozenset[str]) -> frozenset[str]:
        """The collections that somebody of these groups may read; the common one for all who are signed in."""
        found = {collection for collection, named in self.granted().items() if named & groups}
        return frozenset(found | {""}) if EVERYONE in groups else frozenset(found)

    # Inside

    def _change(self, name: str, *, end_sessions: bool = False, **values: object) -> None:
        with self._store.writing() as connection:
            changed = connection.execute(update(users).where(users.c.name == name).values(**values))
            if not changed.rowcount:
                raise NotThere(f"没有这个用户 no such user: {name}")
            if end_sessions:
                _end_sessions(connection, name)

    def _failed(self, name: str) -> None:
        """Counts a wrong password, and locks the account when there were too many."""
        with self._store.writing() as connection:
            row = connection.execute(select(users.c.failures).where(users.c.name == name)).one_or_none()
            failures = (row.failures if row is not None else 0) + 1
            values: dict[str, Any] = {"failures": failures}
            if failures >= FAILURES:
                values["locked_until"] = self._clock() + lock_seconds(failures)
            connection.execute(update(users).where(users.c.name == name).values(**values))

    def _hashed(self, password: str) -> str:
        checked_password(password)
        with self._hashing:
            return self._hasher.hash(password)

    def _verified(self, hashed: str, password: str) -> bool:
        try:
            with self._hashing:
                return self._hasher.verify(hashed, password[:PASSWORD_LONGEST])
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def _decoy(self) -> str:
        """A hash that no password fits, made once with the same cost as all others."""
        if not self._nobody:
            self._nobody = self._hasher.hash(secrets.token_urlsafe(32))
        return self._nobody


def lock_seconds(failures: int) -> float:
    """How long an account is locked after so many wrong passwords in a row.

    >>> [lock_seconds(count) / 60 for count in (4, 5, 6, 7)]
    [0.0, 15.0, 30.0, 60.0]
    """
    return min(LOCKED * 2 ** min(failures - FAILURES, 30), LONGEST_LOCK) if failures >= FAILURES else 0.0


def checked_password(password: str) -> str:
    """A password that may be set; raises SettingsError for one that is too short, too long or cannot be typed."""
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        raise SettingsError(
            f"密码应有 {PASSWORD_SHORTEST}–{PASSWORD_LONGEST} 个字符 "
            f"a password has {PASSWORD_SHORTEST}–{PASSWORD_LONGEST} characters"
        )
    if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", password):
        raise SettingsError("密码里有不能输入的字符 the password has characters that cannot be typed")
    return password


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise SettingsError(f"角色应为 a role is one of {', '.join(ROLES)}: {role!r}")
    return role


def _checked_groups(groups: Iterable[str]) -> list[str]:
    named = sorted({checked_name(group, "组 a group") for group in groups})
    if taken := RESERVED & set(named):
        raise SettingsError(
            f"人人都在的组不能指派 nobody is put into {', '.join(sorted(taken))}: {EVERYONE}, {PUBLIC}"
        )
    return named


def _end_sessions(connection: Connection, name: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.user == name))


def _user(row: Row[Any]) -> User:
    return User(
        row.name,
        row.role,
        frozenset(row.groups),
        row.disabled,
        bool(row.password),
        row.locked_until,
        row.created,
    )
