"""LoRA training as plainly as PyTorch allows, so that the trainer's losses can be held against it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.rendering import Example
    from workbench.training import Sft

IGNORE = -100


def losses(model: Any, examples: Sequence[Example], spec: Sft, *, pad: int) -> list[float]:
    """Train ``model`` for ``spec.max_steps`` steps; returns each step's mean loss (nats a labelled token)."""
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=spec.learning_rate, weight_decay=spec.weight_decay)
    steps = spec.max_steps or 1
    warmup = math.ceil(steps * spec.warmup)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _share(step, warmup, steps))
    batches = _batches(len(examples), spec)
    seen = []
    model.train()
    for _ in range(steps):
        ids, mask, labels = _tensors([examples[row] for row in next(batches)], pad)
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
        targets = labels[:, 1:]
        total = cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="sum")
        loss = total / (targets != IGNORE).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, spec.max_grad_norm)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        seen.append(loss.item())
    return seen


def _share(step: int, warmup: int, steps: int) -> float:
    """Return the share of the peak learning rate: a straight way up, then half a cosine down to 0."""
    if step < warmup:
        return step / max(1, warmup)
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def _batches(rows: int, spec: Sft) -> Iterator[list[int]]:
    """Draw each epoch's order from the seed and the number of the epoch."""
    epoch = 0
    while True:
        generator = torch.Generator().manual_seed(spec.seed + epoch)
        order = torch.randperm(rows, generator=generator).tolist()
        yield from (order[start : start + spec.batch_size] for start in range(0, rows, spec.batch_size))
        epoch += 1


def _tensors(examples: Sequence[Example], pad: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    width = max(len(example.input_ids) for example in examples)

    def filled(rows: list[list[int]], fill: int) -> torch.Tensor:
        return torch.tensor([row + [fill] * (width - len(row)) for row in rows])

    return (
        filled([e.input_ids for e in examples], pad),
        filled([[1] * len(e.input_ids) for e in examples], 0),
        filled([e.labels for e in examples], IGNORE),
    )
