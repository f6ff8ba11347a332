"""Makes adapters from adapters: so far the one of zeros, a gate's negative control."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from workbench.errors import Finding, ModelError, OutputError

if TYPE_CHECKING:
    from pathlib import Path

_WEIGHTS = "adapter_model.safetensors"


def zeroed(adapter: Path, out: Path) -> Path:
    """Copy an adapter with every B matrix set to 0: it loads like the other and changes nothing.

    Returns ``out``.

    Raises:
        ModelError: there is no adapter, or it isn't LoRA.
        OutputError: ``out`` exists.
    """
    from safetensors.torch import load_file, save_file

    weights = adapter / _WEIGHTS
    config = adapter / "adapter_config.json"
    kind = json.loads(config.read_text(encoding="utf-8")).get("peft_type") if config.is_file() else None
    if not weights.is_file() or kind != "LORA":
        raise ModelError(
            Finding(
                where=str(adapter),
                found="no adapter" if kind is None else f"an adapter of kind {kind}",
                expected="a LoRA adapter",
                fix="Give the adapter/ folder that `workbench train` wrote.",
            )
        )
    if out.exists():
        raise OutputError(
            Finding(where=str(out), found="something there", expected="a free name", fix="Choose another.")
        )
    shutil.copytree(adapter, out)
    tensors = {
        name: tensor * 0 if "lora_B" in name or "lora_embedding_B" in name else tensor
        for name, tensor in load_file(weights).items()
    }
    save_file(tensors, out / _WEIGHTS, metadata={"format": "pt"})
    return out
