"""Finds what a data set says twice and what leaks from one part into another, with the rows to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.corpus.difference import RowView, view_of
from workbench.io.dataset import PART
from workbench.records import Value
from workbench.similarity import Banding, find_closest, shingle
from workbench.steps import ExactDedup, NearDedup
from workbench.steps.texts import asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl


class Alike(Value, frozen=True, kw_only=True):
    """Two rows that say the same: the one too many, the one it repeats, and their likeness (Jaccard)."""

    row: RowView
    other: RowView
    jaccard: float


class Repeats(Value, frozen=True, kw_only=True):
    """Rows that repeat an earlier one. ``conflicts`` ask alike and answer differently; they are no repeats.

    Each list holds every such row, the most alike first.
    """

    exact: tuple[Alike, ...]
    near: tuple[Alike, ...]
    conflicts: tuple[Alike, ...]
    threshold: float


class Leak(Value, frozen=True, kw_only=True):
    """The most alike rows of two parts over what is asked; ``None`` where none reach ``floor``."""

    closest: Alike | None
    floor: float
    parts: tuple[str, ...]

    @property
    def jaccard(self) -> float:
        """Return the greatest likeness, 0 where none was found."""
        return self.closest.jaccard if self.closest else 0.0


def repeats(frame: pl.DataFrame, *, near: NearDedup = NearDedup()) -> Repeats:  # noqa: B008
    """Find exact and near duplicates and conflicts among pairs, by the same steps that `curate` uses."""
    views = Views(frame)
    exact = ExactDedup()(frame)
    alike = near(exact.kept)
    conflicts = [
        (str(one["id"]), str(one["other_id"]), float(one["jaccard"])) for one in alike.notes["conflicts"]
    ]
    return Repeats(
        exact=views.pairs(exact.dropped.select("id", "kept_id", "jaccard").iter_rows()),
        near=views.pairs(alike.dropped.select("id", "kept_id", "jaccard").iter_rows()),
        conflicts=views.pairs(conflicts),
        threshold=near.threshold,
    )


def leak(
    frame: pl.DataFrame, *, floor: float = 0.5, recall: float = 0.99, ngram: int = 3, chars: int = 5
) -> Leak:
    """Find the greatest likeness of rows in different parts; a pair at ``floor`` is seen with ``recall``.

    Shingles are ``ngram`` words, or ``chars`` characters of a script without spaces, of what is asked.
    """
    names = tuple(str(name) for name in frame[PART].unique(maintain_order=True))
    if len(names) < 2:  # noqa: PLR2004
        return Leak(closest=None, floor=floor, parts=names)
    numbers = {name: number for number, name in enumerate(names)}
    part = np.array([numbers[str(name)] for name in frame[PART]], np.int64)
    shingled = shingle(asked(frame), ngram=ngram, char_ngram=chars)
    banding = Banding.reaching(floor, recall=recall, num_perm=128, max_bucket=2000, seed=0)
    found = find_closest(shingled, part=part, banding=banding, compared=shingled.fields)
    if not found.jaccard.size or found.jaccard.max() == 0:
        return Leak(closest=None, floor=floor, parts=names)
    at = int(found.jaccard.argmax())
    rows = [view_of(frame.row(place, named=True)) for place in (at, int(found.row[at]))]
    closest = Alike(row=rows[0], other=rows[1], jaccard=float(found.jaccard[at]))
    return Leak(closest=closest, floor=floor, parts=names)


class Views:
    """Rows of a frame by id, as they are shown."""

    def __init__(self, *frames: pl.DataFrame) -> None:
        self._rows: dict[str, RowView] = {}
        for frame in frames:
            for row in frame.iter_rows(named=True):
                self._rows.setdefault(str(row["id"]), view_of(row))

    def get(self, name: str) -> RowView | None:
        """Return the row of an id, ``None`` where there is none."""
        return self._rows.get(name)

    def pairs(self, found: Iterable[tuple[str, str, float]]) -> tuple[Alike, ...]:
        """Put ids and figures together with their rows, the most alike first."""
        held = [
            Alike(row=self._rows[str(a)], other=self._rows[str(b)], jaccard=float(jaccard))
            for a, b, jaccard in found
            if str(a) in self._rows and str(b) in self._rows
        ]
        return tuple(sorted(held, key=lambda one: (-one.jaccard, one.row.id)))
