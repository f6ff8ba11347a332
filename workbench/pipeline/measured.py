"""Measures the pairs of a curation and sums the figures up: the evidence beside the decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, get_args, runtime_checkable

import polars as pl

from workbench.signals import AnySignal, Tools, columns_of, measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.ports import Step

_COMMONEST = 8
_NEEDS = {"likelihood": "--base MODEL", "judge": "--judge MODEL"}


@runtime_checkable
class Checkable(Protocol):
    """A step that can tell before any work whether it fits the columns there will be."""

    def check(self, schema: pl.Schema, *, elsewhere: Mapping[str, str]) -> None:
        """Raise a ``ConfigError`` if it doesn't; ``elsewhere`` says how to get further columns."""
        ...


def check_steps(steps: Sequence[Step], pairs: pl.Schema, signals: Sequence[AnySignal]) -> None:
    """Refuse steps that look at columns that nothing gives, before anything is measured.

    Raises:
        ConfigError: what a step says.
    """
    given = {column.name: column.dtype for column in columns_of(signals)}
    schema = pl.Schema({**pairs, **given})
    for step in steps:
        if isinstance(step, Checkable):
            step.check(schema, elsewhere=_elsewhere())


def with_signals(
    pairs: pl.DataFrame, signals: Sequence[AnySignal], *, tools: Tools, workers: int
) -> pl.DataFrame:
    """Return the pairs with the columns of ``signals``; columns of the same names are measured anew."""
    measured = measure(pairs, signals, tools=tools, workers=workers)
    return pairs.drop(measured.columns, strict=False).hstack(measured)


def figures(measured: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Sum up each column: mean and quantiles of numbers, the commonest values of text, and what is null."""
    return {name: summed(measured[name]) for name in measured.columns}


def summed(column: pl.Series) -> dict[str, Any]:
    """Sum up one column."""
    nulls = column.null_count()
    if column.dtype == pl.Boolean:
        return {"true": int(column.sum() or 0), "null": nulls}
    if column.dtype.is_numeric():
        places = {"min": 0.0, "p5": 0.05, "p50": 0.5, "p95": 0.95, "max": 1.0}
        quantiles = {name: _rounded(column.quantile(q, "nearest")) for name, q in places.items()}
        return {"mean": _rounded(column.mean()), **quantiles, "null": nulls}
    values = column.explode() if column.dtype.is_nested() else column
    counts = values.drop_nulls().value_counts().sort(["count", column.name], descending=[True, False])
    return {"values": dict(counts.head(_COMMONEST).iter_rows()), "different": counts.height, "null": nulls}


def _rounded(value: Any) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _elsewhere() -> dict[str, str]:
    """Say of every signal's column how to get it."""
    found = {}
    for kind in get_args(AnySignal):
        tag = kind.__struct_config__.tag
        needs = f" ({_NEEDS[tag]})" if tag in _NEEDS else ""
        for column in kind.columns:
            found[column.name] = f"It comes with the signal {tag!r}: add it{needs}."
    return found
