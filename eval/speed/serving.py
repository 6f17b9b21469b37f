"""What serving costs: 32 conversations at once over loopback, beside a plain FastAPI stream of the same length.

    python -m eval.speed.serving [--conversations 32] [--rounds 3]

Three servers, each a process of its own, are asked the same questions by as many clients as there are conversations:
`zhida serve --no-chat` with extraction, the same with a language model (a stub that says 100 words, one each 10 ms),
and a FastAPI application that streams 100 such words and does nothing else. Printed are the time to the first text
(95th percentile), the server's processor time for each answer, and what of that the chatbot takes when it is asked in
a process without a server: the rest is what the API adds. Processor time is compared and not time by the clock,
because the clients share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from rag.answer import Text
from rag.build import open_chatbot, open_library
from rag.settings import Settings

DOCUMENTS = Path(__file__).parents[1] / "sets" / "sample" / "documents"
QUESTIONS = ("规模以上装备企业有多少家？", "海岳省有多少家检验检测机构？", "质量管理体系文件多久评审一次？")
WORDS = 100
PAUSE = 0.01
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class Figures:
    """One server's: seconds to the first text, milliseconds of its processor for an answer, and what failed."""

    first_text_p95: float
    cpu_ms: float
    errors: int


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used until now."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def process(arguments: list[str], port: int, path: str, **environment: str) -> Iterator[int]:
    """The id of a server that answers at `path`; it is ended at the end."""
    command = [sys.executable, "-m", *arguments]
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment}
    )
    try:
        for _ in range(600):
            if child.poll() is not None:
                raise RuntimeError(f"the server ended: {' '.join(command)}")
            try:
                httpx.get(f"http://127.0.0.1:{port}{path}", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield child.pid
    finally:
        child.terminate()
        child.wait(30)


async def ask(client: httpx.AsyncClient, url: str, question: str) -> float | None:
    """Seconds until the first text of one answer, read to its end; None if it failed."""
    started, first, ended = time.perf_counter(), None, False
    headers = {"Accept": "text/event-stream"}
    async with client.stream(
        "POST", f"{url}/api/ask", json={"question": question}, headers=headers
    ) as response:
        async for line in response.aiter_lines():
            if first is None and line.startswith("event: text"):
                first = time.perf_counter() - started
            ended = ended or line.startswith("event: done")
    return first if ended else None


async def load(url: str, pid: int, conversations: int, rounds: int) -> Figures:
    """Asks from so many clients at once, each so many questions one after the other."""

    async def converse(number: int) -> list[float | None]:
        cookies = {"zhida_visitor": f"bench-{number}"}
        async with httpx.AsyncClient(timeout=300, cookies=cookies) as client:
            return [await ask(client, url, QUESTIONS[(number + n) % len(QUESTIONS)]) for n in range(rounds)]

    before = cpu_seconds(pid)
    times = [time for row in await asyncio.gather(*map(converse, range(conversations))) for time in row]
    used = cpu_seconds(pid) - before
    good = sorted(time for time in times if time is not None)
    p95 = good[int(0.95 * (len(good) - 1))] if good else float("nan")
    return Figures(p95, 1000 * used / len(times), len(times) - len(good))


def alone(settings: Settings, answers: int) -> float:
    """Milliseconds of this process for an answer of the chatbot without a server."""
    with open_library(settings) as library:
        chatbot = open_chatbot(settings, library)
        for question in QUESTIONS:
            chatbot.ask(question)
        before = time.process_time()
        for number in range(answers):
            for event in chatbot.stream(QUESTIONS[number % len(QUESTIONS)]):
                assert not isinstance(event, Text) or event.delta is not None
        return 1000 * (time.process_time() - before) / answers


def words_server(port: int) -> None:
    """Serves the plain stream at /api/ask and the language model's stub at /v1/chat/completions."""
    import uvicorn  # only the child that serves needs these
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()

    @app.get("/")
    async def root() -> dict[str, str]:
        return {}

    @app.post("/api/ask")
    async def plain(body: dict[str, Any]) -> StreamingResponse:
        async def events() -> AsyncIterator[str]:
            for _ in range(WORDS):
                await asyncio.sleep(PAUSE)
                yield f"event: text\ndata: {json.dumps({'delta': '词'}, ensure_ascii=False)}\n\n"
            yield "event: done\ndata: {}\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    @app.post("/v1/chat/completions")
    async def stub(body: dict[str, Any]) -> StreamingResponse:
        async def chunks() -> AsyncIterator[str]:
            for number in range(WORDS):
                await asyncio.sleep(PAUSE)
                choice = {"index": 0, "delta": {"content": "词。[1]" if number % 10 == 9 else "词"}}
                yield f"data: {json.dumps({'id': '1', 'object': 'chat.completion.chunk', 'created': 0, 'model': 'm', 'choices': [choice]})}\n\n"
            yield "data: [DONE]\n\n"

        return StreamingResponse(chunks(), media_type="text/event-stream")

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def main() -> int:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m eval.speed.serving", description=__doc__)
    parser.add_argument("--conversations", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--words-server", type=int, metavar="PORT", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.words_server:
        words_server(arguments.words_server)
        return 0
    size = (arguments.conversations, arguments.rounds)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "home"
        with open_library(Settings(home=home), create=True) as library:
            library.sync([DOCUMENTS])
        port = free_port()
        words = stack.enter_context(process(["eval.speed.serving", "--words-server", str(port)], port, "/"))
        model = {
            "ZHIDA_CHAT_MODEL": "openai:stub",
            "ZHIDA_CHAT_MODEL_URL": f"http://127.0.0.1:{port}/v1",
            "ZHIDA_HOME": str(home),
        }
        print(f"{size[0]} conversations at once, {size[1]} questions each")
        print(
            f"{'':28}{'first text p95':>16}{'CPU/answer':>14}{'of it chatbot':>16}{'API adds':>12}{'errors':>8}"
        )
        row("plain FastAPI stream", asyncio.run(load(f"http://127.0.0.1:{port}", words, *size)), 0.0)
        for name, environment in (
            ("zhida, extraction", {"ZHIDA_HOME": str(home)}),
            ("zhida, model stub", model),
        ):
            own = free_port()
            serve = ["ui", "serve", "--no-chat", "--port", str(own)]
            with process(serve, own, "/readyz", ZHIDA_LOG_FILE=os.devnull, **environment) as pid:
                url = f"http://127.0.0.1:{own}"
                asyncio.run(load(url, pid, 2, 1))  # the first answer of a model imports its client
                measured = asyncio.run(load(url, pid, *size))
            chosen = {key.removeprefix("ZHIDA_").lower(): value for key, value in environment.items()}
            settings = Settings(**{**chosen, "home": home})  # type: ignore[arg-type]
            row(name, measured, alone(settings, 12))
    return 0


def row(name: str, figures: Figures, chatbot: float) -> None:
    """Prints one server's figures."""
    added = figures.cpu_ms - chatbot
    print(
        f"{name:28}{figures.first_text_p95:14.2f} s{figures.cpu_ms:11.1f} ms{chatbot:13.1f} ms"
        f"{added:9.1f} ms{figures.errors:8}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
