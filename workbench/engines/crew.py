"""Does tasks in processes of this machine: work in Python itself shares no interpreter."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from workbench.io.crew import Crew
from workbench.ports import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.ports import Progress

T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class CrewEngine:
    """``workers`` processes (default: one for each processor); a few tasks are done in this one."""

    workers: int | None = None

    def map(
        self, function: Callable[[T], R], tasks: Sequence[T], *, stage: str, progress: Progress = silent
    ) -> list[R]:
        """Do every task; results in the order of the tasks. The first error stops what has not begun."""
        progress(stage, 0, len(tasks))
        results: list[R] = []
        with Crew(self.workers or os.cpu_count() or 1) as crew:
            for result in crew.map(function, tasks, count=len(tasks)):
                results.append(result)
                progress(stage, len(results), len(tasks))
        return results
