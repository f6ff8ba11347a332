"""Turns grades into shares and differences whose intervals clusters and perfect scores can't fool."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from workbench.text import content_id
from workbench.verdicts import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Method:
    """How intervals are made: their level, the number of resamples of clusters, and the seed."""

    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Units:
    """Graded units on the same cases: ``scores`` is ``[units, arms]``, ``clusters`` their names."""

    scores: NDArray[np.float64]
    clusters: Sequence[str]

    def sums(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the sum of scores by cluster ``[clusters, arms]`` and the number of units by cluster."""
        names = sorted(set(self.clusters))
        place = {name: number for number, name in enumerate(names)}
        rows = np.array([place[name] for name in self.clusters], dtype=np.int64)
        totals = np.zeros((len(names), self.scores.shape[1]))
        np.add.at(totals, rows, self.scores)
        return totals, np.bincount(rows, minlength=len(names)).astype(np.float64)


def wilson(obeyed: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Return the score interval of a share of independent cases; ``n`` need not be whole (Wilson 1927)."""
    z = _normal(confidence)
    centre = (obeyed + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * float(np.sqrt(max(obeyed * (n - obeyed) / n, 0.0) + z * z / 4))
    # The limits at the edges are exact, not nearly so.
    low = 0.0 if obeyed <= 0 else max(0.0, centre - half)
    return low, 1.0 if obeyed >= n else min(1.0, centre + half)


def figure(
    scores: Sequence[float], clusters: Sequence[str], *, unscored: int = 0, method: Method | None = None
) -> Figure:
    """Return a share with its interval: Wilson's on the number of cases that the clusters are worth.

    The number is ``n`` over the design effect (Dean & Pagano 2015), and that of clusters where all scores
    agree.
    """
    method = method or Method()
    if not scores:
        return Figure(obeyed=0.0, n=0, rate=None, ci=None, unscored=unscored)
    units = Units(scores=np.array(scores, dtype=np.float64)[:, None], clusters=clusters)
    worth = effective(units, confidence=method.confidence)
    rate = float(np.mean(scores))
    ci = wilson(rate * worth, worth, confidence=method.confidence)
    return Figure(obeyed=float(np.sum(scores)), n=len(scores), rate=rate, ci=ci, unscored=unscored)


def effective(units: Units, *, confidence: float) -> float:
    """Return how many independent cases the units of one arm are worth: between 1 and their number."""
    totals, sizes = units.sums()
    n, groups = float(sizes.sum()), len(sizes)
    rate = float(totals.sum()) / n
    variance = rate * (1 - rate)
    residual = totals[:, 0] - rate * sizes
    spread = float(residual @ residual)
    if groups <= 1 or variance <= 0 or spread <= 0:
        return float(groups)
    clustered = spread / (n * n) * groups / (groups - 1)
    # Few clusters estimate their own spread badly: Student's quantile instead of the normal one.
    worth = variance / clustered * (_normal(confidence) / _student(confidence, groups - 1)) ** 2
    return min(n, max(1.0, worth))


def resample(units: Units, *, method: Method, salt: str = "") -> NDArray[np.float64]:
    """Return the arms' shares under resampling of whole clusters, ``[resamples, arms]``.

    ``salt`` gives each question draws of its own that no other question's presence changes.
    """
    totals, sizes = units.sums()
    rng = np.random.default_rng(int(content_id(str(method.seed), salt), 16))
    groups = len(sizes)
    drawn = rng.integers(groups, size=(method.resamples, groups))
    places = drawn + groups * np.arange(method.resamples)[:, None]
    counts = np.bincount(places.ravel(), minlength=method.resamples * groups)
    weights = counts.reshape(method.resamples, groups).astype(np.float64)
    shares: NDArray[np.float64] = (weights @ totals) / (weights @ sizes)[:, None]
    return shares


def interval(draws: NDArray[np.float64], *, clusters: int, confidence: float) -> Interval | None:
    """Return the percentile interval, expanded for few clusters (Hesterberg 2015); ``None`` of one cluster.

    Draws that are infinite (a denominator of 0) count as what they are, so that a limit may be infinite.
    """
    from scipy import stats as distributions

    if clusters <= 1 or not len(draws):
        return None
    stretch = np.sqrt(clusters / (clusters - 1)) * _student(confidence, clusters - 1)
    tail = float(distributions.norm.cdf(-stretch))
    ordered = np.sort(draws)
    last = len(ordered) - 1
    return float(ordered[int(np.floor(tail * last))]), float(ordered[int(np.ceil((1 - tail) * last))])


def difference(
    units: Units, shares: NDArray[np.float64], *, arms: tuple[int, int], method: Method
) -> tuple[float, Interval | None]:
    """Return the mean of arm ``arms[1]`` minus that of ``arms[0]`` over the same units, with its interval.

    ``shares`` are the draws of ``resample``. A direction in which no unit moved is unseen, not impossible:
    the interval is widened to what Wilson's limit lets so many clusters hide.
    """
    first, second = arms
    groups = len(set(units.clusters))
    found = interval(shares[:, second] - shares[:, first], clusters=groups, confidence=method.confidence)
    moved = units.scores[:, second] - units.scores[:, first]
    point = float(moved.mean())
    return point, found and widened(found, point=point, moved=moved, clusters=groups, method=method)


def quotient(
    units: Units, shares: NDArray[np.float64], *, arms: tuple[int, int, int | None], method: Method
) -> tuple[float | None, Interval | None]:
    """Return ``(a - z) / (t - z)`` over the same units with its interval, for ``arms = (t, a, z)``.

    ``z`` of ``None`` stands for 0: the part of ``t`` that ``a`` retains. ``None`` where the denominator is 0.
    ``shares`` are the draws of ``resample``.
    """
    target, after, zero = arms
    means = units.scores.mean(axis=0)
    below = np.zeros(len(shares)) if zero is None else shares[:, zero]
    floor = 0.0 if zero is None else float(means[zero])
    span = float(means[target]) - floor
    if span == 0:
        return None, None
    point = (float(means[after]) - floor) / span
    with np.errstate(divide="ignore", invalid="ignore"):
        draws = (shares[:, after] - below) / (shares[:, target] - below)
    groups = len(set(units.clusters))
    found = interval(draws[~np.isnan(draws)], clusters=groups, confidence=method.confidence)
    moved = units.scores[:, after] - units.scores[:, target]
    return point, found and widened(
        found, point=point, moved=moved, clusters=groups, method=method, scale=abs(span)
    )


def widened(
    found: Interval,
    *,
    point: float,
    moved: NDArray[np.float64],
    clusters: int,
    method: Method,
    scale: float = 1.0,
) -> Interval:
    """Extend an interval on each side on which not one unit moved by what ``clusters`` could hide."""
    hidden = wilson(0.0, float(clusters), confidence=method.confidence)[1] / scale
    low, high = found
    if not (moved < 0).any():
        low = min(low, point - hidden)
    if not (moved > 0).any():
        high = max(high, point + hidden)
    return low, high


@lru_cache(maxsize=64)
def _normal(confidence: float) -> float:
    from scipy import stats as distributions

    return float(distributions.norm.ppf((1 + confidence) / 2))


@lru_cache(maxsize=4096)
def _student(confidence: float, degrees: int) -> float:
    from scipy import stats as distributions

    return float(distributions.t.ppf((1 + confidence) / 2, degrees))
