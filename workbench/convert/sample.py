"""Draws the prompts that templates are learnt from: the same ones whatever the order of the rows."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, Self

import msgspec

from workbench.records import Message
from workbench.text import digest

if TYPE_CHECKING:
    from workbench.records import Messages

_ABOVE_ALL = 1 << 64
_PACK = msgspec.msgpack.Encoder().encode
_UNPACK = msgspec.msgpack.Decoder(list[tuple[int, list[tuple[str, str]]]]).decode


class PromptSample:
    """Keeps the distinct prompts with the smallest hashes, ``limit`` and ``characters`` of them at most.

    At least one prompt is kept. Memory doesn't grow with the number of prompts shown.
    """

    def __init__(self, *, limit: int, characters: int, bound: int = _ABOVE_ALL) -> None:
        self._limit = limit
        self._characters = characters
        self._heap: list[tuple[int, int]] = []
        self._held: dict[int, Messages] = {}
        self._size = 0
        # The smallest hash that was left out: neither it nor any above it can be kept.
        self._bound = bound
        self.whole = True

    def show(self, prompt: Messages) -> None:
        """Take ``prompt`` into account."""
        self._add(digest(*(part for message in prompt for part in (message.role, message.content))), prompt)

    def fresh(self) -> Self:
        """Return an empty sample that leaves out at once what this one would leave out."""
        return type(self)(limit=self._limit, characters=self._characters, bound=self._bound)

    def take(self, other: Self) -> None:
        """Add what another sample kept."""
        self._bound = min(self._bound, other._bound)
        self.whole = self.whole and other.whole
        for key, prompt in other._held.items():
            self._add(key, prompt)
        while self._heap and -self._heap[0][0] >= self._bound and len(self._heap) > 1:
            self._drop()

    @property
    def prompts(self) -> list[Messages]:
        """The prompts kept, in the order of their hashes; ``whole`` says that none was left out."""
        return [self._held[key] for key in sorted(self._held)]

    def _add(self, key: int, prompt: Messages) -> None:
        if key in self._held:
            return
        if key >= self._bound:
            self.whole = False
            return
        size = sum(len(message.content) for message in prompt)
        self._held[key] = prompt
        heapq.heappush(self._heap, (-key, size))
        self._size += size
        while len(self._heap) > 1 and (len(self._heap) > self._limit or self._size > self._characters):
            self._drop()

    def _drop(self) -> None:
        largest, freed = heapq.heappop(self._heap)
        del self._held[-largest]
        self._size -= freed
        self._bound = min(self._bound, -largest)
        self.whole = False

    def __getstate__(self) -> dict[str, Any]:
        """Travel between processes as bytes, many times as fast as object by object; extras stay behind."""
        rows = [(key, [(m.role, m.content) for m in prompt]) for key, prompt in self._held.items()]
        return {**self.__dict__, "_held": _PACK(rows)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive."""
        held = {
            key: tuple(Message(role=role, content=content) for role, content in turns)
            for key, turns in _UNPACK(state["_held"])
        }
        self.__dict__.update(state, _held=held)
