"""Drops rows by what was measured of them: the one place where a threshold meets a signal."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import ConfigError, Finding
from workbench.io.frames import ledger_frame
from workbench.records import Split
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN = re.compile(r"\s*\w+\s*(?:>=|<=|<>|!=|=|>|<)\s*(-?\d+(?:\.\d+)?)\s*")
_SHOWN = 100


class DropWhere(Spec, frozen=True, kw_only=True):
    """Drop the rows for which ``where`` holds: an SQL condition over signals and ``task``.

    Examples: ``pii > 0`` · ``answer_lang <> asked_lang`` · ``ifd >= 1 OR perplexity > 500``. As in SQL, a
    condition over a missing value does not hold: such rows stay, unless ``… IS NULL`` asks for them.
    """

    where: str

    def check(self, schema: pl.Schema, *, elsewhere: Mapping[str, str]) -> None:
        """Refuse a condition that can't be decided over columns of ``schema``, before anything is measured.

        ``elsewhere`` says of further columns how to get them.

        Raises:
            ConfigError: not a condition, an unknown column (with the nearest), or values that don't compare.
        """
        self._decided(pl.DataFrame(schema=schema), elsewhere)

    def columns(self) -> list[str]:
        """Name the columns that the condition looks at (``check`` has accepted it)."""
        return list(dict.fromkeys(pl.sql_expr(self.where).meta.root_names()))

    def __call__(self, frame: pl.DataFrame) -> Split:
        """Partition rows; ``measured`` is the first number that the condition looks at.

        Raises:
            ConfigError: as ``check``.
        """
        gone, names = self._decided(frame, {})
        looked_at = frame.filter(gone).select("id", *(name for name in names if name != "id"))
        places = gone.arg_true().to_list()
        rows = [
            {"row": place, **self._told(row)}
            for place, row in zip(places, looked_at.iter_rows(named=True), strict=True)
        ]
        return Split(kept=frame.filter(~gone), dropped=ledger_frame(rows)).conserved(frame.height)

    def _told(self, row: dict[str, Any]) -> dict[str, Any]:
        figures = [v for k, v in row.items() if k != "id" and isinstance(v, int | float)]
        limit = _PLAIN.fullmatch(self.where)
        seen = (f"{k} = {_shown(v)}" for k, v in row.items() if k != "id" or len(row) == 1)
        return {
            "id": row["id"],
            "step": "drop_where",
            "reason": "filtered",
            "rule": self.where,
            "measured": float(figures[0]) if figures else None,
            "threshold": float(limit[1]) if limit else None,
            "detail": ", ".join(seen),
            "spec_key": self.key,
        }

    def _decided(self, frame: pl.DataFrame, elsewhere: Mapping[str, str]) -> tuple[pl.Series, list[str]]:
        """Return for each row whether the condition holds, and the columns it looks at."""
        try:
            condition = pl.sql_expr(self.where)
            names = list(dict.fromkeys(condition.meta.root_names()))
        except pl.exceptions.PolarsError as error:
            raise ConfigError(self._unfit(str(error).splitlines()[0])) from error
        if not condition.meta.undo_aliases().meta.eq(condition):
            raise ConfigError(self._unfit("words after the end of the condition"))
        unknown = [name for name in names if name not in frame.columns]
        if unknown:
            raise ConfigError(self._no_column(name, frame.columns, elsewhere) for name in unknown)
        try:
            held = frame.select(condition.alias("held"))["held"]
        except pl.exceptions.PolarsError as error:
            raise ConfigError(self._unfit(str(error).splitlines()[0])) from error
        if held.dtype != pl.Boolean or not names:
            raise ConfigError(self._unfit("a value, not a condition" if names else "no column to look at"))
        if held.len() != frame.height:
            raise ConfigError(self._unfit("a condition over all rows together"))
        return held.fill_null(value=False), names

    def _unfit(self, found: str) -> Finding:
        return Finding(
            where=f"where: {self.where!r}",
            found=found,
            expected="an SQL condition on one row, such as: pii > 0 AND answer_lang = 'en'",
            fix="Correct the condition; docs/signals.md lists the columns.",
        )

    def _no_column(self, name: str, known: list[str], elsewhere: Mapping[str, str]) -> Finding:
        near = difflib.get_close_matches(name, [*known, *elsewhere], n=1)
        hint = elsewhere.get(name) or (f"Did you mean {near[0]!r}?" if near else "")
        return Finding(
            where=f"where: {self.where!r}",
            found=f"no column {name!r}",
            expected=f"one of: {', '.join(known)}",
            fix=hint or "docs/signals.md lists the columns.",
        )


def _shown(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
