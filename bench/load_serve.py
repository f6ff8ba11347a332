"""The scenes that `bench.load` plays with `workbench serve`."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.traffic import Tally, asked, left, request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bench.traffic import Reply

QUESTIONS = tuple(f"Where is order {number}? 订单{number}在哪里？" for number in range(3))
CALLERS = 8
_BURST = 48
_JSON = {"Content-Type": "application/json"}


class Shop:
    """A server's models, asked for ``tokens`` tokens.

    ``extra`` are name and folder of an adapter that is loaded and dropped meanwhile.
    """

    def __init__(self, port: int, *, models: Sequence[str], extra: tuple[str, str], tokens: int = 24) -> None:
        self._port, self._models, self._extra, self._tokens = port, tuple(models), extra, tokens
        self._texts: dict[tuple[str, str], str] = {}
        self.loads = 0

    async def learn(self) -> None:
        """Ask everything once, each call alone: what it gives then is what it has to give always."""
        await self._load()
        for model, question in itertools.product((*self._models, self._extra[0]), QUESTIONS):
            reply = await asked(self._port, self._chat(model, question))
            self._texts[model, question] = reply.json()["choices"][0]["message"]["content"]
        await self._drop()

    def scenes(self, calls: int) -> dict[str, Callable[[], Awaitable[Tally]]]:
        """Return every scene by its name."""
        return {
            f"{CALLERS} callers": partial(self.steady, calls),
            f"{8 * CALLERS} callers, queue full": partial(self.crowded, calls),
            f"{CALLERS} callers beside {CALLERS} slow ones": partial(self.slowed, calls),
            f"{CALLERS} callers who go away": partial(self.deserted, calls),
            "adapters loaded and dropped": partial(self.changed, calls),
        }

    async def steady(self, calls: int, *, callers: int = CALLERS, extra: bool = False) -> Tally:
        """Take models and questions in turn; every other call is a stream."""
        models = (*self._models, self._extra[0]) if extra else self._models
        every = iter([
            (model, question, bool(number % 2))
            for number, (model, question) in zip(
                range(calls), itertools.cycle(itertools.product(models, QUESTIONS)), strict=False
            )
        ])  # fmt: skip

        async def caller() -> Tally:
            tally = Tally()
            for model, question, stream in every:
                done = False
                while not done:
                    done = await self._one(tally, model, question, stream=stream)
                    await asyncio.sleep(0 if done else 1)  # what Retry-After says
            return tally

        return await _all(caller() for _ in range(callers))

    async def crowded(self, calls: int) -> Tally:
        """Ask with more callers than may wait: those refused try again until they are served."""
        return await self.steady(calls, callers=8 * CALLERS)

    async def slowed(self, calls: int, *, slow_ones: int = CALLERS) -> Tally:
        """Ask beside callers who send and read 16 bytes at a time; the percentiles are of the others."""
        over = asyncio.Event()

        async def slow(number: int) -> Tally:
            tally, model = Tally(), self._models[number % len(self._models)]
            while not over.is_set():
                await self._one(tally, model, QUESTIONS[0], stream=True, piece=16, pause=0.005)
            tally.seconds.clear()
            return tally

        tasks = [asyncio.create_task(slow(number)) for number in range(slow_ones)]
        tally = await self.steady(calls)
        over.set()
        for task in tasks:
            tally += await task
        return tally

    async def deserted(self, calls: int) -> Tally:
        """Go away during the stream, or before the answer; afterwards nobody may wait or be written."""
        every = iter(range(calls))

        async def caller() -> Tally:
            tally = Tally()
            for number in every:
                model, stream = self._models[number % len(self._models)], bool(number % 2)
                sent = self._chat(model, QUESTIONS[0], stream=stream, tokens=200)
                await left(self._port, sent, after=b"data: " if stream else b"")
                tally.left += 1
            return tally

        tally = await _all(caller() for _ in range(CALLERS))
        tally += await self._settled()
        return tally

    async def changed(self, calls: int) -> Tally:
        """Load and drop an adapter over and over while it and the others are asked."""
        over = asyncio.Event()
        changes = asyncio.create_task(self._change(over))
        tally = await self.steady(calls, extra=True)
        over.set()
        tally += await changes
        return tally

    async def warm(self, calls: int) -> None:
        """Ask as in every scene, so that nothing is met for the first time afterwards."""
        for work in (self.steady, self.crowded, self.changed):
            await work(calls)

    def enduring(self, seconds: float) -> dict[str, Callable[[], Awaitable[Tally]]]:
        """Return one scene of that many seconds: all the others at once, over and over."""

        async def scene() -> Tally:
            until, tally = time.monotonic() + seconds, Tally()
            while time.monotonic() < until:
                for work in (self.steady(60), self.slowed(60), self.deserted(24), self.changed(60)):
                    tally += await work
                tally += await self.steady(_BURST, callers=_BURST)
            return tally

        return {f"endurance, {seconds:.0f} s": scene}

    async def _one(self, tally: Tally, model: str, question: str, *, stream: bool, **how: Any) -> bool:
        """Ask once and note what became of it; ``False``: refused for now, to be tried again."""
        began = time.perf_counter()
        try:
            reply = await asked(self._port, self._chat(model, question, stream=stream), **how)
        except (OSError, TimeoutError) as error:
            tally.lost.append(f"{model}: {type(error).__name__} {error}")
            return True
        told = self._judged(reply, model, question, stream=stream)
        if told == "served":
            tally.served += 1
            tally.seconds.append(time.perf_counter() - began)
        elif told.startswith("refused"):
            tally.refused[told.partition(" ")[2]] += 1
        else:
            tally.lost.append(f"{model}: {told}")
        return told != "refused 429"

    def _judged(self, reply: Reply, model: str, question: str, *, stream: bool) -> str:
        told = reply.json()
        code = told["error"]["code"] if isinstance(told, dict) and "error" in told else ""
        if reply.status == 429 and code == "queue_full" and "retry-after" in reply.headers:  # noqa: PLR2004
            return "refused 429"
        if reply.status == 404 and code == "model_not_found" and model == self._extra[0]:  # noqa: PLR2004
            return "refused 404"
        if reply.status != 200 or not reply.whole:  # noqa: PLR2004
            return f"{reply.status}, {'whole' if reply.whole else 'cut'}: {reply.body[:200]!r}"
        text, end = _streamed(reply.body) if stream else _answered(told)
        if end not in {"stop", "length"}:
            return f"ended with {end!r}: {reply.body[-200:]!r}"
        return "served" if text == self._texts[model, question] else f"another text: {text!r}"

    async def _settled(self) -> Tally:
        until, told = time.monotonic() + 10, None
        while time.monotonic() < until:
            told = (await asked(self._port, request("GET", "/health", self._port))).json()
            if told == {"status": "ok", "waiting": 0, "writing": 0}:
                return Tally()
            await asyncio.sleep(0.1)
        return Tally(lost=[f"callers left, and after 10 s the server says {told}"])

    async def _change(self, over: asyncio.Event) -> Tally:
        tally = Tally()
        while not over.is_set():
            for work in (self._load, self._drop):
                with suppress(OSError, TimeoutError):
                    if (status := await work()) not in {200, 201}:
                        tally.lost.append(f"adapter: {work.__name__} {status}")
            self.loads += 1
        return tally

    async def _load(self) -> int:
        body = json.dumps({"name": self._extra[0], "path": self._extra[1]}).encode()
        reply = await asked(self._port, request("POST", "/v1/adapters", self._port, body, _JSON))
        await asyncio.sleep(0.3)  # so that it is asked
        return reply.status

    async def _drop(self) -> int:
        """Drop it; while it is being asked that gives 409, and is to be tried again."""
        while True:
            reply = await asked(self._port, request("DELETE", f"/v1/adapters/{self._extra[0]}", self._port))
            if reply.status != 409:  # noqa: PLR2004
                return reply.status
            await asyncio.sleep(0.05)

    def _chat(self, model: str, question: str, *, stream: bool = False, tokens: int = 0) -> bytes:
        body = {
            "model": model, "stream": stream, "max_tokens": tokens or self._tokens, "temperature": 0,
            "messages": [{"role": "user", "content": question}],
        }  # fmt: skip
        return request("POST", "/v1/chat/completions", self._port, json.dumps(body).encode(), _JSON)


def _answered(told: Any) -> tuple[str, str]:
    choice = told["choices"][0]
    return choice["message"]["content"], choice["finish_reason"]


def _streamed(body: bytes) -> tuple[str, str]:
    events = [line[6:] for line in body.decode().split("\n") if line.startswith("data: ")]
    if not events or events[-1] != "[DONE]":
        return "", "no end"
    choices = [json.loads(event)["choices"][0] for event in events[:-1] if '"choices"' in event]
    return "".join(one["delta"].get("content", "") for one in choices), choices[-1]["finish_reason"]


async def _all(works: Any) -> Tally:
    whole = Tally()
    for tally in await asyncio.gather(*works):
        whole += tally
    return whole
