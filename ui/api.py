"""The HTTP API: ask (JSON or server-sent events), sources, health. Knows no HTML.

`POST /api/ask` answers in JSON, or with `Accept: text/event-stream` as events: `retrieved` once, `text`
for each piece, then `done` with the answer that counts, or `error`. Whatever goes wrong is told in one
shape, `{"error": "…"}`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from index.errors import ZhidaError
from index.passage import ISO_DATE, Hit, Passage, Where
from rag.answer import Event, Retrieved, Text, Turn, particulars
from ui.bridge import batches
from ui.limits import QUESTION_LENGTH
from ui.security import HEADERS

if TYPE_CHECKING:
    from rag.chatbot import Chatbot

TURNS = 50
NAMES = 1000  # of documents, speakers… in one request
NAME_LENGTH = 1000  # characters of a document's name
LAST_ID = 2**63 - 1  # the largest number that SQLite can look for

INTERNAL = "内部错误，详情见服务日志 internal error, the server's log has the details"

_log = logging.getLogger("zhida")

# A length makes pydantic look into a string, so that halves of surrogate pairs are refused as well.
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=QUESTION_LENGTH)]
Name = Annotated[str, StringConstraints(max_length=NAME_LENGTH)]
Names = list[Name]
Date = Annotated[str, StringConstraints(pattern=rf"^(?:{ISO_DATE.pattern})?$")]


class EarlierTurn(BaseModel):
    """One earlier exchange of the conversation, oldest first."""

    question: Question
    answer: str = Field("", max_length=20_000)
    standalone_question: str = Field("", max_length=QUESTION_LENGTH)


class AskBody(BaseModel):
    """The body of POST /api/ask."""

    question: Question
    turns: list[EarlierTurn] = Field(default_factory=list, max_length=TURNS)
    documents: Names = Field(default_factory=list, max_length=NAMES)
    collections: Names = Field(default_factory=list, max_length=NAMES)
    speakers: Names = Field(default_factory=list, max_length=NAMES)
    publishers: Names = Field(default_factory=list, max_length=NAMES)
    statuses: Names = Field(default_factory=list, max_length=NAMES)
    published_from: Date = ""
    published_to: Date = ""

    def where(self) -> Where:
        """What to search in."""
        return Where(
            documents=frozenset(self.documents),
            collections=frozenset(self.collections),
            speakers=frozenset(self.speakers),
            publishers=frozenset(self.publishers),
            statuses=frozenset(self.statuses),
            published_from=self.published_from,
            published_to=self.published_to,
        )

    def earlier(self) -> list[Turn]:
        """The turns as the chatbot takes them."""
        return [Turn(turn.question, turn.answer, turn.standalone_question) for turn in self.turns]


def api_routes(chatbot: Chatbot) -> APIRouter:
    """The routes, answering from `chatbot`."""
    router = APIRouter()
    library = chatbot.library

    @router.post("/api/ask", response_model=None)
    async def ask(body: AskBody, accept: Annotated[str, Header()] = "") -> Response:
        where = body.where()
        if "text/event-stream" in accept:
            events = _server_sent(chatbot, body, where)
            return StreamingResponse(
                events, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
            )
        answer = await run_in_threadpool(chatbot.ask, body.question, body.earlier(), where)
        return JSONResponse(answer.as_dict())

    @router.get("/api/sources/{passage_id}", response_model=None)
    def source(passage_id: int) -> Response:
        # Not `library.passage`, whose error could also mean that the library cannot be read.
        library.refresh()
        found = library.passages([passage_id]) if 0 < passage_id <= LAST_ID else []
        if not found:
            return _failure(404, "没有这个段落 no such passage")
        passage = found[0]
        near = library.neighbours(passage, 1, 1)
        before = [passage_as_dict(other) for other in near if other.end <= passage.start]
        after = [passage_as_dict(other) for other in near if other.start >= passage.end]
        return JSONResponse({**passage_as_dict(passage), "before": before, "after": after})

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", response_model=None)
    def readyz() -> Response:
        try:
            status = library.status()
        except ZhidaError:
            raise  # told by the handler of such errors, with 503 as well
        except Exception:  # noqa: BLE001 - whatever the reason, a service that cannot say what it holds is not ready
            _log.exception("not ready")
            return _failure(503, INTERNAL)
        return JSONResponse(
            {
                "status": "ready",
                "generation": library.generation,
                "documents": status.documents,
                "passages": status.passages,
            }
        )

    return router


def tell_errors(app: FastAPI) -> None:
    """Makes the routes of `app` tell every error as `{"error": "…"}`."""
    app.add_exception_handler(RequestValidationError, _refuse_body)
    app.add_exception_handler(HTTPException, _refuse_request)
    app.add_exception_handler(ZhidaError, _unavailable)
    app.add_exception_handler(Exception, _broken)


async def _refuse_body(_: Request, error: Exception) -> Response:
    """422 with what is wrong, where; unlike FastAPI's own, it does not send the input back."""
    assert isinstance(error, RequestValidationError)
    wrong = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    return _failure(422, f"请求有误 wrong request: {'; '.join(wrong)}")


async def _refuse_request(_: Request, error: Exception) -> Response:
    """What the framework refuses, such as JSON that is nested too deep."""
    assert isinstance(error, HTTPException)
    return _failure(error.status_code, f"请求有误 wrong request: {error.detail}")


async def _unavailable(_: Request, error: Exception) -> Response:
    """503: the library or the language model cannot be used now; the reason was written for people."""
    return _failure(503, str(error))


async def _broken(_: Request, error: Exception) -> Response:
    """500: a defect of ours; the server writes its traceback into the log after this."""
    # Made outside of all middleware, so it has to bring the headers along.
    return JSONResponse({"error": INTERNAL}, status_code=500, headers=HEADERS)


def _failure(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status_code=status)


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
        yield _frame("error", {"error": INTERNAL})


def _frame(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
