"""Shingles, MinHash, verification of edges and components: what duplicate search and splitting share."""

from workbench.similarity.banding import Banding
from workbench.similarity.near import (
    Closest,
    Duplicates,
    components,
    find_closest,
    find_duplicates,
    find_links,
    guards,
    measure,
    settle,
)
from workbench.similarity.nearest import Near, nearest
from workbench.similarity.shingles import Shingled, shingle
from workbench.similarity.streams import TextStream

__all__ = [
    "Banding",
    "Closest",
    "Duplicates",
    "Near",
    "Shingled",
    "TextStream",
    "components",
    "find_closest",
    "find_duplicates",
    "find_links",
    "guards",
    "measure",
    "nearest",
    "settle",
    "shingle",
]
