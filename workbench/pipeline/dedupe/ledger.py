"""Writes the ledger of a deduplication by whole columns: it may have millions of rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench.io.frames import LEDGER_SCHEMA
from workbench.similarity.ondisk import measure_places
from workbench.steps import ExactDedup

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.similarity.store import Store
    from workbench.steps import NearDedup

_SEPARATOR = "\x1f"
_SCALE = 1000


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was decided, by place: the equal row that comes first, and the alike row that stays (-1: none)."""

    equal_to: NDArray[np.int64]
    alike_to: NDArray[np.int64]

    @property
    def gone(self) -> NDArray[np.int64]:
        """The places of the rows that go, ascending."""
        return np.flatnonzero((self.equal_to >= 0) | (self.alike_to >= 0))

    @property
    def kept_instead(self) -> NDArray[np.int64]:
        """For each row that goes the place of the row that stays: never one that goes itself."""
        equal, alike = self.equal_to[self.gone], self.alike_to[self.gone]
        of_equal = np.where(equal >= 0, self.alike_to[equal], -1)
        return np.where(equal < 0, alike, np.where(of_equal >= 0, of_equal, equal))


def write_ledger(
    ids: pl.Series, verdict: Verdict, *, store: Store, near: NearDedup, held: int
) -> pl.DataFrame:
    """Return the ledger (``LEDGER_SCHEMA``), ordered by row, every figure measured on the real sets."""
    gone, stays = verdict.gone, verdict.kept_instead
    figures = measure_places(store, gone, stays, held=held)
    least = figures[np.arange(gone.size), figures[:, :, 0].argmin(axis=1)]
    equal = verdict.equal_to[gone]
    exact = equal >= 0
    direct = exact & (equal == stays)
    by_field = pl.DataFrame(figures[:, :, 0], schema=[f"f{n}" for n in range(figures.shape[1])])
    detail = by_field.select(
        pl.concat_str((_thousandths(name) for name in by_field.columns), separator=", ")
    ).to_series()
    frame = pl.DataFrame(
        {
            "id": ids.gather(gone),
            "row": gone,
            "kept_id": ids.gather(stays),
            "equal": ids.gather(np.where(exact, equal, gone)),
            "exact": exact,
            "direct": direct,
            "jaccard": np.where(direct, 1.0, least[:, 0]),
            "containment_ab": np.where(direct, 1.0, least[:, 1]),
            "containment_ba": np.where(direct, 1.0, least[:, 2]),
            "by_field": detail,
        }
    )
    exactly = pl.col("exact")
    told = pl.format("equal to {}, which went as a near duplicate", "equal")
    return frame.select(
        "id",
        "row",
        pl.when(exactly).then(pl.lit("exact_dedup")).otherwise(pl.lit("near_dedup")).alias("step"),
        pl.when(exactly).then(pl.lit("exact duplicate")).otherwise(pl.lit("near duplicate")).alias("reason"),
        pl.lit(None, pl.String).alias("rule"),
        pl.col("jaccard").alias("measured"),
        pl.when("direct").then(1.0).otherwise(near.threshold).alias("threshold"),
        "kept_id",
        "jaccard",
        "containment_ab",
        "containment_ba",
        pl.when("direct")
        .then(pl.lit(None, pl.String))
        .when(exactly)
        .then(told)
        .otherwise(pl.lit("Jaccard by field: ") + pl.col("by_field"))
        .alias("detail"),
        pl.when(exactly).then(pl.lit(ExactDedup().key)).otherwise(pl.lit(near.key)).alias("spec_key"),
    ).match_to_schema(LEDGER_SCHEMA)


def _thousandths(name: str) -> pl.Expr:
    """Write a share in [0, 1] with three digits after the point."""
    whole = (pl.col(name) * _SCALE).round().cast(pl.Int64)
    part = (whole % _SCALE).cast(pl.String).str.zfill(3)
    return pl.concat_str((whole // _SCALE).cast(pl.String), pl.lit("."), part)


def ledger_hash(ledger: pl.DataFrame) -> str:
    """Name a ledger by its content, whatever the order of the rows and their places in the input."""
    rows = (
        ledger.select(pl.concat_str(pl.exclude("row").cast(pl.String).fill_null(""), separator=_SEPARATOR))
        .to_series()
        .sort()
    )
    digest = hashlib.blake2b(digest_size=16)
    for row in rows:
        digest.update(row.encode() + b"\n")
    return digest.hexdigest()
