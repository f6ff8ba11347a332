"""Each compiled loop over sets of shingles does what its docstring says, held against plain Python."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.similarity import kernels
from workbench.similarity.banding import Banding, hash_bands, sharing_rows, split_large
from workbench.similarity.shingles import Shingled


def plain(loop):
    """Return a loop as it stands in the source, so that nothing is compiled for a few rows."""
    return getattr(loop, "py_func", loop)


def shingled(rows, fields=1):
    """Make sets of small numbers, spread over 64 bits as hashes are; ``rows`` lists sets, field by field."""
    sets = [sorted({n * 0x0123456789ABCDEF % 2**64 for n in one}) for one in rows]
    return Shingled(
        sets=np.array([n for one in sets for n in one], np.uint64),
        starts=np.concatenate(([0], np.cumsum([len(one) for one in sets]))).astype(np.int64),
        numbers=np.zeros(len(sets), np.uint64),
        fields=fields,
    )


def jaccard(left, right):
    return len(left & right) / len(left | right)


def mixed(seed, rows=14, most=8):
    rng = random.Random(seed)
    return [set(rng.sample(range(10), rng.randint(1, most))) for _ in range(rows)]


@pytest.mark.parametrize("seed", range(6))
def test_what_two_sets_share(seed):
    sets = [*mixed(seed, rows=8), set()]
    held = shingled(sets)
    for a, b in itertools.product(range(9), repeat=2):
        found = plain(kernels.shared)(
            held.sets, held.starts[a], held.starts[a + 1], held.starts[b], held.starts[b + 1]
        )
        assert found == len(sets[a] & sets[b])


@pytest.mark.parametrize("compared", [1, 2])
@pytest.mark.parametrize("threshold", [0.5, 0.6, 1.0])
def test_rows_are_alike_in_each_compared_field(threshold, compared):
    sets = [*mixed(3, rows=18), set(), {1}, set(), {1}, {2}, set()]
    held = shingled(sets, fields=2)
    for a, b in itertools.combinations(range(12), 2):
        fields = [(sets[2 * a + f], sets[2 * b + f]) for f in range(compared)]
        alike = all(x == y or (x and y and jaccard(x, y) >= threshold) for x, y in fields)
        found = plain(kernels.alike)(held.sets, held.starts, 2, compared, a, b, threshold)
        assert bool(found) == bool(alike)


def test_edges_are_measured_in_both_directions():
    sets = [{1, 2, 3, 4}, {1}, {1, 2}, set(), set(), set(), {5}, {1}]
    held = shingled(sets, fields=2)
    out = np.full((3, 2, 3), 9.0)
    plain(kernels.measure_edges)(
        held.sets, held.starts, 2, np.array([0, 2, 0]), np.array([1, 1, 3]), out
    )  # fmt: skip
    assert out.tolist() == [
        [[0.5, 0.5, 1.0], [0.0, 0.0, 0.0]],
        [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]],
        [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]],
    ]


def bucket(rng, rows, size):
    parts = [sorted(rng.sample(range(rows), size)) for _ in range(3)]
    bounds = np.cumsum([0, *map(len, parts)])
    return np.array([n for part in parts for n in part], np.int64), bounds.astype(np.int64), parts


@pytest.mark.parametrize("seed", range(4))
def test_each_row_of_a_bucket_joins_the_first_hub_alike(seed):
    sets = mixed(seed)
    held = shingled(sets)
    rows, bounds, parts = bucket(random.Random(seed), len(sets), 9)
    known = np.full((2, len(sets)), -1, np.int64)
    hub_out, row_out, hubs = (np.zeros(rows.size, np.int64) for _ in range(3))
    star = plain(kernels.star_edges)
    for _ in range(2):  # what is known of the first time changes nothing
        count = star(held.sets, held.starts, 1, 1, rows, bounds, 0.5, known, hubs, hub_out, row_out)
        expected = []
        for part in parts:
            first = []
            for row in part:
                hub = next((one for one in first if jaccard(sets[one], sets[row]) >= 0.5), None)
                if hub is None:
                    first.append(row)
                else:
                    expected.append((hub, row))
        assert list(zip(hub_out[:count].tolist(), row_out[:count].tolist(), strict=True)) == expected


def test_a_pair_that_is_known_is_not_compared_again():
    held = shingled([{1}, {1}, {2}])
    empty = np.zeros(0, np.uint64)
    rows, bounds = np.arange(3), np.array([0, 3])
    known = np.full((2, 3), -1, np.int64)
    room = [np.zeros(3, np.int64) for _ in range(3)]
    star = plain(kernels.star_edges)
    assert star(held.sets, held.starts, 1, 1, rows, bounds, 0.5, known, *room) == 1
    assert known.tolist() == [[-1, 0, -1], [-1, -1, 0]]
    # Nothing is read of the sets any more: they may be gone.
    starts = np.array([0, 5, 10, 15])
    assert star(empty, starts, 1, 1, rows, bounds, 0.5, known, *room) == 1


def test_a_row_goes_only_by_an_edge_to_one_that_is_kept():
    kept_of = np.full(5, -1, np.int64)
    plain(kernels.choose_kept)(np.array([0, 1, 1, 2]), np.array([1, 2, 3, 3]), kept_of)
    assert kept_of.tolist() == [-1, 0, -1, 2, -1]


@pytest.mark.parametrize("seed", range(4))
def test_links_join_each_component_once(seed):
    sets = mixed(seed + 20, rows=16)
    held = shingled(sets)
    rows, bounds, parts = bucket(random.Random(seed), len(sets), 10)
    parent = np.arange(len(sets))
    left, right = (np.zeros(rows.size, np.int64) for _ in range(2))
    count = plain(kernels.link_edges)(held.sets, held.starts, 1, 1, rows, bounds, 0.5, parent, left, right)
    label = list(range(len(sets)))
    for part in parts:
        for a, b in itertools.combinations(part, 2):
            if jaccard(sets[a], sets[b]) >= 0.5:
                label = [min(label[a], label[b]) if one in {label[a], label[b]} else one for one in label]
    roots = [int(plain(kernels.root_of)(parent, row)) for row in range(len(sets))]
    assert roots == label
    assert count == len(sets) - len(set(label))
    edges = list(zip(left[:count].tolist(), right[:count].tolist(), strict=True))
    assert all(a < b and jaccard(sets[a], sets[b]) >= 0.5 for a, b in edges)


def test_a_root_is_found_along_a_long_path():
    parent = np.array([0, 0, 1, 2, 3, 4])
    assert plain(kernels.root_of)(parent, 5) == 0
    assert parent.tolist() == [0, 0, 1, 1, 3, 3]


@pytest.mark.parametrize("seed", range(4))
def test_the_closest_of_another_part_is_the_smaller_of_equals(seed):
    rng = random.Random(seed)
    sets = mixed(seed + 40, rows=12, most=3)
    held = shingled(sets)
    part = np.array([rng.randint(0, 2) for _ in sets])
    best, other = np.zeros(12), np.full(12, -1, np.int64)
    order = rng.sample(range(12), 12)
    rows, bounds = np.array(order), np.array([0, 12])
    across = plain(kernels.closest_across)
    across(held.sets, held.starts[:-1], held.starts[1:], rows, bounds, part, best, other)
    for row in range(12):
        found = [(jaccard(sets[row], sets[b]), -b) for b in range(12) if part[b] != part[row]]
        value, place = max([one for one in found if one[0] > 0], default=(0.0, 1))
        assert best[row] == pytest.approx(value)
        assert value == 0 or other[row] == -place


def test_sets_are_copied_to_their_places():
    held = np.arange(10, 20, dtype=np.uint64)
    out = np.zeros(8, np.uint64)
    plain(kernels.copy_sets)(held, np.array([2, 5, 9]), np.array([4, 5, 10]), np.array([5, 0, 1]), out)
    assert out.tolist() == [0, 19, 0, 0, 0, 12, 13, 0]


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=30), st.integers(0, 1))
def test_rows_that_share_their_key_come_by_key_and_then_by_row(rows, near):
    keys = np.array([(n << 1 if near else n * 0x2545F4914F6CDD1D) % 2**64 for n, _ in rows], np.uint64)
    wanted = np.array([want for _, want in rows], np.bool_)
    chosen = [k for k in range(len(rows)) if wanted[k]]
    many = [k for k in chosen if sum(keys[k] == keys[j] for j in chosen) > 1]
    assert sharing_rows(keys, wanted).tolist() == sorted(many, key=lambda k: (int(keys[k]), k))


def test_bands_are_hashes_of_the_least_of_their_permutations():
    sets = [set(range(n, n + size)) for n, size in itertools.product(range(3), range(1, 10))]
    held = shingled(sets)
    banding = Banding(bands=4, per_band=2, max_bucket=9, seed=5)
    guard = np.array([n % 2 for n in range(len(sets))], np.uint64)
    found = hash_bands(held, banding=banding, guard=guard, compared=1)
    rng = np.random.default_rng(5)
    scale = rng.integers(0, 1 << 31, 8, np.uint32).astype(object) * 2 + 1
    shift = rng.integers(0, 1 << 32, 8, np.uint32).astype(object)
    keys = {}
    for row in range(len(sets)):
        values = [int(v) >> 32 for v in held.sets[held.starts[row] : held.starts[row + 1]]]
        least = [min((s * v + t) % 2**32 for v in values) for s, t in zip(scale, shift, strict=True)]
        for band in range(4):
            key = band, int(guard[row]), *least[2 * band : 2 * band + 2]
            assert keys.setdefault(key, int(found[band, row])) == int(found[band, row])
    assert len(set(keys.values())) == len(keys)


def test_a_large_bucket_is_split_by_the_bands_after_it():
    hashes = np.array([[1, 1, 1, 1, 2, 2], [1, 1, 2, 2, 3, 3], [1, 2, 1, 2, 1, 1]], np.uint64)
    banding = Banding(bands=3, per_band=1, max_bucket=3, seed=0)

    def split(band, rows, **more):
        rows, bounds, rebanded = split_large(
            band,
            np.array(rows),
            hashes_of=lambda other, members: hashes[other, members],
            banding=banding,
            **more,
        )
        return [rows[a:b].tolist() for a, b in itertools.pairwise(bounds)], rebanded

    parts, rebanded = split(0, [0, 1, 2, 3, 4, 5])
    assert rebanded == 4
    assert sorted(parts) == [[0, 1], [2, 3], [4, 5]]
    parts, rebanded = split(2, [0, 2, 4, 5, 1, 3])  # the first band comes after the last
    assert rebanded == 4
    assert sorted(parts) == [[0, 2], [1, 3], [4, 5]]
    parts, _ = split(0, [0, 1, 2, 3], rank=np.array([3, 2, 1, 0]))
    assert sorted(parts) == [[1, 0], [3, 2]]
    assert split(0, [0, 1, 2]) == ([[0, 1, 2]], 0)
