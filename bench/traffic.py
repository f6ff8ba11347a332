"""Plain HTTP for load tests: sockets that are slow or go away, and a tally of what became of requests."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

HOST = "127.0.0.1"
_PATIENCE = 180.0


@dataclass(frozen=True)
class Reply:
    """An answer as it came; ``whole``: its length or last chunk was reached."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool

    def json(self) -> Any:
        """Return the body as a JSON value, ``None`` where it is none."""
        with suppress(ValueError):
            return json.loads(self.body)
        return None


@dataclass
class Tally:
    """What became of requests: asked = served + refused + left + lost.

    ``left`` are those that the caller itself gave up; ``seconds`` are of those served.
    """

    served: int = 0
    left: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __iadd__(self, other: Tally) -> Self:
        """Add another tally."""
        self.served += other.served
        self.left += other.left
        self.refused += other.refused
        self.lost += other.lost
        self.seconds += other.seconds
        return self

    def row(self) -> dict[str, Any]:
        """Return counts and percentiles in milliseconds."""
        p50, p95, p99 = np.percentile(np.array(self.seconds or [np.nan]) * 1000, (50, 95, 99)).round(1)
        return {
            "served": self.served, "refused": dict(sorted(self.refused.items())), "left": self.left,
            "lost": len(self.lost), "p50_ms": float(p50), "p95_ms": float(p95), "p99_ms": float(p99),
        }  # fmt: skip


def request(
    method: str, path: str, port: int, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return a request that asks for the connection to be closed after it."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection, and close it whatever happens."""
    reader, writer = await asyncio.open_connection(HOST, port, limit=1 << 22)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def asked(port: int, sent: bytes, *, piece: int = 0, pause: float = 0.0) -> Reply:
    """Send a request and read the whole answer; with ``piece``, so many bytes at a time, ``pause`` s apart.

    Raises:
        OSError: the connection broke; TimeoutError after three minutes.
    """
    async with asyncio.timeout(_PATIENCE), connected(port) as (reader, writer):
        for start in range(0, len(sent), piece or len(sent)):
            writer.write(sent[start : start + (piece or len(sent))])
            await writer.drain()
            if piece:
                await asyncio.sleep(pause)
        raw = bytearray()
        while part := await reader.read(piece or 1 << 16):
            raw += part
            if piece:
                await asyncio.sleep(pause)
    return read(bytes(raw))


async def left(port: int, sent: bytes, *, after: bytes) -> bool:
    """Send a request and go away once ``after`` has come; tell whether it came."""
    raw = bytearray()
    async with asyncio.timeout(_PATIENCE), connected(port) as (reader, writer):
        writer.write(sent)
        await writer.drain()
        while after not in raw and (part := await reader.read(1 << 12)):
            raw += part
    return after in raw


def read(raw: bytes) -> Reply:
    """Read an answer."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    found = re.match(r"HTTP/1\.[01] (\d{3})", first)
    status = int(found.group(1)) if found else 0
    if "chunked" in headers.get("transfer-encoding", ""):
        body, whole = _unchunked(body)
    else:
        whole = len(body) == int(headers.get("content-length", "-1"))
    return Reply(status, headers, body, whole)


def _unchunked(body: bytes) -> tuple[bytes, bool]:
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size or b"-1", 16)
        if length <= 0:
            return b"".join(parts), length == 0
        parts.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(parts), False


class Memory:
    """The memory (``VmRSS``) of a process, taken once a second in MB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.samples: list[tuple[float, float]] = []

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Take it until the block ends."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            self.samples.append((time.monotonic(), held(self._pid)))

    def row(self) -> dict[str, float]:
        """Return start, end, and MB a minute (least squares, without the first fifth) with its 95 % bounds.

        Samples that follow each other aren't independent: the bounds are of ten means of equal stretches.
        """
        at, size = (np.array(column) for column in zip(*self.samples, strict=True))
        told = {"memory_start_mb": float(size[0].round(1)), "memory_end_mb": float(size[-1].round(1))}
        later = at >= at[0] + (at[-1] - at[0]) / 5
        if later.sum() < 20:  # noqa: PLR2004  two samples for each of the ten means
            return told
        parts = [(a.mean() / 60, s.mean()) for a, s in zip(
            np.array_split(at[later], 10), np.array_split(size[later], 10), strict=True
        )]  # fmt: skip
        minutes, means = np.array(parts).T
        slope, _ = np.polyfit(minutes, means, 1)
        rest = means - np.polyval(np.polyfit(minutes, means, 1), minutes)
        error = np.sqrt((rest**2).sum() / 8 / ((minutes - minutes.mean()) ** 2).sum())
        low, high = slope - 2.306 * error, slope + 2.306 * error  # Student's t, 8 degrees of freedom
        return {**told, "mb_a_minute": round(float(slope), 3), "low": round(float(low), 3),
                "high": round(float(high), 3)}  # fmt: skip

    async def _watch(self) -> None:
        while True:
            self.samples.append((time.monotonic(), held(self._pid)))
            await asyncio.sleep(1)


def held(pid: int) -> float:
    """Return the memory of a process in MB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    return int(found.group(1)) / 1024 if found else float("nan")
