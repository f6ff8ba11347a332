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
# Written by the Trainer in this order; by each process its random numbers and, last and by us, its losses.
_PARTS = (WEIGHTS, "optimizer.pt", "scheduler.pt", STATE)
_OF_EACH = (("rng_state", ".pth"), ("losses", ".json"))


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
    if not all((folder / part).is_file() for part in (*_PARTS, *_of_each(processes))):
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


def losses(folder: Path, *, processes: int, rank: int) -> Path:
    """Return the file of a checkpoint that holds a process's losses since the last entry of the log."""
    name, suffix = _OF_EACH[1]
    return folder / f"{name}{_numbers(processes)[rank]}{suffix}"


def _of_each(processes: int) -> list[str]:
    return [f"{part[0]}{n}{part[1]}" for n in _numbers(processes) for part in _OF_EACH]


def _numbers(processes: int) -> list[str]:
    return [""] if processes == 1 else [f"_{rank}" for rank in range(processes)]


def _step(folder: Path) -> int:
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdigit() else -1
