"""The guard before every route: who asks, may he, and does the request come from our own pages?

    @router.post("/api/ask")
    @needs("ask")
    async def ask(…)

It is a middleware, so that nothing of a refused request is read. What a route needs stands beside the route; what says
nothing (the chat page, whatever is added and forgotten) needs "open-page", which no widget and no stranger has.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import quote, urlsplit

from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import ZhidaError
from ui.access.audit import Event
from ui.access.identify import Access, Refused
from ui.access.policy import ACTIONS, Forbidden, SignInNeeded, authorize
from ui.access.proxy import path_of
from ui.access.subject import NOBODY, SCOPE, Subject

PAGE_ACTION = "open-page"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
AUDITED = frozenset(
    {"send-file", "add-document", "remove-document", "export-history", "manage-users", "evaluate"}
)
"""Actions that stand in the audit log when they are taken; those that are refused stand there always."""

NEEDS = "__zhida_needs__"

_log = logging.getLogger("zhida")
_F = TypeVar("_F", bound=Callable[..., object])


def needs(action: str) -> Callable[[_F], _F]:
    """Says of an endpoint which action of ui.access.policy it is."""
    if action not in ACTIONS:
        raise KeyError(action)

    def mark(endpoint: _F) -> _F:
        setattr(endpoint, NEEDS, action)
        return endpoint

    return mark


def action_of(route: BaseRoute) -> str | None:
    """The action that stands beside a route, None for none."""
    return getattr(getattr(route, "endpoint", None), NEEDS, None)


class Guard:
    """Lets a request through, with its subject in the scope, or refuses it. `routes` are those that say what they need."""

    def __init__(self, app: ASGIApp, access: Access, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        self.access = access
        self.routes = [route for route in routes if isinstance(route, Route) and action_of(route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope[SCOPE] = NOBODY
        request = HTTPConnection(scope)
        action = self._action(scope)
        try:
            self._check(request, action)
        except (Refused, SignInNeeded, Forbidden) as error:
            self._note(request, action, f"refused: {getattr(error, 'reason', type(error).__name__)}")
            await self._refusal(request, error)(scope, receive, send)
        except _TooMany as error:
            reason = f"这个挂件的问题太多，请 {error.seconds} 秒后再问 too many questions, ask again in {error.seconds} s"
            headers = {"Retry-After": str(error.seconds)}
            await _told(scope, 429, reason, headers)(scope, receive, send)
        except ZhidaError as error:
            # The file of who may do what cannot be read: then nobody may do anything.
            _log.error("nobody is let in: %s", error)
            await _told(scope, 503, "暂时无法确认权限 permissions cannot be checked now")(
                scope, receive, send
            )
        else:
            await self._pass(scope, receive, send, action)

    def _check(self, request: HTTPConnection, action: str) -> None:
        """Raises Refused, SignInNeeded, Forbidden, _TooMany or AccessUnavailable."""
        scope = request.scope
        by_token = request.headers.get("authorization", "").lower().startswith("bearer ")
        if not by_token and not from_here(request):
            raise Forbidden("请求来自别的网站 the request comes from another site")
        try:
            subject = self.access.identify(request)
        except (Refused, ZhidaError):
            # Who comes to an open route need not be known: a token may be over, the file out of reach.
            if ACTIONS[action] != "nobody":
                raise
            subject = NOBODY
        scope[SCOPE] = subject  # who was refused what is noted
        authorize(subject, action)
        if subject.via == "widget" and action == "ask" and (seconds := self.access.widgets.wait(subject)):
            raise _TooMany(seconds)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, action: str) -> None:
        if action not in AUDITED:
            await self.app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            self._note(
                HTTPConnection(scope), action, "ok" if 200 <= status < 400 else f"{status or 'broken off'}"
            )

    def _action(self, scope: Scope) -> str:
        """What the route of this request needs."""
        for route in self.routes:
            if route.matches(scope)[0] == Match.FULL:
                return action_of(route) or PAGE_ACTION
        return PAGE_ACTION

    def _note(self, request: HTTPConnection, action: str, outcome: str) -> None:
        """A line for the audit log. A stranger's knocking is only in the service's log: it would never end."""
        subject: Subject = request.scope[SCOPE]
        if subject.role == "nobody":
            return
        query = QueryParams(request.scope["query_string"])
        named = [query[name] for name in ("collection", "name") if query.get(name)]
        what = " ".join([request.scope.get("method", "websocket"), path_of(request.scope), *named])
        address = request.client.host if request.client else ""
        self.access.audit.add(Event(subject.name, action, what, subject.via, address, outcome))

    def _refusal(self, request: HTTPConnection, error: Exception) -> Response:
        scope = request.scope
        if isinstance(error, Refused):
            words = f"令牌无效 the token is not accepted: {error.reason}"
            return _told(scope, 401, words, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        if isinstance(error, SignInNeeded):
            wants_page = "text/html" in request.headers.get("accept", "") and scope.get("method") in SAFE
            if wants_page and self.access.signs_in:
                query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
                back = quote(path_of(scope) + query, safe="/")
                return RedirectResponse(f"{scope.get('root_path', '')}/login?next={back}", 303)
            return _told(scope, 401, str(error))
        return _told(scope, 403, str(error))


class _TooMany(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def from_here(request: HTTPConnection) -> bool:
    """Whether a request that changes something comes from a page of ours, or from no browser at all.

    Browsers say where a request comes from, in Sec-Fetch-Site and Origin, and pages cannot change that.
    """
    if request.scope["type"] == "http" and request.scope["method"] in SAFE:
        return True
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()


def _told(scope: Scope, status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    # In the shape of the path; ui.api.errors stands further in.
    kind = {"message": reason, "type": "invalid_request_error", "param": None, "code": None}
    body = {"error": kind if path_of(scope).startswith("/v1/") else reason}
    return JSONResponse(body, status, headers)
