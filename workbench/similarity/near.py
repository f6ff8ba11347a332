"""Decides on real shingle sets which rows are alike: every edge that is reported was verified."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.similarity.banding import Banding, Buckets

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.similarity.shingles import Shingled
    from workbench.similarity.streams import TextStream


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """For each row the row kept instead of it, -1 where it is kept itself; ``rebanded`` as in ``Buckets``."""

    kept_of: NDArray[np.int64]
    rebanded: int


@dataclass(frozen=True, kw_only=True)
class Closest:
    """For each row the greatest Jaccard found to a row of another part (0: none), and that row (-1: none)."""

    jaccard: NDArray[np.float64]
    row: NDArray[np.int64]


def guards(shingled: Shingled, *, compared: int, group: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Combine the numbers of the compared fields with ``group``: rows must agree in all of it to be alike."""
    out = group.astype(np.uint64, copy=True)
    numbers = shingled.numbers.reshape(-1, shingled.fields)
    for f in range(compared):
        out = (out ^ (numbers[:, f] + np.uint64(f + 1))) * np.uint64(0x9E3779B97F4A7C15)
        out ^= out >> np.uint64(29)
    return out


def find_duplicates(
    texts: TextStream,
    *,
    threshold: float,
    banding: Banding,
    group: NDArray[np.uint64],
    numbers: bool,
    compared: int | None = None,
    among: NDArray[np.bool_] | None = None,
) -> Duplicates:
    """Find rows to drop; rows come best first, so that of two alike rows the earlier is kept.

    Two rows are alike where ``group`` is equal, with ``numbers`` their numbers too, and each of the first
    ``compared`` fields (default: all) reaches the Jaccard ``threshold``; rows not ``among`` are left aside. A
    dropped row always has such an edge to a kept one; no two kept rows that share a bucket are alike. The
    search is repeated among the rows kept until it finds nothing, so that a second run over the result drops
    nothing. Shingles are held of rows that share a bucket only.
    """
    fields = texts.fields if compared is None else compared
    met, sizes = texts.buckets(banding=banding, group=group, compared=fields, numbers=numbers)
    rows = met.candidates()
    buckets = met.renumbered(rows)
    del met  # the hashes of all rows, before the shingles of some are held
    shingled = texts.take(rows, most=int(sizes[rows].sum()))
    rebanded, known = 0, np.full((2, rows.size), -1, np.int64)

    def edges(band: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.int64]:
        return star_edges(shingled, *band, threshold=threshold, compared=fields, known=known)

    def stars(alive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        nonlocal rebanded
        none = np.empty((2, 0), np.int64)
        with ThreadPoolExecutor(texts.threads or os.cpu_count()) as pool:
            found = np.concatenate([none, *pool.map(edges, buckets.each(alive))], axis=1)
        rebanded = max(rebanded, buckets.rebanded)
        return found[0], found[1]

    found = settle(stars, among=np.ones(rows.size, np.bool_) if among is None else among[rows])
    kept_of = np.full(texts.rows, -1, np.int64)
    gone = np.flatnonzero(found >= 0)
    kept_of[rows[gone]] = rows[found[gone]]
    return Duplicates(kept_of=kept_of, rebanded=rebanded)


def settle(
    stars: Callable[[NDArray[np.bool_]], tuple[NDArray[np.int64], NDArray[np.int64]]],
    *,
    among: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Choose for each row the row kept instead of it (-1: it is kept), by rounds of verified edges.

    ``stars`` gives edges ``(hub, row)`` among living rows, hub < row (the better row is the smaller number);
    rounds go on until it finds none. A row goes only by an edge to a row that is kept in the end.
    """
    from workbench.similarity.kernels import choose_kept

    kept_of = np.full(among.size, -1, np.int64)
    while True:
        hub, row = stars(among & (kept_of < 0))
        if not row.size:
            return kept_of
        # By row and then by hub, in one number each: many bands name the same edge.
        edges = np.sort(row * among.size + hub)
        choose_kept(edges % among.size, edges // among.size, kept_of)


def star_edges(
    shingled: Shingled,
    members: NDArray[np.int64],
    bounds: NDArray[np.int64],
    *,
    threshold: float,
    compared: int,
    known: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return verified edges ``(2, n)``, hub over row, of buckets ``members[bounds[k]:bounds[k + 1]]``.

    ``known`` ``(2, rows)`` is what earlier calls found out, and is kept up to date: see the kernel.
    """
    from workbench.similarity import kernels

    out, room = np.empty((2, members.size), np.int64), np.empty(members.size, np.int64)
    sets, starts, fields = shingled.sets, shingled.starts, shingled.fields
    count = kernels.star_edges(
        sets, starts, fields, compared, members, bounds, threshold, known, room, out[0], out[1]
    )
    return out[:, :count].copy()


def find_links(
    shingled: Shingled, *, threshold: float, banding: Banding, guard: NDArray[np.uint64], compared: int
) -> NDArray[np.int64]:
    """Return verified edges ``(n, 2)`` that span every component of rows alike in the first fields."""
    from workbench.similarity.kernels import link_edges

    buckets = Buckets.of(shingled, banding=banding, guard=guard, compared=compared)
    parent = np.arange(shingled.rows, dtype=np.int64)
    edges = [np.empty((0, 2), np.int64)]
    for members, bounds in buckets.each(np.ones(shingled.rows, np.bool_)):
        left, right = np.empty(members.size, np.int64), np.empty(members.size, np.int64)
        count = link_edges(
            shingled.sets,
            shingled.starts,
            shingled.fields,
            compared,
            members,
            bounds,
            threshold,
            parent,
            left,
            right,
        )
        edges.append(np.stack((left[:count], right[:count]), axis=1))
    return np.concatenate(edges)


def find_closest(shingled: Shingled, *, part: NDArray[np.int64], banding: Banding, compared: int) -> Closest:
    """Find for each row the most similar row of another part, over the joined sets of the first fields.

    Numbers and groups are not guarded here: what looks alike is reported. Pairs that no band proposes are
    not seen; their probability is the banding's.
    """
    from workbench.similarity.kernels import closest_across

    guard = np.zeros(shingled.rows, np.uint64)
    buckets = Buckets.of(shingled, banding=banding, guard=guard, compared=compared)
    first, last = shingled.bounds(compared)
    best, other = np.zeros(shingled.rows), np.full(shingled.rows, -1, np.int64)
    for members, bounds in buckets.each(np.ones(shingled.rows, np.bool_)):
        closest_across(shingled.sets, first, last, members, bounds, part, best, other)
    return Closest(jaccard=best, row=other)


def measure(shingled: Shingled, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return ``(edges, fields, 3)``: Jaccard, containment of a in b, containment of b in a."""
    from workbench.similarity.kernels import measure_edges

    out = np.empty((a.size, shingled.fields, 3))
    measure_edges(shingled.sets, shingled.starts, shingled.fields, a, b, out)
    return out


def components(rows: int, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Label the connected components of ``rows`` rows under undirected ``edges`` ``(n, 2)``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    weights = np.ones(len(edges), np.int8)
    graph = coo_array((weights, (edges[:, 0], edges[:, 1])), shape=(rows, rows))
    labels: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels
