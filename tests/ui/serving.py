"""An application on a real port of 127.0.0.1, in a thread of the tests: for what a test client cannot do, such as leave."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from tests.waiting import PATIENCE


@contextmanager
def serving(app: FastAPI, port: int = 0) -> Iterator[str]:
    """The address of `app`, served until the block is left; at `port` or at any that is free."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    started = threading.Event()

    async def run() -> None:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        started.set()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert started.wait(PATIENCE)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


@contextmanager
def silent_model(pause: float, asked: threading.Event | None = None) -> Iterator[str]:
    """The address of a language model server, for OpenAI's clients, that says a word after `pause` seconds.

    `asked` is set as soon as somebody asks it.
    """
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def complete() -> StreamingResponse:
        if asked is not None:
            asked.set()

        async def chunks() -> AsyncIterator[str]:
            await asyncio.sleep(pause)
            for delta in ({"role": "assistant", "content": "资料中没有找到"}, {"content": "答案。"}):
                choice = {"index": 0, "delta": delta, "finish_reason": None}
                chunk = {
                    "id": "1",
                    "object": "chat.completion.chunk",
                    "created": 0,
                    "model": "slow",
                    "choices": [choice],
                }
                yield f"data: {json.dumps(chunk)}\n\n"
            yield "data: [DONE]\n\n"

        return StreamingResponse(chunks(), media_type="text/event-stream")

    with serving(app) as url:
        yield f"{url}/v1"
