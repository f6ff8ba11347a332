"""Signals that count over the whole table: how much of an answer all the others say too."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import polars as pl
from msgspec import Meta

from workbench.signals.columns import SHARE, Column, FrameSignal
from workbench.text import digest, fold

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
        """Count each sentence, by a hash of 64 bits, once an answer; then weigh the common ones."""
        del tools
        tasks = Counter[str]()
        task_of, pieces, sizes, counts = list[str](), array("Q"), array("q"), array("q")
        for row in rows:
            task = row.pair.task
            tasks[task] += 1
            task_of.append(task)
            pieces.extend(digest(task, fold(piece)) for piece in row.sentences)
            sizes.extend(map(len, row.sentences))
            counts.append(len(row.sentences))
        owner = np.repeat(np.arange(len(counts)), counts)
        table = pl.DataFrame(
            {
                "row": owner,
                "piece": np.frombuffer(pieces, np.uint64) if pieces else np.empty(0, np.uint64),
                "size": np.frombuffer(sizes, np.int64) if sizes else np.empty(0, np.int64),
            }
        )
        seen = table.select("row", "piece").unique().group_by("piece").len("answers")
        needed = {task: max(self.common * count, self.least - 1) for task, count in tasks.items()}
        limits = pl.DataFrame(
            {"row": range(len(task_of)), "needed": [float(needed[task]) for task in task_of]},
            schema={"row": pl.Int64, "needed": pl.Float64},
        )
        common = pl.col("size").filter(pl.col("answers") > pl.col("needed")).sum()
        shares = (
            table.join(seen, on="piece")
            .join(limits, on="row")
            .group_by("row")
            .agg(share=common / pl.col("size").sum())
        )
        found = limits.join(shares, on="row", how="left", maintain_order="left")["share"]
        return [(share,) for share in found.to_list()]
