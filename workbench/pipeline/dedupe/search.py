"""Orders the rows, finds the equal ones, and drives the rounds of the search over the shards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench.pipeline.dedupe.ledger import Verdict
from workbench.similarity import settle
from workbench.similarity.ondisk import StarTask, find_stars, save_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from workbench.pipeline.dedupe.options import KeeperKey, Layout
    from workbench.ports import Engine, Progress
    from workbench.similarity import Banding
    from workbench.similarity.store import Store
    from workbench.steps import NearDedup


@dataclass(frozen=True, kw_only=True)
class Search:
    """One search over a store: where it works, by whom, with what settings.

    ``banding`` is that of the store's hashes; the threshold to verify is that of ``near``.
    """

    store: Store
    near: NearDedup
    banding: Banding
    layout: Layout
    engine: Engine
    progress: Progress
    work: Path

    def decide(self, rows: pl.DataFrame, keys: Sequence[KeeperKey]) -> tuple[Verdict, int]:
        """Return what goes and how many rows stood in a bucket that was split; ``rows`` as ``sign`` wrote."""
        order = best_first(rows, keys)
        equal = equal_first(rows, order)
        by_rank, rebanded = self.settled(order, among=equal < 0)
        alike = np.full(order.size, -1, np.int64)
        gone = np.flatnonzero(by_rank >= 0)
        alike[order[gone]] = order[by_rank[gone]]
        return Verdict(equal_to=equal, alike_to=alike), rebanded

    def settled(self, order: NDArray[np.int64], *, among: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
        """Return for each rank the rank of the row kept instead (-1: none), and how many rows were re-banded.

        ``order`` has the place of every row, the best first; rows not ``among`` (by place) are left aside.
        """
        ranks = np.empty(order.size, np.int64)
        ranks[order] = np.arange(order.size)
        save_whole(str(self.work / "ranks.npy"), ranks)
        rebanded, done = 0, 0

        def stars(alive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            nonlocal rebanded, done
            done += 1
            edges, split = self._round(done, alive[ranks])
            rebanded = max(rebanded, split)
            return edges[0], edges[1]

        return settle(stars, among=among[order]), rebanded

    def _round(self, number: int, alive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
        """Return the edges ``(2, n)`` of all bands among rows ``alive`` (by place), and rows re-banded."""
        place = self.work / f"round{number}"
        place.mkdir(exist_ok=True)
        save_whole(str(place / "alive.npy"), alive)
        tasks = self.tasks(place)
        edges, rebanded = np.empty((2, 0), np.int64), 0
        for name in self.engine.map(find_stars, tasks, stage=f"near, round {number}", progress=self.progress):
            found = np.load(name)
            rebanded += int(found[0, 0])
            edges = np.concatenate((edges, found[:, 1:]), axis=1)
        return edges, rebanded

    def tasks(self, place: Path) -> list[StarTask]:
        """Cut the search in ``place``, which has ``alive.npy``, into tasks: the partitions of every band."""
        banding, store = self.banding, self.store
        parts = -(-store.rows // self.layout.partition_rows) or 1
        return [
            StarTask(
                shards=tuple(str(shard) for shard in store.shards),
                fields=store.fields,
                compared=store.compared,
                banding=(banding.bands, banding.per_band, banding.max_bucket, banding.seed),
                threshold=self.near.threshold,
                band=band,
                part=part,
                parts=parts,
                held=self.layout.held_shingles,
                ranks=str(self.work / "ranks.npy"),
                alive=str(place / "alive.npy"),
                members=str(self.work / f"members-{band:03d}-{part:04d}-of-{parts}.npy"),
                out=str(place / f"edges-{band:03d}-{part:04d}-of-{parts}.npy"),
            )
            for band in range(banding.bands)
            for part in range(parts)
        ]


def best_first(rows: pl.DataFrame, keys: Sequence[KeeperKey]) -> NDArray[np.int64]:
    """Order places by the keeper's keys, then by id, then by content, then by place."""
    names = [f"k{n}" for n in range(len(keys))]
    descending = [*(key.descending for key in keys), False, False, False, False]
    ordered = rows.select(*names, "id", "d0", "d1", place=pl.int_range(pl.len(), dtype=pl.Int64)).sort(
        *names, "id", "d0", "d1", "place", descending=descending, nulls_last=True
    )
    return ordered["place"].to_numpy().astype(np.int64)


def equal_first(rows: pl.DataFrame, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each place the place of the best row with the same content, -1 where it is that itself."""
    digests = rows.select("d0", "d1").select(pl.all().gather(order)).with_columns(place=pl.Series(order))
    first = digests.select(pl.col("place").first().over("d0", "d1")).to_series().to_numpy()
    out = np.full(order.size, -1, np.int64)
    out[order] = np.where(first == order, -1, first)
    return out
