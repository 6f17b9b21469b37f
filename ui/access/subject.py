"""Who asks: the one value that every decision is made about.

How somebody becomes a subject is in ui.access.identify; what a subject may do, in ui.access.policy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from starlette.requests import HTTPConnection

from index.errors import SettingsError

Role = Literal["nobody", "reader", "editor", "admin"]
"""What somebody may do at all; each may do what those before it may."""

Via = Literal["", "loopback", "password", "header", "oidc", "widget"]
"""How he said who he is; "" for not at all."""

EVERYONE = "everyone"
"""The group of all who are signed in."""

PUBLIC = "public"
"""The group of all, visitors of anonymous widgets included."""

RESERVED = frozenset({EVERYONE, PUBLIC})
ROLES: tuple[Role, ...] = ("reader", "editor", "admin")

SCOPE = "zhida_subject"
"""Where ui.access.guard leaves the subject in a request's scope."""

VISITOR_COOKIE = "zhida_visitor"
"""Tells browsers apart for the limits where nobody signs in. It opens nothing."""

NAME_LENGTH = 128
# No slash: names of widgets' users have them, so that nobody can be taken for one.
_NAME = re.compile(
    r"[^\s\x00-\x1f\x7f/~,\"<>\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]{1,128}"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks. `name` is the owner of what he leaves behind: conversations, records, uploads.

    It is "" only where nobody signs in. A widget's user is called `widget/<id>/<user>`: what he asks there belongs to
    the widget's user, so that whoever signs tokens for a widget reaches nobody's other conversations.
    """

    name: str = ""
    groups: frozenset[str] = frozenset()
    role: Role = "nobody"
    via: Via = ""
    widget: str = ""
    reads: frozenset[str] | None = frozenset()
    """The collections that he may read at this moment, None for all; private ones are never among them."""

    @property
    def signed_in(self) -> bool:
        """Whether it is known who this is; nobody is, nor a visitor of an anonymous widget."""
        return self.role != "nobody" and not (self.via == "widget" and EVERYONE not in self.groups)


NOBODY = Subject()
ANYBODY_HERE = Subject(role="admin", via="loopback", reads=None)
"""Whoever reaches a service that only this machine can reach, where nobody signs in."""


def subject_of(request: HTTPConnection) -> Subject:
    """Who makes this request: nobody, unless the guard has said who. Gradio's requests have it in `.request`."""
    subject = request.scope.get(SCOPE)
    return subject if isinstance(subject, Subject) else NOBODY


def visitor_of(request: HTTPConnection) -> str:
    """For whom the limits of ui.admission count this request."""
    subject = subject_of(request)
    address = request.client.host if request.client else ""
    return subject.name or request.cookies.get(VISITOR_COOKIE, "")[:64] or address


def is_name(text: str) -> bool:
    """Whether a user or a group may be called so."""
    return _NAME.fullmatch(text) is not None


def checked_name(text: str, what: str) -> str:
    """`text` if it may be a name; raises SettingsError, saying of `what`, where not."""
    if not is_name(text):
        raise SettingsError(
            f"{what}不能叫 {text[:40]!r}：1–{NAME_LENGTH} 个字，没有空格、逗号、斜杠 "
            f"not a name: 1–{NAME_LENGTH} characters without spaces, commas, slashes"
        )
    return text
