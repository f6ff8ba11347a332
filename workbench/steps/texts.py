"""The texts of a pair that likeness is judged on: slots without the prompt's boilerplate, and answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

KeeperName = Literal["contract_valid", "human_reviewed", "score", "longest", "oldest"]


def asked(frame: pl.DataFrame, *, width: int | None = None) -> list[pl.Series]:
    """Return one text column for each slot position; without slots the whole prompt is in the first.

    ``width`` columns, or as many as the row with most slots has; at least one.
    """
    if width is None:
        width = frame.select(pl.col("slots").list.len().max()).item() or 0
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


def groups(frame: pl.DataFrame, *, by: tuple[str, ...] = ("task", "template_id")) -> NDArray[np.uint64]:
    """Number what rows must share to be compared at all: task and template."""
    hashed = frame.select(pl.struct(by).hash(seed=0)).to_series()
    return hashed.to_numpy().astype(np.uint64)


def best_first(
    frame: pl.DataFrame, *, keeper: Sequence[KeeperName] = ("oldest",), valid: pl.Series | None = None
) -> pl.DataFrame:
    """Order rows so that of two duplicates the better comes first; ``__row`` is the place before.

    Better is what the first of ``keeper`` says, then the next, then the smaller id: ``contract_valid`` (true
    in ``valid``), ``human_reviewed`` (``meta.reviewed`` is true), ``score`` (a column of that name, or
    ``meta.score``: greater), ``longest`` (answer), ``oldest`` (file and record of the log).
    """
    length = answered(frame).str.len_chars()
    places = best_places(frame, keeper=keeper, valid=valid, length=length)
    return frame.with_row_index("__row")[places].select(*frame.columns, "__row")


def best_places(
    light: pl.DataFrame,
    *,
    length: pl.Series,
    keeper: Sequence[KeeperName] = ("oldest",),
    valid: pl.Series | None = None,
    ties: Sequence[str] = (),
) -> NDArray[np.int64]:
    """Return the places of rows in the order of ``best_first``, which needs no text.

    ``light`` has ``id``, ``source``, ``meta``, and ``score`` where there is one; ``length`` is that of each
    answer. Rows of one id are ordered by the columns ``ties``, and at last by place.
    """
    numbered = light.select(
        *(name for name in ("id", "source", "meta", "score", *ties) if name in light.columns),
        __valid=pl.lit(True) if valid is None else valid,
        __length=length,
        __place=pl.int_range(pl.len(), dtype=pl.Int64),
    )
    keys = [key for name in keeper for key in _keys(name, light)]
    order = [expression.alias(f"__{at}") for at, expression in enumerate(keys)]
    names = (*(f"__{at}" for at in range(len(keys))), "id", *ties, "__place")
    ranked = numbered.with_columns(order).sort(*names, nulls_last=True)
    return ranked["__place"].to_numpy().astype(np.int64)


def _keys(name: KeeperName, frame: pl.DataFrame) -> list[pl.Expr]:
    """Return what to sort by, ascending, nulls last."""
    meta = pl.col("meta").fill_null("{}")
    if name == "contract_valid":
        return [~pl.col("__valid")]
    if name == "human_reviewed":
        return [~(meta.str.json_path_match("$.reviewed") == "true").fill_null(False)]
    if name == "score":
        said = meta.str.json_path_match("$.score").cast(pl.Float64, strict=False)
        return [-(pl.col("score").cast(pl.Float64) if "score" in frame.columns else said)]
    if name == "longest":
        return [-pl.col("__length").cast(pl.Int64)]
    source = pl.col("source").struct
    return [source.field("file"), source.field("record")]
