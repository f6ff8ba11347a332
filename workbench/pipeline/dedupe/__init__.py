"""Drops exact and near duplicates of any table, of any size, each removal with its proof."""

from workbench.pipeline.dedupe.options import DedupeOptions, Layout
from workbench.pipeline.dedupe.run import dedupe

__all__ = ["DedupeOptions", "Layout", "dedupe"]
