"""POST /api/ask and GET /api/sources: questions, and what their answers cite."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from index.errors import NotThere, ZhidaError
from index.passage import Hit, Passage
from rag.answer import Done, Event, Retrieved, Text, particulars
from ui.access import Subject, may_read, readable_of, subject_of, visitor_of
from ui.access.guard import needs
from ui.access.past import turns_of
from ui.admission import Overloaded, Place
from ui.api.errors import INTERNAL
from ui.api.models import ANSWER, PASSAGE, AskBody, Id, refused, told
from ui.logs import note
from ui.service import Asked, Service, ServiceOf, Waiting

LAST_ID = 2**63 - 1  # the largest number that SQLite can look for
EVENTS = "text/event-stream"
BEAT = ": \n\n"
"""A comment, which clients pass over: sent while nothing happens, it shows whether anybody still listens."""

_log = logging.getLogger("zhida")

STREAM_EXAMPLE = (
    'event: waiting\ndata: {"ahead": 2}\n\nevent: retrieved\ndata: {"question": "…", "hits": […]}\n\n'
    'event: text\ndata: {"delta": "海岳省"}\n\nevent: done\ndata: {"status": "answered", …}\n\n'
)
ASKED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "答案 the answer; with `Accept: text/event-stream` the events waiting, retrieved, text, done or error",
        "content": {"application/json": {"example": ANSWER}, EVENTS: {"example": STREAM_EXAMPLE}},
    },
    **refused(404, 413, 422, 429, 503),
}

router = APIRouter(tags=["问答 questions"])


@router.post("/api/ask", response_model=None, responses=ASKED, summary="提问 ask a question")
@needs("ask")
async def ask(
    request: Request, service: ServiceOf, body: AskBody, accept: Annotated[str, Header()] = ""
) -> Response:
    """Answers a question, at once or as a stream of events."""
    note_question(service, body.question)
    subject = subject_of(request)
    asked = await run_in_threadpool(asked_of, service, body, subject)
    place = service.admission.enter(visitor_of(request))
    if EVENTS in accept:
        return EventStream(_server_sent(service, asked, place), place)
    with place:
        done = await finished(service, asked, place, request)
    return JSONResponse(answer_as_dict(done))


@router.get(
    "/api/sources/{passage_id}",
    response_model=None,
    responses={
        200: told({**PASSAGE, "before": [], "after": [PASSAGE]}, "原文段落 the passage"),
        **refused(404, 422, 503),
    },
    summary="一个段落及其前后文 a passage with its neighbours",
)
@needs("read-source")
def source(
    request: Request, service: ServiceOf, passage_id: int, conversation_id: Annotated[Id, Query()] = ""
) -> Response:
    """A passage with the one before and the one after it."""
    readable = readable_by(service, subject_of(request), conversation_id)
    library = service.library
    # Not `library.passage`, whose error could also mean that the library cannot be read.
    library.refresh()
    found = library.passages([passage_id]) if 0 < passage_id <= LAST_ID else []
    if not found or not may_read(found[0].collection, readable):
        raise NotThere("没有这个段落 no such passage")
    passage = found[0]
    near = library.neighbours(passage, 1, 1)
    before = [passage_as_dict(other) for other in near if other.end <= passage.start]
    after = [passage_as_dict(other) for other in near if other.start >= passage.end]
    return JSONResponse({**passage_as_dict(passage), "before": before, "after": after})


class EventStream(StreamingResponse):
    """Server-sent events of an answer that holds `place`; however the response ends, the place is left."""

    def __init__(self, events: AsyncIterator[str], place: Place) -> None:
        super().__init__(
            events, media_type=EVENTS, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        self.place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the events; a client that leaves ends it at once."""
        with self.place:
            async with aclosing(self.body_iterator):  # type: ignore[type-var]
                await super().__call__(scope, receive, send)


def readable_by(service: Service, subject: Subject, conversation: str) -> frozenset[str] | None:
    """The collections that the subject may read, in this conversation if one is named. Raises NotThere."""
    if conversation:
        service.dialogue.history.conversation(conversation, subject.name)
    return readable_of(subject, service.library, conversation)


def asked_of(service: Service, body: AskBody, subject: Subject) -> Asked:
    """The question as it will be asked. Raises NotThere for a conversation that is not the subject's."""
    readable = readable_by(service, subject, body.conversation_id)
    turns = body.earlier()
    return Asked(
        body.question,
        owner=subject.name,
        conversation=body.conversation_id,
        # Those of the conversation unless the client keeps its own.
        turns=turns
        if turns or not body.conversation_id
        else turns_of(service.dialogue.history, body.conversation_id, subject.name, readable),
        where=body.where(readable),
    )


def note_question(service: Service, question: str) -> None:
    """For the log: how long the question is, and where the settings want it, what it says."""
    note(characters=len(question))
    if service.settings.log_questions:
        note(question=question)


async def finished(service: Service, asked: Asked, place: Place, request: Request) -> Done:
    """The finished answer. Raises ClientDisconnect as soon as nobody waits for it any more."""
    async with aclosing(service.stream(asked, place)) as stream:  # type: ignore[type-var]
        async for batch in stream:
            for event in batch:
                if isinstance(event, Done):
                    note(answer=event.answer.status, mode=event.answer.mode)
                    return event
            if await request.is_disconnected():
                raise ClientDisconnect
    raise AssertionError("a stream always ends with Done")


def passage_as_dict(passage: Passage) -> dict[str, object]:
    """A passage with its particulars, in the names that citations use."""
    return {**particulars(passage), "start": passage.start, "end": passage.end, "text": passage.text}


def answer_as_dict(done: Done) -> dict[str, object]:
    """An answer with the ids under which it is kept."""
    return {**done.answer.as_dict(), "answer_id": done.answer_id, "conversation_id": done.conversation}


def _hit_as_dict(hit: Hit) -> dict[str, object]:
    return {**passage_as_dict(hit.passage), "score": hit.score, "stages": dict(hit.stages)}


def _named(event: Event | Waiting) -> tuple[str, object]:
    """An event's name on the wire and what it carries."""
    if isinstance(event, Waiting):
        return "waiting", {"ahead": event.ahead}
    if isinstance(event, Retrieved):
        hits = [_hit_as_dict(hit) for hit in event.hits]
        return "retrieved", {"question": event.question, "hits": hits}
    if isinstance(event, Text):
        return "text", {"delta": event.delta}
    note(answer=event.answer.status, mode=event.answer.mode)
    return "done", answer_as_dict(event)


async def _server_sent(service: Service, asked: Asked, place: Place) -> AsyncIterator[str]:
    try:
        async with aclosing(service.stream(asked, place)) as stream:  # type: ignore[type-var]
            async for batch in stream:
                yield "".join(_frame(*_named(event)) for event in batch) or BEAT
    except Overloaded as error:
        yield _frame("error", {"error": str(error), "retry_after": error.retry_after})
    except ZhidaError as error:
        yield _frame("error", {"error": str(error)})
    except Exception:  # noqa: BLE001 - the edge of a request: the reader needs an end, the log the traceback
        _log.exception("answering failed")
        yield _frame("error", {"error": INTERNAL})


def _frame(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
