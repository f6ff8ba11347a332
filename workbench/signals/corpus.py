"""Signals that count over the whole table: how much of an answer all the others say too."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from workbench.signals.columns import SHARE, Column, FrameSignal
from workbench.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.signals.columns import Tools
    from workbench.signals.rows import Row


class Boilerplate(FrameSignal, frozen=True, kw_only=True, tag="boilerplate"):
    """How much of the answer stands in many answers of the same task.

    A sentence is boilerplate where more than ``common`` of the task's answers have it, and at least ``least``
    of them (case, compatibility forms and white space aside).
    """

    common: Annotated[float, Meta(gt=0, le=1)] = 0.05
    least: Annotated[int, Meta(ge=2)] = 3
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "boilerplate",
            SHARE,
            "share of the answer's characters in sentences common to its task",
            "no prose",
        ),
    )

    def of_all(self, rows: Sequence[Row], tools: Tools) -> list[tuple[Any, ...]]:
        """Count each sentence once an answer, then weigh the common ones."""
        del tools
        tasks = Counter(row.pair.task for row in rows)
        cut = [[(fold(piece), len(piece)) for piece in row.sentences] for row in rows]
        seen = Counter(
            (row.pair.task, piece)
            for row, pieces in zip(rows, cut, strict=True)
            for piece in {folded for folded, _ in pieces}
        )
        needed = {task: max(self.common * count, self.least - 1) for task, count in tasks.items()}
        out: list[tuple[Any, ...]] = []
        for row, pieces in zip(rows, cut, strict=True):
            task = row.pair.task
            common = sum(size for folded, size in pieces if seen[task, folded] > needed[task])
            total = sum(size for _, size in pieces)
            out.append((common / total if total else None,))
        return out
