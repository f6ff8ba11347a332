"""Splits into train, valid and test by whole clusters, so that no test row has a near twin in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import polars as pl
from msgspec import Meta

from workbench.similarity import Banding, components, find_closest, find_links, guards, shingle
from workbench.spec import Spec
from workbench.steps.texts import asked, best_first, groups
from workbench.text import content_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.similarity import Shingled

Share = Annotated[float, Meta(ge=0, lt=1)]
Positive = Annotated[int, Meta(ge=1)]
PARTS = ("train", "valid", "test")


class Leak(NamedTuple):
    """The most similar two rows of different parts that were found: Jaccard over all slots, and their ids.

    Jaccard is 0 and the ids are empty where nothing was found; pairs below ``floor`` are seen by chance.
    """

    jaccard: float
    id: str
    other_id: str
    floor: float


class Parts(NamedTuple):
    """The three parts, each with a ``cluster`` column, the leak certificate, the largest cluster's rows."""

    train: pl.DataFrame
    valid: pl.DataFrame
    test: pl.DataFrame
    leak: Leak
    largest_cluster: int


class ClusterSplit(Spec, frozen=True, kw_only=True):
    """Split by cluster: rows that ask alike share a part.

    Two rows are in one cluster where every slot reaches the Jaccard ``threshold`` and the numbers are the
    same, or where they have the same text in a slot of type ``context``, unless more than ``common_context``
    of all rows have it. Links carry on from row to row. Per task, clusters go to ``test`` and ``valid`` in
    the order of a hash of ``seed`` and cluster, as long as they fit into that part's share of the rows (at
    least one row where there are three clusters); the rest is train, and so is every cluster with a worked
    example of the prompt. ``floor`` is the Jaccard from which the
    leak certificate looks for likeness across parts. The other fields are those of ``NearDedup``.
    """

    valid: Share = 0.1
    test: Share = 0.15
    threshold: Annotated[float, Meta(gt=0, le=1)] = 0.6
    common_context: Share = 0.05
    floor: Annotated[float, Meta(gt=0, le=1)] = 0.5
    ngram: Positive = 3
    char_ngram: Positive = 5
    num_perm: Positive = 128
    recall: Annotated[float, Meta(gt=0, lt=1)] = 0.99
    max_bucket: Annotated[int, Meta(ge=2)] = 2000
    seed: Annotated[int, Meta(ge=0)] = 0

    def __call__(self, frame: pl.DataFrame) -> Parts:
        """Split pairs (``PAIR_SCHEMA``); rows keep their order inside each part."""
        ranked, shingled, label = self._clustered(frame)
        cluster = self._names(ranked["id"], label)
        shown = set(cluster.filter(_is_example(ranked)).to_list())
        chosen = self._parts(ranked["task"].to_list(), cluster.to_list())
        # The long prompt shows these answers: asked of the teacher, they would test nothing.
        part = np.array(
            [0 if c in shown else p for p, c in zip(chosen, cluster.to_list(), strict=True)], np.int64
        )
        placed = ranked.with_columns(cluster.alias("cluster"), pl.Series("__part", part, pl.Int64))
        placed = placed.sort("__row")
        columns = [*frame.columns, "cluster"]
        train, valid, test = (placed.filter(pl.col("__part") == i).select(columns) for i in range(len(PARTS)))
        largest = int(np.bincount(label).max()) if label.size else 0
        return Parts(train, valid, test, self._leak(ranked["id"], shingled, part), largest)

    def clusters(self, frame: pl.DataFrame) -> pl.Series:
        """Name the cluster of each row, in the order of the rows."""
        ranked, _, label = self._clustered(frame)
        return ranked.select("__row", cluster=self._names(ranked["id"], label)).sort("__row")["cluster"]

    def _clustered(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, Shingled, NDArray[np.int64]]:
        """Return the rows best first, their shingles, and the number of each row's cluster."""
        ranked = best_first(frame)
        shingled = shingle(asked(ranked), ngram=self.ngram, char_ngram=self.char_ngram)
        return ranked, shingled, components(ranked.height, self._edges(ranked, shingled))

    def _edges(self, ranked: pl.DataFrame, shingled: Shingled) -> NDArray[np.int64]:
        """Return the links between rows: verified likeness, and one and the same context."""
        guard = guards(shingled, compared=shingled.fields, group=groups(ranked))
        alike = find_links(
            shingled,
            threshold=self.threshold,
            banding=self._banding(self.threshold),
            guard=guard,
            compared=shingled.fields,
        )
        return np.concatenate((alike, _same_context(ranked, common=self.common_context)))

    def _banding(self, threshold: float) -> Banding:
        return Banding.reaching(
            threshold, recall=self.recall, num_perm=self.num_perm, max_bucket=self.max_bucket, seed=self.seed
        )

    def _names(self, ids: pl.Series, label: NDArray[np.int64]) -> pl.Series:
        """Name each cluster by the smallest id in it, so that row order does not matter."""
        return pl.DataFrame({"label": label, "id": ids}).select(pl.col("id").min().over("label")).to_series()

    def _parts(self, tasks: list[str], clusters: list[str]) -> list[int]:
        """Choose the part of every row: 0 train, 1 valid, 2 test."""
        home: dict[str, str] = {}
        sizes: dict[str, dict[str, int]] = {}
        for task, cluster in zip(tasks, clusters, strict=True):
            home[cluster] = min(home.get(cluster, task), task)
        for cluster in clusters:
            of_task = sizes.setdefault(home[cluster], {})
            of_task[cluster] = of_task.get(cluster, 0) + 1
        chosen: dict[str, int] = {}
        for members in sizes.values():
            chosen |= self._choose(members)
        return [chosen[cluster] for cluster in clusters]

    def _choose(self, members: dict[str, int]) -> dict[str, int]:
        """Fill test, then valid, then train with one task's clusters of given sizes."""
        rows = sum(members.values())
        least = int(len(members) >= len(PARTS))
        shares = {2: self.test, 1: self.valid}
        room = {part: max(round(share * rows), least) for part, share in shares.items() if share}
        chosen = {}
        for cluster in sorted(members, key=lambda c: content_id(str(self.seed), c)):
            part = next((p for p in room if members[cluster] <= room[p]), 0)
            chosen[cluster] = part
            if part:
                room[part] -= members[cluster]
        return chosen

    def _leak(self, ids: pl.Series, shingled: Shingled, part: NDArray[np.int64]) -> Leak:
        """Find the greatest likeness across parts; train, valid and test all count as different."""
        banding = self._banding(self.floor)
        closest = find_closest(shingled, part=part, banding=banding, compared=shingled.fields)
        if not closest.jaccard.size or closest.jaccard.max() == 0:
            return Leak(0.0, "", "", self.floor)
        at = int(closest.jaccard.argmax())
        return Leak(float(closest.jaccard[at]), ids[at], ids[int(closest.row[at])], self.floor)


def _same_context(ranked: pl.DataFrame, *, common: float) -> NDArray[np.int64]:
    """Link each row to the first row with the same text in a slot of type ``context``."""
    slots = (
        ranked.select("slots", at=pl.int_range(pl.len(), dtype=pl.Int64))
        .explode("slots")
        .filter(pl.col("slots").struct.field("type") == "context")
        .select("at", value=pl.col("slots").struct.field("value"))
        .filter(pl.col("value").str.len_chars() > 0)
    )
    several = (pl.len().over("value") > 1) & (pl.len().over("value") <= max(common * ranked.height, 2))
    linked = slots.filter(several).select(first=pl.col("at").min().over("value"), at="at")
    return linked.filter(pl.col("first") != pl.col("at")).to_numpy().reshape(-1, 2).astype(np.int64)


def _is_example(frame: pl.DataFrame) -> pl.Series:
    """Tell which rows are worked examples of the prompt (``origin`` in ``meta``)."""
    origin = pl.col("meta").str.json_path_match("$.origin")
    return frame.select((origin == "example").fill_null(value=False)).to_series()
