"""Several processes, one training: which of them this is, and how they wait for one another.

A launcher (`accelerate launch`, `torchrun`) starts the same command in each, and says so in the environment.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def rank() -> int:
    """Return this process's number; 0 leads, and is the only one that writes."""
    return int(os.environ.get("RANK", "0"))


def world() -> int:
    """Return how many processes train together; each takes ``batch_size`` rows of every batch."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def join() -> None:
    """Meet the other processes and take this one's device; nothing to do where there is only one."""
    if world() > 1:
        _state()


def wait() -> None:
    """Return when every process has come here."""
    if world() > 1:
        _state().wait_for_everyone()


@contextmanager
def leader_first() -> Iterator[None]:
    """Let process 0 through the block first, so that the others find what it made."""
    if world() == 1:
        yield
        return
    with _state().main_process_first():
        yield


def _state() -> Any:
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available())
