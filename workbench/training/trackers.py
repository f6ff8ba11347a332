"""Hands the log to experiment trackers that a user already has: TensorBoard, Weights & Biases, trackio."""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, Finding
from workbench.training import processes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TRACKERS = ("tensorboard", "wandb", "trackio")
PROJECT = "sft-workbench"  # where the user's own settings name no other


def check(names: Sequence[str]) -> None:
    """See that every tracker is known, installed and can be written to, before anything is loaded.

    Raises:
        ConfigError: one isn't.
    """
    for name in names:
        if name not in TRACKERS:
            raise _refused(repr(name), f"an installed library of: {', '.join(TRACKERS)}", "Correct the name.")
        if importlib.util.find_spec(name) is None:
            raise _refused(
                f"no module named {name!r}",
                f"an installed library of: {', '.join(TRACKERS)}",
                f"Run: pip install {name}",
            )
    if "wandb" in names and processes.rank() == 0:
        _sign_in()


@contextmanager
def aside(names: Sequence[str]) -> Iterator[None]:
    """Put what trackers print on stderr: stdout is for the summary alone; without a tracker nothing moves."""
    with redirect_stdout(sys.stderr) if names else nullcontext():
        yield


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

    os.environ.setdefault("WANDB_PROJECT", PROJECT)
    return INTEGRATION_TO_CALLBACK[name]()


def _sign_in() -> None:
    """Let Weights & Biases ask for its key now, where it will need one.

    Raises:
        ConfigError: it has none, or its service doesn't take it.
    """
    import wandb

    try:
        if wandb.setup().settings.mode == "online":
            with aside(["wandb"]):
                wandb.login()
    except wandb.Error as error:
        raise _refused(
            f"wandb: {str(error).splitlines()[0][:200]}",
            "a key for Weights & Biases, or its offline mode",
            "Run `wandb login`, or set WANDB_MODE=offline and send the run later with `wandb sync`.",
        ) from error


def _refused(found: str, expected: str, fix: str) -> ConfigError:
    return ConfigError(Finding(where="--report-to", found=found, expected=expected, fix=fix))
