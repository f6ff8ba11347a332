"""The HTTP face of a review: pages, decisions, live checks and the export."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

import msgspec

from workbench.errors import MissingExtraError
from workbench.io.decisions import Decision
from workbench.review import pages
from workbench.review.agreement import agreements
from workbench.review.items import Checker, Item

try:
    from fastapi import FastAPI, Request
    from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
except ImportError as missing:
    raise MissingExtraError.of("fastapi", extra="serve", purpose="reviewing on a local page") from missing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.review.store import Store

COOKIE = "workbench_review"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
_STATIC = {"review.css": "text/css", "review.js": "text/javascript"}
_BODY = 1 << 20
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Session:
    """Who is who: a signed cookie holds the reviewer's name, and what is posted carries a mark of it."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._secret = secrets.token_bytes(32)

    def cookie(self, reviewer: str) -> str:
        """Return the cookie of a reviewer."""
        return f"{quote(reviewer, safe='')}.{self._sign('cookie', reviewer)}"

    def reviewer(self, cookie: str | None) -> str | None:
        """Return whose cookie it is, ``None`` where it is nobody's."""
        from urllib.parse import unquote

        name, _, mark = (cookie or "").rpartition(".")
        reviewer = unquote(name)
        good = bool(name) and hmac.compare_digest(mark, self._sign("cookie", reviewer))
        return reviewer if good else None

    def csrf(self, reviewer: str) -> str:
        """Return the mark that a form of this reviewer carries."""
        return self._sign("csrf", reviewer)

    def _sign(self, purpose: str, reviewer: str) -> str:
        return hmac.new(self._secret, f"{purpose}\0{reviewer}".encode(), hashlib.sha256).hexdigest()


def application(store: Store, checker: Checker, session: Session, *, reviewer: str) -> FastAPI:
    """Return the application; ``reviewer`` is the name of whoever opens it without giving one."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _guard(app, session, reviewer)
    _show(app, store, checker, session)
    _take(app, store, checker)
    return app


def _guard(app: FastAPI, session: Session, default: str) -> None:
    @app.middleware("http")
    async def guarded(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = await _let_in(request, session, default) or await go_on(request)
        for name, value in _HEADERS.items():
            answer.headers[name] = value
        return answer


async def _let_in(request: Request, session: Session, default: str) -> Response | None:
    """Return an answer where the request is not to be passed on."""
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name.lower() not in LOOPBACK:
        return HTMLResponse(pages.message_page("Not here", "This page goes by 127.0.0.1 alone."), 421)
    if request.url.path.startswith(("/static/", "/favicon.ico")):
        return None
    given = request.query_params.get("token")
    if given is not None and request.method == "GET":
        return _entered(given, request, session, default)
    who = session.reviewer(request.cookies.get(_cookie(request)))
    if who is None:
        text = "Open the address that `workbench review` printed; it holds the token."
        return HTMLResponse(pages.message_page("No entry", text), 403)
    request.state.reviewer = who
    return await _posted(request, session, who) if request.method == "POST" else None


def _cookie(request: Request) -> str:
    """Name the cookie by port: browsers give a host's cookies to every port of it."""
    return f"{COOKIE}_{request.scope['server'][1]}"


def _entered(given: str, request: Request, session: Session, default: str) -> Response:
    if not hmac.compare_digest(given.encode(), session.token.encode()):
        return HTMLResponse(pages.message_page("No entry", "That token is not this review's."), 403)
    who = request.query_params.get("name", "").strip()[:64] or default
    answer = RedirectResponse("/", 303)
    answer.set_cookie(_cookie(request), session.cookie(who), httponly=True, samesite="strict")
    return answer


async def _posted(request: Request, session: Session, who: str) -> Response | None:
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > _BODY:
        return HTMLResponse(pages.message_page("Too long", "More than 1 MiB."), 413)
    raw = (await request.body()).decode("utf-8", "replace")
    form = {name: values[-1] for name, values in parse_qs(raw, keep_blank_values=True).items()}
    if not hmac.compare_digest(form.get("csrf", "").encode(), session.csrf(who).encode()):
        text = "The form is not one of this page's. Go back to the queue and decide again."
        return HTMLResponse(pages.message_page("Not taken", text), 403)
    request.state.form = form
    return None


def _show(app: FastAPI, store: Store, checker: Checker, session: Session) -> None:
    @app.get("/")
    async def queue(request: Request) -> Response:
        who, second = request.state.reviewer, request.query_params.get("second") == "1"
        name = store.next(who, second=second)
        if name is None:
            counts = store.progress(who)
            return HTMLResponse(pages.done_page(counts=counts, reviewer=who, second=second))
        return RedirectResponse(f"/row?id={quote(name, safe='')}" + ("&second=1" if second else ""), 303)

    @app.get("/row")
    async def row(request: Request) -> Response:
        who = request.state.reviewer
        item = store.item(request.query_params.get("id", ""), Item)
        if item is None:
            return HTMLResponse(pages.message_page("No such row", "It isn't in what is reviewed."), 404)
        page = pages.row_page(
            item,
            checker(item, item.answer),
            counts=store.progress(who),
            csrf=session.csrf(who),
            reviewer=who,
            second=request.query_params.get("second") == "1",
        )
        return HTMLResponse(page)

    @app.get("/progress")
    async def progress(request: Request) -> Response:
        who, decisions = request.state.reviewer, store.decisions()
        people = dict(Counter(one.reviewer for one in decisions))
        counts = store.progress(who)
        return HTMLResponse(pages.progress_page(agreements(decisions), people, counts=counts, reviewer=who))

    @app.get("/export")
    async def export() -> Response:
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in store.decisions())
        return Response(lines, media_type="application/x-ndjson")

    @app.get("/favicon.ico")
    async def icon() -> Response:
        return Response(status_code=204)

    @app.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in _STATIC:
            return Response(status_code=404)
        return FileResponse(Path(__file__).with_name("static") / name, media_type=_STATIC[name])


def _take(app: FastAPI, store: Store, checker: Checker) -> None:
    @app.post("/decide")
    async def decide(request: Request) -> Response:
        form: dict[str, Any] = request.state.form
        second = "?second=1" if form.get("second") else ""
        if form.get("action") == "later":
            store.later(form.get("id", ""))
            return RedirectResponse(f"/{second}", 303)
        item = store.item(form.get("id", ""), Item)
        action, text = _said(form, item)
        if action not in {"accept", "reject", "edit"} or (action == "edit" and not text.strip()):
            return HTMLResponse(pages.message_page("Not taken", "An edit needs a text."), 400)
        decision = Decision(
            id=form.get("id", ""),
            hash=form.get("hash", ""),
            action=action,
            text=text if action == "edit" else None,
            tags=tuple(tag.strip() for tag in form.get("tags", "").split(",") if tag.strip()),
            note=form.get("note", "").strip(),
            reviewer=request.state.reviewer,
        )
        if item is None or not store.decide(decision):
            why = (
                "Another person is at this row, or its text is another one by now. Nothing was kept; "
                "go back to copy what you wrote, then look at the queue."
            )
            return HTMLResponse(pages.message_page("Not taken", why), 409)
        return RedirectResponse(f"/{second}", 303)

    @app.post("/undo")
    async def undo(request: Request) -> Response:
        name = store.undo(request.state.reviewer)
        return RedirectResponse(f"/row?id={quote(name, safe='')}" if name else "/", 303)

    @app.post("/check")
    async def check(request: Request) -> Response:
        form = request.state.form
        item = store.item(form.get("id", ""), Item)
        if item is None:
            return JSONResponse([], 404)
        return JSONResponse(checker(item, _lines(form.get("text", ""))))


def _said(form: dict[str, Any], item: Item | None) -> tuple[Any, str]:
    """Return what was done and the text: accepting a changed text is an edit, saving the same an accept."""
    action, text = form.get("action", ""), _lines(form.get("text", ""))
    if item is not None and "text" in form and action in {"accept", "edit"}:
        action = "accept" if text == _lines(item.answer) else "edit"
    return action, text


def _lines(text: str) -> str:
    """Write line ends as a text area gives them back, less their carriage returns."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
