"""Signals that count over the whole table: how much of an answer all the others say too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import polars as pl
from msgspec import Meta

from workbench.signals.columns import SHARE, Column, CountedSignal
from workbench.text import digest, fold

if TYPE_CHECKING:
    from workbench.signals.columns import Tools
    from workbench.signals.rows import Row


class Boilerplate(CountedSignal, frozen=True, kw_only=True, tag="boilerplate"):
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

    notes: ClassVar[tuple[Column, ...]] = (
        Column("boilerplate.task", pl.UInt64(), "a hash of the task"),
        Column("boilerplate.pieces", pl.List(pl.UInt64()), "a hash of each sentence and the task"),
        Column("boilerplate.sizes", pl.List(pl.Int64()), "the characters of each sentence"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Hash the sentences to 64 bits."""
        del tools
        task = row.pair.task
        pieces = [digest(task, fold(piece)) for piece in row.sentences]
        return (digest(task), pieces, list(map(len, row.sentences)))

    def of_all(self, noted: pl.DataFrame) -> pl.DataFrame:
        """Count each sentence once an answer; then weigh the common ones."""
        rows = noted.select(task="boilerplate.task").with_row_index("row")
        table = pl.DataFrame(
            {
                "row": np.repeat(rows["row"].to_numpy(), noted["boilerplate.sizes"].list.len().to_numpy()),
                "piece": noted["boilerplate.pieces"].explode().drop_nulls(),
                "size": noted["boilerplate.sizes"].explode().drop_nulls(),
            }
        )
        seen = table.select("row", "piece").unique().group_by("piece").len("answers")
        share_of = pl.max_horizontal(self.common * pl.len().cast(pl.Float64), pl.lit(float(self.least - 1)))
        limits = rows.select("row", needed=share_of.over("task"))
        common = pl.col("size").filter(pl.col("answers") > pl.col("needed")).sum()
        shares = (
            table.join(seen, on="piece")
            .join(limits, on="row")
            .group_by("row")
            .agg(boilerplate=common / pl.col("size").sum())
        )
        return limits.join(shares, on="row", how="left", maintain_order="left").select("boilerplate")
