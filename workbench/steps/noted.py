"""A partition that also says what it saw and left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.records import Split

if TYPE_CHECKING:
    import polars as pl


class Noted(Split):
    """A partition with ``notes``: JSON values by name, which the summary and the data card show."""

    __slots__ = ("notes",)

    def __init__(self, *, kept: pl.DataFrame, dropped: pl.DataFrame, notes: dict[str, Any]) -> None:
        super().__init__(kept=kept, dropped=dropped)
        self.notes = notes
