"""The search over a store, as tasks that any number of workers can do in any order with the same result."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from workbench.similarity.banding import Banding, split_large
from workbench.similarity.near import measure, star_edges
from workbench.similarity.room import mapped
from workbench.similarity.store import Store, chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from workbench.similarity.shingles import Shingled


class StarTask(msgspec.Struct, frozen=True, kw_only=True):
    """Find the verified edges of one partition of one band, and leave them in ``out``.

    ``ranks`` and ``alive`` are ``.npy`` files by place: how good a row is (smaller is better), and whether it
    is still looked at. ``members`` remembers the rows that share a hash, for later rounds; ``held`` says how
    many shingles to hold in memory at a time, which changes no result.
    """

    shards: tuple[str, ...]
    fields: int
    compared: int
    banding: tuple[int, int, int, int]
    threshold: float
    band: int
    part: int
    parts: int
    held: int
    ranks: str
    alive: str
    members: str
    out: str


def find_stars(task: StarTask) -> str:
    """Do one task unless its edges are already there; return where they are.

    The file holds ``(2, edges)`` ranks, hub over row, and in front of them how many rows were re-banded.
    """
    if Path(task.out).exists():
        return task.out
    ranks = mapped(task.ranks)
    rebanded, runs = bucket_runs(task, ranks)
    edges = [np.full((2, 1), rebanded, np.int64)]
    for run in runs:
        places, known = np.arange(run.members.size), np.full((2, run.members.size), -1, np.int64)
        hub, row = star_edges(
            run.shingled,
            places,
            run.bounds,
            threshold=task.threshold,
            compared=task.compared,
            known=known,
        )
        edges.append(np.stack((ranks[run.members[hub]], ranks[run.members[row]])))
    save_whole(task.out, np.concatenate(edges, axis=1))
    return task.out


class Run(NamedTuple):
    """Some buckets: bucket k is ``members[bounds[k]:bounds[k + 1]]``, best first; and the sets of members."""

    members: NDArray[np.int64]
    bounds: NDArray[np.int64]
    shingled: Shingled


def bucket_runs(task: StarTask, ranks: NDArray[np.int64]) -> tuple[int, Iterator[Run]]:
    """Return how many rows stood in a bucket that was split, and the buckets of several rows, run by run."""
    store = Store.of([Path(shard) for shard in task.shards], fields=task.fields, compared=task.compared)
    bands, per_band, max_bucket, seed = task.banding
    banding = Banding(bands=bands, per_band=per_band, max_bucket=max_bucket, seed=seed)
    rows = _members(task, store, ranks)
    rows, bounds, rebanded = split_large(
        task.band, rows, hashes_of=store.hashes_of, banding=banding, rank=ranks
    )
    rows, bounds = _several(rows, bounds)

    def each() -> Iterator[Run]:
        for run in _runs(store, rows, bounds, held=task.held):
            members = rows[bounds[run.start] : bounds[run.stop]]
            inner = bounds[run.start : run.stop + 1] - bounds[run.start]
            yield Run(members, inner, store.gather(members))

    return rebanded, each()


def measure_places(
    store: Store, a: NDArray[np.int64], b: NDArray[np.int64], *, held: int
) -> NDArray[np.float64]:
    """Return the figures of ``measure`` for rows at places ``a`` and ``b``, ``held`` shingles at a time."""
    out = np.empty((a.size, store.fields, 3))
    for run in chunks(store.sizes(a) + store.sizes(b), limit=held):
        pair = store.gather(np.concatenate((a[run], b[run])))
        half = np.arange(run.stop - run.start, dtype=np.int64)
        out[run] = measure(pair, half, half + half.size)
    return out


def save_whole(path: str, array: NDArray[np.generic]) -> None:
    """Save an array so that it is there whole or not at all."""
    temporary = f"{path}.{os.getpid()}.tmp"
    with Path(temporary).open("wb") as stream:
        np.save(stream, array)
    Path(temporary).replace(path)


def _members(task: StarTask, store: Store, ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the living rows of the partition that share a hash, ordered by hash and then by rank."""
    alive = mapped(task.alive)
    if Path(task.members).exists():
        known: NDArray[np.int64] = mapped(task.members)
        living: NDArray[np.int64] = known[alive[known]]
        return living
    rows, keys = store.candidates(task.band, part=task.part, parts=task.parts, among=alive)
    rows = rows[np.lexsort((ranks[rows], keys))]
    save_whole(task.members, rows)
    return rows


def _several(
    rows: NDArray[np.int64], bounds: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Leave out buckets of one row."""
    sizes = np.diff(bounds)
    lasting = sizes > 1
    cut = np.concatenate(([0], np.cumsum(sizes[lasting]))).astype(np.int64)
    return rows[np.repeat(lasting, sizes)], cut


def _runs(store: Store, rows: NDArray[np.int64], bounds: NDArray[np.int64], *, held: int) -> list[slice]:
    """Cut the buckets into runs of at most ``held`` shingles."""
    total = np.concatenate(([0], np.cumsum(store.sizes(rows))))
    return list(chunks(np.diff(total[bounds]), limit=held))
