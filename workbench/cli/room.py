"""Refuses to begin where hardly any memory is left: polars waits for good for a thread that got none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from workbench.errors import ConfigError, Finding

# Bytes of addresses: in all, for libraries to load (OpenBLAS ends the process itself where it can't), and
# once they are loaded.
_WHOLE, _LEAST = 512 << 20, 64 << 20


def refuse_without_room() -> None:
    """Hold what is left under ``RLIMIT_AS`` (``ulimit -v``) against what a command needs at the least.

    Raises:
        ConfigError: a limit under 512 MiB, or less than 64 MiB left once polars is loaded.
    """
    if sys.platform != "linux":  # no other system tells what is held
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return
    _hold(limit, "in all", least=_WHOLE)
    import polars as pl  # noqa: F401 - what it takes counts as held

    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    _hold(limit - held * os.sysconf("SC_PAGE_SIZE"), "left to this process", least=_LEAST)


def _hold(room: int, what: str, *, least: int) -> None:
    if room < least:
        raise ConfigError(
            Finding(
                where="ulimit -v",
                found=f"{max(0, room) >> 20} MiB of memory {what}",
                expected=f"{least >> 20} MiB at the least",
                fix="Raise the limit; the same command goes on.",
            )
        )
