"""Puts saved adapters on a base, and refuses one that was trained on another."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import msgspec

import workbench
from workbench.errors import Finding, ModelError
from workbench.io.rundir import write_json
from workbench.rendering.opening import BaseHashes, quiet

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.rendering.opening import OpenBase

PASSPORT = "workbench.json"
_WEIGHTS = "adapter_model.safetensors"


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

    _check(base, adapter)
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


def _check(base: OpenBase, adapter: Path) -> None:
    if not (adapter / "adapter_config.json").is_file() or not (adapter / _WEIGHTS).is_file():
        pickled = (adapter / "adapter_model.bin").is_file()
        raise ModelError(
            Finding(
                where=str(adapter),
                found="only pickled weights" if pickled else "no adapter",
                expected=f"a folder with adapter_config.json and {_WEIGHTS}",
                fix="Give the adapter/ folder that `workbench train` wrote.",
            )
        )
    _safe_keys(adapter)
    passport = adapter / PASSPORT
    if not passport.is_file():
        return  # an adapter of another tool: its keys are checked, its base is the user's word
    try:
        told = json.loads(passport.read_text(encoding="utf-8"))["base"]
        wanted = BaseHashes(**{k: str(told[k]) for k in BaseHashes.__struct_fields__})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _broken(adapter, f"{PASSPORT} can't be read ({error})") from error
    here = base.hashes
    if wanted.weights != here.weights or wanted.tokenizer != here.tokenizer:
        raise ModelError(
            Finding(
                where=str(adapter),
                found=f"an adapter for another base ({told.get('name')}: weights {wanted.weights}, "
                f"tokenizer {wanted.tokenizer})",
                expected=f"one for {base.name} (weights {here.weights}, tokenizer {here.tokenizer})",
                fix="Give the base it was trained on, or train it anew on this one.",
            )
        )


def _safe_keys(adapter: Path) -> set[str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(adapter / _WEIGHTS, framework="pt") as stored:
            return set(stored.keys())
    except (SafetensorError, OSError) as error:
        raise _broken(adapter, f"{_WEIGHTS} is damaged ({error})") from error


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
            where=str(adapter),
            found=found,
            expected="an adapter that fits this base whole",
            fix="Copy the adapter again, or give the base it was trained on.",
        )
    )
