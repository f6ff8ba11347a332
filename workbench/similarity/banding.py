"""Puts rows that may be alike into common buckets, and splits buckets that grow too large."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.similarity.room import shrunk
from workbench.similarity.shingles import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from workbench.similarity.shingles import Shingled

_CHUNK = 8_192
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, kw_only=True)
class Banding:
    """How candidates are found: ``bands`` hashes of ``per_band`` minima, and the bucket size to split at."""

    bands: int
    per_band: int
    max_bucket: int
    seed: int

    @classmethod
    def reaching(
        cls, threshold: float, *, recall: float, num_perm: int, max_bucket: int, seed: int
    ) -> Banding:
        """Choose the most selective banding that proposes pairs at ``threshold`` with probability ``recall``.

        With ``num_perm`` minima in all: the largest r with 1 - (1 - t^r)^(num_perm // r) >= recall, or 1.
        """
        fitting = [r for r in range(1, num_perm + 1) if 1 - (1 - threshold**r) ** (num_perm // r) >= recall]
        per_band = max(fitting, default=1)
        return cls(bands=num_perm // per_band, per_band=per_band, max_bucket=max_bucket, seed=seed)


@dataclass(kw_only=True)
class Buckets:
    """For each band, the rows that share a bucket; ``rebanded`` counts rows whose bucket was split."""

    hashes: NDArray[np.uint64]
    banding: Banding
    _sorted: list[NDArray[np.int64]]
    rebanded: int = field(default=0)

    @classmethod
    def of(cls, shingled: Shingled, *, banding: Banding, guard: NDArray[np.uint64], compared: int) -> Buckets:
        """Bucket rows by the first ``compared`` fields; empty rows, or of different ``guard``, never meet."""
        hashes = hash_bands(shingled, banding=banding, guard=guard, compared=compared)
        first, last = shingled.bounds(compared)
        return cls.among(hashes, last > first, banding=banding)

    @classmethod
    def among(
        cls,
        hashes: NDArray[np.uint64],
        filled: NDArray[np.bool_],
        *,
        banding: Banding,
        threads: int | None = None,
    ) -> Buckets:
        """Bucket the rows that are ``filled`` by their band hashes ``(bands, rows)``."""
        desk = Desk()
        with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
            together = list(pool.map(lambda band: sharing_rows(band, filled, desk=desk), hashes))
        return cls(hashes=hashes, banding=banding, _sorted=together)

    def candidates(self) -> NDArray[np.int64]:
        """Return the rows that share a bucket in some band, ascending."""
        shared = np.zeros(self.hashes.shape[1], np.bool_)
        for members in self._sorted:
            shared[members] = True
        return np.flatnonzero(shared)

    def renumbered(self, rows: NDArray[np.int64]) -> Buckets:
        """Return the same buckets where only ``rows`` (ascending, all candidates among them) are there.

        They take the place of these buckets in memory, so that no fresh pages are asked for.
        """
        bands, every = self.hashes.shape
        place = np.zeros(every, np.int64)
        place[rows] = np.arange(rows.size)
        members = [place[band] for band in self._sorted]
        flat = self.hashes.reshape(-1)
        for band in range(bands):
            # What is written lies before all that is still to be read.
            flat[band * rows.size : (band + 1) * rows.size] = self.hashes[band].take(rows)
        hashes = shrunk(self.hashes, bands * rows.size).reshape(bands, rows.size)
        return Buckets(hashes=hashes, banding=self.banding, _sorted=members)

    def each(self, alive: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield, band by band, the living rows ordered by bucket, and the bucket bounds.

        A bucket above the limit is split by the hashes of the following bands as well, until it fits or all
        bands agree.
        """
        self.rebanded = 0
        for band, members in enumerate(self._sorted):
            rows = members[alive[members]]
            if rows.size:
                yield self._split(band, rows)

    def _split(self, band: int, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        def hashes_of(other: int, members: NDArray[np.int64]) -> NDArray[np.uint64]:
            found: NDArray[np.uint64] = self.hashes[other, members]
            return found

        members, bounds, rebanded = split_large(band, rows, hashes_of=hashes_of, banding=self.banding)
        self.rebanded += rebanded
        return members, bounds


def split_large(
    band: int,
    rows: NDArray[np.int64],
    *,
    hashes_of: Callable[[int, NDArray[np.int64]], NDArray[np.uint64]],
    banding: Banding,
    rank: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Split buckets of ``band`` above ``max_bucket`` rows by the hashes of the bands that follow.

    ``rows`` come ordered by hash and then by ``rank`` (their own number where ``None``), and so they are
    returned, with the bucket bounds and how many rows stood in a bucket that was split.
    """
    keys = hashes_of(band, rows)
    rebanded = 0
    for further in range(1, banding.bands):
        large = _sizes(keys) > banding.max_bucket
        if not large.any():
            break
        if further == 1:
            rebanded = int(large.sum())
        beside = hashes_of((band + further) % banding.bands, rows[large])
        keys = keys.copy()
        keys[large] = (keys[large] ^ beside) * _MULTIPLIER
        order = np.lexsort((rows if rank is None else rank[rows], keys))
        rows, keys = rows[order], keys[order]
    return rows, _bounds(keys), rebanded


def hash_bands(
    shingled: Shingled,
    *,
    banding: Banding,
    guard: NDArray[np.uint64],
    compared: int,
    threads: int | None = None,
) -> NDArray[np.uint64]:
    """Compute all band hashes, ``(bands, rows)``; ``threads`` (default: all) write disjoint columns."""
    out = np.empty((banding.bands, shingled.rows), np.uint64)
    work = hasher(shingled, banding=banding, guard=guard, compared=compared, out=out)
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        list(pool.map(lambda lo: work(lo, lo + _CHUNK), range(0, shingled.rows, _CHUNK)))
    return out


def hasher(
    shingled: Shingled,
    *,
    banding: Banding,
    guard: NDArray[np.uint64],
    compared: int,
    out: NDArray[np.uint64],
) -> Callable[[int, int], None]:
    """Return what writes the band hashes of rows ``lo`` to ``hi`` to ``out[:, lo:hi]``."""
    from workbench.similarity.kernels import band_hashes

    random = np.random.default_rng(banding.seed)
    size = banding.bands * banding.per_band
    scale = random.integers(0, 1 << 31, size, np.uint32) * np.uint32(2) + np.uint32(1)
    shift = random.integers(0, 1 << 32, size, np.uint32)
    first, last = shingled.bounds(compared)

    def work(lo: int, hi: int) -> None:
        end = min(hi, shingled.rows)
        least = np.empty(size, np.uint32)
        band_hashes(shingled.sets, first, last, scale, shift, banding.per_band, guard, least, out, lo, end)

    return work


def sharing_rows(
    keys: NDArray[np.uint64], wanted: NDArray[np.bool_], *, desk: Desk | None = None
) -> NDArray[np.int64]:
    """Return the rows ``wanted`` that share their key with another such, ordered by key and then by row."""
    from workbench.similarity.kernels import sharing

    desk = desk or Desk()
    slots = 1 << max(6, (4 * keys.size).bit_length())
    seen = desk.array("seen", slots, np.uint8)[:slots]
    seen[:] = 0
    maybe, begins, out = (desk.array(name, keys.size + 2, np.int64) for name in ("maybe", "begins", "out"))
    count = sharing(keys, wanted, seen, maybe, begins, out)
    return out[:count].copy()


def _bounds(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return where runs of equal keys begin, and the end."""
    return np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1, [keys.size])).astype(np.int64)


def _sizes(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return for each key the length of the run it stands in."""
    lengths = np.diff(_bounds(keys))
    return np.repeat(lengths, lengths)
