"""Proves an adapter: on disk as in memory, of effect when on, of none when off."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import torch

from workbench.errors import ConfigError, Finding, InvariantError, ModelError
from workbench.records import Value
from workbench.rendering.adapters import attach
from workbench.rendering.opening import BaseHashes  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.rendering import Example
    from workbench.rendering.opening import OpenBase
    from workbench.training.spec import Sft


_IDLE = Finding(
    where="$.max_steps",
    found="an adapter that changes nothing",
    expected="enough training for the adapter to have an effect",
    fix="Train for more steps or epochs, raise learning_rate, or lower warmup.",
)


class Parity(Value, frozen=True, kw_only=True):
    """What ``parity.json`` holds. Differences are the largest absolute ones of logits over ``rows`` rows.

    ``disk_memory``: adapter reloaded from disk against the one trained. ``restored``: base with the adapter
    switched off against the base before it was attached. ``effect``: adapter on against off; must not be 0.
    ``keys`` says what is wrong with the parameters on disk, empty if none; else ``disk_memory`` is ``None``.
    """

    ok: bool
    rows: int
    tolerance: float
    disk_memory: float | None
    restored: float
    effect: float
    keys: str
    base: BaseHashes
    dtype: str
    stop_tokens: list[str]
    injected: str
    doubled_start: bool


def answer_logits(model: Any, examples: Sequence[Example]) -> list[torch.Tensor]:
    """Return float32 logits on the CPU over each row's answer, ``[answer + 1, vocabulary]``, row by row."""
    real = model.get_base_model() if hasattr(model, "get_base_model") else model
    cuts = "logits_to_keep" in inspect.signature(real.forward).parameters
    held = []
    model.eval()
    with torch.inference_mode():
        for example in examples:
            kept = example.trained + 1
            ids = torch.tensor([example.input_ids], device=real.device)
            logits = model(
                input_ids=ids, use_cache=False, **({"logits_to_keep": kept} if cuts else {})
            ).logits
            held.append(logits[0, -kept:].float().cpu())
    return held


def prove(
    spec: Sft,
    *,
    base: OpenBase,
    model: Any,
    adapter: Path,
    examples: Sequence[Example],
    untouched: Sequence[torch.Tensor],
) -> Parity:
    """Compare the trained ``model`` with ``adapter`` on disk and with the base's ``untouched`` logits.

    ``model`` is used up: its adapter is taken off to load the one on disk.

    Raises:
        ConfigError: the adapter changes nothing, for it was trained too little, and ``spec.on_parity`` is
            ``error``.
        InvariantError: another comparison fails, likewise.
    """
    trained = answer_logits(model, examples)
    with model.disable_adapter():
        off = answer_logits(model, examples)
    on_disk, keys = _reloaded(base, model, adapter, examples=examples, trained=trained)
    figures = {
        "restored": largest(off, untouched),
        "effect": largest(trained, off),
    }
    renderer = base.renderer
    parity = Parity(
        ok=on_disk is not None
        and on_disk <= spec.parity_tolerance
        and figures["restored"] <= spec.parity_tolerance
        and figures["effect"] > 0,
        rows=len(examples),
        tolerance=spec.parity_tolerance,
        disk_memory=on_disk,
        keys=keys,
        base=base.hashes,
        dtype=str(base.model.dtype).removeprefix("torch."),
        stop_tokens=renderer.stop_names,
        injected=renderer.habits.injected,
        doubled_start=renderer.doubled_start(),
        **figures,
    )
    if not parity.ok and spec.on_parity == "error":
        if parity.effect == 0:
            raise ConfigError(_IDLE)
        raise InvariantError(f"the saved adapter isn't what was trained: {parity}")
    return parity


def _reloaded(
    base: OpenBase, model: Any, adapter: Path, *, examples: Sequence[Example], trained: Sequence[torch.Tensor]
) -> tuple[float | None, str]:
    """Return how far the adapter on disk is from the trained one, or what is wrong with its parameters."""
    try:
        reloaded = attach(base, model.unload(), adapter, name="default")
    except ModelError as error:
        return None, str(error)
    return largest(trained, answer_logits(reloaded, examples)), ""


def largest(one: Sequence[torch.Tensor], other: Sequence[torch.Tensor]) -> float:
    """Return the largest absolute difference; NaN counts as infinite."""
    worst = max((float((a - b).abs().max()) for a, b in zip(one, other, strict=True)), default=0.0)
    return worst if worst == worst else float("inf")  # noqa: PLR0124 - NaN is the one value unlike itself
