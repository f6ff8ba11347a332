"""The texts of a pair that likeness is judged on: slots without the prompt's boilerplate, and answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray


def asked(frame: pl.DataFrame) -> list[pl.Series]:
    """Return one text column for each slot position; without slots the whole prompt is in the first."""
    width = int(frame["slots"].list.len().max() or 0)  # type: ignore[arg-type]
    prompt = pl.col("prompt").list.eval(pl.element().struct.field("content")).list.join("\n")
    bare = pl.col("slots").list.len().fill_null(0) == 0
    columns = [
        pl.col("slots").list.get(i, null_on_oob=True).struct.field("value").alias(str(i))
        for i in range(width)
    ] or [pl.lit(None, pl.String).alias("0")]
    columns[0] = pl.when(bare).then(prompt).otherwise(columns[0]).alias("0")
    return frame.select(columns).get_columns()


def answered(frame: pl.DataFrame) -> pl.Series:
    """Join the answer's messages of each pair."""
    content = pl.element().struct.field("content")
    return frame.select(pl.col("completion").list.eval(content).list.join("\n")).to_series()


def groups(frame: pl.DataFrame) -> NDArray[np.uint64]:
    """Number what rows must share to be compared at all: task and template."""
    hashed = frame.select(pl.struct("task", "template_id").hash(seed=0)).to_series()
    return hashed.to_numpy().astype(np.uint64)


def best_first(frame: pl.DataFrame, *, longest: bool = False) -> pl.DataFrame:
    """Order rows so that of two duplicates the better comes first; ``__row`` is the place before.

    Better: the longer answer where ``longest`` is set, then the one logged earlier, then the smaller id.
    """
    source = pl.col("source").struct
    length = answered(frame).str.len_chars().cast(pl.Int64)
    keyed = frame.with_row_index("__row").with_columns(-length.alias("__length"))
    first = ["__length"] if longest else []
    order = (source.field("file"), source.field("record"), "id", "__row")
    return keyed.sort(*first, *order, nulls_last=True).drop("__length")
