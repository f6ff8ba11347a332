"""Draws the prompts that templates are learnt from: the same ones whatever the order of the rows."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from workbench.text import digest

if TYPE_CHECKING:
    from workbench.records import Messages


class PromptSample:
    """Keeps the ``limit`` distinct prompts with the smallest hashes, within ``characters`` in all.

    At least one prompt is kept. Memory doesn't grow with the number of prompts shown.
    """

    def __init__(self, *, limit: int, characters: int) -> None:
        self._limit = limit
        self._characters = characters
        self._heap: list[tuple[int, int]] = []
        self._held: dict[int, Messages] = {}
        self._size = 0
        self.whole = True

    def show(self, prompt: Messages) -> None:
        """Take ``prompt`` into account."""
        key = digest(*(part for message in prompt for part in (message.role, message.content)))
        if key in self._held or (not self.whole and -key < self._heap[0][0]):
            return
        size = sum(len(message.content) for message in prompt)
        self._held[key] = prompt
        heapq.heappush(self._heap, (-key, size))
        self._size += size
        while len(self._heap) > 1 and (len(self._heap) > self._limit or self._size > self._characters):
            largest, freed = heapq.heappop(self._heap)
            del self._held[-largest]
            self._size -= freed
            self.whole = False

    @property
    def prompts(self) -> list[Messages]:
        """The prompts kept, in the order of their hashes; ``whole`` says that none was left out."""
        return [self._held[key] for key in sorted(self._held)]
