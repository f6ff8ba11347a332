"""Measures the signals that a data set lacks, so that a raw file has a card and a gate too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.io.frames import PAIR_SCHEMA
from workbench.ports import silent
from workbench.signals import DEFAULT, Tools, columns_of, measure

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from workbench.contracts import Contract
    from workbench.io.dataset import Dataset
    from workbench.ports import Progress


def with_signals(
    dataset: Dataset,
    *,
    wanted: Collection[str] | None = None,
    contracts: Sequence[Contract] = (),
    progress: Progress = silent,
) -> Dataset:
    """Put the default signals beside the rows, those alone that give a ``wanted`` column where that is given.

    Columns that are there already stay as they are. Signals that need a model are never measured here.

    Raises:
        ConfigError: a contract with a faulty check.
    """
    here = set(dataset.frame.columns)
    missing = [
        signal
        for signal in DEFAULT
        if any(
            column.name not in here and (wanted is None or column.name in wanted)
            for column in columns_of([signal])
        )
    ]
    if not missing:
        return dataset
    pairs = dataset.frame.select(PAIR_SCHEMA.names())
    measured = measure(pairs, missing, tools=Tools(contracts=contracts, progress=progress))
    fresh = [name for name in measured.columns if name not in here]
    return replace(dataset, frame=dataset.frame.hstack(measured.select(fresh)))
