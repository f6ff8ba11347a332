"""Tells from paired cases whether two arms differ, are the same for all purposes, or were asked too little.

The test is exact: under the null the two arms of a cluster may be exchanged, so that each cluster's sum of
differences keeps its size and tosses its sign. With 0/1 scores and one case a cluster this is McNemar's exact
test (McNemar 1947); with more it is the sign-flip permutation test over clusters (Winkler et al. 2015).
Several tests of one family are adjusted by Holm (1979). Equivalence is two one-sided tests (Schuirmann 1987).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from workbench.evaluation.stats import Method, Units, difference, wilson
from workbench.text import content_id
from workbench.verdicts import Comparison, PairedVerdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FLIPS = 9_999
# Above this many points of the exact distribution, signs are drawn instead.
EXACT_POINTS = 200_000
POWER = 0.80
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Differing:
    """The sums of differences by cluster ``[clusters]`` of one comparison, and the number of cases."""

    sums: NDArray[np.float64]
    n: int

    @classmethod
    def of(cls, units: Units, *, arms: tuple[int, int]) -> Differing:
        """Take arm ``arms[1]`` minus arm ``arms[0]``."""
        totals, _ = units.sums()
        return cls(sums=totals[:, arms[1]] - totals[:, arms[0]], n=len(units.clusters))


def exchange_test(found: Differing, *, seed: int = 0) -> float:
    """Return the two-sided p of "the arms may be exchanged": exact for whole numbers, else by 9,999 flips.

    A cluster that did not move tells nothing and changes nothing; where none moved, p is 1.
    """
    moved = np.abs(found.sums[np.abs(found.sums) > ROUNDING])
    if not len(moved):
        return 1.0
    seen = abs(float(found.sums.sum()))
    whole = bool(np.all(np.abs(moved - np.round(moved)) < ROUNDING))
    if whole and moved.sum() * len(moved) <= EXACT_POINTS * 10 and moved.sum() <= EXACT_POINTS:
        return _exact(moved.round().astype(np.int64), round(seen))
    rng = np.random.default_rng(int(content_id("flip", str(seed)), 16))
    signs = rng.choice(np.array([-1.0, 1.0]), size=(FLIPS, len(moved)))
    extreme = int((np.abs(signs @ np.sort(moved)) >= seen - ROUNDING).sum())
    return (extreme + 1) / (FLIPS + 1)


def _exact(sizes: NDArray[np.int64], seen: int) -> float:
    """Convolve the coin tosses: entry ``k`` is the chance of a sum of ``k`` minus all."""
    chance = np.ones(1)
    for size in np.sort(sizes):
        wider = np.zeros(len(chance) + 2 * int(size))
        wider[: len(chance)] += chance / 2
        wider[2 * int(size) :] += chance / 2
        chance = wider
    sums = np.arange(len(chance)) - int(sizes.sum())
    return min(1.0, float(chance[np.abs(sums) >= seen].sum()))


def holm(ps: Sequence[float]) -> list[float]:
    """Adjust p values so that the chance of any false alarm among them stays at the level (Holm 1979)."""
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    adjusted, worst = [1.0] * len(ps), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = worst
    return adjusted


def compare_arms(
    units: Units,
    shares: NDArray[np.float64],
    *,
    arms: tuple[int, int],
    names: tuple[str, str],
    margin: float,
    method: Method,
) -> Comparison:
    """Compare arm ``arms[1]`` with arm ``arms[0]`` on the same units; ``shares`` are draws of ``resample``.

    The verdict is that of this comparison alone; ``adjusted`` gives those of a family.
    """
    found = Differing.of(units, arms=arms)
    change, ci = difference(units, shares, arms=arms, method=method)
    inner = Method(confidence=2 * method.confidence - 1, resamples=method.resamples, seed=method.seed)
    _, narrow = difference(units, shares, arms=arms, method=inner)
    p = exchange_test(found, seed=method.seed)
    alone = Comparison(
        reference=names[0],
        arm=names[1],
        n=found.n,
        clusters=len(found.sums),
        difference=change,
        variance=_variance(found, change, confidence=method.confidence),
        ci=ci,
        equivalence_ci=narrow,
        p=p,
        p_holm=p,
        margin=margin,
        verdict="undecided",
        needs=0,
    )
    return adjusted([alone], confidence=method.confidence)[0]


def adjusted(family: Sequence[Comparison], *, confidence: float) -> list[Comparison]:
    """Adjust a family of comparisons by Holm and decide each.

    Equivalent within the margin comes first, so that a sure difference too small to matter is no regression;
    it takes clusters enough that those could not hide a change as large as the margin.
    """
    decided = []
    for one, p in zip(family, holm([one.p for one in family]), strict=True):
        inner = one.equivalence_ci
        verdict: PairedVerdict = "undecided"
        many = one.clusters >= _least(one.margin, confidence=confidence)
        if many and inner is not None and -one.margin < inner[0] and inner[1] < one.margin:
            verdict = "equivalent"
        elif p <= 1 - confidence + ROUNDING:
            verdict = "improved" if one.difference > 0 else "regressed"
        needs = needed(one, confidence=confidence, family=len(family)) if verdict == "undecided" else 0
        decided.append(msgspec.structs.replace(one, p_holm=p, verdict=verdict, needs=needs))
    return decided


def needed(one: Comparison, *, confidence: float, family: int = 1) -> int:
    """Return about how many more cases would decide at 80 % power, if the difference is what it looks.

    The cheaper of the two ways out: to show equivalence within the margin, or to show the difference among
    ``family`` tests (at the strictest of Holm's levels).
    """
    from scipy import stats as distributions

    level = 1 - confidence
    power, once, twice = (
        float(distributions.norm.isf(tail)) for tail in (1 - POWER, level, level / 2 / family)
    )
    size, change = one.n / one.clusters, abs(one.difference)
    ways = []
    if change < one.margin:
        shown = ((once + power) / (one.margin - change)) ** 2 * one.variance
        ways.append(max(shown, _least(one.margin, confidence=confidence)))
    if change:
        ways.append(((twice + power) / change) ** 2 * one.variance)
    return max(1, int(np.ceil((min(ways) - one.clusters) * size)))


def _least(margin: float, *, confidence: float) -> float:
    """Return how many clusters that all agree keep Wilson's limit below ``margin``."""
    from scipy import stats as distributions

    z = float(distributions.norm.ppf((1 + confidence) / 2))
    return z * z * (1 - margin) / margin


def _variance(found: Differing, change: float, *, confidence: float) -> float:
    """Return the variance of one cluster's mean difference; what so many clusters could hide at least."""
    size = found.n / len(found.sums)
    seen = float(np.mean((found.sums / size - change) ** 2))
    return max(seen, wilson(0.0, len(found.sums), confidence=confidence)[1] / size)
