"""Drops rows that hold what an evaluation asks, so that a good figure is not a remembered one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import polars as pl
from msgspec import Meta

from workbench.io.evaltexts import EvalText, read_eval_texts
from workbench.io.frames import ledger_frame
from workbench.similarity.overlap import Common, Texts, shared
from workbench.spec import Spec
from workbench.steps.noted import Noted
from workbench.steps.texts import answered, asked
from workbench.text import excerpt, words

if TYPE_CHECKING:
    from collections.abc import Sequence


Share = Annotated[float, Meta(gt=0, le=1)]
Positive = Annotated[int, Meta(ge=1)]


class Decontaminate(Spec, frozen=True, kw_only=True):
    """Drop rows that share a text with the evaluation files ``against`` (files or folders).

    Every string of ``min_words`` words or more in an evaluation record is looked for in what a row asks, and
    with ``answers`` in its answer too (a fixed phrase that the rules ask for then counts as a match, unless
    it is common). A row goes where it has ``threshold`` of that text's shingles of ``ngram`` words
    (``char_ngram`` characters in scripts without spaces), or one run of ``run`` words (``char_run``
    characters) of it. What more than ``common`` of the evaluation's records or of the rows have, and
    ``least`` or more, is boilerplate and no match; near copies of a row count once there.
    """

    against: tuple[str, ...]
    threshold: Share = 0.8
    ngram: Positive = 5
    char_ngram: Positive = 8
    run: Positive = 13
    char_run: Positive = 20
    common: Share = 0.05
    least: Annotated[int, Meta(ge=2)] = 3
    min_words: Positive = 6
    answers: bool = False

    def __call__(self, frame: pl.DataFrame) -> Noted:
        """Partition pairs; ``notes["against"]`` has for each file what was looked for and found.

        Raises:
            InputError: an evaluation file that can't be read.
        """
        found = read_eval_texts([Path(name) for name in self.against])
        units = [text for text in found if len(words(text.text)) >= self.min_words]
        table, boilerplate = self._measured(frame, units)
        worst = table.sort("row", "run", "containment", "unit", descending=[False, True, True, False])
        gone = worst.filter(self._hit()).unique("row", keep="first", maintain_order=True).sort("row")
        rows = [self._told(frame["id"], units, entry) for entry in gone.iter_rows(named=True)]
        stays = ~pl.int_range(frame.height, eager=True).is_in(gone["row"].implode())
        left = table.filter(~pl.col("row").is_in(gone["row"].implode()))
        notes = {
            "against": self._certificate(frame["id"], found, units, gone, left),
            "boilerplate": boilerplate,
        }
        return Noted(kept=frame.filter(stays), dropped=ledger_frame(rows), notes=notes)

    def matches(self, frame: pl.DataFrame, units: Sequence[EvalText]) -> pl.DataFrame:
        """Return ``row, unit, containment, run`` of every row and text that this step calls a match."""
        return self._measured(frame, units)[0].filter(self._hit()).sort("row", "unit")

    def _hit(self) -> pl.Expr:
        return (pl.col("containment") >= self.threshold) | pl.col("run")

    def _measured(self, frame: pl.DataFrame, units: Sequence[EvalText]) -> tuple[pl.DataFrame, int]:
        """Compare every row with every text; also how many shingles were boilerplate."""
        contained, boilerplate = self._shared(frame, units, ngram=self.ngram, char_ngram=self.char_ngram)
        runs, _ = self._shared(frame, units, ngram=self.run, char_ngram=self.char_run)
        return _judged(contained, runs), boilerplate

    def _shared(
        self, frame: pl.DataFrame, units: Sequence[EvalText], *, ngram: int, char_ngram: int
    ) -> tuple[pl.DataFrame, int]:
        columns = [*asked(frame), *([answered(frame)] if self.answers else [])]
        owner = np.tile(np.arange(frame.height, dtype=np.int64), len(columns))
        texts = pl.concat([column.alias("text").cast(pl.String) for column in columns])
        return shared(
            Texts(owner, texts),
            Texts(np.arange(len(units), dtype=np.int64), pl.Series([u.text for u in units], dtype=pl.String)),
            np.array([unit.record for unit in units], np.int64),
            common=Common(self.common, self.least),
            ngram=ngram,
            char_ngram=char_ngram,
        )

    def _told(self, ids: pl.Series, units: Sequence[EvalText], entry: dict[str, Any]) -> dict[str, Any]:
        unit = units[entry["unit"]]
        why = f"{entry['containment']:.0%} of its runs of {self.ngram} words"
        if entry["run"]:
            why += f", and a run of {self.run} words or its whole"
        return {
            "id": ids[entry["row"]],
            "row": entry["row"],
            "step": "decontaminate",
            "reason": "in an evaluation set",
            "rule": unit.where,
            "measured": entry["containment"],
            "threshold": self.threshold,
            "detail": f"has {why} ({self.char_ngram} and {self.char_run} characters where words have no "
            f"spaces) of the evaluation text {excerpt(unit.text)!r}",
            "spec_key": self.key,
        }

    def _certificate(
        self,
        ids: pl.Series,
        found: Sequence[EvalText],
        units: Sequence[EvalText],
        gone: pl.DataFrame,
        left: pl.DataFrame,
    ) -> dict[str, dict[str, Any]]:
        """Say for each file how much was looked for, what went, and the greatest likeness that is left."""
        file_of = pl.Series("file", [unit.file for unit in units], pl.String)
        out: dict[str, dict[str, Any]] = {}
        for name in dict.fromkeys(text.file for text in found):
            mine = file_of.eq(name).arg_true()
            rest = left.filter(pl.col("unit").is_in(mine.cast(pl.Int64).implode()))
            nearest = rest.sort("containment", "row", "unit", descending=[True, False, False]).head(1)
            closest = nearest.row(0, named=True) if nearest.height else None
            out[name] = {
                "records": len({text.record for text in found if text.file == name}),
                "texts": mine.len(),
                "too_short": sum(text.file == name for text in found) - mine.len(),
                "rows_dropped": gone.filter(pl.col("unit").is_in(mine.cast(pl.Int64).implode())).height,
                "greatest_containment_left": round(closest["containment"], 4) if closest else 0.0,
                "id": ids[closest["row"]] if closest else None,
                "where": units[closest["unit"]].where if closest else None,
            }
        return out


def _judged(contained: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Join both counts: ``row, unit, containment, run``."""
    long = runs.select("row", "unit", run=pl.lit(value=True))
    both = contained.join(long, on=["row", "unit"], how="full", coalesce=True)
    share = (pl.col("shared") / pl.col("size")).fill_null(0.0)
    return both.select("row", "unit", containment=share, run=pl.col("run").fill_null(value=False))
