"""The addresses below /sources: a document's text, its pages, its original; the viewer's own style sheet and script.

    GET /sources/{id}                        the page; ?start&end&h, ?passage, ?clause, ?article, ?part, ?view=pages, ?lang
    GET /sources/{id}/original               the file as it came, always to be saved and never shown here
    GET /sources/{id}/pages/{n}.png, .svg    a page of a PDF, and the boxes of a sentence on it
    GET /sources?name=…&collection=…         to the page of the document of this name

Every one takes its document through `_document_for`, where it is decided who may see it: what is hidden is not there.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from threading import Lock
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from index.errors import NotThere, ZhidaError
from index.passage import PRIVATE, Document, is_private
from ui.access import may_read, readable_of, subject_of
from ui.access.guard import needs
from ui.api.errors import status_of
from ui.render import shortened
from ui.service import Service
from ui.viewer.layout import Layout, lay_out
from ui.viewer.page import message_page, pages_page, text_page
from ui.viewer.pictures import Pictures, overlay
from ui.viewer.place import find_place, number
from ui.viewer.shown import Shown
from ui.viewer.texts import Words, words_for

ASSETS = Path(__file__).parent.parent / "assets"
MEDIA = {
    "viewer.css": "text/css; charset=utf-8",
    "viewer.js": "text/javascript; charset=utf-8",
    "favicon.png": "image/png",
}
KEPT = 8
KEPT_CHARACTERS = 8_000_000
"""Documents whose text and layout are kept, and characters of them all; the last one is kept whatever its size."""
FILE_NAME_LENGTH = 120
SAFE = frozenset(
    {
        "application/pdf",
        "application/zip",
        "message/rfc822",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "image/png",
        "image/jpeg",
    }
)
"""Media types that an original is sent with; all others are sent as bytes."""

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
PRIVATE_CACHE = "private, no-cache"
"""What somebody may see is asked again each time; what he has already need not be sent again."""


def viewer_routes(service: Service) -> APIRouter:
    """The routes, for the library of `service`."""
    router = APIRouter(include_in_schema=False)
    viewer = _Viewer(_Shelf(service))
    router.get("/sources")(viewer.by_name)
    for name in MEDIA:  # before the documents, whose ids could be names as well
        router.get(f"/sources/{name}")(_asset(name))
    router.get("/sources/{document_id}")(viewer.page)
    router.get("/sources/{document_id}/original")(viewer.original)
    router.get("/sources/{document_id}/pages/{page_number}.png")(viewer.picture)
    router.get("/sources/{document_id}/pages/{page_number}.svg")(viewer.boxes)
    return router


@dataclass(frozen=True, slots=True)
class _Pdf:
    """A page of a PDF, and how the file is loaded."""

    document: Document
    sha256: str
    number: int
    load: Callable[[], bytes]


@dataclass(slots=True)
class _Shelf:
    """The documents of the library as they are now, for whoever may read them."""

    service: Service
    _kept: dict[tuple[int, int], tuple[Document, Layout]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def document_for(self, request: Request, document_id: str) -> Document:
        """The document of this id, if it is there and who asks may read it; raises NotThere if not."""
        return self.both_for(request, document_id)[0]

    def both_for(self, request: Request, document_id: str) -> tuple[Document, Layout]:
        """The document with its layout. Here it is decided who may see it."""
        id = number(document_id)
        library = self.service.library
        library.refresh()
        place = library.catalog.place_of_document(id) if id is not None else None
        if id is None or place is None or not self._may_read(request, place[1]):
            raise _not_there()
        key = (id, library.generation)
        kept = self._kept.get(key)
        # A document that has moved to another collection meanwhile is not the one that was asked about.
        if kept is None or (kept[0].name, kept[0].collection) != place:
            document = library.catalog.document(*place)
            if document is None or document.id != id:
                raise _not_there()
            kept = document, lay_out(document)
            with self._lock:
                held = sum(len(document.text) for document, _ in self._kept.values())
                while self._kept and (len(self._kept) >= KEPT or held + len(document.text) > KEPT_CHARACTERS):
                    held -= len(self._kept[next(iter(self._kept))][0].text)
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = kept
        return kept

    def named(self, request: Request, name: str, collection: str) -> Document:
        """The document of this name, if who asks may read it."""
        if not self._may_read(request, collection):
            raise _not_there()
        document = self.service.library.catalog.document(name, collection)
        if document is None:
            raise _not_there()
        return document

    def pdf_for(self, request: Request, document_id: str, page_number: str) -> _Pdf:
        """A page of a document that is a PDF."""
        document = self.document_for(request, document_id)
        library = self.service.library
        at = number(page_number, 10**6)
        sha256 = library.catalog.sha256(document.name, document.collection)
        if document.media_type != "application/pdf" or not at or sha256 is None:
            raise NotThere("没有这一页 no such page")
        load = functools.partial(library.original, document.name, document.collection)
        return _Pdf(document, sha256, at, load)

    def place_for(self, request: Request, document: Document) -> str:
        """The words that ?start, ?end and ?h ask for; "" if they do not stand there."""
        _, layout = self.both_for(request, str(document.id))
        place = find_place(document, layout, request.query_params, None)
        return document.text[place.start : place.end]

    def _may_read(self, request: Request, collection: str) -> bool:
        subject, conversation = subject_of(request), ""
        if is_private(collection):
            conversation = collection.removeprefix(PRIVATE)
            try:
                self.service.dialogue.history.conversation(conversation, subject.name)
            except NotThere:  # another's: that there is such a conversation is not told either
                return False
        return may_read(collection, readable_of(subject, self.service.library, conversation))


@dataclass(frozen=True, slots=True)
class _Viewer:
    """What each address gives, for the documents on `shelf`."""

    shelf: _Shelf
    pictures: Pictures = field(default_factory=Pictures)

    @needs("read-source")
    def by_name(self, request: Request) -> Response:
        """To the document of ?name= and ?collection=, with whatever else is asked for."""
        asked = dict(request.query_params)
        name, collection = asked.pop("name", ""), asked.pop("collection", "")

        def answer(words: Words) -> Response:
            document = self.shelf.named(request, name, collection)
            query = f"?{urlencode(asked)}" if asked else ""
            return RedirectResponse(f"sources/{document.id}{query}", 303)

        return _told(request, answer)

    @needs("read-source")
    def page(self, request: Request, document_id: str) -> Response:
        """The page of a document."""
        return _told(request, lambda words: _page(self.shelf, request, document_id, words))

    @needs("read-source")
    def original(self, request: Request, document_id: str) -> Response:
        """The file of a document as it came."""
        document = self.shelf.document_for(request, document_id)
        data = self.shelf.service.library.original(document.name, document.collection)
        kind = document.media_type if document.media_type in SAFE else "application/octet-stream"
        headers = {
            "Content-Disposition": disposition(document.name),
            "Content-Security-Policy": FILE_POLICY,
            "Cache-Control": PRIVATE_CACHE,
        }
        return Response(data, media_type=kind, headers=headers)

    @needs("read-source")
    async def picture(self, request: Request, document_id: str, page_number: str) -> Response:
        """A page of a PDF."""
        pdf = await run_in_threadpool(self.shelf.pdf_for, request, document_id, page_number)
        tag = f'"{pdf.sha256[:20]}-{pdf.number}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=_picture_headers(tag))
        drawn = await self.pictures.picture(pdf.load, pdf.sha256, pdf.number)
        if drawn is None:
            raise NotThere("没有这一页 no such page")
        return Response(drawn, media_type="image/png", headers=_picture_headers(tag))

    @needs("read-source")
    async def boxes(self, request: Request, document_id: str, page_number: str) -> Response:
        """The boxes of a sentence on a page of a PDF, to be laid over it."""
        pdf = await run_in_threadpool(self.shelf.pdf_for, request, document_id, page_number)
        place = await run_in_threadpool(self.shelf.place_for, request, pdf.document)
        if not place:
            raise NotThere("没有这句话 no such sentence")
        found = await self.pictures.quoted(pdf.load, pdf.number, place)
        if found is None:
            raise NotThere("没有这一页 no such page")
        return Response(overlay(found), media_type="image/svg+xml", headers=_picture_headers(""))


def _page(shelf: _Shelf, request: Request, document_id: str, words: Words) -> Response:
    asked = request.query_params
    document, layout = shelf.both_for(request, document_id)
    id = number(asked.get("passage", ""))
    passages = shelf.service.library.passages([id]) if id else []
    passage = next((found for found in passages if found.document_id == document.id), None)
    place = find_place(document, layout, asked, passage)
    lang = words.lang if asked.get("lang") else ""
    shown = Shown(document, layout, place, words, lang, assets_stamp())
    if asked.get("view") == "pages" and shown.has_pages:
        return _html(pages_page(shown, number(asked.get("page", ""), 10**6) or 1))
    return _html(text_page(shown))


def _told(request: Request, answer: Callable[[Words], Response]) -> Response:
    """What `answer` gives, or why there is nothing, as a page for people."""
    words = words_for(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    folder = "sources/" if request.url.path.endswith("/sources") else ""
    try:
        return answer(words)
    except NotThere:
        return _html(message_page(words.gone_title, words.gone, words, assets_stamp(), folder), 404)
    except ZhidaError as error:
        page = message_page(words.failed_title, str(error), words, assets_stamp(), folder)
        return _html(page, status_of(error))


def _html(text: str, status: int = 200) -> Response:
    headers = {
        "Content-Security-Policy": PAGE_POLICY,
        "Cache-Control": PRIVATE_CACHE,
        "Vary": "Accept-Language, Cookie",
    }
    return HTMLResponse(text.encode("utf-8", "replace"), status, headers)


def _picture_headers(tag: str) -> dict[str, str]:
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": PRIVATE_CACHE}
    return {**headers, "ETag": tag} if tag else headers


def _asset(name: str) -> Callable[[], Response]:
    @needs("see-health")  # the same for all, and the page that says that there is nothing needs it too
    def asset() -> Response:
        headers = {"Cache-Control": "public, max-age=86400"}
        return Response(_content(name), media_type=MEDIA[name], headers=headers)

    return asset


@functools.cache
def _content(name: str) -> bytes:
    return next(file for file in (ASSETS / "viewer" / name, ASSETS / name) if file.is_file()).read_bytes()


@functools.cache
def assets_stamp() -> str:
    """What changes when the style sheet, the script or the icon does."""
    return hashlib.sha256(b"".join(map(_content, MEDIA))).hexdigest()[:10]


def disposition(name: str) -> str:
    """The header that has a file saved under the last part of a document's name (RFC 6266, RFC 5987)."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(
        char for char in shortened(last, 1000) if char.isprintable() and char not in '/\\:*?"<>|%'
    )
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 10:
        stem, suffix = plain, ""
    plain = (stem[:FILE_NAME_LENGTH].strip(". ") or "document") + (f".{suffix}" if suffix else "")
    ascii_suffix = suffix if suffix.isascii() and suffix.isalnum() else "bin"
    return f"attachment; filename=\"document.{ascii_suffix}\"; filename*=UTF-8''{quote(plain, safe='')}"


def _not_there() -> NotThere:
    return NotThere("没有这份文件 no such document")
