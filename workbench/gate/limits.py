"""Holds one figure against one limit, and says so whether it holds or not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from workbench.records import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.verdicts import Figure

Interval = tuple[float, float]
Held = Literal["passed", "failed", "undecided"]
# How a share is held against its limit: by the point; by the point, but failing only where the whole interval
# does, since there are few cases; by the interval, which may straddle the limit.
Mode = Literal["point", "few", "interval"]
# Shares are sums and quotients: what is equal to the limit but for rounding holds it.
ROUNDING = 1e-9


class Check(Value, frozen=True, kw_only=True):
    """A limit of the policy, what was found, where, and whether it holds (``passed``)."""

    limit: str
    found: str
    where: str
    verdict: Held


class GateResult(Value, frozen=True, kw_only=True):
    """The verdict over every limit. ``undecided`` is true only where nothing clearly failed.

    ``checks`` has every limit that was held against the run, ``crossed`` those that don't hold or can't be
    told to hold, in the same order.
    """

    passed: bool
    undecided: bool
    crossed: tuple[Check, ...]
    checks: tuple[Check, ...] = ()


def decided(checks: Iterable[Check]) -> GateResult:
    """Draw the verdict: a clear failure beats doubt, and doubt is never a pass."""
    held = tuple(checks)
    crossed = tuple(one for one in held if one.verdict != "passed")
    failed = any(one.verdict == "failed" for one in crossed)
    return GateResult(
        passed=not crossed, undecided=bool(crossed) and not failed, crossed=crossed, checks=held
    )


def at_least(
    name: str,
    least: float | None,
    found: float | None,
    ci: Interval | None = None,
    *,
    where: str,
    mode: Mode = "point",
    shown: float | None = None,
) -> Iterator[Check]:
    """Hold a figure against a lower limit, none if ``least`` is ``None``; ``shown`` is the limit as set."""
    if least is None:
        return
    limit = f"{name}: {shown if shown is not None else least:g}"
    if found is None:
        yield Check(limit=limit, found="nothing judged", where=where, verdict="undecided")
        return
    told = f"{found:.3f}" + (f" ({ci[0]:.3f} to {ci[1]:.3f})" if ci else "")
    low, high = (found, found) if mode == "point" else ci or (-math.inf, math.inf)
    verdict: Held = "passed"
    if (low if mode == "interval" else found) < least - ROUNDING:
        verdict = "failed" if high < least - ROUNDING else "undecided"
    yield Check(limit=limit, found=told, where=where, verdict=verdict)


def at_most(
    name: str,
    most: float | None,
    found: float | None,
    *,
    where: str,
    told: str | None = None,
    crossed: Held = "failed",
) -> Iterator[Check]:
    """Hold a figure against an upper limit (none where ``most`` is ``None``)."""
    if most is None:
        return
    limit = f"{name}: {most:g}"
    if found is None or not math.isfinite(found):
        yield Check(limit=limit, found="nothing measured", where=where, verdict="undecided")
        return
    verdict: Held = "passed" if found <= most + ROUNDING else crossed
    yield Check(limit=limit, found=told or f"{found:.3g}", where=where, verdict=verdict)


def share(figure: Figure) -> str:
    """Write a figure's share, ``–`` where nothing was judged."""
    return "–" if figure.rate is None else f"{figure.rate:.1%}"
