"""The web application: API and chat page in one FastAPI app, and the process that serves it.

Gradio takes seconds to import, so it is imported only where the chat page is wanted.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount

from rag.dialogue import Dialogue
from rag.history import History
from rag.settings import Settings
from ui.api import api_routes, tell_errors
from ui.api.errors import refuse_request
from ui.logs import log_to
from ui.security import protect
from ui.service import Service
from ui.viewer.routes import viewer_routes
from ui.widget.routes import widget_routes

if TYPE_CHECKING:
    from rag.chatbot import Chatbot

GRACE = 25  # seconds that answers under way get when the server is told to stop
DAY = 86_400.0


def create_app(
    dialogue: Dialogue | Chatbot, settings: Settings | None = None, *, chat: bool = True
) -> FastAPI:
    """The application: the API and, with `chat`, the chat page at /. Its parts are at `app.state.service`.

    A chatbot by itself remembers in the home of its library.
    """
    settings = settings or Settings()
    if not isinstance(dialogue, Dialogue):
        dialogue = Dialogue(dialogue, History.open(dialogue.library.home), settings)
    service = Service(dialogue, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        expiry = asyncio.create_task(_expire(service))
        yield
        expiry.cancel()
        await service.uploads.finish()

    # The interactive API pages of FastAPI load their scripts from elsewhere, so they are off; ours is /api/docs.
    app = FastAPI(title="Zhida 质答", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.service = service
    routes = api_routes(service)
    routes.routes += widget_routes(service).routes
    routes.routes += viewer_routes(service).routes
    protect(app, service, routes.routes)
    app.include_router(routes)
    tell_errors(app)
    if chat:
        _mount_page(app, service)
    service.warm_up()
    return app


def _mount_page(app: FastAPI, service: Service) -> None:
    """Puts the chat page at /."""
    # Imported here: it takes four seconds, which the API alone does not need.
    import gradio as gr

    from ui.chat import ASSETS, build_page, look

    page = build_page(service)
    # Mounted last: a mount at / takes every path that no route before it has claimed.
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        favicon_path=str(ASSETS / "favicon.png"),
        show_error=False,
        max_file_size="1kb",
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        **look(),
    )
    # Gradio's half of the application tells what it does not have or take in our shape as well.
    for route in app.router.routes:
        if isinstance(route, Mount) and isinstance(route.app, Starlette):
            route.app.add_exception_handler(HTTPException, refuse_request)


async def _expire(service: Service) -> None:
    """Deletes what the setting history_days says is too old, now and once a day."""
    while service.settings.history_days:
        await asyncio.to_thread(service.dialogue.expire)
        await asyncio.sleep(DAY)


class Server(uvicorn.Server):
    """A uvicorn server that says when it really accepts connections, and stops in two steps.

    At the first signal it takes no new connections and no new questions, and answers under way may finish; at the
    second it stops at once. Both are an ordinary end: the process leaves with code 0.
    """

    def __init__(self, config: uvicorn.Config, service: Service, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._service = service
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening, then calls `on_ready`."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What a signal does."""
        self._service.admission.draining = True
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


def serve(app: FastAPI, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serves on `listener`, a bound socket, until the process is told to stop."""
    service: Service = app.state.service
    log_to(service.settings.log_file)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
        proxy_headers=False,  # uvicorn would believe them from this machine; ui.access.proxy asks the settings
    )
    Server(config, service, on_ready).run(sockets=[listener])
