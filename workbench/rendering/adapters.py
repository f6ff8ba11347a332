"""Puts saved adapters on a base, and refuses one that was trained on another."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

import workbench
from workbench.errors import ConfigError, Finding, ModelError
from workbench.io.rundir import write_json
from workbench.rendering.adapterconfig import refuse_hostile
from workbench.rendering.opening import BaseHashes, quiet

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.rendering.opening import OpenBase

PASSPORT = "workbench.json"
WEIGHTS = "adapter_model.safetensors"


def write_passport(adapter: Path, *, base: OpenBase, spec: Any) -> None:
    """Write beside an adapter which base it belongs to and the spec that made it."""
    write_json(
        adapter / PASSPORT,
        {
            "format": 1,
            "workbench": workbench.__version__,
            "base": {"name": base.name, **msgspec.to_builtins(base.hashes)},
            "spec": msgspec.to_builtins(spec),
        },
    )


def attach(base: OpenBase, model: Any, adapter: Path, *, name: str) -> Any:
    """Load an adapter onto ``model`` (the base's, bare or with adapters on it) and return the peft model.

    The adapter isn't switched on if others are there already.

    Raises:
        ModelError: no adapter there, made for another base, damaged, or with other parameters than its
            configuration says.
    """
    from peft import PeftModel

    check_adapter(adapter, name=base.name, hashes=base.hashes)
    modules = (one for one, _ in base.model.named_modules())
    refuse_hostile(adapter, ranks=_stored_ranks(adapter), modules=modules)
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # missing keys are an error below
            if isinstance(model, PeftModel):
                model.load_adapter(str(adapter), adapter_name=name, is_trainable=False)
            else:
                model = PeftModel.from_pretrained(model, str(adapter), adapter_name=name, is_trainable=False)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise _broken(adapter, str(error).splitlines()[0][:200]) from error
    _check_keys(model, adapter, name=name)
    model.eval()
    return model


def scale_adapter(model: Any, name: str, factor: float) -> None:
    """Multiply what an adapter on ``model`` adds by ``factor``: 0 is the base, 1 the adapter as trained.

    Raises:
        ConfigError: it can't be scaled (DoRA).
    """
    if getattr(model.peft_config[name], "use_dora", False) and factor != 1:
        raise dora_has_no_scale(f"adapter {name!r}")
    for module in model.modules():
        if hasattr(module, "set_scale"):
            module.set_scale(name, factor)


def dora_has_no_scale(where: str) -> ConfigError:
    """Return the error for a DoRA adapter whose strength is to be set."""
    return ConfigError(
        Finding(
            where=where,
            found="a DoRA adapter, whose magnitudes are no part of the scale",
            expected="a LoRA adapter",
            fix="Train without dora to have a strength to set.",
        )
    )


def check_adapter(adapter: Path, *, name: str, hashes: BaseHashes) -> None:
    """Check an adapter's files, and that it was trained on the base ``name`` with these ``hashes``.

    Raises:
        ModelError: as ``attach``, but for what only the loaded model shows.
    """
    if not (adapter / "adapter_config.json").is_file() or not (adapter / WEIGHTS).is_file():
        pickled = (adapter / "adapter_model.bin").is_file()
        raise ModelError(
            Finding(
                where=str(adapter / "adapter_model.bin") if pickled else str(adapter),
                found="only pickled weights, which can run code and are never loaded"
                if pickled
                else "no adapter",
                expected=f"a folder with adapter_config.json and {WEIGHTS}",
                fix="Save it anew with `save_pretrained(DIR, safe_serialization=True)` where it was made."
                if pickled
                else "Give the adapter/ folder that `workbench train` wrote.",
            )
        )
    _safe_keys(adapter)
    told = passport(adapter)
    if told is None:
        return  # an adapter of another tool: its keys are checked, its base is the user's word
    wanted = told.hashes
    if wanted.weights != hashes.weights:
        found = f"an adapter for another base ({told.name}: weights {wanted.weights})"
        expected, fix = f"one for {name} (weights {hashes.weights})", "Give the base it was trained on"
    elif wanted.tokenizer != hashes.tokenizer:
        found = f"an adapter for another base, of another vocabulary ({told.name}: {wanted.tokenizer})"
        expected, fix = f"one for {name} (vocabulary {hashes.tokenizer})", "Put the base's own tokenizer back"
    else:
        return
    fix += ", or train it anew on this one."
    raise ModelError(Finding(where=str(adapter), found=found, expected=expected, fix=fix))


@dataclass(frozen=True, kw_only=True)
class Passport:
    """What an adapter says of itself: its base by name and content, and the spec that made it."""

    name: str
    hashes: BaseHashes
    spec: dict[str, Any]


def passport(adapter: Path) -> Passport | None:
    """Read which base an adapter belongs to; ``None`` for an adapter of another tool.

    Raises:
        ModelError: the file can't be read.
    """
    if not (adapter / PASSPORT).is_file():
        return None
    try:
        held = json.loads((adapter / PASSPORT).read_text(encoding="utf-8"))
        told = held["base"]
        hashes = BaseHashes(**{k: str(told[k]) for k in BaseHashes.__struct_fields__})
        return Passport(name=str(told.get("name")), hashes=hashes, spec=dict(held.get("spec") or {}))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _broken(adapter, f"{PASSPORT} can't be read ({error})") from error


def _safe_keys(adapter: Path) -> set[str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(adapter / WEIGHTS, framework="pt") as stored:
            return set(stored.keys())
    except (SafetensorError, OSError) as error:
        raise _broken(adapter, f"{WEIGHTS} is damaged ({error})") from error


def _stored_ranks(adapter: Path) -> list[int]:
    """Return the rank of each stored pair of matrices."""
    from safetensors import safe_open

    with safe_open(adapter / WEIGHTS, framework="pt") as stored:
        shapes = {key: stored.get_slice(key).get_shape() for key in stored.keys()}  # noqa: SIM118  no mapping
    rows = [int(shape[0]) for key, shape in shapes.items() if "lora_A" in key and shape]
    return rows + [int(shape[0]) for key, shape in shapes.items() if "lora_embedding_A" in key and shape]


def _check_keys(model: Any, adapter: Path, *, name: str) -> None:
    """Compare parameters on disk with those of the model: peft itself loads what fits and stays silent."""
    from peft import get_peft_model_state_dict

    held = set(get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False))
    stored = _safe_keys(adapter)
    if held != stored:
        missing, unexpected = sorted(held - stored), sorted(stored - held)
        raise _broken(
            adapter,
            f"{len(missing)} parameters missing ({', '.join(missing[:3])}), "
            f"{len(unexpected)} unexpected ({', '.join(unexpected[:3])})",
        )


def _broken(adapter: Path, found: str) -> ModelError:
    return ModelError(
        Finding(
            where=str(adapter / WEIGHTS) if WEIGHTS in found else str(adapter),
            found=found,
            expected="an adapter that fits this base whole",
            fix="Copy the adapter again, or give the base it was trained on.",
        )
    )
