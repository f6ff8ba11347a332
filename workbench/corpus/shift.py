"""Says how far each signal moved between two versions of a data set, and whether that is more than chance."""

from __future__ import annotations

import math

import polars as pl

from workbench.corpus.signals import Distribution, bin_edges, distribution, signals
from workbench.records import Value


class Shift(Value, frozen=True, kw_only=True):
    """One signal in two versions.

    ``effect`` is the difference of means in standard deviations of ``a`` (Glass's delta), ``None`` where it
    has no spread or either has no value. ``distance`` is the largest gap between the two cumulative
    distributions (Kolmogorov-Smirnov, 0 to 1), ``p`` the probability of one as large by chance (asymptotic,
    two-sided), ``None`` where a version lacks the signal. Rows that both versions share make ``p`` cautious:
    it takes them for independent samples.
    """

    name: str
    a: Distribution
    b: Distribution
    effect: float | None
    distance: float | None
    p: float | None


def shifts(a: pl.DataFrame, b: pl.DataFrame) -> tuple[Shift, ...]:
    """Compare every signal of either version, in the order of the columns, those of ``a`` first."""
    old, new = signals(a), signals(b)
    names = [*old.columns, *(name for name in new.columns if name not in old.columns)]
    return tuple(_shift(name, _column(old, name), _column(new, name)) for name in names)


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    if name in frame.columns:
        return frame[name]
    return pl.Series(name, [None] * frame.height, pl.Float64)


def _shift(name: str, old: pl.Series, new: pl.Series) -> Shift:
    held = [side.filter(side.is_finite()) for side in (old, new)]
    both = pl.concat(held)
    edges = bin_edges(both) if both.len() else None
    a, b = distribution(old, edges=edges), distribution(new, edges=edges)
    distance, p = _distance(*held)
    return Shift(name=name, a=a, b=b, effect=_effect(held[0], a, b), distance=distance, p=p)


def _effect(old: pl.Series, a: Distribution, b: Distribution) -> float | None:
    if a.mean is None or b.mean is None:
        return None
    spread = old.std() if a.n > 1 else None
    if not isinstance(spread, float) or not spread:
        return 0.0 if a.mean == b.mean else None
    return (b.mean - a.mean) / spread


def _distance(old: pl.Series, new: pl.Series) -> tuple[float | None, float | None]:
    """Compute the two-sample Kolmogorov-Smirnov statistic and its asymptotic p-value."""
    n, m = old.len(), new.len()
    if not n or not m:
        return None, None
    at = pl.concat([old, new]).unique().sort()
    below = [side.sort().search_sorted(at, side="right").cast(pl.Float64) / side.len() for side in (old, new)]
    distance = float((below[0] - below[1]).abs().max() or 0.0)  # type: ignore[arg-type]
    scaled = distance * math.sqrt(n * m / (n + m))
    return distance, _kolmogorov(scaled)


def _kolmogorov(x: float) -> float:
    """Return the chance of a scaled distance above ``x`` (Kolmogorov's distribution)."""
    from scipy.special import kolmogorov

    return float(kolmogorov(x))
