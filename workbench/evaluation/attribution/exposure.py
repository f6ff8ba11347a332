"""Tells cases whose text stands in training rows from clean ones, as decontamination would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.io.evaltexts import EvalText
from workbench.steps import Decontaminate
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from workbench.records import Case


def exposed(cases: Sequence[Case], train: pl.DataFrame, *, how: Decontaminate | None = None) -> set[str]:
    """Return the ids of cases one of whose inputs stands in what a training row asks.

    Containment, runs and boilerplate are those of ``Decontaminate``; inputs shorter than its ``min_words``
    are too short to tell.
    """
    how = how or Decontaminate(against=())
    units = [
        EvalText("cases", f"{case.id} {name}", number, text)
        for number, case in enumerate(cases)
        for name, text in sorted(case.slots.items())
        if len(words(text)) >= how.min_words
    ]
    found = how.matches(train, units)
    return {cases[units[unit].record].id for unit in found["unit"].unique().to_list()}
