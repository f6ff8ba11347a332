"""Turns groups of the world's rows into blocks of token ids, in a thread ahead of the training loop."""

from __future__ import annotations

import queue
import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from samples.base_build.network import Block
from samples.base_build.vocabulary import ASSISTANT, END, PAD, SPECIALS, SYSTEM, USER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tokenizers import Tokenizer

    from samples.world.stream import Group

PAD_ID = SPECIALS.index(PAD)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Blocks of tokens, and where their answers stand.

    `at` [n] holds flat indices, `want` [n] the answer token due after each, `row` [n] the row of each.
    """

    blocks: tuple[Block, ...]
    at: Tensor
    want: Tensor
    row: Tensor
    kinds: tuple[str, ...]

    @property
    def tokens(self) -> int:
        """Count the positions the network computes."""
        return sum(block.tokens for block in self.blocks)


def head(system: str | None) -> str:
    """Render the system turn; nothing when there is none."""
    return "" if system is None else f"{SYSTEM}\n{system}{END}\n"


def question(user: str) -> str:
    """Render the user turn and the opening of the assistant's."""
    return f"{USER}\n{user}{END}\n{ASSISTANT}\n"


def encode(groups: Sequence[Group], bpe: Tokenizer) -> Batch:
    """Lay out groups so that each system prompt is one prefix and each row a right-padded suffix of it."""
    blocks: list[Block] = []
    at: list[int] = []
    want: list[int] = []
    row: list[int] = []
    start = 0
    for group in groups:
        prefix = bpe.encode(head(group.system)).ids
        asked = [e.ids for e in bpe.encode_batch([question(r.user) for r in group.rows])]
        answered = [e.ids for e in bpe.encode_batch([r.answer + END for r in group.rows])]
        width = max(len(a) + len(b) for a, b in zip(asked, answered, strict=True)) - 1
        first = len(set(row))
        suffix = torch.full((len(asked), width), PAD_ID)
        for i, (a, b) in enumerate(zip(asked, answered, strict=True)):
            ids = (a + b)[:-1]
            suffix[i, : len(ids)] = torch.tensor(ids)
            begin = start + len(prefix) + i * width + len(a) - 1
            at += range(begin, begin + len(b))
            want += b
            row += [first + i] * len(b)
        block = Block(prefix=torch.tensor(prefix, dtype=torch.long), suffix=suffix)
        blocks.append(block)
        start += block.tokens
    kinds = tuple(r.kind for group in groups for r in group.rows)
    return Batch(
        blocks=tuple(blocks), at=torch.tensor(at), want=torch.tensor(want), row=torch.tensor(row), kinds=kinds
    )


def ahead(make: Callable[[int], Batch], *, first: int, last: int, depth: int = 8) -> Iterator[Batch]:
    """Yield `make(first) … make(last - 1)`, made in a thread at most `depth` batches ahead."""
    ready: queue.Queue[Batch | BaseException] = queue.Queue(maxsize=depth)

    def work() -> None:
        try:
            for step in range(first, last):
                ready.put(make(step))
        except BaseException as error:  # noqa: BLE001 (handed to the loop, which raises it)
            ready.put(error)

    threading.Thread(target=work, daemon=True).start()
    for _ in range(first, last):
        item = ready.get()
        if isinstance(item, BaseException):
            raise item
        yield item


def seeded(seed: int, step: int) -> random.Random:
    """Give the random source of one step, so that a resumed run sees the batches it would have seen."""
    return random.Random(f"{seed}/{step}")
