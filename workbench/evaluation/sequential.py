"""Lets a run stop as soon as it is clear, however often one looks, without more false alarms than promised.

Two bets run on the clusters' mean differences between after and teacher: one wins money where the adapter is
worse, one where it is not worse by the margin. Under its null a bet is a fair or losing game, so that it ever
multiplies its stake by ``1 / level`` with a chance of at most ``level`` (Ville 1939; the bets are those of
Waudby-Smith & Ramdas 2024, mixed over a grid of stakes). Clusters come in an order drawn by content hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.verdicts import Stopped, StopReason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

STAKES = 25


@dataclass(frozen=True, kw_only=True)
class Sequential:
    """How to stop early: the chance of a false alarm, the margin, and clusters between two looks."""

    level: float = 0.05
    margin: float = 0.10
    every: int = 8


class Bet:
    """A bet that the mean of values in -1 to 1 lies below ``bound`` (or above, with ``above``)."""

    def __init__(self, bound: float, *, above: bool = False) -> None:
        self._sign = -1.0 if above else 1.0
        self._bound = self._sign * bound
        # A stake below 1 / (1 - bound) can't lose more than there is.
        most = 1 / (1 - self._bound)
        self._stakes: NDArray[np.float64] = most * np.linspace(0.02, 0.98, STAKES)
        self._logs: NDArray[np.float64] = np.zeros(STAKES)

    def see(self, value: float) -> float:
        """Settle one value, and return what a stake of 1 has become."""
        self._logs = self._logs + np.log1p(self._stakes * (self._bound - self._sign * value))
        return self.wealth

    @property
    def wealth(self) -> float:
        """Return the mean wealth over the stakes."""
        top = float(self._logs.max())
        return float(np.exp(top) * np.mean(np.exp(self._logs - top)))


class Watch:
    """Watches a run's clusters one by one; ``reason`` is ``None`` until one of the two bets has won."""

    def __init__(self, rule: Sequential) -> None:
        self.rule = rule
        self.worse = Bet(0.0)
        self.held = Bet(-rule.margin, above=True)
        self.reason: StopReason | None = None
        self._best = [1.0, 1.0]

    def see(self, differences: Iterable[float]) -> StopReason | None:
        """Settle the mean differences of further clusters, each in -1 to 1; the first bet to win stands."""
        for value in differences:
            wealth = (self.worse.see(value), self.held.see(value))
            self._best = [max(pair) for pair in zip(self._best, wealth, strict=True)]
            if self.reason is None and max(wealth) >= 1 / self.rule.level:
                self.reason = "regressed" if wealth[0] >= wealth[1] else "not_worse"
        return self.reason

    def outcome(self, *, asked: int, of: int) -> Stopped:
        """Say how the run ended; ``p`` values are anytime-valid: 1 over the greatest wealth."""
        worse, held = (min(1.0, 1 / best) for best in self._best)
        return Stopped(
            reason=self.reason or "ran_out",
            asked=asked,
            of=of,
            p_worse=worse,
            p_not_worse=held,
            margin=self.rule.margin,
            level=self.rule.level,
        )
