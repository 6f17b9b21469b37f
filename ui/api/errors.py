"""How the API tells what went wrong: one line in Chinese with English beside it, in one shape."""

from __future__ import annotations

import logging

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from index.errors import LibraryBusy, NotThere, ReadError, ZhidaError
from ui.access import Forbidden, SignInNeeded
from ui.access.proxy import path_of
from ui.admission import Overloaded
from ui.logs import note
from ui.security import HEADERS

INTERNAL = "内部错误，详情见服务日志 internal error, the server's log has the details"
PLAIN = {
    400: "请求有误 wrong request",
    404: "没有这个地址 no such address",
    405: "此地址不支持这种方法 this address does not take that method",
    411: "请求没有说明长度 the request does not say how long it is",
    413: "请求太大 the request is too large",
    415: "不支持这种内容类型 this content type is not supported",
}
OPENAI_TYPES = {
    400: "invalid_request_error",
    404: "not_found_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}
GONE = 499  # the client has left; nobody reads the answer

_log = logging.getLogger("zhida")


def tell_errors(app: FastAPI) -> None:
    """Makes the routes of `app` tell every error in the one shape."""
    app.add_exception_handler(RequestValidationError, _refuse_body)
    app.add_exception_handler(HTTPException, refuse_request)
    app.add_exception_handler(ZhidaError, _told)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _broken)


def failure(request: Request, status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    """An error as this route tells errors."""
    return JSONResponse(
        error_body(path_of(request.scope), status, reason), status_code=status, headers=headers
    )


def error_body(path: str, status: int, reason: str) -> dict[str, object]:
    """What an error looks like at this path."""
    if not path.startswith("/v1/"):
        return {"error": reason}
    kind = OPENAI_TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": reason, "type": kind, "param": None, "code": None}}


def status_of(error: ZhidaError) -> int:
    """The status that tells an error which was written for people."""
    if isinstance(error, Overloaded):
        return 429 if error.own else 503
    if isinstance(error, SignInNeeded | Forbidden):
        return 401 if isinstance(error, SignInNeeded) else 403
    return 404 if isinstance(error, NotThere) else 422 if isinstance(error, ReadError) else 503


async def _refuse_body(request: Request, error: Exception) -> Response:
    """422 with what is wrong, where; unlike FastAPI's own, it does not send the input back."""
    assert isinstance(error, RequestValidationError)
    wrong = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    status = 400 if path_of(request.scope).startswith("/v1/") else 422
    return failure(request, status, f"请求有误 wrong request: {'; '.join(wrong[:20])}")


async def refuse_request(request: Request, error: Exception) -> Response:
    """What the framework or one of our routes refuses. A detail of our own is told, the framework's English is not."""
    assert isinstance(error, HTTPException)
    reason = PLAIN.get(error.status_code, "请求有误 wrong request")
    if error.detail and not error.detail.isascii():
        reason = error.detail
    elif error.status_code == 400 and error.detail:
        reason = f"{reason}: {error.detail[:200]}"
    return failure(request, error.status_code, reason, dict(error.headers or {}))


async def _told(request: Request, error: Exception) -> Response:
    """An error whose reason was written for people."""
    assert isinstance(error, ZhidaError)
    headers = {}
    if isinstance(error, Overloaded):
        headers["Retry-After"] = str(error.retry_after)
        note(refused=True)
    elif isinstance(error, LibraryBusy):
        headers["Retry-After"] = "5"
    return failure(request, status_of(error), str(error), headers)


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=GONE)


async def _broken(request: Request, error: Exception) -> Response:
    """500: a defect of ours; the server writes its traceback into the log after this."""
    # Made outside of all middleware, so it has to bring the headers along.
    return JSONResponse(error_body(path_of(request.scope), 500, INTERNAL), status_code=500, headers=HEADERS)
