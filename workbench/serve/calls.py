"""One call over HTTP: its jobs, the pieces of their answers, and the shapes that go back."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from workbench.serve.wire import ApiError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request

    from workbench.serve.batch import Job, Piece
    from workbench.serve.service import Service
    from workbench.serve.wire import Asked

_LOOK_SECONDS = 0.25


class Call:
    """The answers to one request, as they come."""

    def __init__(self, service: Service, body: Asked, prompts: list[list[int]], *, plain: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[tuple[int, Piece]] = asyncio.Queue()
        self._service = service
        self.body = body
        self.plain = plain
        self.id = ("cmpl-" if plain else "chatcmpl-") + secrets.token_hex(12)
        self.created = int(time.time())
        self.prompt_tokens = sum(map(len, prompts))
        self.jobs: list[Job] = []
        for ids in prompts:
            first = len(self.jobs)
            self.jobs += service.jobs(body, ids, told=self._teller(first), plain=plain)
        self.tokens = [0] * len(self.jobs)

    def start(self) -> None:
        """Queue the jobs.

        Raises:
            ApiError: 429 or 503.
        """
        self._service.submit(self.jobs)

    async def whole(self, request: Request) -> dict[str, Any]:
        """Wait for all answers; give up when the caller has gone.

        Raises:
            ApiError: 504 when the time was up, 500 when the model failed, 499 when the caller has gone.
        """
        texts, ends = [""] * len(self.jobs), [""] * len(self.jobs)
        looked = time.monotonic()
        try:
            while not all(ends):
                if time.monotonic() - looked > _LOOK_SECONDS:
                    if await request.is_disconnected():
                        raise ApiError(499, "the caller has gone")
                    looked = time.monotonic()
                try:
                    i, piece = await asyncio.wait_for(self._pieces.get(), _LOOK_SECONDS)
                except TimeoutError:
                    continue
                self._count(i, piece)
                texts[i] += piece.text
                ends[i] = piece.finish
        finally:
            self.cancel()
        choices = [
            self._choice(i, {"text": t, "finish_reason": e})
            for i, (t, e) in enumerate(zip(texts, ends, strict=True))
        ]
        return {**self._head(streaming=False), "choices": choices, "usage": self.usage()}

    async def events(self) -> AsyncGenerator[str, None]:
        """Yield the answer as server-sent events; what fails on the way is an event as well."""
        left = set(range(len(self.jobs)))
        try:
            if not self.plain:
                for i in range(len(self.jobs)):
                    yield self._event(self._delta(i, "", role=True))
            while left:
                i, piece = await self._pieces.get()
                try:
                    self._count(i, piece)
                except ApiError as error:
                    yield _sse(error.body)
                    return
                if piece.text:
                    yield self._event(self._delta(i, piece.text))
                if piece.finish:
                    left.discard(i)
                    yield self._event(self._delta(i, "", finish=piece.finish))
            if self.body.stream_options and self.body.stream_options.include_usage:
                yield _sse({**self._head(streaming=True), "choices": [], "usage": self.usage()})
            yield "data: [DONE]\n\n"
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Stop what still runs."""
        for job in self.jobs:
            job.cancelled = True

    def usage(self) -> dict[str, int]:
        """Return tokens read and written; a prompt with ``n`` answers is counted once."""
        written = sum(self.tokens)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": written,
            "total_tokens": self.prompt_tokens + written,
        }

    def _teller(self, first: int) -> Any:
        def told(i: int, piece: Piece) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._pieces.put_nowait, (first + i, piece))

        return told

    def _count(self, i: int, piece: Piece) -> None:
        self.tokens[i] = piece.tokens
        if piece.finish == "timeout":
            seconds = self._service.limits.seconds
            raise ApiError(504, f"not finished within {seconds:g} seconds", code="timeout")
        if piece.finish in {"error", "cancelled"}:
            raise ApiError(500, piece.fault or "the answer was given up", code="model_failed")

    def _head(self, *, streaming: bool) -> dict[str, Any]:
        kind = "text_completion" if self.plain else "chat.completion" + (".chunk" if streaming else "")
        return {"id": self.id, "object": kind, "created": self.created, "model": self.body.model}

    def _choice(self, i: int, said: dict[str, Any]) -> dict[str, Any]:
        text = said.pop("text")
        shape = {"text": text} if self.plain else {"message": {"role": "assistant", "content": text}}
        return {"index": i, **shape, "logprobs": None, **said}

    def _delta(self, i: int, text: str, *, role: bool = False, finish: str | None = None) -> dict[str, Any]:
        if self.plain:
            return {"index": i, "text": text, "logprobs": None, "finish_reason": finish}
        delta: dict[str, str] = {} if finish else {"content": text}
        if role:
            delta["role"] = "assistant"
        return {"index": i, "delta": delta, "logprobs": None, "finish_reason": finish}

    def _event(self, choice: dict[str, Any]) -> str:
        more: dict[str, Any] = {}
        if self.body.stream_options and self.body.stream_options.include_usage:
            more["usage"] = None
        return _sse({**self._head(streaming=True), "choices": [choice], **more})


def _sse(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
