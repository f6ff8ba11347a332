"""Says what a saved adapter holds, and what a server may refuse of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, ModelError

if TYPE_CHECKING:
    from pathlib import Path

# The ranks that vLLM's --max-lora-rank takes; an adapter needs one at least as high as its own.
VLLM_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)


def describe(adapter: Path) -> dict[str, Any]:
    """Return what an adapter's folder holds, and what bounds serving it.

    Keys: ``r`` (the highest of any layer), ``alpha``, ``targets``, ``rslora``, ``dora``, ``bias`` and
    ``modules_to_save``.

    Raises:
        ModelError: its configuration can't be read, or isn't that of a LoRA adapter.
    """
    path = adapter / "adapter_config.json"
    try:
        config = _read(path)
        rank = max([int(config["r"]), *map(int, (config.get("rank_pattern") or {}).values())])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            Finding(
                where=str(path),
                found=f"{type(error).__name__}: {error}",
                expected="the configuration of a LoRA adapter",
                fix="Copy the adapter again.",
            )
        ) from error
    return {
        "r": rank,
        "alpha": config.get("lora_alpha"),
        "targets": config.get("target_modules"),
        "rslora": bool(config.get("use_rslora")),
        "dora": bool(config.get("use_dora")),
        "bias": config.get("bias", "none"),
        "modules_to_save": config.get("modules_to_save"),
    }


def _read(path: Path) -> Any:
    # A pipe in its place would hold whoever opens it.
    if path.exists() and not path.is_file():
        raise OSError("neither a file nor a link to one")
    return json.loads(path.read_text(encoding="utf-8"))


def vllm_rank(rank: int) -> int | None:
    """Return what ``--max-lora-rank`` must be for an adapter of this rank; ``None`` where none is enough."""
    return next((allowed for allowed in VLLM_RANKS if allowed >= rank), None)


def vllm_limits(adapter: Path) -> list[str]:
    """List why vLLM would refuse an adapter; empty where nothing is known against it.

    Raises:
        ModelError: as ``describe``.
    """
    held = describe(adapter)
    found = []
    if vllm_rank(held["r"]) is None:
        found.append(f"rank {held['r']} is above {VLLM_RANKS[-1]}")
    if held["dora"]:
        found.append("DoRA isn't supported")
    if held["modules_to_save"]:
        found.append(f"modules_to_save isn't supported ({', '.join(held['modules_to_save'])})")
    if held["bias"] != "none":
        found.append(f"a trained bias isn't supported ({held['bias']})")
    return found
