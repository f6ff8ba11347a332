"""Chooses a part for every cluster so that each part has its share of every task and every rule."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench.errors import ConfigError, Finding
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def choose_parts(
    tasks: Mapping[str, Mapping[str, Counter[str]]], *, shares: Mapping[int, float], least: int, seed: int
) -> dict[str, int]:
    """Choose the part of every cluster: a key of ``shares``, or 0 for the rest.

    Args:
        tasks: for each task its clusters, each with how many rows have which label; ``""`` counts all rows.
        shares: for each part its share of the rows.
        least: from how many clusters a task gives every part at least one row.
        seed: mixed into the order in which clusters are taken.
    """
    chosen: dict[str, int] = {}
    for clusters in tasks.values():
        chosen |= _choose(clusters, shares=shares, floor=int(len(clusters) >= least), seed=seed)
    return chosen


def same_source(frame: pl.DataFrame, source: str) -> NDArray[np.int64]:
    """Link each row to the first of the same source: ``file``, or ``meta.KEY`` (rows without it: to none).

    Raises:
        ConfigError: neither of the two, a key that no row has, or one source for all rows.
    """
    key = source.removeprefix("meta.")
    if source == "file":
        value = frame["source"].struct.field("file")
    elif source != key:
        value = frame["meta"].str.json_path_match(f"$['{key}']")
    else:
        raise ConfigError(_unfit(source, "neither file nor meta.KEY"))
    if frame.height and value.drop_nulls().is_empty():
        raise ConfigError(_unfit(source, f"no row with {key!r} in its meta"))
    if frame.height > 1 and value.null_count() == 0 and value.n_unique() == 1:
        raise ConfigError(_unfit(source, f"one source for all {frame.height} rows: {value[0]!r}"))
    at = pl.DataFrame({"value": value, "at": np.arange(frame.height, dtype=np.int64)}).drop_nulls("value")
    linked = at.with_columns(first=pl.col("at").min().over("value")).filter(pl.col("first") != pl.col("at"))
    return linked.select("first", "at").to_numpy().reshape(-1, 2).astype(np.int64)


def _choose(
    clusters: Mapping[str, Counter[str]], *, shares: Mapping[int, float], floor: int, seed: int
) -> dict[str, int]:
    """Fill the parts with one task's clusters, the rarest label first."""
    totals = sum(clusters.values(), Counter[str]())
    rows = totals[""]
    room = {part: max(round(share * rows), floor) for part, share in shares.items() if share}
    lacking = {part: Counter({k: shares[part] * n for k, n in totals.items()}) for part in room}
    order = sorted(clusters, key=lambda name: content_id(str(seed), name))
    chosen: dict[str, int] = {}
    for label in sorted(totals, key=lambda name: (totals[name], name)):
        for name in order:
            if name in chosen or not clusters[name][label]:
                continue
            size = clusters[name][""]
            fitting = [part for part in room if size <= room[part] and _lacks(lacking[part], label)]
            part = max(fitting, key=lambda p: (lacking[p][label], p), default=0)
            chosen[name] = part
            if part:
                room[part] -= size
                lacking[part].subtract(clusters[name])
    return chosen


def _lacks(lacking: Counter[str], label: str) -> bool:
    """Tell whether a part still wants the label; of rows it takes what it has room for."""
    return not label or lacking[label] > 0


def _unfit(source: str, found: str) -> Finding:
    return Finding(
        where=f"split source: {source}",
        found=found,
        expected="file, or meta.KEY with a key that tells sources apart",
        fix="Name what rows of one origin share, or leave source out.",
    )
