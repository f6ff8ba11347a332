"""Says what to do where memory or disk runs out: neither loses a checkpoint."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError

from workbench.errors import ConfigError, Finding, OutputError, is_of_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.training.spec import Sft

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# torch and safetensors write from C++ and Rust, whose errors carry no number of their own.
_DISK = re.compile(
    r"no space left|os error (27|28|122)|file too large|quota exceeded|inline_container|iostream error",
    re.IGNORECASE,
)


@contextmanager
def explained(spec: Sft, *, out: Path) -> Iterator[None]:
    """Turn a failure for lack of memory or disk inside the block into one that says what to do.

    Raises:
        ConfigError: memory ran out; with the settings that need less of it, and give the same gradient first.
        OutputError: the disk is full.
    """
    try:
        yield
    except (RuntimeError, OSError, MemoryError, SafetensorError) as error:
        if _is_disk(error):
            raise _full(out, error) from error
        if _is_memory(error):
            raise _too_large(spec, error) from error
        raise


def _is_memory(error: Exception) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and is_of_memory(error)


def _is_disk(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return _DISK.search(str(error)) is not None


def _too_large(spec: Sft, error: Exception) -> ConfigError:
    said = _first_line(error)
    return ConfigError(
        Finding(
            where="memory",
            found=f"no more of it with batches of {spec.batch_size} rows ({said})",
            expected="room for weights, activations and the adapter; --explain estimates them",
            fix=f"In this order: {'; '.join(_advice(spec))}.",
        )
    )


def _advice(spec: Sft) -> list[str]:
    """List what needs less memory, what changes nothing in the result first."""
    advice = []
    if spec.batch_size > 1:
        half, twice = spec.batch_size // 2, spec.grad_accumulation * 2
        advice.append(f"batch_size {half} with grad_accumulation {twice} (the same gradient)")
    if not spec.gradient_checkpointing:
        advice.append("--gradient-checkpointing (the same gradient, a third more time)")
    if spec.objective != "sft" and spec.teacher == "live":
        advice.append("teacher: stored")
    if spec.max_length is None:
        advice.append("a max_length, with --on-overlong drop or split")
    if spec.quantize != "4bit":
        advice.append("--quantize 4bit")
    return [*advice, "a smaller base"]


def _full(out: Path, error: Exception) -> OutputError:
    return OutputError(
        Finding(
            where=str(out),
            found=f"no room left while writing ({_first_line(error)})",
            expected="room for two checkpoints and the adapter",
            fix="Free some space, then run the same command again: it goes on from its last checkpoint.",
        )
    )


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:160] if lines else type(error).__name__
