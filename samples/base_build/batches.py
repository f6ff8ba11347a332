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
SHELF = 4
Places = tuple[Tensor, Tensor, Tensor]


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
    places: list[Places] = []
    start = first = 0
    for group in groups:
        block, inside = lay(group, bpe)
        blocks.append(block)
        places.append((inside[0] + start, inside[1], inside[2] + first))
        start += block.tokens
        first += len(group.rows)
    at, want, row = (torch.cat(each) for each in zip(*places, strict=True))
    kinds = tuple(r.kind for group in groups for r in group.rows)
    return Batch(blocks=tuple(blocks), at=at, want=want, row=row, kinds=kinds)


def lay(group: Group, bpe: Tokenizer) -> tuple[Block, Places]:
    """Lay out one group on shelves of `SHELF` rows of like length; places count from the block's start."""
    prefix = bpe.encode(head(group.system)).ids
    asked = [e.ids for e in bpe.encode_batch([question(r.user) for r in group.rows])]
    answered = [e.ids for e in bpe.encode_batch([r.answer + END for r in group.rows])]
    order = sorted(range(len(asked)), key=lambda i: len(asked[i]) + len(answered[i]))
    at: list[int] = []
    want: list[int] = []
    row: list[int] = []
    shelves: list[Tensor] = []
    start = len(prefix)
    for some in (order[i : i + SHELF] for i in range(0, len(order), SHELF)):
        width = len(asked[some[-1]]) + len(answered[some[-1]]) - 1
        shelf = torch.full((len(some), width), PAD_ID)
        for line, i in enumerate(some):
            ids = (asked[i] + answered[i])[:-1]
            shelf[line, : len(ids)] = torch.tensor(ids)
            begin = start + line * width + len(asked[i]) - 1
            at += range(begin, begin + len(answered[i]))
            want += answered[i]
            row += [i] * len(answered[i])
        shelves.append(shelf)
        start += shelf.numel()
    block = Block(prefix=torch.tensor(prefix, dtype=torch.long), shelves=tuple(shelves))
    return block, (torch.tensor(at), torch.tensor(want), torch.tensor(row))


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
