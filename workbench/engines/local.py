"""Does tasks in threads of this process: the compiled loops and polars let go of the interpreter."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from workbench.ports import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.ports import Progress

T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class LocalEngine:
    """``threads`` tasks at a time (default: one for each processor)."""

    threads: int | None = None

    def map(
        self, function: Callable[[T], R], tasks: Sequence[T], *, stage: str, progress: Progress = silent
    ) -> list[R]:
        """Do every task; results in the order of the tasks. The first error stops what has not begun."""
        progress(stage, 0, len(tasks))
        with ThreadPoolExecutor(self.threads or os.cpu_count()) as pool:
            futures = [pool.submit(function, task) for task in tasks]
            try:
                for done, future in enumerate(as_completed(futures), 1):
                    future.result()
                    progress(stage, done, len(tasks))
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        return [future.result() for future in futures]
