"""Sees that rows which share a line keep apart: a model that mixes them would learn other rows' text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from workbench.errors import ConfigError, Finding
from workbench.training.batches import Collator, Tokenised
from workbench.training.loss import answer_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.rendering import Example
    from workbench.rendering.opening import OpenBase
    from workbench.training.rows import Rows
    from workbench.training.spec import Sft

_SAMPLE = 16
_EVA_BATCHES = 8
# Sums in another order differ this much in the mean loss of a token.
_TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 5e-2}


def check_packing(base: OpenBase, rows: Rows) -> float:
    """Return by how much the mean loss (nats a token) of the first rows differs when they are packed.

    Raises:
        ConfigError: by more than rounding: the base's attention lets packed rows see one another.
    """
    gap = packing_gap(base.model, rows.examples, pad=base.renderer.pad)
    if gap > _TOLERANCE.get(base.model.dtype, max(_TOLERANCE.values())):
        raise ConfigError(
            Finding(
                where="$.packing",
                found=f"a loss of packed rows that is {gap:.3g} off that of the same rows unpacked",
                expected="the same loss: this base's attention doesn't keep packed rows apart",
                fix="Set packing to false; group_by_length saves padding too.",
            )
        )
    return gap


def packing_gap(model: Any, examples: Sequence[Example], *, pad: int) -> float:
    """Return by how much a model's mean loss of the first 16 rows differs when two share a line."""
    longest = max(len(example.input_ids) for example in examples[:_SAMPLE])
    rows = Tokenised(examples[:_SAMPLE])
    losses = []
    with torch.inference_mode():
        for packing in (False, True):
            collate = Collator(pad=pad, packing=packing, line=2 * longest if packing else 1)
            batch = collate([rows[i] for i in range(len(rows))])
            total, count = answer_loss(model, {k: v.to(model.device) for k, v in batch.items()})
            losses.append(float(total) / max(1, int(count)))
    return abs(losses[0] - losses[1])


def first_batches(spec: Sft, base: OpenBase, rows: Rows) -> list[dict[str, torch.Tensor]]:
    """Return the first rows in batches for an initialisation that looks at them; none where none does."""
    if spec.init != "eva":
        return []
    held, collate = Tokenised(rows.examples), Collator(pad=base.renderer.pad)
    size = min(spec.batch_size, len(held))
    starts = range(0, min(len(held) - size + 1, size * _EVA_BATCHES), size)
    batches = [collate([held[i] for i in range(start, start + size)]) for start in starts]
    kept = ("input_ids", "attention_mask", "labels")
    return [{name: batch[name].to(base.model.device) for name in kept} for batch in batches]
