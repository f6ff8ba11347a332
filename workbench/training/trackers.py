"""Hands the log to experiment trackers that a user already has: TensorBoard, Weights & Biases, trackio."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, Finding
from workbench.training import processes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TRACKERS = ("tensorboard", "wandb", "trackio")


def check(names: Sequence[str]) -> None:
    """See that every tracker is known and installed, before anything is loaded.

    Raises:
        ConfigError: one isn't.
    """
    for name in names:
        if name not in TRACKERS:
            found, fix = repr(name), "Correct the name."
        elif importlib.util.find_spec(name) is None:
            found, fix = f"no module named {name!r}", f"Run: pip install {name}"
        else:
            continue
        raise ConfigError(
            Finding(
                where="--report-to",
                found=found,
                expected=f"an installed library of: {', '.join(TRACKERS)}",
                fix=fix,
            )
        )


def callbacks(names: Sequence[str], *, out: Path) -> list[Any]:
    """Return a Trainer's callback for each tracker; TensorBoard's files go to ``out/tensorboard``."""
    if processes.rank() > 0:
        return []
    return [_callback(name, out) for name in names]


def _callback(name: str, out: Path) -> Any:
    if name == "tensorboard":
        from torch.utils.tensorboard import SummaryWriter
        from transformers.integrations import TensorBoardCallback

        return TensorBoardCallback(SummaryWriter(log_dir=str(out / "tensorboard")))
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

    return INTEGRATION_TO_CALLBACK[name]()
