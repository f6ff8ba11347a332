"""Estimates memory and time of a training before it starts, from the base's configuration alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch

from workbench.records import Value
from workbench.rendering.opening import resolved
from workbench.training.lora import add_adapter

if TYPE_CHECKING:
    from workbench.rendering.opening import OpenText
    from workbench.training.rows import Rows
    from workbench.training.spec import Sft

_GIGA = 1e9
_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
# An adapter's weight is kept in float32 with its gradient and the two moments of AdamW.
_BYTES_PER_TRAINED = 16
_SIDE = 1024
_TRIALS = 3


class Estimate(Value, frozen=True, kw_only=True):
    """``memory_gb`` by what needs it; ``seconds_at_least`` at the speed of this machine's matrix products.

    Small models and short rows reach a fraction of that speed, and take longer.
    """

    parameters: int
    trainable: int
    memory_gb: dict[str, float]
    seconds_at_least: float


def estimate(spec: Sft, *, text: OpenText, rows: Rows) -> Estimate:
    """Estimate the training of ``rows``; the model is laid out without memory for its weights.

    Activations are those of Korthikanti et al. 2022 (34 bytes a hidden unit, token and layer at 16 bits,
    attention kept whole), of one batch of the longest rows; with gradient checkpointing one layer's and every
    layer's input.

    Raises:
        ModelError: the base has no modules of the names in ``targets``.
    """
    from transformers import AutoModelForCausalLM

    from workbench.training.audit import steps

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(text.config)
        parameters = sum(p.numel() for p in model.parameters())
        model = add_adapter(spec, model, name=text.name)
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    width = _BYTES[resolved(spec.dtype)]
    longest = max(len(example.input_ids) for example in rows.examples)
    mean = rows.tokens / len(rows.examples)
    taught = steps(spec, len(rows.examples)) * spec.batch_size * spec.grad_accumulation * mean
    # Forward, and backward through activations: 2 operations a weight and token each; once more if
    # activations are computed again.
    work = taught * parameters * (6 if spec.gradient_checkpointing else 4)
    return Estimate(
        parameters=parameters,
        trainable=trainable,
        memory_gb={
            "weights": parameters * width / _GIGA,
            "adapter": trainable * _BYTES_PER_TRAINED / _GIGA,
            "activations": _activations(spec, text.config, longest, width) / _GIGA,
        },
        seconds_at_least=round(work / _speed(), 1),
    )


def _activations(spec: Sft, config: Any, longest: int, width: int) -> float:
    config = getattr(config, "get_text_config", lambda: config)()
    layers, hidden = config.num_hidden_layers, config.hidden_size
    tokens = spec.batch_size * longest
    attention = 5 * config.num_attention_heads * longest / hidden
    layer = tokens * hidden * (34 + attention) * width / 2
    logits = tokens * config.vocab_size * 8
    if spec.gradient_checkpointing:
        return float(layer + layers * tokens * hidden * width + logits)
    return float(layers * layer + logits)


def _speed() -> float:
    """Measure operations a second of this machine's matrix products, the best of three."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    one = torch.randn(_SIDE, _SIDE, device=device)
    best = float("inf")
    for _ in range(_TRIALS):
        start = time.perf_counter()
        (one @ one).sum().item()
        best = min(best, time.perf_counter() - start)
    return float(2 * _SIDE**3 / best)
