"""One JSON object a line for every request and every fault, to stderr or to the file of the setting `log_file`.

    {"time": …, "level": "info", "event": "request", "request_id": …, "route": "/api/ask", "status": 200, "ms": 12.3, …}

A question's text is not in it unless the setting `log_questions` says so; nor is any other part of a request's
body, a query string, a header or a file's name. Each request has an id: the X-Request-ID that it came with, if that
is a plain one, else a new one; the answer carries it back.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import SettingsError
from ui.access.proxy import path_of
from ui.metrics import Metrics

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
PAGE = "page"
"""The route of everything that belongs to the chat page."""

requests = logging.getLogger("zhida.requests")

_current: ContextVar[dict[str, Any] | None] = ContextVar("zhida_request", default=None)


def note(**facts: str | float | bool) -> None:
    """Adds to what the log will say of the present request."""
    current = _current.get()
    if current is not None:
        current.update(facts)


class JSONLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; characters that end a line or steer a terminal are escaped by JSON itself."""
        current = _current.get() or {}
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.name),
        }
        facts = getattr(record, "facts", None)
        if facts is not None:
            line |= facts
        else:
            line["message"] = record.getMessage()
            line |= {name: current[name] for name in ("request_id",) if name in current}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


def log_to(file: str) -> None:
    """Sends the log to `file`, "" for stderr. Raises SettingsError if it cannot be written."""
    handler: logging.Handler
    if file:
        try:
            handler = logging.FileHandler(Path(file).expanduser(), encoding="utf-8")
        except OSError as error:
            raise SettingsError(f"日志文件写不了 cannot write log_file {file}: {error.strerror}") from None
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONLines())
    for name in ("zhida", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger("zhida").setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


class RequestLog:
    """Gives each request its id, and counts and logs it when it is over. Plain ASGI, the outermost of all."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        facts: dict[str, Any] = {"request_id": id, "method": scope["method"], "status": 0}
        token = _current.set(facts)
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                facts["status"] = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self._finish(scope, facts, time.perf_counter() - started)
            _current.reset(token)

    def _finish(self, scope: Scope, facts: dict[str, Any], seconds: float) -> None:
        route, status = route_of(scope), facts["status"] or 499  # 499: the client left before an answer began
        self.metrics.requests.labels(route, facts["method"] if status != 405 else "", str(status)).inc()
        self.metrics.request_seconds.labels(route).observe(seconds)
        if status == 429 or (status == 503 and "refused" in facts):
            self.metrics.refusals.labels("own" if status == 429 else "all").inc()
        if route == PAGE and status < 400:
            return  # a page is a hundred files
        told = {**facts, "status": status, "route": route, "ms": round(seconds * 1000, 1)}
        requests.info("request", extra={"event": "request", "facts": told})


def route_of(scope: Scope) -> str:
    """The route's path as it stands in the table, such as /api/sources/{passage_id}; "other" for what is not there."""
    # A mount leaves its own entry point here; only our routes know their path.
    path = scope.get("zhida_route")
    if isinstance(path, str):
        return path
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str) and path.startswith(("/api", "/v1", "/healthz", "/readyz", "/metrics")):
        return path if "{rest" not in path else "other"
    return "other" if path_of(scope).startswith(("/api/", "/v1/")) else PAGE
