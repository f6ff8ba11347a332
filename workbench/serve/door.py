"""Who may come in: Host, origin, token, and the size and pace of the body, before anything is done."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import time
from typing import TYPE_CHECKING

from workbench.serve.wire import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
)
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


class Door:
    """ASGI middleware.

    ``hosts`` are the names this server may be called by: a page of a foreign site that points its own name
    at 127.0.0.1 (DNS rebinding) is refused. So is a call from a page of another origin, which a browser
    sends wherever the page wants it to (CSRF), unless it has the token. ``/health`` needs no token. A
    body has ``seconds`` to come, so that a caller who never ends one holds no place for good.
    """

    def __init__(
        self, app: ASGIApp, *, token: str | None, hosts: Iterable[str], most_bytes: int, seconds: float = 30.0
    ) -> None:
        self._app = app
        self._token = token.encode() if token else None
        self._hosts = {host.lower() for host in (*_LOCAL, *hosts)}
        self._most = most_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer 400, 401, 403 or 413."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks over a web socket
            await send({"type": "websocket.close", "code": 1003})
            return
        headers = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
        error = self._refusal(scope["path"], headers)
        if error is not None:
            await answer(error, scope, receive, _closed(send))
            return
        await self._app(scope, self._counted(receive), _closed(send))

    def _refusal(self, path: str, headers: dict[str, bytes]) -> ApiError | None:
        host = headers.get("host", b"").decode("latin-1").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in self._hosts:
            return ApiError(400, f"this server isn't called {name!r}; see --allow-host", code="bad_host")
        if self._token is None and _foreign(host, headers):
            return ApiError(
                403,
                "calls from pages of another origin need a token; see --token-file",
                code="foreign_origin",
            )
        if self._token is not None and path != "/health":
            kind, _, given = headers.get("authorization", b"").partition(b" ")
            if kind.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self._token):
                return ApiError(401, "no or a wrong bearer token", code="invalid_api_key")
        told = headers.get("content-length", b"0")
        if not told.isdigit() or int(told) > self._most:
            return self._too_long()
        return None

    def _counted(self, receive: Receive) -> Receive:
        """Count what comes, for a body sent in chunks tells no length beforehand, and wait for it so long."""
        seen, whole, until = 0, False, time.monotonic() + self._seconds

        async def counted() -> Message:
            nonlocal seen, whole
            # After the body comes only the caller's leaving, which may take as long as the answer.
            left = None if whole else max(0.0, until - time.monotonic())
            try:
                message = await asyncio.wait_for(receive(), left)
            except TimeoutError:
                raise ApiError(
                    408, f"the body didn't come within {self._seconds:g} seconds", code="body_too_slow"
                ) from None
            seen += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if seen > self._most:
                raise self._too_long()
            return message

        return counted

    def _too_long(self) -> ApiError:
        return ApiError(413, f"the body is longer than {self._most} bytes", code="body_too_long")


def _foreign(host: str, headers: Mapping[str, bytes]) -> bool:
    """Tell whether a browser says that a page of another origin calls; other callers say nothing of it."""
    site = headers.get("sec-fetch-site", b"none").lower()
    origin = headers.get("origin", b"").decode("latin-1").lower()
    return site not in {b"none", b"same-origin"} or (bool(origin) and origin.partition("://")[2] != host)


def _closed(send: Send) -> Send:
    """Have no answer kept by a browser, nor taken for a script or a picture by a page of another origin."""

    async def closed(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [one for one in message.get("headers", []) if one[0].lower() != b"cache-control"]
            message = {**message, "headers": [*own, *_HEADERS]}
        await send(message)

    return closed


async def answer(error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an error."""
    from starlette.responses import JSONResponse

    await JSONResponse(error.body, status_code=error.status, headers=error.headers)(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
