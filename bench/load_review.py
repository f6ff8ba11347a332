"""The scenes that `bench.load` plays with `workbench review`."""

from __future__ import annotations

import asyncio
import html
import json
import random
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from bench.traffic import Reply, Tally, asked, left, request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PEOPLE = 8
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SEE_OTHER, _TAKEN = 303, 409


class Desk:
    """A review with several people; it remembers every decision that the server said it took."""

    def __init__(self, port: int, *, token: str) -> None:
        self._port, self._token = port, token
        self._cookies: dict[str, str] = {}
        self._taken: dict[str, dict[str, str]] = {}
        self._sure: dict[str, bool] = {}
        self._chance = random.Random(0)

    async def enter(self, people: int = PEOPLE) -> None:
        """Let people in."""
        for number in range(people):
            name = f"person {number}"
            path = f"/?token={self._token}&name={quote(name)}"
            reply = await asked(self._port, request("GET", path, self._port))
            self._cookies[name] = reply.headers["set-cookie"].partition(";")[0]
            self._taken[name], self._sure[name] = {}, True

    def scenes(self, calls: int) -> dict[str, Callable[[], Awaitable[Tally]]]:
        """Return every scene by its name."""
        return {
            f"{PEOPLE} people": partial(self.steady, calls),
            f"{PEOPLE // 2} people beside {PEOPLE // 2} slow ones": partial(self.slowed, calls),
            f"{PEOPLE} people, some go away": partial(self.deserted, calls),
        }

    async def steady(self, calls: int) -> Tally:
        """Decide rows, take one in ten back; then hold every export against what was taken."""
        tally = await self._everybody(calls, self._turn)
        tally += await self._held()
        return tally

    async def slowed(self, calls: int) -> Tally:
        """Decide beside people whose pages are read, and forms sent, 64 bytes at a time."""
        over = asyncio.Event()

        async def slow(name: str) -> Tally:
            tally = Tally()
            while not over.is_set():
                await self._turn(tally, name, piece=64, pause=0.005)
            tally.seconds.clear()
            return tally

        names = list(self._cookies)
        quick, slow_ones = names[: len(names) // 2], names[len(names) // 2 :]
        tasks = [asyncio.create_task(slow(name)) for name in slow_ones]
        tally = await self._everybody(calls, self._turn, names=quick)
        over.set()
        for task in tasks:
            tally += await task
        tally += await self._held()
        return tally

    async def deserted(self, calls: int) -> Tally:
        """Decide, and one in four times go away before the server says that it took the decision."""

        async def turn(tally: Tally, name: str) -> None:
            await self._turn(tally, name, leave=self._chance.random() < 0.25)  # noqa: PLR2004

        tally = await self._everybody(calls, turn)
        tally += await self._held()
        return tally

    async def warm(self, calls: int) -> None:
        """Decide some rows, so that nothing is met for the first time afterwards."""
        await self.steady(calls // 4)

    def enduring(self, seconds: float) -> dict[str, Callable[[], Awaitable[Tally]]]:
        """Return one scene of that many seconds: all the others, over and over."""

        async def scene() -> Tally:
            until, tally = time.monotonic() + seconds, Tally()
            while time.monotonic() < until:
                for work in (self.steady(80), self.slowed(40), self.deserted(40)):
                    tally += await work
            return tally

        return {f"endurance, {seconds:.0f} s": scene}

    async def _everybody(self, calls: int, turn: Any, names: list[str] | None = None) -> Tally:
        every = iter(range(calls))

        async def person(name: str) -> Tally:
            tally = Tally()
            for _ in every:
                await turn(tally, name)
            return tally

        whole = Tally()
        for tally in await asyncio.gather(*(person(name) for name in names or self._cookies)):
            whole += tally
        return whole

    async def _turn(self, tally: Tally, name: str, *, leave: bool = False, **how: Any) -> None:
        """Open the next row and decide on it, or take the last decision back."""
        began = time.perf_counter()
        try:
            onward = await self._ask("GET", "/", name)
            page = await self._ask("GET", onward.headers.get("location", "/"), name, **how)
            fields = _fields(page.body.decode())
            if "hash" not in fields:
                tally.lost.append(f"{name}: no row: {page.status} {page.body[:100]!r}")
            elif leave:
                await self._leave(tally, name, fields)
            else:
                await self._decide(tally, name, fields, began, how)
        except (OSError, TimeoutError) as error:
            tally.lost.append(f"{name}: {type(error).__name__} {error}")

    async def _decide(
        self, tally: Tally, name: str, fields: dict[str, str], began: float, how: dict[str, Any]
    ) -> None:
        if self._chance.random() < 0.1 and self._sure[name]:  # noqa: PLR2004
            return await self._undo(tally, name, fields, began)
        action = self._chance.choice(("accept", "reject", "edit"))
        if action == "edit":
            fields = {**fields, "text": fields["text"] + " 谢谢。"}
        reply = await self._ask("POST", "/decide", name, {**fields, "action": action}, **how)
        if reply.status == _SEE_OTHER:
            self._taken[name][fields["id"]] = action
            self._sure[name] = True
            _served(tally, began)
        elif reply.status == _TAKEN:
            tally.refused["409"] += 1
        else:
            tally.lost.append(f"{name}: decided: {reply.status}")
        return None

    async def _undo(self, tally: Tally, name: str, fields: dict[str, str], began: float) -> None:
        reply = await self._ask("POST", "/undo", name, {"csrf": fields["csrf"]})
        if reply.status != _SEE_OTHER:
            tally.lost.append(f"{name}: undone: {reply.status}")
            return
        # What a person said of the same row before the word that was taken back holds again.
        self._taken[name].pop(_row(reply.headers["location"]), None)
        _served(tally, began)

    async def _leave(self, tally: Tally, name: str, fields: dict[str, str]) -> None:
        sent = self._request("POST", "/decide", name, {**fields, "action": "accept"})
        await left(self._port, sent, after=b"")
        tally.left += 1
        self._taken[name].pop(fields["id"], None)
        self._sure[name] = False  # nobody knows which decision is the last now

    async def _held(self) -> Tally:
        """Hold each person's export against the decisions that were taken."""
        tally = Tally()
        for name, taken in self._taken.items():
            reply = await self._ask("GET", "/export", name)
            found = {row["id"]: row["action"] for row in map(json.loads, reply.body.splitlines())}
            tally.lost += [
                f"{name}: {action} of {row} isn't in the export, which says {found.get(row)}"
                for row, action in taken.items()
                if found.get(row) != action
            ]
        return tally

    async def _ask(
        self, method: str, path: str, name: str, form: dict[str, str] | None = None, **how: Any
    ) -> Reply:
        return await asked(self._port, self._request(method, path, name, form), **how)

    def _request(self, method: str, path: str, name: str, form: dict[str, str] | None) -> bytes:
        body = urlencode(form).encode() if form is not None else None
        return request(method, path, self._port, body, {"Cookie": self._cookies[name], **_FORM})


def _served(tally: Tally, began: float) -> None:
    tally.served += 1
    tally.seconds.append(time.perf_counter() - began)


def _row(location: str) -> str:
    from urllib.parse import parse_qs, urlsplit

    return parse_qs(urlsplit(location).query).get("id", [""])[0]


def _fields(page: str) -> dict[str, str]:
    """Return the hidden fields and the text of a row's form."""
    form = page.partition('id="decide"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
    text = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", form, re.DOTALL)
    return {name: html.unescape(value) for name, value in {**fields, "text": text[1] if text else ""}.items()}
