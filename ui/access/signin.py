"""/login and /logout: small pages of their own, without a script, that work where nothing else does yet."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from index.errors import ZhidaError
from ui.access.audit import Event
from ui.access.guard import needs
from ui.access.identify import Access
from ui.access.sessions import COOKIE, IDLE
from ui.access.subject import is_name, subject_of

if TYPE_CHECKING:
    from ui.access.oidc import Provider

STATE_COOKIE = "zhida_login"
FIELDS = 10
FIELD_LENGTH = 2000
AT_ONCE = 2
MOST_WAITING = 20
"""Sign-ins that may wait for their turn; more are told to come back, so that nobody can fill the server with them."""

WRONG = "用户名或密码不对，或账号暂时锁定 the name or the password is wrong, or the account is locked for now"
BUSY = "登录的人太多，请稍后再试 too many are signing in, try again shortly"

STYLE = """
:root{color-scheme:light dark;--line:#8886;--ink:#0f766e}
body{font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;margin:0;min-height:100vh;display:grid;place-items:center}
main{width:min(22rem,calc(100vw - 2rem))}
h1{font-size:1.4rem;margin:0 0 1rem}
label{display:block;margin:.8rem 0 .2rem}
input{box-sizing:border-box;width:100%;font:inherit;padding:.55rem .7rem;border:1px solid var(--line);border-radius:8px;background:transparent;color:inherit}
button,a.go{display:block;box-sizing:border-box;width:100%;text-align:center;text-decoration:none;margin-top:1.2rem;font:inherit;padding:.6rem;border:0;border-radius:8px;background:var(--ink);color:#fff;cursor:pointer}
input:focus-visible,button:focus-visible,a.go:focus-visible{outline:3px solid #14b8a6;outline-offset:2px}
p.error{border-left:4px solid #dc2626;padding:.2rem .8rem;margin:0 0 1rem}
small{opacity:.75}
"""
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src 'sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def signin_routes(access: Access, provider: Provider | None = None) -> APIRouter:
    """The routes. `provider` is who people sign in at where the mode is oidc."""
    router = APIRouter(include_in_schema=False)
    door = _Door(access)
    if provider is None and access.mode == "oidc":
        from ui.access.oidc import Provider  # its HTTP client takes 0.2 s to import

        provider = Provider(access.settings, access.store)

    @router.get("/login", response_model=None)
    @needs("sign-in")
    async def login(request: Request, next: str = "") -> Response:
        if not access.signs_in or subject_of(request).signed_in:
            return RedirectResponse(_root(request) + local(next), 303)
        return (
            _password_page(request, local(next)) if provider is None else _provider_page(request, local(next))
        )

    @router.post("/login", response_model=None)
    @needs("sign-in")
    async def sign_in(request: Request) -> Response:
        if access.mode != "password":
            return RedirectResponse(_root(request) + "/login", 303)
        form = _fields(await request.body())
        return await door.enter(request, form)

    @router.get("/logout", response_model=None)
    @needs("sign-in")
    async def leaving(request: Request) -> Response:
        name = escape(subject_of(request).name)
        body = f'<form method="post"><p>{name}</p><button>退出登录 sign out</button></form>'
        return _page("退出登录 Sign out", body)

    @router.post("/logout", response_model=None)
    @needs("sign-in")
    async def sign_out(request: Request) -> Response:
        await run_sync(access.sessions.end, request.cookies.get(COOKIE, ""))
        door.note(request, subject_of(request).name, "sign-out", "ok")
        response = RedirectResponse(_root(request) + "/login", 303)
        response.delete_cookie(COOKIE, path=_root(request) or "/")
        return response

    if provider is not None:
        _add_provider(router, door, provider)
    return router


def _add_provider(router: APIRouter, door: _Door, provider: Provider) -> None:
    """The two steps of signing in elsewhere."""
    from ui.access.oidc import CALLBACK  # see above

    @router.get("/login/start", response_model=None)
    @needs("sign-in")
    async def start(request: Request, next: str = "") -> Response:
        try:
            address, state = await run_sync(provider.begin, local(next))
        except ZhidaError as error:
            return _provider_page(request, local(next), str(error), 502)
        response = RedirectResponse(address, 303)
        _set(request, response, STATE_COOKIE, state, 600)
        return response

    @router.get(CALLBACK, response_model=None)
    @needs("sign-in")
    async def back(
        request: Request, state: str = "", code: str = "", error: str = "", iss: str = ""
    ) -> Response:
        if not code or not state or request.cookies.get(STATE_COOKIE) != state:
            said = f"登录没有完成 signing in was not completed: {error[:100] or 'state'}"
            return _provider_page(request, "/", said, 400)
        try:
            identity = await run_sync(provider.finish, state, code, iss)
        except ZhidaError as failed:
            door.note(request, "", "sign-in", str(failed))
            return _provider_page(request, "/", str(failed), 403)
        if await run_sync(door.access.accounts.is_disabled, identity.name):
            door.note(request, identity.name, "sign-in", "disabled")
            return _provider_page(request, "/", "这个账号已停用 this account is disabled", 403)
        id = await run_sync(door.access.sessions.begin, identity.name, "oidc", identity.groups)
        door.note(request, identity.name, "sign-in", "ok")
        response = RedirectResponse(_root(request) + local(identity.next), 303)
        _set(request, response, COOKIE, id, int(IDLE))
        response.delete_cookie(STATE_COOKIE, path=_root(request) or "/")
        return response


class _Door:
    """Lets people in by password, a few at a time."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._limiter = CapacityLimiter(AT_ONCE)

    async def enter(self, request: Request, form: dict[str, str]) -> Response:
        name, next = form.get("name", "").strip(), local(form.get("next", ""))
        if self._limiter.statistics().tasks_waiting >= MOST_WAITING:
            page = _password_page(request, next, BUSY, 503, name)
            page.headers["Retry-After"] = "5"
            return page
        password = form.get("password", "")
        # A limiter of its own: the threads that answer questions are not kept waiting.
        user = await run_sync(self.access.accounts.sign_in, name, password, limiter=self._limiter)
        if user is None:
            self.note(request, name if is_name(name) else "", "sign-in", "wrong")
            return _password_page(request, next, WRONG, 401, name)
        old = request.cookies.get(COOKIE, "")
        if old:
            await run_sync(self.access.sessions.end, old)
        id = await run_sync(self.access.sessions.begin, user.name, "password")
        self.note(request, user.name, "sign-in", "ok")
        response = RedirectResponse(_root(request) + next, 303)
        _set(request, response, COOKIE, id, int(IDLE))
        return response

    def note(self, request: Request, who: str, action: str, outcome: str) -> None:
        """A line for the audit log."""
        address = request.client.host if request.client else ""
        self.access.audit.add(Event(who, action, "", self.access.mode, address, outcome))


def local(next: str) -> str:
    """`next` if it is a path of this service, else its start page: nobody is sent on to another site."""
    fine = next.startswith("/") and not next.startswith(("//", "/\\", "/login", "/logout"))
    return next if fine and len(next) <= FIELD_LENGTH and next.isprintable() and "\\" not in next else "/"


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _fields(body: bytes) -> dict[str, str]:
    """The fields of a form, the first of each name; none for what is no form."""
    try:
        found = parse_qs(body.decode(), max_num_fields=FIELDS, keep_blank_values=True)
    except ValueError:
        return {}
    return {name: values[0][:FIELD_LENGTH] for name, values in found.items()}


def _set(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=_root(request) or "/",
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
    )


def _password_page(
    request: Request, next: str, error: str = "", status: int = 200, name: str = ""
) -> Response:
    told = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    body = (
        f'{told}<form method="post" action="{escape(_root(request))}/login">'
        f'<input type="hidden" name="next" value="{escape(next)}">'
        f'<label for="name">用户名 <small lang="en">name</small></label>'
        f'<input id="name" name="name" value="{escape(name[:128])}" autocomplete="username" autocapitalize="none" required autofocus>'
        f'<label for="password">密码 <small lang="en">password</small></label>'
        f'<input id="password" name="password" type="password" autocomplete="current-password" required>'
        f'<button>登录 <small lang="en">sign in</small></button></form>'
    )
    return _page("登录质答 Sign in to Zhida", body, status)


def _provider_page(request: Request, next: str, error: str = "", status: int = 200) -> Response:
    told = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    address = f"{_root(request)}/login/start?next={quote(next, safe='/')}"
    body = f'{told}<a class="go" href="{escape(address)}">用单位账号登录 <small lang="en">sign in</small></a>'
    return _page("登录质答 Sign in to Zhida", body, status)


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    page = (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><main><h1>{escape(title)}</h1>{body}</main></html>"
    )
    return HTMLResponse(page, status, {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})
