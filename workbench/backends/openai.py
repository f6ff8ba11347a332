"""Asks any OpenAI-compatible service, many prompts at a time, and takes nothing it says on trust."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from workbench.backends.wire import CallError, read_reply, read_status, request_body
from workbench.errors import Finding, MissingExtraError, ServiceError
from workbench.ports import silent
from workbench.records import Completion, Value

try:
    import httpx2
except ImportError as missing:
    raise MissingExtraError.of("httpx2", extra="api", purpose="asking a model service") from missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.ports import Arrived, Progress, Sampling
    from workbench.records import Messages

_FIRST_TRIES = 3


class Service(Value, frozen=True, kw_only=True):
    """Where to ask, which model, and how patiently.

    ``timeout`` bounds one whole call in seconds, a reply that trickles in included. A call that may work
    later is made up to ``retries`` times more, after ``first_wait`` seconds, doubled each time up to
    ``max_wait``, or after what ``Retry-After`` says. After ``give_up`` failures in a row nothing more is
    asked. A reply of more than ``max_bytes`` is none. ``limit_key`` is the service's name for the limit of
    new tokens.
    """

    url: str
    model: str
    concurrency: Annotated[int, Meta(ge=1)] = 8
    retries: Annotated[int, Meta(ge=0)] = 5
    timeout: Annotated[float, Meta(gt=0)] = 120.0
    first_wait: Annotated[float, Meta(ge=0)] = 0.5
    max_wait: Annotated[float, Meta(ge=0)] = 60.0
    give_up: Annotated[int, Meta(ge=1)] = 10
    max_bytes: Annotated[int, Meta(ge=1)] = 16 << 20
    limit_key: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"


@dataclass(kw_only=True)
class Usage:
    """What was asked of a service so far; ``estimated`` answers came without token counts.

    ``failures`` counts the prompts that got no answer, by reason.
    """

    calls: int = 0
    retries: int = 0
    answers: int = 0
    estimated: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failures: Counter[str] = field(default_factory=Counter)


class OpenAIBackend:
    """Chat completions over HTTP, ``concurrency`` calls at a time.

    Redirects are not followed, so that the key goes nowhere else; the key is struck out of every message.
    """

    def __init__(
        self, service: Service, *, key: str | None = None, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self.service = service
        self.usage = Usage()
        self._key = key
        self._transport = transport
        self._limit_key: str = service.limit_key
        self._not_before = 0.0
        self._failed_in_a_row = 0

    def generate(
        self, prompts: Sequence[Messages], sampling: Sampling, *, progress: Progress = silent
    ) -> list[Completion]:
        """Answer every prompt, in order; one that gets no answer has ``finish="error"``.

        Raises:
            ServiceError: nothing can be reached, the key is refused, the model isn't there, the service asks
                to wait longer than ``max_wait``, or ``give_up`` prompts in a row failed.
        """
        done: dict[int, Completion] = {}
        self.generate_each(prompts, sampling, arrived=done.__setitem__, progress=progress)
        return [done[number] for number in range(len(prompts))]

    def generate_each(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling,
        *,
        arrived: Arrived,
        progress: Progress = silent,
    ) -> None:
        """Answer every prompt and hand each answer over as it comes; not to be called inside an event loop.

        Raises:
            ServiceError: as ``generate``; answers that came before have been handed over.
        """
        asyncio.run(self._ask_all(prompts, sampling, arrived, progress))

    def models(self) -> list[str]:
        """List the models that the service names.

        Raises:
            ServiceError: it can't be reached, or doesn't list any.
        """
        return asyncio.run(self._list_models())

    async def _ask_all(
        self, prompts: Sequence[Messages], sampling: Sampling, arrived: Arrived, progress: Progress
    ) -> None:
        jobs = iter(enumerate(prompts))
        done = 0

        def told(number: int, completion: Completion) -> None:
            nonlocal done
            done += 1
            arrived(number, completion)
            tokens = self.usage.prompt_tokens + self.usage.completion_tokens
            progress("ask", done, len(prompts), f"{tokens:,} tokens")

        async with self._client() as client:
            workers = [
                asyncio.create_task(self._work(client, jobs, sampling, told))
                for _ in range(min(self.service.concurrency, len(prompts)))
            ]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    async def _work(
        self,
        client: httpx2.AsyncClient,
        jobs: Iterator[tuple[int, Messages]],
        sampling: Sampling,
        told: Arrived,
    ) -> None:
        for number, prompt in jobs:
            told(number, await self._answer(client, prompt, sampling))

    async def _answer(self, client: httpx2.AsyncClient, prompt: Messages, sampling: Sampling) -> Completion:
        tries = 0
        while True:
            try:
                await asyncio.sleep(max(self._not_before - time.monotonic(), 0))
                completion, estimated = await self._call(client, prompt, sampling)
            except CallError as error:
                if self._adapts(error):
                    continue
                tries += 1
                if not self._may_try_again(error, tries):
                    return self._failure(error)
                await self._wait(error, tries)
            else:
                self._count(completion, estimated=estimated)
                return completion

    async def _call(
        self, client: httpx2.AsyncClient, prompt: Messages, sampling: Sampling
    ) -> tuple[Completion, bool]:
        body = request_body(prompt, sampling, model=self.service.model, limit_key=self._limit_key)
        self.usage.calls += 1
        raw = await self._exchange(client, "POST", "/chat/completions", body)
        return read_reply(raw, model=self.service.model, prompt=prompt)

    async def _exchange(self, client: httpx2.AsyncClient, method: str, path: str, body: Any = None) -> bytes:
        """Make one call and return the reply's body, within ``timeout`` and ``max_bytes``."""
        try:
            async with (
                asyncio.timeout(self.service.timeout),
                client.stream(method, _root(self.service.url) + path, json=body) as reply,
            ):
                raw = bytearray()
                async for piece in reply.aiter_bytes():
                    raw += piece
                    if len(raw) > self.service.max_bytes:
                        raise CallError(f"a reply of more than {self.service.max_bytes} bytes")
                read_status(reply.status_code, bytes(raw), reply.headers)
                return bytes(raw)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise CallError(f"no whole reply within {self.service.timeout:g} s", again=True) from error
        except (httpx2.ConnectError, httpx2.ProxyError) as error:
            raise CallError(f"no connection ({error})", again=True, unreachable=True) from error
        except httpx2.TransportError as error:
            raise CallError(f"a broken connection ({type(error).__name__})", again=True) from error
        except httpx2.HTTPError as error:
            raise CallError(f"a reply that can't be decoded ({type(error).__name__})", again=True) from error

    def _client(self) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        return httpx2.AsyncClient(
            headers=headers,
            timeout=self.service.timeout,
            limits=httpx2.Limits(max_connections=self.service.concurrency),
            transport=self._transport,
        )

    def _adapts(self, error: CallError) -> bool:
        """Take the newer name of the token limit where the service asks for it."""
        wanted = "max_completion_tokens"
        if wanted not in error.reason or self._limit_key == wanted:
            return False
        self._limit_key = wanted
        return True

    def _may_try_again(self, error: CallError, tries: int) -> bool:
        if error.hopeless:
            raise self._stopped(error.reason)
        if error.wait is not None and error.wait > self.service.max_wait:
            raise self._stopped(f"{error.reason}; it asks to wait {error.wait:.0f} s")
        new = error.unreachable and not self.usage.answers
        if new and tries >= min(_FIRST_TRIES, self.service.retries + 1):
            raise self._stopped(error.reason)
        return error.again and tries <= self.service.retries

    async def _wait(self, error: CallError, tries: int) -> None:
        """Wait with everybody else where the service named a time, else alone, doubled and jittered."""
        self.usage.retries += 1
        if error.wait is not None:
            self._not_before = max(self._not_before, time.monotonic() + error.wait)
            return
        longest = min(self.service.first_wait * 2 ** (tries - 1), self.service.max_wait)
        await asyncio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311  decides when, never what

    def _count(self, completion: Completion, *, estimated: bool) -> None:
        self._failed_in_a_row = 0
        self.usage.answers += 1
        self.usage.estimated += estimated
        self.usage.prompt_tokens += completion.prompt_tokens
        self.usage.completion_tokens += completion.completion_tokens

    def _failure(self, error: CallError) -> Completion:
        self.usage.failures[self._clean(error.reason)] += 1
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= self.service.give_up:
            raise self._stopped(f"{self._failed_in_a_row} failures in a row, at last: {error.reason}")
        return Completion(text="", prompt_tokens=0, completion_tokens=0, finish="error")

    def _clean(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text

    def _stopped(self, reason: str) -> ServiceError:
        return ServiceError(
            Finding(
                where=f"{self.service.url} (model {self.service.model!r})",
                found=self._clean(reason),
                expected="a chat completion from an OpenAI-compatible service",
                fix=_advice(reason)
                + " What was answered before is kept: run the same command again to go on.",
            )
        )

    async def _list_models(self) -> list[str]:
        try:
            async with self._client() as client:
                raw = await self._exchange(client, "GET", "/models")
        except CallError as error:
            raise self._stopped(error.reason) from error
        return _model_names(raw)


def _root(url: str) -> str:
    return url.rstrip("/").removesuffix("/chat/completions")


def _model_names(raw: bytes) -> list[str]:
    import json

    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return []
    listed = value.get("data") if isinstance(value, dict) else None
    rows = listed if isinstance(listed, list) else []
    return [row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]


def _advice(reason: str) -> str:
    if "HTTP 401" in reason or "HTTP 403" in reason:
        return "Set WORKBENCH_API_KEY to a key of this service."
    if "HTTP 404" in reason or "HTTP 405" in reason:
        return "Check the URL (it usually ends in /v1) and the model's name."
    if "no connection" in reason:
        return "Check the URL, and that the service runs."
    if "to wait" in reason or "credit" in reason:
        return "Wait, or raise the limit of the account."
    return "Check the service and the model's name."
