"""Curates pairs of any number from file to files: measured, decided and written by shards on disk."""

from workbench.pipeline.curation.run import Curation, curate_files

__all__ = ["Curation", "curate_files"]
