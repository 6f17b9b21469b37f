"""What the service serves for widgets: the launcher, the page in the frame, tokens for visitors, the page with snippets.

    GET  /widget.js        the launcher, for pages of other origins
    GET  /widget           the chat in the frame; ?widget=NAME may be framed by that widget's origins, and by them only
    POST /widget/visit     a token for a visitor of an anonymous widget
    GET  /widget/demo      makes the snippets, with a preview; for administrators
    GET  /widget/NAME      the scripts and styles of these pages

A page of a widget is the same for everybody: who asks is known from the token that comes with each request. The page
without a widget's name is for our own preview: it may be framed by our own pages only, and the session counts.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from index.errors import NotThere
from index.passage import is_private
from ui.access.guard import needs
from ui.access.widgets import ID_LENGTH, LONGEST, Widgets
from ui.api.errors import failure
from ui.limits import QUESTION_LENGTH
from ui.service import Service

PAGES = Path(__file__).parent / "pages"
TYPES: Mapping[str, str] = MappingProxyType(
    {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
)
LAUNCHER = "widget.js"
ASSETS = ("chat.js", "chat.css", "demo.js", "demo.css")

LAUNCHER_AGE = 600  # seconds that a host's page may be behind after an update
ASSET_AGE = 31_536_000  # a year: their addresses change with what is in them
VISITS = 60
"""Visitors' tokens that one address gets in a minute; a whole office may stand behind one."""
ADDRESSES = 10_000
LONGEST_TOKEN = 4000
LONGEST_ORIGIN = 300

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent. `tag` changes with what is in it."""

    body: bytes
    packed: bytes
    media_type: str
    tag: str

    @classmethod
    def read(cls, name: str) -> Asset:
        """The file of this name in PAGES."""
        body = (PAGES / name).read_bytes()
        packed = gzip.compress(body, mtime=0)
        return cls(body, packed, TYPES[Path(name).suffix], hashlib.sha256(body).hexdigest()[:16])

    def response(
        self, request: Request, age: int, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Response:
        """The file, or 304 to who has it."""
        sent = {
            "Cache-Control": f"public, max-age={age}",
            "ETag": f'"{self.tag}"',
            "Vary": "Accept-Encoding",
            **headers,
        }
        if request.headers.get("if-none-match") == sent["ETag"]:
            return Response(status_code=304, headers=sent)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.body, media_type=self.media_type, headers=sent)
        return Response(self.packed, media_type=self.media_type, headers={**sent, "Content-Encoding": "gzip"})


class VisitBody(BaseModel):
    """Who wants to visit: the widget, the origin of the page around it, and the last token if there was one."""

    widget: str = Field(min_length=1, max_length=ID_LENGTH)
    origin: str = Field(min_length=1, max_length=LONGEST_ORIGIN)
    token: str = Field("", max_length=LONGEST_TOKEN)


class Visits:
    """Counts who fetches visitors' tokens: each is a new user to the other limits, so these need one of their own."""

    def __init__(self, most: int = VISITS) -> None:
        self.most = most
        self._recent: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Counts one; 0 if it may be, else the seconds after which it may."""
        moment = time.monotonic()
        times = self._recent.setdefault(address, deque(maxlen=self.most))
        self._recent.move_to_end(address)
        if len(self._recent) > ADDRESSES:
            self._recent.popitem(last=False)
        if len(times) == self.most and times[0] > moment - 60:
            return int(times[0] + 60 - moment) + 1
        times.append(moment)
        return 0


def widget_routes(service: Service) -> APIRouter:
    """The routes, for the widgets that `service.access` knows."""
    router = APIRouter(include_in_schema=False)
    pages = _Pages(service)
    router.get("/widget.js")(pages.launcher)
    router.get("/widget")(pages.chat)
    router.get("/widget/demo")(pages.demo)
    router.post("/widget/visit")(pages.visit)
    router.get("/widget/{name}")(pages.asset)
    return router


class _Pages:
    """What each address gives."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._widgets = service.access.widgets
        self._assets = {name: Asset.read(name) for name in (LAUNCHER, *ASSETS)}
        tags = "".join(asset.tag for asset in self._assets.values())
        self._version = hashlib.sha256(tags.encode()).hexdigest()[:12]
        self._chat = (PAGES / "chat.html").read_text(encoding="utf-8")
        self._demo = (PAGES / "demo.html").read_text(encoding="utf-8")
        self._visits = Visits()

    @needs("open-widget")
    async def launcher(self, request: Request) -> Response:
        """The script that a host's page loads."""
        # Pages that are isolated from other origins (COEP) take only what says that it is for them.
        headers = {"Cross-Origin-Resource-Policy": "cross-origin"}
        return self._assets[LAUNCHER].response(request, LAUNCHER_AGE, headers)

    @needs("open-widget")
    def chat(self, widget: Annotated[str, Query(max_length=ID_LENGTH)] = "") -> Response:
        """The page in the frame."""
        return chat_page(self._chat, self._version, self._widgets, widget)

    @needs("manage-users")
    def demo(self) -> Response:
        """The page that makes the snippets."""
        exists = self._service.access.store.exists
        known = [each for each in self._widgets.listed() if not each.revoked] if exists else []
        collections = [name for name in self._service.library.collections() if name and not is_private(name)]
        names = "".join(
            f'<option value="{escape(each.id)}" data-anonymous="{int(each.anonymous)}">{escape(each.id)}'
            f" ({escape(' '.join(sorted(each.origins)))})</option>"
            for each in known
        )
        filled = {
            "widgets": names,
            "collections": "".join(_option(name) for name in collections),
            "version": self._version,
        }
        return _page(fill(self._demo, filled), f"{POLICY}; frame-src 'self'; frame-ancestors 'none'")

    @needs("open-widget")
    def visit(self, request: Request, body: VisitBody) -> Response:
        """A token for a visitor of an anonymous widget."""
        if seconds := self._visits.wait(request.client.host if request.client else ""):
            reason = f"访客太多，请 {seconds} 秒后再试 too many visitors, try again in {seconds} s"
            return failure(request, 429, reason, {"Retry-After": str(seconds)})
        token = self._widgets.visit(body.widget, body.origin, body.token)
        return JSONResponse({"token": token, "seconds": LONGEST}, headers={"Cache-Control": "no-store"})

    @needs("open-widget")
    async def asset(self, request: Request, name: str) -> Response:
        """A script or a style sheet of these pages."""
        if name not in ASSETS:
            raise NotThere("没有这个地址 no such address")
        return self._assets[name].response(request, ASSET_AGE)


def chat_page(template: str, version: str, widgets: Widgets, name: str) -> Response:
    """The page for the frame of this widget, or of our own pages where none is named. Raises NotThere."""
    if not name:
        return _page(_chat(template, version), f"{POLICY}; frame-ancestors 'self'")
    widget = widgets.usable(name)
    html = _chat(template, version, widget.id, " ".join(sorted(widget.origins)), anonymous=widget.anonymous)
    return _page(html, f"{POLICY}; frame-ancestors {widget.frame_ancestors}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with {name} replaced by what stands in `values`, which is not looked into again."""
    head, *parts = template.split("{")
    filled = [head]
    for part in parts:
        name, brace, rest = part.partition("}")
        filled.append(values[name] + rest if brace and name in values else "{" + part)
    return "".join(filled)


def _chat(
    template: str, version: str, widget: str = "", origins: str = "", *, anonymous: bool = False
) -> str:
    named = {"widget": escape(widget), "origins": escape(origins), "anonymous": "1" if anonymous else ""}
    return fill(template, {**named, "version": version, "longest": str(QUESTION_LENGTH)})


def _page(html: str, policy: str) -> Response:
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return Response(html, media_type="text/html", headers=headers)


def _option(name: str) -> str:
    return f'<option value="{escape(name)}">{escape(name)}</option>'
