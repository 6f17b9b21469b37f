"""The HTTP API: questions, sources, documents, conversations, feedback, health. Knows no HTML but its own reference.

`POST /api/ask` answers in JSON, or with `Accept: text/event-stream` as events. Whatever goes wrong is told in one
shape, `{"error": "中文 English"}`; under /v1, in the shape that OpenAI's clients expect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from ui import openai
from ui.access.signin import signin_routes
from ui.api import ask, conversations, documents, health, reference
from ui.api.errors import tell_errors
from ui.service import Service

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

__all__ = ["api_routes", "tell_errors"]


def api_routes(service: Service) -> APIRouter:
    """All routes of the API, answering from `service`.

    The last ones refuse every other method of their paths (405) and what is not there below /api and /v1 (404): the
    chat page is mounted at / and would take that otherwise.
    """
    router = APIRouter()
    methods: dict[str, set[str]] = {}
    parts = [module.router for module in (ask, documents, conversations, health, openai, reference)]
    for part in [*parts, signin_routes(service.access)]:
        # Taken over rather than included: the guard looks at the routes themselves.
        router.routes += part.routes
        for route in part.routes:
            assert isinstance(route, APIRoute)
            methods.setdefault(route.path, set()).update(route.methods or ())
    refusing = [
        Route(path, _wrong_method(taken), methods=sorted(METHODS - taken)) for path, taken in methods.items()
    ]
    for name in ("api", "v1"):
        refusing.append(Route(f"/{name}/{{rest:path}}", _not_there, methods=sorted(METHODS)))
    router.routes += refusing
    return router


def _wrong_method(methods: set[str]) -> Callable[[Request], Awaitable[None]]:
    async def refuse(request: Request) -> None:
        raise HTTPException(405, headers={"Allow": ", ".join(sorted(methods))})

    return refuse


async def _not_there(request: Request) -> None:
    raise HTTPException(404)
