"""The walls around the application: response headers, the hosts we answer for, the size of requests.

The first wall against hostile documents is ui.render, which escapes them; these headers are the second:
even if markup got through, the browser would load nothing from elsewhere and send nothing there.
There is no authentication yet, so the service answers under loopback names only, which also keeps a
foreign page from reaching it by rebinding its own name to 127.0.0.1.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.limits import BODY_SIZE
from ui.loopback import names_this_machine

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
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, send_with_headers)


class LoopbackOnly:
    """Answers 400 to requests that call this machine by any name that is not a loopback one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        wall = scope["type"] in ("http", "websocket")
        if wall and not names_this_machine(Headers(scope=scope).get("host", "")):
            reason = "只回答本机地址 this service answers under loopback addresses only, such as 127.0.0.1"
            await JSONResponse({"error": reason}, status_code=400)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class BodyLimit:
    """Answers 413 to requests with more than `most` bytes of body, whether they say so or not.

    A body is taken in before the application sees the request: it is small, and the refusal then does not
    depend on how the application, Gradio's half of it included, treats an error while it reads.
    """

    def __init__(self, app: ASGIApp, most: int = BODY_SIZE) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = bytearray()
        size = declared(Headers(scope=scope).get("content-length", ""))
        more = size <= self.most
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            size = len(body)
            more = size <= self.most and message.get("more_body", False)
        if size > self.most:
            reason = (
                f"请求太大，最多 {self.most} 字节 the request's body is too large, at most {self.most} bytes"
            )
            await JSONResponse({"error": reason}, status_code=413)(scope, receive, send)
            return
        taken: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return taken.pop() if taken else await receive()

        await self.app(scope, replay, send)


def declared(content_length: str) -> int:
    """The bytes that a Content-Length header announces; 0 where it announces none."""
    # A number with more digits than any body can have must not even be converted: int() has a limit.
    return int(content_length[:19]) if content_length.isascii() and content_length.isdigit() else 0


def protect(app: FastAPI) -> None:
    """Puts the walls around `app`; the last one added is the outermost."""
    # An explicit empty list: without a CORSMiddleware of ours, Gradio reflects any origin it is sent.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(BodyLimit)
    app.add_middleware(LoopbackOnly)
    app.add_middleware(SecurityHeaders)
