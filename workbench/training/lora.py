"""Puts a fresh LoRA adapter on a base, seeded first, so that the same spec starts from the same weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch
from peft import EvaConfig, LoraConfig, get_peft_model
from peft.tuners.lora import initialize_lora_eva_weights
from transformers import set_seed

from workbench.errors import ConfigError, Finding, ModelError
from workbench.rendering.opening import quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.training.spec import Sft

_MLP = re.compile(r"(^|\.)(mlp|feed_forward|ffn|block_sparse_moe)\.")
# These begin from a changed base: the adapter is right only over that copy of it.
_CHANGES_BASE = {
    "pissa": "takes the base's largest singular values out of it and into the adapter",
    "loftq": "replaces the base's weights by quantised ones fitted to the adapter",
    "corda": "takes directions of the base's weights out of it and into the adapter",
}
_INIT: dict[str, Any] = {"default": True, "gaussian": "gaussian", "orthogonal": "orthogonal", "eva": "eva"}


def add_adapter(
    spec: Sft, base: Any, *, name: str, batches: Iterable[Mapping[str, torch.Tensor]] = ()
) -> Any:
    """Return the peft model over the model ``base``; adapter weights are float32 whatever the base's are.

    ``batches`` of training rows are what the ``eva`` initialisation (Paischer et al. 2024) looks at.

    Raises:
        ModelError: the base has no modules of the names in ``targets`` (with those that it has).
        ConfigError: an initialisation that changes the base, or settings that don't go together.
    """
    check(spec)
    set_seed(spec.seed)
    config = LoraConfig(
        r=spec.r,
        lora_alpha=spec.alpha,
        lora_dropout=spec.dropout,
        target_modules=targets(spec, base, name=name),
        use_rslora=spec.rslora,
        use_dora=spec.dora,
        init_lora_weights=_INIT[spec.init],
        eva_config=EvaConfig() if spec.init == "eva" else None,
        task_type="CAUSAL_LM",
    )
    with quiet():
        model = get_peft_model(base, config)
        if spec.init == "eva" and base.device.type != "meta":
            initialize_lora_eva_weights(model, list(batches), show_progress_bar=False)
    if spec.gradient_checkpointing:
        model.enable_input_require_grads()
    return model


def check(spec: Sft) -> None:
    """Refuse settings of an adapter that can't be trusted.

    Raises:
        ConfigError: with the reason.
    """
    if spec.init in _CHANGES_BASE:
        raise ConfigError(
            Finding(
                where="$.init",
                found=f"{spec.init}, which {_CHANGES_BASE[spec.init]}",
                expected="default, gaussian, orthogonal or eva: adapters share one unchanged base here",
                fix="Use eva or orthogonal for a better start, or rslora for high ranks.",
            )
        )
    if spec.init == "orthogonal" and spec.r % 2:
        raise ConfigError(
            Finding(
                where="$.r",
                found=f"{spec.r} with init orthogonal",
                expected="an even rank: the two halves begin orthogonal to one another",
                fix="Use an even r, or another init.",
            )
        )


def targets(spec: Sft, base: Any, *, name: str) -> str | list[str]:
    """Return what peft is to look for, after seeing that each of it exists.

    Raises:
        ModelError: some of it fits no module.
    """
    modules = [module for module, kind in base.named_modules() if _is_linear(kind)]
    if spec.targets == "all-linear":
        return "all-linear"
    if spec.targets == "mlp":
        chosen = sorted(module for module in modules if _MLP.search(module))
        missing = [] if chosen else ["mlp"]
    elif isinstance(spec.targets, str):
        pattern = _pattern(spec.targets)
        chosen = sorted(module for module in modules if pattern.fullmatch(module))
        missing = [] if chosen else [spec.targets]
    else:
        chosen = list(spec.targets)
        missing = [t for t in chosen if not any(m == t or m.endswith(f".{t}") for m in modules)]
    if missing or not chosen:
        raise ModelError(
            Finding(
                where="$.targets",
                found=f"{', '.join(map(repr, missing)) or 'an empty list'}, which fits no module of {name}",
                expected=f"all-linear, mlp, a pattern, or some of: {', '.join(linear_names(base))}",
                fix="Correct targets.",
            )
        )
    return chosen


def linear_names(model: Any) -> list[str]:
    """List the last names of the model's linear layers, as ``targets`` takes them."""
    names = (name for name, module in model.named_modules() if _is_linear(module))
    return sorted({name.rpartition(".")[2] for name in names})


def _is_linear(module: Any) -> bool:
    # GPT-2's Conv1D is a linear layer with its weight the other way round.
    return isinstance(module, torch.nn.Linear) or type(module).__name__ == "Conv1D"


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ConfigError(
            Finding(
                where="$.targets",
                found=f"{text!r}: {error}",
                expected="all-linear, mlp, or a regular expression over whole module names",
                fix="Correct the expression, or list last names, such as q_proj,v_proj.",
            )
        ) from error
