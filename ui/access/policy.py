"""What each subject may do and read: every route, page and export asks here, and nowhere else is it decided.

    authorize(subject, "add-document", collection)       raises SignInNeeded, Forbidden or NotThere
    where_for(subject, where, library, conversation)     the filter that retrieval enforces in the stores

What somebody may not read looks exactly like what is not there. Collections: the common one ("") is read by all who are
signed in, another by those groups it was granted to, all by administrators. What was uploaded into a conversation
("~…") is read in that conversation, by its owner, and nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from index.errors import NotThere, ZhidaError
from index.passage import EVERYWHERE, PRIVATE, Where, is_private
from ui.access.subject import Role, Subject

if TYPE_CHECKING:
    from index.library import Library

RANK: Mapping[Role, int] = MappingProxyType({"nobody": 0, "reader": 1, "editor": 2, "admin": 3})

ACTIONS: Mapping[str, Role] = MappingProxyType(
    {
        "see-health": "nobody",
        "sign-in": "nobody",
        "open-widget": "nobody",
        "open-page": "reader",
        "read-reference": "reader",
        "ask": "reader",
        "complete": "reader",
        "read-source": "reader",
        "read-document": "reader",
        "read-history": "reader",
        "write-history": "reader",
        "export-history": "reader",
        "give-feedback": "reader",
        "send-file": "reader",
        "add-document": "editor",
        "remove-document": "editor",
        "evaluate": "editor",
        "see-metrics": "admin",
        "see-settings": "admin",
        "manage-users": "admin",
    }
)
"""Every action, and the least role that may take it. `send-file` is into a conversation of one's own; for anything else
`add-document` or `remove-document` is asked for as well, with the collection."""

WIDGET = frozenset(
    {
        "see-health",
        "open-widget",
        "ask",
        "read-source",
        "read-history",
        "write-history",
        "give-feedback",
    }
)
"""All that a widget's token opens, whoever it names."""


class SignInNeeded(ZhidaError):
    """Nobody knows who asks; whoever signs in may perhaps."""


class Forbidden(ZhidaError):
    """Who asks may not do this; it has nothing to do with what is there."""


def authorize(subject: Subject, action: str, collection: str | None = None) -> None:
    """Returns if `subject` may take `action`, in `collection` where one is given.

    Raises SignInNeeded, Forbidden, and NotThere for a collection that he may not read. An action that is not in ACTIONS
    is a defect of ours and raises KeyError.
    """
    least = ACTIONS[action]
    if subject.via == "widget" and action not in WIDGET:
        raise Forbidden("挂件不能这样做 a widget may not do this")
    if RANK[subject.role] < RANK[least]:
        if subject.role == "nobody":
            raise SignInNeeded("请先登录 sign in first")
        raise Forbidden("您没有这个权限 you may not do this")
    if collection is not None and (is_private(collection) or not may_read(collection, subject.reads)):
        raise NotThere("没有这个文档集 no such collection")


def may(subject: Subject, action: str) -> bool:
    """Whether `subject` may take `action` at all, for what a page offers."""
    try:
        authorize(subject, action)
    except (SignInNeeded, Forbidden):
        return False
    return True


def readable_of(subject: Subject, library: Library, conversation: str = "") -> frozenset[str] | None:
    """The collections that `subject` may read, None for all; of the private ones only that of `conversation`.

    The caller has made sure that the conversation is the subject's.
    """
    own = {private_collection(conversation)} if conversation else set()
    if subject.reads is not None:
        return frozenset({name for name in subject.reads if not is_private(name)} | own)
    library.refresh()
    there = library.collections()
    if not any(is_private(name) for name in there):
        return None
    return frozenset({name for name in there if not is_private(name)} | {""} | own)


def where_for(subject: Subject, library: Library, where: Where = EVERYWHERE, conversation: str = "") -> Where:
    """`where` for this subject: nothing that he may not read is ever looked at."""
    readable = readable_of(subject, library, conversation)
    if where.readable is not None:
        readable = where.readable if readable is None else readable & where.readable
    return replace(where, readable=readable)


def private_collection(conversation: str) -> str:
    """The collection of what was uploaded into a conversation."""
    return PRIVATE + conversation


def may_read(collection: str, readable: frozenset[str] | None) -> bool:
    """Whether a passage or document of `collection` may be shown to who may read `readable`."""
    return readable is None or collection in readable
