"""Lets an installed package bring a step of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import ConfigError, Finding
from workbench.plugins import load
from workbench.records import Split
from workbench.spec import Spec

if TYPE_CHECKING:
    import polars as pl


class PluginStep(Spec, frozen=True, kw_only=True, tag="plugin"):
    """A step of entry point group ``workbench.steps``: a callable ``(frame, **options) -> Split``."""

    name: str
    options: dict[str, Any] = msgspec.field(default_factory=dict)

    def __call__(self, frame: pl.DataFrame) -> Split:
        """Import the step and ask it.

        Raises:
            ConfigError: no installed package offers it, or it gives no ``Split``.
            InvariantError: it loses rows.
        """
        found = load("workbench.steps", self.name)(frame, **self.options)
        if isinstance(found, Split):
            return found.conserved(frame.height)
        raise ConfigError(
            Finding(
                where=f"plugin {self.name!r}",
                found=type(found).__name__,
                expected="a workbench.records.Split",
                fix="Return the rows kept and a ledger row for each that went.",
            )
        )
