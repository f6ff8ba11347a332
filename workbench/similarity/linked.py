"""Finds clusters and leaks over a store, as tasks that any worker can do with the same result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from workbench.similarity.ondisk import Run, StarTask, bucket_runs, save_whole
from workbench.similarity.room import mapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class ClosestTask(msgspec.Struct, frozen=True, kw_only=True):
    """Find the two rows of different parts that are most alike, in one partition of one band.

    ``parts`` is a ``.npy`` file: the part of each row by place. Of ``search`` the threshold does not matter.
    """

    search: StarTask
    parts: str


class Closest(NamedTuple):
    """Two rows by rank, the better first, and their Jaccard over the joined sets (0, and no rows: none)."""

    jaccard: float = 0.0
    rank: int = -1
    other: int = -1


def find_linked(task: StarTask) -> str:
    """Join rows that are alike, each component of a bucket by a spanning tree of verified edges.

    Leaves ``(2, edges)`` ranks in ``task.out``, unless they are already there; returns where.
    """
    if Path(task.out).exists():
        return task.out
    ranks = mapped(task.ranks)
    edges = [np.empty((2, 0), np.int64)]
    edges += [ranks[run.members[_linked(run, task)]] for run in bucket_runs(task, ranks)[1]]
    save_whole(task.out, np.concatenate(edges, axis=1))
    return task.out


def find_closest_pair(task: ClosestTask) -> Closest:
    """Do one task; of pairs equally alike the one of better rows counts."""
    from workbench.similarity.kernels import closest_across

    ranks = mapped(task.search.ranks)
    parts = mapped(task.parts)
    found = Closest()
    for run in bucket_runs(task.search, ranks)[1]:
        first, last = run.shingled.bounds(task.search.compared)
        best, other = np.zeros(run.members.size), np.full(run.members.size, -1, np.int64)
        rows = np.arange(run.members.size, dtype=np.int64)
        part = np.asarray(parts[run.members], np.int64)
        closest_across(run.shingled.sets, first, last, rows, run.bounds, part, best, other)
        greatest = best.max(initial=0.0)
        for at in np.flatnonzero((best == greatest) & (greatest > 0)).tolist():
            pair = sorted((int(ranks[run.members[at]]), int(ranks[run.members[other[at]]])))
            found = closest_of((found, Closest(float(greatest), pair[0], pair[1])))
    return found


def closest_of(found: Sequence[Closest]) -> Closest:
    """Choose the most alike two; of equals those of better rows."""
    every = [Closest(*one) for one in found]  # from another machine they come as lists
    return min(every, key=lambda one: (-one.jaccard, one.rank, one.other), default=Closest())


def _linked(run: Run, task: StarTask) -> NDArray[np.int64]:
    from workbench.similarity.kernels import link_edges

    rows = np.arange(run.members.size, dtype=np.int64)
    parent, left, right = (rows.copy() for _ in range(3))
    sets, starts, fields = run.shingled.sets, run.shingled.starts, run.shingled.fields
    count = link_edges(
        sets, starts, fields, task.compared, rows, run.bounds, task.threshold, parent, left, right
    )
    return np.stack((left[:count], right[:count]))
