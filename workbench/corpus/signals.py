"""Tells which columns of a data set are signals, and says in a few figures how one is distributed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from workbench.io.frames import PAIR_SCHEMA
from workbench.records import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

BINS = 24
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Distribution(Value, frozen=True, kw_only=True):
    """How one number is distributed over rows.

    ``n`` rows have it, ``missing`` don't (null or not finite). ``bins`` are ``(low, high, rows)`` of equal
    width from the 1st to the 99th percentile, the first and last holding what lies beyond. Truth values count
    as 0 and 1. All figures but the counts are ``None`` where no row has the number.
    """

    name: str
    n: int
    missing: int
    mean: float | None = None
    minimum: float | None = None
    p05: float | None = None
    p25: float | None = None
    median: float | None = None
    p75: float | None = None
    p95: float | None = None
    maximum: float | None = None
    bins: tuple[tuple[float, float, int], ...] = ()


def signals(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the numbers of every row: tokens and length of the pair, then each numeric column beside it.

    A struct of numbers gives a column for each of its fields, ``name.field``. A column of the frame stands in
    for one of the pair's own of the same name.
    """
    content = pl.element().struct.field("content")
    tokens = pl.col("tokens").struct
    own = {
        "original_tokens": tokens.field("original"),
        "prompt_tokens": tokens.field("compact"),
        "answer_tokens": tokens.field("completion"),
        "answer_chars": pl.col("completion").list.eval(content).list.join("\n").str.len_chars(),
    }
    further = [
        part
        for name, kind in frame.schema.items()
        if name not in PAIR_SCHEMA
        for part in _numbers(name, kind)
    ]
    first = [expression.alias(name) for name, expression in own.items() if name not in frame.columns]
    return frame.select([*first, *further]).cast(pl.Float64)


def distribution(values: pl.Series, *, edges: Sequence[float] | None = None) -> Distribution:
    """Describe a column of numbers; ``edges`` are the bins' bounds where they are to be those of another."""
    held = values.cast(pl.Float64)
    finite = held.filter(held.is_finite())
    missing = held.len() - finite.len()
    if not finite.len():
        return Distribution(name=values.name, n=0, missing=missing)
    p05, p25, median, p75, p95 = (_number(finite.quantile(q, "linear")) for q in _QUANTILES)
    return Distribution(
        name=values.name,
        n=finite.len(),
        missing=missing,
        mean=_number(finite.mean()),
        minimum=_number(finite.min()),
        p05=p05,
        p25=p25,
        median=median,
        p75=p75,
        p95=p95,
        maximum=_number(finite.max()),
        bins=binned(finite, edges or bin_edges(finite)),
    )


def bin_edges(values: pl.Series) -> tuple[float, ...]:
    """Choose bounds of at most ``BINS`` equal bins, of whole width where all values are whole and few."""
    low, high = (_number(values.quantile(q, "nearest")) for q in (0.01, 0.99))
    if low == high:
        low, high = _number(values.min()), _number(values.max())
    if low == high:
        return (low - 0.5, low + 0.5)
    if bool((values.round() == values).all()):
        width = max(1, math.ceil((high - low + 1) / BINS))
        count = math.ceil((high - low + 1) / width)
        return tuple(low - 0.5 + width * i for i in range(count + 1))
    return tuple(low + (high - low) * i / BINS for i in range(BINS + 1))


def binned(values: pl.Series, edges: Sequence[float]) -> tuple[tuple[float, float, int], ...]:
    """Count values between edges; what lies beyond the outer ones counts in the outer bins."""
    count = len(edges) - 1
    width = (edges[-1] - edges[0]) / count
    place = ((values - edges[0]) / width).floor().clip(0, count - 1).cast(pl.Int64)
    found = dict(place.value_counts().iter_rows())
    return tuple((edges[i], edges[i + 1], int(found.get(i, 0))) for i in range(count))


def _numbers(name: str, kind: pl.DataType) -> list[pl.Expr]:
    if kind.is_numeric() or kind == pl.Boolean:
        return [pl.col(name)]
    if isinstance(kind, pl.Struct):
        return [
            pl.col(name).struct.field(field.name).alias(f"{name}.{field.name}")
            for field in kind.fields
            if isinstance(field.dtype, pl.DataType)
            and (field.dtype.is_numeric() or field.dtype == pl.Boolean)
        ]
    return []


def _number(value: object) -> float:
    return float(value)  # type: ignore[arg-type]  # polars types an aggregate by every kind of column
