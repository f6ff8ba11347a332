"""Drops exact and near duplicate pairs, each with a verified edge to a row that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import numpy as np
import polars as pl
from msgspec import Meta

from workbench.contracts import Contract  # noqa: TC001 - msgspec reads it
from workbench.io.frames import LEDGER_SCHEMA
from workbench.records import Split
from workbench.similarity import Banding, TextStream, find_duplicates
from workbench.spec import Spec
from workbench.steps.contract_filter import ContractFilter
from workbench.steps.noted import Noted
from workbench.steps.texts import KeeperName, answered, asked, best_first, groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Share = Annotated[float, Meta(gt=0, le=1)]
Positive = Annotated[int, Meta(ge=1)]
EQUAL = ("task", "template_id", "prompt", "completion", "slots")


class ExactDedup(Spec, frozen=True, kw_only=True):
    """Drop pairs whose prompt, slots and answer equal those of a better pair, byte for byte.

    ``keeper`` as in ``NearDedup``; equal pairs obey their contract alike, so it has nothing to say here.
    """

    keeper: tuple[Literal["human_reviewed", "score", "oldest"], ...] = ("oldest",)

    def __call__(self, frame: pl.DataFrame) -> Split:
        """Partition pairs (``PAIR_SCHEMA``)."""
        ranked = best_first(frame, keeper=self.keeper)
        kept_of = first_equal(ranked.select(EQUAL))
        gone = np.flatnonzero(kept_of >= 0)
        rows = self.told(ranked[gone].select("id", row="__row"), kept_id=ranked["id"].gather(kept_of[gone]))
        return _split(frame, ranked, kept_of, rows)

    def told(self, gone: pl.DataFrame, *, kept_id: pl.Series) -> pl.DataFrame:
        """Write the ledger of rows ``gone`` (``id``, ``row``)."""
        one = pl.lit(1.0)
        return (
            gone.select("id", pl.col("row").cast(pl.Int64))
            .with_columns(
                step=pl.lit("exact_dedup"),
                reason=pl.lit("exact duplicate"),
                rule=pl.lit(None, pl.String),
                measured=one,
                threshold=one,
                kept_id=kept_id,
                jaccard=one,
                containment_ab=one,
                containment_ba=one,
                detail=pl.lit(None, pl.String),
                spec_key=pl.lit(self.key),
            )
            .match_to_schema(LEDGER_SCHEMA)
        )


class NearDedup(Spec, frozen=True, kw_only=True):
    """Drop pairs alike in what was asked *and* in what was answered.

    Alike: every slot and the answer reach the Jaccard ``threshold`` on shingles of ``ngram`` words
    (``char_ngram`` characters of scripts without spaces), and, unless ``numbers`` is ``ignore``, their
    numbers and identifiers are the same. Candidates come from MinHash with ``num_perm`` minima, banded to
    propose a pair at the threshold with probability ``recall``; buckets above ``max_bucket`` rows are split
    by further bands. Each candidate is verified on the real sets before a row goes. ``keeper`` says which of
    two stays: the first name that tells them apart, then the smaller id. ``contract_valid`` judges by
    ``contracts``; the pipeline puts in those that came with the pairs.

    Pairs alike in what was asked but not in what was answered contradict each other: ``conflicts`` keeps both
    and reports them, or keeps the ``first`` only.
    """

    threshold: Share = 0.8
    ngram: Positive = 2
    char_ngram: Positive = 2
    numbers: Literal["same", "ignore"] = "same"
    conflicts: Literal["keep", "first"] = "keep"
    keeper: tuple[KeeperName, ...] = ("oldest",)
    contracts: tuple[Contract, ...] = ()
    num_perm: Positive = 128
    recall: Annotated[float, Meta(gt=0, lt=1)] = 0.99
    max_bucket: Annotated[int, Meta(ge=2)] = 2000
    seed: Annotated[int, Meta(ge=0)] = 0

    def __call__(self, frame: pl.DataFrame) -> Noted:
        """Partition pairs (``PAIR_SCHEMA``); notes: ``conflicts`` and ``rebanded``."""
        ranked = best_first(frame, keeper=self.keeper, valid=self.validity(frame))
        inputs = asked(ranked)
        texts = self.texts([*inputs, answered(ranked)])
        group = groups(ranked)
        if self.conflicts == "first":
            # One search over the inputs, so that whatever goes has an edge to a row that stays.
            kept_of, rebanded = self.search(texts, group=group, compared=len(inputs))
            against = np.where(self._same_answer(texts, kept_of), -1, kept_of)
        else:
            kept_of, rebanded = self.search(texts, group=group)
            against, _ = self.search(texts, group=group, compared=len(inputs), among=kept_of < 0)
        alike = np.where(against >= 0, -1, kept_of)
        rows = self._told(texts, alike, ranked)
        conflicting = self._told(texts, against, ranked, compared=len(inputs), reason="conflict")
        gone = pl.concat([rows, conflicting]) if self.conflicts == "first" else rows
        split = _split(frame, ranked, kept_of, gone)
        notes = {"rebanded": rebanded, "conflicts": conflicts_of(conflicting)}
        return Noted(kept=split.kept, dropped=split.dropped, notes=notes)

    def bound(self, contracts: Sequence[Contract]) -> NearDedup:
        """Return this step with the contracts that came with the pairs, where its keeper asks for them."""
        if self.contracts or "contract_valid" not in self.keeper:
            return self
        return msgspec.structs.replace(self, contracts=tuple(contracts))

    def validity(self, frame: pl.DataFrame) -> pl.Series | None:
        """Tell which pairs obey their contract, or ``None`` where the keeper does not ask.

        Raises:
            ConfigError: a task without contract.
        """
        if "contract_valid" not in self.keeper:
            return None
        broken = ContractFilter(contracts=self.contracts)(frame).dropped["row"]
        return ~pl.int_range(frame.height, eager=True, dtype=pl.Int64).is_in(broken.implode())

    def _same_answer(self, texts: TextStream, kept_of: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell for each row whether its last field is alike to that of the row kept instead."""
        gone = np.flatnonzero(kept_of >= 0)
        figures, numbers = texts.beside(gone, kept_of[gone])
        same = figures[:, -1, 0] >= self.threshold
        if self.numbers == "same":
            same &= numbers[:, -1]
        out = np.zeros(texts.rows, np.bool_)
        out[gone] = same
        return out

    def texts(self, columns: Sequence[pl.Series]) -> TextStream:
        """Take columns of text, to be cut into shingles by this step's sizes."""
        return TextStream.of(columns, ngram=self.ngram, char_ngram=self.char_ngram)

    @property
    def banding(self) -> Banding:
        """How candidates are found at this threshold and recall."""
        return Banding.reaching(
            self.threshold,
            recall=self.recall,
            num_perm=self.num_perm,
            max_bucket=self.max_bucket,
            seed=self.seed,
        )

    def search(
        self,
        texts: TextStream,
        *,
        group: NDArray[np.uint64],
        compared: int | None = None,
        among: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.int64], int]:
        """Find for each row, best first, the row kept instead of it or -1; and how many were re-banded.

        Only the first ``compared`` fields count (default: all), and only rows ``among`` are looked at.
        """
        found = find_duplicates(
            texts,
            threshold=self.threshold,
            banding=self.banding,
            group=group,
            numbers=self.numbers == "same",
            compared=compared,
            among=among,
        )
        return found.kept_of, found.rebanded

    def told(
        self,
        figures: NDArray[np.float64],
        *,
        gone: pl.DataFrame,
        kept_id: pl.Series,
        compared: int | None = None,
        reason: str = "near duplicate",
    ) -> pl.DataFrame:
        """Write the ledger of rows ``gone`` (``id``, ``row``), with the figures of the field least alike.

        ``figures`` are those of ``measure``; the first ``compared`` fields (default: all) decide.
        """
        fields = figures[:, :compared]
        weakest = fields[np.arange(len(figures)), fields[:, :, 0].argmin(axis=1)]
        detail = [
            "Jaccard by field: " + ", ".join(f"{value:.3f}" for value in each) for each in figures[:, :, 0]
        ]
        return (
            gone.select("id", pl.col("row").cast(pl.Int64))
            .with_columns(
                step=pl.lit("near_dedup"),
                reason=pl.lit(reason),
                rule=pl.lit(None, pl.String),
                measured=pl.Series(weakest[:, 0]),
                threshold=pl.lit(self.threshold),
                kept_id=kept_id,
                jaccard=pl.Series(weakest[:, 0]),
                containment_ab=pl.Series(weakest[:, 1]),
                containment_ba=pl.Series(weakest[:, 2]),
                detail=pl.Series(detail, dtype=pl.String),
                spec_key=pl.lit(self.key),
            )
            .match_to_schema(LEDGER_SCHEMA)
        )

    def _told(
        self,
        texts: TextStream,
        kept_of: NDArray[np.int64],
        ranked: pl.DataFrame,
        *,
        compared: int | None = None,
        reason: str = "near duplicate",
    ) -> pl.DataFrame:
        gone = np.flatnonzero(kept_of >= 0)
        return self.told(
            texts.beside(gone, kept_of[gone])[0],
            gone=ranked[gone].select("id", row="__row"),
            kept_id=ranked["id"].gather(kept_of[gone]),
            compared=compared,
            reason=reason,
        )


def first_equal(columns: pl.DataFrame) -> NDArray[np.int64]:
    """Return for each row the first row equal to it, nulls included, or -1 where it is the first itself."""
    at = pl.col("__at").first().over(columns.columns).cast(pl.Int64)
    first = columns.with_row_index("__at").select(at).to_series().to_numpy()
    return np.where(first == np.arange(columns.height), -1, first).astype(np.int64)


def direct(ledger: pl.DataFrame) -> pl.DataFrame:
    """Point exact duplicates of a row that went itself as a near duplicate at the row that stayed.

    What is equal to a row has its figures too, so that the edge is as verified as that row's own.
    """
    names = ("kept_id", "measured", "threshold", "jaccard", "containment_ab", "containment_ba")
    near = ledger.filter(pl.col("step") == "near_dedup")
    further = near.select(pl.col("id").alias("kept_id"), *(pl.col(name).alias(f"__{name}") for name in names))
    joined = ledger.join(further.unique("kept_id"), on="kept_id", how="left", maintain_order="left")
    moved = (pl.col("step") == "exact_dedup") & pl.col("__kept_id").is_not_null()
    told = pl.format("equal to {}, which went as a near duplicate", "kept_id")
    return joined.with_columns(
        pl.when(moved).then(told).otherwise("detail").alias("detail"),
        *(pl.when(moved).then(f"__{name}").otherwise(name).alias(name) for name in names),
    ).select(ledger.columns)


def _split(
    frame: pl.DataFrame, ranked: pl.DataFrame, kept_of: NDArray[np.int64], rows: pl.DataFrame
) -> Split:
    """Make the partition: rows kept in their old order, ledger by place."""
    stays = np.ones(frame.height, np.bool_)
    stays[ranked["__row"].to_numpy()[kept_of >= 0]] = False
    return Split(kept=frame.filter(pl.Series(stays)), dropped=rows.sort("row")).conserved(frame.height)


def conflicts_of(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """List pairs that ask alike and are answered differently, from their ledger."""
    return rows.select("id", other_id="kept_id", jaccard="jaccard").sort("other_id", "id").to_dicts()
