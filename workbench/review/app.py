"""The HTTP face of a review: pages, decisions, live checks and the export."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

import msgspec

from workbench.errors import MissingExtraError
from workbench.io.decisions import Decision, Order
from workbench.review import pages
from workbench.review.agreement import agreements, apart
from workbench.review.items import PASS_OR_FAIL, Item
from workbench.review.masking import Mask
from workbench.review.rowpage import ASK, OPEN
from workbench.review.words import Lang, language_of

try:
    from fastapi import FastAPI, Request
    from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
except ImportError as missing:
    raise MissingExtraError.of("fastapi", extra="serve", purpose="reviewing on a local page") from missing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from workbench.review.pages import Which
    from workbench.review.store import Store
    from workbench.review.telling import Checker

COOKIE = "workbench_review"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
_STATIC = {"review.css": "text/css", "review.js": "text/javascript"}
_BODY = 1 << 20
_SECONDS = 30.0
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
        self._tickets = set[str]()

    def ticket(self) -> str:
        """Return a token that opens once: who reads it in the list of processes comes too late."""
        ticket = secrets.token_urlsafe(24)
        self._tickets.add(ticket)
        return ticket

    def opens(self, given: str) -> bool:
        """Tell whether a token lets somebody in."""
        if given in self._tickets:
            self._tickets.remove(given)
            return True
        return hmac.compare_digest(given.encode(), self.token.encode())

    def cookie(self, reviewer: str) -> str:
        """Return the cookie of a reviewer."""
        return f"{quote(reviewer, safe='')}.{self._sign('cookie', reviewer)}"

    def reviewer(self, cookie: str | None) -> str | None:
        """Return whose cookie it is, ``None`` where it is nobody's."""
        from urllib.parse import unquote

        name, _, mark = (cookie or "").rpartition(".")
        reviewer = unquote(name)
        good = bool(name) and hmac.compare_digest(mark.encode(), self._sign("cookie", reviewer).encode())
        return reviewer if good else None

    def csrf(self, reviewer: str) -> str:
        """Return the mark that a form of this reviewer carries."""
        return self._sign("csrf", reviewer)

    def _sign(self, purpose: str, reviewer: str) -> str:
        return hmac.new(self._secret, f"{purpose}\0{reviewer}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a review is held: who is meant where nobody says, the order, and what is shown.

    ``lang`` ``None`` follows the browser; ``reveal`` shows personal data and secrets from the start; ``then``
    are the commands that take up what was decided.
    """

    reviewer: str = "me"
    order: Order = "telling"
    lang: Lang | None = None
    reveal: bool = False
    then: tuple[str, ...] = ()


def application(store: Store, checker: Checker, session: Session, manner: Manner) -> FastAPI:
    """Return the application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _guard(app, session, manner)
    _show(app, store, checker, manner)
    _tell(app, store)
    _take(app, store, checker)
    return app


def _guard(app: FastAPI, session: Session, manner: Manner) -> None:
    @app.middleware("http")
    async def guarded(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        request.state.order = manner.order
        request.state.lang = manner.lang or language_of(request.headers.get("accept-language", ""))
        answer = await _let_in(request, session, manner.reviewer) or await go_on(request)
        for name, value in _HEADERS.items():
            answer.headers[name] = value
        return answer


async def _let_in(request: Request, session: Session, default: str) -> Response | None:
    """Return an answer where the request is not to be passed on."""
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name.lower() not in LOOPBACK:
        return _message(request, "not_here", "say_loopback", 421)
    if request.url.path.startswith(("/static/", "/favicon.ico")):
        return None
    given = request.query_params.get("token")
    if given is not None and request.method == "GET":
        return _entered(given, request, session, default)
    who = session.reviewer(request.cookies.get(_cookie(request)))
    if who is None:
        return _message(request, "no_entry", "say_address", 403)
    request.state.reviewer, request.state.csrf = who, session.csrf(who)
    return await _posted(request) if request.method == "POST" else None


def _message(request: Request, title: str, text: str, status: int) -> Response:
    return HTMLResponse(pages.message_page(title, text, request.state.lang), status)


def _cookie(request: Request) -> str:
    """Name the cookie by port: browsers give a host's cookies to every port of it."""
    return f"{COOKIE}_{request.scope['server'][1]}"


def _entered(given: str, request: Request, session: Session, default: str) -> Response:
    if not session.opens(given):
        return _message(request, "no_entry", "say_token", 403)
    who = request.query_params.get("name", "").strip()[:64] or default
    answer = RedirectResponse("/", 303)
    answer.set_cookie(_cookie(request), session.cookie(who), httponly=True, samesite="strict")
    return answer


async def _posted(request: Request) -> Response | None:
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()) or int(length) > _BODY:
        return _message(request, "too_long", "say_mib", 413)
    try:
        raw = (await asyncio.wait_for(request.body(), _SECONDS)).decode("utf-8", "replace")
    except TimeoutError:
        return _message(request, "too_slow", "say_slow", 408)
    form = {name: values[-1] for name, values in parse_qs(raw, keep_blank_values=True).items()}
    if not hmac.compare_digest(form.get("csrf", "").encode(), request.state.csrf.encode()):
        return _message(request, "not_taken", "say_form", 403)
    request.state.form = form
    return None


def _frame(request: Request, store: Store) -> pages.Frame:
    state = request.state
    return pages.Frame(
        lang=state.lang, reviewer=state.reviewer, counts=store.progress(state.reviewer), csrf=state.csrf
    )


def _show(app: FastAPI, store: Store, checker: Checker, manner: Manner) -> None:
    @app.get("/")
    async def queue(request: Request) -> Response:
        which = _which(request.query_params)
        if which == "settle":
            name = store.next_disputed(request.state.reviewer)
        else:
            name = store.next(request.state.reviewer, second=which == "second", order=manner.order)
        if name is None:
            return HTMLResponse(pages.done_page(_frame(request, store), which=which, then=manner.then))
        return RedirectResponse(f"/row?id={quote(name, safe='')}" + (f"&{which}=1" if which else ""), 303)

    @app.get("/row")
    async def row(request: Request) -> Response:
        shown = store.item(request.query_params.get("id", ""))
        if shown is None:
            return _message(request, "no_row", "say_row", 404)
        which = _which(request.query_params)
        said = store.said(shown.item.id) if which == "settle" else []
        if which == "settle" and not said:
            return _message(request, "not_taken", "say_unsettled", 409)
        revealed = manner.reveal or request.query_params.get("reveal") == "1"
        mask = None if revealed else _mask(shown.item, said)
        checks = _checked(checker, shown.item, shown.item.answer, mask)
        looking = pages.Looking(which=which, mask=mask, said=said)
        return HTMLResponse(pages.row_page(shown, checks, _frame(request, store), looking))


def _which(given: Mapping[str, Any]) -> Which:
    """Read which queue a request is about: the plain one, the second look, or what is to be settled."""
    return "settle" if given.get("settle") == "1" else "second" if given.get("second") == "1" else ""


def _mask(item: Item, said: Sequence[Decision] = ()) -> Mask:
    """Name what is hidden in a row, in the order in which it is read: the same names each time."""
    edits = (one.text for one in said if one.text and not one.settles)
    texts = (*(one.content for one in item.prompt), item.expected, item.answer, *edits)
    mask = Mask(*texts)
    for text in texts:
        mask.hide(text)
    return mask


def _checked(checker: Checker, item: Item, answer: str, mask: Mask | None) -> list[dict[str, str]]:
    told = [] if item.arm else checker(item, answer)  # a verdict shown first would be the person's
    return [{**one, "detail": mask.hide(one["detail"])} for one in told] if mask else told


def _tell(app: FastAPI, store: Store) -> None:
    @app.get("/progress")
    async def progress(request: Request) -> Response:
        decisions = store.decisions()
        people = Counter(one.reviewer for one in decisions if not one.settles)
        differing = apart(decisions, request.state.reviewer)
        frame = _frame(request, store)
        open_ = len(store.disputed())
        return HTMLResponse(
            pages.progress_page(agreements(decisions), people, differing, frame, disputed=open_)
        )

    @app.get("/export")
    async def export(request: Request) -> Response:
        """Give a person's own decisions: a second look is blind to what others decided."""
        own = store.decisions(request.state.reviewer)
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in own)
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
        which = _which(form)
        onward = RedirectResponse(f"/?{which}=1" if which else "/", 303)
        if form.get("action") == "later":
            store.later(form.get("id", ""))
            return onward
        shown = store.item(form.get("id", ""))
        item = shown.item if shown else None
        said = store.said(form.get("id", "")) if which == "settle" else []
        action, text = _said(form, item, said)
        if action not in {"accept", "reject", "edit"} or (action == "edit" and not text.strip()):
            return _message(request, "not_taken", "say_text", 400)
        decision = Decision(
            id=form.get("id", ""),
            hash=form.get("hash", ""),
            action=action,
            text=text if action == "edit" else None,
            tags=tuple(tag.strip() for tag in form.get("tags", "").split(",") if tag.strip()),
            note=form.get("note", "").strip(),
            reviewer=request.state.reviewer,
            labels=_labels(form, item, action) if item else {},
            order=request.state.order,
            settles=which == "settle",
        )
        if which == "settle" and not said:
            return _message(request, "not_taken", "say_unsettled", 409)
        if item is None or not store.decide(decision):
            return _message(request, "not_taken", "say_taken", 409)
        return onward

    @app.post("/undo")
    async def undo(request: Request) -> Response:
        name = store.undo(request.state.reviewer)
        return RedirectResponse(f"/row?id={quote(name, safe='')}" if name else "/", 303)

    @app.post("/check")
    async def check(request: Request) -> Response:
        form = request.state.form
        shown = store.item(form.get("id", ""))
        if shown is None:
            return JSONResponse([], 404)
        said = store.said(shown.item.id) if _which(form) == "settle" else []
        mask = _mask(shown.item, said) if form.get("masked") else None
        text = _lines(form.get("text", ""))
        return JSONResponse(_checked(checker, shown.item, mask.restore(text) if mask else text, mask))


def _said(form: dict[str, Any], item: Item | None, said: Sequence[Decision]) -> tuple[Any, str]:
    """Return what was done and the text: accepting a changed text is an edit, saving the same an accept."""
    action, text = form.get("action", ""), _lines(form.get("text", ""))
    if item is not None and form.get("masked"):
        text = _mask(item, said).restore(text)
    if item is not None and "text" in form and action in {"accept", "edit"}:
        action = "accept" if text == _lines(item.answer) else "edit"
    return action, text


def _labels(form: dict[str, Any], item: Item, action: str) -> dict[str, str]:
    """Return what was said of each question; rules left open count as kept where that was said.

    That is on accepting, and where another rule of the answer was marked as broken.
    """
    given = {one.name: str(form.get(ASK + one.name, "")) for one in item.asks}
    found = {one.name: given[one.name] for one in item.asks if given[one.name] in one.choices}
    rules = [one for one in item.asks if one.choices == PASS_OR_FAIL]
    if rules and (action == "accept" or "fail" in found.values()):
        found |= {one.name: "pass" for one in rules if given[one.name] not in {*one.choices, OPEN}}
    return found


def _lines(text: str) -> str:
    """Write line ends as a text area gives them back, less their carriage returns."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
