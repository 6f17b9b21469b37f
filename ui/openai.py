"""/v1/chat/completions and /v1/models, as OpenAI's clients and LangChain's ChatOpenAI speak to them.

What a client writes as "system" does not reach the answerer: the rules about citing and refusing are ours. Earlier
messages count as the conversation so far. A client of this protocol cannot take back what it has shown, so the text is
sent once its citations have been checked; until then comments keep the connection alive. The citations come as the
message's annotations, with all that is known of them under `citation`. Characters count as tokens in `usage`.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from index.errors import ZhidaError
from index.passage import Where
from rag.answer import Answer, Done, Turn
from ui.access import readable_of, subject_of, visitor_of
from ui.access.guard import needs
from ui.access.proxy import base_path
from ui.admission import Place
from ui.api.ask import BEAT, EventStream, finished, note_question
from ui.api.errors import INTERNAL, error_body, status_of
from ui.api.models import CITATION, TURNS, told
from ui.limits import QUESTION_LENGTH, too_long
from ui.logs import note
from ui.service import Asked, Service, ServiceOf

MODEL = "zhida"
MESSAGES = 2 * TURNS + 50
LENGTH = 200_000  # characters of one message; a system prompt of some frameworks is long
ANSWER_LENGTH = 20_000
PIECE = 16  # characters a chunk

_log = logging.getLogger("zhida")

Content = Annotated[str, StringConstraints(max_length=LENGTH)]


class Part(BaseModel):
    """One part of a message; only those of text count."""

    model_config = ConfigDict(extra="ignore")

    type: str = Field("text", max_length=50)
    text: Content = ""


class Message(BaseModel):
    """One message of the conversation."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content | Annotated[list[Part], Field(max_length=100)] | None = None

    @property
    def text(self) -> str:
        """What it says."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text").strip()
        return (self.content or "").strip()


class StreamOptions(BaseModel):
    """What a stream brings along."""

    include_usage: bool = False


class CompletionBody(BaseModel):
    """A request for a completion. Fields that are not named here (temperature, n, tools…) are passed over."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {"model": MODEL, "messages": [{"role": "user", "content": "海岳省有多少家检验检测机构？"}]}
            ]
        },
    )

    messages: list[Message] = Field(min_length=1, max_length=MESSAGES)
    model: str = Field(MODEL, max_length=200)
    stream: bool = False
    stream_options: StreamOptions | None = None

    def question(self) -> str:
        """The last message, which has to be the user's. Raises HTTPException (400)."""
        last = self.messages[-1]
        if last.role != "user" or not last.text:
            raise HTTPException(
                400, "最后一条消息应是用户的问题 the last message must be the user's question"
            )
        if reason := too_long(last.text):
            raise HTTPException(400, reason)
        return last.text

    def turns(self) -> list[Turn]:
        """The exchanges before it; several messages of one side in a row are one."""
        turns: list[Turn] = []
        for message in self.messages[:-1]:
            if message.role == "user" and message.text:
                turns.append(Turn(message.text[:QUESTION_LENGTH]))
            elif message.role == "assistant" and message.text and turns:
                turns[-1] = Turn(turns[-1].question, message.text[:ANSWER_LENGTH])
        return turns[-TURNS:]


COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-hM2bq1Yw0dJkq0aX4mC9fA",
    "object": "chat.completion",
    "created": 1767600000,
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "海岳省计量院今年完成校准证书三百二十份。[1]",
                "refusal": None,
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {
                            "start_index": 20,
                            "end_index": 23,
                            "title": "全省计量工作见闻",
                            "url": "/api/sources/7",
                        },
                        "citation": CITATION,
                    }
                ],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 18, "completion_tokens": 23, "total_tokens": 41},
    "zhida": {
        "status": "answered",
        "mode": "extractive",
        "notices": [],
        "answer_id": "hM2bq1Yw0dJkq0aX4mC9fA",
    },
}
MODELS = {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "zhida"}]}
WRONG: dict[int | str, dict[str, Any]] = {
    status: told(error_body("/v1/", status, "中文 English"), words)
    for status, words in (
        (400, "请求有误 wrong request"),
        (429, "太多 too many"),
        (503, "用不了 not available"),
    )
}

router = APIRouter(tags=["OpenAI"])


@router.get(
    "/v1/models", response_model=None, responses={200: told(MODELS, "模型 models")}, summary="模型 models"
)
@needs("complete")
async def models() -> Response:
    """The one model that there is."""
    return JSONResponse(MODELS)


@router.post(
    "/v1/chat/completions",
    response_model=None,
    responses={200: told(COMPLETION, "答案 the answer; with `stream` chunks"), **WRONG},
    summary="OpenAI 格式的提问 a question in OpenAI's format",
)
@needs("complete")
async def complete(request: Request, service: ServiceOf, body: CompletionBody) -> Response:
    """Answers the last message, at once or as a stream of chunks."""
    question = body.question()
    note_question(service, question)
    subject = subject_of(request)
    readable = await run_in_threadpool(readable_of, subject, service.library)
    asked = Asked(question, subject.name, turns=body.turns(), where=Where(readable=readable))
    place = service.admission.enter(visitor_of(request))
    if body.stream:
        usage = body.stream_options is not None and body.stream_options.include_usage
        return EventStream(_chunks(service, asked, place, usage), place)
    with place:
        done = await finished(service, asked, place, request)
    return JSONResponse(completion(done, asked, base_path(service.settings.base_path)))


def completion(done: Done, asked: Asked, base: str = "") -> dict[str, object]:
    """The whole answer."""
    message = {
        "role": "assistant",
        "content": done.answer.text,
        "refusal": None,
        "annotations": annotated(done.answer, base),
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {
        **_head(done.answer_id, "chat.completion"),
        "choices": [choice],
        "usage": usage_of(asked, done.answer),
        "zhida": _particulars(done),
    }


def annotated(answer: Answer, base: str = "") -> list[dict[str, object]]:
    """The answer's citations; `start_index:end_index` is the first mark [n] in its text."""
    found: list[dict[str, object]] = []
    for citation in answer.citations:
        mark = f"[{citation.number}]"
        start = max(0, answer.text.find(mark))
        passage = citation.passage
        found.append(
            {
                "type": "url_citation",
                "url_citation": {
                    "start_index": start,
                    "end_index": start + len(mark),
                    "title": passage.article or passage.document,
                    "url": passage.url or f"{base}/api/sources/{passage.id}",
                },
                "citation": citation.as_dict(),
            }
        )
    return found


def usage_of(asked: Asked, answer: Answer) -> dict[str, int]:
    """Characters of the conversation and of the answer."""
    before = sum(len(turn.question) + len(turn.answer) for turn in asked.turns or ())
    prompt, written = before + len(asked.question), len(answer.text)
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


async def _chunks(service: Service, asked: Asked, place: Place, usage: bool) -> AsyncIterator[str]:
    try:
        done = None
        async with aclosing(service.stream(asked, place)) as stream:  # type: ignore[type-var]
            async for batch in stream:
                yield BEAT
                done = next((event for event in batch if isinstance(event, Done)), done)
        assert done is not None
        note(answer=done.answer.status, mode=done.answer.mode)
        for chunk in _pieces(done, asked, usage, base_path(service.settings.base_path)):
            yield f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
        yield "data: [DONE]\n\n"
    except ZhidaError as error:
        body = error_body("/v1/", status_of(error), str(error))
        yield f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
    except Exception:  # noqa: BLE001 - the edge of a request: the reader needs an end, the log the traceback
        _log.exception("answering failed")
        yield f"data: {json.dumps(error_body('/v1/', 500, INTERNAL), ensure_ascii=False)}\n\n"


def _pieces(done: Done, asked: Asked, usage: bool, base: str) -> Iterator[dict[str, object]]:
    """The finished answer as chunks: the role, the text, the annotations with the end, the usage if wanted."""
    head, text = _head(done.answer_id, "chat.completion.chunk"), done.answer.text

    def chunk(delta: dict[str, object], finish: str | None = None) -> dict[str, object]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "choices": [choice]}

    yield chunk({"role": "assistant", "content": ""})
    for start in range(0, len(text), PIECE):
        yield chunk({"content": text[start : start + PIECE]})
    yield {**chunk({"annotations": annotated(done.answer, base)}, "stop"), "zhida": _particulars(done)}
    if usage:
        yield {**head, "choices": [], "usage": usage_of(asked, done.answer)}


def _head(answer_id: str, kind: str) -> dict[str, object]:
    id = f"chatcmpl-{answer_id or secrets.token_urlsafe(16)}"
    return {"id": id, "object": kind, "created": int(time.time()), "model": MODEL}


def _particulars(done: Done) -> dict[str, object]:
    """What this protocol has no place for."""
    answer = done.answer
    return {
        "status": answer.status,
        "mode": answer.mode,
        "notices": list(answer.notices),
        "answer_id": done.answer_id,
    }
