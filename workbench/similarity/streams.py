"""Reads texts piece by piece, once to sign them and once more for the few that may be alike."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.similarity.banding import Buckets, hasher
from workbench.similarity.near import guards, measure
from workbench.similarity.room import room
from workbench.similarity.shingles import Desk, cut, in_order, joined, most_shingles, pieces_of, text_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from workbench.similarity.banding import Banding
    from workbench.similarity.shingles import Shingled


@dataclass(frozen=True, kw_only=True)
class TextStream:
    """Rows of ``fields`` texts each that can be read, in their order, as often as needed.

    ``pieces`` gives them as frames of text columns without nulls, some thousand rows each; no more than a
    few are held at a time. Shingles are cut as ``shingle`` says.
    """

    pieces: Callable[[], Iterable[pl.DataFrame]]
    rows: int
    fields: int
    ngram: int
    char_ngram: int
    threads: int | None = None

    @classmethod
    def of(
        cls, columns: Sequence[pl.Series], *, ngram: int, char_ngram: int, threads: int | None = None
    ) -> TextStream:
        """Take text columns that are in memory."""
        frame = text_frame(columns)
        return cls(
            pieces=functools.partial(pieces_of, frame),
            rows=frame.height,
            fields=frame.width,
            ngram=ngram,
            char_ngram=char_ngram,
            threads=threads,
        )

    def buckets(
        self, *, banding: Banding, group: NDArray[np.uint64], compared: int, numbers: bool
    ) -> tuple[Buckets, NDArray[np.int32]]:
        """Bucket the rows by their first ``compared`` texts, and hold none of their shingles.

        Rows of different ``group`` never meet, nor, with ``numbers``, rows whose numbers differ.

        Returns:
            The buckets, and for each row how many shingles it has, at most, in all its texts.
        """
        hashes = room(banding.bands, self.rows, dtype=np.uint64)
        desk = Desk()
        sizes, filled = np.empty(self.rows, np.int32), np.empty(self.rows, np.bool_)

        def sign(item: tuple[int, pl.DataFrame]) -> None:
            at, piece = item
            here = slice(at, at + piece.height)
            found = cut(piece, ngram=self.ngram, char_ngram=self.char_ngram, desk=desk, as_sets=False)
            guard = guards(found, compared=compared, group=group[here]) if numbers else group[here]
            hasher(found, banding=banding, guard=guard, compared=compared, out=hashes[:, here])(
                0, piece.height
            )
            sizes[here] = np.diff(found.starts[:: self.fields])
            first, last = found.bounds(compared)
            filled[here] = last > first

        for _ in in_order(sign, self._placed(), threads=self.threads):
            pass
        return Buckets.among(hashes, filled, banding=banding, threads=self.threads), sizes

    def take(self, rows: NDArray[np.int64], *, most: int) -> Shingled:
        """Shingle only the rows at ``rows``, which ascend, and have at most ``most`` shingles in all."""
        wanted, desk = np.zeros(self.rows, np.bool_), Desk()
        wanted[rows] = True

        def chosen(item: tuple[int, pl.DataFrame]) -> Shingled:
            at, piece = item
            mask = wanted[at : at + piece.height]
            found = cut(piece, ngram=self.ngram, char_ngram=self.char_ngram, desk=desk, wanted=mask)
            return found.only(mask)

        return joined(in_order(chosen, self._placed(), threads=self.threads), fields=self.fields, most=most)

    def beside(
        self, a: NDArray[np.int64], b: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Compare rows ``a`` with rows ``b``.

        Returns:
            The figures of ``measure``, and ``(pairs, fields)``: whether the numbers are the same.
        """
        rows = np.union1d(a, b)
        left, right = np.searchsorted(rows, a), np.searchsorted(rows, b)
        shingled = self.take(rows, most=sum(most_shingles(piece) for piece in self.pieces()))
        numbers = shingled.numbers.reshape(-1, self.fields)
        return measure(shingled, left, right), numbers[left] == numbers[right]

    def _placed(self) -> Iterator[tuple[int, pl.DataFrame]]:
        at = 0
        for read in self.pieces():
            for piece in pieces_of(read):
                yield at, piece
                at += piece.height
