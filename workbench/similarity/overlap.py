"""Counts what texts share with other texts, leaving aside what many of them say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from workbench.similarity.banding import Banding
from workbench.similarity.near import components, find_links
from workbench.similarity.shingles import Shingled, shingle

if TYPE_CHECKING:
    from numpy.typing import NDArray


_COPIES = 0.6


class Texts(NamedTuple):
    """Texts with an owner each: ``owner`` numbers what they belong to, ``text`` are they themselves."""

    owner: NDArray[np.int64]
    text: pl.Series


class Common(NamedTuple):
    """When a shingle is boilerplate: in more than ``share`` of the documents, and in ``least`` or more."""

    share: float
    least: int


def shared(
    rows: Texts, units: Texts, records: NDArray[np.int64], *, common: Common, ngram: int, char_ngram: int
) -> tuple[pl.DataFrame, int]:
    """Count for each row and unit how many of the unit's shingles the row has, boilerplate left aside.

    Args:
        rows: texts of the rows, owned by row numbers.
        units: texts to look for, owned by unit numbers 0, 1, … in order.
        records: for each unit the record it belongs to.
        common: a shingle that so many records have, or so many rows, is boilerplate. Rows that are near
            copies of each other (Jaccard 0.6 or more of what they share with units) count once, so that a
            leaked text does not become boilerplate by being copied.
        ngram: words a shingle.
        char_ngram: characters a shingle in scripts without spaces.

    Returns:
        ``row, unit, shared, size`` for every pair that shares something, ``size`` being the unit's shingles
        that are no boilerplate; and how many different shingles were boilerplate.
    """
    wanted = _grams(units, ngram=ngram, char_ngram=char_ngram)
    present = _grams(rows, ngram=ngram, char_ngram=char_ngram)
    present = present.join(wanted.select("gram").unique(), on="gram", how="semi")
    boilerplate = _common(
        wanted.with_columns(pl.Series("owner", records[wanted["owner"].to_numpy()])).unique(), common
    )
    height = int(rows.owner.max(initial=-1)) + 1
    boilerplate = pl.concat([boilerplate, _common(_once(present), common, total=height)]).unique()
    wanted = wanted.join(boilerplate, on="gram", how="anti")
    sizes = wanted.group_by("owner").len("size").rename({"owner": "unit"})
    pairs = present.join(wanted.rename({"owner": "unit"}), on="gram").group_by("owner", "unit").len("shared")
    out = pairs.join(sizes, on="unit").rename({"owner": "row"}).sort("row", "unit")
    return out.with_columns(pl.col("shared", "size").cast(pl.Int64)), boilerplate.height


def take(shingled: Shingled, rows: NDArray[np.int64]) -> Shingled:
    """Return the sets of some rows, in the order of ``rows``."""
    fields = shingled.fields
    keys = (rows[:, None] * fields + np.arange(fields)).ravel()
    sizes = shingled.starts[keys + 1] - shingled.starts[keys]
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    places = np.arange(starts[-1]) + np.repeat(shingled.starts[keys] - starts[:-1], sizes)
    return Shingled(sets=shingled.sets[places], starts=starts, numbers=shingled.numbers[keys], fields=fields)


def _grams(texts: Texts, *, ngram: int, char_ngram: int) -> pl.DataFrame:
    """Return the different shingles of each owner: ``owner, gram``."""
    sets = shingle([texts.text], ngram=ngram, char_ngram=char_ngram)
    owner = np.repeat(texts.owner, np.diff(sets.starts))
    return pl.DataFrame(
        {"owner": owner, "gram": sets.sets}, schema={"owner": pl.Int64, "gram": pl.UInt64}
    ).unique()


def _common(grams: pl.DataFrame, common: Common, total: int | None = None) -> pl.DataFrame:
    documents = grams["owner"].n_unique() if total is None else total
    needed = max(common.share * documents, common.least - 1)
    return grams.group_by("gram").len().filter(pl.col("len") > needed).select("gram")


def _once(present: pl.DataFrame) -> pl.DataFrame:
    """Name for each shingle the clusters of rows that have it, near copies being one cluster."""
    owners = present["owner"].unique().sort()
    if owners.len() < 2:  # noqa: PLR2004 - one row has no copies
        return present
    ordered = present.sort("owner", "gram")
    sizes = ordered.group_by("owner", maintain_order=True).len()["len"].to_numpy()
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    sets = Shingled(
        sets=ordered["gram"].to_numpy(), starts=starts, numbers=np.zeros(sizes.size, np.uint64), fields=1
    )
    banding = Banding.reaching(_COPIES, recall=0.99, num_perm=128, max_bucket=2000, seed=0)
    guard = np.zeros(sizes.size, np.uint64)
    links = find_links(sets, threshold=_COPIES, banding=banding, guard=guard, compared=1)
    label = pl.DataFrame({"owner": owners, "label": components(sizes.size, links)})
    return present.join(label, on="owner").select(owner="label", gram="gram").unique()
