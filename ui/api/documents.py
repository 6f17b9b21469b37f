"""/api/documents: sending files in, listing what is there, removing it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from index.catalog import DocumentInfo
from index.errors import NotThere
from index.passage import is_private
from ui.access import Subject, authorize, may_read, private_collection, subject_of
from ui.access.guard import needs
from ui.api.ask import readable_by
from ui.api.models import DOCUMENT, NAME_LENGTH, UPLOAD, Id, refused, told
from ui.limits import COLLECTION
from ui.service import Service, ServiceOf
from ui.uploads import Upload

FILES = 20  # in one request
LONGEST_WAIT = 60  # seconds
MOST_LISTED = 1000

Collection = Annotated[str, Form(max_length=COLLECTION, pattern=r"^[^~\x00-\x1f\x7f][^\x00-\x1f\x7f]*$|^$")]


router = APIRouter(tags=["文档 documents"])


@router.post(
    "/api/documents",
    response_model=None,
    responses={
        200: told({"documents": [{**UPLOAD, "state": "unchanged"}]}, "全部未变 nothing has changed"),
        201: told({"documents": [UPLOAD]}, "已入库 stored, and found from now on"),
        202: told({"documents": [{**UPLOAD, "state": "reading"}]}, "仍在读取 still being read"),
        **refused(404, 413, 422, 503),
    },
    summary="上传文件 send files in",
)
@needs("send-file")
async def add(
    request: Request,
    service: ServiceOf,
    files: Annotated[
        list[UploadFile], File(max_length=FILES, description="一个或多个文件 one or more files")
    ],
    collection: Collection = "",
    conversation_id: Annotated[Id, Form()] = "",
    wait: Annotated[int, Form(ge=0, le=LONGEST_WAIT, description="秒 seconds to wait for the outcome")] = 20,
) -> Response:
    """Stores files in the library."""
    subject = subject_of(request)
    target = await run_in_threadpool(_target, service, subject, "add-document", collection, conversation_id)
    uploads = [
        service.uploads.submit(await file.read(), file.filename or "", target, subject.name) for file in files
    ]
    await _settled(uploads, wait)
    return _outcome(request, uploads)


@router.get(
    "/api/documents",
    response_model=None,
    responses={
        200: told({"total": 1, "documents": [DOCUMENT]}, "文档列表 documents by name"),
        **refused(404, 422, 503),
    },
    summary="列出文档 list documents",
)
@needs("read-document")
def listing(
    request: Request,
    service: ServiceOf,
    collection: Annotated[str | None, Query(max_length=COLLECTION)] = None,
    conversation_id: Annotated[Id, Query()] = "",
    find: Annotated[
        str, Query(max_length=NAME_LENGTH, description="名称或标题里有 in the name or title")
    ] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 100,
) -> Response:
    """The documents that the reader may see, by name."""
    readable = readable_by(service, subject_of(request), conversation_id)
    wanted = private_collection(conversation_id) if conversation_id else collection
    found = [
        info
        for info in service.library.documents()
        if may_read(info.collection, readable)
        and (info.collection == wanted if wanted is not None else not is_private(info.collection))
        and (find in info.name or find in info.title)
    ]
    page = [document_as_dict(info) for info in found[offset : offset + limit]]
    return JSONResponse({"total": len(found), "documents": page})


@router.get(
    "/api/documents/uploads/{upload_id}",
    response_model=None,
    responses={200: told(UPLOAD, "上传结果 what became of it"), **refused(404, 422)},
    summary="上传进行到哪里 what became of an upload",
)
@needs("send-file")
async def upload(
    request: Request,
    service: ServiceOf,
    upload_id: Id,
    wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT)] = 0,
) -> Response:
    """What has become of a file that was sent in."""
    known = service.uploads.get(upload_id, subject_of(request).name)
    if known is None:
        raise NotThere("没有这个上传 no such upload")
    await _settled([known], wait)
    return JSONResponse(known.as_dict())


@router.delete(
    "/api/documents",
    response_model=None,
    responses={
        200: told({"removed": "计量简报.txt"}, "已删除，不再能查到 removed, and not found any more"),
        **refused(404, 422, 503),
    },
    summary="删除文档 remove a document",
)
@needs("send-file")
async def remove(
    request: Request,
    service: ServiceOf,
    name: Annotated[str, Query(min_length=1, max_length=NAME_LENGTH)],
    collection: Annotated[str, Query(max_length=COLLECTION)] = "",
    conversation_id: Annotated[Id, Query()] = "",
) -> Response:
    """Removes a document."""
    subject = subject_of(request)
    target = await run_in_threadpool(
        _target, service, subject, "remove-document", collection, conversation_id
    )
    if await run_in_threadpool(service.library.catalog.sha256, name, target) is None:
        raise NotThere("没有这个文档 no such document")
    await service.uploads.remove(name, target)
    return JSONResponse({"removed": name})


def document_as_dict(info: DocumentInfo) -> dict[str, object]:
    """A document in a list."""
    fields = [name for name in DOCUMENT if name != "notices"]
    return {**{name: getattr(info, name) for name in fields}, "notices": list(info.notices)}


def _target(service: Service, subject: Subject, action: str, collection: str, conversation: str) -> str:
    """The collection that a request may change by `action`: that of a conversation of one's own, or any other if the
    subject may. Raises Forbidden and NotThere."""
    readable_by(service, subject, conversation)
    if conversation:
        return private_collection(conversation)
    authorize(subject, action, collection)
    return collection


async def _settled(uploads: Sequence[Upload], seconds: int) -> None:
    """Waits until all are done, or for so many seconds."""
    waiting = [asyncio.ensure_future(upload.done.wait()) for upload in uploads if not upload.done.is_set()]
    if waiting:
        _, late = await asyncio.wait(waiting, timeout=seconds)
        for task in late:
            task.cancel()


def _outcome(request: Request, uploads: Sequence[Upload]) -> Response:
    states = {upload.state for upload in uploads}
    documents = [upload.as_dict() for upload in uploads]
    if states == {"failed"}:
        reason = "; ".join(upload.error for upload in uploads)
        return JSONResponse({"error": reason, "documents": documents}, status_code=422)
    stored = 201 if states & {"added", "updated"} else 200
    status = 202 if states & {"queued", "reading"} else stored
    return JSONResponse({"documents": documents}, status_code=status)
