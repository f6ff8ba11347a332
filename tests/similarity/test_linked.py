"""What a split asks of a store is what it asks of sets in memory, however rows lie and work is cut."""

import numpy as np
import polars as pl
import pytest

from workbench.similarity import Banding, components, find_closest, find_links, shingle
from workbench.similarity.linked import ClosestTask, closest_of, find_closest_pair, find_linked
from workbench.similarity.ondisk import StarTask, save_whole
from workbench.similarity.store import write_shard

BANDING = Banding.reaching(0.5, recall=0.99, num_perm=64, max_bucket=30, seed=0)


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(3)
    fresh = [list(rng.integers(0, 400, 24)) for _ in range(150)]
    for at in range(120):
        copy = list(fresh[at])
        for place in rng.integers(0, 24, rng.integers(0, 5)):
            copy[place] = int(rng.integers(0, 400))
        fresh.append(copy)
    return [" ".join(f"w{n}" for n in words) for words in fresh] + ["", ""]


def tasks(place, texts, order, parts, held):
    """Sign shards of 50 rows in the order given, and cut the search into ``parts`` a band."""
    shards = []
    for at in range(0, len(order), 50):
        shard = place / f"s{at}"
        shard.mkdir(parents=True)
        shingled = shingle([pl.Series([texts[n] for n in order[at : at + 50]])], ngram=2)
        guard = np.zeros(shingled.rows, np.uint64)
        write_shard(shard, shingled, banding=BANDING, guard=guard, compared=1)
        shards.append(str(shard))
    save_whole(str(place / "ranks.npy"), np.asarray(order, np.int64))
    save_whole(str(place / "alive.npy"), np.ones(len(order), np.bool_))
    shape = (BANDING.bands, BANDING.per_band, BANDING.max_bucket, BANDING.seed)
    return [
        StarTask(
            shards=tuple(shards),
            fields=1,
            compared=1,
            banding=shape,
            threshold=0.6,
            band=band,
            part=part,
            parts=parts,
            held=held,
            ranks=str(place / "ranks.npy"),
            alive=str(place / "alive.npy"),
            members=str(place / f"members-{band}-{part}.npy"),
            out=str(place / f"edges-{band}-{part}.npy"),
        )
        for band in range(BANDING.bands)
        for part in range(parts)
    ]


@pytest.mark.parametrize(("parts", "held"), [(1, 100_000), (3, 500)])
def test_components_and_leaks_of_a_store_are_those_in_memory(texts, tmp_path, parts, held):
    order = np.random.default_rng(parts).permutation(len(texts))
    todo = tasks(tmp_path, texts, order, parts, held)
    shingled = shingle([pl.Series(texts)], ngram=2)
    guard = np.zeros(len(texts), np.uint64)
    links = find_links(shingled, threshold=0.6, banding=BANDING, guard=guard, compared=1)
    found = np.concatenate([np.load(find_linked(task)) for task in todo], axis=1)
    assert found.shape[1] >= len(links) > 50
    assert (components(len(texts), found.T) == components(len(texts), links)).all()

    part = (np.arange(len(texts)) >= 150).astype(np.int64)
    save_whole(str(tmp_path / "parts.npy"), part[order])
    across = find_closest(shingled, part=part, banding=BANDING, compared=1)
    best = closest_of(
        [find_closest_pair(ClosestTask(search=one, parts=str(tmp_path / "parts.npy"))) for one in todo]
    )
    at = int(across.jaccard.argmax())
    assert best.jaccard == across.jaccard.max() == 1.0
    assert (best.rank, best.other) == (at, int(across.row[at]))


def test_rows_of_one_part_have_no_closest(texts, tmp_path):
    todo = tasks(tmp_path, texts[:60], np.arange(60), 1, 1000)
    save_whole(str(tmp_path / "parts.npy"), np.zeros(60, np.int64))
    found = [find_closest_pair(ClosestTask(search=one, parts=str(tmp_path / "parts.npy"))) for one in todo]
    assert closest_of(found).rank == -1
