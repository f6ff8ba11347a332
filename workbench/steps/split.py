"""Splits into train, valid and test by whole clusters, so that no test row has a near twin in training."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import numpy as np
import polars as pl
from msgspec import Meta

from workbench.similarity import Banding, components, find_closest, find_links, guards, shingle
from workbench.similarity.overlap import take
from workbench.spec import Spec
from workbench.steps.stratify import choose_parts, same_source
from workbench.steps.texts import asked, best_first, groups

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
    """The three parts, each with a ``cluster`` column, the leak certificate, the largest cluster's rows.

    ``across`` is the certificate of each two parts, by name as ``train-test``; ``leak`` the greatest of them.
    """

    train: pl.DataFrame
    valid: pl.DataFrame
    test: pl.DataFrame
    leak: Leak
    largest_cluster: int
    across: dict[str, Leak]


class ClusterSplit(Spec, frozen=True, kw_only=True):
    """Split by cluster: rows that ask alike share a part.

    Two rows are in one cluster where every slot reaches the Jaccard ``threshold`` and the numbers are the
    same, or where they have the same text in a slot of type ``context``, unless more than ``common_context``
    of all rows have it; with ``source``, also where they come from one file (``file``), or have one value
    under a key of ``meta`` (``meta.customer``); rows that name one ``cluster`` in ``meta`` always are. Links
    carry on from row to row; a cluster is never parted.

    Parts are stratified by task, and by the rules that rows exercise where the signal ``rules`` was measured
    (``stratify``): label by label, the rarest first, clusters go in the order of a hash of ``seed`` and
    cluster to the part that lacks the label most (Sechidis et al. 2011), as long as they fit into that part's
    share of the task's rows (at least one row where there are three clusters); the rest is train, and so is
    every cluster with a worked example of the prompt. ``floor`` is the Jaccard from which the leak
    certificate looks for likeness across parts. The other fields are those of ``NearDedup``.
    """

    valid: Share = 0.1
    test: Share = 0.15
    threshold: Annotated[float, Meta(gt=0, le=1)] = 0.6
    common_context: Share = 0.05
    source: str | None = None
    stratify: tuple[Literal["task", "rule"], ...] = ("task", "rule")
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
        cluster, part = self.assign(ranked, label)
        placed = ranked.with_columns(cluster.alias("cluster"), pl.Series("__part", part, pl.Int64))
        placed = placed.sort("__row")
        columns = [*frame.columns, "cluster"]
        train, valid, test = (placed.filter(pl.col("__part") == i).select(columns) for i in range(len(PARTS)))
        across = self._across(ranked["id"], shingled, part)
        leak = max(across.values(), key=lambda leak: leak.jaccard)
        return Parts(train, valid, test, leak, largest_of(label), across)

    def assign(self, ranked: pl.DataFrame, label: NDArray[np.int64]) -> tuple[pl.Series, NDArray[np.int64]]:
        """Name each row's cluster, and choose its part (0 to 2 in the order of ``PARTS``).

        ``ranked`` has ``id``, ``task``, ``meta``, and ``rules`` where that was measured.
        """
        cluster = self._names(ranked["id"], label)
        homes = choose_parts(
            self._members(ranked, cluster),
            shares={2: self.test, 1: self.valid},
            least=len(PARTS),
            seed=self.seed,
        )
        # The long prompt shows these answers: asked of the teacher, they would test nothing.
        shown = set(cluster.filter(_is_example(ranked)).to_list())
        return cluster, np.array([0 if name in shown else homes[name] for name in cluster], np.int64)

    def clusters(self, frame: pl.DataFrame) -> pl.Series:
        """Name the cluster of each row, in the order of the rows."""
        ranked, _, label = self._clustered(frame)
        return ranked.select("__row", cluster=self._names(ranked["id"], label)).sort("__row")["cluster"]

    def certificate(self, *parts: pl.DataFrame) -> dict[str, Leak]:
        """Find the greatest likeness across each two of train, valid and test as they stand."""
        whole = pl.concat([frame.select("id", "prompt", "slots") for frame in parts])
        shingled = shingle(asked(whole), ngram=self.ngram, char_ngram=self.char_ngram)
        part = np.repeat(np.arange(len(parts), dtype=np.int64), [frame.height for frame in parts])
        return self._across(whole["id"], shingled, part)

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
            banding=self.banding(self.threshold),
            guard=guard,
            compared=shingled.fields,
        )
        contexts = contexts_of(ranked)
        return np.concatenate((alike, self.same(ranked, contexts, by=["value"])))

    def same(self, light: pl.DataFrame, contexts: pl.DataFrame, *, by: list[str]) -> NDArray[np.int64]:
        """Link rows of one context, one source, or one ``cluster`` in ``meta``, each to the first of them.

        ``light`` has ``source`` and ``meta``; ``contexts`` has for each context of a row its number ``at``
        and the columns ``by``, equal where contexts are.
        """
        links = [_same_context(contexts, rows=light.height, common=self.common_context, by=by)]
        if self.source is not None:
            links.append(same_source(light, self.source))
        if light["meta"].str.json_path_match("$['cluster']").n_unique() > 1:
            links.append(same_source(light, "meta.cluster"))
        return np.concatenate(links)

    def banding(self, threshold: float) -> Banding:
        """Return how pairs at ``threshold`` are found."""
        return Banding.reaching(
            threshold, recall=self.recall, num_perm=self.num_perm, max_bucket=self.max_bucket, seed=self.seed
        )

    def _names(self, ids: pl.Series, label: NDArray[np.int64]) -> pl.Series:
        """Name each cluster by the smallest id in it, so that row order does not matter."""
        return pl.DataFrame({"label": label, "id": ids}).select(pl.col("id").min().over("label")).to_series()

    def _members(self, ranked: pl.DataFrame, cluster: pl.Series) -> dict[str, dict[str, Counter[str]]]:
        """Count for each task the labels of each cluster: its rows under ``""``, and those of each rule.

        A cluster of several tasks belongs to the first by name.
        """
        rules = ranked["rules"].to_list() if self._by_rule(ranked) else [None] * ranked.height
        home: dict[str, str] = {}
        counts: dict[str, Counter[str]] = {}
        for name, task, exercised in zip(cluster, ranked["task"], rules, strict=True):
            home[name] = min(home.get(name, task), task)
            counts.setdefault(name, Counter()).update(["", *(exercised or ())])
        tasks: dict[str, dict[str, Counter[str]]] = {}
        for name, labels in counts.items():
            tasks.setdefault(home[name] if "task" in self.stratify else "", {})[name] = labels
        return tasks

    def _by_rule(self, frame: pl.DataFrame) -> bool:
        return "rule" in self.stratify and frame.schema.get("rules") == pl.List(pl.String())

    def _across(self, ids: pl.Series, shingled: Shingled, part: NDArray[np.int64]) -> dict[str, Leak]:
        """Find the greatest likeness across each two parts."""
        found = {}
        for one, other in combinations(range(len(PARTS)), 2):
            rows = np.flatnonzero((part == one) | (part == other))
            leak = self._leak(ids.gather(rows), take(shingled, rows), part[rows])
            found[f"{PARTS[one]}-{PARTS[other]}"] = leak
        return found

    def _leak(self, ids: pl.Series, shingled: Shingled, part: NDArray[np.int64]) -> Leak:
        """Find the greatest likeness of two rows of different parts."""
        banding = self.banding(self.floor)
        closest = find_closest(shingled, part=part, banding=banding, compared=shingled.fields)
        if not closest.jaccard.size or closest.jaccard.max() == 0:
            return Leak(0.0, "", "", self.floor)
        at = int(closest.jaccard.argmax())
        return Leak(float(closest.jaccard[at]), ids[at], ids[int(closest.row[at])], self.floor)


def largest_of(label: NDArray[np.int64]) -> int:
    """Count the rows of the largest cluster."""
    return int(np.bincount(label).max()) if label.size else 0


def contexts_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the texts in slots of type ``context`` as ``value``, each with the number ``at`` of its row."""
    return (
        frame.select("slots", at=pl.int_range(pl.len(), dtype=pl.Int64))
        .explode("slots")
        .filter(pl.col("slots").struct.field("type") == "context")
        .select("at", value=pl.col("slots").struct.field("value"))
        .filter(pl.col("value").str.len_chars() > 0)
    )


def _same_context(contexts: pl.DataFrame, *, rows: int, common: float, by: list[str]) -> NDArray[np.int64]:
    """Link each row to the first row with the same context, unless too many of ``rows`` have it."""
    several = (pl.len().over(by) > 1) & (pl.len().over(by) <= max(common * rows, 2))
    linked = contexts.filter(several).select(first=pl.col("at").min().over(by), at="at")
    return linked.filter(pl.col("first") != pl.col("at")).to_numpy().reshape(-1, 2).astype(np.int64)


def _is_example(frame: pl.DataFrame) -> pl.Series:
    """Tell which rows are worked examples of the prompt (``origin`` in ``meta``)."""
    origin = pl.col("meta").str.json_path_match("$.origin")
    return frame.select((origin == "example").fill_null(value=False)).to_series()
