"""Keeps at most so many pairs that are answered alike: one canned answer must not fill the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np
import polars as pl
from msgspec import Meta

from workbench.records import Split
from workbench.spec import Spec
from workbench.steps.dedup import NearDedup
from workbench.steps.texts import answered, best_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.contracts import Contract


class TemplateLimit(Spec, frozen=True, kw_only=True):
    """Keep the best ``at_most`` pairs of a task whose answers are alike, whatever was asked.

    Alike, and better, as ``near`` says. Each row that goes has a verified edge, on the answer, to the best
    row of its kind, which stays. Off unless a recipe names it: in classification few answers are right.
    """

    at_most: Annotated[int, Meta(ge=1)]
    near: NearDedup = NearDedup()

    def bound(self, contracts: Sequence[Contract]) -> TemplateLimit:
        """Return this step with the contracts that came with the pairs, where its keeper asks for them."""
        return msgspec.structs.replace(self, near=self.near.bound(contracts))

    def __call__(self, frame: pl.DataFrame) -> Split:
        """Partition pairs (``PAIR_SCHEMA``)."""
        ranked = best_first(frame, keeper=self.near.keeper, valid=self.near.validity(frame))
        texts = self.near.texts([answered(ranked)])
        tasks = ranked["task"].hash(seed=0).to_numpy().astype(np.uint64)
        kept_of, _ = self.near.search(texts, group=tasks)
        gone = self.surplus(kept_of)
        dropped = self.told(
            texts.beside(gone, kept_of[gone])[0],
            gone=ranked[gone].select("id", row="__row"),
            kept_id=ranked["id"].gather(kept_of[gone]),
        )
        kept = frame.filter(~pl.int_range(pl.len(), dtype=pl.Int64).is_in(dropped["row"].implode()))
        return Split(kept=kept, dropped=dropped).conserved(frame.height)

    def surplus(self, kept_of: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows above ``at_most`` of their kind; ``kept_of`` is each row's best row, best first."""
        return np.flatnonzero((kept_of >= 0) & (_place_in_kind(kept_of) >= self.at_most))

    def told(self, figures: NDArray[np.float64], *, gone: pl.DataFrame, kept_id: pl.Series) -> pl.DataFrame:
        """Write the ledger of rows ``gone`` (``id``, ``row``), by row."""
        rows = self.near.told(figures, gone=gone, kept_id=kept_id, reason="template")
        return rows.with_columns(step=pl.lit("template_limit"), spec_key=pl.lit(self.key)).sort("row")


def _place_in_kind(kept_of: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count for each row, best first, how many better rows have the same best row."""
    home = np.where(kept_of < 0, np.arange(kept_of.size), kept_of)
    place = pl.DataFrame({"home": home}).select(pl.int_range(pl.len()).over("home")).to_series()
    return place.to_numpy().astype(np.int64)
