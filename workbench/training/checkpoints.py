"""Finds the checkpoint that a killed training goes on from, and trusts only whole ones of the same work."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from workbench.io.rundir import write_text

if TYPE_CHECKING:
    from pathlib import Path

_KEY = "key"
WEIGHTS, STATE = "adapter_model.safetensors", "trainer_state.json"
# Written by the Trainer in this order, and each process's state of its random numbers.
_PARTS = (WEIGHTS, "optimizer.pt", "scheduler.pt", STATE)


def claim(place: Path, *, key: str, processes: int = 1) -> Path | None:
    """Return the newest whole checkpoint of so many ``processes`` in ``place``, or ``None``.

    Checkpoints of another ``key`` (spec, base or rows) and broken ones are removed.
    """
    marker = place / _KEY
    if place.exists() and (not marker.is_file() or marker.read_text(encoding="utf-8") != key):
        shutil.rmtree(place)
    write_text(marker, key)
    whole = []
    for folder in place.glob("checkpoint-*"):
        if is_whole(folder, processes=processes):
            whole.append(folder)
        else:
            shutil.rmtree(folder)
    return max(whole, key=_step, default=None)


def is_whole(folder: Path, *, processes: int = 1) -> bool:
    """Tell whether all parts of a checkpoint were written."""
    if not all((folder / part).is_file() for part in (*_PARTS, *_random(processes))):
        return False
    try:
        state = _state(folder)
    except (ValueError, RecursionError):
        return False
    return bool(state.get("global_step") == _step(folder))


def is_last(folder: Path) -> bool:
    """Tell whether a whole checkpoint leaves nothing to train: all steps are done, or it was stopped."""
    state = _state(folder)
    control = state.get("stateful_callbacks", {}).get("TrainerControl", {})
    stopped = control.get("args", {}).get("should_training_stop", False)
    return bool(stopped or state["global_step"] >= state["max_steps"])


def _state(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
    return state


def _random(processes: int) -> list[str]:
    if processes == 1:
        return ["rng_state.pth"]
    return [f"rng_state_{number}.pth" for number in range(processes)]


def _step(folder: Path) -> int:
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdigit() else -1
