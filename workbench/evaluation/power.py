"""Says before a run what it can show: the power of the paired exact test, and the cases a question needs.

Power is exact for one case a cluster (Connett, Smith & McHugh 1987): the number of cases on which the arms
differ is binomial, and given it McNemar's test is a coin's. A cluster of several cases counts as one case at
worst and as its size at best; the plan takes the worst.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

MOST = 1 << 20
TAIL = 1e-12
FINE = 1e-4


def power(n: int, *, differing: float, difference: float, level: float = 0.05) -> float:
    """Return the chance that McNemar's exact test at ``level`` finds a true ``difference`` on ``n`` cases.

    ``differing`` is the share of cases on which the arms give different verdicts; ``|difference|`` can't
    exceed it.

    Raises:
        ValueError: a share outside 0 to 1, or a difference larger than ``differing``.
    """
    from scipy import stats as distributions

    if not 0 < differing <= 1 or abs(difference) > differing or not 0 < level < 1:
        raise ValueError(f"no such case: differing {differing}, difference {difference}, level {level}")
    low = int(distributions.binom.ppf(TAIL, n, differing))
    high = int(distributions.binom.isf(TAIL, n, differing))
    moved = np.arange(low, high + 1)
    chance = distributions.binom.pmf(moved, n, differing)
    fewest = np.array([_reject(int(count), level) for count in moved])
    wins = (differing + abs(difference)) / 2 / differing
    found = distributions.binom.cdf(fewest, moved, wins) + distributions.binom.cdf(fewest, moved, 1 - wins)
    return float(chance @ found)


def cases_for(
    difference: float, *, differing: float, wanted: float = 0.80, level: float = 0.05
) -> int | None:
    """Return the fewest cases at which ``power`` reaches ``wanted`` and stays; ``None`` above a million."""
    high = 8
    while power(high, differing=differing, difference=difference, level=level) < wanted:
        high *= 2
        if high > MOST:
            return None
    low = high // 2
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        enough = power(middle, differing=differing, difference=difference, level=level) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high


def detectable(n: int, *, differing: float, wanted: float = 0.80, level: float = 0.05) -> float | None:
    """Return the least true difference that ``n`` cases find with the power ``wanted``; ``None`` if none."""
    if n < 1 or power(n, differing=differing, difference=differing, level=level) < wanted:
        return None
    low, high = 0.0, differing
    while high - low > FINE:
        middle = (low + high) / 2
        enough = power(n, differing=differing, difference=middle, level=level) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high


def equivalence_cases(margin: float, *, differing: float, wanted: float = 0.80, level: float = 0.05) -> int:
    """Return about how many cases show equivalence within ``margin`` where there is no difference at all.

    Two one-sided tests, normal approximation (Liu et al. 2002).
    """
    from scipy import stats as distributions

    once, both = distributions.norm.isf(level), distributions.norm.isf((1 - wanted) / 2)
    return int(np.ceil(differing * ((once + both) / margin) ** 2))


@lru_cache(maxsize=65_536)
def _reject(moved: int, level: float) -> int:
    """Return the most losses of ``moved`` at which the two-sided test rejects; -1 where it never does."""
    from scipy import stats as distributions

    fewest = int(distributions.binom.ppf(level / 2, moved, 0.5))
    while fewest >= 0 and 2 * distributions.binom.cdf(fewest, moved, 0.5) > level:
        fewest -= 1
    return fewest
