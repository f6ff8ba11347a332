"""Requests to both servers: whatever comes, an answer below 500 that gives nothing of the machine away."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from tests.fuzz.target import ROOT, Target, law, scratch, seeds_of, text_of

# Seconds of the clock after which a request counts as hung.
_HUNG = 30
_VALUE = re.compile(rb"[\x20-\x7e\x80-\xff\t]*")
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
GIVEN_AWAY = (
    str(ROOT).encode(),
    str(Path.home()).encode() + b"/",
    b"site-packages",
    b"Traceback",
    b'File "',
)
# Refused because full, closing or late: no failure of the server.
_TOLD = frozenset({503, 504})


@dataclass
class Answer:
    """What an application sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def ask(app, raw: bytes, loop) -> Answer:
    """Send ``METHOD path``, header lines, an empty line and a body, as a server hands them to ``app``."""
    head, _, body = raw.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    path, _, query = target.decode("ascii", "ignore").partition("?")
    headers = [line.partition(b":")[::2] for line in lines]
    headers = [(n.strip().lower(), v.strip()) for n, v in headers if _NAME.fullmatch(n.strip())]
    headers = [(name, value) for name, value in headers if _VALUE.fullmatch(value)]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": text_of(method).strip() or "GET", "path": unquote(path) or "/", "raw_path": path.encode(),
        "query_string": query.encode(), "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1),
        "headers": headers,
    }  # fmt: skip
    answer, pieces = Answer(), [body[: len(body) // 2], body[len(body) // 2 :]]

    async def receive():
        if pieces:
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}
        return await asyncio.Event().wait()

    async def send(message):
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in message["headers"]}
        answer.body += message.get("body", b"")

    loop.run_until_complete(asyncio.wait_for(app(scope, receive, send), _HUNG))
    return answer


def hold(answer: Answer) -> None:
    """Hold an answer against what no server may say."""
    law(
        200 <= answer.status < 500 or answer.status in _TOLD, f"status {answer.status}: {answer.body[:200]!r}"
    )
    for word in GIVEN_AWAY:
        law(word not in answer.body, f"gives {word!r} away: {answer.body[:200]!r}")


@cache
def loop():
    return asyncio.new_event_loop()


@cache
def serve_app():
    """Serve a base of random weights that writes a few tokens at most."""
    import sys

    sys.path.insert(0, str(ROOT / "tests"))
    from conftest import make_base

    from workbench.backends.local import LocalBackend
    from workbench.serve.app import make_app
    from workbench.serve.service import Limits, Service

    base = make_base(scratch() / "base")
    (scratch() / "roots").mkdir()
    limits = Limits(new_tokens=4, default_tokens=2, seconds=20.0, body_bytes=1 << 16)
    backend = LocalBackend.open(base, dtype="float32")
    return make_app(Service(backend, name="base", limits=limits, roots=(scratch() / "roots",)), drain=1)


def _serve(data: bytes) -> None:
    answer = ask(serve_app(), data, loop())
    hold(answer)
    if answer.status >= 400:
        law(json.loads(answer.body)["error"]["message"], "an error without a message")


@cache
def review_app():
    """Review two pairs; the token is `tok`, and the marks of cookie and form stand in for themselves."""
    from tests.fuzz.files import log_lines, rules
    from tests.fuzz.target import laid
    from workbench.checks import load_contract
    from workbench.io.pairrows import pairs_of_records
    from workbench.io.readers import read_logs
    from workbench.review.app import Manner, Session, application
    from workbench.review.items import pair_items
    from workbench.review.store import Store
    from workbench.review.telling import Checker, measure

    pairs = scratch() / "reviewed.parquet"
    frame = pairs_of_records(read_logs([laid("log", log_lines())]).records)
    frame.head(1).with_columns(id=pl.lit("row")).write_parquet(pairs)
    checker = Checker([load_contract(laid("reviewed.yaml", rules()))])
    store, session = Store(scratch() / "review.sqlite"), Session("tok")
    store.fill(pair_items(pairs))
    store.check(lambda one: measure(one, checker), until=lambda: False)
    marks = {b"COOKIE": session.cookie("ann").encode(), b"CSRF": session.csrf("ann").encode()}
    return application(store, checker, session, Manner(reviewer="ann")), marks


def _review(data: bytes) -> None:
    app, marks = review_app()
    for name, value in marks.items():
        data = data.replace(name, value)
    head, mark, body = data.partition(b"\n\n")
    answer = ask(app, head + b"\ncontent-length: %d" % len(body) + mark + body, loop())
    hold(answer)
    law(
        "default-src 'none'" in answer.headers.get("content-security-policy", ""), "a page without its policy"
    )


_WORDS = (
    b"POST /v1/completions", b"GET /v1/models", b"DELETE /v1/adapters/x", b"GET /metrics", b"stream", b"n",
    b"stop", b"response_format", b"/row?id=row", b"/export", b"/static/../app.py", b"n=1",
    b"content-length: 9", b"host: [::1]:80", b"transfer-encoding: chunked", b"\xb2",
    b"temperature", b"max_tokens",
)  # fmt: skip
TARGETS = (
    Target("serve", _serve, lambda: seeds_of("serve"), words=_WORDS, most=20_000, seconds=10),
    Target("review", _review, lambda: seeds_of("review"), words=_WORDS, most=20_000, seconds=5),
)
