"""The web application: API and chat page in one FastAPI app, and the process that serves it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import gradio as gr
import uvicorn
from fastapi import FastAPI

from ui.api import api_routes, tell_errors
from ui.chat import ASSETS, build_page, look
from ui.security import protect

if TYPE_CHECKING:
    from rag.chatbot import Chatbot

GRACE = 5  # seconds that answers under way get when the server is told to stop


def create_app(chatbot: Chatbot) -> FastAPI:
    """The application: /api, /healthz, /readyz and, at /, the chat page."""
    # The interactive API pages of FastAPI load their scripts from elsewhere, so they are off.
    app = FastAPI(title="Zhida 质答", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    protect(app)
    app.include_router(api_routes(chatbot))
    tell_errors(app)
    page = build_page(chatbot)
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
    return app


class Server(uvicorn.Server):
    """A uvicorn server that says when it really accepts connections."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening, then calls `on_ready`."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def serve(chatbot: Chatbot, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serves on `listener`, a bound socket, until the process is told to stop."""
    config = uvicorn.Config(
        create_app(chatbot), log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE
    )
    Server(config, on_ready).run(sockets=[listener])
