"""Who asks, what he may do, and what he may read.

subject     the value that all decisions are about, and how a request gives it
policy      every decision: authorize, readable_of, where_for
past        what somebody still may see of what he was once told
store       home/access.db: accounts, sessions, widgets, audit keep what they know in it
identify    a request → its subject, in each mode of the setting `auth`; proxy, oidc, signin serve it
guard       stands before every route and asks the policy
"""

from ui.access.policy import (
    Forbidden,
    SignInNeeded,
    authorize,
    may,
    may_read,
    private_collection,
    readable_of,
    where_for,
)
from ui.access.subject import ANYBODY_HERE, NOBODY, VISITOR_COOKIE, Role, Subject, subject_of, visitor_of

__all__ = [
    "ANYBODY_HERE",
    "NOBODY",
    "VISITOR_COOKIE",
    "Forbidden",
    "Role",
    "SignInNeeded",
    "Subject",
    "authorize",
    "may",
    "may_read",
    "private_collection",
    "readable_of",
    "subject_of",
    "visitor_of",
    "where_for",
]
