"""Scores of the rows that the small models were trained on, by models that had not seen them."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files

from workbench.text import content_id


def row_hash(kind: str, *parts: str) -> int:
    """Return the 64-bit hash by which a row is known here: the row itself is nowhere kept."""
    return int(content_id(kind, *parts), 16)


def held_out(kind: str, *parts: str) -> float | None:
    """Return the cross-validated score of a row that was trained on, ``None`` for any other row."""
    return _scores().get(row_hash(kind, *parts))


@lru_cache(maxsize=1)
def _scores() -> dict[int, float]:
    import numpy as np

    with as_file(files(__package__).joinpath("held_out.npz")) as path, np.load(path) as found:
        return dict(zip(found["key"].tolist(), found["score"].tolist(), strict=True))
