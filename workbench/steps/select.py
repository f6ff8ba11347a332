"""Selects the rows that a budget has room for: good ones, and none that the others already stand for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import polars as pl
from msgspec import Meta

from workbench.errors import ConfigError, Finding
from workbench.io.frames import LEDGER_SCHEMA
from workbench.similarity import measure, shingle
from workbench.similarity.selection import Method, Picked, nearest_picks, picks, sketches
from workbench.spec import Spec
from workbench.steps.noted import Noted
from workbench.steps.quotas import Caps, Quota, wanted
from workbench.steps.texts import answered, asked, best_first
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


Positive = Annotated[int, Meta(ge=1)]
_GRADES = 999
_POINTS = 40


class Select(Spec, frozen=True, kw_only=True):
    """Keep the rows of greatest quality x novelty that fit into ``rows`` or ``tokens`` (one of the two).

    ``quality`` is an SQL expression over signals (``1 / (1 + violations)``), graded into 1,000 steps from the
    least to the greatest; rows without it, and all rows without ``quality``, weigh least. Novelty is over
    shingles of ``ngram`` words (``char_ngram`` characters) of question and answer, sketched in ``size`` bytes
    (see ``similarity.selection``). ``anchors`` rows, chosen by a hash of ``seed`` and id, stand for the whole
    table where it has more. ``quotas`` bound what a task, rule, language or source takes, and say of what
    there shall be at least so many rows. The curve of
    marginal value goes on to ``look_ahead`` times the budget, so that one sees what more rows would add.
    """

    rows: Positive | None = None
    tokens: Positive | None = None
    method: Method = "facility_location"
    quality: str | None = None
    quotas: tuple[Quota, ...] = ()
    ngram: Positive = 2
    char_ngram: Positive = 3
    size: Annotated[int, Meta(ge=8)] = 128
    anchors: Positive = 2_048
    look_ahead: Annotated[float, Meta(ge=1)] = 2.0
    seed: Annotated[int, Meta(ge=0)] = 0

    def check(self, schema: pl.Schema, *, elsewhere: Mapping[str, str]) -> None:
        """Refuse a budget or a quality that can't be decided, before any work.

        Raises:
            ConfigError: not one of ``rows`` and ``tokens``, a quality that is no number over columns, or a
                minimum above what the budget gives.
        """
        del elsewhere
        if (self.rows is None) == (self.tokens is None):
            raise ConfigError(_unfit("budget", f"rows {self.rows}, tokens {self.tokens}", "one of the two"))
        for quota in self.quotas:
            most = math.ceil(quota.most * self.rows) if self.rows else None
            if most is not None and quota.at_least > most:
                what = f"quota by {quota.by}" + (f": {quota.value}" if quota.value else "")
                found = f"at least {quota.at_least} rows, of a budget that gives it {most}"
                raise ConfigError(_unfit(what, found, "a minimum that the budget has room for"))
        self._quality(pl.DataFrame(schema=schema))

    def columns(self) -> list[str]:
        """Name the columns that ``quality`` looks at (``check`` has accepted it)."""
        return pl.sql_expr(self.quality).meta.root_names() if self.quality else []

    def __call__(self, frame: pl.DataFrame) -> Noted:
        """Partition pairs; ``notes["selection"]`` has the curve, the mixing weights and the budget."""
        self.check(frame.schema, elsewhere={})
        ranked = best_first(frame)
        shingled = shingle([*asked(ranked), answered(ranked)], ngram=self.ngram, char_ngram=self.char_ngram)
        sketch = sketches(shingled, size=self.size, seed=self.seed)
        kept, notes = self.choose(ranked, sketch)
        out, near = left_out(sketch, kept)
        figures = None if near is None else measure(shingled, out, near)
        nearest = None if near is None else ranked["id"].gather(near)
        dropped = self.told(figures, gone=ranked[out].select("id", row="__row"), kept_id=nearest)
        stays = np.zeros(frame.height, np.bool_)
        stays[ranked["__row"].to_numpy()[kept]] = True
        return Noted(kept=frame.filter(pl.Series(stays)), dropped=dropped, notes=notes)

    def choose(
        self, ranked: pl.DataFrame, sketch: NDArray[np.uint8]
    ) -> tuple[NDArray[np.int64], dict[str, Any]]:
        """Return the rows to keep, best first, and the notes; ``ranked`` needs no text."""
        cost = self._cost(ranked)
        budget = self.rows or self.tokens or 0
        caps = [Caps(quota, ranked, budget) for quota in self.quotas]
        chosen, ahead = self._chosen(ranked, sketch, cost, caps)
        kept = np.array([one.row for one in chosen], np.int64)
        return kept, {"selection": self._notes(chosen, ahead, cost, caps)}

    def _chosen(
        self, ranked: pl.DataFrame, sketch: NDArray[np.uint8], cost: NDArray[np.int64], caps: list[Caps]
    ) -> tuple[list[Picked], list[Picked]]:
        """Pick what there shall be at least, then what fits into the budget, then what would come next."""
        budget = self.rows or self.tokens or 0
        spent, minima = 0, wanted(caps)
        phase, within = 0, len(minima)  # one for each minimum, one within the budget, one without bounds
        chosen, ahead = list[Picked](), list[Picked]()

        def fits(row: int) -> bool:
            if phase > within:
                return True
            inside = spent + cost[row] <= budget and all(cap.allow(row, int(cost[row])) for cap in caps)
            return bool(inside and (phase == within or minima[phase][0].lacks(row, minima[phase][1])))

        for one in picks(
            sketch,
            method=self.method,
            anchors=self._anchors(ranked["id"]),
            quality=self._quality(ranked),
            cost=cost,
            fits=fits,
        ):
            if one is None:
                phase += 1
                continue
            (chosen if phase <= within else ahead).append(one)
            spent += int(cost[one.row])
            for cap in caps if phase <= within else ():
                cap.take(one.row, int(cost[one.row]))
            if spent >= self.look_ahead * budget:
                break
        return chosen, ahead

    def _anchors(self, ids: pl.Series) -> NDArray[np.int64]:
        order = sorted(range(ids.len()), key=lambda at: content_id(str(self.seed), ids[at]))
        return np.sort(np.array(order[: self.anchors], np.int64))

    def _cost(self, ranked: pl.DataFrame) -> NDArray[np.int64]:
        if self.rows is not None:
            return np.ones(ranked.height, np.int64)
        tokens = pl.col("tokens").struct
        spent = ranked.select(tokens.field("compact") + tokens.field("completion")).to_series()
        least: NDArray[np.int64] = np.maximum(spent.fill_null(0).to_numpy().astype(np.int64), 1)
        return least

    def _quality(self, frame: pl.DataFrame) -> NDArray[np.int64]:
        """Grade the rows from 1 to 1,000; a missing quality is the least."""
        if self.quality is None:
            return np.ones(frame.height, np.int64)
        try:
            found = frame.select(pl.sql_expr(self.quality).cast(pl.Float64, strict=True).alias("q"))["q"]
        except pl.exceptions.PolarsError as error:
            raise ConfigError(
                _unfit("quality", str(error).splitlines()[0], "a number over signals")
            ) from error
        if found.len() != frame.height:
            raise ConfigError(_unfit("quality", f"{self.quality!r}, one value for all", "one for each row"))
        values = found.fill_nan(None)
        low, high = (float(v) if v is not None else 0.0 for v in (values.min(), values.max()))  # type: ignore[arg-type]
        span = (high - low) or 1.0
        graded = ((values.fill_null(low).clip(low, high) - low) / span * _GRADES).round().cast(pl.Int64)
        out: NDArray[np.int64] = graded.to_numpy() + 1
        return out

    def told(
        self, figures: NDArray[np.float64] | None, *, gone: pl.DataFrame, kept_id: pl.Series | None
    ) -> pl.DataFrame:
        """Write the ledger of rows ``gone`` (``id``, ``row``), by row.

        ``figures`` (of ``measure``) are those of each row and the selected row nearest to it, ``kept_id``;
        of a row's fields the least alike one counts.
        """
        budget = f"{self.rows} rows" if self.rows else f"{self.tokens} tokens"
        least = np.full((gone.height, 3), np.nan)
        if figures is not None:
            least = figures[np.arange(gone.height), figures[:, :, 0].argmin(axis=1)]
        why = None if figures is None else "the selected row nearest to it; likeness of the field least alike"
        measured = pl.Series(least[:, 0]).fill_nan(None)
        ledger = gone.select("id", pl.col("row").cast(pl.Int64)).with_columns(
            step=pl.lit("select"),
            reason=pl.lit("not selected"),
            rule=pl.lit(f"budget of {budget}"),
            measured=measured,
            threshold=pl.lit(None, pl.Float64),
            kept_id=pl.lit(None, pl.String) if kept_id is None else kept_id,
            jaccard=measured,
            containment_ab=pl.Series(least[:, 1]).fill_nan(None),
            containment_ba=pl.Series(least[:, 2]).fill_nan(None),
            detail=pl.lit(why, pl.String),
            spec_key=pl.lit(self.key),
        )
        return ledger.match_to_schema(LEDGER_SCHEMA).sort("row")

    def _notes(
        self, chosen: list[Picked], ahead: list[Picked], cost: NDArray[np.int64], caps: list[Caps]
    ) -> dict[str, Any]:
        """Say what was picked, the curve in at most some forty points, and the mixing weights."""
        every = [*chosen, *ahead]
        spent = np.cumsum([cost[one.row] for one in every]) if every else np.zeros(0)
        step = max(1, len(every) // _POINTS)
        points = sorted({*range(0, len(every), step), len(chosen) - 1, len(every) - 1} - {-1})
        return {
            "method": self.method,
            "budget": {"rows": self.rows, "tokens": self.tokens},
            "selected": len(chosen),
            "spent": int(spent[len(chosen) - 1]) if chosen else 0,
            "covered": round(chosen[-1].covered, 6) if chosen else 0.0,
            "curve": [
                {"rows": at + 1, "spent": int(spent[at]), "covered": round(every[at].covered, 6)}
                for at in points
            ],
            "mixing_weights": {cap.quota.by: cap.weights for cap in caps if cap.weights},
            "minima": [one for cap in caps for one in cap.minima()],
        }


def left_out(
    sketch: NDArray[np.uint8], kept: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Return the rows that were not selected, and the selected row nearest to each, where any was."""
    out = np.setdiff1d(np.arange(len(sketch)), kept)
    return out, nearest_picks(sketch, kept, out) if kept.size else None


def _unfit(what: str, found: str, expected: str) -> Finding:
    return Finding(where=f"select: {what}", found=found, expected=expected, fix="See docs/curation.md.")
