"""Picks rows that stand for all others: lazy greedy over sketches, in whole numbers, alike everywhere."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from workbench.similarity.banding import Banding, hash_bands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from workbench.similarity.shingles import Shingled

Method = Literal["facility_location", "k_center"]


class Picked(NamedTuple):
    """One pick: the row, what it added by the method, and the share of the anchors covered after it."""

    row: int
    added: float
    covered: float


def sketches(shingled: Shingled, *, size: int, seed: int) -> NDArray[np.uint8]:
    """Return ``(rows, size)`` minima of one byte each: the share of equal ones estimates the Jaccard.

    b-bit minwise hashing (Li and König 2010) with b = 8: unrelated rows agree in 1 of 256.
    """
    banding = Banding(bands=size, per_band=1, max_bucket=2, seed=seed)
    guard = np.zeros(shingled.rows, np.uint64)
    hashes = hash_bands(shingled, banding=banding, guard=guard, compared=shingled.fields)
    return np.ascontiguousarray((hashes >> np.uint64(56)).astype(np.uint8).T)


def picks(
    sketch: NDArray[np.uint8],
    *,
    method: Method,
    anchors: NDArray[np.int64],
    quality: NDArray[np.int64],
    cost: NDArray[np.int64],
    fits: Callable[[int], bool],
) -> Iterator[Picked | None]:
    """Yield rows one by one, each time the one of the greatest quality x novelty for its cost.

    Novelty by ``facility_location`` is how much nearer the row brings the ``anchors`` to the nearest pick; by
    ``k_center`` its own distance from the nearest pick. Both only shrink as picks are added, so that a row is
    measured again only when it comes to the top (Minoux 1978). Ties go to the earlier row.

    Args:
        sketch: sketches of all rows, the better rows first.
        method: how novelty is measured.
        anchors: the rows to be covered.
        quality: a weight of 1 or more for each row.
        cost: what each row takes of the budget, 1 or more.
        fits: whether a row may be picked now; one that may not is set aside.

    Yields:
        The picks in order; ``None`` each time that no row fits any more, and then what was set aside.
    """
    gains = _Gains(sketch, method=method, anchors=anchors, quality=quality, cost=cost)
    heap = [(-gains.of(row), row, 0) for row in range(len(sketch))]
    aside = list[tuple[float, int, int]]()
    heapq.heapify(heap)
    while heap or aside:
        if not heap:
            yield None
            heap, aside = aside, []
            heapq.heapify(heap)
        negative, row, version = heapq.heappop(heap)
        if not fits(row):
            aside.append((negative, row, version))
        elif version != gains.taken:
            heapq.heappush(heap, (-gains.of(row), row, gains.taken))
        else:
            yield Picked(row, -negative, gains.take(row))


def nearest_picks(
    sketch: NDArray[np.uint8], chosen: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each of ``rows`` the pick whose sketch agrees most (the first of them)."""
    from workbench.similarity.selection_kernels import nearest_of

    return nearest_of(sketch, chosen, rows)


class _Gains:
    """What each row would add to the picks so far."""

    def __init__(
        self,
        sketch: NDArray[np.uint8],
        *,
        method: Method,
        anchors: NDArray[np.int64],
        quality: NDArray[np.int64],
        cost: NDArray[np.int64],
    ) -> None:
        self.taken = 0
        self._sketch, self._method, self._anchors = sketch, method, anchors
        self._quality, self._cost = quality, cost
        self._covered = np.zeros(anchors.size, np.int64)
        self._nearest, self._upto = np.zeros(len(sketch), np.int64), np.zeros(len(sketch), np.int64)
        self._chosen = np.empty(len(sketch), np.int64)

    def of(self, row: int) -> float:
        """Return quality x novelty for each unit of cost."""
        from workbench.similarity.selection_kernels import gain, update_nearest

        if self._method == "facility_location":
            new = gain(self._sketch, row, self._anchors, self._covered)
        else:
            update_nearest(self._sketch, row, self._chosen, self._upto[row], self.taken, self._nearest)
            self._upto[row] = self.taken
            new = self._sketch.shape[1] - self._nearest[row]
        return float(self._quality[row] * new) / float(self._cost[row])

    def take(self, row: int) -> float:
        """Add the row to the picks, and return the share of the anchors' agreement reached."""
        from workbench.similarity.selection_kernels import cover

        self._chosen[self.taken] = row
        self.taken += 1
        cover(self._sketch, row, self._anchors, self._covered)
        reached = int(self._covered.sum())
        return reached / max(int(self._sketch.shape[1]) * int(self._anchors.size), 1)
