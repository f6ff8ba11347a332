"""Draws the prompts that templates are learnt from: the same ones whatever the order of the rows."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Self

import msgspec

from workbench.records import Message
from workbench.text import digest

if TYPE_CHECKING:
    from workbench.records import Messages

_ABOVE_ALL = 1 << 64
_PACK = msgspec.msgpack.Encoder().encode
_UNPACK = msgspec.msgpack.Decoder(list[tuple[str, str]]).decode


class PromptSample:
    """Keeps the distinct prompts with the smallest hashes, ``limit`` and ``characters`` of them at most.

    At least one prompt is kept. Memory doesn't grow with the number of prompts shown.
    """

    def __init__(self, *, limit: int, characters: int, bound: int = _ABOVE_ALL) -> None:
        self._limit = limit
        self._characters = characters
        self._heap: list[tuple[int, int]] = []
        # Packed, so that they travel between processes and rest in memory cheaply; extras stay behind.
        self._held: dict[int, bytes] = {}
        self._size = 0
        # The smallest hash that was left out: neither it nor any above it can be kept.
        self._bound = bound
        self.whole = True

    def show(self, prompt: Messages) -> None:
        """Take ``prompt`` into account."""
        key = digest(*(part for message in prompt for part in (message.role, message.content)))
        if key >= self._bound:
            self.whole = False
        elif key not in self._held:
            size = sum(len(message.content) for message in prompt)
            self._keep(key, size, _PACK([(message.role, message.content) for message in prompt]))

    def fresh(self) -> Self:
        """Return an empty sample that leaves out at once what this one would leave out."""
        return type(self)(limit=self._limit, characters=self._characters, bound=self._bound)

    def take(self, other: Self) -> None:
        """Add what another sample kept."""
        self._bound = min(self._bound, other._bound)
        self.whole = self.whole and other.whole
        for negative, size in other._heap:
            if -negative < self._bound and -negative not in self._held:
                self._keep(-negative, size, other._held[-negative])
        while len(self._heap) > 1 and -self._heap[0][0] >= self._bound:
            self._drop()

    @property
    def prompts(self) -> list[Messages]:
        """The prompts kept, in the order of their hashes; ``whole`` says that none was left out."""
        return [
            tuple(Message(role=role, content=content) for role, content in _UNPACK(self._held[key]))
            for key in sorted(self._held)
        ]

    def _keep(self, key: int, size: int, packed: bytes) -> None:
        self._held[key] = packed
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
