"""What a signal is: named columns with a type and a sentence on each, and how to fill them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import polars as pl

from workbench.checks import compile_contract
from workbench.ports import silent
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.checks import CompiledRules
    from workbench.contracts import Contract
    from workbench.ports import Backend, Progress, Scorer
    from workbench.signals.rows import Row


class Column(NamedTuple):
    """One column: its name, its type, what it says (unit and range), and when it is null."""

    name: str
    dtype: pl.DataType
    says: str
    null: str = "never"


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What signals are handed from above: the contracts of the pairs, a scoring base, a judge.

    ``held`` is a folder in which the measuring leaves what is done, to go on from after a kill.
    """

    contracts: Sequence[Contract] = ()
    scorer: Scorer | None = None
    judge: Backend | None = None
    progress: Progress = field(default=silent)
    held: Path | None = None

    @cached_property
    def rules(self) -> dict[str, CompiledRules]:
        """The compiled rules by task.

        Raises:
            ConfigError: a contract with a faulty check.
        """
        return {contract.task: compile_contract(contract) for contract in self.contracts}


class RowSignal(Spec, frozen=True, kw_only=True):
    """Measures one row at a time, from that row alone."""

    columns: ClassVar[tuple[Column, ...]] = ()

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Return one value for each of ``columns``."""
        raise NotImplementedError


class CountedSignal(Spec, frozen=True, kw_only=True):
    """Counts over the whole table what it noted of each row: the texts are read with all other signals."""

    columns: ClassVar[tuple[Column, ...]] = ()
    notes: ClassVar[tuple[Column, ...]] = ()

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Return one value for each of ``notes``, whose names no column of a signal has."""
        raise NotImplementedError

    def of_all(self, noted: pl.DataFrame) -> pl.DataFrame:
        """Return ``columns`` for all rows, in order, from the columns of ``notes``."""
        raise NotImplementedError


class FrameSignal(Spec, frozen=True, kw_only=True):
    """Measures all rows together: it asks a model in batches."""

    columns: ClassVar[tuple[Column, ...]] = ()

    def of_all(self, rows: Sequence[Row], tools: Tools) -> list[tuple[Any, ...]]:
        """Return for each row one value for each of ``columns``."""
        raise NotImplementedError


TEXT, SHARE, COUNT, FLAG = pl.String(), pl.Float64(), pl.Int64(), pl.Boolean()
