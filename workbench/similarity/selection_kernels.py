"""The compiled loops of selection; imported only when rows are picked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.similarity.kernels import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def agreeing(sketch: NDArray[np.uint8], a: int, b: int) -> int:
    """Count the minima in which two rows agree."""
    count = 0
    for k in range(sketch.shape[1]):
        count += sketch[a, k] == sketch[b, k]
    return count


@compiled
def gain(sketch: NDArray[np.uint8], row: int, anchors: NDArray[np.int64], covered: NDArray[np.int64]) -> int:
    """Sum how much nearer ``row`` brings each anchor than it is covered."""
    total = 0
    for i in range(anchors.size):
        total += max(0, agreeing(sketch, row, anchors[i]) - covered[i])
    return total


@compiled
def cover(
    sketch: NDArray[np.uint8], row: int, anchors: NDArray[np.int64], covered: NDArray[np.int64]
) -> None:
    """Raise each anchor's cover to what ``row`` gives."""
    for i in range(anchors.size):
        covered[i] = max(covered[i], agreeing(sketch, row, anchors[i]))


@compiled
def update_nearest(
    sketch: NDArray[np.uint8],
    row: int,
    chosen: NDArray[np.int64],
    start: int,
    end: int,
    nearest: NDArray[np.int64],
) -> None:
    """Raise the greatest agreement of ``row`` by the picks ``chosen[start:end]``."""
    for k in range(start, end):
        nearest[row] = max(nearest[row], agreeing(sketch, row, chosen[k]))


@compiled
def nearest_of(
    sketch: NDArray[np.uint8], picks: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each row the pick that agrees most, the first of equals."""
    out = np.empty(rows.size, np.int64)
    for i in range(rows.size):
        best = -1
        for k in range(picks.size):
            found = agreeing(sketch, rows[i], picks[k])
            if found > best:
                best, out[i] = found, picks[k]
    return out
