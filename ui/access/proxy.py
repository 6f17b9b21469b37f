"""What stands before the service: a reverse proxy is believed only if its address is in the setting `trusted_proxies`.

Then, and only then, the client is the last address of X-Forwarded-For that is not itself a trusted proxy, and scheme and
host are those of X-Forwarded-Proto and X-Forwarded-Host. uvicorn's own handling of these is off: it trusts this machine.

The setting `base_path` is the path below which all of the service is, such as /bot. The proxy leaves it where it is, so
that every address means the same before and behind the proxy, and without one.
"""

from __future__ import annotations

import ipaddress
import re

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from index.errors import SettingsError

PEER = "zhida_peer"
"""Where the address stands in a request's scope that the connection really came from."""

SAID_OF_ADDRESS = frozenset({b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server"})
"""Headers that Gradio would believe from anybody; it gets what is true from the scope."""

_BASE_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """The networks of the setting."""

    def __init__(self, setting: str) -> None:
        """Raises SettingsError for what is not an address or a network."""
        self._networks: list[Network] = []
        for part in setting.replace(",", " ").split():
            try:
                self._networks.append(ipaddress.ip_network(part, strict=False))
            except ValueError:
                raise SettingsError(
                    f"trusted_proxies 应是地址或网段 must be addresses or networks, such as 127.0.0.1, 10.0.0.0/8: {part!r}"
                ) from None

    def __bool__(self) -> bool:
        """Whether any is trusted."""
        return bool(self._networks)

    def __contains__(self, address: object) -> bool:
        """Whether this address is trusted; what is no address never is."""
        try:
            found = ipaddress.ip_address(str(address))
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)

    def client(self, peer: str, forwarded: str) -> str:
        """Who the request is from: `peer`, unless that is a proxy which says for whom."""
        address = peer
        for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
            if address not in self:
                break
            try:
                ipaddress.ip_address(hop)
            except ValueError:
                break
            address = hop
        return address


class Forwarded:
    """Puts the real client, scheme and host into a request that came through a trusted proxy."""

    def __init__(self, app: ASGIApp, trusted: TrustedProxies) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] in ("http", "websocket"):
            peer, port = scope.get("client") or ("", 0)
            scope[PEER] = peer
            if peer in self.trusted:
                headers = Headers(scope=scope)
                client = self.trusted.client(peer, ",".join(headers.getlist("x-forwarded-for")))
                scope["client"] = (client, port if client == peer else 0)
                if headers.get("x-forwarded-proto", "").strip() in ("http", "https"):
                    proto = headers["x-forwarded-proto"].strip()
                    scope["scheme"] = (
                        proto if scope["type"] == "http" else {"http": "ws", "https": "wss"}[proto]
                    )
                if host := headers.get("x-forwarded-host", "").strip():
                    rest = [(name, value) for name, value in scope["headers"] if name != b"host"]
                    scope["headers"] = [(b"host", host.encode("latin-1")), *rest]
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in SAID_OF_ADDRESS]
        await self.app(scope, receive, send)


class BasePath:
    """Answers below `base` only: what stands further in is told of it as ASGI does, in `root_path`."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self.app = app
        self.base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if self.base and scope["type"] in ("http", "websocket"):
            if scope["path"] in ("", "/", self.base):
                query = b"?" + scope["query_string"] if scope["query_string"] else b""
                await RedirectResponse(f"{self.base}/{query.decode('latin-1')}", 307)(scope, receive, send)
                return
            if not scope["path"].startswith(self.base + "/"):
                reason = f"没有这个地址 no such address: 服务在 the service is at {self.base}/"
                await JSONResponse({"error": reason}, 404)(scope, receive, send)
                return
            scope["root_path"] = self.base
        await self.app(scope, receive, send)


def base_path(setting: str) -> str:
    """The setting `base_path` without a slash at its end, "" for none. Raises SettingsError for what is no plain path."""
    base = setting.rstrip("/")
    if _BASE_PATH.fullmatch(base) is None:
        raise SettingsError(f"base_path 应像 must be like /bot: {setting[:80]!r}")
    return base


def path_of(scope: Scope) -> str:
    """The path of a request as the routes name it, without the base path."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] if root and path.startswith(root + "/") else path
