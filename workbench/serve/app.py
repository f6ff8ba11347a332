"""The HTTP face: OpenAI's chat API over one base and its adapters."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from workbench.errors import MissingExtraError

try:
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse, Response, StreamingResponse

    from workbench.serve.metrics import Metrics
except ImportError as missing:
    raise MissingExtraError.of(missing.name or "fastapi", extra="serve", purpose="serving") from missing

from workbench.serve.calls import Call
from workbench.serve.door import Door
from workbench.serve.openapi import document
from workbench.serve.wire import ApiError, Chat, NewAdapter, Plain, messages_of, read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from workbench.serve.service import Service

_HEADER = "x-workbench-compact"


def make_app(
    service: Service, *, token: str | None = None, hosts: Iterable[str] = (), drain: float = 30.0
) -> FastAPI:
    """Return the application; ``drain`` is how many seconds running calls have when it ends."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(service.engine.close, within=drain)

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.service = service
    app.state.metrics = Metrics(service.engine)
    app.add_exception_handler(ApiError, _error)
    app.add_exception_handler(404, _no_such)
    app.add_exception_handler(405, _no_such)
    for path, method, function in _ROUTES:
        app.add_api_route(path, function, methods=[method], response_model=None)
    app.add_middleware(Door, token=token, hosts=tuple(hosts), most_bytes=service.limits.body_bytes)
    return app


async def health(request: Request) -> Response:
    """Say that the server answers, and how much it has to do."""
    engine = request.app.state.service.engine
    return JSONResponse({"status": "ok", "waiting": engine.waiting, "writing": engine.writing})


async def metrics(request: Request) -> Response:
    """Return the figures for Prometheus."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def description(_: Request) -> Response:
    """Return the OpenAPI document."""
    return JSONResponse(document())


async def models(request: Request) -> Response:
    """List the base and every adapter."""
    service: Service = request.app.state.service
    return JSONResponse(
        {"object": "list", "data": [_model(service, name) for name in (service.name, *service.adapters)]}
    )


async def model(request: Request) -> Response:
    """Return one model."""
    service: Service = request.app.state.service
    name = request.path_params["name"]
    service.adapter_of(name)
    return JSONResponse(_model(service, name))


async def chat(request: Request) -> Response:
    """Answer a chat."""
    service: Service = request.app.state.service
    body: Chat = read(await request.body(), Chat)
    adapter = service.adapter_of(body.model)
    wish = request.headers.get(_HEADER) or _wish(body)
    messages, done = service.compacted(messages_of(body.messages), wish=wish, adapter=adapter)
    call = Call(service, body, [service.chat_ids(messages)], plain=False)
    # A reason holds no more than ASCII of ours; a task's name may be anything.
    told = {_HEADER: done.encode("ascii", "backslashreplace").decode()} if done else {}
    return await _answered(request, call, told)


async def complete(request: Request) -> Response:
    """Go on with a text as it is."""
    service: Service = request.app.state.service
    body: Plain = read(await request.body(), Plain)
    prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
    ids = [service.plain_ids(prompt) for prompt in prompts]
    if not ids or not all(ids):
        raise ApiError(400, "an empty prompt", param="prompt")
    return await _answered(request, Call(service, body, ids, plain=True), {})


async def load(request: Request) -> Response:
    """Load an adapter from under the roots."""
    service: Service = request.app.state.service
    body: NewAdapter = read(await request.body(), NewAdapter)
    await asyncio.to_thread(service.load, body.name, body.path)
    return JSONResponse(_model(service, body.name), status_code=201)


async def drop(request: Request) -> Response:
    """Let go of an adapter."""
    service: Service = request.app.state.service
    name = request.path_params["name"]
    await asyncio.to_thread(service.drop, name)
    return JSONResponse({"id": name, "object": "model", "deleted": True})


_ROUTES = (
    ("/health", "GET", health),
    ("/metrics", "GET", metrics),
    ("/openapi.json", "GET", description),
    ("/v1/models", "GET", models),
    ("/v1/models/{name:path}", "GET", model),
    ("/v1/chat/completions", "POST", chat),
    ("/v1/completions", "POST", complete),
    ("/v1/adapters", "POST", load),
    ("/v1/adapters/{name}", "DELETE", drop),
)


async def _answered(request: Request, call: Call, headers: dict[str, str]) -> Response:
    call.start()
    began = time.monotonic()
    if call.body.stream:
        events = _counted(request, call, began)
        more = {"X-Accel-Buffering": "no", **headers}
        return StreamingResponse(events, media_type="text/event-stream", headers=more)
    body = await call.whole(request)
    _count(request, call, began)
    return JSONResponse(body, headers=headers)


async def _counted(request: Request, call: Call, began: float) -> AsyncIterator[str]:
    events = call.events()
    try:
        async for event in events:
            yield event
    finally:
        await events.aclose()
        _count(request, call, began)


def _count(request: Request, call: Call, began: float) -> None:
    kept: Metrics = request.app.state.metrics
    route = request.url.path
    kept.calls.labels(route, call.body.model, "200").inc()
    kept.tokens.labels("read", call.body.model).inc(call.prompt_tokens)
    kept.tokens.labels("written", call.body.model).inc(sum(call.tokens))
    kept.seconds.labels(route).observe(time.monotonic() - began)


def _wish(body: Chat) -> str:
    held = (body.workbench or {}).get("compact", "")
    if isinstance(held, bool):
        return "on" if held else "off"
    return held if isinstance(held, str) else repr(held)


def _model(service: Service, name: str) -> dict[str, Any]:
    parent = None if name == service.name else service.name
    return {
        "id": name, "object": "model", "created": service.started, "owned_by": "workbench", "parent": parent,
    }  # fmt: skip


async def _error(request: Request, error: Exception) -> Response:
    told = error if isinstance(error, ApiError) else ApiError(500, "a failure of the server")
    route = request.scope.get("route")
    path = getattr(route, "path", "other")
    # A model's name that nobody has would make a new series for every guess.
    request.app.state.metrics.calls.labels(path, "", str(told.status)).inc()
    return JSONResponse(told.body, status_code=told.status, headers=told.headers)


async def _no_such(request: Request, error: Exception) -> Response:
    status = int(getattr(error, "status_code", 404))
    message = f"{request.method} {request.url.path} isn't served here"
    return await _error(request, ApiError(status, message, code="no_such_route"))
