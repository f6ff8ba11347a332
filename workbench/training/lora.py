"""Puts a fresh LoRA adapter on a base, seeded first, so that the same spec starts from the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import set_seed

from workbench.errors import Finding, ModelError
from workbench.rendering.opening import quiet

if TYPE_CHECKING:
    from workbench.rendering.opening import OpenBase
    from workbench.training.spec import Sft


def add_adapter(spec: Sft, base: OpenBase) -> Any:
    """Return the peft model; adapter weights are float32 whatever the base's are.

    Raises:
        ModelError: the base has no modules of the names in ``targets`` (with those that it has).
    """
    set_seed(spec.seed)
    targets = spec.targets if isinstance(spec.targets, str) else list(spec.targets)
    config = LoraConfig(
        r=spec.r,
        lora_alpha=spec.alpha,
        lora_dropout=spec.dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
    linear = linear_names(base.model)
    try:
        with quiet():
            model = get_peft_model(base.model, config)
    except ValueError as error:
        raise ModelError(
            Finding(
                where="$.targets",
                found=f"{spec.targets!r}, which fits no module of {base.name}",
                expected=f"all-linear, or some of: {', '.join(linear)}",
                fix="Correct targets.",
            )
        ) from error
    if spec.gradient_checkpointing:
        model.enable_input_require_grads()
    return model


def linear_names(model: Any) -> list[str]:
    """List the last names of the model's linear layers, as ``targets`` takes them."""
    names = (name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear))
    return sorted({name.rpartition(".")[2] for name in names})
