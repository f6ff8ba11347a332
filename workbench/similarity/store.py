"""Keeps shingle sets and band hashes on disk, so that a search needs memory for its candidates only."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.similarity.banding import hash_bands, sharing_rows
from workbench.similarity.room import mapped
from workbench.similarity.shingles import Shingled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from workbench.similarity.banding import Banding

_FILES = ("sets", "starts", "hashes", "guard")


def write_shard(
    place: Path, shingled: Shingled, *, banding: Banding, guard: NDArray[np.uint64], compared: int
) -> None:
    """Write one shard's sets, band hashes and guards as ``.npy`` files into ``place`` (which exists)."""
    hashes = hash_bands(shingled, banding=banding, guard=guard, compared=compared, threads=1)
    arrays = {"sets": shingled.sets, "starts": shingled.starts, "hashes": hashes, "guard": guard}
    for name in _FILES:
        np.save(place / f"{name}.npy", arrays[name])


def reband_shard(source: Path, place: Path, *, banding: Banding, fields: int, compared: int) -> None:
    """Write a shard of the same sets with the band hashes of another ``banding`` into ``place``."""
    sets, starts, guard = (mapped(source / f"{name}.npy") for name in ("sets", "starts", "guard"))
    numbers = np.zeros(starts.size - 1, np.uint64)
    shingled = Shingled(sets=sets, starts=starts, numbers=numbers, fields=fields)
    np.save(
        place / "hashes.npy",
        hash_bands(shingled, banding=banding, guard=guard, compared=compared, threads=1),
    )
    for name in ("sets", "starts", "guard"):
        shutil.copyfile(source / f"{name}.npy", place / f"{name}.npy")


@dataclass(frozen=True, kw_only=True)
class Store:
    """Shards of signatures in their order; a row's place is its number across all of them.

    ``fields`` texts a row, of which the first ``compared`` decide. Arrays are mapped, never read whole.
    """

    shards: tuple[Path, ...]
    offsets: tuple[int, ...]
    fields: int
    compared: int

    @classmethod
    def of(cls, shards: Sequence[Path], *, fields: int, compared: int) -> Store:
        """Open shards that ``write_shard`` wrote."""
        rows = [(mapped(s / "starts.npy").size - 1) // fields for s in shards]
        offsets = (0, *np.cumsum(rows).tolist())
        return cls(shards=tuple(shards), offsets=offsets, fields=fields, compared=compared)

    @property
    def rows(self) -> int:
        """How many rows there are in all shards."""
        return self.offsets[-1]

    @property
    def bytes(self) -> int:
        """How many bytes the signatures take on disk."""
        return sum((shard / f"{name}.npy").stat().st_size for shard in self.shards for name in _FILES)

    def candidates(
        self, band: int, *, part: int, parts: int, among: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Return places and hashes of the rows that share their hash of ``band`` with another, by hash.

        Only hashes of partition ``part`` of ``parts`` (the remainder of their upper half) are looked at, only
        rows ``among``, and only rows that have a shingle in a compared field.
        """
        places, hashes = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
        for at, shard in enumerate(self.shards):
            lo, hi = self.offsets[at], self.offsets[at + 1]
            found = np.asarray(mapped(shard / "hashes.npy")[band])
            starts = mapped(shard / "starts.npy")
            wanted = among[lo:hi] & (
                starts[self.compared :: self.fields][: hi - lo] > starts[: -1 : self.fields]
            )
            if parts > 1:
                wanted &= (found >> np.uint64(32)) % np.uint64(parts) == part
            inside = np.flatnonzero(wanted)
            places.append(inside + lo)
            hashes.append(found[inside])
        where, keys = np.concatenate(places), np.concatenate(hashes)
        shared = sharing_rows(keys, np.ones(keys.size, np.bool_))
        return where[shared], keys[shared]

    def hashes_of(self, band: int, places: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return the hashes of ``band`` of the rows at ``places``."""
        out = np.empty(places.size, np.uint64)
        for shard, at, inside in self._by_shard(places):
            out[at] = mapped(shard / "hashes.npy")[band][inside]
        return out

    def sizes(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many shingles, over all fields, the rows at ``places`` have."""
        out = np.empty(places.size, np.int64)
        for shard, at, inside in self._by_shard(places):
            starts = mapped(shard / "starts.npy")
            out[at] = starts[(inside + 1) * self.fields] - starts[inside * self.fields]
        return out

    def gather(self, places: NDArray[np.int64]) -> Shingled:
        """Read the sets of the rows at ``places``, in that order; their numbers are not kept in the store."""
        from workbench.similarity.kernels import copy_sets

        fields = self.fields
        starts = np.zeros(places.size * fields + 1, np.int64)
        for shard, at, inside in self._by_shard(places):
            kept = mapped(shard / "starts.npy")
            for field in range(fields):
                lengths = kept[inside * fields + field + 1] - kept[inside * fields + field]
                starts[at * fields + field + 1] = lengths
        np.cumsum(starts, out=starts)
        sets = np.empty(int(starts[-1]), np.uint64)
        for shard, at, inside in self._by_shard(places):
            kept = mapped(shard / "starts.npy")
            held = mapped(shard / "sets.npy")
            copy_sets(held, kept[inside * fields], kept[(inside + 1) * fields], starts[at * fields], sets)
        none = np.zeros(places.size * fields, np.uint64)
        return Shingled(sets=sets, starts=starts, numbers=none, fields=fields)

    def _by_shard(
        self, places: NDArray[np.int64]
    ) -> Iterator[tuple[Path, NDArray[np.int64], NDArray[np.int64]]]:
        """Yield each shard that holds some of ``places``: where those stand, and their rows in it."""
        order = np.argsort(places, kind="stable")
        cuts = np.searchsorted(places[order], self.offsets)
        for at, shard in enumerate(self.shards):
            here = order[cuts[at] : cuts[at + 1]]
            if here.size:
                yield shard, here, places[here] - self.offsets[at]


def chunks(weights: NDArray[np.int64], *, limit: int) -> Iterator[slice]:
    """Cut a sequence into runs whose weights add up to at most ``limit``, or that are one item long."""
    total = np.cumsum(weights)
    at = 0
    while at < weights.size:
        before = int(total[at - 1]) if at else 0
        end = max(int(np.searchsorted(total, before + limit, side="right")), at + 1)
        yield slice(at, end)
        at = end
