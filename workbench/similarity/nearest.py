"""Finds the rows most like given texts, exactly, rare wording counting more than what all rows say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.similarity.shingles import shingle

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

_CELLS = 20_000_000  # likenesses held at a time
_TINY = 1e-12


class Near(NamedTuple):
    """One row near a query: its place among the rows, and the likeness in [0, 1]."""

    row: int
    likeness: float


def nearest(
    rows: Sequence[pl.Series], queries: Sequence[pl.Series], *, most: int, ngram: int = 2, char_ngram: int = 3
) -> list[list[Near]]:
    """Return for each query the ``most`` rows nearest to it, the nearest first; of equals the earlier row.

    ``rows`` and ``queries`` are the same text columns, such as context and question. Likeness is the mean,
    over the columns that the query fills, of the Jaccard of the shingle sets, each shingle weighed by how
    rare it is among the rows (``log(1 + rows / rows that have it)``). Rows that share nothing with a query
    are left out. Every row is compared: nothing is sampled or approximated.
    """
    columns = [
        _Column(held, asked, ngram=ngram, char_ngram=char_ngram)
        for held, asked in zip(rows, queries, strict=True)
    ]
    if not columns:
        return []
    height = len(queries[0])
    step = max(1, _CELLS // max(len(rows[0]), 1))
    filled = np.maximum(sum(column.filled for column in columns), 1)
    found: list[list[Near]] = []
    for at in range(0, height, step):
        likeness = sum(column.likeness(at, at + step) for column in columns)
        found += [
            _top(likeness, number, int(filled[at + number]), most) for number in range(min(step, height - at))
        ]
    return found


class _Column:
    """One text column of rows and queries as weighed shingle sets."""

    def __init__(self, rows: pl.Series, queries: pl.Series, *, ngram: int, char_ngram: int) -> None:
        held, asked = (
            shingle([texts], ngram=ngram, char_ngram=char_ngram, threads=1) for texts in (rows, queries)
        )
        grams = np.unique(np.concatenate((held.sets, asked.sets)))
        have, self._want = (_matrix(one.sets, one.starts, grams) for one in (held, asked))
        spread = np.asarray(have.sum(axis=0)).ravel()
        weight = np.log1p(max(rows.len(), 1) / np.maximum(spread, 1.0))
        self._have = have.multiply(weight[None, :]).tocsr()
        self._row_total = np.asarray(self._have.sum(axis=1)).ravel()
        self._query_total = self._want @ weight
        self.filled = (np.diff(asked.starts) > 0).astype(np.int64)

    def likeness(self, first: int, last: int) -> Any:
        """Return the weighed Jaccard of some queries with every row that shares a shingle, sparse."""
        shared = (self._want[first:last] @ self._have.T).tocoo()
        row, column = shared.coords
        union = self._row_total[column] + self._query_total[first:last][row] - shared.data
        shared.data = shared.data / np.maximum(union, _TINY)
        return shared.tocsr()


def _top(likeness: Any, number: int, filled: int, most: int) -> list[Near]:
    low, high = likeness.indptr[number], likeness.indptr[number + 1]
    rows, values = likeness.indices[low:high], likeness.data[low:high] / filled
    order = np.lexsort((rows, -np.round(values, 9)))[:most]
    return [Near(int(rows[at]), round(float(values[at]), 6)) for at in order]


def _matrix(sets: NDArray[np.uint64], starts: NDArray[np.int64], grams: NDArray[np.uint64]) -> Any:
    from scipy.sparse import csr_array

    places = np.searchsorted(grams, sets).astype(np.int64)
    ones = np.ones(sets.size, np.float64)
    return csr_array((ones, places, starts), shape=(starts.size - 1, grams.size))
