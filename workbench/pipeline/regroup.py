"""Moves rows between the kept and the dropped ones of a finished output, each back to its old place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from workbench.errors import Finding, InputError
from workbench.io.frames import parquet_rows

if TYPE_CHECKING:
    from pathlib import Path


def regroup(source: Path, *, before: pl.Series, after: pl.Series, out: Path) -> int:
    """Write ``kept.parquet`` and ``dropped.parquet`` into ``out`` as if the rows ``after`` had been dropped.

    ``before`` are the places (ascending) of the rows in ``source/dropped.parquet``; those in
    ``source/kept.parquet`` have the other places. Returns how many rows are kept.

    Raises:
        InputError: one of the two can't be read, or doesn't hold the rows that the ledger names.
    """
    counts = {name: parquet_rows(source / f"{name}.parquet") for name in ("kept", "dropped")}
    if counts["dropped"] != before.len():
        raise InputError(
            Finding(
                where=str(source / "dropped.parquet"),
                found=f"{counts['dropped']} rows",
                expected=f"the {before.len()} rows that the ledger names",
                fix="Run `workbench dedupe` again; a file of its output was changed.",
            )
        )
    kept, dropped = (pl.scan_parquet(source / f"{name}.parquet", glob=False) for name in ("kept", "dropped"))
    total = counts["kept"] + before.len()
    places = pl.int_range(total, eager=True, dtype=pl.Int64)
    stayed = places.filter(~places.is_in(before.implode()))
    rows = pl.concat(
        [
            kept.with_columns(stayed.alias("__place")),
            dropped.with_columns(before.cast(pl.Int64).alias("__place")),
        ]
    ).sort("__place")
    goes = pl.col("__place").is_in(after.cast(pl.Int64).implode())
    rows.filter(~goes).drop("__place").sink_parquet(out / "kept.parquet")
    rows.filter(goes).drop("__place").sink_parquet(out / "dropped.parquet")
    return total - after.len()
