"""Proves an adapter: on disk as in memory, of effect when on, of none when off."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from workbench.errors import ConfigError, Finding, InvariantError, ModelError
from workbench.records import Value
from workbench.rendering.adapters import attach
from workbench.rendering.opening import BaseHashes, quiet
from workbench.rendering.serving import vllm_limits
from workbench.training.agreement import (
    Agreement,
    Forgetting,
    Tally,
    answer_logits,
    forgetting,
    greedy_answer,
)

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
    ``changed``: rows whose logits the adapter changes. ``switched``: the adapter after another one was on
    against before; must be 0. ``merged``: the adapter added into the base's weights, in memory, against
    beside them; ``None`` for a quantised base, into which nothing is merged. ``embeddings`` is the hash of
    the input embeddings, ``serving`` what vLLM would refuse, ``forgetting`` what neutral text says.
    """

    ok: bool
    rows: int
    tolerance: float
    disk_memory: float | None
    restored: float
    effect: float
    changed: int
    switched: float | None
    merged: dict[str, Agreement] | None
    keys: str
    base: BaseHashes
    embeddings: str
    dtype: str
    serving: list[str]
    forgetting: list[Forgetting]
    stop_tokens: list[str]
    injected: str
    doubled_start: bool


_DIVERGED = Finding(
    where="$.learning_rate",
    found="logits that aren't finite after the last step",
    expected="an adapter that computes",
    fix="Lower the learning rate, or raise warmup; checkpoints of earlier steps are kept.",
)


def _finite(logits: list[torch.Tensor]) -> list[torch.Tensor]:
    if not all(bool(torch.isfinite(row).all()) for row in logits):
        raise ConfigError(_DIVERGED)
    return logits


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
        ConfigError: an adapter that diverged in its last step; or one trained too little to change anything,
            and ``spec.on_parity`` is ``error``.
        InvariantError: another comparison fails, likewise.
    """
    trained = _finite(answer_logits(model, examples))
    with model.disable_adapter():
        off = answer_logits(model, examples)
    embeddings = embedding_hash(base.model)
    proof = _reloaded(spec, base=base, model=model, adapter=adapter, examples=examples, trained=trained)
    restored, effect = largest(off, untouched), largest(trained, off)
    parity = Parity(
        ok=proof.holds(spec) and restored <= spec.parity_tolerance and effect > 0,
        restored=restored,
        effect=effect,
        rows=len(examples),
        tolerance=spec.parity_tolerance,
        disk_memory=proof.disk_memory,
        switched=proof.switched,
        merged=proof.merged,
        forgetting=list(proof.forgetting),
        changed=sum(not torch.equal(a, b) for a, b in zip(trained, off, strict=True)),
        keys=proof.keys,
        base=base.hashes,
        embeddings=embeddings,
        dtype=str(base.model.dtype).removeprefix("torch."),
        serving=vllm_limits(adapter),
        stop_tokens=base.renderer.stop_names,
        injected=base.renderer.habits.injected,
        doubled_start=base.renderer.doubled_start(),
    )
    if not parity.ok and spec.on_parity == "error":
        if parity.effect == 0:
            raise ConfigError(_IDLE)
        raise InvariantError(f"the saved adapter isn't what was trained: {parity}")
    return parity


class _OnDisk(Value, frozen=True, kw_only=True):
    """What the adapter read back from disk shows."""

    disk_memory: float | None = None
    switched: float | None = None
    merged: dict[str, Agreement] | None = None
    forgetting: tuple[Forgetting, ...] = ()
    keys: str = ""

    def holds(self, spec: Sft) -> bool:
        """Tell whether disk is as memory, and a switch leaves nothing behind."""
        near = self.disk_memory is not None and self.disk_memory <= spec.parity_tolerance
        return near and self.switched == 0


def _reloaded(
    spec: Sft,
    *,
    base: OpenBase,
    model: Any,
    adapter: Path,
    examples: Sequence[Example],
    trained: Sequence[torch.Tensor],
) -> _OnDisk:
    """Hold the adapter on disk against the trained one, or say what is wrong with its parameters."""
    try:
        reloaded = attach(base, model.unload(), adapter, name="default")
    except ModelError as error:
        return _OnDisk(keys=str(error))
    first = answer_logits(reloaded, examples)
    switched = _there_and_back(reloaded, examples, first)
    forgotten = forgetting(base, reloaded, texts=spec.neutral_texts)
    dtype = str(base.model.dtype).removeprefix("torch.")
    merged = None
    if spec.quantize == "none":
        merged = {dtype: _merged(base, reloaded, examples, first, limit=spec.parity_tokens)}
    return _OnDisk(
        disk_memory=largest(trained, first), switched=switched, merged=merged, forgetting=tuple(forgotten)
    )


def _there_and_back(model: Any, examples: Sequence[Example], first: Sequence[torch.Tensor]) -> float:
    """Switch to a random adapter of the same shape and back, and return what that left in the logits.

    Raises:
        InvariantError: the other adapter changed nothing, so that nothing was shown.
    """
    config = replace(model.peft_config["default"], init_lora_weights=False, eva_config=None)
    with torch.random.fork_rng(), quiet():
        model.add_adapter("other", config)
    model.set_adapter("other")
    other = answer_logits(model, examples)
    model.set_adapter("default")
    again = answer_logits(model, examples)
    model.delete_adapter("other")
    if examples and largest(first, other) == 0:
        raise InvariantError("switching to another adapter changed no logits")
    return largest(first, again)


def _merged(
    base: OpenBase, model: Any, examples: Sequence[Example], first: Sequence[torch.Tensor], *, limit: int
) -> Agreement:
    """Add the adapter into the base's weights and compare; the base in memory is used up."""
    renderer = base.renderer
    beside = [greedy_answer(model, example, renderer=renderer, limit=limit) for example in examples]
    with quiet():
        model.merge_adapter(safe_merge=True)
    tally = Tally()
    for place, logits in enumerate(answer_logits(model, examples)):
        again = greedy_answer(model, examples[place], renderer=renderer, limit=limit)
        tally.add(first[place], logits, greedy=beside[place], again=again)
    return tally.result()


def embedding_hash(model: Any) -> str:
    """Return 32 hexadecimal digits of BLAKE2b over the input embeddings' bytes."""
    weight = model.get_input_embeddings().weight.detach().cpu().contiguous()
    return hashlib.blake2b(weight.view(torch.uint8).numpy().tobytes(), digest_size=16).hexdigest()


def largest(one: Sequence[torch.Tensor], other: Sequence[torch.Tensor]) -> float:
    """Return the largest absolute difference; NaN counts as infinite."""
    worst = max((float((a - b).abs().max()) for a, b in zip(one, other, strict=True)), default=0.0)
    return worst if worst == worst else float("inf")  # noqa: PLR0124 - NaN is the one value unlike itself
