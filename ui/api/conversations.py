"""/api/conversations and /api/feedback: what was asked and answered, for whom it belongs to."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from rag.history_types import Conversation, Entry
from ui.access import readable_of, subject_of
from ui.access.guard import needs
from ui.access.past import entries_of
from ui.api.models import ANSWER, CONVERSATION, FeedbackBody, Id, TitleBody, refused, told
from ui.page.export import as_markdown, as_word
from ui.service import Service, ServiceOf
from ui.texts import texts_for

MOST_LISTED = 1000
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


router = APIRouter(tags=["对话 conversations"])


@router.post(
    "/api/conversations",
    status_code=201,
    response_model=None,
    responses={201: told(CONVERSATION, "新对话 a new conversation"), **refused(422, 503)},
    summary="新对话 begin a conversation",
)
@needs("write-history")
def start(request: Request, service: ServiceOf, body: TitleBody) -> Response:
    """A new conversation of the reader's."""
    made = service.dialogue.history.start(subject_of(request).name, body.title)
    return JSONResponse(conversation_as_dict(made), status_code=201)


@router.get(
    "/api/conversations",
    response_model=None,
    responses={
        200: told({"conversations": [CONVERSATION]}, "最近的在前 the last changed first"),
        **refused(422, 503),
    },
    summary="列出对话 list conversations",
)
@needs("read-history")
def listing(
    request: Request,
    service: ServiceOf,
    find: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 200,
) -> Response:
    """The reader's conversations."""
    found = service.dialogue.history.conversations(subject_of(request).name, find, limit)
    return JSONResponse({"conversations": [conversation_as_dict(one) for one in found]})


@router.get(
    "/api/conversations/{conversation_id}",
    response_model=None,
    responses={
        200: told({**CONVERSATION, "entries": [ANSWER]}, "对话及其全部问答 with all that was answered"),
        **refused(404, 422, 503),
    },
    summary="一个对话 one conversation",
)
@needs("read-history")
def get(request: Request, service: ServiceOf, conversation_id: Id) -> Response:
    """A conversation with its answers."""
    owner = subject_of(request).name
    found = service.dialogue.history.conversation(conversation_id, owner)
    return JSONResponse(
        {**conversation_as_dict(found), "entries": [one.as_dict() for one in _seen(service, request, found)]}
    )


@router.patch(
    "/api/conversations/{conversation_id}",
    response_model=None,
    responses={200: told(CONVERSATION, "改名之后 after the change"), **refused(404, 422, 503)},
    summary="改名 give it another title",
)
@needs("write-history")
def rename(request: Request, service: ServiceOf, conversation_id: Id, body: TitleBody) -> Response:
    """Gives a conversation another title."""
    owner = subject_of(request).name
    service.dialogue.history.rename(conversation_id, owner, body.title)
    return JSONResponse(conversation_as_dict(service.dialogue.history.conversation(conversation_id, owner)))


@router.delete(
    "/api/conversations/{conversation_id}",
    response_model=None,
    responses={
        200: told(
            {"removed": CONVERSATION["conversation_id"]}, "连同上传的文件 with what was uploaded into it"
        ),
        **refused(404, 422, 503),
    },
    summary="删除对话 delete it",
)
@needs("write-history")
async def delete(request: Request, service: ServiceOf, conversation_id: Id) -> Response:
    """Deletes a conversation, its answers and what was uploaded into it."""
    await run_in_threadpool(service.dialogue.delete, conversation_id, subject_of(request).name)
    return JSONResponse({"removed": conversation_id})


@router.get(
    "/api/conversations/{conversation_id}/export",
    response_model=None,
    responses={
        200: {
            "description": "Markdown 或 or Word",
            "content": {"text/markdown": {"example": "# 校准证书\n\n## …"}, WORD: {}},
        },
        **refused(404, 422, 503),
    },
    summary="导出 export",
)
@needs("export-history")
def export(
    request: Request,
    service: ServiceOf,
    conversation_id: Id,
    format: Annotated[Literal["markdown", "docx"], Query()] = "markdown",
    accept_language: Annotated[str, Header()] = "",
) -> Response:
    """A conversation as a file to be saved."""
    owner = subject_of(request).name
    found = service.dialogue.history.conversation(conversation_id, owner)
    entries, texts = _seen(service, request, found), texts_for(accept_language)
    word = format == "docx"
    content = as_word(found, entries, texts) if word else as_markdown(found, entries, texts)
    # As a file to be saved: a browser must not take what documents say for a page of ours.
    name = f"{conversation_id}.{'docx' if word else 'md'}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=WORD if word else "text/markdown", headers=headers)


@router.post(
    "/api/feedback",
    status_code=201,
    response_model=None,
    responses={201: told({"answer_id": ANSWER["answer_id"]}, "已记录 noted"), **refused(404, 422, 503)},
    summary="评价一个答案 say what you think of an answer",
)
@needs("give-feedback")
def feedback(request: Request, service: ServiceOf, body: FeedbackBody) -> Response:
    """Takes a reader's verdict on an answer."""
    owner = subject_of(request).name
    service.dialogue.history.feedback(body.answer_id, owner, body.verdict, body.reason, body.comment)
    return JSONResponse({"answer_id": body.answer_id}, status_code=201)


def _seen(service: Service, request: Request, one: Conversation) -> list[Entry]:
    """A conversation's exchanges, as far as their reader may still see them."""
    subject = subject_of(request)
    readable = readable_of(subject, service.library, one.id)
    return entries_of(service.dialogue.history, one.id, subject.name, readable)


def conversation_as_dict(one: Conversation) -> dict[str, object]:
    """A conversation in a list."""
    return {
        "conversation_id": one.id,
        "title": one.title,
        "created": one.created,
        "changed": one.changed,
        "answers": one.entries,
    }
