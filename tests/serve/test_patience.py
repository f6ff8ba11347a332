"""Callers who send or read nothing are let go, by both servers, and the others are served meanwhile."""

import asyncio
import contextlib
import socket
import threading
import time

import pytest
import uvicorn

from workbench.cli import patience

BIG = b"x" * (64 << 20)


@contextlib.contextmanager
def listening(app):
    config = uvicorn.Config(app, http=patience.BoundedProtocol, ws="none", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


async def app(scope, _receive, send):
    if scope["type"] == "lifespan":
        return
    big = scope["path"] == "/big"
    headers = [] if big else [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(4 if big else 1):
        await send({"type": "http.response.body", "body": BIG if big else b"ok", "more_body": big})
    ended.append(scope["path"])


ended = []


def opened(port, sent):
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(sent)
    return connection


def asked(port):
    with opened(port, b"GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as connection:
        return b"".join(iter(lambda: connection.recv(1 << 12), b""))


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\n", b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_a_head_that_never_ends_is_given_up_however_often_a_byte_comes(monkeypatch, first):
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.4)
    with listening(app) as port, opened(port, first or b"G") as slow:
        until, begun = time.monotonic() + 10, time.monotonic()
        with contextlib.suppress(OSError):  # the server has closed
            while time.monotonic() < until:
                slow.sendall(b"X")
                time.sleep(0.1)
        assert time.monotonic() - begun < 5
        assert asked(port).endswith(b"ok")


def test_an_answer_that_nobody_reads_is_given_up(monkeypatch):
    monkeypatch.setattr(patience, "READING_SECONDS", 0.4)
    ended.clear()
    with listening(app) as port, opened(port, b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n"):
        until = time.monotonic() + 10
        while not ended and time.monotonic() < until:
            time.sleep(0.05)
        assert ended == ["/big"]
        assert asked(port).endswith(b"ok")


def test_a_body_that_never_ends_is_refused():
    from workbench.serve.door import Door

    async def reading(_scope, receive, _send):
        while (await receive()).get("more_body"):
            pass

    async def drip():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    door = Door(reading, token=None, hosts=(), most_bytes=1 << 20, seconds=0.2)
    scope = {"type": "http", "path": "/v1/completions", "headers": [(b"host", b"localhost")]}
    with pytest.raises(Exception, match=r"didn't come within 0\.2 seconds") as refused:
        asyncio.run(asyncio.wait_for(door(scope, drip, None), 10))
    assert refused.value.status == 408
