"""The HTTP API: ask (JSON or server-sent events), sources, health. Knows no HTML.

`POST /api/ask` answers in JSON, or with `Accept: text/event-stream` as events: `retrieved` once, `text`
for each piece, then `done` with the answer that counts, or `error`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from index.errors import LibraryError, ZhidaError
from index.passage import Hit, Passage, Where
from rag.answer import Event, Retrieved, Text, Turn, particulars
from ui.bridge import batches

if TYPE_CHECKING:
    from rag.chatbot import Chatbot

QUESTION_LENGTH = 2000  # characters; longer ones are pasted documents, not questions
TURNS = 50

_log = logging.getLogger("zhida")

Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=QUESTION_LENGTH)]


class EarlierTurn(BaseModel):
    """One earlier exchange of the conversation, oldest first."""

    question: Question
    answer: str = Field("", max_length=20_000)
    standalone_question: str = Field("", max_length=QUESTION_LENGTH)


class AskBody(BaseModel):
    """The body of POST /api/ask."""

    question: Question
    turns: list[EarlierTurn] = Field(default_factory=list, max_length=TURNS)
    documents: list[str] = Field(default_factory=list, max_length=1000)

    def earlier(self) -> list[Turn]:
        """The turns as the chatbot takes them."""
        return [Turn(turn.question, turn.answer, turn.standalone_question) for turn in self.turns]


def api_routes(chatbot: Chatbot) -> APIRouter:
    """The routes, answering from `chatbot`."""
    router = APIRouter()
    library = chatbot.library

    @router.post("/api/ask", response_model=None)
    async def ask(body: AskBody, accept: Annotated[str, Header()] = "") -> Response:
        where = Where(documents=frozenset(body.documents))
        if "text/event-stream" in accept:
            events = _server_sent(chatbot, body, where)
            return StreamingResponse(
                events, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
            )
        try:
            answer = await run_in_threadpool(chatbot.ask, body.question, body.earlier(), where)
        except ZhidaError as error:
            return JSONResponse({"error": str(error)}, status_code=503)
        return JSONResponse(answer.as_dict())

    @router.get("/api/sources/{passage_id}", response_model=None)
    def source(passage_id: int) -> Response:
        try:
            passage = library.passage(passage_id)
        except LibraryError:
            return JSONResponse({"error": "没有这个段落 no such passage"}, status_code=404)
        near = library.neighbours(passage, 1, 1)
        before = [passage_as_dict(other) for other in near if other.end <= passage.start]
        after = [passage_as_dict(other) for other in near if other.start >= passage.end]
        return JSONResponse({**passage_as_dict(passage), "before": before, "after": after})

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    def readyz() -> dict[str, object]:
        status = library.status()
        return {
            "status": "ready",
            "generation": library.generation,
            "documents": status.documents,
            "passages": status.passages,
        }

    return router


async def refuse_body(_: Request, error: Exception) -> Response:
    """422 with what is wrong, where; unlike FastAPI's own, it does not send the input back."""
    assert isinstance(error, RequestValidationError)
    wrong = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    return JSONResponse({"error": f"请求有误 wrong request: {'; '.join(wrong)}"}, status_code=422)


def passage_as_dict(passage: Passage) -> dict[str, object]:
    """A passage with its particulars, in the names that citations use."""
    return {**particulars(passage), "start": passage.start, "end": passage.end, "text": passage.text}


def _hit_as_dict(hit: Hit) -> dict[str, object]:
    return {**passage_as_dict(hit.passage), "score": hit.score, "stages": dict(hit.stages)}


def _named(event: Event) -> tuple[str, object]:
    """An event's name on the wire and what it carries."""
    if isinstance(event, Retrieved):
        hits = [_hit_as_dict(hit) for hit in event.hits]
        return "retrieved", {"question": event.question, "hits": hits}
    if isinstance(event, Text):
        return "text", {"delta": event.delta}
    return "done", event.answer.as_dict()


async def _server_sent(chatbot: Chatbot, body: AskBody, where: Where) -> AsyncIterator[str]:
    try:
        async for batch in batches(lambda: chatbot.stream(body.question, body.earlier(), where)):
            for event in batch:
                yield _frame(*_named(event))
    except ZhidaError as error:
        yield _frame("error", {"error": str(error)})
    except Exception:  # noqa: BLE001 - the edge of a request: the reader needs an end, the log the traceback
        _log.exception("answering failed")
        yield _frame("error", {"error": "内部错误 internal error"})


def _frame(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
