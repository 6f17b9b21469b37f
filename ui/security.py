"""The walls around the application: response headers, the hosts we answer for, the size of requests.

The first wall against hostile documents is ui.render, which escapes them; these headers are the second:
even if markup got through, the browser would load nothing from elsewhere and send nothing there.
Who may come in is for ui.access.guard to say, which stands among these walls. Where nobody signs in, the service answers
under loopback names only, which also keeps a foreign page from reaching it by rebinding its own name to 127.0.0.1.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.settings import Settings
from ui.access import VISITOR_COOKIE
from ui.access.guard import Guard
from ui.access.proxy import BasePath, Forwarded, base_path, path_of
from ui.limits import BODY_SIZE
from ui.logs import RequestLog
from ui.loopback import host_name, is_address, names_this_machine

if TYPE_CHECKING:
    from ui.service import Service

MIB = 1024 * 1024
UPLOADS = "/api/documents"
"""Where files may be sent to."""

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self' data:",
        "form-action 'self'",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        # Gradio's page is built from inline scripts and compiles templates, so these two have to stay.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "worker-src 'self' blob:",
        "frame-ancestors 'self'",
    ]
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class SecurityHeaders:
    """Adds HEADERS to every response. Plain ASGI, so that streamed answers pass through unbuffered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)  # a page of ours may have a stricter policy
            await send(message)

        await self.app(scope, receive, send_with_headers)


class KnownHosts:
    """Answers 400 to requests that call this machine by a name that it does not go by.

    Where nobody signs in, that is any name but a loopback one. Else addresses count as well, and the names of the settings
    `allowed_hosts` and `public_url`: a page cannot rebind a name of its own to us and speak to us under it.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.open = settings.auth != "none"
        named = settings.allowed_hosts.replace(",", " ").lower().split()
        self.names = {*named, (urlsplit(settings.public_url).hostname or "").lower()} - {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        wall = scope["type"] in ("http", "websocket")
        if wall and not self._known(Headers(scope=scope).get("host", "")):
            reason = "只回答本机地址 this service answers under loopback addresses only, such as 127.0.0.1"
            if self.open:
                reason = "没有设置这个主机名 this host name is not among the setting allowed_hosts"
            await _told(scope, 400, reason)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _known(self, host: str) -> bool:
        if names_this_machine(host):
            return True
        name = host_name(host)
        return self.open and name is not None and (is_address(name) or name in self.names)


class BodyLimit:
    """Refuses requests with more than `most` bytes of body with 413, whether they say so or not.

    A body is taken in before the application sees the request: it is small, and the refusal then does not
    depend on how the application, Gradio's half of it included, treats an error while it reads. Only files that
    are sent to UPLOADS may have more, `most_upload`; they are counted as the application reads them.
    """

    def __init__(self, app: ASGIApp, most: int = BODY_SIZE, most_upload: int = 0) -> None:
        self.app = app
        self.most = most
        self.most_upload = most_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_upload = path_of(scope) == UPLOADS and scope["method"] == "POST"
        most = max(self.most, self.most_upload) if is_upload else self.most
        size = declared(Headers(scope=scope).get("content-length", ""))
        if size <= most and is_upload:
            await self.app(scope, _counted(receive, most), send)
            return
        body = bytearray()
        more = size <= most
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            size = len(body)
            more = size <= most and message.get("more_body", False)
        if size > most:
            await _told(scope, 413, too_large(most))(scope, receive, send)
            return
        taken: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return taken.pop() if taken else await receive()

        await self.app(scope, replay, send)


def _counted(receive: Receive, most: int) -> Receive:
    """`receive`, which raises HTTPException (413) once more than `most` bytes have come."""
    size = 0

    async def count() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413, too_large(most))
        return message

    return count


def too_large(most: int) -> str:
    """Why a body is refused."""
    return f"请求太大，最多 {most} 字节 the request's body is too large, at most {most} bytes"


def _told(scope: Scope, status: int, reason: str) -> JSONResponse:
    """An error in the shape of its path; see ui.api.errors, which stands further in."""
    kind = {"message": reason, "type": "invalid_request_error", "param": None, "code": None}
    return JSONResponse({"error": kind if path_of(scope).startswith("/v1/") else reason}, status_code=status)


class Visitors:
    """Gives a browser that opens a page a cookie by which the limits on questions tell it from others.

    Not in a widget's frame: whose limits count is said by the token there, and it sets no cookies on other sites' pages.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        new = scope["type"] == "http" and VISITOR_COOKIE not in HTTPConnection(scope).cookies
        page = new and "text/html" in Headers(scope=scope).get("accept", "")
        wanted = page and not re.match(r"/widget(/|\.|$)", path_of(scope))
        path = scope.get("root_path", "") or "/"

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{VISITOR_COOKIE}={secrets.token_urlsafe(16)}; Path={path}; HttpOnly; SameSite=Lax"
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_with_cookie if wanted else send)


def declared(content_length: str) -> int:
    """The bytes that a Content-Length header announces; 0 where it announces none."""
    # A number with more digits than any body can have must not even be converted: int() has a limit.
    return int(content_length[:19]) if content_length.isascii() and content_length.isdigit() else 0


def protect(app: FastAPI, service: Service, routes: Sequence[BaseRoute]) -> None:
    """Puts the walls around `app`, whose `routes` say what they need; the last one added is the outermost."""
    # An explicit empty list: without a CORSMiddleware of ours, Gradio reflects any origin it is sent.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(BodyLimit, most_upload=service.settings.upload_size * MIB)
    app.add_middleware(Visitors)
    app.add_middleware(Guard, access=service.access, routes=routes)
    app.add_middleware(KnownHosts, settings=service.settings)
    app.add_middleware(Forwarded, trusted=service.access.trusted)
    app.add_middleware(BasePath, base=base_path(service.settings.base_path))
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog, metrics=service.metrics)
