"""Splits the living rows of a sheet by whole clusters, and certifies what is alike across parts: on disk."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from workbench.pipeline.curation.near import shape, widest
from workbench.pipeline.curation.tasks import Cut
from workbench.similarity import components
from workbench.similarity.linked import ClosestTask, closest_of, find_closest_pair, find_linked
from workbench.similarity.ondisk import save_whole
from workbench.steps import Leak, NearDedup
from workbench.steps.split import PARTS, largest_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from workbench.pipeline.curation.near import Living, Signed
    from workbench.pipeline.dedupe.search import Search
    from workbench.similarity.ondisk import StarTask
    from workbench.steps import ClusterSplit

_LIGHT = ("id", "task", "source", "meta", "rules")


class Placed(NamedTuple):
    """Where each row went: its part by place (-1: gone), its cluster, and what is alike across parts."""

    part: NDArray[np.int64]
    cluster: pl.Series
    largest_cluster: int
    across: dict[str, Leak]


def split(how: ClusterSplit, living: Living) -> Placed:
    """Split as ``how`` says.

    Raises:
        ConfigError: a source that doesn't tell rows apart.
    """
    facts, contexts = living.facts()
    order = living.best_first(facts)
    every = living.whole_order(order)
    width = widest(facts)
    cuts = (
        Cut(name="alike", compared=width, banding=shape(how.banding(how.threshold)), guard="numbers"),
        Cut(name="across", compared=width, banding=shape(how.banding(how.floor)), guard="none"),
    )
    signed = living.signed(texts="asked", width=width, ngrams=(how.ngram, how.char_ngram), cuts=cuts)
    ranked = living.sheet.columns(_LIGHT)[order]
    label = components(order.size, _links(how, living, signed, every, ranked, contexts))
    cluster, part = how.assign(ranked, label)
    by_place = np.full(living.sheet.rows, -1, np.int64)
    by_place[order] = part
    across = _across(how, living, signed, every, by_place)
    names = pl.Series([None], dtype=pl.String).new_from_index(0, living.sheet.rows)
    return Placed(by_place, names.scatter(order, cluster), largest_of(label), across)


def _links(
    how: ClusterSplit,
    living: Living,
    signed: Signed,
    every: NDArray[np.int64],
    ranked: pl.DataFrame,
    contexts: pl.DataFrame,
) -> NDArray[np.int64]:
    """Return links between ranks: verified likeness, and one context, source or cluster."""
    ranks = _ranks(every)
    search = living.search(signed, "alike", _verified(how), how.banding(how.threshold))
    tasks = _tasks(search, ranks, living.alive, "links")
    done = search.engine.map(find_linked, tasks, stage="clusters", progress=search.progress)
    alike = np.concatenate([np.empty((2, 0), np.int64), *(np.load(name) for name in done)], axis=1).T
    at = contexts["at"].to_numpy()
    here = contexts.with_columns(at=pl.Series(ranks[at])).filter(pl.Series(living.alive[at]))
    return np.concatenate((alike, how.same(ranked, here, by=["d0", "d1"])))


def _across(
    how: ClusterSplit, living: Living, signed: Signed, every: NDArray[np.int64], part: NDArray[np.int64]
) -> dict[str, Leak]:
    """Find the greatest likeness across each two parts."""
    ranks, ids = _ranks(every), living.sheet.columns(["id"])["id"]
    whole = living.search(signed, "across", _verified(how), how.banding(how.floor))
    found = {}
    for one, other in combinations(range(len(PARTS)), 2):
        name = f"{PARTS[one]}-{PARTS[other]}"
        search = dataclasses.replace(whole, work=living.shop.folder(f"{living.step}/{name}"))
        tasks = _tasks(search, ranks, (part == one) | (part == other), "pairs")
        parts = str(search.work / "parts.npy")
        save_whole(parts, part)
        asked = [ClosestTask(search=task, parts=parts) for task in tasks]
        done = search.engine.map(find_closest_pair, asked, stage=f"leaks {name}", progress=search.progress)
        best = closest_of(done)
        leak = Leak(0.0, "", "", how.floor)
        if best.rank >= 0:
            leak = Leak(best.jaccard, ids[int(every[best.rank])], ids[int(every[best.other])], how.floor)
        found[name] = leak
    return found


def _tasks(search: Search, ranks: NDArray[np.int64], among: NDArray[np.bool_], name: str) -> list[StarTask]:
    place: Path = search.work / name
    place.mkdir(exist_ok=True)
    save_whole(str(search.work / "ranks.npy"), ranks)
    save_whole(str(place / "alive.npy"), among)
    return search.tasks(place)


def _verified(how: ClusterSplit) -> NearDedup:
    """Return what a search holds of a split: its threshold."""
    return NearDedup(threshold=how.threshold)


def _ranks(every: NDArray[np.int64]) -> NDArray[np.int64]:
    ranks = np.empty(every.size, np.int64)
    ranks[every] = np.arange(every.size)
    return ranks
