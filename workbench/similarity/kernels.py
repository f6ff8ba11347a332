"""The compiled loops of near-duplicate search; imported only when there are rows to compare."""

# ruff: noqa: PLR0913, PLR0917 - compiled loops take plain arrays, and each of them by place

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

F = TypeVar("F", bound="Callable[..., Any]")

_S30, _S27, _S31, S32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
PRIME, STEP = np.uint64(0x100000001B3), np.uint64(0x9E3779B97F4A7C15)
_MAX32 = np.uint32(0xFFFFFFFF)


def compiled(function: F) -> F:
    """Compile without the interpreter lock and keep the machine code on disk."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))


@compiled
def mix(value: np.uint64) -> np.uint64:
    """Scatter 64 bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    value = (value ^ (value >> _S30)) * _M1
    value = (value ^ (value >> _S27)) * _M2
    return value ^ (value >> _S31)


@compiled
def band_hashes(
    sets: NDArray[np.uint64],
    firsts: NDArray[np.int64],
    lasts: NDArray[np.int64],
    scale: NDArray[np.uint32],
    shift: NDArray[np.uint32],
    per_band: int,
    guard: NDArray[np.uint64],
    least: NDArray[np.uint32],
    out: NDArray[np.uint64],
    lo: int,
    hi: int,
) -> None:
    """Write 64-bit band hashes of rows ``lo..hi`` to ``out[band, row]`` (MinHash, Broder 1997).

    Rows with different ``guard`` never share a hash. ``least`` is room to work in, of the size of ``scale``.
    """
    perms = scale.size
    for row in range(lo, hi):
        for p in range(perms):
            least[p] = _MAX32
        k, last = firsts[row], lasts[row]
        while k < last:
            # Four at a time: the least are read and written a quarter as often. The last fills up the four.
            a, b = np.uint32(sets[k] >> S32), np.uint32(sets[min(k + 1, last - 1)] >> S32)
            c, d = np.uint32(sets[min(k + 2, last - 1)] >> S32), np.uint32(sets[min(k + 3, last - 1)] >> S32)
            for p in range(perms):
                s, t = scale[p], shift[p]
                left = min(np.uint32(s * a + t), np.uint32(s * b + t))
                right = min(np.uint32(s * c + t), np.uint32(s * d + t))
                least[p] = min(least[p], left, right)
            k += 4
        for band in range(out.shape[0]):
            value64 = guard[row] + np.uint64(band + 1) * STEP
            for p in range(band * per_band, (band + 1) * per_band):
                value64 = mix(value64 * PRIME + np.uint64(least[p]))
            out[band, row] = value64


@compiled
def shared(sets: NDArray[np.uint64], a: int, a_end: int, b: int, b_end: int) -> int:
    """Count the values that two sorted sets share."""
    both = 0
    while a < a_end and b < b_end:
        left, right = sets[a], sets[b]
        both += left == right
        a += left <= right
        b += right <= left
    return both


@compiled
def alike(
    sets: NDArray[np.uint64],
    starts: NDArray[np.int64],
    fields: int,
    compared: int,
    a: int,
    b: int,
    threshold: float,
) -> bool:
    """Tell whether rows ``a`` and ``b`` reach the Jaccard threshold in each of the compared fields."""
    for field in range(compared):
        i, j = a * fields + field, b * fields + field
        left, right = starts[i + 1] - starts[i], starts[j + 1] - starts[j]
        if left == 0 and right == 0:
            continue
        if min(left, right) / max(left, right) < threshold:
            return False
        both = shared(sets, starts[i], starts[i + 1], starts[j], starts[j + 1])
        if both / (left + right - both) < threshold:
            return False
    return True


@compiled
def star_edges(
    sets: NDArray[np.uint64],
    starts: NDArray[np.int64],
    fields: int,
    compared: int,
    rows: NDArray[np.int64],
    bounds: NDArray[np.int64],
    threshold: float,
    known: NDArray[np.int64],
    hubs: NDArray[np.int64],
    hub_out: NDArray[np.int64],
    row_out: NDArray[np.int64],
) -> int:
    """Join each row of a bucket to the first earlier hub it is verified alike to; a row without one is a hub.

    Bucket ``k`` is ``rows[bounds[k]:bounds[k+1]]``, ascending. ``known[:, row]`` names the last hub to which
    the row was verified alike, and the last to which it was found not to be (-1: none), so that a pair that
    meets in many bands is compared once; it is kept up to date, and threads may share it. ``hubs`` is room to
    work in, of the size of ``rows``. Returns how many edges were written.
    """
    count = 0
    for k in range(bounds.size - 1):
        found = 0
        for at in range(bounds[k], bounds[k + 1]):
            row, joined = rows[at], False
            for h in range(found):
                hub = hubs[h]
                if known[1, row] == hub:
                    continue
                if known[0, row] == hub or alike(sets, starts, fields, compared, hub, row, threshold):
                    known[0, row] = hub
                    hub_out[count], row_out[count] = hub, row
                    count, joined = count + 1, True
                    break
                known[1, row] = hub
            if not joined:
                hubs[found] = row
                found += 1
    return count


@compiled
def choose_kept(hub: NDArray[np.int64], row: NDArray[np.int64], kept_of: NDArray[np.int64]) -> None:
    """Drop a row where an edge leads to a kept one; edges are sorted by row, hubs come before their rows."""
    for k in range(hub.size):
        if kept_of[row[k]] < 0 and kept_of[hub[k]] < 0:
            kept_of[row[k]] = hub[k]


@compiled
def root_of(parent: NDArray[np.int64], row: int) -> int:
    """Find the root of a row, halving the path."""
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


@compiled
def link_edges(
    sets: NDArray[np.uint64],
    starts: NDArray[np.int64],
    fields: int,
    compared: int,
    rows: NDArray[np.int64],
    bounds: NDArray[np.int64],
    threshold: float,
    parent: NDArray[np.int64],
    left_out: NDArray[np.int64],
    right_out: NDArray[np.int64],
) -> int:
    """Write a verified edge for every pair of a bucket that joins two components; return how many."""
    count = 0
    for k in range(bounds.size - 1):
        for at in range(bounds[k], bounds[k + 1]):
            for before in range(bounds[k], at):
                a, b = root_of(parent, rows[before]), root_of(parent, rows[at])
                if a != b and alike(sets, starts, fields, compared, rows[before], rows[at], threshold):
                    parent[max(a, b)] = min(a, b)
                    left_out[count], right_out[count] = rows[before], rows[at]
                    count += 1
    return count


@compiled
def closest_across(
    sets: NDArray[np.uint64],
    firsts: NDArray[np.int64],
    lasts: NDArray[np.int64],
    rows: NDArray[np.int64],
    bounds: NDArray[np.int64],
    part: NDArray[np.int64],
    best: NDArray[np.float64],
    other: NDArray[np.int64],
) -> None:
    """Update, for every row, the greatest Jaccard to a row of another part and which row that is.

    Of rows equally alike the smaller counts, in whatever order they meet.
    """
    for k in range(bounds.size - 1):
        for i in range(bounds[k], bounds[k + 1]):
            for j in range(bounds[k], i):
                a, b = rows[j], rows[i]
                if part[a] == part[b]:
                    continue
                both = shared(sets, firsts[a], lasts[a], firsts[b], lasts[b])
                value = both / (lasts[a] - firsts[a] + lasts[b] - firsts[b] - both)
                if value > best[a] or (value == best[a] and b < other[a]):
                    best[a], other[a] = value, b
                if value > best[b] or (value == best[b] and a < other[b]):
                    best[b], other[b] = value, a


@compiled
def measure_edges(
    sets: NDArray[np.uint64],
    starts: NDArray[np.int64],
    fields: int,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Write Jaccard and shares of a in b, b in a to ``out[edge, field]``; two empty sets are alike."""
    for k in range(a.size):
        for field in range(fields):
            i, j = a[k] * fields + field, b[k] * fields + field
            left, right = starts[i + 1] - starts[i], starts[j + 1] - starts[j]
            both = shared(sets, starts[i], starts[i + 1], starts[j], starts[j + 1])
            if left == 0 and right == 0:
                out[k, field, :] = 1.0
            else:
                out[k, field, 0] = both / (left + right - both)
                out[k, field, 1] = both / left if left else 0.0
                out[k, field, 2] = both / right if right else 0.0


@compiled
def copy_sets(
    held: NDArray[np.uint64],
    firsts: NDArray[np.int64],
    lasts: NDArray[np.int64],
    to: NDArray[np.int64],
    out: NDArray[np.uint64],
) -> None:
    """Copy ``held[firsts[k]:lasts[k]]`` to ``out`` from ``to[k]`` on, for every k."""
    for k in range(firsts.size):
        at = to[k]
        for j in range(firsts[k], lasts[k]):
            out[at] = held[j]
            at += 1


@compiled
def sharing(
    keys: NDArray[np.uint64],
    wanted: NDArray[np.bool_],
    seen: NDArray[np.uint8],
    maybe: NDArray[np.int64],
    begins: NDArray[np.int64],
    out: NDArray[np.int64],
) -> int:
    """Write the ``wanted`` places whose key another has too to ``out``, by key and then by place; count them.

    ``seen`` (a power of two long, all zero) tells first which may be so, ``begins`` (two longer than
    ``keys``) and ``maybe`` sort those: evenly spread as hashes are, each goes almost straight to its place.
    """
    mask, count = np.uint64(seen.size - 1), 0
    for k in range(keys.size):
        if wanted[k]:
            seen[keys[k] & mask] = min(seen[keys[k] & mask] + 1, 2)
    for k in range(keys.size):
        maybe[count] = k
        count += wanted[k] and seen[keys[k] & mask] > 1
    for slot in range(count + 1):
        begins[slot] = 0
    for j in range(count):
        begins[((keys[maybe[j]] >> S32) * np.uint64(count)) >> S32] += 1
    total = 0
    for slot in range(count):
        total, begins[slot] = total + begins[slot], total
    for j in range(count):
        slot = ((keys[maybe[j]] >> S32) * np.uint64(count)) >> S32
        out[begins[slot]] = maybe[j]
        begins[slot] += 1
    for j in range(1, count):
        place, at = out[j], j
        while at > 0 and keys[out[at - 1]] > keys[place]:
            out[at] = out[at - 1]
            at -= 1
        out[at] = place
    return _repeated(keys, out, count)


@compiled
def _repeated(keys: NDArray[np.uint64], out: NDArray[np.int64], count: int) -> int:
    """Close up ``out[:count]``, sorted by key, to the places whose key stands beside its like."""
    kept, before = 0, False
    for j in range(count):
        after = j + 1 < count and keys[out[j + 1]] == keys[out[j]]
        if before or after:
            out[kept] = out[j]
            kept += 1
        before = after
    return kept
